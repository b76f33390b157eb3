"""One job in full, for people."""

from __future__ import annotations

import time
from collections.abc import Sequence

from runner.model import Attempt, Checkpoint, Execution, Job
from runner.observation import Task
from tui.cli import figures
from tui.cli.tables import Cell, Column, print_pairs, print_table, state_cell
from tui.cli.terminal import write_data

_SHOWN = 10
_TASKS = (
    Column("PLUGIN", flexible=True, rank=0),
    Column("KIND", rank=3),
    Column("STATE", rank=0),
    Column("THREADS", right=True, rank=4),
    Column("ROWS IN/S", right=True, rank=1),
    Column("ROWS OUT/S", right=True, rank=1),
    Column("REJECTED", right=True, rank=3),
    Column("BUSY", right=True, rank=2),
    Column("HELD UP", right=True, rank=3),
)


def print_details(
    job: Job,
    executions: Sequence[Execution],
    attempts: Sequence[Attempt],
    checkpoints: Sequence[Checkpoint],
    daemon_pid: int,
    tasks: Sequence[Task] = (),
) -> None:
    """Print the job, then its plugins, its newest executions, the newest attempts of the last of them, and the newest
    checkpoints."""
    print_pairs([*_job_pairs(job), *_execution_pairs(job.execution, daemon_pid), *_reload_pairs(job)])
    if tasks:
        write_data("\n")
        print_table(_TASKS, [_task_row(task) for task in tasks])
    if executions:
        write_data("\n")
        columns = (
            Column("EXECUTION", rank=0),
            Column("STATE", rank=0),
            Column("STARTED", rank=3),
            Column("DURATION", right=True, rank=1),
        )
        counted = (
            Column("ROWS IN", right=True, rank=3),
            Column("ROWS OUT", right=True),
            Column("RESTARTS", right=True, rank=5),
            Column("FROM", flexible=True, rank=4),
        )
        print_table((*columns, *counted), [_execution_row(execution) for execution in executions[:_SHOWN]])
    if attempts:
        write_data("\n")
        columns = (
            Column("ATTEMPT", right=True, rank=0),
            Column("OUTCOME", rank=0),
            Column("STARTED", rank=3),
            Column("DURATION", right=True, rank=1),
        )
        counted = (
            Column("ROWS IN", right=True, rank=3),
            Column("ROWS OUT", right=True),
            Column("WORKERS", right=True, rank=5),
            Column("WHY", flexible=True, rank=1),
        )
        print_table((*columns, *counted), [_attempt_row(attempt) for attempt in attempts[: -_SHOWN - 1 : -1]])
    if checkpoints:
        write_data("\n")
        columns = (
            Column("CHECKPOINT", right=True, rank=0),
            Column("KIND"),
            Column("STATUS", rank=0),
            Column("COMPLETED", rank=3),
        )
        print_table(
            (*columns, Column("SIZE", right=True, rank=4), Column("NOTE", flexible=True, rank=1)),
            [_checkpoint_row(c) for c in checkpoints],
        )


def _task_row(task: Task) -> tuple[str | Cell, ...]:
    return (
        task.name,
        task.kind,
        task.state,
        str(task.parallelism),
        figures.rate(task.rows_in_per_second),
        figures.rate(task.rows_out_per_second),
        figures.exact(task.rows_rejected),
        figures.share(task.busy),
        figures.share(task.backpressured),
    )


def _job_pairs(job: Job) -> list[tuple[str, str | Cell]]:
    return [
        ("name", job.name),
        ("id", job.id),
        ("mode", job.mode),
        ("wanted", job.desired_state),
        ("queue", job.queue),
        ("generation", str(job.generation)),
        ("file", job.file or "-"),
        ("created", moment(job.created_at)),
        *([("labels", " ".join(f"{key}={value}" for key, value in sorted(job.labels.items())))] if job.labels else []),
        *([("deleted", f"{moment(job.deleted_at)}; flowdeck undelete {job.id} brings it back")] if job.deleted_at else []),
        *(("set", f"{path}={value} (until the file changes)") for path, value in job.overrides.items()),
    ]


