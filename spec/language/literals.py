"""Text that stands in a file as itself: what a string or word means, and where its characters are."""

from __future__ import annotations

from typing import NamedTuple

from spec.position import Span
from spec.syntax import kinds
from spec.syntax.strings import decode_raw, decode_string
from spec.syntax.tokens import Tokens
from spec.syntax.tree import Atom, ConcatenationSyntax, ValueSyntax

_LITERAL = frozenset({kinds.UNQUOTED}) | kinds.STRINGS


class Literal(NamedTuple):
    """A text written in the file. ``span`` is where its characters are, quotes left out; ``quote`` is ``""``, ``"`` or three
    of them."""

    text: str
    span: Span
    quote: str


def literal_text(tokens: Tokens, value: ValueSyntax | None) -> Literal | None:
    """The text that ``value`` is, when it is written as such; None for blocks, lists and what refers to something else."""
    if isinstance(value, Atom):
        return token_text(tokens, value.first)
    if not isinstance(value, ConcatenationSyntax):
        return None
    words = [part for part in value.parts if isinstance(part, Atom) and tokens.kinds[part.first] == kinds.UNQUOTED]
    if len(words) < len(value.parts):
        return None
    span = tokens.span(value.first, value.end)
    return Literal(span.text, span, "")


def token_text(tokens: Tokens, index: int) -> Literal | None:
    """The text that one token is; None when it is no text."""
    kind, span = tokens.kinds[index], tokens.span(index, index + 1)
    if kind not in _LITERAL:
        return None
    if kind == kinds.UNQUOTED:
        return Literal(span.text, span, "")
    quote, text, closed = '"', span.text, kind in (kinds.STRING, kinds.CONTROL_STRING)
    if kind in (kinds.RAW_STRING, kinds.UNTERMINATED_RAW):
        quote, closed = '"""', kind == kinds.RAW_STRING
    inner = Span(span.source, span.start + len(quote), span.end - len(quote) if closed else span.end)
    if quote == '"' and "\\" not in text:
        return Literal(inner.text, inner, quote)
    return Literal(decode_raw(text) if quote != '"' else decode_string(text if closed else text + '"'), inner, quote)
