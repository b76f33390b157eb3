"""The process of one visitor: the terminal UI, speaking with the server over its standard input and output.

`python -P -m tui.web.visitor` is started by the server only. It changes nothing unless it is told to (``--write``).
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from textual.actions import ActionParseResult
from textual.color import Color
from textual.dom import DOMNode
from textual.theme import Theme

from spec.errors import FlowdeckError
from tui.app import FlowdeckApp
from tui.boot import leave
from tui.placed import check_accent
from tui.settings.file import Settings, Symbols, read_settings, settings_path
from tui.web.visit import Visit

_NEEDS_TERMINAL = {
    "edit": "an editor needs a terminal",
    "pager": "a pager needs a terminal",
    "suspend_process": "there is no shell to go back to",
}
_NEEDS_WRITING = {"write": "it would write a file where flowdeck web runs"}
_PR_SET_PDEATHSIG = 1
_EXIT_USAGE = 2


class BrowserApp(FlowdeckApp):
    """The terminal UI where there is no terminal to lend to other programs."""

    CSS_PATH = [Path(__file__).parents[1] / name for name in FlowdeckApp.CSS_PATH]  # relative ones are looked for beside here

    def on_mount(self) -> None:
        """After the terminal UI's own: what the cells leave free of the page has the colour of the theme."""
        self.theme_changed_signal.subscribe(self, self._paint_around)
        self._paint_around(self.current_theme)

    def _paint_around(self, theme: Theme) -> None:
        if self._driver is not None and theme.background is not None:
            self._driver.write(f"\x1b]11;{Color.parse(theme.background).hex6}\x07")

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run what a key or a click asks for, unless a page cannot have it."""
        name = action.partition("(")[0].rpartition(".")[2] if isinstance(action, str) else action[1]
        reason = _NEEDS_TERMINAL.get(name) or (self.read_only and _NEEDS_WRITING.get(name))
        if reason:
            self.notify(f"{reason[0].upper()}{reason[1:]}.", title="Not in the browser", severity="warning", markup=False)
            return True
        return await super().run_action(action, default_namespace, namespaces)


def settings_for_pages() -> Settings:
    """Those of the file; a browser draws every sign. Raises what is wrong with it."""
    settings = read_settings(settings_path())
    return msgspec.structs.replace(settings, symbols=Symbols.BRAILLE) if settings.symbols is Symbols.AUTO else settings


def run(visit: Visit) -> int:
    """Show the terminal UI to the server until one of both ends."""
    settings = settings_for_pages()
    place = visit.place(settings)
    check_accent(place)
    app = BrowserApp(place, settings=settings)
    app.run(mouse=settings.mouse)
    return app.return_code or 0


def end_with_server(server: int) -> None:
    """However the server ends: the kernel kills this process then. Where the kernel does not, the end of the input does."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != server:
        os._exit(1)


def main(arguments: Sequence[str] | None = None) -> int:
    """One visit. What is wrong is told on standard error, in one line."""
    parser = argparse.ArgumentParser(prog="tui.web.visitor", description=__doc__)
    parser.add_argument("--serving", type=int, required=True, help="the process id of the server")
    parser.add_argument("--home", type=Path, required=True)
    for name in ("server", "ca", "context"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    end_with_server(given.serving)
    try:
        return run(Visit(given.home, given.server, given.ca, given.context, given.write))
    except FlowdeckError as error:
        sys.stderr.write(f"{error.message}\n")
        return _EXIT_USAGE


if __name__ == "__main__":
    leave(main())
