"""Where the script `flowdeck` begins: Ctrl-C is quiet from the first moment on. Imports nothing before it must."""

from __future__ import annotations

import os
import signal
import sys


def _fill_standard_streams() -> None:
    """A program may be started without one: nothing else may take its number, and what is written to it goes nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for as long as the process lives


def main() -> None:
    """Run the command line and end the process. While its modules are imported nothing is under way that would have to be
    cleaned up: an interrupt ends the process then, instead of showing which import it came upon."""
    _fill_standard_streams()
    former = signal.getsignal(signal.SIGINT)
    if former is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tui.cli.garbage import put_off

    put_off()
    from tui.cli.main import main as run

    signal.signal(signal.SIGINT, former)
    run()
