"""What Textual 8.2 keeps of widgets that have gone, kept no longer.

``StylesCache.get_inner_outer`` remembers what it was called with for a thousand calls, and that is each widget's painted lines
along with the colours: who opens dialogs for a minute has twenty megabytes of closed ones.

``ToastRack.show`` takes away a message whose time is over, but not what held its place: who sorts twice a second for a minute
has dozens of empty ones, and each is laid out again with every new message."""

from __future__ import annotations

from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.await_remove import AwaitRemove
from textual.color import Color
from textual.style import Style
from textual.widget import Widget
from textual.widgets._toast import Toast, ToastHolder


@lru_cache(1024)
def _inner_and_outer(base: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base + background), Style(background=base)


def _remove_with_its_place(toast: Toast) -> AwaitRemove:
    place = toast.parent
    return place.remove() if isinstance(place, ToastHolder) else Widget.remove(toast)


def let_go() -> None:
    """Remember the colours only, and have messages leave with what held their place; from now on, for every widget."""

    def inner_and_outer(_cache: StylesCache, base: Color, background: Color) -> tuple[Style, Style]:
        return _inner_and_outer(base, background)

    StylesCache.get_inner_outer = inner_and_outer  # type: ignore[method-assign, assignment]
    Toast.remove = _remove_with_its_place  # type: ignore[method-assign, assignment]
