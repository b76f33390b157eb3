"""A small supervisor for tests: speaks the protocol with real worker processes and keeps checkpoints in memory."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from runner.model import CheckpointKind, ErrorInfo, LogLine, RejectedRows, Rejection, merged_rejections
from runner.protocol import (
    FRAME_HEADER,
    Abort,
    Barrier,
    Committed,
    Complete,
    Enumerate,
    Enumerated,
    Failed,
    Heartbeat,
    NoMoreSplits,
    OperatorState,
    PluginCounters,
    Prepared,
    Ready,
    Recover,
    Recovered,
    Settle,
    SinkToken,
    Split,
    SplitAssigned,
    SplitRequest,
    Start,
    SupervisorMessage,
    WorkerMessage,
    decode_worker_message,
    encode_frame,
)
from spec.job import JobMode, JobSpec

DEADLINE = 60.0


class WorkerGone(Exception):
    """A worker closed its socket."""


class JobFailed(Exception):
    """A worker sent Failed."""

    def __init__(self, error: ErrorInfo, *, retriable: bool) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.error = error
        self.retriable = retriable


class ForkServer:
    """Starts worker processes quickly."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        script = Path(__file__).with_name("fork_server.py")
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        self._process = subprocess.Popen([sys.executable, "-P", str(script)], stdin=theirs, env=environment)
        theirs.close()

    def fork(self) -> tuple[int, socket.socket]:
        """A worker's pid and the supervisor's end of its socketpair."""
        ours, theirs = socket.socketpair()
        socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
        theirs.close()
        return int(self._control.recv(64)), ours

    def wait(self, pid: int) -> int:
        """The exit status of a worker that has ended or is about to."""
        self._control.sendall(f"wait {pid}".encode())
        return int(self._control.recv(64))

    def close(self) -> None:
        """End the server; workers that still run are its orphans."""
        self._control.close()
        self._process.wait(timeout=DEADLINE)


@dataclass
class CheckpointState:
    """What a completed checkpoint consists of."""

    id: int = 0
    splits: dict[str, dict[str, Split]] = field(default_factory=dict)
    states: list[OperatorState] = field(default_factory=list)
    tokens: list[SinkToken] = field(default_factory=list)
    rows_in: int = 0
    rows_out: int = 0
    rejected: tuple[RejectedRows, ...] = ()
    rejections: tuple[Rejection, ...] = ()


class WorkerHandle:
    """One worker process."""

    def __init__(self, number: int, pid: int, connection: socket.socket) -> None:
        self.number = number
        self.pid = pid
        self.socket = connection
        self.drained = False
        self.committed: int | None = None
        self.ended = False
        self.heartbeat: Heartbeat | None = None
        self._buffer = bytearray()

    def receive(self) -> list[WorkerMessage]:
        """The messages that have arrived; blocks for the first bytes. Raises WorkerGone."""
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:  # it was killed before it had read what was sent to it
            raise WorkerGone from None
        if not data:
            raise WorkerGone
        self._buffer += data
        messages = []
        while len(self._buffer) >= FRAME_HEADER.size:
            (length,) = FRAME_HEADER.unpack(self._buffer[: FRAME_HEADER.size])
            end = FRAME_HEADER.size + length
            if len(self._buffer) < end:
                break
            messages.append(decode_worker_message(bytes(self._buffer[FRAME_HEADER.size : end])))
            del self._buffer[:end]
        return messages

    def kill(self) -> None:
        """Kill -9."""
        os.kill(self.pid, signal.SIGKILL)


class _Killed(Exception):
    """All workers were killed."""


