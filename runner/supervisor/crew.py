"""The worker processes of one attempt and the links to them: hired together, dismissed together."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from dataclasses import dataclass
from typing import Any

from runner.home import Home
from runner.model import ErrorInfo
from runner.protocol import SupervisorMessage
from runner.supervisor.errors import AttemptFailed
from runner.supervisor.fork_server import ForkServer, WorkerProcess
from runner.supervisor.link import Deliver, Fence, WorkerLink
from runner.supervisor.orphans import forget_workers, remember_workers

_log = logging.getLogger(__name__)
# How long a worker's exit code may come after its socket's end, or the other way round.
_EXIT_LAG = 2.0
_KILL_PATIENCE = 5.0
_LOOK_INTERVAL = 0.02


@dataclass(frozen=True, slots=True)
class Worker:
    """One hired process and its link."""

    process: WorkerProcess
    link: WorkerLink


class Crew:
    """The workers of the attempt that ``execution``, ``attempt`` and ``epoch`` name. ``deliver`` gets what they say."""

    def __init__(
        self, home: Home, fork_server: ForkServer, deliver: Deliver, *, execution: str, attempt: int, epoch: int
    ) -> None:
        self._home = home
        self._fork_server = fork_server
        self._deliver = deliver
        self._execution = execution
        self._attempt = attempt
        self._epoch = epoch
        self._workers: list[Worker] = []

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids, by worker number."""
        return tuple(worker.process.pid for worker in self._workers)

    def owns(self, fence: Fence) -> bool:
        """True when a message with this fence comes from one of these workers."""
        return (fence.execution, fence.attempt, fence.epoch) == (self._execution, self._attempt, self._epoch)

    async def hire(self, count: int) -> None:
        """Fork ``count`` workers and note them for a later daemon. Raises :class:`ForkServerError`; dismiss the crew then."""
        for number in range(count):
            await self._hire(number)
        await asyncio.to_thread(
            remember_workers,
            self._home,
            self._execution,
            [(worker.process.pid, worker.process.started) for worker in self._workers],
        )

    async def _hire(self, number: int) -> None:
        log_file = self._home.log_file(self._execution)
        ours, theirs = socket.socketpair()
        try:
            process = await self._fork_server.fork(theirs, log_file.with_name(log_file.name + ".stderr"))
        except BaseException:
            ours.close()
            raise
        fence = Fence(self._execution, self._attempt, self._epoch, number)
        self._workers.append(Worker(process, await WorkerLink.open(fence, ours, self._deliver)))

    def address(self, worker: int) -> dict[str, Any]:
        """The fields that every message to ``worker`` begins with."""
        return {"execution": self._execution, "attempt": self._attempt, "epoch": self._epoch, "worker": worker}

    def send(self, message: SupervisorMessage) -> None:
        """To the worker that the message names."""
        self._workers[message.worker].link.send(message)

    def silent(self, limit: float, now: float) -> int | None:
        """A worker that has said nothing for ``limit`` seconds, if there is one."""
        for number, worker in enumerate(self._workers):
            if now - worker.link.last_heard > limit and not worker.process.ended.done():
                return number
        return None

    def excuse(self, now: float) -> None:
        """This process was not running, so nobody could be heard: start to count again."""
        for worker in self._workers:
            worker.link.last_heard = now

    async def loss(self, number: int, reason: str) -> AttemptFailed:
        """Why worker ``number`` is no longer there, for the record."""
        ended = self._workers[number].process.ended
        await asyncio.wait({ended}, timeout=0 if reason else _EXIT_LAG)
        code = ended.result() if ended.done() else None
        what = reason or _describe_exit(code)
        hint = f"what it printed is in {self._home.log_file(self._execution)}.stderr"
        return AttemptFailed(ErrorInfo(code="worker-lost", message=f"worker {number} was lost: {what}", hint=hint))

    async def farewell(self, patience: float) -> None:
        """Let the workers exit by themselves, for ``patience`` seconds, then dismiss them."""
        if self._workers:
            await asyncio.wait({worker.process.ended for worker in self._workers}, timeout=patience)
        await self.dismiss()

    async def dismiss(self, grace: float = 0.0) -> None:
        """End every worker: TERM, ``grace`` seconds (none: at once), KILL. Nothing of them is left afterwards."""
        ended = bool(grace) and await self._signal_and_wait(signal.SIGTERM, grace)
        ended = ended or await self._signal_and_wait(signal.SIGKILL, _KILL_PATIENCE)
        if not (ended and await self._vanished(_KILL_PATIENCE)):
            _log.error("workers %s of execution %s do not die", self.pids, self._execution)
        for worker in self._workers:
            await worker.link.close()
        if self._workers:
            await asyncio.to_thread(forget_workers, self._home, self._execution)
        self._workers.clear()

    async def _vanished(self, patience: float) -> bool:
        """Wait for those whose end nobody tells, because their fork server died: they are dying, and may be in the middle of
        writing."""
        deadline = asyncio.get_running_loop().time() + patience
        while any(worker.process.is_alive() for worker in self._workers):
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_LOOK_INTERVAL)
        return True

    async def _signal_and_wait(self, number: int, patience: float) -> bool:
        alive = {worker.process.ended for worker in self._workers if not worker.process.ended.done()}
        for worker in self._workers:
            worker.process.send_signal(number)
        if not alive:
            return True
        _, pending = await asyncio.wait(alive, timeout=patience)
        return not pending


def _describe_exit(code: int | None) -> str:
    if code is None:
        return "the fork server died with it"
    if code < 0:
        return f"it was killed by {signal.Signals(-code).name}"
    return f"it exited with status {code} in the middle of its work"
