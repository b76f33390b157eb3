"""The terminal UI as a page has it: without a terminal to lend, and with the colour of its theme around the cells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from textual.actions import ActionParseResult
from textual.color import Color
from textual.dom import DOMNode
from textual.theme import Theme

from tui.app import FlowdeckApp
from tui.placed import check_accent
from tui.settings.file import Settings, Symbols, read_settings, settings_path
from tui.web.visit import Visit

_NEEDS_TERMINAL = {
    "edit": "an editor needs a terminal",
    "pager": "a pager needs a terminal",
    "suspend_process": "there is no shell to go back to",
}
_NEEDS_WRITING = {"write": "it would write a file where flowdeck web runs"}


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
