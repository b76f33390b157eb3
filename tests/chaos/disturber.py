"""Kills, freezes, full disks and clock jumps, one at a time, to the processes of one daemon; and the end of those that pass."""

from __future__ import annotations

import contextlib
import enum
import heapq
import os
import random
import signal
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from daemon_process import ChaosDaemon

LONGEST_FREEZE = 1.0
TOO_LONG_A_FREEZE = (10.5, 13.0)
"""Longer than a worker may be silent: it is given up, and wakes up to find that nobody wants it."""

LONGEST_FILL = 0.8
CLOCK_JUMPS = (-30 * 86400.0, -86400.0, -3600.0, -60.0, -1.5, 1.5, 60.0, 3600.0, 86400.0, 30 * 86400.0)


class Disturbance(enum.StrEnum):
    """What can be done to a daemon and its processes."""

    KILL_WORKER = "kill a worker"
    KILL_FORK_SERVER = "kill the fork server"
    KILL_DAEMON = "kill the daemon"
    KILL_STARTING_DAEMON = "kill the daemon while it starts"
    FREEZE_WORKER = "freeze a worker"
    FREEZE_WORKER_LONG = "freeze a worker for too long"
    FREEZE_FORK_SERVER = "freeze the fork server"
    FREEZE_DAEMON = "freeze the daemon"
    FILL_OUTPUT = "fill the disk of the output"
    FILL_HOME = "fill the disk of the home"
    JUMP_CLOCK = "let the clock jump"

    @property
    def kills(self) -> bool:
        """Whether it is a SIGKILL."""
        return self.value.startswith("kill")


def tampered_environment(**settings: str) -> dict[str, str]:
    """What a daemon is started with to run ``tampering/sitecustomize.py`` with these settings."""
    path = [str(Path(__file__).with_name("tampering")), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path), **settings}


class Clock:
    """The clock of a daemon that runs with ``tampering/sitecustomize.py``; ``offset`` is how far it is off."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.offset = 0.0
        self._write()

    @property
    def environment(self) -> dict[str, str]:
        """What the daemon must be started with."""
        return tampered_environment(CHAOS_CLOCK=str(self._file))

    def jump(self, seconds: float) -> None:
        """At once, for every process that has the clock."""
        self.offset += seconds
        self._write()

    def _write(self) -> None:
        # In place: the processes have the file mapped.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("d", self.offset))


class SmallDisk:
    """A file system of its own that can be filled up to the last byte."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ballast = directory / ".ballast"

    def fill(self) -> None:
        """Leave no space."""
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            for piece in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):  # it is full
                    while True:
                        os.posix_fallocate(descriptor, os.fstat(descriptor).st_size, piece)
        finally:
            os.close(descriptor)

    def free(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)


