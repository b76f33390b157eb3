"""The plugins of a job as tasks: what each is doing at this moment."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model import Job
from runner.observation import Task, TaskState
from runner.protocol import PluginCounters
from runner.states import ExecutionState
from runner.store.metrics import Measured
from runner.store.store import Store
from runner.supervisor.generations import read_generation
from runner.worker.parallelism import reader_count
from spec.job import PluginKind, PluginSpec

TASK_SECONDS = 10.0
"""The rates and shares of tasks are of so long."""
_SHARES = {"busy": "busy_seconds", "idle": "idle_seconds", "backpressured": "backpressured_seconds"}
_RATES = {"rows_in_per_second": "rows_in", "rows_out_per_second": "rows_out"}
TASK_METRICS = (*_SHARES.values(), *_RATES.values())
_HALF = 0.5
_AT_WORK = frozenset({ExecutionState.RUNNING, ExecutionState.SAVEPOINTING, ExecutionState.STOPPING})


def describe_tasks(
    store: Store, job: Job, latest: Mapping[tuple[str, str], Measured], counted: Mapping[str, PluginCounters]
) -> tuple[Task, ...]:
    """The tasks of the job's newest generation, or of the one that runs. ``latest``: :data:`TASK_METRICS` of the last
    :data:`TASK_SECONDS`; ``counted``: what its workers have counted, by plugin."""
    execution = job.execution
    running = execution is not None and not execution.state.is_terminal
    number = execution.generation if execution is not None and running else job.generation
    spec, _ = read_generation(store, job.id, number)
    workers = (execution.workers_wanted if execution is not None else None) or spec.env.workers
    return tuple(_task(plugin, job, workers, latest, counted.get(plugin.id)) for plugin in spec.plugins())


def _task(
    plugin: PluginSpec,
    job: Job,
    workers: int,
    latest: Mapping[tuple[str, str], Measured],
    counters: PluginCounters | None,
) -> Task:
    rates = {field: latest[name, plugin.id].mean for field, name in _RATES.items() if (name, plugin.id) in latest}
    shares = _shares(plugin.id, latest)
    threads = reader_count(plugin.parallelism, workers) if plugin.kind is PluginKind.SOURCE else 1
    return Task(
        id=plugin.id,
        name=plugin.name,
        kind=plugin.kind,
        state=_state(job, rates, shares),
        parallelism=threads * workers,
        inputs=plugin.inputs,
        output=plugin.output,
        rows_in=None if counters is None else counters.rows_in,
        rows_out=None if counters is None else counters.rows_out,
        rows_rejected=0 if counters is None else counters.rows_rejected,
        **rates,
        **shares,
    )


def _shares(plugin: str, latest: Mapping[tuple[str, str], Measured]) -> dict[str, float]:
    """Of the time of the threads that do the plugin's work. They sum up to one: what threads do between the three is little."""
    grown = {field: latest[name, plugin].total for field, name in _SHARES.items() if (name, plugin) in latest}
    whole = sum(grown.values())
    return {field: seconds / whole for field, seconds in grown.items()} if whole else {}


def _state(job: Job, rates: Mapping[str, float], shares: Mapping[str, float]) -> TaskState:
    execution = job.execution
    if execution is None or execution.state.is_terminal:
        return TaskState.STOPPED
    if execution.state is ExecutionState.PAUSED:
        return TaskState.PAUSED
    if execution.state not in _AT_WORK or not shares:
        return TaskState.IDLE
    if shares.get("backpressured", 0.0) >= _HALF:
        return TaskState.BACKPRESSURED
    moving = any(rate > 0 for rate in rates.values())
    return TaskState.RUNNING if moving or shares.get("busy", 0.0) >= _HALF else TaskState.WAITING