class Coordinator:
    """Runs attempts of one job. ``checkpoint`` is the newest completed one; ``uncommitted`` are tokens to commit again."""

    def __init__(self, server: ForkServer, job: JobSpec, directory: Path, *, workers: int = 1) -> None:
        self.server = server
        self.job = job
        self.directory = directory
        self.log_file = directory / "execution.jsonl"
        self.workers = workers
        self.attempt = 0
        self.checkpoint = CheckpointState()
        self.history: list[CheckpointState] = []
        self.uncommitted: dict[int, list[SinkToken]] = {}
        self.next_checkpoint = 1
        self.handles: list[WorkerHandle] = []
        self.job_id = "job-1"
        self.execution = "execution-1"
        self.hook: Callable[[str, int], None] = lambda point, checkpoint: None
        self._pending: deque[Split] = deque()
        self._rejected_before: tuple[RejectedRows, ...] = ()
        self._stop = 0
        self._listed = False
        self._early_requests: list[tuple[WorkerHandle, str]] = []
        self._known: dict[str, dict[str, Split]] = {}
        self._inbox: deque[WorkerMessage] = deque()
        self.exit_statuses: list[int] = []
        self.last_prepared: list[Prepared] = []
        self.last_committed: list[Committed] = []

    # an attempt

    def start(self) -> None:
        """Start the workers, recover, and hand out splits on demand."""
        self.attempt += 1
        self.close()
        self._inbox.clear()
        self._listed = False
        self._early_requests = []
        self._rejected_before = self.checkpoint.rejected
        self.handles = [WorkerHandle(number, *self.server.fork()) for number in range(self.workers)]
        for handle in self.handles:
            self._send(handle, Start, **self._start_fields())
        for _ in self.handles:
            self.expect(Ready)
        tokens = [token for checkpoint in sorted(self.uncommitted) for token in self.uncommitted[checkpoint]]
        fresh = self.checkpoint.id == 0
        self._send(self.handles[0], Recover, tokens=tokens, fresh=fresh)
        self.expect(Recovered)
        self.uncommitted.clear()
        if fresh:
            self._send(self.handles[0], Enumerate)
            splits = self.expect(Enumerated).splits
        else:
            splits = [split for source in self.checkpoint.splits.values() for split in source.values()]
        self._known = {}
        for split in splits:
            self._known.setdefault(split.source, {})[split.id] = split
        self._pending = deque(split for split in splits if not split.finished)
        self._listed = True
        for handle, source in self._early_requests:
            self._answer(handle, source)

    def settle(self) -> int:
        """Have a worker put the outputs in order that runs nothing; its exit status."""
        self.attempt += 1
        self.handles = [WorkerHandle(0, *self.server.fork())]
        tokens = [token for checkpoint in sorted(self.uncommitted) for token in self.uncommitted[checkpoint]]
        fields = {name: self._start_fields()[name] for name in ("job", "job_id", "log_file", "base_directory")}
        self._send(self.handles[0], Settle, tokens=tokens, **fields)
        try:
            self.expect(Recovered)
        finally:
            self.close()
        return self.server.wait(self.handles[0].pid)

    def begin_stop(self) -> int:
        """Send a barrier that stops; its number. Nothing is waited for."""
        number = self.next_checkpoint
        self.next_checkpoint += 1
        for handle in self.handles:
            self._send(handle, Barrier, checkpoint=number, kind=CheckpointKind.SAVEPOINT, stop=True)
        return number

    def begin_commit(self, state: CheckpointState) -> None:
        """Send the word to commit; nothing is waited for."""
        for handle in self.handles:
            self._send(handle, Complete, checkpoint=state.id)

    def next_heartbeat(self) -> None:
        """Serve the workers until each has sent another heartbeat."""
        former = [handle.heartbeat for handle in self.handles]
        self.wait_until(lambda: all(handle.heartbeat is not seen for handle, seen in zip(self.handles, former, strict=True)))

    def send_all(self, message_type: type[SupervisorMessage], /, **fields: Any) -> None:
        """Send every worker a message of this type."""
        for handle in self.handles:
            self._send(handle, message_type, **fields)

    def _start_fields(self) -> dict[str, Any]:
        return {
            "job": self.job,
            "job_id": self.job_id,
            "workers": self.workers,
            "checkpoint": self.checkpoint.id,
            "states": self.checkpoint.states,
            "log_file": str(self.log_file),
            "base_directory": str(self.directory),
            "rejected": self.checkpoint.rejected,
        }

    def run(self, *, interval: float | None = None) -> None:
        """From where it stands to the end of the input: checkpoints every ``interval`` seconds, then the final one."""
        last = time.monotonic()
        while not self.drained():
            wait = DEADLINE if interval is None else max(0.0, last + interval - time.monotonic())
            if self._serve(wait, lambda: self.drained()):
                break
            if interval is None:
                raise TimeoutError("the workers did not drain")
            self.take_checkpoint()
            last = time.monotonic()
        self.finish()

    def run_killed(self, moment: str, times: int) -> None:
        """Through to the end, with a checkpoint each tenth of a second, though all workers are killed so many times at this
        moment (see :meth:`take_checkpoint`) of a checkpoint after the first."""
        left = times

        def kill_at(point: str, checkpoint: int) -> None:
            nonlocal left
            if point == moment and checkpoint > 1 and left:
                left -= 1
                self.kill()
                raise _Killed

        self.hook = kill_at
        while True:
            with contextlib.suppress(_Killed):
                self.start()
                self.run(interval=0.1)
                break
        assert left == 0, f"the job was through before {left} of {times} kills"

    def finish(self) -> None:
        """The final checkpoint; all workers exit with 0."""
        self.take_checkpoint(CheckpointKind.FINAL, stop=True)
        self.exit_statuses = [self.server.wait(handle.pid) for handle in self.handles]
        self.close()

    def drained(self) -> bool:
        """All workers have read all input."""
        return all(handle.drained for handle in self.handles)

    def take_checkpoint(self, kind: CheckpointKind = CheckpointKind.PERIODIC, *, stop: bool = False) -> CheckpointState:
        """Barrier, Prepared of all, Complete, Committed of all. ``hook`` is called at each step."""
        state = self.prepare_checkpoint(kind, stop=stop)
        self.complete_checkpoint(state)
        return state

    def prepare_checkpoint(self, kind: CheckpointKind = CheckpointKind.PERIODIC, *, stop: bool = False) -> CheckpointState:
        """Barrier, and Prepared of all workers."""
        number = self.next_checkpoint
        self.next_checkpoint += 1
        self._stop = number if stop else 0
        self.hook("before barrier", number)
        for handle in self.handles:
            self._send(handle, Barrier, checkpoint=number, kind=kind, stop=stop)
        state = CheckpointState(id=number, rejected=self._rejected_before)
        self.last_prepared = []
        for _ in self.handles:
            prepared = self.expect(Prepared)
            self.last_prepared.append(prepared)
            assert prepared.checkpoint == number
            for split in prepared.splits:
                self._known[split.source][split.id] = split
            state.tokens.extend(prepared.tokens)
            state.states.extend(prepared.states)
            state.rows_in += prepared.rows_in
            state.rows_out += prepared.rows_out
            state.rejected = merged_rejections([*state.rejected, *prepared.rejected])
            state.rejections += prepared.rejections
        state.splits = {source: dict(splits) for source, splits in self._known.items()}
        self.hook("prepared", number)
        return state

    def complete_checkpoint(self, state: CheckpointState) -> None:
        """The checkpoint is durable: Complete, and Committed of all workers."""
        self.checkpoint = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=CheckpointState)
        self.history.append(self.checkpoint)
        self.uncommitted[state.id] = state.tokens
        self.hook("completed", state.id)
        for handle in self.handles:
            self._send(handle, Complete, checkpoint=state.id)
        self.last_committed = [self.expect(Committed) for _ in self.handles]
        assert {committed.checkpoint for committed in self.last_committed} == {state.id}
        del self.uncommitted[state.id]
        self.hook("committed", state.id)

    def abort_checkpoint(self, state: CheckpointState) -> None:
        """The checkpoint will not happen."""
        for handle in self.handles:
            self._send(handle, Abort, checkpoint=state.id)

    def kill(self) -> None:
        """Kill -9 all workers."""
        for handle in self.handles:
            handle.kill()
            self.server.wait(handle.pid)
        self.close()

    def close(self) -> None:
        """Close the sockets; workers that still run end by that."""
        for handle in self.handles:
            handle.socket.close()

    def hang_up(self) -> list[int]:
        """Close the connections, as a supervisor that dies does; the exit statuses."""
        self.close()
        return [self.server.wait(handle.pid) for handle in self.handles]

    # messages

    def expect(self, kind: type[Any]) -> Any:
        """The next message of this kind; serves everything else that comes before it."""
        deadline = time.monotonic() + DEADLINE
        while True:
            for index, message in enumerate(self._inbox):
                if isinstance(message, kind):
                    del self._inbox[index]
                    return message
            self._pump(deadline)

    def wait_until(self, condition: Callable[[], bool], timeout: float = DEADLINE) -> None:
        """Serve the workers until ``condition`` holds."""
        if not self._serve(timeout, condition):
            raise TimeoutError

    def counters(self, plugin: str) -> PluginCounters:
        """The plugin's last counters, added over the workers."""
        beats = [handle.heartbeat for handle in self.handles if handle.heartbeat is not None]
        found = [counters for beat in beats for counters in beat.counters if counters.plugin == plugin]
        return PluginCounters(
            plugin=plugin,
            rows_in=sum(each.rows_in for each in found),
            rows_out=sum(each.rows_out for each in found),
            bytes_in=sum(each.bytes_in for each in found),
            bytes_out=sum(each.bytes_out for each in found),
        )

    def log_lines(self) -> list[LogLine]:
        """The execution's log so far."""
        return [msgspec.json.decode(line, type=LogLine) for line in self.log_file.read_bytes().splitlines()]

    def _serve(self, timeout: float, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() >= deadline:
                return False
            self._pump(deadline, raise_on_deadline=False)
        return True

    def _pump(self, deadline: float, *, raise_on_deadline: bool = True) -> None:
        """Wait for bytes from any worker and handle the messages in them."""
        sockets = {handle.socket: handle for handle in self.handles if not handle.ended}
        ready, _, _ = select.select(list(sockets), [], [], max(0.0, deadline - time.monotonic()))
        if not ready and raise_on_deadline:
            raise TimeoutError
        for each in ready:
            handle = sockets[each]
            try:
                messages = handle.receive()
            except WorkerGone:
                if handle.committed != self._stop:  # a worker ends after it has committed the last checkpoint
                    raise
                handle.ended = True
                continue
            for message in messages:
                self._handle(handle, message)

    def _handle(self, handle: WorkerHandle, message: WorkerMessage) -> None:
        assert (message.execution, message.attempt, message.worker) == (self.execution, self.attempt, handle.number)
        match message:
            case Heartbeat():
                handle.heartbeat = message
                handle.drained = message.drained
            case Committed(checkpoint=checkpoint):
                handle.committed = checkpoint
                self._inbox.append(message)
            case SplitRequest(source=source):
                self._answer(handle, source)
            case Failed(error=error, retriable=retriable):
                raise JobFailed(error, retriable=retriable)
            case _:
                self._inbox.append(message)

    def _answer(self, handle: WorkerHandle, source: str) -> None:
        if not self._listed:
            self._early_requests.append((handle, source))
            return
        for split in self._pending:
            if split.source == source:
                self._pending.remove(split)
                self._send(handle, SplitAssigned, split=split)
                return
        if self.job.env.mode is JobMode.BATCH:
            self._send(handle, NoMoreSplits, source=source)

    def _send(self, handle: WorkerHandle, message_type: type[SupervisorMessage], /, **fields: Any) -> None:
        message = message_type(
            execution=self.execution, attempt=self.attempt, epoch=self.attempt, worker=handle.number, **fields
        )
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the worker has failed: its last message says why
            handle.socket.sendall(encode_frame(message))
