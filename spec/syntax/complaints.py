"""What the parser says about broken text: one method per kind of problem, with the words, the span and the fix."""

from __future__ import annotations

import json
import re
from typing import Final

from spec.diagnostic import Applicability, Diagnostic, Edit, Fix, Label
from spec.position import Span
from spec.syntax import kinds
from spec.syntax.codes import SyntaxCode
from spec.syntax.foreign import ForeignText
from spec.syntax.layout import Layout
from spec.syntax.problems import Problems
from spec.syntax.strings import bad_escapes
from spec.syntax.tokens import TOKEN_LIMIT, Tokens
from spec.syntax.tree import Atom, FieldSyntax, Part

_RUN: Final = 2  # how many lines in a row that are no fields are reported
_FOREIGN_COMMENTS: Final = ("--", ";", "%", "rem ")
_YAML_BLOCK: Final = re.compile(r":[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n){0,8}[ \t]*(?:- |[ \t](?:- )?[\w.\"-]+:)")
_QUOTE_NOTE: Final = "text with such a character must stand in quotes"
_NAMES: Final = {
    kinds.CLOSE_BRACE: "`}`",
    kinds.CLOSE_BRACKET: "`]`",
    kinds.OPEN_BRACE: "`{`",
    kinds.OPEN_BRACKET: "`[`",
    kinds.END: "the end of the file",
    kinds.NEWLINE: "the end of the line",
}