class Disturber:
    """Disturbs ``daemon``. Whatever ends by itself (a freeze, a full disk) ends in :meth:`relent` once its time has come."""

    def __init__(
        self,
        daemon: ChaosDaemon,
        chooser: random.Random,
        *,
        clock: Clock | None = None,
        output: SmallDisk | None = None,
        home: SmallDisk | None = None,
    ) -> None:
        self.daemon_is_frozen = False
        self.seen: set[psutil.Process] = set()
        """Every process that was disturbed, and so every process that must be gone in the end."""
        self._daemon = daemon
        self._chooser = chooser
        self._clock = clock
        self._disks = {Disturbance.FILL_OUTPUT: output, Disturbance.FILL_HOME: home}
        self._passing: list[tuple[float, int, Callable[[], None]]] = []

    def possible(self, kind: Disturbance) -> bool:
        """Whether there is what it needs."""
        if kind is Disturbance.JUMP_CLOCK:
            return self._clock is not None
        return kind not in self._disks or self._disks[kind] is not None

    def strike(self, kind: Disturbance) -> str:
        """Do it now; what was hit, empty when there was nothing to hit."""
        match kind:
            case Disturbance.KILL_WORKER:
                return self._signal(self._daemon.workers(), signal.SIGKILL)
            case Disturbance.KILL_FORK_SERVER:
                return self._signal(self._daemon.fork_servers(), signal.SIGKILL)
            case Disturbance.KILL_DAEMON | Disturbance.KILL_STARTING_DAEMON:
                return self._kill_daemon(while_it_starts=kind is Disturbance.KILL_STARTING_DAEMON)
            case Disturbance.FREEZE_WORKER:
                return self._freeze(self._daemon.workers(), self._chooser.uniform(0, LONGEST_FREEZE))
            case Disturbance.FREEZE_WORKER_LONG:
                return self._freeze(self._daemon.workers(), self._chooser.uniform(*TOO_LONG_A_FREEZE))
            case Disturbance.FREEZE_FORK_SERVER:
                return self._freeze(self._daemon.fork_servers(), self._chooser.uniform(0, LONGEST_FREEZE))
            case Disturbance.FREEZE_DAEMON:
                return self._freeze_daemon()
            case Disturbance.FILL_OUTPUT | Disturbance.FILL_HOME:
                return self._fill(kind)
            case Disturbance.JUMP_CLOCK:
                return self._jump()

    def relent(self, *, everything: bool = False) -> None:
        """End what has had its time, or everything."""
        while self._passing and (everything or self._passing[0][0] <= time.monotonic()):
            _, _, end = heapq.heappop(self._passing)
            end()

    def _later(self, seconds: float, end: Callable[[], None]) -> None:
        heapq.heappush(self._passing, (time.monotonic() + seconds, id(end), end))

    def _signal(self, processes: Sequence[psutil.Process], number: int) -> str:
        if not processes:
            return ""
        victim = self._chooser.choice(processes)
        self.seen.update(processes)
        try:
            victim.send_signal(number)
        except psutil.NoSuchProcess:
            return ""
        return str(victim.pid)

    def _freeze(self, processes: Sequence[psutil.Process], seconds: float) -> str:
        hit = self._signal(processes, signal.SIGSTOP)
        if hit:
            victim = next(process for process in processes if process.pid == int(hit))
            self._later(seconds, lambda: _thaw(victim))
        return hit and f"{hit} for {seconds:.2f} s"

    def _freeze_daemon(self) -> str:
        daemon, seconds = psutil.Process(self._daemon.pid), self._chooser.uniform(0, LONGEST_FREEZE)
        daemon.send_signal(signal.SIGSTOP)
        self.daemon_is_frozen = True

        def thaw() -> None:
            _thaw(daemon)
            self.daemon_is_frozen = False

        self._later(seconds, thaw)
        return f"{daemon.pid} for {seconds:.2f} s"

    def _kill_daemon(self, *, while_it_starts: bool) -> str:
        killed = [self._daemon.pid]
        self.seen.update(self._daemon.workers(), self._daemon.fork_servers())
        self._daemon.kill()
        self.relent(everything=True)  # it does not start without space, and need not
        if while_it_starts:
            self._daemon.launch()
            killed.append(self._daemon.pid)
            time.sleep(self._chooser.uniform(0, 1.2))
            self.seen.update(self._daemon.workers(), self._daemon.fork_servers())
            self._daemon.kill()
        self._daemon.start()
        return " and ".join(map(str, killed))

    def _fill(self, kind: Disturbance) -> str:
        disk = self._disks[kind]
        assert disk is not None
        seconds = self._chooser.uniform(0, LONGEST_FILL)
        disk.fill()
        self._later(seconds, disk.free)
        return f"for {seconds:.2f} s"

    def _jump(self) -> str:
        assert self._clock is not None
        jumps = [seconds for seconds in CLOCK_JUMPS if abs(self._clock.offset + seconds) < 90 * 86400]
        seconds = self._chooser.choice(jumps)
        self._clock.jump(seconds)
        return f"by {seconds:g} s"


def _thaw(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGCONT)
