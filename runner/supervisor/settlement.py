"""Puts the outputs of an execution that ended early in order: one worker commits what is complete, drops what is staged."""

from __future__ import annotations

import asyncio

from runner.model import Execution
from runner.protocol import Failed, Recovered, Settle
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.crew import Crew
from runner.supervisor.errors import AttemptFailed, error_info
from runner.supervisor.lease import Lease
from runner.supervisor.link import Heard, Hung
from runner.supervisor.work import Parts, Work
from spec.errors import FlowdeckError

_QUEUE = 64
_TRIES = 3


async def settle(parts: Parts, work: Work, execution: Execution, lease: Lease) -> str:
    """Do it, within the limit; the reason why it could not be done, empty when it was. No other worker of the job may live, and
    ``lease`` is the execution's, taken.

    It may be done again at any time. Nothing is lost while it is not done: an execution of the job recovers its sinks in the
    same way before it begins.
    """
    try:
        async with asyncio.timeout(parts.limits.settling):
            trouble = ""
            for _ in range(_TRIES):  # the worker, or its fork server, may be killed as any other
                trouble = await _try(parts, work, execution, lease)
                if not trouble:
                    break
            return trouble
    except TimeoutError:
        return f"it took more than {parts.limits.settling:g} s"


async def _try(parts: Parts, work: Work, execution: Execution, lease: Lease) -> str:
    try:
        epoch = await lease.next_epoch()
    except FlowdeckError as error:
        return error.message
    inbox: asyncio.Queue[Heard | Hung] = asyncio.Queue(_QUEUE)
    crew = Crew(parts.home, parts.fork_server, inbox.put, execution=execution.id, attempt=execution.attempt, epoch=epoch)
    records = CheckpointRecords(lease.journal, execution, work.job.env.checkpoint)
    try:
        uncommitted = await records.uncommitted()
        await crew.hire(1)
        crew.send(
            Settle(
                job=work.job,
                job_id=work.job_id,
                tokens=uncommitted.tokens,
                log_file=str(parts.home.log_file(execution.id)),
                base_directory=work.base_directory,
                **crew.address(0),
            )
        )
        await _answer(crew, inbox)
        await records.recovered(uncommitted.numbers)
    except FlowdeckError as error:
        return error.message
    except OSError as error:  # no descriptors for a socket, say
        return error_info(error).message
    finally:
        await crew.dismiss()
    return ""


async def _answer(crew: Crew, inbox: asyncio.Queue[Heard | Hung]) -> None:
    while True:
        item = await inbox.get()
        if isinstance(item, Hung):
            raise await crew.loss(0, item.reason)
        match item.message:
            case Failed(error=error):
                raise AttemptFailed(error)
            case Recovered():
                return
            case _:
                continue
