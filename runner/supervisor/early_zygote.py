"""The fork server in a process that was forked from a command (:mod:`runner.supervisor.early_fork`), not started anew.

It imports what workers need, waits until it is told its home, and then is like one that was started: its environment, output,
directory and what ``/proc`` says of it are its own. Everything it has of the command it gives up.
"""

from __future__ import annotations

import ctypes
import os
import socket
import traceback
from typing import NoReturn

import msgspec

from runner.supervisor.fork_protocol import HEADER, Beginning
from runner.supervisor.hidden_environment import hide_variables
from runner.supervisor.sandbox import confine_process
from runner.supervisor.shown_areas import arguments_area, environment_area
from runner.supervisor.zygote import NO_THREADS, Zygote, adopt_orphans, close_all_but, die_with_parent, load_workers

_FAILED = 70
_SELDOM = ("runner.connectors.fake", "runner.connectors.file.parquet_reader")
"""What costs much to import and one job is not likely to need: here is mostly one job, whose worker can do that."""


def wait_and_serve(connection: socket.socket, parent: int) -> NoReturn:
    """Be the fork server of the process ``parent``, which has just forked this one."""
    status = _FAILED
    try:
        die_with_parent(parent)
        run_worker = load_workers(_SELDOM)
        if (beginning := _receive(connection)) is not None:
            _settle(beginning, connection.fileno())
            confine_process()
            adopt_orphans()
            with connection:
                Zygote(connection, run_worker).serve()
        status = 0
    except BaseException:  # noqa: BLE001 - the process boundary: whatever it is goes to the daemon's log
        traceback.print_exc()
    finally:
        os._exit(status)


def _receive(connection: socket.socket) -> Beginning | None:
    """None when nobody wants this fork server."""
    with connection.makefile("rb", buffering=0) as stream:
        head = stream.read(HEADER.size)
        if not head:
            return None
        body = b""
        (length,) = HEADER.unpack(head)
        while len(body) < length:
            more = stream.read(length - len(body))
            if not more:
                return None
            body += more
    return msgspec.json.decode(body, type=Beginning)


def _settle(beginning: Beginning, descriptor: int) -> None:
    os.setsid()
    os.chdir(beginning.home)
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(beginning.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    close_all_but(descriptor)
    _take_environment(beginning.environment)


def _take_environment(environment: dict[str, str]) -> None:
    """Have no other variables, and show no others: who looks at this process from outside sees what it was started with, which
    is where its mark is looked for, and where nobody else's secrets belong. What has no room there is not shown."""
    os.environ.clear()  # the C library's own list with it: from here on it points to no byte of what is overwritten
    os.environ.update(environment)
    os.environ.update(NO_THREADS)
    _overwrite(environment_area(), [os.fsencode(f"{name}={value}") for name, value in environment.items()])
    hide_variables()
    _overwrite(arguments_area(), [b"flowdeck", b"-m", b"runner.supervisor.zygote"])


def _overwrite(area: tuple[int, int], texts: list[bytes]) -> None:
    begin, end = area
    ctypes.memset(begin, 0, end - begin)
    at = begin
    for text in texts:
        if at + len(text) + 1 > end:
            return
        ctypes.memmove(at, text, len(text))
        at += len(text) + 1
