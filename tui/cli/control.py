"""Commands that change what a job does: start, stop, pause, resume, savepoint, cancel, restart."""

from __future__ import annotations

from pathlib import Path

import click

from runner.model import Checkpoint, Job
from runner.requests import PauseRequest, RestartRequest, SavepointRequest, StartRequest, StopRequest
from runner.states import ExecutionState
from spec.overrides.path import split_assignment
from tui.cli import figures
from tui.cli.action import action_options, tell_effects, wait_option
from tui.cli.cancel_queued import cancel_queued
from tui.cli.failures import EXIT_FAILED
from tui.cli.json_output import print_json
from tui.cli.moments import Patience
from tui.cli.options import absolute_path, check_restore_point, completing, home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.terminal import say_problem, write_data
from tui.cli.waiting import progress_of, wait_for_end


def _overrides(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    return dict(split_assignment(value) for value in values)


@click.command("start", short_help="Start a job that does not run.")
@job_argument
@click.option(
    "--from",
    "restore",
    metavar="latest|none|ID|DIR",
    shell_complete=completing("restore_points"),
    help="Where to go on from, instead of what suits the job.",
)
@action_options
@output_option
@home_option
def start_command(job: str, *, restore: str | None, dry_run: bool, reason: str | None, output: str) -> int:
    """Start JOB, which does not run: one that never ran or has finished from the beginning, another one where it left off.
    One that runs is left alone."""
    request = StartRequest(restore=check_restore_point(restore) if restore else None)
    with current_session().client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.start(job, request), output)
        return _tell_start(client.start(job, request, reason=reason), output)


@click.command("stop", short_help="Stop a job with a savepoint.")
@job_argument
@click.option("--no-savepoint", is_flag=True, help="Do not take a savepoint first.")
@click.option(
    "--timeout",
    type=Patience(),
    metavar="TIME",
    help="Run on when the savepoint fails or takes longer than TIME, as in 30s or 5m, instead of stopping all the same.",
)
@wait_option
@action_options
@output_option
@home_option
def stop_command(
    job: str, *, no_savepoint: bool, timeout: float | None, wait: bool, dry_run: bool, reason: str | None, output: str
) -> int:
    """Stop JOB and wait until it has stopped; with its savepoint it can go on later exactly where it stopped."""
    session, request = current_session(), StopRequest(savepoint=not no_savepoint, timeout=timeout)
    with session.client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.stop(job, request), output)
        if timeout is not None and not wait:
            client.background.stop(job, request, reason=reason)
            return _tell_state(client.job(job), output)
        with progress_of(session, job, f"stopping {job}"):
            asked = client.stop(job, request, reason=reason)
            if wait:
                asked = wait_for_end(client, asked)
    return _tell_end(asked, ExecutionState.STOPPED, output) if wait else _tell_state(asked, output)


@click.command("cancel", short_help="Cancel a job, or jobs that wait.")
@job_argument(required=False)
@click.option("--queue", metavar="Q", shell_complete=completing("queues"), help="Cancel all jobs that wait in this queue.")
@click.option("--name", metavar="NAME", help="Cancel what waits of jobs of exactly this name.")
@wait_option
@action_options
@output_option
@home_option
def cancel_command(
    job: str | None,
    *,
    queue: str | None,
    name: str | None,
    wait: bool,
    dry_run: bool,
    reason: str | None,
    output: str,
) -> int:
    """End JOB at once, without a savepoint, and wait until it has ended. What it has committed stays.

    With --queue or --name instead of JOB, cancel what waits for its turn there; what runs already is left alone.
    """
    session = current_session()
    if job is None or queue is not None or name is not None:
        return cancel_queued(session, job, queue, name, reason, output, dry_run=dry_run)
    with session.client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.cancel(job), output)
        asked = client.cancel(job, reason=reason)
        if not wait:
            return _tell_state(asked, output)
        with progress_of(session, asked.id, f"canceling {asked.name}"):
            ended = wait_for_end(client, asked)
    return _tell_end(ended, ExecutionState.CANCELED, output)


@click.command("pause", short_help="Let a job read nothing until it is resumed.")
@job_argument
@action_options
@output_option
@home_option
def pause_command(job: str, *, dry_run: bool, reason: str | None, output: str) -> int:
    """Let JOB read nothing until `flowdeck resume`. Its processes stay, and its checkpoints go on."""
    with current_session().client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.pause(job), output)
        return _tell_state(client.pause(job, PauseRequest(reason=reason or ""), reason=reason), output)


@click.command("resume", short_help="Let a paused job read on.")
@job_argument
@action_options
@output_option
@home_option
def resume_command(job: str, *, dry_run: bool, reason: str | None, output: str) -> int:
    """Let JOB read on where it was paused."""
    with current_session().client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.resume(job), output)
        return _tell_state(client.resume(job, reason=reason), output)


