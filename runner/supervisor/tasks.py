"""The plugins of a job as tasks: what each is doing at this moment."""

from __future__ import annotations

from runner.model import Job
from runner.observation import Task, TaskState
from runner.states import ExecutionState
from runner.supervisor.control import Load, PluginLoad
from runner.worker.parallelism import reader_count
from spec.job import JobSpec, PluginKind, PluginSpec

_SHARES = {"busy": "busy_seconds", "idle": "idle_seconds", "backpressured": "backpressured_seconds"}
_HALF = 0.5
_AT_WORK = frozenset({ExecutionState.RUNNING, ExecutionState.SAVEPOINTING, ExecutionState.STOPPING})


def describe_tasks(job: Job, spec: JobSpec, load: Load | None) -> tuple[Task, ...]:
    """The tasks of ``spec``, a generation of the job; ``load`` is that of its execution when it runs."""
    execution = job.execution
    workers = (execution.workers_wanted if execution is not None else None) or spec.env.workers
    loads = load.plugins if load is not None else {}
    return tuple(_task(plugin, job, workers, loads.get(plugin.id)) for plugin in spec.plugins())


def _task(plugin: PluginSpec, job: Job, workers: int, load: PluginLoad | None) -> Task:
    threads = reader_count(plugin.parallelism, workers) if plugin.kind is PluginKind.SOURCE else 1
    rates = load.rates if load is not None and load.rates is not None else (None, None)
    shares = _shares(load)
    return Task(
        id=plugin.id,
        name=plugin.name,
        kind=plugin.kind,
        state=_state(job, rates, shares),
        parallelism=threads * workers,
        inputs=plugin.inputs,
        output=plugin.output,
        rows_in=None if load is None else load.counters.rows_in,
        rows_out=None if load is None else load.counters.rows_out,
        rows_rejected=_rejected(plugin, job, load),
        rows_in_per_second=rates[0],
        rows_out_per_second=rates[1],
        **shares,
    )


def _rejected(plugin: PluginSpec, job: Job, load: PluginLoad | None) -> int:
    """As the execution has them on record, or the workers of this attempt if they are ahead of that."""
    recorded = job.execution.rejected if job.execution is not None else ()
    known = sum(found.rows for found in recorded if found.plugin == plugin.id)
    return max(known, load.counters.rows_rejected if load is not None else 0)


def _shares(load: PluginLoad | None) -> dict[str, float]:
    """Of the time of the threads that do the plugin's work. They sum up to one: what threads do between the three is little."""
    if load is None or not load.shares:
        return {}
    whole = sum(load.shares.values())
    return {field: load.shares[name] / whole for field, name in _SHARES.items()} if whole else {}


def _state(job: Job, rates: tuple[float | None, float | None], shares: dict[str, float]) -> TaskState:
    execution = job.execution
    if execution is None or execution.state.is_terminal:
        return TaskState.STOPPED
    if execution.state is ExecutionState.PAUSED:
        return TaskState.PAUSED
    if execution.state not in _AT_WORK or not shares:
        return TaskState.IDLE
    if shares["backpressured"] >= _HALF:
        return TaskState.BACKPRESSURED
    return TaskState.RUNNING if any(rates) or shares["busy"] >= _HALF else TaskState.WAITING
