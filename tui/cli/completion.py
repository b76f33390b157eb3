"""The command completion, and what completes JOB on the command line."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from spec.errors import FlowdeckError
from tui.cli.session import Session
from tui.cli.terminal import clean_line, write_data

if TYPE_CHECKING:
    from runner.client import Client

_SHELLS = ("bash", "zsh", "fish")
_PROGRAM = "flowdeck"
_VARIABLE = "_FLOWDECK_COMPLETE"
_SHOWN = 200
_PATIENCE = 1.0


@click.command("completion", short_help="Print the shell's completion of flowdeck.")
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(_SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> int:
    """Print what makes the shell complete commands, options and jobs.

    bash: eval "$(flowdeck completion bash)" in ~/.bashrc. zsh: the same with zsh in ~/.zshrc, after compinit. fish:
    flowdeck completion fish > ~/.config/fish/completions/flowdeck.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise FlowdeckError(f"there is no completion for {shell}", code="no-completion")
    write_data(found(context.find_root().command, {}, _PROGRAM, _VARIABLE).source())
    return 0


def complete_jobs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of jobs that begin so."""
    return _asked(context, lambda client: [(job.name, job.id) for job in client.jobs(limit=_SHOWN).jobs], incomplete)


def complete_queues(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of queues that begin so."""
    return _asked(context, lambda client: [(queue.name, "") for queue in client.queues()], incomplete)


def complete_workers(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of worker processes that begin so."""
    return _asked(context, lambda client: [(worker.name, worker.job_name) for worker in client.all_workers()], incomplete)


def complete_labels(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The labels that jobs have and that begin so."""
    return _asked(context, lambda client: sorted(_labels(client)), incomplete)


def complete_savepoints(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Savepoints as ``JOB/NUMBER``, their numbers when a job was named before."""
    job = _named_job(context)
    return _asked(context, lambda client: _savepoints(client, job), incomplete)


def complete_restore_points(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """`latest`, `none`, and the numbers of the job's savepoints."""
    fixed = [("latest", "the newest checkpoint or savepoint"), ("none", "the beginning")]
    job = _named_job(context)
    found = _asked(context, lambda client: _savepoints(client, job), incomplete) if job else []
    return [CompletionItem(name, help=text) for name, text in fixed if name.startswith(incomplete)] + found


def _named_job(context: click.Context) -> str | None:
    """The job that was named before. While an option waits for its value, click has not told arguments apart yet."""
    return context.params.get("job") or next(iter(context.args), None)


def _labels(client: Client) -> set[tuple[str, str]]:
    return {(f"{key}={value}", "") for job in client.jobs(limit=_SHOWN).jobs for key, value in job.labels.items()}


def _savepoints(client: Client, job: str | None) -> list[tuple[str, str]]:
    if job is not None:
        return [(str(found.id), found.description) for found in client.savepoints(job)]
    names = {found.id: found.name for found in client.jobs(limit=_SHOWN).jobs}
    return [(f"{names.get(found.job_id, found.job_id)}/{found.id}", found.description) for found in client.savepoints()]


def _asked(context: click.Context, ask: Callable[[Client], Iterable[tuple[str, str]]], incomplete: str) -> list[CompletionItem]:
    """What the daemon knows and begins so, each with a word about it. A daemon that is not up is not started, one that is slow
    is not waited for, and nothing is said when something fails: the shell shows a prompt meanwhile."""
    with contextlib.suppress(FlowdeckError, OSError):
        session = context.find_object(Session) or Session()
        with session.client(start=False, timeout=_PATIENCE) as client:
            found = [(clean_line(name), clean_line(text)) for name, text in ask(client)]
        return [CompletionItem(name, help=text or None) for name, text in found if name.startswith(incomplete)]
    return []
