"""Runs a command as a whole process tree and measures it.

Wall and CPU seconds come from the operating system, peak memory from sampling.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Measurement:
    """One finished run. ``cpu`` covers every descendant that its parent waited for, or what was seen of all of them by sampling
    where that is more; ``memory`` is the tree's peak in bytes."""

    wall: float
    cpu: float
    memory: int


class RunFailed(Exception):
    """The measured command did not exit with 0."""


def measure(command: Sequence[str], log: Path) -> Measurement:
    """Run ``command`` once, its output appended to ``log``, with compiled modules cached as on a user's machine."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with log.open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=environment)
        peak = _PeakMemory(process.pid)
        peak.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        peak.finish()
    if process.returncode != 0:
        raise RunFailed(f"exit {process.returncode}: {' '.join(command)} (see {log})")
    cpu = max(usage.ru_utime + usage.ru_stime, peak.cpu())  # PySpark does not wait for its Java process
    return Measurement(wall=wall, cpu=cpu, memory=peak.maximum)


def median(runs: Sequence[Measurement]) -> Measurement:
    """The median of each figure."""
    return Measurement(
        wall=statistics.median(run.wall for run in runs),
        cpu=statistics.median(run.cpu for run in runs),
        memory=int(statistics.median(run.memory for run in runs)),
    )


class _PeakMemory(threading.Thread):
    """Samples the resident memory of a process tree until told to finish; pages that a fork shares are counted once (PSS) where
    the system tells them apart."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._done = threading.Event()
        self.maximum = 0
        self._seconds: dict[int, float] = {}

    def cpu(self) -> float:
        """Seconds of all processes that were seen, each as when it was seen last."""
        return sum(self._seconds.values())

    def run(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            try:
                root = psutil.Process(self._pid)
                tree = [root, *root.children(recursive=True)]
            except psutil.Error:
                return
            self.maximum = max(self.maximum, sum(map(memory_of, tree)))
            self._seconds.update({process.pid: _seconds_of(process, self._seconds.get(process.pid, 0.0)) for process in tree})

    def finish(self) -> None:
        self._done.set()
        self.join()


def _seconds_of(process: psutil.Process, before: float) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return before
    return float(times.user + times.system)


def memory_of(process: psutil.Process) -> int:
    """Its resident memory; 0 when it has gone."""
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.Error:
        return 0
