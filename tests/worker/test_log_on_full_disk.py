"""The worker's log when the disk is full: lines may be lost, never a row, never the work."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.worker.log import WorkerLog


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process may grow beyond ``size``."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
        signal.signal(signal.SIGXFSZ, handler)


def test_lines_are_lost_rows_are_not(tmp_path: Path) -> None:
    """A line that does not fit is dropped; rows that do not fit are an error. Afterwards the log says what it lost, and a line
    that was cut off spoils no other."""
    path = tmp_path / "log"
    log = WorkerLog(path, worker=0, attempt=1)
    log.write("info", "first")
    with files_up_to(path.stat().st_size + 40):
        log.write("error", "cut off in the middle")
        log.write("error", "lost as a whole")
        with pytest.raises(OSError, match="File too large"):
            log.output(["a row"], plugin="sink")
    log.write("info", "second")
    log.write("info", "third")
    lines = path.read_text().splitlines()
    whole = [json.loads(line)["message"] for line in lines if line.endswith("}")]
    assert whole == ["first", "2 lines of the log were lost: File too large", "second", "third"]
    assert len(lines) == 5
