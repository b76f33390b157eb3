"""An execution goes on as another generation of its job, one that differs only in what the supervisor goes by. Its workers are
not touched, so nothing is read or written again.
"""

from __future__ import annotations

import asyncio

from runner.states import ExecutionState
from runner.supervisor.attempt import Attempt
from runner.supervisor.backoff import RestartBudget
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.conditions import PreconditionFailed
from runner.supervisor.execution_record import ExecutionRecord
from runner.supervisor.pending_wishes import reject, resolve
from runner.supervisor.wishes import SettingsWish
from spec.errors import FlowdeckError

# While an attempt gets ready, or ends, it is bound to the generation it began with.
_SETTLED = frozenset({ExecutionState.RUNNING, ExecutionState.PAUSED, ExecutionState.SAVEPOINTING, ExecutionState.RESTARTING})


async def adopt(
    wish: SettingsWish, record: ExecutionRecord, records: CheckpointRecords, budget: RestartBudget, attempt: Attempt | None
) -> bool:
    """Carry out ``wish``, in the store first; False when it is rejected, or not waited for any more."""
    if wish.accepted.done() or record.state not in _SETTLED:
        reject(wish, f"the job is {record.state}")
        return False
    try:
        await record.adopt(wish.generation, wish.record)
    except PreconditionFailed:
        raise
    except FlowdeckError as error:
        reject(wish, error.message)
        return False
    env = wish.job.env
    budget.strategy = env.restart
    records.adopt(record.current, env.checkpoint)
    if attempt is not None:
        attempt.adopt(env.checkpoint, asyncio.get_running_loop().time())
    resolve(wish.accepted, None)
    return True
