"""Textual's driver for the browser, ending when the server does."""

from __future__ import annotations

from textual import messages
from textual.drivers.web_driver import WebDriver


class VisitorDriver(WebDriver):
    """Reads what the server sends. Textual's own driver takes the end of that for silence, and stays."""

    def run_input_thread(self) -> None:
        """Read until told to end, or until there is nobody to read from."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())
