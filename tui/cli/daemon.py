"""Commands about the daemon: up, down, status."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import click

from runner.client import Client, DaemonUnreachable
from runner.endpoint import ListenAddress, parse_listen
from runner.home import Home
from runner.launch import start_daemon
from runner.model import DaemonStatus
from runner.reload_options import ReloadOptions, parse_settings
from spec.errors import FlowdeckError, UsageError
from spec.job import RetentionSettings
from tui.cli import figures
from tui.cli.failures import EXIT_FAILED
from tui.cli.json_output import print_json, to_plain
from tui.cli.listening import chosen_listening, listen_options, tell_who_may
from tui.cli.options import home_option, output_option
from tui.cli.session import Session, current_session
from tui.cli.tables import print_pairs
from tui.cli.terminal import say, write_data

_PROBE_SECONDS = 5.0
_DOWN_SECONDS = 60.0
_POLL_SECONDS = 0.05


@click.command("up", short_help="Start the daemon.")
@click.option("--foreground", is_flag=True, help="Stay in the foreground and log to stderr.")
@click.option(
    "--watch",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path, exists=True, readable=True),
    help="Submit the job files below the directory PATH, or the one job file, and follow their changes. May be repeated.",
)
@click.option("--watch-submitted", is_flag=True, help="Follow the files that jobs are submitted from, too.")
@click.option(
    "--reload",
    "reload",
    multiple=True,
    metavar="OPTION=VALUE",
    help="What counts for hot reload where a job file does not say: approval=manual, say. May be repeated.",
)
@click.option(
    "--retain-executions",
    type=click.IntRange(1, 100_000),
    metavar="N",
    help="Keep the newest N executions of each job that says nothing about it; 100 when it is left out.",
)
@click.option(
    "--retain-days",
    type=click.FloatRange(0, 36_500, min_open=True),
    metavar="N",
    help="Keep executions that are over for N days, those of jobs that say nothing about it; for any time when it is left out.",
)
@listen_options
@home_option
def up_command(
    *,
    foreground: bool,
    watch: tuple[Path, ...],
    watch_submitted: bool,
    reload: tuple[str, ...],
    retain_executions: int | None,
    retain_days: float | None,
    **tcp: Any,
) -> int:
    """Start the daemon of this home in the background; say so when it is already running."""
    listening = chosen_listening(**tcp)
    retention = RetentionSettings(executions=retain_executions, days=retain_days)
    options = ReloadOptions(watch_submitted, parse_settings(reload))
    home = current_session().own_home()
    directories = tuple(path.resolve() if path.is_dir() else path.absolute() for path in watch)
    if foreground:
        from runner.daemon import run_daemon  # the whole daemon: only for those who want it in this process

        run_daemon(home, directories, foreground=True, listen=listening, reload=options, retention=retention)
        return 0
    if (running := _running(home)) is not None:
        _check_same(running, directories, listening.address if listening else None)
        if retention != RetentionSettings():
            raise UsageError(
                f"the daemon is already running (process {running.pid}), and keeps what it was told when it was started",
                hint="flowdeck down, then flowdeck up with what it is to keep",
            )
        say(f"the daemon is already running (process {running.pid})")
        _print_address(home, running)
        return 0
    start_daemon(home, watch=directories, listen=listening, reload=options, retention=retention)
    with Client.connect(home, start=False) as client:
        started = client.status()
        _print_address(home, started)
        if listening is not None:
            tell_who_may(client, listening)
    return 0


@click.command("down", short_help="Stop the daemon.")
@home_option
def down_command() -> int:
    """Stop the daemon of this home and wait until it has ended. Running jobs go on when the next daemon starts."""
    home = current_session().own_home()
    running = _running(home)
    if running is None:
        say(f"no daemon is running for the home {home.path}")
        return 0
    if running.embedded:
        raise _held_by_run(running)
    with Client(home) as client:
        client.shutdown()
    deadline = time.monotonic() + _DOWN_SECONDS
    while home.holder() == running.pid:
        if time.monotonic() > deadline:
            raise FlowdeckError(
                f"the daemon (process {running.pid}) has not ended after {_DOWN_SECONDS:.0f} seconds",
                hint=f"its log is {home.daemon_log}; kill -KILL {running.pid} is safe: jobs go on from their checkpoints",
            )
        time.sleep(_POLL_SECONDS)
    say(f"the daemon (process {running.pid}) has ended" + _unfinished_note(running))
    return 0


@click.command("status", short_help="Show the daemon.")
@output_option
@home_option
def status_command(output: str) -> int:
    """Show the daemon of this home; exit code 1 when none is running."""
    session = current_session()
    if session.server is not None:
        return _tell_elsewhere(session, output)
    home = session.home
    running = _running(home)
    if output == "json":
        found = to_plain(running) if running is not None else {"home": str(home.path)}
        print_json({"is_running": running is not None, **found, "socket": str(home.socket_path)})
    elif running is None:
        say(f"no daemon is running for the home {home.path}; flowdeck up starts one")
    else:
        _print_status(running, home)
    return 0 if running is not None else EXIT_FAILED


def _tell_elsewhere(session: Session, output: str) -> int:
    with session.client() as client:
        running = client.status()
    if output == "json":
        print_json({"is_running": True, **to_plain(running)})
    else:
        _print_status(running)
    return 0


def _running(home: Home) -> DaemonStatus | None:
    """The daemon's status; None when there is none. Raises when one holds the home and does not answer."""
    try:
        with Client.connect(home, start=False, timeout=_PROBE_SECONDS) as client:
            return client.status()
    except DaemonUnreachable as error:
        holder = home.holder()
        if holder is None:
            return None
        error.hint = f"process {holder} holds the home: wait for it, or end it with kill {holder}"
        raise


