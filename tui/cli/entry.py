"""Where the script `flowdeck` begins: Ctrl-C is quiet from the first moment on. Imports nothing before it must."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line and end the process. While its modules are imported nothing is under way that would have to be
    cleaned up: an interrupt ends the process then, instead of showing which import it came upon."""
    former = signal.getsignal(signal.SIGINT)
    if former is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tui.cli.main import main as run

    signal.signal(signal.SIGINT, former)
    run()
