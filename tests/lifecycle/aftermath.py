"""The look into the store and at the disk once the daemon has ended: nothing contradicts itself and nothing is left behind."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence

from history import History
from lifecycle_job import LifecycleJob

from runner.home import Home
from runner.model import Checkpoint, CheckpointStatus, Event, Execution, Job
from runner.store.asynchronous import AsyncStore
from runner.store.store import Store

_ALL = 100_000
_COMPLETE = frozenset({CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED})


def trouble_in_store(home: Home, history: History, jobs: Sequence[LifecycleJob]) -> list[str]:
    """What the store says that cannot be."""

    async def read() -> list[str]:
        store = await AsyncStore.open(home.store_path)
        try:
            return await store.read(lambda found: list(_trouble(found, history, jobs)))
        finally:
            await store.close()

    return asyncio.run(read())


def left_behind(home: Home, jobs: Sequence[LifecycleJob]) -> list[str]:
    """Files that a daemon that has ended in order must not leave."""
    found = [f"staged output: {path}" for job in jobs for path in job.staged()]
    found += [f"note of a worker: {path}" for path in home.workers.iterdir()]
    found += [f"socket: {home.socket_path}"] if home.socket_path.exists() else []
    found += [f"lock: held by {home.holder()}"] if home.holder() is not None else []
    return found


def repeats(executions: Sequence[Execution], checkpoints: Sequence[Checkpoint]) -> bool:
    """Whether the output may hold a row twice: an execution has begun from an older point than where the job had left off, and
    none has begun anew, in an empty target, since."""
    repeated = False
    done: list[str] = []
    for execution in (found for found in executions if found.attempt):
        points = [point.id for point in checkpoints if point.execution_id in done and point.status in _COMPLETE]
        if execution.restored_from is None:
            repeated = False
        elif points and execution.restored_from < max(points):
            repeated = True
        done.append(execution.id)
    return repeated


def lacks(executions: Sequence[Execution], checkpoints: Sequence[Checkpoint]) -> bool:
    """Whether the output may lack rows: an execution has gone on from a point of before the target was last emptied, by one
    that began anew and was ended before it had written as much."""
    lacking = False
    done: list[str] = []
    for execution in (found for found in executions if found.attempt):
        known = [point.id for point in checkpoints if point.execution_id in done]
        if execution.restored_from is None:
            lacking, done = False, []
        elif execution.restored_from not in known and done:
            lacking = True
        done.append(execution.id)
    return lacking


def _trouble(store: Store, history: History, jobs: Sequence[LifecycleJob]) -> Iterable[str]:
    recorded = {event.revision: event for event in _events(store)}
    for event in history.events:
        if recorded.get(event.revision) != event:
            yield f"event {event.revision} was told as {event}, and is stored as {recorded.get(event.revision)}"
    for event in recorded.values():
        if event.revision > history.revision:  # the last words of a daemon that ends reach nobody
            history.take(event)
    for lease in store.leases():
        found = store.execution(lease.execution_id)
        if found is not None and found.state.is_terminal:
            yield f"the execution {lease.execution_id} is {found.state} and has a lease"
    names = {job.name for job in jobs}
    for job in store.jobs(limit=_ALL)[0]:
        if job.name in names:
            yield from _trouble_of_job(store, job, history)


def _events(store: Store) -> Iterable[Event]:
    revision = 0
    while events := store.events_since(revision, 1000):
        yield from events
        revision = events[-1].revision


def _trouble_of_job(store: Store, job: Job, history: History) -> Iterable[str]:
    executions = sorted(store.executions(job.id, _ALL, 0), key=lambda execution: execution.created_at)
    active = [execution for execution in executions if not execution.state.is_terminal]
    if len(active) > 1:
        yield f"{job.name} has {len(active)} executions that are not over"
    generations = [generation.number for generation in store.generations(job.id)]
    if sorted(set(generations)) != sorted(generations) or job.generation not in generations:
        yield f"{job.name} has the generations {generations}, and {job.generation} is the current one"
    for execution in executions:
        yield from _trouble_of_execution(store, execution, history)
    checkpoints = store.checkpoints(job.id, limit=_ALL)
    yield from _trouble_of_checkpoints(job, executions, checkpoints)


def _trouble_of_execution(store: Store, execution: Execution, history: History) -> Iterable[str]:
    who = f"execution {execution.id} of {execution.job_name}"
    course = history.executions.get(execution.id)
    if course is None or (course.state is not execution.state and not course.orphaned):
        yield f"{who} is {execution.state}, and was last told to be {course.state if course else None}"
    attempts = sorted(store.attempts(execution.id), key=lambda attempt: attempt.number)
    if [attempt.number for attempt in attempts] != list(range(1, len(attempts) + 1)):
        yield f"{who} has the attempts {[attempt.number for attempt in attempts]}"
    if execution.state.is_terminal:
        if execution.finished_at is None:
            yield f"{who} is over without a time"
        if execution.worker_pids:
            yield f"{who} is over and has workers"
        if execution.unsettled:
            yield f"{who} has left output: {execution.unsettled}"
        yield from (f"attempt {attempt.number} of {who} has no end" for attempt in attempts if attempt.ended_at is None)
    for former, later in itertools.pairwise(attempts):
        if former.ended_at is None or former.ended_at > later.started_at + 0.001:
            yield f"{who}: attempt {later.number} began before the one before it had ended"


def _trouble_of_checkpoints(job: Job, executions: Sequence[Execution], checkpoints: Sequence[Checkpoint]) -> Iterable[str]:
    over = {execution.id: execution for execution in executions if execution.state.is_terminal}
    for point in checkpoints:
        if point.status is CheckpointStatus.IN_PROGRESS and point.execution_id in over:
            yield f"checkpoint {point.id} of {job.name} is in progress, and its execution is over"
        if point.status is CheckpointStatus.COMPLETED and over.get(point.execution_id) is not None:
            execution = over[point.execution_id]
            if execution.state == "FINISHED":
                yield f"checkpoint {point.id} of {job.name} is not committed, and its execution has FINISHED"
    in_order = sorted(checkpoints, key=lambda point: (point.triggered_at, point.id))
    for former, later in itertools.pairwise(in_order):
        if later.id < former.id:
            yield f"checkpoint {later.id} of {job.name} was begun after {former.id}"
