"""What ``/proc`` shows of a process's environment, without its secrets.

The kernel shows the bytes that a process was started with for as long as it lives, also of its forks, to its user and root, and
so to whatever collects process lists. The daemon, its fork server and thereby all workers overwrite the values there; they keep
the variables themselves.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from runner.supervisor.descent import MARK
from runner.supervisor.sandbox import chosen_for_workers
from runner.supervisor.shown_areas import environment_area
from spec.checks.secret_text import names_a_secret


def hide_variables() -> None:
    """Show only the names of variables that were chosen for workers, or whose names say that they are secrets. Linux only, and
    before this process has a second thread: who reads a variable meanwhile may get neither value."""
    if sys.platform != "linux":
        return
    chosen = chosen_for_workers(os.environ)
    begin, end = environment_area()
    at = begin
    for entry in Path("/proc/self/environ").read_bytes()[: end - begin].split(b"\0"):
        name, _, value = entry.partition(b"=")
        text = os.fsdecode(name)
        if value and text != MARK and (text in chosen or names_a_secret(text)):
            if text in os.environ:
                os.environ[text] = os.environ[text]  # from here on the C library has it in another place
            ctypes.memset(at + len(name) + 1, ord("*"), len(value))
        at += len(entry) + 1
