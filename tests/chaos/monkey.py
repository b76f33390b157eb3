"""A monkey that does to one running job, from a seed, whatever a person and bad luck may do at once; and what must come of it.

The monkey acts on a :class:`Stage`: a supervisor in this process, or a daemon of its own behind the client. The model
(:mod:`ledger`) reads afterwards what each execution says it has read, and tells what the files must hold.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import psutil

from runner.model import Attempt, Checkpoint, Execution, Job
from runner.supervisor.processes import is_running, start_time
from spec.errors import FlowdeckError

PATIENCE = 60.0
_LONGEST_PAUSE = 0.3


class Stage(Protocol):
    """One home with one job on it. Every call raises a FlowdeckError when it is refused or nobody answers."""

    can_crash: bool

    async def job(self) -> Job:
        """The job."""

    async def stop(self, *, savepoint: bool) -> object:
        """Stop it."""

    async def cancel(self) -> object:
        """Cancel it."""

    async def savepoint(self) -> object:
        """Take a savepoint."""

    async def restart(self, restore: str, interval: str | None = None) -> object:
        """Start it again; with another checkpoint interval it gets a new generation."""

    async def executions(self) -> list[Execution]:
        """Its executions, oldest first."""

    async def attempts(self, execution_id: str) -> list[Attempt]:
        """The attempts of an execution, oldest first."""

    async def checkpoints(self) -> list[Checkpoint]:
        """All its checkpoints."""

    async def reopen(self) -> None:
        """Shut the daemon down in order and start the next one."""

    async def crash(self) -> None:
        """SIGKILL the daemon and start the next one."""


class Monkey:
    """``may_repeat``: it may ask for a restart from the beginning, which reads again what was written before."""

    def __init__(self, stage: Stage, seed: int, *, may_repeat: bool) -> None:
        self.history: list[str] = []
        self.repeats_asked = 0
        """How many restarts from the beginning it has asked for, refused ones included."""
        self._stage = stage
        self._chooser = random.Random(seed)
        self._may_repeat = may_repeat
        self._began = time.monotonic()
        self._asked: set[asyncio.Task[None]] = set()
        self._seen: dict[int, float] = {}

    async def play(self, steps: int) -> None:
        """Do so many things at random instants, some of them at once."""
        for _ in range(steps):
            await asyncio.sleep(self._chooser.uniform(0, _LONGEST_PAUSE))
            name, act = self._choose()
            if name in {"reopen", "crash"}:  # whoever asks while nobody is there learns nothing new
                await self._do(name, act)
                continue
            task = asyncio.create_task(self._do(name, act))
            self._asked.add(task)
            task.add_done_callback(self._asked.discard)
            if self._chooser.random() < 0.5:
                await asyncio.wait({task}, timeout=self._chooser.uniform(0, 1))
        await self._answers()

    async def bring_to_the_end(self) -> None:
        """Leave the job alone until it is over, starting it again where it left off, until it has FINISHED."""
        async with asyncio.timeout(PATIENCE):
            while (state := (await self.rest()).state) != "FINISHED":
                await self._continue(state)

    async def rest_or_stop(self) -> Execution:
        """The same, with one stop more when it runs on: a job that is at rest is what can be looked at."""
        await self._answers()
        await self._do("stop", lambda: self._stage.stop(savepoint=True))
        return await self.rest()

    async def rest(self) -> Execution:
        """Wait until every answer is there and the execution is over."""
        await self._answers()
        async with asyncio.timeout(PATIENCE):
            while True:
                execution = (await self._stage.job()).execution
                assert execution is not None
                if execution.state.is_terminal:
                    return execution
                await asyncio.sleep(0.02)

    async def _continue(self, state: str) -> None:
        """Go on where the job left off; from the beginning only when it has nothing to go on from."""
        self._note(f"{state}: restart latest")
        try:
            await self._stage.restart("latest")
        except FlowdeckError as refusal:
            self._note(f"refused: {refusal.message}")
            if refusal.code == "conflict" and "checkpoint" in refusal.message:
                self.repeats_asked += 1
                self._note("restart none")
                await self._stage.restart("none")

    def survivors(self) -> list[int]:
        """Worker processes that were seen and still live. A zombie is dead: its parent, the fork server, was killed."""
        return [pid for pid, started in self._seen.items() if is_running(pid, started)]

    async def _answers(self) -> None:
        if self._asked:
            done, waiting = await asyncio.wait(self._asked, timeout=PATIENCE)
            assert not waiting, "a request is not answered"
            for task in done:
                task.result()

    def _choose(self) -> tuple[str, Callable[[], Awaitable[object]]]:
        stage = self._stage
        acts: dict[str, tuple[float, Callable[[], Awaitable[object]]]] = {
            "stop": (2, lambda: stage.stop(savepoint=True)),
            "stop without savepoint": (2, lambda: stage.stop(savepoint=False)),
            "savepoint": (2, stage.savepoint),
            "restart latest": (5, lambda: stage.restart("latest")),
            "restart changed": (1, lambda: stage.restart("latest", f"{self._chooser.randint(80, 160)}")),
            "restart none": (1 if self._may_repeat else 0, lambda: stage.restart("none")),
            "cancel": (0.7, stage.cancel),
            "kill worker": (3, lambda: self._signal(signal.SIGKILL)),
            "freeze worker": (0.5, lambda: self._signal(signal.SIGSTOP)),
            "kill fork server": (0.7, lambda: self._signal(signal.SIGKILL, parent=True)),
            "reopen": (0.7, stage.reopen),
            "crash": (1.5 if stage.can_crash else 0, stage.crash),
        }
        (name,) = self._chooser.choices(list(acts), [weight for weight, _ in acts.values()])
        return name, acts[name][1]

    async def _do(self, name: str, act: Callable[[], Awaitable[object]]) -> None:
        self._note(name)
        if name == "restart none":
            self.repeats_asked += 1
        try:
            await act()
        except FlowdeckError as refusal:
            self._note(f"{name} refused: {refusal.message}")
        else:
            self._note(f"{name} done")

    async def _signal(self, number: int, *, parent: bool = False) -> None:
        execution = (await self._stage.job()).execution
        for pid in execution.worker_pids if execution else ():
            self._remember(pid)
        if execution is None or not execution.worker_pids:
            return
        victim: int | None = self._chooser.choice(execution.worker_pids)
        if parent:
            victim = _parent(victim)
        if victim is not None and victim != os.getpid():
            try:
                os.kill(victim, number)
            except ProcessLookupError:
                return

    def _remember(self, pid: int) -> None:
        started = _started(pid)
        if started is not None:
            self._seen[pid] = started

    def _note(self, what: str) -> None:
        self.history.append(f"{time.monotonic() - self._began:7.3f}  {what}")


def _started(pid: int) -> float | None:
    return start_time(pid)


def _parent(pid: int | None) -> int | None:
    """The parent of a worker: its fork server, unless it is an orphan already."""
    try:
        parent = psutil.Process(pid).parent()
        return parent.pid if parent is not None and any("zygote" in word for word in parent.cmdline()) else None
    except psutil.Error:
        return None
