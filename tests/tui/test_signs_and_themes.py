"""Signs in ASCII, and themes that everybody can read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.color import Color
from textual.theme import Theme

from spec.errors import UsageError
from tui.app import FlowdeckApp
from tui.draw.glyphs import STATES
from tui.draw.signs import ASCII, likely_braille
from tui.settings.file import Settings, Symbols
from tui.themes import THEMES


def contrast(front: str, back: str) -> float:
    """The contrast ratio of WCAG 2."""
    lights = sorted(_luminance(Color.parse(color)) for color in (front, back))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(color: Color) -> float:
    parts = [part / 255 for part in color.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_words_can_be_read_in_every_theme(theme: Theme) -> None:
    """Text and the three accents have the contrast that WCAG asks of text, muted words nearly so, on ground and cursor."""
    for ground in (theme.background, theme.variables["cursor-ground"]):
        assert ground is not None
        for color in (theme.foreground, theme.primary, theme.warning, theme.error):
            assert color is not None
            assert contrast(color, ground) >= 4.5, (color, ground)
        assert contrast(theme.variables["muted"], ground) >= 3.9


def test_every_state_has_a_sign_of_its_own_in_ascii() -> None:
    """Signs are one cell of ASCII; the states that need telling apart differ."""
    plain = {state: sign.translate(ASCII) for state, (sign, _) in STATES.items()}
    assert all(len(sign) == 1 and sign.isascii() for sign in plain.values())
    assert len({plain[state] for state in STATES if state.is_terminal}) == 4


@pytest.mark.parametrize(
    ("encoding", "terminal", "braille"),
    [
        ("UTF-8", "xterm-256color", True),
        ("utf8", "tmux-256color", True),
        ("ANSI_X3.4-1968", "xterm", False),
        ("UTF-8", "linux", False),
    ],
)
def test_braille_is_used_where_it_is_likely_to_be_seen(encoding: str, terminal: str, braille: bool) -> None:
    """A locale without UTF-8 and the console of Linux get ASCII."""
    assert likely_braille(encoding, terminal) is braille


async def test_a_screen_in_ascii_has_nothing_else(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Table, charts, tabs and dialogs."""
    serve(stage)
    async with open_ui(size=(170, 40), settings=Settings(symbols=Symbols.ASCII)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.settled()
        assert page.text.isascii(), {sign for sign in page.text if not sign.isascii()}
        assert "* RUNNING" in page.text
        for tab in "234567":
            await page.press(tab)
            await page.settled()
            assert page.text.isascii(), {sign for sign in page.text if not sign.isascii()}


def test_a_theme_that_does_not_exist_is_refused(home: Any) -> None:
    """With the closest name there is."""
    with pytest.raises(UsageError, match="there is no theme 'flowdeck-drak'") as caught:
        FlowdeckApp(home, settings=Settings(theme="flowdeck-drak"))
    assert "flowdeck-dark" in caught.value.hint


async def test_a_theme_of_ones_own(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Its colours, and the others of its base; it can be the theme of the settings and is among those to choose from."""
    serve(stage)
    own = {"sea": {"base": "light", "accent": "#005a8f", "red": "crimson"}}
    async with open_ui(settings=Settings(theme="sea", themes=own)) as page:
        await page.sees("orders-cdc")
        assert page.app.theme == "sea"
        theme = page.app.available_themes["sea"]
        assert (theme.primary, theme.error, theme.dark) == ("#005a8f", "crimson", False)
        assert theme.background == page.app.available_themes["flowdeck-light"].background


@pytest.mark.parametrize(
    ("colours", "message", "hint"),
    [
        ({"acent": "red"}, "has no 'acent'", "did you mean accent?"),
        ({"accent": "#12"}, "'#12' of the theme sea is no colour", "crimson"),
        ({"base": "drak"}, "cannot be based on 'drak'", "did you mean dark?"),
    ],
)
def test_a_theme_that_cannot_be_says_why(home: Any, colours: dict[str, str], message: str, hint: str) -> None:
    """A colour that there is not, a value that is none, an unknown base."""
    with pytest.raises(UsageError) as caught:
        FlowdeckApp(home, settings=Settings(themes={"sea": colours}))
    assert message in caught.value.message
    assert hint in caught.value.hint
