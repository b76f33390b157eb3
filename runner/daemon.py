"""The daemon's process: supervisor and API in one event loop on the main thread, ended by a signal or by POST /shutdown.

``python -P -m runner.daemon --home DIR`` is what runs in the background. :class:`EmbeddedDaemon` is the same daemon inside
the process of a ``flowdeck run``. The loop is always on the main thread: workers die with the thread that started their
fork server.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import faulthandler
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from runner.api.gateway import Gateway
from runner.api.listening import TcpSocket, listen_at, open_tcp
from runner.api.on_demand import serve_on_demand
from runner.daemon_log import configure_logging
from runner.endpoint import TcpListening, parse_listen
from runner.home import Home
from runner.model import ErrorInfo
from runner.near_client import NearClient
from runner.reload_options import ReloadOptions, parse_settings
from runner.supervisor.audit import DAEMON
from runner.supervisor.hidden_environment import hide_variables
from runner.supervisor.limits import Limits
from runner.supervisor.sandbox import leave_no_core
from runner.supervisor.supervisor import Supervisor
from spec.errors import FlowdeckError, UsageError
from spec.job import RetentionSettings

_log = logging.getLogger("runner.daemon")  # not __main__, which it is in the background

T = TypeVar("T")

_EXIT_ENVIRONMENT = 2
_PATIENCE = 0.0005
"""Seconds for which a thread may keep the others waiting. Python's own are ten times as many, and a call that reads changes
threads a dozen times: beside a writer it would wait each time."""
_GARBAGE = (2_000, 4, 1_000)
"""What is known of jobs and executions makes many objects and hardly any garbage. Looking for it costs a microsecond for each
that is new, with everybody waiting: the sum does not depend on how often that is done, the longest wait does (10,000 objects
and five portions of them: 9 and 27 ms; with these 1 to 4 and 5 to 7 ms). All of them are looked at once in some million."""


@contextlib.asynccontextmanager
async def running_daemon(
    home: Home,
    watch: Sequence[Path],
    closing: asyncio.Event,
    *,
    embedded: bool,
    listen: TcpListening | None = None,
    reload: ReloadOptions | None = None,
    retention: RetentionSettings | None = None,
) -> AsyncIterator[Gateway]:
    """The daemon of ``home``, answering on its socket, and on the TCP address ``listen``, while the context is open; sets
    ``closing`` when it is told to end. ``retention``: what is kept of jobs that say nothing about it. Yields what its routes
    are given.

    Raises what opening the home and the store raises (:class:`runner.home.HomeLocked` and others). On leaving, workers are
    stopped; their executions stay on record, and the next daemon resumes them from their last checkpoint.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            limits = Limits().retaining(retention or RetentionSettings())
            opening = Supervisor.open(home, watch=watch, reload=reload, limits=limits, embedded=embedded)
            supervisor = await stack.enter_async_context(opening)
            tcp = None if listen is None else open_tcp(_with_roots(listen, home), supervisor.keys)
        except FlowdeckError as error:
            error.exit_code = _EXIT_ENVIRONMENT  # whatever keeps a daemon from starting is not the work's failure
            raise
        url = "" if tcp is None else tcp.url
        gateway = Gateway(
            service=supervisor.service,
            keys=supervisor.keys,
            audit=supervisor.audit,
            repeats=supervisor.repeats,
            reloader=supervisor.reloader,
            listening=url,
            closing=closing,
        )
        api = await stack.enter_async_context(_answering(gateway, listen_at(home.socket_path), tcp, embedded=embedded))
        api.add_done_callback(lambda _task: closing.set())
        _log.info("the daemon answers on %s, process %d", " and ".join(filter(None, [str(home.socket_path), url])), os.getpid())
        await supervisor.audit.note(DAEMON, "daemon started", f"process {os.getpid()}")
        yield gateway
        await supervisor.audit.note(DAEMON, "daemon ended", f"process {os.getpid()}")
        _log.info("the daemon ends")


def _with_roots(listen: TcpListening, home: Home) -> TcpListening:
    """Savepoints may always be named below the home's directory of them."""
    return dataclasses.replace(listen, roots=(home.savepoints, *listen.roots))


def _answering(
    gateway: Gateway, owners: socket.socket, tcp: TcpSocket | None, *, embedded: bool
) -> contextlib.AbstractAsyncContextManager[asyncio.Future[None]]:
    """The API, at once or, when whoever needs this daemon has no need of HTTP, once somebody asks."""
    if embedded and tcp is None:
        return serve_on_demand(gateway, owners)
    from runner.api.server import serve  # the HTTP server and its libraries

    return serve(gateway, owners, tcp)


