"""The process of one visitor: the terminal UI, speaking with the server over its standard input and output.

`python -P -m tui.web.visitor` is started by the server only. It changes nothing unless it is told to (``--write``).
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from spec.errors import FlowdeckError
from tui.boot import for_long, leave

_PR_SET_PDEATHSIG = 1
_EXIT_USAGE = 2


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
    with for_long():  # and imports it now: a server that has gone is noticed first
        from tui.web.browser_app import run
        from tui.web.visit import Visit

    try:
        return run(Visit(given.home, given.server, given.ca, given.context, given.write))
    except FlowdeckError as error:
        sys.stderr.write(f"{error.message}\n")
        return _EXIT_USAGE


if __name__ == "__main__":
    leave(main())
