"""What a visitor's process is told: which daemon, and whether anything may be changed there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.endpoint import parse_server
from runner.home import Home
from tui.contexts import Place, place_of
from tui.settings.file import Settings

LOOKING = "this page is for looking only (flowdeck web --write changes jobs)"


@dataclass(frozen=True, slots=True)
class Visit:
    """Which daemon is shown, and whether anything may be changed there. ``server`` and ``context`` may be empty."""

    home: Path
    server: str = ""
    authority: str = ""
    context: str = ""
    writes: bool = False

    def arguments(self) -> list[str]:
        """For the command line of the process; the key of a server is in none of them."""
        given = (("--server", self.server), ("--ca", self.authority), ("--context", self.context))
        words = [word for option, value in given if value for word in (option, value)]
        return ["--home", str(self.home), *words, *(["--write"] if self.writes else [])]

    def place(self, settings: Settings) -> Place:
        """The daemon. Raises what is wrong with the server's address or the context."""
        home = Home(self.home)
        if self.context:
            place = place_of(self.context, settings, home)
        else:
            key = os.environ.get("FLOWDECK_API_KEY", "")
            place = Place(home, parse_server(self.server, key, self.authority) if self.server else None)
        return place if self.writes else msgspec.structs.replace(place, read_only=place.read_only or LOOKING)
