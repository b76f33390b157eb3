"""The worker processes of one attempt and the links to them: hired, seen off one by one, dismissed together."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.home import Home
from runner.model import ErrorInfo
from runner.protocol import SupervisorMessage
from runner.supervisor.errors import AttemptFailed
from runner.supervisor.fork_server import ForkServer, ForkServerError, WorkerProcess
from runner.supervisor.link import Deliver, Fence, WorkerLink
from runner.supervisor.orphans import forget_workers, remember_workers

_log = logging.getLogger(__name__)
# How long a worker's exit code may come after its socket's end, or the other way round.
_EXIT_LAG = 2.0
_KILL_PATIENCE = 5.0
_LOOK_INTERVAL = 0.02
WORKER_KILLED = "worker-killed"
"""Somebody wanted a worker gone: that is no failure of the job, and uses up none of its restarts."""
_GOES_ON = "somebody asked for that; the job goes on from its last checkpoint"


@dataclass(frozen=True, slots=True)
class Worker:
    """One hired process and its link."""

    process: WorkerProcess
    link: WorkerLink
    birth: float


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
        self._workers: dict[int, Worker] = {}
        self._parting: dict[int, Worker] = {}
        self._farewells: set[asyncio.Task[None]] = set()
        self._noting = asyncio.Lock()
        self._hired = 0
        self._killed: dict[int, str] = {}
        self.lost = 0
        """How many have gone without having been seen off."""

    @property
    def hired(self) -> int:
        """How many there have been."""
        return self._hired

    def birth(self, number: int) -> float:
        """When worker ``number`` was started, in epoch seconds."""
        return self._workers[number].birth

    def kill(self, number: int, reason: str) -> int | None:
        """Kill worker ``number``, which is then lost for ``reason``; its process id, None when there is none of that number."""
        worker = self._workers.get(number)
        if worker is None:
            return None
        self._killed.setdefault(number, reason)
        worker.process.send_signal(signal.SIGKILL)
        return worker.process.pid

    @property
    def pids(self) -> dict[int, int]:
        """The process ids, by worker number."""
        return {number: worker.process.pid for number, worker in self._workers.items()}

    def owns(self, fence: Fence) -> bool:
        """True when a message with this fence comes from one of these workers, one that was not seen off."""
        ours = (fence.execution, fence.attempt, fence.epoch) == (self._execution, self._attempt, self._epoch)
        return ours and fence.worker in self._workers

    async def hire(self, count: int) -> list[int]:
        """Fork ``count`` workers and note them for a later daemon; their numbers, which no other worker of the attempt has had.
        Raises :class:`ForkServerError` and leaves those that it has; dismiss the crew, or see them off, then."""
        numbers = list(range(self._hired, self._hired + count))
        try:
            for number in numbers:
                self._hired += 1
                await self._hire(number)
        finally:
            await self._remember()
        return numbers

    async def _remember(self) -> None:
        async with self._noting:
            present = [*self._workers.values(), *self._parting.values()]
            noted = [(worker.process.pid, worker.process.started) for worker in present]
            await asyncio.to_thread(remember_workers, self._home, self._execution, noted)

    async def _hire(self, number: int) -> None:
        _, printed = self._home.log_files(self._execution)
        ours, theirs = socket.socketpair()
        try:
            process = await self._fork_server.fork(theirs, printed)
        except BaseException:
            ours.close()
            raise
        fence = Fence(self._execution, self._attempt, self._epoch, number)
        self._workers[number] = Worker(process, await WorkerLink.open(fence, ours, self._deliver), time.time())

    def address(self, worker: int) -> dict[str, Any]:
        """The fields that every message to ``worker`` begins with."""
        return {"execution": self._execution, "attempt": self._attempt, "epoch": self._epoch, "worker": worker}

    def send(self, message: SupervisorMessage) -> None:
        """To the worker that the message names."""
        self._workers[message.worker].link.send(message)

    def silent(self, limit: float, now: float) -> int | None:
        """A worker that has said nothing for ``limit`` seconds, if there is one."""
        for number, worker in self._workers.items():
            if now - worker.link.last_heard > limit and not worker.process.ended.done():
                return number
        return None

    def last_heard(self, number: int) -> float:
        """When worker ``number`` said something last."""
        return self._workers[number].link.last_heard

    def excuse(self, now: float) -> None:
        """This process was not running, so nobody could be heard: start to count again."""
        for worker in self._workers.values():
            worker.link.last_heard = now

    async def loss(self, number: int, reason: str) -> AttemptFailed:
        """Why worker ``number`` is no longer there, for the record."""
        worker = self._workers[number]
        self.lost += 1
        if number in self._killed:
            message = f"worker {number} was killed: {self._killed[number]}"
            return AttemptFailed(ErrorInfo(code=WORKER_KILLED, message=message, hint=_GOES_ON))
        ended = worker.process.ended
        await asyncio.wait({ended}, timeout=0 if reason else _EXIT_LAG)
        code = ended.result() if ended.done() else None
        what = reason or _describe_exit(code, worker.link.memory_bytes)
        hint = f"what it printed is in {self._home.log_files(self._execution)[1]}"
        return AttemptFailed(ErrorInfo(code="worker-lost", message=f"worker {number} was lost: {what}", hint=hint))

    def see_off(self, number: int, patience: float) -> None:
        """Worker ``number`` is one of the crew no more; in the background it has ``patience`` seconds to exit by itself."""
        self._parting[number] = self._workers.pop(number)
        task = asyncio.create_task(self._see_off(number, patience), name=f"farewell {self._execution}/{number}")
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    async def _see_off(self, number: int, patience: float) -> None:
        worker = self._parting[number]
        await asyncio.wait({worker.process.ended}, timeout=patience)
        if not worker.process.ended.done():
            worker.process.send_signal(signal.SIGKILL)
            await asyncio.wait({worker.process.ended}, timeout=_KILL_PATIENCE)
        if worker.process.is_alive():
            return  # still noted, and dismissed with the others
        await worker.link.close()
        self._parting.pop(number, None)
        try:
            await self._remember()
        except ForkServerError as error:
            _log.warning("%s", error)  # a note of a process that is gone does no harm

    async def farewell(self, patience: float) -> None:
        """Let the workers exit by themselves, for ``patience`` seconds, then dismiss them."""
        if self._workers:
            await asyncio.wait({worker.process.ended for worker in self._workers.values()}, timeout=patience)
        await self.dismiss()

    async def dismiss(self, grace: float = 0.0) -> None:
        """End every worker: TERM, ``grace`` seconds (none: at once), KILL. Nothing of them is left afterwards."""
        present = [*self._workers.values(), *self._parting.values()]
        ended = bool(grace) and await _signal_and_wait(present, signal.SIGTERM, grace)
        ended = ended or await _signal_and_wait(present, signal.SIGKILL, _KILL_PATIENCE)
        if not (ended and await _vanished(present, _KILL_PATIENCE)):
            _log.error("workers %s of execution %s do not die", [worker.process.pid for worker in present], self._execution)
        await asyncio.gather(*self._farewells)
        for worker in present:
            await worker.link.close()
        if self._hired:
            await asyncio.to_thread(forget_workers, self._home, self._execution)
        self._workers.clear()
        self._parting.clear()


async def _vanished(workers: Sequence[Worker], patience: float) -> bool:
    """Wait for those whose end nobody tells, because their fork server died: they are dying, and may be in the middle of
    writing."""
    deadline = asyncio.get_running_loop().time() + patience
    while any(worker.process.is_alive() for worker in workers):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(_LOOK_INTERVAL)
    return True


async def _signal_and_wait(workers: Sequence[Worker], number: int, patience: float) -> bool:
    alive = {worker.process.ended for worker in workers if not worker.process.ended.done()}
    for worker in workers:
        worker.process.send_signal(number)
    if not alive:
        return True
    _, pending = await asyncio.wait(alive, timeout=patience)
    return not pending


def _describe_exit(code: int | None, memory_bytes: int | None) -> str:
    if code is None:
        return "the fork server died with it"
    if code == -signal.SIGKILL:
        took = "" if memory_bytes is None else f"; it last took {memory_bytes / 2**20:.0f} MiB"
        return f"it was killed by SIGKILL, perhaps by the kernel for want of memory{took}"
    if code < 0:
        return f"it was killed by {signal.Signals(-code).name}"
    return f"it exited with status {code} in the middle of its work"
