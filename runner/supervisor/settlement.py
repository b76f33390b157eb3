"""Puts the outputs of an execution that ended early in order: one worker commits what is complete, drops what is staged."""

from __future__ import annotations

import asyncio
import time

from runner.model import Execution
from runner.protocol import Failed, Ready, Recover, Recovered, Start
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.crew import Crew
from runner.supervisor.errors import AttemptFailed
from runner.supervisor.link import Heard, Hung
from runner.supervisor.restore import NONE
from runner.supervisor.work import Parts, Work
from spec.errors import FlowdeckError

_QUEUE = 64


async def settle(parts: Parts, work: Work, execution: Execution, records: CheckpointRecords) -> str:
    """Do it, within the limit; the reason why it could not be done, empty when it was.

    Nothing is lost when it fails: the next execution of the job recovers the sinks in the same way before it begins.
    """
    inbox: asyncio.Queue[Heard | Hung] = asyncio.Queue(_QUEUE)
    crew = Crew(
        parts.home,
        parts.fork_server,
        inbox.put,
        execution=execution.id,
        attempt=execution.attempt,
        epoch=time.time_ns(),
    )
    try:
        async with asyncio.timeout(parts.limits.settling):
            restored = await records.restored(NONE)
            await crew.hire(1)
            crew.send(_start(parts, work, execution, crew))
            await _converse(crew, inbox, Recover(tokens=restored.tokens, fresh=False, **crew.address(0)))
            await records.recovered(restored.uncommitted)
    except TimeoutError:
        return f"it took more than {parts.limits.settling:g} s"
    except FlowdeckError as error:
        return error.message
    finally:
        await crew.dismiss()
    return ""


def _start(parts: Parts, work: Work, execution: Execution, crew: Crew) -> Start:
    return Start(
        job=work.job,
        job_id=work.job_id,
        workers=1,
        checkpoint=0,
        states=[],
        log_file=str(parts.home.log_file(execution.id)),
        base_directory=work.base_directory,
        **crew.address(0),
    )


async def _converse(crew: Crew, inbox: asyncio.Queue[Heard | Hung], recover: Recover) -> None:
    while True:
        item = await inbox.get()
        if isinstance(item, Hung):
            raise await crew.loss(0, item.reason)
        match item.message:
            case Ready():
                crew.send(recover)
            case Failed(error=error):
                raise AttemptFailed(error)
            case Recovered():
                return
            case _:  # heartbeats, and requests for splits that it will not get
                continue
