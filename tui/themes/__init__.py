"""The colours: themes with three accents and four steps of grey each.

Dark and light; both again for eyes that do not tell red from green (the accents are those of Okabe and Ito); and one without
any colour, where signs and words carry everything.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.theme import Theme


class Palette(NamedTuple):
    """The colours of a theme: accents, text and ground, then the greys from the most to the least visible."""

    accent: str
    amber: str
    red: str
    text: str
    ground: str
    surface: str
    panel: str
    muted: str
    faint: str
    cursor: str
    cursor_blurred: str
    scrollbar: str
    scrollbar_hover: str


def theme_of(name: str, colors: Palette, *, dark: bool) -> Theme:
    """A theme of these colours."""
    return Theme(
        name=name,
        primary=colors.accent,
        secondary=colors.accent,
        accent=colors.accent,
        success=colors.accent,
        warning=colors.amber,
        error=colors.red,
        foreground=colors.text,
        background=colors.ground,
        surface=colors.surface,
        panel=colors.panel,
        dark=dark,
        variables={
            "muted": colors.muted,
            "faint": colors.faint,
            "cursor-ground": colors.cursor,
            "cursor-ground-blurred": colors.cursor_blurred,
            "scrollbar": colors.scrollbar,
            "scrollbar-hover": colors.scrollbar_hover,
            "scrollbar-active": colors.accent,
            "scrollbar-background": colors.ground,
            "scrollbar-background-hover": colors.ground,
            "scrollbar-background-active": colors.ground,
            "scrollbar-corner-color": colors.ground,
        },
    )


_DARK = Palette(
    accent="#63d4b8", amber="#e6b866", red="#f47c70", text="#d6dee6", ground="#0f1419", surface="#161d24", panel="#1f2932",
    muted="#8b9aa8", faint="#4d5b68", cursor="#24333d", cursor_blurred="#192229",
    scrollbar="#2b3843", scrollbar_hover="#3a4a57",
)  # fmt: skip
_LIGHT = Palette(
    accent="#00735f", amber="#8a5a00", red="#bb2d25", text="#1c2630", ground="#fcfcfa", surface="#f0f3f2", panel="#e4e9e8",
    muted="#5a6772", faint="#a7b1b9", cursor="#d5e9e4", cursor_blurred="#ebf1ef",
    scrollbar="#cdd5d8", scrollbar_hover="#b4bfc4",
)  # fmt: skip

BASES = {"dark": _DARK, "light": _LIGHT}
"""What a person's own theme may begin with."""

DARK = theme_of("flowdeck-dark", _DARK, dark=True)
LIGHT = theme_of("flowdeck-light", _LIGHT, dark=False)
DISTINCT_DARK = theme_of("flowdeck-distinct-dark", _DARK._replace(accent="#56b4e9", amber="#f0e442", red="#ff8a3d"), dark=True)
DISTINCT_LIGHT = theme_of(
    "flowdeck-distinct-light", _LIGHT._replace(accent="#005a8f", amber="#7a5c00", red="#a64200"), dark=False
)
MONO_DARK = theme_of("flowdeck-mono-dark", _DARK._replace(accent="#ffffff", amber="#ffffff", red="#ffffff"), dark=True)
MONO_LIGHT = theme_of("flowdeck-mono-light", _LIGHT._replace(accent="#000000", amber="#000000", red="#000000"), dark=False)

THEMES = (DARK, LIGHT, DISTINCT_DARK, DISTINCT_LIGHT, MONO_DARK, MONO_LIGHT)