def _execution_pairs(execution: Execution | None, daemon_pid: int) -> list[tuple[str, str | Cell]]:
    if execution is None:
        return [("state", state_cell(None))]
    totals = execution.totals
    pairs: list[tuple[str, str | Cell]] = [
        ("state", state_cell(execution.state)),
        ("since", moment(execution.state_since)),
        ("execution", execution.id),
        ("attempt", f"{execution.attempt}, {execution.restarts} restarts"),
        ("rows in", f"{figures.exact(totals.rows_in)}, {figures.rate(totals.rows_in_per_second)}"),
        ("rows out", f"{figures.exact(totals.rows_out)}, {figures.rate(totals.rows_out_per_second)}"),
        *_rejected(execution),
        ("bytes", f"{figures.size(totals.bytes_in)} in, {figures.size(totals.bytes_out)} out"),
        ("memory", figures.size(totals.memory_bytes)),
        ("processes", f"daemon {daemon_pid}, workers {' '.join(map(str, execution.worker_pids)) or 'none'}"),
        *_steering_pairs(execution),
    ]
    if execution.phase:
        pairs.append(("phase", execution.phase))
    if execution.savepoint_id is not None:
        pairs.append(("savepoint", str(execution.savepoint_id)))
    return pairs + _error_pairs(execution)


def _rejected(execution: Execution) -> list[tuple[str, str]]:
    """Rows that were rejected and splits that are left out, where there are any."""
    lines = []
    if rows := execution.totals.rows_rejected:
        lines.append(("rejected", f"{figures.exact(rows)} rows; flowdeck errors {execution.job_name} tells why"))
    if splits := execution.splits_left_out:
        words = "1 unfinished split" if splits == 1 else f"{splits} unfinished splits"
        lines.append(("left out", f"{words}; flowdeck recover {execution.job_name} reads what is left"))
    return lines


def _steering_pairs(execution: Execution) -> list[tuple[str, str | Cell]]:
    """Workers as they are and are to be, the pause, and how far the input is read."""
    pairs: list[tuple[str, str | Cell]] = []
    if execution.workers_wanted is not None and not execution.state.is_terminal:
        by_hand = "" if execution.workers_asked is None else ", set by hand"
        pairs.append(("workers", f"{len(execution.worker_pids)} of {execution.workers_wanted} wanted{by_hand}"))
    if execution.pause is not None and not execution.state.is_terminal:
        reason = f": {execution.pause.reason}" if execution.pause.reason else ""
        pairs.append(("paused", f"since {moment(execution.pause.since)}{reason}"))
    if execution.splits is not None:
        splits = execution.splits
        pairs.append(("splits", f"{splits.finished} of {splits.total} read, {splits.reading} being read"))
    return pairs


def _error_pairs(execution: Execution) -> list[tuple[str, str | Cell]]:
    error = execution.error
    if error is None:
        return []
    where = ", ".join(part for part in (error.plugin, error.position) if part)
    pairs: list[tuple[str, str | Cell]] = [("error", Cell(f"{error.message} [{error.code}]", "red"))]
    return pairs + [(name, text) for name, text in (("where", where), ("hint", error.hint)) if text]


def _reload_pairs(job: Job) -> list[tuple[str, str | Cell]]:
    if job.reload is None:
        return []
    return [("reload", f"{job.reload.outcome.replace('_', ' ')} at {moment(job.reload.at)} {job.reload.message}".rstrip())]


def _execution_row(execution: Execution) -> tuple[str | Cell, ...]:
    end = execution.finished_at or time.time()
    return (
        execution.id,
        state_cell(execution.state),
        moment(execution.started_at),
        figures.duration(end - execution.started_at if execution.started_at is not None else None),
        figures.exact(execution.totals.rows_in),
        figures.exact(execution.totals.rows_out),
        str(execution.restarts),
        f"checkpoint {execution.restored_from}" if execution.restored_from is not None else "the beginning",
    )


def _attempt_row(attempt: Attempt) -> tuple[str | Cell, ...]:
    """Attempts of a former flowdeck have no measured duration, nor has one whose daemon died: then the clock's."""
    duration = attempt.duration if attempt.outcome else None
    if duration is None:
        duration = (attempt.ended_at or time.time()) - attempt.started_at
    return (
        str(attempt.number),
        attempt.outcome or "runs",
        moment(attempt.started_at),
        figures.duration(duration),
        figures.exact(attempt.rows_in if attempt.outcome else None),
        figures.exact(attempt.rows_out if attempt.outcome else None),
        str(attempt.workers or figures.UNKNOWN),
        "; ".join(filter(None, (attempt.cause, attempt.restore_reason))),
    )


def _checkpoint_row(checkpoint: Checkpoint) -> tuple[str | Cell, ...]:
    note = checkpoint.failure or checkpoint.description
    done = moment(checkpoint.completed_at)
    return (str(checkpoint.id), checkpoint.kind, checkpoint.status, done, figures.size(checkpoint.size), note)


def moment(at: float | None) -> str:
    """A point in time on the clock of the person who looks."""
    return "-" if at is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
