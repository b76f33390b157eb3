"""Read tokens into a syntax tree, without recursion, and go on after every problem.

A problem is reported once, at the text that causes it; reading resumes at the end of the line, the next comma or the closing
brace, so that one broken line does not hide the others.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from spec.syntax import kinds
from spec.syntax.complaints import Complaints
from spec.syntax.foreign import foreign_text
from spec.syntax.include_line import read_include
from spec.syntax.layout import Guide, Layout
from spec.syntax.plain import plain_elements, plain_fields
from spec.syntax.tokens import Tokens
from spec.syntax.tree import (
    ArraySyntax,
    Atom,
    ConcatenationSyntax,
    ErrorSyntax,
    FieldSyntax,
    ObjectSyntax,
    Part,
    SyntaxTree,
    ValueSyntax,
)

DEPTH_LIMIT: Final = 256

_OPENINGS: Final = frozenset({kinds.OPEN_BRACE, kinds.OPEN_BRACKET})


class _Frame(Struct, eq=False):
    """A block that is being read, and the value inside it that is being read."""

    node: ObjectSyntax | ArraySyntax
    parts: list[Part] | None = None  # the pieces of the value so far; None: between values
    first: int = 0  # where the value starts
    field: FieldSyntax | None = None
    discarding: bool = False  # skipping text that has no place
    indent: int = 0  # of the line that opens the block; only known when the layout is heeded


class Parser:
    """One pass over the tokens of one text; ``_frames`` is the stack of open blocks. ``guide`` ends those that lack a brace."""

    def __init__(self, tokens: Tokens, guide: Guide) -> None:
        self._tokens = tokens
        self._layout = Layout(tokens)
        self._guide = guide
        self._guided = guide is Guide.INDENTATION
        self._kinds = tokens.kinds
        self._at = 0
        self._frames: list[_Frame] = []
        self._complain = Complaints(tokens)
        self._flawed = not kinds.BROKEN.isdisjoint(tokens.kinds)  # whether any token needs a complaint at all

    def run(self) -> SyntaxTree:
        """The tree, which reprints to exactly the text, with what is wrong with it."""
        root = self._open_root()
        frames = self._frames
        while frames:
            frame = frames[-1]
            if self._complain.full:
                self._abandon()
            elif frame.parts is not None:
                self._read_value(frame)
            elif isinstance(frame.node, ObjectSyntax):
                self._read_member(frame, frame.node)
            else:
                self._read_element(frame, frame.node)
        trailing = self._read_trailing()
        self._complain.about_escapes()
        return SyntaxTree(self._tokens, root, trailing, self._complain.found())

    def _open_root(self) -> ObjectSyntax | ArraySyntax:
        self._skip_trivia()
        kind = self._kinds[self._at]
        if kind in _OPENINGS:
            self._open(kind)
        else:
            self._frames.append(_Frame(ObjectSyntax(self._at, braced=False)))
        return self._frames[-1].node

    def _read_trailing(self) -> ErrorSyntax | None:
        self._skip_trivia()
        first = self._at
        if self._kinds[first] == kinds.END:
            return None
        if self._kinds[first] == kinds.SKIPPED:
            if self._tokens.limit_reached():
                self._complain.about_token_limit(first)
            return ErrorSyntax(first, first + 1, [])
        end = len(self._kinds) - 1
        self._complain.about_trailing_text(first)
        return ErrorSyntax(first, end, [])

    def _skip_trivia(self) -> None:
        """Move to the next token that means something."""
        at, all_kinds = self._at, self._kinds
        while all_kinds[at] in kinds.TRIVIA:
            at += 1
        self._at = at

    # --- blocks ---------------------------------------------------------------------------------------------------------

    def _open(self, kind: int) -> None:
        if len(self._frames) >= DEPTH_LIMIT:
            self._give_up()
            return
        node: ObjectSyntax | ArraySyntax
        node = ObjectSyntax(self._at) if kind == kinds.OPEN_BRACE else ArraySyntax(self._at)
        self._frames.append(_Frame(node, indent=self._layout.indent(self._at) if self._guided else 0))
        self._at += 1

    def _give_up(self) -> None:
        """The text is nested too deeply: leave the rest unread."""
        self._complain.about_depth(self._at, DEPTH_LIMIT)
        self._abandon()

    def _abandon(self) -> None:
        """Leave the rest of the text unread, inside the innermost block."""
        frame, first = self._frames[-1], self._at
        if frame.parts is not None:
            self._finish_value(frame)
        self._at = len(self._kinds) - 1
        frame.node.members.append(ErrorSyntax(first, self._at, []))
        while self._frames:
            frame = self._frames[-1]
            if frame.parts is not None:
                self._finish_value(frame)
            self._leave(frame)

    def _close(self, frame: _Frame) -> None:
        """The closing brace or bracket of ``frame`` is the current token."""
        self._complain.note_closing(frame.node.first, self._at)
        self._at += 1
        frame.node.closed = True
        self._leave(frame)

    def _leave(self, frame: _Frame) -> None:
        frame.node.end = self._at
        self._frames.pop()
        if self._frames:
            parent = self._frames[-1]
            if parent.parts is not None:
                parent.parts.append(frame.node)

    def _unclosed(self, frame: _Frame) -> None:
        """``frame`` ends without its closing brace."""
        node = frame.node
        if not isinstance(node, ObjectSyntax) or node.braced:
            self._complain.about_unclosed(node.first, self._at)
        self._leave(frame)

    def _is_open_above(self, kind: int) -> bool:
        """Whether a block that the closing token ``kind`` would close is open somewhere outside the current one."""
        wanted = ObjectSyntax if kind == kinds.CLOSE_BRACE else ArraySyntax
        return any(
            isinstance(frame.node, wanted) and not (isinstance(frame.node, ObjectSyntax) and not frame.node.braced)
            for frame in self._frames[:-1]
        )

    def _wrong_closing(self, frame: _Frame, kind: int) -> None:
        """A closing token that does not fit ``frame``: an outer block wants it, or it was meant for this list, or it is one
        too many."""
        if self._is_open_above(kind):
            self._unclosed(frame)
        elif isinstance(frame.node, ArraySyntax) or (frame.node.braced and self._layout.starts_line(self._at)):
            self._complain.about_wrong_closing(frame.node.first, self._at)
            self._close(frame)
        else:
            self._complain.about_stray_closing(self._at)
            self._skip_one(frame)

    def _skip_one(self, frame: _Frame) -> None:
        frame.node.members.append(ErrorSyntax(self._at, self._at + 1, []))
        self._at += 1

    # --- members --------------------------------------------------------------------------------------------------------

    def _read_member(self, frame: _Frame, node: ObjectSyntax) -> None:
        if self._guide is Guide.NONE:
            self._at = plain_fields(self._tokens, self._at, node.members)
        self._skip_trivia()
        kind = self._kinds[self._at]
        if self._ends_here(frame) or (self._guided and self._heed_layout(frame, node, kind)):
            return
        if kind in kinds.KEY:
            self._read_field(frame, node)
        elif kind == kinds.CLOSE_BRACE and node.braced:
            self._close(frame)
        elif not self._read_block_end(frame, kind) and not self._read_foreign(frame):
            self._complain.about_missing_key(self._at)
            self._discard(frame)

    def _ends_here(self, frame: _Frame) -> bool:
        """End ``frame`` before a line that says that it ends; whether that was so."""
        at = self._at
        if self._guide is Guide.SECTIONS:
            ends = len(self._frames) > 1 and self._layout.begins_section(at)
        elif self._guided and isinstance(frame.node, ArraySyntax):
            ends = self._layout.begins_field(at) and self._layout.indent(at) <= frame.indent
            ends = ends and self._layout.line(frame.node.first) < self._layout.line(at)
        else:
            return False
        if ends:
            self._end_before(frame, at)
        return ends

    def _heed_layout(self, frame: _Frame, node: ObjectSyntax, kind: int) -> bool:
        """See whether the token stands where a line of this block can stand; whether that settled what to do with it."""
        at, opening = self._at, node.first
        if not node.braced or kind in kinds.ENDS:
            return False
        if kind == kinds.OPEN_BRACE and at == opening + 1:
            self._complain.about_missing_key(at)
            self._skip_one(frame)
            return True
        if not self._layout.starts_line(at) or self._layout.line(opening) == self._layout.line(at):
            return False
        indent = self._layout.indent(at)
        closes_outer = kind == kinds.CLOSE_BRACE and any(outer.indent == indent for outer in self._frames[:-1])
        if (kind in kinds.KEY and indent <= frame.indent) or (closes_outer and indent < frame.indent):
            self._end_before(frame, at)
        elif kind == kinds.CLOSE_BRACE and indent > frame.indent:
            self._complain.about_stray_closing(at)
            self._skip_one(frame)
        else:
            return False
        return True

    def _end_before(self, frame: _Frame, at: int) -> None:
        """``frame`` lacks its closing brace before the line of token ``at``."""
        self._complain.about_unclosed(frame.node.first, at)
        self._at = self._layout.before_trivia(at)
        self._leave(frame)

    def _read_foreign(self, frame: _Frame) -> bool:
        """Pass over text that is not HOCON's at all, if that is what stands here."""
        foreign = foreign_text(self._tokens, self._at)
        if foreign is None:
            return False
        if foreign.message:
            self._complain.about_foreign(self._at, foreign)
        frame.node.members.append(ErrorSyntax(self._at, foreign.end, []))
        self._at = foreign.end
        return True

    def _read_block_end(self, frame: _Frame, kind: int) -> bool:
        """Handle what may end a block, or a comma with nothing before it; whether it was one of these."""
        if kind in kinds.ENDS:
            self._unclosed(frame)
        elif kind in (kinds.CLOSE_BRACE, kinds.CLOSE_BRACKET):
            self._wrong_closing(frame, kind)
        elif kind == kinds.COMMA:
            self._complain.about_extra_comma(self._at)
            self._skip_one(frame)
        else:
            return False
        return True

    def _read_field(self, frame: _Frame, node: ObjectSyntax) -> None:
        first = self._at
        if self._tokens.source.text[self._tokens.starts[first]] in "/<>" and self._read_foreign(frame):
            return
        self._at = key_end = self._end_of_key(first)
        if self._kinds[first] == kinds.UNQUOTED and self._tokens.text(first) == "include":
            self._read_include(frame, node, first)
            return
        self._skip_trivia()
        kind = self._kinds[self._at]
        if kind in kinds.OPERATORS:
            operator = self._at
            self._at += 1
            self._skip_trivia()
        elif kind == kinds.OPEN_BRACE:
            operator = -1
        elif self._guided and self._is_indented(self._at, first):
            self._complain.about_missing_brace(first, key_end)
            self._open_without_brace(frame, FieldSyntax(first, key_end, -1))
            return
        else:
            self._at = key_end
            self._complain.about_missing_operator(first, key_end)
            self._discard(frame, first)
            return
        frame.field = FieldSyntax(first, key_end, operator)
        frame.parts = []
        frame.first = self._at
        self._read_value(frame)

    def _is_indented(self, at: int, key: int) -> bool:
        """Whether token ``at`` starts a line further in than the line that ``key`` starts."""
        if self._kinds[at] not in kinds.KEY or not self._layout.starts_line(key) or not self._layout.starts_line(at):
            return False
        return self._layout.indent(at) > self._layout.indent(key)

    def _open_without_brace(self, frame: _Frame, field: FieldSyntax) -> None:
        """The lines from here on are the block of ``field``, whose opening brace is missing."""
        frame.field, frame.parts, frame.first = field, [], self._at
        if len(self._frames) >= DEPTH_LIMIT:
            self._give_up()
        else:
            self._frames.append(_Frame(ObjectSyntax(self._at), indent=self._layout.indent(field.first)))

    def _end_of_key(self, first: int) -> int:
        at, all_kinds = first, self._kinds
        while all_kinds[at] in kinds.KEY:
            at += 1
        if self._flawed:
            self._complain.about_broken(first, at, key=True)
        return at

    def _read_include(self, frame: _Frame, node: ObjectSyntax, first: int) -> None:
        end = first + 1
        while self._kinds[end] in kinds.TRIVIA:
            end += 1
        while self._kinds[end] not in kinds.LINE_ENDS:
            end += 1
        include = read_include(self._tokens, first, end)
        if include is None:
            self._complain.about_include(first, end)
            self._at = first + 1
            self._discard(frame, first)
            return
        node.members.append(include)
        self._at = end
        self._read_separator()

    def _read_element(self, frame: _Frame, node: ArraySyntax) -> None:
        self._at = plain_elements(self._tokens, self._at, node.members)
        if self._ends_here(frame):
            return
        kind = self._kinds[self._at]
        if kind in kinds.SIMPLE or kind in _OPENINGS:
            frame.parts = []
            frame.first = self._at
            self._read_value(frame)
        elif kind == kinds.CLOSE_BRACKET:
            self._close(frame)
        elif not self._read_block_end(frame, kind):
            self._complain.about_list_element(self._at)
            self._discard(frame)

    # --- values ---------------------------------------------------------------------------------------------------------

    def _read_value(self, frame: _Frame) -> None:
        """Collect the pieces of a value until the line ends or a block opens."""
        parts = frame.parts
        all_kinds, at = self._kinds, self._at
        if parts is None:
            return
        while True:
            kind = all_kinds[at]
            if kind in kinds.SIMPLE:
                parts.append(Atom(at))
                if kind == kinds.UNTERMINATED_STRING and (end := self._layout.long_string_end(at)) > 0:
                    self._complain.about_long_string(at, end)
                    at = end
            elif kind in _OPENINGS:
                self._at = at
                if kind == kinds.OPEN_BRACE and self._is_next_field(frame):
                    break
                self._open(kind)
                return
            elif not frame.discarding or kind in kinds.LINE_ENDS:
                break
            at += 1
        self._at = at
        self._end_value(frame)

    def _is_next_field(self, frame: _Frame) -> bool:
        """Whether the "value" is really the next line's ``key {``: `a =` was left without a value."""
        return bool(frame.parts) and self._value_began_on_next_line(frame) and self._is_key(frame)

    def _value_began_on_next_line(self, frame: _Frame) -> bool:
        operator = frame.field.operator if frame.field else -1
        return operator >= 0 and kinds.NEWLINE in self._kinds[operator + 1 : frame.first]

    def _is_key(self, frame: _Frame) -> bool:
        return all(isinstance(part, Atom) and self._kinds[part.first] in kinds.KEY for part in frame.parts or ())

    def _end_value(self, frame: _Frame) -> None:
        """The value ends before the current token; see whether that is a place where a value may end."""
        kind = self._kinds[self._at]
        misplaced = not frame.discarding and (kind in kinds.OPERATORS or kind == kinds.OPEN_BRACE)
        if misplaced and frame.parts:
            self._split_value(frame)
            return
        if not frame.parts and frame.field:
            self._complain.about_missing_value(frame.field)
        self._finish_value(frame)
        if misplaced:
            self._discard(frame)
        else:
            self._read_separator()

    def _split_value(self, frame: _Frame) -> None:
        """``a = 1 b = 2``, ``a =`` before a line ``b = 2``, or a character that needs quotes, as in ``url = http://x``."""
        parts = frame.parts or []
        last = parts[-1]
        if frame.field and self._value_began_on_next_line(frame) and self._is_key(frame):
            self._at, frame.parts = frame.first, []
            if self._guided and self._is_indented(frame.first, frame.field.first):
                self._complain.about_missing_brace(frame.field.first, frame.field.key_end)
                self._open_without_brace(frame, frame.field)
                return
            self._complain.about_missing_value(frame.field)
            self._finish_value(frame)
        elif frame.field and len(parts) > 1 and self._stands_apart(last):
            self._complain.about_missing_separator(last.first)
            self._at = last.first
            parts.pop()
            self._finish_value(frame)
        else:
            opening = frame.node.first if frame.field is None else None
            self._complain.about_operator_in_value(frame.first, self._at, opening)
            self._finish_value(frame)
            self._discard(frame)

    def _stands_apart(self, part: Part) -> bool:
        """Whether ``part`` can be a key of its own: a word or string with whitespace before it."""
        if not isinstance(part, Atom) or self._kinds[part.first] not in kinds.KEY:
            return False
        return bool(self._tokens.gap(part.first)) or self._kinds[part.first - 1] in (kinds.CLOSE_BRACE, kinds.CLOSE_BRACKET)

    def _finish_value(self, frame: _Frame) -> None:
        """Attach the value that was read to its field, its list, or the text that has no place."""
        parts, frame.parts = frame.parts or [], None
        target, frame.field = frame.field, None
        if frame.discarding:
            frame.discarding = False
            frame.node.members.append(ErrorSyntax(frame.first, max(self._at, frame.first), parts))
            return
        value = self._value(frame.first, parts)
        if target is not None and isinstance(frame.node, ObjectSyntax):
            target.value = value
            target.end = value.end if value is not None else max(target.key_end, target.operator + 1)
            frame.node.members.append(target)
        elif value is not None and isinstance(frame.node, ArraySyntax):
            frame.node.members.append(value)

    def _value(self, first: int, parts: list[Part]) -> ValueSyntax | None:
        if not parts:
            return None
        end = parts[-1].end
        if self._flawed:
            self._complain.about_pieces(parts)
        return parts[0] if len(parts) == 1 else ConcatenationSyntax(first, end, parts)

    def _discard(self, frame: _Frame, first: int | None = None) -> None:
        """Skip to the end of the line, reading the blocks on the way so that their problems show."""
        frame.parts = []
        frame.first = self._at if first is None else first
        frame.field = None
        frame.discarding = True
        self._read_value(frame)

    def _read_separator(self) -> None:
        """After a member: line breaks and at most one comma."""
        self._skip_trivia()
        if self._kinds[self._at] == kinds.COMMA:
            self._at += 1
