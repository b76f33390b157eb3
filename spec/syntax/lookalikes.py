"""Text that is well-formed but hardly what was meant: characters that look like signs, or cannot be seen at all.

All of these are legal, so they are warnings; JSON's grammar refuses most of them anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from spec.diagnostic import Applicability, Edit, Fix
from spec.position import Span
from spec.syntax import kinds
from spec.syntax.codes import SyntaxCode
from spec.syntax.tokens import Tokens

# Typographic quotation marks, and the wide forms of the signs.
_WIDE: Final = {chr(ord(sign) + 0xFEE0): sign for sign in "=:,{}[]"}
_SIGNS: Final = {**dict.fromkeys("“”„‟", '"'), **_WIDE}
_UNSEEN: Final = "\x00-\x08\x0e-\x1b\x7f\u200b-\u200f\u2060-\u2064"
_ODD: Final = re.compile(f"[{''.join(_SIGNS)}{_UNSEEN}]")
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")
_SWALLOWED: Final = re.compile(r"(?<=\w)\\([bf])(?=\w)")
_APOSTROPHE: Final = re.compile(r"[=:\[,]\s*'")
_END_SIGN: Final = re.compile(r";[ \t]*(?:$|[#}\r]|//)", re.MULTILINE)
_BEFORE_VALUES: Final = kinds.OPERATORS | {kinds.COMMA, kinds.OPEN_BRACKET}
_LIMIT: Final = 20  # of a kind; more would only say the same


class Lookalike(NamedTuple):
    """A warning."""

    code: SyntaxCode
    span: Span
    message: str
    label: str
    notes: tuple[str, ...]
    fix: Fix | None


def lookalikes(tokens: Tokens) -> Iterator[Lookalike]:
    """The suspicious characters of a text, a bounded number of them."""
    text = tokens.source.text
    if "\r" in text and (lone := _LONE_RETURN.search(text)):
        yield _lone_return(Span(tokens.source, lone.start(), lone.end()))
    if _ODD.search(text):
        yield from _in_words(tokens)
    if _APOSTROPHE.search(text):
        yield from islice(_in_apostrophes(tokens), _LIMIT)
    if _END_SIGN.search(text):
        yield from islice(_end_signs(tokens), _LIMIT)
    if "\\b" in text or "\\f" in text:
        yield from _in_strings(tokens)


def _lone_return(span: Span) -> Lookalike:
    message = "this carriage return ends no line: HOCON knows only LF and CR LF"
    notes = ("save the file with one of these; as it is, a comment goes on beyond this character",)
    return Lookalike(SyntaxCode.LONE_CARRIAGE_RETURN, span, message, "not a line break", notes, None)


def _in_words(tokens: Tokens) -> Iterator[Lookalike]:
    text, left = tokens.source.text, _LIMIT
    for index, kind in enumerate(tokens.kinds):
        if kind != kinds.UNQUOTED or not (odd := _ODD.search(text, tokens.starts[index], tokens.ends[index])):
            continue
        mended = tuple(
            Edit(Span(tokens.source, *match.span()), _SIGNS.get(match[0], ""))
            for match in _ODD.finditer(text, tokens.starts[index], tokens.ends[index])
        )
        yield _odd(Span(tokens.source, odd.start(), odd.end()), mended)
        left -= 1
        if not left:
            return


def _odd(span: Span, mended: tuple[Edit, ...]) -> Lookalike:
    """The first odd character of a word, and what mends the whole word: one quotation mark alone would open a text."""
    sign = _SIGNS.get(span.text)
    if sign is None:
        message = f"the character U+{ord(span.text):04X} cannot be seen and is part of this word"
        fix = Fix("remove it", mended, Applicability.UNSAFE)
        return Lookalike(SyntaxCode.LOOKALIKE, span, message, "unseen character", (), fix)
    message = f"`{span.text}` is part of this word: it only looks like `{sign}`"
    fix = Fix(f"write {sign}", mended, Applicability.UNSAFE)
    return Lookalike(SyntaxCode.LOOKALIKE, span, message, f"not a `{sign}`", (), fix)


def _in_apostrophes(tokens: Tokens) -> Iterator[Lookalike]:
    """Values between single quotes, which stay part of them."""
    text = tokens.source.text
    for index in _values(tokens):
        if text[tokens.starts[index]] != "'":
            continue
        last = index
        while tokens.kinds[last + 1] == kinds.UNQUOTED and not _closes(tokens.text(last), opening=last == index):
            last += 1
        span = tokens.span(index, last + 1)
        if len(span.text) < len("''") or not span.text.endswith("'"):
            continue
        ends = (Span(tokens.source, span.start, span.start + 1), Span(tokens.source, span.end - 1, span.end))
        fix = Fix('write "', tuple(Edit(end, '"') for end in ends), Applicability.UNSAFE)
        message = "single quotes do not quote: they are part of this text"
        yield Lookalike(SyntaxCode.LOOKALIKE, span, message, "the text with its quotes", (), fix)


def _closes(word: str, *, opening: bool) -> bool:
    """Whether a word ends a text in single quotes, which its first character may have opened."""
    return word.endswith("'") and not (opening and len(word) == 1)


def _end_signs(tokens: Tokens) -> Iterator[Lookalike]:
    """Semicolons behind values, which are part of them."""
    for index, kind in enumerate(tokens.kinds):
        if kind != kinds.UNQUOTED or tokens.kinds[index + 1] not in kinds.LINE_ENDS or not tokens.text(index).endswith(";"):
            continue
        before = tokens.kinds[index - 1] if index else kinds.END
        alone = tokens.text(index) == ";"
        if (alone and before == kinds.STRING) or (not alone and before in kinds.OPERATORS):
            span = Span(tokens.source, tokens.ends[index] - 1, tokens.ends[index])
            fix = Fix("remove `;`", (Edit(span, ""),), Applicability.UNSAFE)
            message = "`;` is part of this text: no sign ends a line"
            yield Lookalike(SyntaxCode.LOOKALIKE, span, message, "part of the text", (), fix)


def _values(tokens: Tokens) -> Iterator[int]:
    """Where values begin that are not in quotes."""
    return (
        index
        for index in range(1, len(tokens.kinds))
        if tokens.kinds[index] == kinds.UNQUOTED and tokens.kinds[index - 1] in _BEFORE_VALUES
    )


def _in_strings(tokens: Tokens) -> Iterator[Lookalike]:
    text, left = tokens.source.text, _LIMIT
    for index, kind in enumerate(tokens.kinds):
        if kind != kinds.STRING or not (found := _SWALLOWED.search(text, tokens.starts[index], tokens.ends[index])):
            continue
        span = Span(tokens.source, found.start(), found.end())
        meant = "a form feed" if found[1] == "f" else "a backspace"
        message = f"`{span.text}` in a quoted text is {meant}, not a backslash and a letter"
        fix = Fix("write the backslash twice", (Edit(span, f"\\{span.text}"),), Applicability.UNSAFE)
        yield Lookalike(SyntaxCode.LIKELY_BACKSLASH, span, message, meant, ("a backslash itself is written \\\\",), fix)
        left -= 1
        if not left:
            return
