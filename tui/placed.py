"""What of the application depends on which daemon it is about: its name and colour, and whether anything may be changed."""

from __future__ import annotations

from collections.abc import Mapping

from textual.actions import ActionParseResult
from textual.color import Color, ColorParseError
from textual.dom import DOMNode

from tui.contexts import Place
from tui.keystrokes import KeysInOrder
from tui.settings.commands import COMMANDS
from tui.settings.file import SettingsInvalid, settings_path
from tui.widgets.looking import refuses_writes


class Placed(KeysInOrder):
    """An application about the daemon of a ``place``."""

    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__()

    @property
    def context_name(self) -> str:
        """The name of the context; empty for the daemon of the command line."""
        return self.place.name

    @property
    def read_only(self) -> str:
        """Why nothing may be changed; empty when it may."""
        return self.place.read_only

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colour of the context, beside those of the themes."""
        return {**super().get_theme_variable_defaults(), "context": self.place.accent}

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run what a key or a click asks for; where nothing may be changed, what changes a job is answered with the reason."""
        if isinstance(action, str) and _name_of(action) in _WRITING and refuses_writes(self):
            return True
        return await super().run_action(action, default_namespace, namespaces)


def _name_of(action: str) -> str:
    return action.partition("(")[0].rpartition(".")[2]


_WRITING = frozenset(_name_of(command.action) for command in COMMANDS.values() if command.writes and command.action)
"""The actions that change jobs."""


def check_accent(place: Place) -> None:
    """Raises :class:`SettingsInvalid` for a colour that is none."""
    try:
        Color.parse(place.accent or "black")
    except ColorParseError as error:
        hint = "write a name such as crimson, or #rrggbb"
        raise SettingsInvalid(
            f"{settings_path()}: {place.accent!r} of the context {place.name} is no colour", hint=hint
        ) from error