class EmbeddedDaemon:
    """A daemon that lives as long as one piece of foreground work in the same process."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def run(self, work: Callable[[NearClient], T]) -> T:
        """Do ``work`` in a thread while the daemon runs on this, the main thread; returns what it returns.

        ``work`` talks to the daemon through the client that it is given. When the daemon is told to end first, the client's
        calls fail with ``DaemonUnreachable`` and ``work`` has to end too.
        """
        _require_main_thread()
        self._home.create()
        configure_logging(self._home.daemon_log, foreground=False)
        return asyncio.run(self._run(work))

    async def _run(self, work: Callable[[NearClient], T]) -> T:
        closing = asyncio.Event()
        async with running_daemon(self._home, (), closing, embedded=True) as gateway:
            client = NearClient(gateway)
            done = asyncio.ensure_future(asyncio.to_thread(work, client))
            told = asyncio.ensure_future(closing.wait())
            await asyncio.wait({done, told}, return_when=asyncio.FIRST_COMPLETED)
            told.cancel()
            await client.close()
        return await done


def run_daemon(
    home: Home,
    watch: Sequence[Path],
    *,
    foreground: bool,
    listen: TcpListening | None = None,
    reload: ReloadOptions | None = None,
    retention: RetentionSettings | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Be the daemon of ``home`` until a signal (TERM, INT, HUP) or a request ends it. Main thread only.

    ``ready`` is called once it answers. Raises what opening the home and the store raises.
    """
    _require_main_thread()
    leave_no_core()
    hide_variables()
    home.create()
    configure_logging(home.daemon_log, foreground=foreground)
    asyncio.run(_run_until_told(home, watch, listen, reload, retention, ready))


async def _run_until_told(
    home: Home,
    watch: Sequence[Path],
    listen: TcpListening | None,
    reload: ReloadOptions | None,
    retention: RetentionSettings | None,
    ready: Callable[[], None],
) -> None:
    closing = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, closing.set)
    async with running_daemon(home, watch, closing, embedded=False, listen=listen, reload=reload, retention=retention):
        _keep_pauses_short()
        ready()
        await closing.wait()


def _keep_pauses_short() -> None:
    """What is there once the daemon is open stays until its end: it is not to be searched for garbage."""
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    sys.setswitchinterval(_PATIENCE)


def _require_main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise UsageError("the daemon's event loop must run on the main thread of its process")


class _Report:
    """The pipe to the process that started this one: closed when the daemon answers, an error as JSON when it never will."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        if descriptor is not None:
            os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no keyword

    def close(self) -> None:
        """Nothing more to say."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def fail(self, error: ErrorInfo) -> None:
        """Say why; nobody may be listening any more."""
        if self._descriptor is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._descriptor, msgspec.json.encode(error))
        self.close()


def _listening(chosen: argparse.Namespace) -> TcpListening | None:
    if chosen.listen is None:
        return None
    return TcpListening(
        chosen.listen,
        chosen.tls_certificate,
        chosen.tls_key,
        insecure=chosen.insecure,
        needs_key=not chosen.no_key,
        names=tuple(chosen.host_name),
        roots=tuple(chosen.root),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the background process; returns its exit status: 0 when it was told to end, 2 when it could not start."""
    parser = argparse.ArgumentParser(prog="python -m runner.daemon")
    parser.add_argument("--home", required=True, type=Path)
    parser.add_argument("--watch", action="append", default=[], type=Path)
    parser.add_argument("--watch-submitted", action="store_true")
    parser.add_argument("--reload", action="append", default=[])
    parser.add_argument("--retain-executions", type=int)
    parser.add_argument("--retain-days", type=float)
    parser.add_argument("--listen", type=parse_listen)
    parser.add_argument("--tls-certificate", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--insecure", action="store_true")
    parser.add_argument("--no-key", action="store_true")
    parser.add_argument("--host-name", action="append", default=[])
    parser.add_argument("--root", action="append", default=[], type=Path)
    parser.add_argument("--report", type=int, help="descriptor of a pipe that hears when the daemon answers, or why not")
    chosen = parser.parse_args(arguments)
    faulthandler.enable()
    report = _Report(chosen.report)
    try:
        reload = ReloadOptions(chosen.watch_submitted, parse_settings(chosen.reload))
        run_daemon(
            Home(chosen.home),
            chosen.watch,
            foreground=False,
            listen=_listening(chosen),
            reload=reload,
            retention=RetentionSettings(executions=chosen.retain_executions, days=chosen.retain_days),
            ready=report.close,
        )
    except FlowdeckError as error:
        report.fail(ErrorInfo(code=error.code, message=error.message, hint=error.hint))
        sys.stderr.write(f"{error.message}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the boundary of the process: the log is the only place that can tell
        report.fail(ErrorInfo(code="internal", message=f"{type(error).__name__}: {error}"))
        _log.exception("the daemon failed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