class Complaints:
    """Turns what the parser met into diagnostics."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._problems = Problems(tokens.source)
        self._layout = Layout(tokens)
        self._closed: list[tuple[int, int]] = []
        self._long_strings: set[int] = set()
        self._lists_with_fields: set[int] = set()
        self._last_line = 0  # that was reported to be no field, and how many there were in a row
        self._run = 0
        self._foreign: set[SyntaxCode] = set()

    @property
    def full(self) -> bool:
        """Whether so much is wrong that reading on is pointless."""
        return self._problems.full

    def found(self) -> tuple[Diagnostic, ...]:
        """All complaints, in the order of the text."""
        return self._problems.found()

    # --- blocks ---------------------------------------------------------------------------------------------------------

    def note_closing(self, opening: int, closing: int) -> None:
        """Remember a block that was closed, for the case that another one is not."""
        self._closed.append((opening, closing))

    def _suspect(self) -> int | None:
        """The first block whose closing brace stands further left than its own line: it was probably meant for an outer
        block."""
        for opening, closing in self._closed:
            if self._layout.starts_line(closing) and self._layout.indent(closing) < self._layout.indent(opening):
                return opening
        return None

    def about_unclosed(self, opening: int, at: int) -> None:
        """The block that ``opening`` begins is not closed before token ``at``."""
        what, closing = ("list", "]") if self._tokens.kinds[opening] == kinds.OPEN_BRACKET else ("block", "}")
        kind = self._tokens.kinds[at]
        if kind == kinds.SKIPPED or (kind == kinds.END and at and self._tokens.kinds[at - 1] == kinds.UNTERMINATED_RAW):
            return  # that has been said
        found = "one that seems to close an outer block" if self._tokens.text(at) == closing else self._name(at)
        secondary = [Label(self._span(opening), "opened here")]
        suspect = self._suspect() if kind == kinds.END else None
        if suspect is not None and suspect != opening:
            secondary.append(Label(self._span(suspect), "by its indentation, this one may be the one left open"))
        self._problems.add(
            SyntaxCode.UNCLOSED,
            self._span(at),
            f"this {what} is never closed: expected `{closing}`, found {found}",
            label=f"expected `{closing}`" if kind == kinds.END else f"expected `{closing}` before this",
            secondary=tuple(secondary),
        )

    def about_missing_brace(self, first: int, end: int) -> None:
        """A key that more deeply indented lines follow instead of a block."""
        span = self._tokens.span(first, end)
        place = Span(span.source, span.end, span.end)
        self._problems.add(
            SyntaxCode.OPERATOR_EXPECTED,
            span,
            f"`{_shorten(span.text)}` is followed by no value: expected `{{` before the lines below it",
            label="expected `{` after this",
            fix=Fix("insert `{`", (Edit(place, " {"),), Applicability.UNSAFE) if self._follows_nothing(end) else None,
        )

    def about_foreign(self, at: int, foreign: ForeignText) -> None:
        """Text of another language."""
        if foreign.follows and foreign.code in self._foreign:
            return
        self._foreign.add(foreign.code)
        self._problems.add(foreign.code, self._span(at), foreign.message, notes=(foreign.note,))

    def about_stray_closing(self, at: int) -> None:
        """A closing brace or bracket that nothing opened."""
        name = self._name(at)
        fix = Fix(f"remove {name}", (Edit(self._span(at), ""),), Applicability.UNSAFE)
        self._problems.add(SyntaxCode.STRAY_CLOSING, self._span(at), f"{name} closes nothing", label="not opened", fix=fix)

    def about_wrong_closing(self, opening: int, at: int) -> None:
        """A list that ends with a brace, or a block that ends with a bracket."""
        what, closing = ("list", "]") if self._tokens.kinds[opening] == kinds.OPEN_BRACKET else ("block", "}")
        fix = Fix(f"write `{closing}`", (Edit(self._span(at), closing),))
        labels = (Label(self._span(opening), "opened here"),)
        message = f"a {what} ends with `{closing}`, not with {self._name(at)}"
        label = f"expected `{closing}`"
        self._problems.add(SyntaxCode.STRAY_CLOSING, self._span(at), message, label=label, secondary=labels, fix=fix)

    def about_depth(self, at: int, limit: int) -> None:
        """Blocks are nested more deeply than the reader follows."""
        self._problems.add(
            SyntaxCode.TOO_DEEP, self._span(at), f"blocks are nested more than {limit} deep; the rest is not read"
        )

    def about_token_limit(self, at: int) -> None:
        """The text has more tokens than the reader takes."""
        here = self._tokens.starts[at]
        self._problems.add(
            SyntaxCode.TOO_LARGE,
            Span(self._tokens.source, here, here),
            f"the file has more than {TOKEN_LIMIT:,} words and signs; the rest is not read",
        )

    def about_trailing_text(self, at: int) -> None:
        """Something follows the root block."""
        self._problems.add(
            SyntaxCode.TRAILING_TEXT,
            self._span(at),
            "the document ends with its outer brace; this text is outside of it",
            label="after the end",
            notes=("remove the outer braces, or move this inside them",),
        )

    # --- members --------------------------------------------------------------------------------------------------------

    def about_missing_key(self, at: int) -> None:
        """Something that cannot begin a field."""
        kind = self._tokens.kinds[at]
        notes: tuple[str, ...] = ("substitutions cannot be used in keys",) if kind == kinds.SUBSTITUTION else ()
        fix = None
        if kind == kinds.OPEN_BRACE and at and self._tokens.kinds[at - 1] == kinds.OPEN_BRACE:
            notes = ("one `{` opens a block; a value of elsewhere is written ${name}, not {{ name }}",)
            fix = Fix("remove the second `{`", (Edit(self._span(at), ""),), Applicability.UNSAFE)
        message = f"expected a key, found {self._name(at)}"
        self._problems.add(SyntaxCode.KEY_EXPECTED, self._span(at), message, label="expected a key", notes=notes, fix=fix)

    def about_missing_operator(self, first: int, end: int) -> None:
        """A key, or what looks like one, that no operator follows. Text of several lines is reported by its first two."""
        line = self._layout.line(first)
        again, self._run = line == self._last_line, self._run + 1 if line == self._last_line + 1 else 1
        self._last_line = line
        if again or self._run > _RUN:
            return
        span = self._tokens.span(first, end)
        found = (
            "is followed by `[`" if self._tokens.kinds[end] == kinds.OPEN_BRACKET else "is followed by neither `=`, `:` nor `{`"
        )
        notes = "a field is written `key = value` or `key { ... }`", *self._note_on_line(first, end)
        message = f"`{_shorten(span.text)}` {found}"
        self._problems.add(SyntaxCode.OPERATOR_EXPECTED, span, message, label="not a field", notes=notes)

    def _note_on_line(self, first: int, end: int) -> tuple[str, ...]:
        """What was probably meant by a line that is no field."""
        if self._tokens.text(first).lower().startswith(_FOREIGN_COMMENTS):
            return ("a comment begins with # or //",)
        if self._run == _RUN:
            return ('text of several lines stands in """',)
        if self._tokens.kinds[end] == kinds.OPEN_BRACKET:
            return ("a list is written `key = [ ... ]`",)
        if end - first == 2 and self._tokens.text(first + 1).strip('"').isalnum():
            return (f"perhaps: {_shorten(self._tokens.text(first))} = {_shorten(self._tokens.text(first + 1))}",)
        return ()

    def about_missing_value(self, member: FieldSyntax) -> None:
        """A field that ends after its operator."""
        operator = max(member.operator, member.first)
        key = self._tokens.span(member.first, member.key_end).text
        again = operator + 1
        if member.operator >= 0 and self._tokens.kinds[again] in (kinds.EQUALS, kinds.COLON, kinds.PLUS_EQUALS):
            fix = Fix(f"remove {self._name(again)}", (Edit(self._span(again), ""),), Applicability.UNSAFE)
            message = f"two signs follow `{_shorten(key)}`: expected a value after {self._name(operator)}"
            self._problems.add(SyntaxCode.MISSING_VALUE, self._span(again), message, label="one too many", fix=fix)
            return
        self._problems.add(
            SyntaxCode.MISSING_VALUE,
            self._span(operator),
            f"`{_shorten(key)}` has no value",
            label="expected a value after this",
            notes=(self._about_yaml(operator, key) or 'write "" for an empty text, or remove the line',),
        )

    def _about_yaml(self, operator: int, key: str) -> str:
        """What to write when more keys with colons, or a list's dashes, stand below one without a value."""
        if not _YAML_BLOCK.match(self._tokens.source.text, self._tokens.starts[operator]):
            return ""
        return f"this looks like YAML: in HOCON a block stands in braces, {_shorten(key)} {{ ... }}, and a list in [ ... ]"

    def about_missing_separator(self, at: int) -> None:
        """Two members on one line with nothing between them."""
        before = Span(self._tokens.source, self._tokens.ends[at - 1], self._tokens.ends[at - 1])
        self._problems.add(
            SyntaxCode.MISSING_SEPARATOR,
            self._span(at),
            f"expected a comma or a new line before `{_shorten(self._tokens.text(at))}`",
            label="a second field on the line",
            fix=Fix("insert a comma", (Edit(before, ","),)),
        )

    def about_extra_comma(self, at: int) -> None:
        """A comma with nothing before it."""
        fix = Fix("remove the comma", (Edit(self._span(at), ""),))
        message = "this comma separates nothing"
        self._problems.add(SyntaxCode.EXTRA_COMMA, self._span(at), message, label="nothing before it", fix=fix)

    def about_list_element(self, at: int) -> None:
        """Something that cannot begin a list element."""
        message = f"expected a list element, found {self._name(at)}"
        self._problems.add(SyntaxCode.FIELD_IN_LIST, self._span(at), message, label="expected an element")

    def about_include(self, first: int, end: int) -> None:
        """A line that begins with ``include`` and is no include."""
        end = next((at for at in range(first, end) if self._tokens.kinds[at] not in kinds.KEY), end)
        self._problems.add(
            SyntaxCode.BAD_INCLUDE,
            self._tokens.span(first, end),
            "this is not an include: expected a file name in quotes after `include`",
            notes=(
                'write include "file", include file("file") or include required("file")',
                'a key named include is written "include"',
            ),
        )

    # --- values ---------------------------------------------------------------------------------------------------------

    def about_operator_in_value(self, first: int, at: int, opening: int | None) -> None:
        """``=`` or ``:`` inside an unquoted value, or a field inside the list that ``opening`` begins (said once per list)."""
        sign = self._tokens.text(at)
        if opening is not None and self._tokens.gap(at + 1):
            if opening in self._lists_with_fields:
                return
            self._lists_with_fields.add(opening)
            notes = ("a list of fields is written [{ key = value }]",)
            message = f"a list holds values, not fields: `{sign}` cannot stand here"
            self._problems.add(SyntaxCode.FIELD_IN_LIST, self._span(at), message, label="not allowed in a list", notes=notes)
            return
        self._problems.add(
            SyntaxCode.RESERVED_CHARACTER,
            self._span(at),
            f"`{sign}` cannot stand in a value without quotes",
            label="needs quotes",
            notes=(_QUOTE_NOTE,),
            fix=self._quote_line(first, at),
        )

    def about_pieces(self, parts: list[Part]) -> None:
        """The pieces of a value, some of which may hold what no value may hold."""
        atoms = [part.first for part in parts if isinstance(part, Atom)]
        if len(atoms) == len(parts):
            self.about_broken(atoms[0], atoms[-1] + 1)
            return
        for index in atoms:
            self.about_broken(index, index + 1)

    def about_broken(self, first: int, end: int, *, key: bool = False) -> None:
        """Tokens ``[first, end)`` make a value (or a key) and hold something that no value may hold. Said once per value."""
        for index in range(first, end):
            kind = self._tokens.kinds[index]
            if kind == kinds.RESERVED:
                self._about_reserved(first, end, index, "key" if key else "value")
                return
            if kind == kinds.BROKEN_SUBSTITUTION:
                self._about_substitution(index)
            elif kind in kinds.BROKEN:
                self._about_string(first, index, kind)

    def _about_reserved(self, first: int, end: int, at: int, where: str) -> None:
        sign = self._tokens.text(at)
        printable = sign if sign.isprintable() else f"\\u{ord(sign):04x}"
        only_words = all(self._tokens.kinds[i] in (kinds.UNQUOTED, kinds.RESERVED) for i in range(first, end))
        fix = self._quote(self._tokens.span(first, end), Applicability.SAFE) if only_words else None
        notes: tuple[str, ...] = (_QUOTE_NOTE,)
        if sign == "$" and where == "value" and end - at == 2 and not self._tokens.gap(at + 1):
            word = self._tokens.text(at + 1)
            notes = f"a reference is written ${{{word}}}", "text with such a character must stand in quotes"
            fix = Fix(f"write ${{{word}}}", (Edit(self._tokens.span(at, end), f"${{{word}}}"),), Applicability.UNSAFE)
        self._problems.add(
            SyntaxCode.RESERVED_CHARACTER,
            self._span(at),
            f"`{printable}` cannot stand in a {where} without quotes",
            label="needs quotes",
            notes=notes,
            fix=fix,
        )

    def _about_substitution(self, at: int) -> None:
        span = self._span(at)
        if span.text.endswith("}"):
            message = f"`{_shorten(span.text)}` is not a reference: a path holds words, dots and quoted text only"
            self._problems.add(SyntaxCode.BAD_PATH, span, message)
            return
        message = "this reference is never closed: expected `}` on the same line"
        self._problems.add(SyntaxCode.UNTERMINATED_SUBSTITUTION, span, message, label="`${` opened here")

    def about_long_string(self, at: int, end: int) -> None:
        """A text in single quotes that goes on over several lines, up to token ``end``."""
        self._long_strings.add(at)
        opening, closing = (
            Span(self._tokens.source, start, start + 1) for start in (self._tokens.starts[at], self._tokens.starts[end])
        )
        message = 'text of several lines stands in """, not in "'
        fix = Fix('write """', (Edit(opening, '"""'), Edit(closing, '"""')), Applicability.UNSAFE)
        labels = (Label(closing, "it seems to end here"),)
        self._problems.add(SyntaxCode.UNTERMINATED_STRING, opening, message, label="opened here", secondary=labels, fix=fix)

    def _about_string(self, first: int, at: int, kind: int) -> None:
        span = self._span(at)
        if at in self._long_strings:
            return
        if kind == kinds.CONTROL_STRING:
            offset = next(i for i, character in enumerate(span.text) if ord(character) < ord(" "))
            place = Span(span.source, span.start + offset, span.start + offset + 1)
            code = ord(place.text)
            written = "\\t" if place.text == "\t" else f"\\u{code:04x}"
            name = "a tab" if place.text == "\t" else f"the control character {code:#04x}"
            fix = Fix(f"write it as {written}", (Edit(place, written),))
            message = f"{name} cannot stand in a quoted string; write {written}"
            self._problems.add(SyntaxCode.CONTROL_CHARACTER, place, message, fix=fix)
        elif kind == kinds.UNTERMINATED_RAW:
            opening = Span(span.source, span.start, span.start + 3)
            message = 'this text in """ is never closed; it runs to the end of the file'
            notes: tuple[str, ...] = ()
            if not span.text[3:].partition("\n")[0].strip(" \t\r,"):
                notes = ('or it ends a text whose first """ is missing',)
            self._problems.add(SyntaxCode.UNTERMINATED_STRING, opening, message, label="opened here", notes=notes)
        elif at > first and not self._tokens.gap(at) and not _rest_of_line(span.text):
            self._about_missing_quote(first, at)
        else:
            message = 'this string is never closed: expected `"` before the end of the line'
            notes = ('help: write `"` where the text ends; text of several lines stands between """',)
            self._problems.add(SyntaxCode.UNTERMINATED_STRING, span, message, label="opened here", notes=notes)

    def _about_missing_quote(self, first: int, at: int) -> None:
        """A word that ends with a quote but does not begin with one."""
        begin = self._tokens.starts[first]
        quote = Span(self._tokens.source, self._tokens.starts[at], self._tokens.starts[at] + 1)
        only_words = all(self._tokens.kinds[index] in (kinds.UNQUOTED, kinds.RESERVED) for index in range(first, at))
        fix = Fix('insert `"`', (Edit(Span(quote.source, begin, begin), '"'),), Applicability.UNSAFE) if only_words else None
        message = 'this `"` ends a text that no `"` begins' if only_words else 'a `"` inside of a quoted text is written \\"'
        self._problems.add(SyntaxCode.UNTERMINATED_STRING, quote, message, label="not opened", fix=fix)

    def about_escapes(self) -> None:
        """Backslash sequences in quoted strings that mean nothing."""
        text = self._tokens.source.text
        if "\\" not in text:
            return
        for index, kind in enumerate(self._tokens.kinds):
            begin, end = self._tokens.starts[index], self._tokens.ends[index]
            if kind == kinds.STRING and text.find("\\", begin, end) >= 0:
                for offset, length, message in bad_escapes(text[begin:end]):
                    span = Span(self._tokens.source, begin + offset, begin + offset + length)
                    notes = ("a backslash itself is written \\\\",)
                    self._problems.add(SyntaxCode.BAD_ESCAPE, span, message, label="not an escape", notes=notes)

    # --- words and places -----------------------------------------------------------------------------------------------

    def _span(self, at: int) -> Span:
        return self._tokens.span(at, at + 1)

    def _name(self, at: int) -> str:
        return _NAMES.get(self._tokens.kinds[at]) or f"`{_shorten(self._tokens.text(at))}`"

    def _follows_nothing(self, at: int) -> bool:
        """Whether the line ends before token ``at``."""
        return self._tokens.kinds[at] in kinds.TRIVIA

    def _quote_line(self, first: int, at: int) -> Fix | None:
        """Quote everything from ``first`` to the end of the line that token ``at`` is on."""
        text, begin = self._tokens.source.text, self._tokens.starts[first]
        end = text.find("\n", self._tokens.starts[at])
        end = len(text) if end < 0 else end
        rest = text[begin:end].rstrip().rstrip(",").rstrip()
        if any(sign in rest for sign in '"{}[]'):
            return None
        return self._quote(Span(self._tokens.source, begin, begin + len(rest)), Applicability.UNSAFE)

    def _quote(self, span: Span, applicability: Applicability) -> Fix:
        return Fix("put it in quotes", (Edit(span, json.dumps(span.text, ensure_ascii=False)),), applicability)


def _rest_of_line(text: str) -> str:
    """What follows the quote at the start of ``text``, without a comma or a comment."""
    rest = text[1:].strip(" \t\r,")
    return "" if rest.startswith(("#", "//")) else rest


def _shorten(text: str, limit: int = 40) -> str:
    """``text`` on one line, cut to what fits into a message."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
