"""Keeps a few copy jobs running on one daemon while it is disturbed, looks at the output of each that ends, and counts."""

from __future__ import annotations

import itertools
import math
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
from copy_job import CopyJob
from daemon_process import ChaosDaemon
from disturber import Disturbance, Disturber

from runner.client import ApiError, DaemonUnreachable
from runner.model import Execution
from runner.model import Job as RunningJob
from spec.errors import FlowdeckError

JOBS_AT_ONCE = 4
LOOKS_PER_SECOND = 4.0
ENDING_SECONDS = 120.0
HITTING_SECONDS = 60.0
_ALL = 1000


@dataclass(slots=True)
class Tally:
    """What has happened. ``violations``: everything that must not have."""

    disturbances: Counter[Disturbance] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    executions: int = 0
    attempts: int = 0
    checkpoints: int = 0
    rows: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """SIGKILLs that hit a process."""
        twice = self.disturbances[Disturbance.KILL_STARTING_DAEMON]
        return sum(count for kind, count in self.disturbances.items() if kind.kills) + twice

    def table(self, seed: int) -> str:
        """The summary, for people."""
        width = max(map(len, (*Disturbance, *self.kinds)))
        lines = [f"chaos: seed {seed}, {self.seconds:.0f} s, {self.kills} kills"]
        lines += [f"  {kind:<{width}}  {self.disturbances[kind]:>7}" for kind in Disturbance if self.disturbances[kind]]
        lines += [f"  {kind:<{width}}  {count:>7} jobs" for kind, count in sorted(self.kinds.items())]
        figures = {
            "jobs": self.jobs,
            "executions": self.executions,
            "attempts": self.attempts,
            "checkpoints": self.checkpoints,
            "rows": self.rows,
            "mismatches": len(self.violations),
        }
        lines.append("  " + "  ".join(f"{name} {value:,}" for name, value in figures.items()))
        return "\n".join(lines)


