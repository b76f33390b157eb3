"""Kills, freezes, full disks, clock jumps and wishes, one at a time, to one daemon; and the end of those that pass by."""

from __future__ import annotations

import contextlib
import enum
import os
import random
import signal
import struct
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import psutil
from daemon_process import ChaosDaemon

from runner.client import ApiError, DaemonUnreachable
from runner.requests import WorkersRequest
from spec.errors import FlowdeckError

LONGEST_FREEZE = 1.0
TOO_LONG_A_FREEZE = (10.5, 13.0)
"""Longer than a worker or a fork server may be silent: it is given up, and wakes up to find that nobody wants it."""

LONGEST_FILL = 0.8
LONGEST_PAUSE = 1.0
MOST_WORKERS = 4
CLOCK_JUMPS = (-30 * 86400.0, -86400.0, -3600.0, -60.0, -1.5, 1.5, 60.0, 3600.0, 86400.0, 30 * 86400.0)


class Disturbance(enum.StrEnum):
    """What can be done to a daemon and its processes, and what its jobs may be asked for meanwhile."""

    KILL_WORKER = "kill a worker"
    KILL_FORK_SERVER = "kill the fork server"
    KILL_DAEMON = "kill the daemon"
    KILL_STARTING_DAEMON = "kill the daemon while it starts"
    FREEZE_WORKER = "freeze a worker"
    FREEZE_WORKER_LONG = "freeze a worker for too long"
    FREEZE_FORK_SERVER = "freeze the fork server"
    FREEZE_FORK_SERVER_LONG = "freeze the fork server for too long"
    FREEZE_DAEMON = "freeze the daemon"
    FREEZE_DAEMON_LONG = "freeze the daemon for too long"
    FILL_OUTPUT = "fill the disk of the output"
    FILL_HOME = "fill the disk of the home"
    JUMP_CLOCK = "let the clock jump"
    SCALE = "change the number of workers"
    PAUSE = "pause a job and resume it"

    @property
    def kills(self) -> bool:
        """Whether it is a SIGKILL."""
        return self.value.startswith("kill")


def tampered_environment(**settings: str) -> dict[str, str]:
    """What a daemon is started with to run ``tampering/sitecustomize.py`` with these settings."""
    path = [str(Path(__file__).with_name("tampering")), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path), "FLOWDECK_WORKER_ENVIRONMENT": "CHAOS_*", **settings}


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
        self.jobs: Collection[str] = ()
        """The names of the jobs that may be asked for something."""
        self.seen: set[psutil.Process] = set()
        """Every process that was disturbed, and so every process that must be gone in the end."""
        self._daemon = daemon
        self._chooser = chooser
        self._clock = clock
        self._disks = {Disturbance.FILL_OUTPUT: output, Disturbance.FILL_HOME: home}
        self._passing: list[tuple[float, Callable[[], None]]] = []
        self._acts: dict[Disturbance, Callable[[], str]] = {
            Disturbance.KILL_WORKER: lambda: self._signal(daemon.workers(), signal.SIGKILL),
            Disturbance.KILL_FORK_SERVER: lambda: self._signal(daemon.fork_servers(), signal.SIGKILL),
            Disturbance.KILL_DAEMON: lambda: self._kill_daemon(while_it_starts=False),
            Disturbance.KILL_STARTING_DAEMON: lambda: self._kill_daemon(while_it_starts=True),
            Disturbance.FREEZE_WORKER: lambda: self._freeze(daemon.workers(), 0, LONGEST_FREEZE),
            Disturbance.FREEZE_WORKER_LONG: lambda: self._freeze(daemon.workers(), *TOO_LONG_A_FREEZE),
            Disturbance.FREEZE_FORK_SERVER: lambda: self._freeze(daemon.fork_servers(), 0, LONGEST_FREEZE),
            Disturbance.FREEZE_FORK_SERVER_LONG: lambda: self._freeze(daemon.fork_servers(), *TOO_LONG_A_FREEZE),
            Disturbance.FREEZE_DAEMON: lambda: self._freeze_daemon(0, LONGEST_FREEZE),
            Disturbance.FREEZE_DAEMON_LONG: lambda: self._freeze_daemon(*TOO_LONG_A_FREEZE),
            Disturbance.FILL_OUTPUT: lambda: self._fill(output),
            Disturbance.FILL_HOME: lambda: self._fill(home),
            Disturbance.JUMP_CLOCK: self._jump,
            Disturbance.SCALE: lambda: self._ask(self._scale),
            Disturbance.PAUSE: lambda: self._ask(self._pause),
        }

    def possible(self, kind: Disturbance) -> bool:
        """Whether there is what it needs."""
        if kind is Disturbance.JUMP_CLOCK:
            return self._clock is not None
        return kind not in self._disks or self._disks[kind] is not None

    def strike(self, kind: Disturbance) -> str:
        """Do it now; what was hit, empty when there was nothing to hit."""
        return self._acts[kind]()

    def relent(self, *, everything: bool = False) -> None:
        """End what has had its time, or everything; what cannot be ended now is tried again next time."""
        now = time.monotonic()
        ending = [end for due, end in self._passing if everything or due <= now]
        self._passing = [(due, end) for due, end in self._passing if not everything and due > now]
        for end in ending:
            end()

    def _later(self, seconds: float, end: Callable[[], None]) -> None:
        self._passing.append((time.monotonic() + seconds, end))

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

    def _freeze(self, processes: Sequence[psutil.Process], shortest: float, longest: float) -> str:
        seconds = self._chooser.uniform(shortest, longest)
        hit = self._signal(processes, signal.SIGSTOP)
        if hit:
            victim = next(process for process in processes if process.pid == int(hit))
            self._later(seconds, lambda: _thaw(victim))
        return hit and f"{hit} for {seconds:.2f} s"

    def _freeze_daemon(self, shortest: float, longest: float) -> str:
        daemon, seconds = psutil.Process(self._daemon.pid), self._chooser.uniform(shortest, longest)
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

    def _fill(self, disk: SmallDisk | None) -> str:
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

    def _ask(self, wish: Callable[[str], str]) -> str:
        """Of a job that runs; when it is refused (because the job is about to end, say) nothing was done."""
        if self.daemon_is_frozen or not self.jobs:
            return ""
        try:
            return wish(self._chooser.choice(list(self.jobs)))
        except FlowdeckError:
            return ""

    def _scale(self, name: str) -> str:
        total = self._chooser.randint(1, MOST_WORKERS)
        self._daemon.client.scale(name, WorkersRequest(total=total))
        return f"{name} to {total}"

    def _pause(self, name: str) -> str:
        seconds = self._chooser.uniform(0, LONGEST_PAUSE)
        self._daemon.client.pause(name)
        self._later(seconds, lambda: self._resume(name))
        return f"{name} for {seconds:.2f} s"

    def _resume(self, name: str) -> None:
        try:
            self._daemon.client.resume(name)
        except DaemonUnreachable:
            self._later(0.2, lambda: self._resume(name))
        except ApiError as refusal:
            if refusal.code != "conflict":  # it is over, or somebody else has resumed it
                self._later(0.2, lambda: self._resume(name))


def _thaw(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGCONT)
