"""When a command looks for garbage: not while it imports what it needs, which stays until its end and would take a tenth of the
start to look through. Only for a process that does nothing but its command, and ends without being taken apart."""

from __future__ import annotations

import gc

_SELDOM = (10_000, 20, 50)
"""A daemon's thresholds: what is known of jobs and executions makes many objects and hardly any garbage."""


def put_off() -> None:
    """Do not look until :func:`look_again`."""
    gc.disable()


def look_again(*, seldom: bool = False) -> None:
    """Look from now on, if that was put off, and never at what there is by now. ``seldom``: with a daemon in this process."""
    if gc.isenabled():
        return
    gc.freeze()
    gc.enable()
    if seldom:
        gc.set_threshold(*_SELDOM)
