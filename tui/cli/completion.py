"""The command completion, and what completes JOB on the command line."""

from __future__ import annotations

import contextlib

import click
from click.shell_completion import CompletionItem, get_completion_class

from spec.errors import FlowdeckError
from tui.cli.session import Session
from tui.cli.terminal import clean_line, write_data

_SHELLS = ("bash", "zsh", "fish")
_PROGRAM = "flowdeck"
_VARIABLE = "_FLOWDECK_COMPLETE"
_SHOWN = 200


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
    """The names of jobs that begin so, when a daemon is up; it is not started, and nothing is said when something fails."""
    with contextlib.suppress(FlowdeckError, OSError):
        session = context.find_object(Session) or Session()
        with session.client(start=False, timeout=1.0) as client:
            jobs = client.jobs(limit=_SHOWN).jobs
        return [CompletionItem(clean_line(job.name), help=job.id) for job in jobs if job.name.startswith(incomplete)]
    return []
