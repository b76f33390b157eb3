"""The command `flowdeck`: the group of all commands; without one, the terminal UI."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from spec.errors import UsageError
from tui.cli.failures import guarded
from tui.cli.garbage import look_again
from tui.cli.lazy_group import LazyGroup
from tui.cli.options import home_option
from tui.cli.session import Session
from tui.cli.terminal import is_terminal

if TYPE_CHECKING:
    from tui.contexts import Place

GROUPS = {
    "Write job files": {
        "init": "tui.cli.init:init_command",
        "check": "tui.cli.check:check_command",
        "fmt": "tui.cli.fmt:fmt_command",
        "explain": "tui.cli.explain:explain_command",
        "schema": "tui.cli.schema:schema_command",
        "graph": "tui.cli.graph:graph_command",
        "convert": "tui.cli.convert:convert_command",
        "plan": "tui.cli.plan:plan_command",
        "lsp": "tui.cli.lsp:lsp_command",
    },
    "Run jobs": {
        "run": "tui.cli.run:run_command",
        "submit": "tui.cli.submit:submit_command",
        "start": "tui.cli.control:start_command",
        "restart": "tui.cli.control:restart_command",
        "recover": "tui.cli.recover:recover_command",
        "update": "tui.cli.update:update_command",
        "label": "tui.cli.labels:label_command",
        "rm": "tui.cli.jobs:rm_command",
        "undelete": "tui.cli.jobs:undelete_command",
    },
    "Steer what runs": {
        "stop": "tui.cli.control:stop_command",
        "cancel": "tui.cli.control:cancel_command",
        "pause": "tui.cli.control:pause_command",
        "resume": "tui.cli.control:resume_command",
        "savepoint": "tui.cli.control:savepoint_command",
        "savepoints": "tui.cli.savepoints:savepoints_command",
        "workers": "tui.cli.workers:workers_command",
        "queues": "tui.cli.queues:queues_command",
        "reload": "tui.cli.reload:reload_command",
    },
    "Look": {
        "ls": "tui.cli.jobs:ls_command",
        "show": "tui.cli.jobs:show_command",
        "top": "tui.cli.top:top_command",
        "web": "tui.cli.web:web_command",
        "logs": "tui.cli.logs:logs_command",
        "errors": "tui.cli.errors:errors_command",
        "metrics": "tui.cli.metrics:metrics_command",
        "samples": "tui.cli.samples:samples_command",
        "checkpoints": "tui.cli.checkpoints:checkpoints_command",
        "executions": "tui.cli.executions:executions_command",
        "operations": "tui.cli.operations:operations_command",
        "events": "tui.cli.events:events_command",
    },
    "The daemon": {
        "up": "tui.cli.daemon:up_command",
        "down": "tui.cli.daemon:down_command",
        "status": "tui.cli.daemon:status_command",
        "cluster": "tui.cli.cluster:cluster_command",
        "health": "tui.cli.cluster:health_command",
        "keys": "tui.cli.keys:keys_command",
        "audit": "tui.cli.audit:audit_command",
        "completion": "tui.cli.completion:completion_command",
    },
}
"""The commands by what people do with them, in the order of the help page."""

COMMANDS = {name: place for group in GROUPS.values() for name, place in group.items()}


def _print_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's callback
    if value and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"flowdeck {version('flowdeck')}")
        context.exit()


@click.group(
    cls=LazyGroup,
    lazy=GROUPS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@home_option
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print the version.")
@click.option(
    "--context", "context_name", metavar="NAME", default="", help="The terminal UI of a context of the settings file."
)
@click.option("--read-only", is_flag=True, help="The terminal UI, without anything that changes a job.")
@click.option("--plain", is_flag=True, help="Lines of words instead of a screen; with --once (the default) or --watch.")
@click.option("--once", is_flag=True, help="With --plain: one look.")
@click.option("--watch", is_flag=True, help="With --plain: a line for each change, until Ctrl-C.")
@click.pass_context
def flowdeck(
    context: click.Context, *, debug: bool, context_name: str, read_only: bool, plain: bool, once: bool, watch: bool
) -> int:
    """Write a data job in HOCON or JSON, check it like code, run it with exactly-once checkpoints.

    Without a command, the terminal UI opens.
    """
    session = context.ensure_object(Session)
    if session.alone:
        look_again()
    session.debug = debug
    session.command = context.invoked_subcommand or ""
    chosen = [f"--{name}" for name, value in (("context", context_name), ("read-only", read_only), ("plain", plain)) if value]
    if context.invoked_subcommand is not None:
        if chosen or once or watch:
            raise UsageError(f"{(chosen or ['--once or --watch'])[0]} is for the terminal UI, not for a command")
        return 0
    if plain:
        _write_plainly(session, context_name, once=once, watch=watch)
        return 0
    if once or watch:
        raise UsageError("--once and --watch go with --plain", hint="flowdeck --plain --watch")
    return _open_terminal_ui(session, context_name, read_only=read_only)


def _place(session: Session, context_name: str) -> Place:
    """The daemon that is meant. The settings are read only for a context."""
    from tui.contexts import Place, place_of

    if not context_name:
        return Place(session.home, session.server)
    from tui.settings.file import read_settings, settings_path

    return place_of(context_name, read_settings(settings_path()), session.home)


def _write_plainly(session: Session, context_name: str, *, once: bool, watch: bool) -> None:
    if once and watch:
        raise UsageError("either --once or --watch")
    from tui.cli.terminal import write_data
    from tui.data.daemon import Door
    from tui.plain import face

    place = _place(session, context_name)
    (face.watch if watch else face.once)(
        Door(place.home, place.server, "this only looks"), lambda line: write_data(f"{line}\n")
    )


def _open_terminal_ui(session: Session, context_name: str, *, read_only: bool) -> NoReturn:
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise UsageError(
            "the terminal UI needs a terminal, and this is none",
            hint="flowdeck --plain shows the same in lines, flowdeck ls lists the jobs, flowdeck --help lists the commands",
        )
    from tui.boot import open_ui
    from tui.contexts import Place

    open_ui(Place(session.home, session.server), context_name, read_only=read_only)


def run_command_line(arguments: Sequence[str] | None = None, *, alone: bool = False) -> int:
    """Run one command line (None: this process's) and return its exit code. ``alone``: the process does nothing else."""
    session = Session(alone=alone)

    def work() -> int:
        result = flowdeck.main(args=arguments, prog_name="flowdeck", standalone_mode=False, obj=session)
        return result if isinstance(result, int) else 0

    return guarded(work, session)


def main() -> NoReturn:
    """Entry of the script `flowdeck`."""
    status = run_command_line(alone=True)
    from tui.boot import leave

    leave(status)
