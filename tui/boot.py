"""The way into the terminal UI and out of the process. Imports nothing heavy before it must."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tui.contexts import Place


_PATIENCE = 0.001
"""Seconds for which a thread that counts may keep the one waiting that draws. Python's own are five times as many, more than
half of what a key may take."""
_GARBAGE = (2_000, 5, 4)
"""Dialogs and painted lines refer to themselves and so are only found by a search, which must come before there are megabytes
of them. It takes 10 ms at most: what importing has made, and jobs, are not searched."""


def open_ui(place: Place, context: str = "", *, read_only: bool = False) -> NoReturn:
    """Show the terminal UI as :func:`tui.app.run` does, then end the process.

    Raises :class:`spec.errors.UsageError` when there is no terminal to draw on.
    """
    with for_long():
        from tui.app import run  # textual is imported for nobody else

    leave(run(place, context, read_only=read_only))


@contextlib.contextmanager
def for_long() -> Iterator[None]:
    """Around the imports of the terminal UI: what they make stays until the end. Looking for garbage in it, now and later,
    would cost a tenth of the start and make the interface pause now and then."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
    gc.set_threshold(*_GARBAGE)
    sys.setswitchinterval(_PATIENCE)


def leave(status: int) -> NoReturn:
    """End the process with ``status`` without taking the interpreter apart, which takes longer than a person should wait.

    Only for after the terminal is restored and what was opened is closed. It is safe then: what was printed is flushed here,
    and the threads that are left only talk to the daemon and would be cut off by an ordinary exit too. A `flowdeck run` that
    has had a daemon inside would take a tenth of a second more.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # the terminal is gone: nobody can read it
            stream.flush()
    os._exit(status)
