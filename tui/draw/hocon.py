"""HOCON and JSON in colour, line by line. For reading, not for parsing: it never fails and never changes the text, except
that values of keys that look like secrets are masked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui.draw.line import Span, Tone

_KEY = r"(?:\"(?:\\.|[^\"\\])*\"|[\w.\-@]+)"
_TOKEN = re.compile(
    rf"""
      (?P<comment>(?:\#|//).*)
    | (?P<fence>\"\"\")
    | (?P<section>{_KEY}(?=\s*\{{))
    | (?P<key>{_KEY}(?=\s*(?:=|:|\+=)))
    | (?P<string>\"(?:\\.|[^\"\\])*\"?)
    | (?P<substitution>\$\{{[^}}]*\}}?)
    | (?P<literal>(?:true|false|null|include|required|file|-?\d[\d_.]*(?:[eE][+-]?\d+)?)(?![\w.\-]))
    | (?P<mark>[{{}}\[\],=:+])
    | (?P<space>\s+)
    | (?P<other>[^\s{{}}\[\],=:+"$]+|.)
    """,
    re.VERBOSE,
)
_TONES = {
    "comment": Tone.MUTED,
    "section": Tone.ACCENT_STRONG,
    "key": Tone.ACCENT,
    "string": Tone.TEXT,
    "substitution": Tone.AMBER,
    "literal": Tone.AMBER,
    "mark": Tone.FAINT,
    "space": Tone.TEXT,
    "other": Tone.TEXT,
}
_FENCE = '"""'
_SECRET = re.compile(r"passw(or)?d|secret|token|credential|api[_.-]?key|access[_.-]?key|private[_.-]?key", re.IGNORECASE)
MASK = "••••••"


def coloured(text: str) -> list[tuple[Span, ...]]:
    """The spans of every line of ``text``."""
    lines: list[tuple[Span, ...]] = []
    fenced = False
    for raw in text.split("\n"):
        spans, fenced = _line(raw, fenced=fenced)
        lines.append(tuple(spans))
    return lines


def _line(raw: str, *, fenced: bool) -> tuple[list[Span], bool]:
    spans: list[Span] = []
    rest = raw
    while rest:
        if fenced:
            inside, fence, rest = rest.partition(_FENCE)
            spans.append(Span(inside + fence, Tone.TEXT))
            fenced = not fence
            continue
        before, fence, after = _split_fence(rest)
        spans.extend(_masked(_tokens(before)))
        if not fence:
            break
        spans.append(Span(fence, Tone.TEXT))
        rest, fenced = after, True
    return spans, fenced


def _split_fence(text: str) -> tuple[str, str, str]:
    """The text before the first triple quote that is not inside a comment, the quote, and what follows."""
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "fence":
            return text[: token.start()], _FENCE, text[token.end() :]
    return text, "", ""


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for token in _TOKEN.finditer(text):
        yield token.lastgroup or "other", token.group()


def _masked(tokens: Iterator[tuple[str, str]]) -> Iterator[Span]:
    secret = False
    for kind, text in tokens:
        if kind in ("key", "section"):
            secret = _SECRET.search(text) is not None and kind == "key"
        elif secret and kind in ("string", "literal", "other"):
            yield Span(MASK, Tone.MUTED)
            continue
        elif kind == "mark" and text == ",":
            secret = False
        yield Span(text, _TONES[kind])
