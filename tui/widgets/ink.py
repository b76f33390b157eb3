"""From tones to terminal styles, for the theme in force."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.strip import Strip

from tui.draw.cells import width
from tui.draw.line import Ground, Line, Span, Tone
from tui.draw.signs import ASCII

_NAMES = (
    "foreground",
    "background",
    "primary",
    "warning",
    "error",
    "muted",
    "faint",
    "cursor-ground",
    "cursor-ground-blurred",
    "context",
)
_STRONG = "-strong"
_BADGE = "-badge"


class Ink:
    """The styles of one theme. Themes other than flowdeck's own get their greys by blending. With ``plain`` signs are drawn in
    ASCII."""

    def __init__(
        self,
        foreground: Color,
        background: Color,
        accents: tuple[Color, Color, Color, Color],
        greys: tuple[Color, ...],
        *,
        plain: bool = False,
    ) -> None:
        self._plain = plain
        muted, faint, cursor, blurred = greys
        accent, amber, red, context = accents
        self._background = background
        self._colors = {
            "text": foreground,
            "strong": foreground,
            "muted": muted,
            "faint": faint,
            "accent": accent,
            "amber": amber,
            "red": red,
            "context": context,
        }
        self._grounds = {Ground.PLAIN: None, Ground.CURSOR: cursor, Ground.CURSOR_BLURRED: blurred}
        self._styles: dict[tuple[Tone, Ground, bool], Style] = {}

    def style(self, tone: Tone, ground: Ground, *, dim: bool = False) -> Style:
        """How ``tone`` looks on ``ground``; ``dim`` is for data that is not current."""
        key = (tone, ground, dim)
        found = self._styles.get(key)
        if found is None:
            found = self._styles[key] = self._make(tone, ground, dim=dim)
        return found

    def _make(self, tone: Tone, ground: Ground, *, dim: bool) -> Style:
        name = str(tone)
        below = self._grounds[ground]
        back = None if below is None else below.rich_color
        if name.endswith(_BADGE):
            color = self._colors[name.removesuffix(_BADGE)]
            ink = self._background if tone is not Tone.CONTEXT_BADGE or color.ansi is not None else color.get_contrast_text(1.0)
            return Style(color=ink.rich_color, bgcolor=color.rich_color, bold=True)
        color = self._colors[name.removesuffix(_STRONG)]
        if dim and tone is not Tone.FAINT:
            color = self._colors["faint"].blend(self._colors["muted"], 0.5)
        return Style(color=color.rich_color, bgcolor=back, bold=name.endswith("strong") and not dim)

    def paint(self, content: Line, cells: int, *, dim: bool = False) -> Strip:
        """The line as a strip at least ``cells`` cells wide."""
        segments = [Segment(self._text(span), self.style(span.tone, content.ground, dim=dim)) for span in content.spans]
        used = sum(width(segment.text) for segment in segments)
        if used < cells:
            segments.append(Segment(" " * (cells - used), self.style(Tone.TEXT, content.ground)))
        return Strip(segments, max(used, cells))

    def _text(self, span: Span) -> str:
        return span.text.translate(ASCII) if self._plain else span.text


def ink_of(app: App[object]) -> Ink:
    """The ink of the app's current theme."""
    variables = app.theme_variables
    return _ink(tuple(variables.get(name, "") for name in _NAMES), plain=getattr(app, "plain_signs", False))


@lru_cache(maxsize=32)
def _ink(values: tuple[str, ...], *, plain: bool) -> Ink:
    named = dict(zip(_NAMES, values, strict=True))
    foreground, background = Color.parse(named["foreground"]), Color.parse(named["background"])
    primary = Color.parse(named["primary"])
    context = Color.parse(named["context"]) if named["context"] else primary
    accents = (primary, Color.parse(named["warning"]), Color.parse(named["error"]), context)
    fallbacks = (("muted", 0.4), ("faint", 0.7), ("cursor-ground", 0.85), ("cursor-ground-blurred", 0.92))
    greys = tuple(Color.parse(named[name]) if named[name] else _blend(foreground, background, part) for name, part in fallbacks)
    return Ink(foreground, background, accents, greys, plain=plain)


def _blend(foreground: Color, background: Color, part: float) -> Color:
    """A grey between the two; the terminal's own colours cannot be mixed and stay as they are."""
    if foreground.ansi is not None or background.ansi is not None:
        return background if part > 0.8 else foreground
    return foreground.blend(background, part)