def _check_same(running: DaemonStatus, watch: tuple[Path, ...], address: ListenAddress | None) -> None:
    if running.embedded:
        raise _held_by_run(running)
    if address is not None and not _listens(running, address):
        raise UsageError(
            f"the daemon is already running (process {running.pid}) and listens on {running.listening or 'no TCP address'}",
            hint="flowdeck down, then flowdeck up with the address you want",
        )
    if watch and {os.path.realpath(entry) for entry in running.watching} != {os.path.realpath(path) for path in watch}:
        watching = ", ".join(running.watching) or "nothing"
        raise UsageError(
            f"the daemon is already running (process {running.pid}) and watches {watching}",
            hint="flowdeck down, then flowdeck up with the directories you want",
        )


def _held_by_run(running: DaemonStatus) -> UsageError:
    return UsageError(
        f"the home is in use by a `flowdeck run` (process {running.pid}), whose daemon ends with it",
        hint="wait until it ends, or press Ctrl-C there",
    )


def _unfinished_note(running: DaemonStatus) -> str:
    if not running.running:
        return ""
    jobs = "1 running job goes" if running.running == 1 else f"{running.running} running jobs go"
    return f"; {jobs} on when the next daemon starts"


def _listens(running: DaemonStatus, address: ListenAddress) -> bool:
    """Whether it listens there; port 0 means any, a name any of its addresses."""
    if not running.listening:
        return False
    actual = parse_listen(running.listening.partition("://")[2])
    return address.address in {actual.address, "localhost"} and address.port in {0, actual.port}


def _print_address(home: Home, running: DaemonStatus) -> None:
    write_data(f"home    {home.path}\npid     {running.pid}\nsocket  {home.socket_path}\n")
    if running.listening:
        write_data(f"url     {running.listening}\n")


def _print_status(running: DaemonStatus, home: Home | None = None) -> None:
    kind = " (inside a `flowdeck run`)" if running.embedded else ""
    print_pairs(
        (
            ("home", running.home),
            ("pid", f"{running.pid}{kind}"),
            *([("socket", str(home.socket_path))] if home else []),
            ("url", running.listening or "none"),
            ("version", running.version),
            ("uptime", figures.duration(running.uptime)),
            ("jobs", f"{running.jobs}, {running.running} running"),
            ("workers", " ".join(str(pid) for pid in running.worker_pids) or "none"),
            ("memory", figures.size(running.memory_bytes)),
            ("watching", ", ".join(running.watching) or "nothing"),
        )
    )
