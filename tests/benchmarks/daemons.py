"""A daemon that is up while jobs are measured through it, and many jobs at once on one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
from measure import Measurement, measure, memory_of

from runner.client import Client
from runner.home import Home
from runner.model import Job
from runner.requests import SubmitRequest
from runner.states import ExecutionState

_PATIENCE = 600.0
_CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many jobs at once went. ``together``: how many were running when the last one was submitted; ``silences``: attempts
    that ended because a worker was not heard of in time; ``starts``: seconds from each one's submit to its first attempt, in
    their order."""

    jobs: int
    together: int
    seconds: float
    cpu: float
    memory: int
    finished: int
    restarts: int
    silences: int
    slowest: float
    starts: tuple[float, ...]


class WarmDaemon:
    """A daemon of its own home, started with the first use."""

    def __init__(self, home: Path) -> None:
        self._home = Home(home)
        self._client: Client | None = None

    def client(self) -> Client:
        """A client of the daemon, whose fork server has forked before."""
        if self._client is None:
            self._client = Client.connect(self._home, start=True)
            self._finish([self._client.submit(_job("warm up", 1))])
        return self._client

    def close(self) -> None:
        """End it."""
        if self._client is not None:
            self._client.shutdown()
            self._client.close()

    def run(self, flowdeck: str, job: Path, log: Path) -> Measurement:
        """``flowdeck run`` through the daemon, whose CPU seconds for it are counted."""
        before = self._cpu()
        result = measure([flowdeck, "--home", str(self._home.path), "run", str(job)], log)
        return Measurement(result.wall, result.cpu + self._cpu() - before, result.memory + self._memory())

    def submit(self, job: Path) -> Measurement:
        """From the request to the end of the job, without a command line around it."""
        before, began = self._cpu(), time.perf_counter()
        self._finish([self.client().submit(SubmitRequest(text=job.read_text(), file=str(job)))])
        return Measurement(time.perf_counter() - began, self._cpu() - before, self._memory())

    def crowd(self, jobs: int, stay: int = 0) -> Crowd:
        """So many small jobs, submitted by several clients at once. Each takes ``stay`` seconds, or as long as it needs."""
        client = self.client()
        before, began = self._cpu(), time.perf_counter()
        with ThreadPoolExecutor(_CLIENTS) as clients:
            submitted = list(clients.map(lambda number: self._submit(_job(f"crowd {stay} {number}", 100, stay)), range(jobs)))
        together, memory = client.status().running, self._memory()
        self._finish(submitted)
        seconds, cpu = time.perf_counter() - began, self._cpu() - before
        executions = [client.executions(job.id)[0] for job in submitted]
        attempts = [attempt for execution in executions for attempt in client.attempts(execution.id)]
        return Crowd(
            jobs=jobs,
            together=together,
            seconds=seconds,
            cpu=cpu,
            memory=memory,
            finished=sum(execution.state is ExecutionState.FINISHED for execution in executions),
            restarts=sum(execution.restarts for execution in executions),
            silences=sum("silent" in (attempt.error.message if attempt.error else "") for attempt in attempts),
            slowest=max((execution.finished_at or 0) - execution.created_at for execution in executions),
            starts=tuple(
                sorted((execution.started_at or execution.created_at) - execution.created_at for execution in executions)
            ),
        )

    def _submit(self, request: SubmitRequest) -> Job:
        with Client.connect(self._home, start=False, timeout=_PATIENCE) as client:
            return client.submit(request)

    def _finish(self, jobs: list[Job]) -> None:
        for job in jobs:
            self.client().wait_until(job.id, _has_ended, _PATIENCE)

    def _processes(self) -> list[psutil.Process]:
        daemon = psutil.Process(self.client().status().pid)
        return [daemon, *daemon.children(recursive=True)]

    def _cpu(self) -> float:
        """Of the daemon, its fork server, and the workers that have ended."""
        total = 0.0
        for process in self._processes():
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
        return total

    def _memory(self) -> int:
        return sum(memory_of(process) for process in self._processes())


def _has_ended(job: Job) -> bool:
    return job.execution is not None and job.execution.state.is_terminal


def _job(name: str, rows: int, stay: int = 0) -> SubmitRequest:
    limit = f"read_limit.rows_per_second = {max(1, rows // stay)}" if stay else ""
    columns = "schema { fields { id = bigint, name = string } }"
    return SubmitRequest(
        text=f"""
        env {{
          job.mode = "BATCH"
          job.name = "{name}"
          {limit}
        }}
        source {{ FakeSource {{ row.num = {rows}, {columns} }} }}
        sink {{ Console {{ log.print.data = false }} }}
        """
    )
