"""Progress of what takes a while: on a terminal only, gone when it is over, never wider than the terminal."""

import os
import pty
import re
import signal
import subprocess
import threading

from runner.operation import Operation
from tui.cli.waiting import describe


def on_a_terminal(command, arguments, **environment):
    """What a command writes to the terminal that is its stderr, and its exit code."""
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [command.command, *arguments],
        cwd=command.directory,
        env={**command.environment, "TERM": "xterm", "COLUMNS": "60", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=secondary,
    )
    os.close(secondary)
    received = b""
    try:
        while data := os.read(primary, 65536):
            received += data
    except OSError:  # the other side has gone
        pass
    os.close(primary)
    return received.decode(), process.wait(60)


def test_a_command_that_takes_long_says_how_far_it_is(served):
    """A savepoint of a job whose worker hangs for a while: after two seconds a line tells, and in the end it is gone."""
    (worker,) = served.json("workers", "stream")["workers"]
    os.kill(worker["pid"], signal.SIGSTOP)
    threading.Timer(5.0, os.kill, (worker["pid"], signal.SIGCONT)).start()
    told, status = on_a_terminal(served, ["savepoint", "stream"])
    assert status == 0, told
    lines = [line for line in re.split(r"\r\x1b\[K", told) if line]
    assert lines
    assert all(re.fullmatch(r"taking a savepoint of stream( · .*)? · [0-9.]+s( · usually .*)?", line) for line in lines), lines
    assert max(map(len, lines)) < 60
    assert told.endswith("\r\x1b[K")
    assert on_a_terminal(served, ["savepoint", "stream"], TERM="dumb") == ("", 0)


def test_the_line():
    """Phase, share, elapsed and usual time, as far as they are known."""
    known = Operation(id="1", kind="savepoint", started_at=0.0, phase="waits for workers", progress=0.5, usual_seconds=2.0)
    assert describe(known, "saving", 3.21) == "saving · waits for workers · 50% · 3.2s · usually 2.0s"
    assert describe(None, "saving", 3.21) == "saving · 3.2s"
