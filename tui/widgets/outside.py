"""Leaving the screen to another program for a while."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from textual.app import App, SuspendNotSupported

from tui.data.clean import clean


def run_outside(app: App[object], command: Sequence[str]) -> str:
    """Give the terminal to a program until it ends. Returns why that could not be, or how it failed; empty when it went well.

    Nothing is drawn and no key is read meanwhile; what the daemon says is shown afterwards.
    """
    try:
        with app.suspend(), _without_interrupts():
            trouble = _run(command)  # it raises nothing: an error that left here would leave the terminal lent for good
    except SuspendNotSupported:
        return "this terminal cannot be lent to another program"
    return clean(trouble)


def _run(command: Sequence[str]) -> str:
    try:
        status = subprocess.run(list(command), check=False).returncode  # noqa: S603 - the person's own choice
    except OSError as error:
        return f"{command[0]} cannot be run: {error.strerror or error}"
    return f"{command[0]} ended with status {status}" if status else ""


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ctrl-C is the other program's: it comes to both, and must not end this one. (A handler, since the other program would
    inherit that the signal is ignored.)"""
    former = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
