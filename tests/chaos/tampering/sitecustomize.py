"""What the chaos tests put on the path of a daemon under test, so that Python runs it before anything of flowdeck.

``CHAOS_CLOCK``: a file of eight bytes, the seconds by which the system's clock is off; whoever writes them makes it jump, in
the daemon, its fork server and its workers at once, and with it what else the kernel tells in that clock (when the system was
booted). ``CHAOS_SABOTAGE``: sinks break the one promise that exactly-once rests on, to show that the tests would notice.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from pathlib import Path
from typing import Any

import psutil

_HESITATION = 0.08


def let_the_clock_jump(file: Path) -> None:
    """``time.time`` and its like, and the boot time from which the start times of processes are told."""
    with file.open("r+b") as opened:
        shared = mmap.mmap(opened.fileno(), 8)
    seconds, nanoseconds, booted = time.time, time.time_ns, psutil._pslinux.boot_time

    def offset() -> float:
        return float(struct.unpack("d", shared[:8])[0])

    time.time = lambda: seconds() + offset()
    time.time_ns = lambda: nanoseconds() + int(offset() * 1e9)
    psutil._pslinux.boot_time = lambda: booted() + offset()


def sabotage_sinks() -> None:
    """Output becomes visible when it is prepared, before the checkpoint is durable, and a moment passes in between."""
    from runner.connectors.base import SinkCheckpoint
    from runner.connectors.file.sink import FileSegment, LocalFileSink

    honest = FileSegment.prepare

    def prepare(segment: Any, checkpoint: int) -> SinkCheckpoint:
        prepared = honest(segment, checkpoint)
        for token in prepared.tokens:
            LocalFileSink.commit(token)
        time.sleep(_HESITATION)
        return prepared

    setattr(FileSegment, "prepare", prepare)  # noqa: B010 - mypy knows that methods are not assigned


if "CHAOS_CLOCK" in os.environ:
    let_the_clock_jump(Path(os.environ["CHAOS_CLOCK"]))
if "CHAOS_SABOTAGE" in os.environ:
    sabotage_sinks()
