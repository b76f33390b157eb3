"""Every list and every detail that the API has, each asked for again and again by one client: how long it takes, and what the
daemon's processor does for it."""

from __future__ import annotations

import math
import random
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from runner.client import Client
from runner.event_feed import EventFeed
from runner.model import Event, Job
from runner.states import ExecutionState

TARGET_SECONDS = 0.02
_PAGE = 100
_REPLAYED = 500


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to ask about: jobs that run, and jobs whose executions are over."""

    live: tuple[Job, ...]
    over: tuple[Job, ...]
    operations: tuple[str, ...]
    after_jobs: str | None
    after_executions: str | None
    chance: random.Random

    def any(self) -> Job:
        """A job that runs as often as one that does not."""
        return self.chance.choice(self.chance.choice((self.live, self.over)))

    def running(self) -> Job:
        """A job that runs."""
        return self.chance.choice(self.live)

    def execution(self) -> str:
        """The newest execution of some job."""
        return _execution_of(self.any())


def _execution_of(job: Job) -> str:
    if job.execution is None:
        raise LookupError(f"{job.name} has no execution")
    return job.execution.id


def look_around(client: Client) -> Known:
    """Find out what there is."""
    live = client.jobs(state=ExecutionState.RUNNING, limit=1000).jobs
    over = client.jobs(state=[ExecutionState.FINISHED, ExecutionState.FAILED], limit=1000).jobs
    return Known(
        live=live,
        over=over,
        operations=tuple(found.id for found in client.operations(limit=1000).operations),
        after_jobs=client.jobs(limit=1000).next,
        after_executions=client.execution_page(limit=1000).next,
        chance=random.Random(1),
    )


Ask = Callable[[Client, Known], object]
CALLS: Mapping[str, Ask] = {
    "jobs, first page": lambda client, _: client.jobs(limit=_PAGE),
    "jobs, page 11": lambda client, known: client.jobs(limit=_PAGE, after=known.after_jobs),
    "jobs, page 11 by offset": lambda client, _: client.jobs(limit=_PAGE, offset=1000),
    "jobs that run": lambda client, _: client.jobs(state=ExecutionState.RUNNING, limit=_PAGE),
    "jobs by part of a name": lambda client, _: client.jobs(name="nightly-000", limit=_PAGE),
    "job by id": lambda client, known: client.job(known.any().id),
    "job by name": lambda client, known: client.job(known.any().name),
    "details": lambda client, known: client.details(known.any().id),
    "details of one that runs": lambda client, known: client.details(known.running().id),
    "plan": lambda client, known: client.dataflow(known.any().id),
    "generations": lambda client, known: client.generations(known.any().id),
    "generation": lambda client, known: client.generation(known.any().id, 1),
    "executions, first page": lambda client, _: client.execution_page(limit=_PAGE),
    "executions, page 11": lambda client, known: client.execution_page(limit=_PAGE, after=known.after_executions),
    "executions that failed": lambda client, _: client.execution_page(state=ExecutionState.FAILED, limit=_PAGE),
    "executions of a job": lambda client, known: client.executions(known.any().id),
    "execution": lambda client, known: client.execution(known.execution()),
    "attempts": lambda client, known: client.attempts(known.execution()),
    "checkpoints": lambda client, known: client.checkpoints(known.any().id),
    "checkpoints of an execution": lambda client, known: client.execution_checkpoints(known.execution()),
    "savepoints": lambda client, _: client.savepoints(),
    "metrics, 1 minute": lambda client, known: client.metrics(known.any().id, "1m"),
    "metrics, 5 minutes": lambda client, known: client.metrics(known.any().id, "5m"),
    "metrics, 1 hour": lambda client, known: client.metrics(known.any().id, "1h"),
    "metrics, 24 hours": lambda client, known: client.metrics(known.any().id, "24h"),
    "metrics, 5 minutes, runs": lambda client, known: client.metrics(known.running().id, "5m"),
    "metrics, 24 hours, runs": lambda client, known: client.metrics(known.running().id, "24h"),
    "metrics of an execution": lambda client, known: client.execution_metrics(known.execution(), "5m"),
    "logs": lambda client, known: client.logs(known.any().id, limit=_PAGE),
    "logs of an execution": lambda client, known: client.execution_logs(known.execution(), limit=_PAGE),
    "errors of a job": lambda client, known: client.errors(known.any().id),
    "errors of all jobs": lambda client, _: client.all_errors(),
    "operations": lambda client, _: client.operations(limit=_PAGE),
    "operations of a job": lambda client, known: client.operations(job=known.any().id),
    "operation": lambda client, known: client.operation(known.chance.choice(known.operations)),
    "workers of a job": lambda client, known: client.workers(known.any().id),
    "workers": lambda client, _: client.all_workers(),
    "queues": lambda client, _: client.queues(),
    "queue": lambda client, _: client.queue("default"),
    "status": lambda client, _: client.status(),
    "cluster": lambda client, _: client.cluster(),
    "cluster statistics": lambda client, _: client.statistics(),
    "health": lambda client, _: client.health(),
    "audit trail": lambda client, _: client.audit(limit=_PAGE),
    "audit trail of a job": lambda client, known: client.audit(known.any().id),
    "keys": lambda client, _: client.keys(),
    "watched files": lambda client, _: client.reload_report(),
    "events, the last 500 again": lambda client, _: replay(client),
}


def replay(client: Client) -> int:
    """Read the newest events once more, from the first byte to the last; how many."""
    newest = _newest_revision(client)
    with client.events(max(0, newest - _REPLAYED)) as feed:
        return sum(1 for _ in _until(feed, newest))


def _until(feed: EventFeed, newest: int) -> Iterator[Event]:
    for event in feed:
        yield event
        if event.revision >= newest:
            return


_REVISIONS: dict[int, int] = {}


def _newest_revision(client: Client) -> int:
    """Asked for once: what comes later is not part of it."""
    if id(client) not in _REVISIONS:
        with client.events(None, snapshot=True) as feed:
            _REVISIONS[id(client)] = next(feed).revision
    return _REVISIONS[id(client)]


@dataclass(frozen=True, slots=True)
class Timing:
    """One call, made ``count`` times: seconds from asking to having read the answer, and the CPU seconds of one call, of the
    client and of the daemon (without what that does anyway)."""

    name: str
    seconds: tuple[float, ...]
    client: float
    daemon: float

    def percentile(self, share: float) -> float:
        """So many seconds at most took this share of the calls."""
        return sorted(self.seconds)[math.ceil(share * len(self.seconds)) - 1]


def measure_call(name: str, client: Client, known: Known, count: int, daemon: Callable[[], float], idle: float) -> Timing:
    """Ask so often. ``daemon`` tells its CPU seconds, ``idle`` how many of them a second takes when nobody asks."""
    ask, seconds = CALLS[name], []
    for _ in range(3):
        ask(client, known)
    own, before, began = _own_cpu(), daemon(), time.perf_counter()
    for _ in range(count):
        asked = time.perf_counter()
        ask(client, known)
        seconds.append(time.perf_counter() - asked)
    elapsed = time.perf_counter() - began
    spent = daemon() - before - idle * elapsed
    return Timing(name, tuple(seconds), (_own_cpu() - own) / count, max(0.0, spent / count))


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_THREAD)
    return used.ru_utime + used.ru_stime
