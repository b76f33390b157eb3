"""The records of watched files: nothing that has happened to a file is forgotten on the way into the store."""

from __future__ import annotations

import asyncio

import pytest

from runner.reload import ReloadState, WatchedFile
from runner.store.errors import StoreError
from runner.supervisor.operations import Operations
from runner.supervisor.reloading.records import ReloadRecords
from runner.supervisor.reloading.reload_operations import ReloadOperations


class Disk:
    """Full at times."""

    def __init__(self):
        self.is_full = False

    def check(self, entry):
        """Refuse the transaction."""
        if self.is_full:
            raise StoreError("the disk is full", code="store-unavailable")


def records_of(journal):
    """Those of no file yet."""
    return ReloadRecords(journal, ReloadOperations(journal, Operations(journal)))


async def test_what_is_held_outlives_a_write_that_fails(journal):
    """What was to be told with a change that could not be written is told with the next one."""
    disk = Disk()
    records = records_of(journal.fenced(disk.check))
    record = await records.change(records.first("/job.conf", None), ReloadState.PARSING, held=True)
    disk.is_full = True
    with pytest.raises(StoreError):
        await records.change(record, ReloadState.VALIDATING)
    disk.is_full = False
    await records.change(record, ReloadState.VALIDATING)
    told = [event.data["state"] for event in await journal.read(lambda store: store.events_since(0, 100))]
    assert told == [ReloadState.PARSING, ReloadState.VALIDATING]


async def test_two_who_begin_the_same_begin_one_operation(journal):
    """A person approves a change at the moment in which its file is looked at: that is one operation, and it ends."""
    operations = ReloadOperations(journal, Operations(journal))
    record = WatchedFile(file="/job.conf", job_id="job", job_name="job", state=ReloadState.PARSING, since=0.0)
    first, second = await asyncio.gather(operations.begin(record), operations.begin(record))
    assert first.id == second.id


async def test_a_job_of_a_file_is_never_seen_without_its_file(opened, directory, copy):
    """The job, and what became of its file, are one transaction: whoever is told that the job is there finds both."""
    watched = directory / "watched"
    watched.mkdir()
    async with opened(watched) as flow:
        with flow.service.observation._bus.subscribe() as events:
            (watched / "copy.conf").write_text(copy.but(rows=10).text())
            async with flow.waiting():
                while (event := await anext(events)).kind != "job.created":
                    pass
            told = await flow.service._journal.read(lambda store: store.events_since(event.revision - 1, 100))
            assert [found.data.get("state") for found in told if found.kind == "job.reload"][-1] == ReloadState.SYNCED
            job = await flow.service.job(event.job_id)
        assert (job.reload.outcome, job.reload.message) == ("synced", "submitted")
        assert [record.job_id for record in flow.supervisor.reloader.report().files] == [job.id]
        await flow.until("copy", lambda job: job.execution.state.is_terminal)
