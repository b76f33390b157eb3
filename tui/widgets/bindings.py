"""Textual's bindings of the commands."""

from __future__ import annotations

from textual.binding import Binding

from tui.settings.commands import COMMANDS


def bound(command: str, action: str = "") -> Binding:
    """The binding of a command; ``action`` is what the widget runs when that is not the screen's own action."""
    known = COMMANDS[command]
    return Binding(",".join(known.keys), action or known.action, known.words, show=False, id=command)
