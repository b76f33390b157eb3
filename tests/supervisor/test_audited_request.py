"""What is done for a request is in the audit trail with it, in one transaction; the same entry is told how it was answered."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from runner.audit import AuditEntry, AuditFilter, AuditOutcome
from runner.home import Home
from runner.model import DesiredState
from runner.requests import PauseRequest, QueueRequest
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.supervisor.audit import AuditTrail
from runner.supervisor.audited_request import AuditedRequest, audited_as
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.journal import Journal


@asynccontextmanager
async def opened_journal(path):
    """A journal without a daemon, and the task that writes its audit trail."""
    home = Home(path / "home")
    home.create()
    store = await AsyncStore.open(home.store_path)
    journal = Journal(store, EventBus(), ExecutionLog(home))
    audit = AuditTrail(journal, None)
    writing = asyncio.create_task(audit.run())
    try:
        yield journal, audit
    finally:
        writing.cancel()
        await store.close()


def asked(action="POST /jobs", **fields):
    """A request, and its entry while it is not answered."""
    entry = AuditEntry(at=1.0, who="unix:1", action=action, outcome=AuditOutcome.DONE, **fields)
    return AuditedRequest(lambda: entry), entry


def answered(action="POST /jobs"):
    """The entry of a request that was answered."""
    return AuditEntry(at=2.0, who="unix:1", action=action, outcome=AuditOutcome.DONE, status=201, job_id="job")


async def trail(journal):
    """Everything that is on record, newest first, without the numbers."""
    found = await journal.read(lambda store: store.audit_page(AuditFilter(), 100))
    assert len({entry.id for entry in found}) == len(found)
    return [(entry.action, entry.status, entry.job_id) for entry in found]


async def test_the_entry_comes_with_the_change(tmp_path):
    """As soon as something is changed the trail tells it, once; the answer is added to the entry, and makes no second one."""
    async with opened_journal(tmp_path) as (journal, audit):
        request, _ = asked()
        with audited_as(request):
            for _ in range(2):
                await journal.write(lambda entry: entry.note("made", "made"))
        assert await trail(journal) == [("POST /jobs", None, None)]
        await audit.record(answered(), request)
        await audit.page()
        assert await trail(journal) == [("POST /jobs", 201, "job")]


async def test_what_is_not_stored_leaves_no_entry(tmp_path):
    """A change that fails is not in the trail; the refusal is, when it is answered, and what is done later for it adds none."""
    async with opened_journal(tmp_path) as (journal, audit):
        request, _ = asked()

        def fail(entry):
            entry.note("made", "made")
            raise LookupError

        with audited_as(request):
            with pytest.raises(LookupError):
                await journal.write(fail)
            assert await trail(journal) == []
            await audit.record(answered(), request)
            await audit.page()
            await journal.write(lambda entry: entry.note("made", "made"))
        assert await trail(journal) == [("POST /jobs", 201, "job")]


async def test_what_is_done_again_alone_has_one_entry(tmp_path):
    """When another's write undoes the transaction that they share, each is done again, and has its entry once."""
    async with opened_journal(tmp_path) as (journal, audit):
        first, _ = asked("first")
        second, _ = asked("second")

        async def write(request, work):
            with audited_as(request):
                await journal.write(work)

        def fail(entry):
            entry.store.append_event("half")
            raise LookupError

        outcomes = await asyncio.gather(
            write(first, lambda entry: entry.note("made", "made")),
            write(None, fail),
            write(second, lambda entry: entry.note("made", "made")),
            return_exceptions=True,
        )
        assert [type(found) for found in outcomes] == [type(None), LookupError, type(None)]
        assert await trail(journal) == [("second", None, None), ("first", None, None)]
        await audit.record(answered("first"), first)
        await audit.page()
        assert await trail(journal) == [("second", None, None), ("first", 201, "job")]


async def test_what_is_wished_of_an_execution_is_its_requests(flow, copy):
    """A pause is carried out by the execution's own task, which another request began: it is in the trail as what it is."""
    submit, _ = asked("submit")
    pause, _ = asked("pause")
    cancel, _ = asked("cancel")
    await flow.service.limit_queue("default", QueueRequest(limit=0))
    with audited_as(submit):
        job = await flow.service.submit(copy.request())
    with audited_as(pause):
        await flow.service.pause("copy", PauseRequest())
    with audited_as(cancel):
        await flow.service.cancel("copy")
    job = await flow.until("copy", lambda job: job.execution.state is ExecutionState.CANCELED)
    assert job.desired_state is DesiredState.CANCELED
    assert [action for action, *_ in await trail(flow.service._journal)] == ["cancel", "pause", "submit"]


async def test_who_asks_while_the_store_takes_nothing_is_told_so(monkeypatch):
    """What was taken is not on record yet, and nobody knows when it will be: the page is refused, not waited for."""
    monkeypatch.setattr("runner.supervisor.audit._PATIENCE", 0.01)
    audit = AuditTrail(None, None)
    await audit.note("daemon", "daemon started")
    with pytest.raises(StoreError) as refused:
        await audit.page()
    assert refused.value.code == "store-timeout"
