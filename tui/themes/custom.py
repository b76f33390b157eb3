"""A person's own themes, from the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.color import Color, ColorParseError
from textual.theme import Theme

from tui.settings.file import SettingsInvalid, settings_path
from tui.settings.keymap import suggestion
from tui.themes import BASES, Palette, theme_of

_BASE: Final = "base"


def custom_theme(name: str, wanted: Mapping[str, str]) -> Theme:
    """The theme of ``[themes.NAME]``: its colours, and the others of its ``base``. Raises :class:`SettingsInvalid`."""
    base = wanted.get(_BASE, "dark")
    if base not in BASES:
        raise SettingsInvalid(f"{settings_path()}: the theme {name} cannot be based on {base!r}", hint=suggestion(base, BASES))
    colours = {field: text for field, text in wanted.items() if field != _BASE}
    for field, text in colours.items():
        if field not in Palette._fields:
            raise SettingsInvalid(
                f"{settings_path()}: the theme {name} has no {field!r}", hint=suggestion(field, Palette._fields)
            )
        try:
            Color.parse(text)
        except ColorParseError as error:
            hint = "write a name such as crimson, or #rrggbb"
            raise SettingsInvalid(f"{settings_path()}: {text!r} of the theme {name} is no colour", hint=hint) from error
    return theme_of(name, BASES[base]._replace(**colours), dark=base == "dark")
