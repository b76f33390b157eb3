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
_LOGIN = re.compile(r"(://[^/\s:@\"]*:)[^/\s@\"]+@")
"""The password in a URL."""
_REFERENCE = re.compile(r"\"\$\{\{\s*(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[\w./\-]+)\s*\}\}\"")
"""Says where a secret comes from, and is none itself."""
_VALUES = ("string", "literal", "other")
MASK = "••••••"


def coloured(text: str) -> list[tuple[Span, ...]]:
    """The spans of every line of ``text``."""
    colouring = _Colouring()
    return [tuple(colouring.line(raw)) for raw in text.split("\n")]


class _Colouring:
    """Goes through a text line by line; remembers an open triple quote, and a key whose value must not be shown."""

    def __init__(self) -> None:
        self._fenced = False
        self._secret = False

    def line(self, raw: str) -> Iterator[Span]:
        """The spans of the next line."""
        rest = raw
        hidden = False
        while rest:
            if self._fenced:
                inside, fence, rest = rest.partition(_FENCE)
                hidden = self._secret
                yield from self._inside(inside, fence)
                continue
            before, fence, rest = _split_fence(rest)
            for kind, text in _tokens(before):
                hidden = hidden or (self._secret and kind in _VALUES)
                yield self._span(kind, text)
            if fence:
                self._fenced = True
                yield Span(fence, Tone.TEXT)
        if hidden and not self._fenced:
            self._secret = False

    def _inside(self, inside: str, fence: str) -> Iterator[Span]:
        self._fenced = not fence
        if inside:
            yield Span(MASK, Tone.MUTED) if self._secret else Span(inside, Tone.TEXT)
        if fence:
            yield Span(fence, Tone.TEXT)

    def _span(self, kind: str, text: str) -> Span:
        if kind in ("key", "section"):
            self._secret = kind == "key" and _SECRET.search(text) is not None
        elif kind == "mark" and text in ",}":
            self._secret = False
        elif kind == "string" and _REFERENCE.fullmatch(text):
            return Span(text, Tone.AMBER)
        elif self._secret and kind in _VALUES:
            return Span(MASK, Tone.MUTED)
        elif kind == "string":
            text = _LOGIN.sub(rf"\1{MASK}@", text)
        return Span(text, _TONES[kind])


def _split_fence(text: str) -> tuple[str, str, str]:
    """The text before the first triple quote that is not inside a comment, the quote, and what follows."""
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "fence":
            return text[: token.start()], _FENCE, text[token.end() :]
    return text, "", ""


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for token in _TOKEN.finditer(text):
        yield token.lastgroup or "other", token.group()
