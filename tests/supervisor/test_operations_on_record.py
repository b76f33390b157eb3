"""An operation is told at every moment, also in the one in which it is written down."""

from __future__ import annotations

import asyncio
import threading

from runner.operation import OperationOutcome
from runner.supervisor.operations import CANCEL_QUEUED, Operations

PATIENCE = 60.0


async def test_an_operation_can_be_asked_for_while_it_is_written_down(journal):
    """Between its end and its record it is told as it is, and a list of operations waits for the record."""
    operations = Operations(journal)
    operation = await operations.begin(CANCEL_QUEUED, None)
    free, released = threading.Event(), threading.Event()
    held = asyncio.create_task(journal.write(lambda entry: (free.set(), released.wait(PATIENCE))))
    try:
        assert await asyncio.to_thread(free.wait, PATIENCE)
        operations.end(operation.id, "done")
        writing = asyncio.create_task(operations.write_down())
        await asyncio.sleep(0)  # it has handed its records over, and waits behind the write that is held
        assert (await operations.get(operation.id)).outcome is OperationOutcome.SUCCEEDED
        listing = asyncio.create_task(operations.page(job_id=None, kind=None, is_open=None, limit=9, after=None))
        await asyncio.sleep(0)
    finally:
        released.set()
    await asyncio.gather(held, writing)
    assert [(found.id, found.phase) for found in (await listing).operations] == [(operation.id, "done")]
    assert (await operations.get(operation.id)).phase == "done"
