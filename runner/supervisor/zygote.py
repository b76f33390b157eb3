"""The fork server: a process that has the heavy libraries imported and forks one worker per request.

Started as ``python -P -m runner.supervisor.zygote DESCRIPTOR PARENT`` with one end of a socketpair and its parent's process id.
It opens no database and starts no thread, so that its children begin from a clean state; it dies with its parent. The other end
is :mod:`runner.supervisor.fork_server`; what they say to each other is in :mod:`runner.supervisor.fork_protocol`.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import faulthandler
import gc
import importlib
import os
import pkgutil
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from runner.supervisor.fork_protocol import (
    Forked,
    ForkFailed,
    ForkRequest,
    FrameReader,
    Hello,
    WorkerEnded,
    ZygoteMessage,
    decode_request,
    encode,
)
from runner.supervisor.hidden_environment import hide_variables
from runner.supervisor.sandbox import confine_process
from schemas.loader import plugin_names

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_INTERNAL_ERROR = 70
# How long the processes that a worker has left behind may take to be gone after SIGKILL before its end is told all the same.
_STRAY_PATIENCE = 2.0
_STRAY_LOOK = 0.005
# SIGPIPE stays ignored, as Python has it: a write to a closed socket is an error, not a death.
_RESET_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP)

# Libraries that would start threads while they are imported (linear algebra, an allocator that is not even used): a fork keeps
# none of them.
NO_THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}

RunWorker = Callable[[socket.socket], int]


class Zygote:
    """Forks workers for the process at the other end of ``connection`` and tells it how they end."""

    def __init__(self, connection: socket.socket, run_worker: RunWorker) -> None:
        self._connection = connection
        self._run_worker = run_worker
        self._reader = FrameReader()
        self._descriptors: list[int] = []
        self._children: set[int] = set()
        self._wake_reader, self._wake_writer = socket.socketpair()

    def serve(self) -> None:
        """Until the other end closes. In a forked child this never returns."""
        self._listen_for_children()
        self._send(Hello(os.getpid(), sink_limits()))
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            try:
                while self._serve_once(selector):
                    self._reap()
            except ConnectionError:  # the parent died in the middle of a message
                pass
        self._kill_children()

    def _listen_for_children(self) -> None:
        """A child's death makes the wake-up socket readable; the handler itself has nothing to do."""
        self._wake_reader.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._wake_writer.setblocking(False)  # noqa: FBT003
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)

    def _serve_once(self, selector: selectors.BaseSelector) -> bool:
        alive = True
        for key, _ in selector.select():
            if key.fileobj is self._wake_reader:
                with contextlib.suppress(BlockingIOError):
                    self._wake_reader.recv(4096)
            else:
                alive = self._receive()
        return alive

    def _receive(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._connection, 65536, 16)
        self._descriptors.extend(descriptors)
        for body in self._reader.feed(data):
            self._fork(decode_request(body), self._descriptors.pop(0))
        return bool(data)

    def _fork(self, request: ForkRequest, descriptor: int) -> None:
        zygote = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(descriptor)
            self._send(ForkFailed(request.request, os.strerror(error.errno or errno.EAGAIN)))
            return
        if pid == 0:
            _become_worker(descriptor, request.errors_file, zygote, self._run_worker)
        os.close(descriptor)
        self._children.add(pid)
        self._send(Forked(request.request, pid))

    def _reap(self) -> None:
        while (pid := _ended_child()) is not None:
            if pid in self._children:  # still a zombie: nobody else can have its number, nor its group's
                _kill_group(pid)
            _, status = os.waitpid(pid, 0)
            if pid in self._children:
                self._children.discard(pid)
                self._end_strays()
                self._send(WorkerEnded(pid, os.waitstatus_to_exitcode(status)))

    def _end_strays(self) -> None:
        """Kill what workers have left behind: a living worker keeps its descendants, so all other children are of dead ones."""
        deadline = time.monotonic() + _STRAY_PATIENCE
        while strays := children_of_this_process() - self._children:
            for pid in strays:  # children of ours: no other process can take the number before we wait for it
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > deadline:
                return
            time.sleep(_STRAY_LOOK)

    def _kill_children(self) -> None:
        """Where no parent-death signal exists this is what ends the workers' whole groups."""
        for pid in self._children:
            _kill_group(pid)
        while self._children and (ended := _ended_child(wait=True)) is not None:
            os.waitpid(ended, 0)
            self._children.discard(ended)
        self._end_strays()

    def _send(self, message: ZygoteMessage) -> None:
        self._connection.sendall(encode(message))


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _ended_child(*, wait: bool = False) -> int | None:
    """A child that has ended and is not waited for yet, None when there is none."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | (0 if wait else os.WNOHANG))
    except ChildProcessError:
        return None
    return None if found is None else found.si_pid


def children_of_this_process() -> set[int]:
    """The process ids of all children, zombies included."""
    try:
        return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()))
    except OSError:
        import psutil

        return {child.pid for child in psutil.Process().children()}


def adopt_orphans() -> None:
    """Ask the kernel that whoever among this process's descendants loses its parent becomes its child. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when the thread that started it ends, and exit if that has happened already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _become_worker(descriptor: int, errors_file: str, zygote: int, run_worker: RunWorker) -> NoReturn:
    """In the child: cut every tie to the fork server, then work. Leaves by ``os._exit``, so nothing inherited is torn down."""
    status = _INTERNAL_ERROR
    try:
        os.setsid()
        die_with_parent(zygote)
        adopt_orphans()
        signal.set_wakeup_fd(-1)
        for number in _RESET_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        _redirect_output(errors_file)
        close_all_but(descriptor)
        faulthandler.enable()
        status = run_worker(socket.socket(fileno=descriptor))
    except BaseException:  # noqa: BLE001 - the process boundary: whatever it is goes to the errors file
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _redirect_output(errors_file: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    errors = os.open(errors_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    os.dup2(nothing, 0)
    os.dup2(errors, 1)
    os.dup2(errors, 2)


def close_all_but(descriptor: int) -> None:
    """Close every file but the standard ones and this."""
    listing = Path("/proc/self/fd") if sys.platform == "linux" else Path("/dev/fd")
    for name in os.listdir(listing):  # noqa: PTH208 - names are wanted, not paths
        number = int(name)
        if number > 2 and number != descriptor:
            with contextlib.suppress(OSError):  # the descriptor of the listing itself is closed by now
                os.close(number)


def sink_limits() -> dict[str, int]:
    """How many workers may write to a sink at once, by plugin name, for the sinks that have a limit."""
    from runner.connectors.base import PluginError
    from runner.connectors.registry import sink_class

    limits = {}
    for name in plugin_names("sink"):
        with contextlib.suppress(PluginError, ImportError):  # a sink of another engine, or one that cannot be used here
            limit = sink_class(name).maximum_workers
            if limit is not None:
                limits[name] = limit
    return limits


def import_plugins(seldom: tuple[str, ...] = ()) -> None:
    """Import every connector and transform now, so that no worker has to, except the modules that begin with one of ``seldom``.
    One that cannot be imported is left to the jobs that use it to complain about."""
    for package in ("runner.connectors", "runner.transforms"):
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.startswith(seldom):
                with contextlib.suppress(ImportError):
                    importlib.import_module(module.name)


def load_workers(seldom: tuple[str, ...] = ()) -> RunWorker:
    """Import all that workers need, except the plugins of ``seldom``."""
    os.environ.update(NO_THREADS)
    gc.disable()  # next to nothing of what is imported is garbage, and looking for it takes a tenth of the time

    from runner.worker.main import run_worker

    import_plugins(seldom)
    gc.freeze()
    gc.enable()
    return run_worker


def main() -> NoReturn:
    """Serve until the parent closes its end or dies."""
    status = _INTERNAL_ERROR
    try:
        _serve_parent()
        status = 0
    except BaseException:  # noqa: BLE001 - the process boundary: whatever it is goes to the daemon's log
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)  # the libraries complain at length when their modules are torn down


def _serve_parent() -> None:
    descriptor, parent = (int(argument) for argument in sys.argv[1:3])
    die_with_parent(parent)
    confine_process()
    hide_variables()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the daemon's business
    run_worker = load_workers()
    adopt_orphans()
    with socket.socket(fileno=descriptor) as connection:
        Zygote(connection, run_worker).serve()


if __name__ == "__main__":
    main()
