"""Lines of the screens in the terminal's own sixteen colours, without Textual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tui.draw.line import Line, Tone
from tui.draw.signs import ASCII

_CODES: Final = {
    Tone.STRONG: "1", Tone.MUTED: "2", Tone.FAINT: "2", Tone.ACCENT: "32", Tone.ACCENT_STRONG: "1;32", Tone.AMBER: "33",
    Tone.AMBER_STRONG: "1;33", Tone.RED: "31", Tone.RED_STRONG: "1;31", Tone.ACCENT_BADGE: "7;32", Tone.AMBER_BADGE: "7;33",
    Tone.RED_BADGE: "7;31", Tone.CONTEXT_BADGE: "7",
}  # fmt: skip


def painted(line: Line, *, colour: bool, plain_signs: bool = False) -> str:
    """The line; without ``colour`` it has no escape sequences at all, with ``plain_signs`` only ASCII of its own."""
    parts = []
    for span in line.spans:
        text = span.text.translate(ASCII) if plain_signs else span.text
        code = _CODES.get(span.tone) if colour and text.strip() else None
        parts.append(f"\x1b[{code}m{text}\x1b[0m" if code else text)
    return "".join(parts).rstrip()


def repainted(lines: Sequence[str], before: int) -> str:
    """``lines`` in place of the ``before`` lines above the cursor, without anything being blank in between."""
    up = f"\x1b[{before}A" if before else ""
    return f"{up}\r" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J"
