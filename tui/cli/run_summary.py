"""What a run did, when it is over."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runner.model import ErrorInfo, Execution
from runner.states import ExecutionState
from spec.job import JobSpec, PluginSpec
from tui.cli import figures
from tui.cli.json_output import to_plain
from tui.cli.run_follow import Outcome
from tui.cli.terminal import say, say_problem

_PLACES = ("path", "table")
_FILE_MISSING = "file-missing"
_LINE = re.compile(r": (?:line|byte) [0-9]+$")
_WILDCARD = re.compile(r"[*?\[]")


def tell_summary(outcome: Outcome, job: JobSpec, base: Path) -> None:
    """Say on stderr how the run ended, what it read and wrote, and where."""
    execution = outcome.execution
    totals = execution.totals
    say(f"{outcome.job.name} {execution.state} after {figures.duration(duration_of(execution))}")
    if execution.restored_from is not None:
        say(f"  from     checkpoint {execution.restored_from}; what was read and written before it is counted, too")
    average = _average(execution)
    say(f"  read     {_rows(totals.rows_in)}, {figures.size(totals.bytes_in)}{average}")
    say(f"  wrote    {_rows(totals.rows_out)}, {figures.size(totals.bytes_out)}")
    if totals.rows_rejected:
        say(f"  rejected {_rows(totals.rows_rejected)}: flowdeck errors {outcome.job.name}")
    for plugin, place in sink_places(job.sinks, base):
        say(f"  into     {plugin}{' ' + place if place else ''}")
    say(f"  checkpoints {outcome.checkpoints_taken}, restarts {execution.restarts}")
    if execution.splits_left_out:
        say(f"  {execution.phase}")
    if execution.state is ExecutionState.STOPPED and execution.savepoint_id is not None:
        say(f"  savepoint {execution.savepoint_id}: go on with --restore latest, or flowdeck restart {outcome.job.name}")
    if execution.state is ExecutionState.FAILED:
        _tell_failure(execution, base)


def summary_json(outcome: Outcome, job: JobSpec, base: Path) -> dict[str, Any]:
    """The same as data."""
    return {
        "job": to_plain(outcome.job),
        "execution": to_plain(outcome.execution),
        "checkpoints": [to_plain(checkpoint) for checkpoint in outcome.checkpoints],
        "checkpoints_taken": outcome.checkpoints_taken,
        "sinks": [{"plugin": plugin, "place": place} for plugin, place in sink_places(job.sinks, base)],
        "duration": duration_of(outcome.execution),
    }


def duration_of(execution: Execution) -> float | None:
    """Seconds from the first start to the end."""
    if execution.finished_at is None:
        return None
    return execution.finished_at - (execution.started_at or execution.created_at)


def sink_places(sinks: Sequence[PluginSpec], base: Path) -> list[tuple[str, str]]:
    """Each sink's name and where it writes: a path (absolute) or a table, the empty string when it has neither."""
    return [(sink.name, _place(sink, base)) for sink in sinks]


def _place(sink: PluginSpec, base: Path) -> str:
    for option in _PLACES:
        value = sink.options.get(option)
        if isinstance(value, str) and value:
            return str(base / value) if option == "path" else value
    return ""


def _rows(rows: int) -> str:
    return f"{figures.exact(rows)} row{'' if rows == 1 else 's'}"


def _average(execution: Execution) -> str:
    seconds = None if execution.restored_from is not None else duration_of(execution)
    return f", {figures.rate(execution.totals.rows_in / seconds)}" if seconds else ""


def _tell_failure(execution: Execution, base: Path) -> None:
    error = execution.error
    if error is None:
        say_problem("the execution failed, and nothing says why", f"flowdeck logs {execution.job_name} shows its log")
        return
    what = _placed(error.message, error.position or "")
    hint = error.hint or _hint(error, base) or f"flowdeck logs {shlex.quote(execution.job_name)} shows its log"
    say_problem(f"{f'{error.plugin}: ' if error.plugin else ''}{what} [{error.code}]", hint)


def _placed(message: str, position: str) -> str:
    """The message with its place, said once: many a message names the file, or its last part with the line."""
    if not position or position in message:
        return message
    path = _LINE.sub("", position)
    name = path.rpartition("/")[2]
    if name and message.startswith(f"{name} "):
        return f"{path}{message[len(name) :]}"
    return f"{position}: {message}"


def _hint(error: ErrorInfo, base: Path) -> str:
    if error.code != _FILE_MISSING:
        return ""
    if _WILDCARD.search(error.position or ""):
        return "path is a file or a directory, not a pattern: file_filter_pattern chooses among the files of a directory"
    return f"a relative path begins at the directory of the job file, {base}"