class Campaign:
    """``jobs`` are started one after the other, a few at a time. ``weights``: how often each disturbance is chosen."""

    def __init__(
        self,
        daemon: ChaosDaemon,
        disturber: Disturber,
        jobs: Iterator[CopyJob],
        chooser: random.Random,
        weights: dict[Disturbance, float],
        *,
        longest_wait: float = 0.3,
        jobs_at_once: int = JOBS_AT_ONCE,
    ) -> None:
        self.tally = Tally()
        self.history: list[str] = []
        self._daemon = daemon
        self._disturber = disturber
        self._jobs = jobs
        self._chooser = chooser
        self._kinds = [kind for kind in weights if disturber.possible(kind)]
        self._weights = [weights[kind] for kind in self._kinds]
        self._longest_wait = longest_wait
        self._jobs_at_once = jobs_at_once
        self._active: dict[str, CopyJob] = {}
        disturber.jobs = self._active.keys()
        self._waiting: CopyJob | None = None
        self._began = time.monotonic()
        self._look_at = 0.0

    def disturb(self, kills: int, seconds: float = math.inf) -> None:
        """Disturb the jobs until so many kills have hit, for so many seconds at most, or until the first violation."""
        deadline = time.monotonic() + HITTING_SECONDS
        until = time.monotonic() + seconds
        while self.tally.kills < kills and not self.tally.violations and time.monotonic() < until:
            assert time.monotonic() < deadline, f"there was no worker to kill for {HITTING_SECONDS:g} s"
            self._disturber.relent()
            self._look(submit=True)
            (kind,) = self._chooser.choices(self._kinds, self._weights)
            hit = self._disturber.strike(kind)
            if hit:
                self.tally.disturbances[kind] += 1
                self._note(f"{kind}: {hit}")
                if kind is Disturbance.KILL_WORKER:
                    deadline = time.monotonic() + HITTING_SECONDS
            time.sleep(self._chooser.uniform(0, self._longest_wait))
        self.tally.seconds = time.monotonic() - self._began

    def bring_to_the_end(self) -> None:
        """Leave the jobs alone until they have all ended."""
        deadline = time.monotonic() + ENDING_SECONDS
        while self._active and time.monotonic() < deadline:
            self._disturber.relent(everything=True)
            self._look(submit=False)
            time.sleep(0.1)
        for job in self._active.values():
            self._violated(job, f"does not end within {ENDING_SECONDS:g} s, undisturbed", self._daemon.client.job(job.name))
        self.tally.seconds = time.monotonic() - self._began

    def check_nothing_runs(self) -> None:
        """The daemon has been stopped: no process, no note of one, no socket and no lock is left."""
        home = self._daemon.home
        left = [str(process) for process in self._disturber.seen if _runs(process)]
        left += [str(path) for path in home.workers.iterdir()]
        left += [str(home.socket_path)] if home.socket_path.exists() else []
        left += [f"lock of {home.holder()}"] if home.holder() is not None else []
        self.tally.violations += [f"left behind when the daemon had stopped: {each}" for each in left]

    def _look(self, *, submit: bool) -> None:
        """Now and then: what has ended is checked, and the next job takes its place."""
        now = time.monotonic()
        if self._disturber.daemon_is_frozen or now < self._look_at:
            return
        self._look_at = now + 1 / LOOKS_PER_SECOND
        self._daemon.assert_alive()
        try:
            found = {job.name: job for job in self._daemon.client.jobs(limit=_ALL).jobs}
            for name in [name for name in self._active if name in found]:
                self._check(self._active[name], found[name])
            if submit:
                self._submit(found)
        except (ApiError, DaemonUnreachable) as error:
            self._note(f"refused: {error.message}")  # a full disk, say; the next look finds out what came of it

    def _submit(self, found: dict[str, RunningJob]) -> None:
        while len(self._active) < self._jobs_at_once:
            job = self._waiting = self._waiting or next(self._jobs)
            if job.name not in found:
                job.submit(self._daemon.client)
            self._active[job.name] = job
            self._waiting = None

    def _check(self, job: CopyJob, found: RunningJob) -> None:
        if job.repeated():
            self._violated(job, f"{job.repeated()} rows are visible more than once", found)
            return
        execution = found.execution
        if execution is None or not execution.state.is_terminal:
            return
        problems = job.mismatches() if execution.state == "FINISHED" else [f"{execution.state}: {execution.error}"]
        if problems:
            self._violated(job, "; ".join(problems), found)
            return
        self._count(job)
        del self._active[job.name]
        shutil.rmtree(job.target)

    def _count(self, job: CopyJob) -> None:
        tally, client = self.tally, self._daemon.client
        executions = client.executions(job.name)
        tally.jobs += 1
        tally.kinds[f"{job.sink_format} sink, {job.workers} workers"] += 1
        tally.executions += len(executions)
        tally.attempts += sum(len(client.attempts(execution.id)) for execution in executions)
        tally.checkpoints += len(client.checkpoints(job.name, limit=_ALL))
        tally.rows += job.rows_expected()

    def _violated(self, job: CopyJob, what: str, found: RunningJob) -> None:
        executions = [found.execution] if found.execution else []
        lines = [f"{job.name} ({job.kind}) {what}", *itertools.chain.from_iterable(map(self._trace, executions))]
        self.tally.violations.append("\n".join(lines))

    def _trace(self, execution: Execution) -> Iterator[str]:
        """What the daemon knows of it, for whoever looks for the cause."""
        try:
            yield f"  {execution.id} {execution.state}, phase {execution.phase!r}, error {execution.error}"
            for attempt in self._daemon.client.attempts(execution.id)[-12:]:
                yield f"    attempt {attempt.number} from {attempt.restored_from}: {attempt.outcome} {attempt.error}"
            for checkpoint in self._daemon.client.checkpoints(execution.job_name, limit=12):
                yield f"    checkpoint {checkpoint.id} {checkpoint.kind} {checkpoint.status} {checkpoint.failure}"
            for line in self._daemon.client.logs(execution.job_name, limit=30):
                yield f"    {line.level}: {line.message}"
        except FlowdeckError as error:
            yield f"    no more is known: {error.message}"

    def _note(self, what: str) -> None:
        self.history.append(f"{time.monotonic() - self._began:8.3f}  {what}")


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