@click.command("savepoint", short_help="Take a savepoint of a running job.")
@job_argument
@click.option("-d", "--description", default="", metavar="TEXT", help="What the savepoint is for.")
@click.option(
    "--to",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write it to this directory, which must not be there yet, instead of one below the home.",
)
@action_options
@output_option
@home_option
def savepoint_command(
    job: str, *, description: str, directory: Path | None, dry_run: bool, reason: str | None, output: str
) -> int:
    """Take a savepoint of JOB while it runs on; it is kept until it is deleted.

    Its directory can be carried to another machine: flowdeck run FILE --restore DIR goes on from it there.
    """
    session = current_session()
    request = SavepointRequest(description=description, directory=None if directory is None else absolute_path(directory))
    with session.client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.savepoint(job, request), output)
        with progress_of(session, job, f"taking a savepoint of {job}"):
            savepoint = client.savepoint(job, request, reason=reason)
    if output == "json":
        print_json(savepoint)
    else:
        write_data(f"savepoint {savepoint.id}: {_measures(savepoint)}{_location(savepoint)}\n")
    return 0


@click.command("restart", short_help="Start a job again.")
@job_argument
@click.option(
    "--from",
    "restore",
    metavar="latest|none|ID|DIR",
    default="latest",
    show_default=True,
    shell_complete=completing("restore_points"),
    help="Where to go on from.",
)
@click.option(
    "--set",
    "overrides",
    metavar="PATH=VALUE",
    multiple=True,
    callback=_overrides,
    help="Replace a value of the job first, as in source.FakeSource.row.num=10. May be given several times.",
)
@action_options
@output_option
@home_option
def restart_command(
    job: str, *, restore: str, overrides: dict[str, str], dry_run: bool, reason: str | None, output: str
) -> int:
    """Start a new execution of JOB from its newest checkpoint or savepoint, another one (ID), a savepoint's
    directory (DIR), or the beginning (none).

    A running execution is stopped first, with a savepoint unless it begins anew. With --set the job gets a new generation,
    checked like a file; the values hold until the job's file means something else.
    """
    session = current_session()
    request = RestartRequest(restore=check_restore_point(restore), overrides=overrides)
    with session.client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.restart(job, request), output)
        with progress_of(session, job, f"restarting {job}"):
            restarted = client.restart(job, request, reason=reason)
    return _tell_start(restarted, output)


def _tell_start(job: Job, output: str) -> int:
    if output == "json":
        print_json(job)
    else:
        write_data(f"{job.name}: {_describe_start(job)}\n")
    return 0


def _tell_state(job: Job, output: str) -> int:
    """Print what the job does now; one that does not read yet is paused when it would."""
    execution = job.execution
    if output == "json":
        print_json(job)
    elif execution is not None:
        waiting = execution.pause is not None and execution.state is not ExecutionState.PAUSED
        write_data(f"{job.name}: {execution.state}{', will be PAUSED' if waiting else ''}\n")
    return 0


def _tell_end(job: Job, wanted: ExecutionState, output: str) -> int:
    """Print how the execution ended; exit code 1 when it failed or ended another way than it was told to."""
    execution = job.execution
    if output == "json":
        print_json(job)
    elif execution is None:
        write_data(f"{job.name}: has never run\n")
    else:
        write_data(f"{job.name}: {execution.state}{_savepoint_note(job)}\n")
    if execution is not None and execution.error is not None and execution.state is ExecutionState.FAILED:
        say_problem(execution.error.message, execution.error.hint)
    accepted = {wanted, ExecutionState.FINISHED}
    return 0 if execution is None or execution.state in accepted else EXIT_FAILED


def _savepoint_note(job: Job) -> str:
    savepoint = job.execution.savepoint_id if job.execution is not None else None
    return f" with savepoint {savepoint}; go on with: flowdeck restart {job.name}" if savepoint is not None else ""


def _location(savepoint: Checkpoint) -> str:
    place = savepoint.place
    if place is None:
        return ""
    return f", in {place.path}" if place.written_at is not None else f"; its directory is not written yet: {place.trouble}"


def _measures(checkpoint: Checkpoint) -> str:
    return (
        f"{figures.exact(checkpoint.rows_in)} rows in, {figures.size(checkpoint.size)}, {figures.duration(checkpoint.duration)}"
    )


def _describe_start(job: Job) -> str:
    execution = job.execution
    if execution is None:
        return "will start"
    origin = f"checkpoint {execution.restored_from}" if execution.restored_from is not None else "the beginning"
    return f"generation {execution.generation}, execution {execution.id} {execution.state}, from {origin}"
