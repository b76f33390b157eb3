"""Pause and resume: what people ask of an execution that holds for its later attempts too.

Each is in the store before it is told to the workers, so that it survives their end and the daemon's.
"""

from __future__ import annotations

import time
from typing import Protocol

from runner.model import Pause
from runner.states import ExecutionState
from runner.supervisor.execution_record import ExecutionRecord
from runner.supervisor.pending_wishes import reject, resolve
from runner.supervisor.wishes import PauseWish, ResumeWish

ENDING = frozenset({ExecutionState.STOPPING, ExecutionState.CANCELING})
"""In these it is too late to ask how the work is to go on."""


class Pausable(Protocol):
    """The attempt that runs."""

    def pause(self) -> None:
        """Read nothing."""

    def resume(self) -> None:
        """Read again."""


async def pause(wish: PauseWish, record: ExecutionRecord, attempt: Pausable | None) -> None:
    """Let reading rest. One that does not read yet, or takes a savepoint, is PAUSED as soon as it would be RUNNING."""
    if record.state in ENDING:
        reject(wish, f"the job is {record.state}")
        return
    if record.current.pause is None:
        wanted = Pause(since=time.time(), reason=wish.reason)
        if record.state is ExecutionState.RUNNING:
            await record.change(ExecutionState.PAUSED, wish.reason, pause=wanted)
        else:
            await record.keep("execution.pause", _described("is to be paused", wish.reason), pause=wanted)
        if attempt is not None:
            attempt.pause()
    resolve(wish.accepted, None)


async def resume(wish: ResumeWish, record: ExecutionRecord, attempt: Pausable | None) -> None:
    """Let it read again."""
    if record.state in ENDING:
        reject(wish, f"the job is {record.state}")
        return
    if record.current.pause is not None:
        if record.state is ExecutionState.PAUSED:
            await record.change(ExecutionState.RUNNING, "resumed", pause=None)
        else:
            await record.keep("execution.resume", "is not to be paused any more", pause=None)
        if attempt is not None:
            attempt.resume()
    resolve(wish.accepted, None)


def _described(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what
