"""Where an offset stands in a job file: which section, which plugin, which option, and whether a key or a value is due."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from schemas.loader import KINDS
from spec.language.literals import literal_text, token_text
from spec.language.outline import begins_section, field_path, fields_of
from spec.language.view import DocumentView
from spec.position import Span
from spec.resolver.paths import PathElement
from spec.syntax import kinds
from spec.syntax.tree import (
    ArraySyntax,
    Atom,
    ConcatenationSyntax,
    ErrorSyntax,
    FieldSyntax,
    Node,
    ObjectSyntax,
    SyntaxTree,
    children,
)

_LIMIT = 512  # steps down the tree; the reader itself stops at 256 blocks


class Slot(enum.Enum):
    """What is written at a place."""

    KEY = "key"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of an offset.

    ``steps`` leads there from the document's root: keys as written, split as the dialect splits them, and indices of lists; in
    a VALUE slot it ends with the value's own key or index. ``word`` is the text there (empty where nothing is written yet)
    without its quotes, ``quote`` the quotes around it. ``block`` is the innermost block, ``field`` the innermost field.
    """

    slot: Slot
    steps: tuple[str | int, ...]
    word: Span
    quote: str
    block: ObjectSyntax | None
    plugin_name: str | None = None
    field: FieldSyntax | None = None

    @property
    def section(self) -> str | None:
        """The section the place is in, as written."""
        first = self.steps[0] if self.steps else None
        return first if isinstance(first, str) else None

    @property
    def in_plugin(self) -> bool:
        """Whether the place is inside a plugin's block, or its name as a value in there."""
        return self.section in KINDS and len(self.steps) >= (2 if self.slot is Slot.KEY else 3)

    @property
    def option_steps(self) -> tuple[str | int, ...]:
        """The way from the plugin's (or env's) own block."""
        return self.steps[1:] if self.section == "env" else self.steps[2:]

    @property
    def option_words(self) -> tuple[str, ...]:
        """The same without the indices of lists."""
        return tuple(step for step in self.option_steps if isinstance(step, str))


def locate(view: DocumentView, offset: int) -> Cursor | None:
    """The place of ``offset``; None inside comments and where nothing can be written."""
    token = view.token_at(offset)
    tokens = view.tree.tokens
    if token is not None and tokens.kinds[token] == kinds.COMMENT and tokens.starts[token] < offset:
        return None
    trailing = view.tree.trailing
    if trailing is not None and tokens.starts[trailing.first] <= offset:
        return None
    return _Descent(view, offset).run()


