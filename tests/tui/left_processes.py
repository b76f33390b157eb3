"""Processes that a test must not leave behind: those whose command line names its home."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

import psutil

from runner.home import Home

_PATIENCE = 5.0


def of_home(home: Home) -> list[psutil.Process]:
    """The processes that have the home's path as an argument, this one left out."""
    path = str(home.path)
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if path in (process.info["cmdline"] or ()) and process.pid != os.getpid()
    ]


def that_stay(home: Home) -> list[psutil.Process]:
    """Those of the home that do not end by themselves at once: a daemon that cannot start needs a moment to say so."""
    return psutil.wait_procs(of_home(home), _PATIENCE)[1]


def kill(processes: Iterable[psutil.Process]) -> None:
    """End them and what they started, and wait until they are gone."""
    family: list[psutil.Process] = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            family += [process, *process.children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family, _PATIENCE)
