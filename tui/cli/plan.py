"""The command plan: what a new version of a job file would change, before anything is touched."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from spec.check import check_file, check_text
from spec.errors import FlowdeckError, UsageError
from spec.job import JobSpec
from spec.job_secrets import conceal
from spec.plan.change import Effect, Plan
from spec.plan.plan import plan_change, plan_new
from spec.plan.text import plan_lines, shown_value
from spec.render.escape import safe
from spec.render.text import render_text
from tui.cli.json_output import print_json
from tui.cli.options import home_option, output_option
from tui.cli.paths import STDIN
from tui.cli.reading import STDIN_NAME, read_options, read_stdin, reading_options
from tui.cli.session import Session, current_session
from tui.cli.terminal import has_colour, say, write_data

_CHANGES = 2
_NO_PLAN = 1


class SpecUnusable(FlowdeckError):
    """A job file with errors has no plan."""

    code = "spec-invalid"
    exit_code = 2


@dataclass(frozen=True, slots=True)
class _Known:
    """What a job is compared with: a generation of the daemon's job, or another file. ``where`` says so in the output."""

    job: JobSpec
    content_hash: str
    where: dict[str, Any]
    generation: int | None = None
    is_to_run: bool = True


@click.command("plan", short_help="Show what a job file would change.")
@click.argument("files", metavar="FILE | OLD NEW", nargs=-1, required=True)
@reading_options
@click.option("--name", metavar="NAME", help="The job's name, instead of the file's own.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when something changes, with 1 when there is no plan.")
@output_option
@home_option
def plan_command(
    files: tuple[str, ...],
    *,
    variables: dict[str, str],
    dialect: str | None,
    name: str | None,
    detailed_exitcode: bool,
    output: str,
) -> int:
    """Show what FILE would change of the daemon's job of its name, by path, with what it takes and why. Nothing is touched.
    With two files: what NEW would change of OLD.

    none: the file means what runs. new: there is no such job. ignore, live: a reload lets the execution run on. scale: workers
    join or leave while it runs, or it is restarted for another parallelism. restart: a reload stops the job with a savepoint
    and goes on from it. breaking: the saved state does not fit, and a reload is refused.

    Exit code 0: there is a plan. 2: a file has errors, or wrong usage. With --detailed-exitcode 0: nothing changes, 2:
    something does, 1: there is no plan.
    """
    try:
        changes = _show_plan(files, variables, dialect, name, output)
    except FlowdeckError as error:
        if detailed_exitcode:
            error.exit_code = _NO_PLAN
        raise
    return _CHANGES if changes and detailed_exitcode else 0


def _show_plan(files: tuple[str, ...], variables: dict[str, str], dialect: str | None, name: str | None, output: str) -> bool:
    """Whether anything changes."""
    if len(files) > 2:
        raise UsageError("plan takes one file, or an old and a new one")
    after = _job(files[-1], variables, dialect, name)
    known = _other_file(files[0], variables, dialect, name) if len(files) == 2 else _running(after.name, current_session())
    plan = plan_new(after) if known is None else plan_change(known.job, after, known.content_hash)
    if output == "json":
        print_json(_record(plan, after, known))
    else:
        write_data("".join(f"{line}\n" for line in [*_headline(plan, after, known), *plan_lines(plan.changes)]))
    return plan.effect is not Effect.NONE


def _job(file: str, variables: dict[str, str], dialect: str | None, name: str | None) -> JobSpec:
    """The job of a file without errors; its diagnostics go to stderr."""
    if file == STDIN:
        result = check_text(read_stdin(), STDIN_NAME, read_options(Path.cwd(), variables, dialect))
    else:
        path = Path(file)
        result = check_file(path, read_options(path.absolute().parent, variables, dialect))
    if result.diagnostics:
        width = shutil.get_terminal_size((120, 24)).columns
        sys.stderr.write(render_text(result.diagnostics, colour=has_colour(sys.stderr), width=width))
    if result.job is None:
        raise SpecUnusable(f"{file} has errors, so there is no plan", hint="flowdeck check shows what is wrong")
    job = conceal(result.job, {**result.document.environment_used, **variables})
    return job if name is None else msgspec.structs.replace(job, name=name)


def _other_file(file: str, variables: dict[str, str], dialect: str | None, name: str | None) -> _Known:
    job = _job(file, variables, dialect, name)
    return _Known(job, job.content_hash(), {"file": file})


def _running(name: str, session: Session) -> _Known | None:
    """The current generation of the daemon's job of exactly this name, if there is a daemon with such a job."""
    from runner.client import ApiError, DaemonUnreachable
    from runner.model import DesiredState

    try:
        with session.client(start=False) as client:
            job = client.job(name)
            generation = client.generation(job.id, job.generation)
    except DaemonUnreachable:
        say("no daemon is running, so the file is compared with nothing")
        return None
    except ApiError as error:
        if error.code == "not-found":
            return None
        raise
    if job.name != name:  # the reference meant the id of another job
        return None
    spec = msgspec.convert(generation.spec, JobSpec)
    where = {"job_id": job.id, "generation": generation.number}
    runs = job.desired_state is DesiredState.RUNNING
    return _Known(spec, generation.content_hash, where, generation.number, runs)


def _headline(plan: Plan, job: JobSpec, known: _Known | None) -> list[str]:
    name = safe(job.name)
    if known is None:
        return [f"{name}: {Effect.NEW}; flowdeck submit makes it"]
    if plan.effect is Effect.NONE:
        return [f"{name}: {Effect.NONE}; the file means what {_called(known)} means"]
    return [f"{name}: {plan.effect}; {_consequence(plan.effect, known, in_place=plan.in_place)}"]


def _called(known: _Known) -> str:
    return "the old one" if known.generation is None else f"generation {known.generation}"


def _consequence(effect: Effect, known: _Known, *, in_place: bool) -> str:
    if known.generation is not None and not known.is_to_run:
        if effect is Effect.BREAKING:
            return "the job is stopped, and can only start from the beginning with it"
        return f"the job is stopped; a start makes it generation {known.generation + 1}"
    if effect is Effect.BREAKING:
        return f"a reload is refused and {_called(known)} runs on; only a start from the beginning can take it"
    if in_place:
        return f"a reload lets {_called(known)} run on, and it takes this as it runs"
    return f"a reload stops {_called(known)} with a savepoint and goes on from it"


def _record(plan: Plan, job: JobSpec, known: _Known | None) -> dict[str, Any]:
    return {
        "format_version": 1,
        "job": job.name,
        "compared_with": known.where if known is not None else None,
        "effect": plan.effect,
        "changes": [
            {
                "path": change.path,
                "action": change.action,
                "effect": change.effect,
                "reason": change.reason,
                "before": shown_value(change.path, change.before),
                "after": shown_value(change.path, change.after),
            }
            for change in plan.changes
        ],
    }