class _Descent:
    """Goes from the root to the innermost node around the offset, remembering the way."""

    def __init__(self, view: DocumentView, offset: int) -> None:
        self._view = view
        self._tree: SyntaxTree = view.tree
        self._tokens = view.tree.tokens
        self._offset = offset
        self._steps: list[str | int] = []
        self._block: ObjectSyntax | None = None
        self._plugin: str | None = None
        self._field: FieldSyntax | None = None

    def run(self) -> Cursor | None:
        node: Node = self._tree.root
        for _ in range(_LIMIT):
            if isinstance(node, ObjectSyntax):
                self._enter(node)
            found = self._step(node)
            if found is None or isinstance(found, Cursor):
                return found
            node = found
        return None

    def _enter(self, block: ObjectSyntax) -> None:
        self._block = block
        if len(self._steps) == 2 and self._steps[0] in KINDS:
            key = self._steps[1]
            self._plugin = self._written_name(block) or (key if isinstance(key, str) else None)

    def _written_name(self, block: ObjectSyntax) -> str | None:
        for field in fields_of(block):
            if self._path(field)[0].key == "plugin_name":
                name = literal_text(self._tokens, field.value)
                return name.text if name else None
        return None

    def _step(self, node: Node) -> Node | Cursor | None:
        """The next node on the way, or the end of it."""
        if isinstance(node, ObjectSyntax):
            member = self._member(node)
            return self._key_here() if member is None else member
        if isinstance(node, FieldSyntax):
            return self._in_field(node)
        if isinstance(node, ArraySyntax):
            return self._in_array(node)
        if isinstance(node, Atom):
            return self._atom(Slot.VALUE, node.first)
        if isinstance(node, ConcatenationSyntax):
            return self._member(node) or self._empty(Slot.VALUE)
        if isinstance(node, ErrorSyntax):
            return self._in_error(node)
        return None

    def _member(self, node: Node) -> Node | None:
        """The child of ``node`` that the offset is in or at the edge of; the later one where two meet."""
        found = None
        for child in children(node):
            span = self._tree.span(child)
            if span.start > self._offset:
                break
            if self._offset <= span.end or self._is_open(child):
                found = child
        return found

    def _is_open(self, child: Node) -> bool:
        """Whether the offset, behind the last character of ``child``, still belongs to it: its closing brace is missing, or its
        value is and this is the same line."""
        if isinstance(child, ObjectSyntax | ArraySyntax):
            return not child.closed and self._offset <= self._view.reach(child)
        if not isinstance(child, FieldSyntax):
            return False
        if child.value is not None:
            return self._is_open(child.value)
        end = self._tree.span(child).end
        return child.operator >= 0 and "\n" not in self._view.text[end : self._offset]

    # --- fields ---------------------------------------------------------------------------------------------------------

    def _in_field(self, field: FieldSyntax) -> Node | Cursor | None:
        path, key = self._path(field), self._tokens.span(field.first, field.key_end)
        if self._offset <= key.end:
            return self._key(field, path)
        if begins_section(self._tokens, field):
            self._steps = []
        self._steps.extend(element.key for element in path)
        self._field = field
        value = field.value
        if value is None:
            return self._empty(Slot.VALUE)
        span = self._tree.span(value)
        if isinstance(value, ObjectSyntax | ArraySyntax) and not self._is_inside(value, span):
            return None
        if self._offset < span.start:
            after_operator = field.operator >= 0 and self._offset >= self._tokens.ends[field.operator]
            return self._empty(Slot.VALUE) if after_operator else None
        return value

    def _key(self, field: FieldSyntax, path: list[PathElement]) -> Cursor | None:
        """The offset is in a key; in ``a->b`` it is the innermost name that counts."""
        for element in path:
            if self._offset <= element.end:
                self._field = field
                if field.key_end - field.first == 1 and len(path) == 1:
                    return self._atom(Slot.KEY, field.first)
                return self._cursor(Slot.KEY, self._view.span(element.start, element.end), "")
            self._steps.append(element.key)
        return None

    def _is_inside(self, value: ObjectSyntax | ArraySyntax, span: Span) -> bool:
        return self._offset > span.start and (self._offset < span.end or not value.closed)

    # --- lists and broken text ------------------------------------------------------------------------------------------

    def _in_array(self, node: ArraySyntax) -> Node | Cursor | None:
        for index, member in enumerate(node.members):
            span = self._tree.span(member)
            if span.start <= self._offset <= span.end:
                if isinstance(member, ObjectSyntax | ArraySyntax) and not self._is_inside(member, span):
                    return None
                self._steps.append(index)
                return member
        before = sum(1 for member in node.members if self._tree.span(member).end <= self._offset)
        self._steps.append(before)
        return self._empty(Slot.VALUE)

    def _in_error(self, node: ErrorSyntax) -> Node | Cursor | None:
        for part in node.parts:
            span = self._tree.span(part)
            if isinstance(part, ObjectSyntax | ArraySyntax) and span.start < self._offset <= span.end:
                self._steps.append("")
                return part
        if any(self._tokens.kinds[index] in kinds.OPERATORS for index in range(node.first, node.end)):
            return None
        token = self._view.token_at(self._offset)
        if token is None or token < node.first or token >= node.end:
            return None
        return self._atom(Slot.KEY, token)

    # --- ends -----------------------------------------------------------------------------------------------------------

    def _key_here(self) -> Cursor | None:
        """Inside a block, between its members."""
        return self._empty(Slot.KEY)

    def _empty(self, slot: Slot) -> Cursor:
        return self._cursor(slot, self._view.span(self._offset, self._offset), "")

    def _atom(self, slot: Slot, token: int) -> Cursor | None:
        literal = token_text(self._tokens, token)
        if literal is not None:
            return self._cursor(slot, literal.span, literal.quote)
        if self._tokens.kinds[token] in kinds.SIMPLE:
            return self._cursor(slot, self._tokens.span(token, token + 1), "")
        return None

    def _cursor(self, slot: Slot, word: Span, quote: str) -> Cursor:
        return Cursor(slot, tuple(self._steps), word, quote, self._block, self._plugin, self._field)

    def _path(self, field: FieldSyntax) -> list[PathElement]:
        return field_path(self._tokens, field, self._view.separator)
