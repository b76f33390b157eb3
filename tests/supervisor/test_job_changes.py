"""Changes of jobs, field by field: what a reader makes of them is what the daemon knows, however it came by them."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import pytest

from runner.api.event_stream import EventFilter, event_stream
from runner.event_feed import parse_event
from runner.model import Event
from runner.requests import RestartRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.event_bus import CAPACITY, LAGGED, EventBus
from runner.supervisor.job_changes import CHANGED, fields_of

RUNNING, FINISHED, STOPPED = ExecutionState.RUNNING, ExecutionState.FINISHED, ExecutionState.STOPPED


class Reader:
    """A client of the event stream that keeps jobs by applying changes."""

    def __init__(self, flow, since=None, **wanted):
        self.jobs = {}
        self.events = []
        self._closing = asyncio.Event()
        self._stream = event_stream(flow.service.observation, since, self._closing, EventFilter(**wanted), keep_alive=0.1)

    async def read(self):
        """The next blocks."""
        for block in (await anext(self._stream)).split(b"\n\n"):
            event = parse_event(block)
            if event is not None:
                assert (event.kind == CHANGED) == (not block.startswith(b"id: "))
                self._apply(event)

    def _apply(self, event):
        self.events.append(event)
        if event.kind == "snapshot":
            for job in event.data["jobs"]:
                self.jobs[job["id"]] = flat(job)
        elif event.kind == CHANGED:
            known = self.jobs.setdefault(event.job_id, {})
            for name, value in event.data["changes"].items():
                if value is None:
                    for inside in [path for path in known if path.startswith(name + ".")]:
                        del known[inside]
                while "." in name and name.rpartition(".")[0] in known:
                    del known[name.rpartition(".")[0]]
                known[name] = value

    async def until(self, condition):
        """Read until the condition holds."""
        async with asyncio.timeout(60):
            while not condition():
                await self.read()

    async def close(self):
        """Leave."""
        await self._stream.aclose()


RECORDS = ("execution", "last_checkpoint", "reload", "retention")


def flat(job):
    """A job as JSON, as a flat mapping; the same as fields_of of the record."""
    found, waiting = {}, [("", job)]
    while waiting:
        prefix, values = waiting.pop()
        for name, value in values.items():
            nested = isinstance(value, dict) and (prefix + name) in NESTED
            if nested:
                waiting.append((f"{prefix}{name}.", value))
            else:
                found[prefix + name] = value
    return found


NESTED = {
    *RECORDS,
    "execution.totals",
    "execution.pause",
    "execution.splits",
    "execution.error",
    "last_checkpoint.place",
    "last_checkpoint.origin",
}


def settled(job):
    """The job as the daemon knows it, as a reader should."""
    return msgspec.json.decode(msgspec.json.encode(fields_of(job)))


async def test_a_reader_that_applies_changes_knows_what_the_daemon_knows(flow, copy):
    """From a snapshot on, through a whole run and its end; states come in order, and no event on record twice."""
    old = await flow.service.submit(copy.but(name="old", rows=10).request())
    await flow.reach(old.id, FINISHED)
    reader = Reader(flow, snapshot=True, changes=True)
    await reader.until(lambda: old.id in reader.jobs)
    assert reader.jobs[old.id] == settled(await flow.service.job(old.id))
    job = await flow.service.submit(copy.request())
    await reader.until(lambda: reader.jobs.get(job.id, {}).get("execution.state") == "FINISHED")
    final = await flow.service.job(job.id)
    await reader.until(lambda: reader.jobs[job.id] == settled(final))
    states = [event.data["changes"].get("execution.state") for event in reader.events if event.kind == CHANGED]
    assert [state for state in states if state][-2:] == ["RUNNING", "FINISHED"]
    revisions = [event.revision for event in reader.events if event.kind not in {CHANGED, "snapshot"}]
    assert revisions == sorted(set(revisions))
    changes = [event for event in reader.events if event.kind == CHANGED and event.job_id == job.id]
    assert changes[-1].data["version"] == final.version
    assert {"execution.totals.rows_in"} <= set().union(*(event.data["changes"] for event in changes[1:]))
    assert all("name" not in event.data["changes"] for event in changes[1:])
    await reader.close()


async def test_the_end_is_told_however_late_it_is_known(flow, copy, monkeypatch):
    """On a busy machine the last look at an execution may be from before its end is known to what controls it: the end is told
    when that lets go of it."""
    executions = flow.service._executions
    reader = Reader(flow, changes=True)
    job = await flow.service.submit(copy.but(mode="STREAMING", interval=100).request())
    await reader.until(lambda: reader_state(reader, job) == "RUNNING")
    seen = executions.live_job(await flow.service.job(job.id))
    looks = []
    with monkeypatch.context() as patch:
        patch.setattr(executions, "live_job", lambda _job: looks.append(1) or seen)
        patch.setattr(executions, "running", lambda: [seen.execution])
        await flow.service.stop(job.id, StopRequest(savepoint=False))
        async with flow.waiting():
            while (await flow.service._journal.read(lambda store: store.job(job.id))).execution.state is not STOPPED:
                await flow.a_moment()
            looks.clear()
            while len(looks) < 4:
                await flow.a_moment()
        assert reader_state(reader, job) == "RUNNING"
    await reader.until(lambda: reader_state(reader, job) == "STOPPED")
    await reader.close()


async def test_counters_do_not_come_more_often_than_a_few_times_a_second(flow, copy):
    """However fast they grow, and however many checkpoints there are."""
    job = await flow.service.submit(copy.but(mode="STREAMING", interval=100).request())
    reader = Reader(flow, changes=True, job_id=job.id)
    await reader.until(lambda: RUNNING in reader.jobs.get(job.id, {}).values())
    reader.events.clear()
    begun = asyncio.get_running_loop().time()
    await reader.until(lambda: len([event for event in reader.events if event.kind == CHANGED]) >= 5)
    assert asyncio.get_running_loop().time() - begun >= 0.2
    await flow.service.stop(job.id, StopRequest(savepoint=False))
    await flow.reach(job.id, STOPPED)
    await reader.close()


async def test_who_comes_back_misses_nothing(flow, copy):
    """After a break the events since then come from the record, and everything about the jobs they were about; so for a reader
    who was too slow."""
    first = Reader(flow, changes=True)
    job = await flow.service.submit(copy.but(rows=10).request())
    await first.until(lambda: reader_state(first, job) == "FINISHED")
    seen = max(event.revision for event in first.events)
    await first.close()
    again = await flow.service.restart(job.id, RestartRequest(restore="none"))
    await flow.reach(job.id, FINISHED)
    second = Reader(flow, since=seen, changes=True, kinds=("execution",))
    await second.until(lambda: second.jobs.get(job.id, {}).get("execution.id") == again.execution.id)
    assert second.jobs[job.id] == settled(await flow.service.job(job.id))
    recorded = [event for event in second.events if event.kind != CHANGED]
    assert {event.kind.partition(".")[0] for event in recorded} == {"execution"}
    assert min(event.revision for event in recorded) > seen
    await second.close()
    slow = Reader(flow, changes=True)
    await slow.read()

    def note(entry):
        for _ in range(CAPACITY + 5):
            entry.note("test", "x", job_id=job.id)

    await flow.service._journal.write(note)
    await slow.until(lambda: len([event for event in slow.events if event.kind == "test"]) == CAPACITY + 5)
    await slow.until(lambda: job.id in slow.jobs)
    assert slow.jobs[job.id] == settled(await flow.service.job(job.id))
    await slow.close()


def reader_state(reader, job):
    """What the reader believes."""
    return reader.jobs.get(job.id, {}).get("execution.state")


async def test_streams_can_be_narrowed(flow, copy):
    """To one job; an unknown one is refused before anything is sent."""
    one = await flow.service.submit(copy.but(name="one", rows=10).request())
    two = await flow.service.submit(copy.but(name="two", rows=10).request())
    for job in (one, two):
        await flow.reach(job.id, FINISHED)
    reader = Reader(flow, since=0, job_id=two.id, changes=True, snapshot=True)
    await reader.until(lambda: any(event.kind == CHANGED for event in reader.events))
    assert {event.job_id for event in reader.events} == {two.id}
    assert set(reader.jobs) == {two.id}
    await reader.close()
    with pytest.raises(Exception, match="no job"):
        await flow.service.observation.job_id_of("three")


async def test_what_is_told_is_encoded_once_for_all_who_want_the_same():
    """Five hundred listeners share the bytes; one that did not ask for changes gets none, and all have their turn."""
    bus, made = EventBus(), []

    def encode(batch):
        made.append(batch)
        return b"x" * len(batch)

    with contextlib.ExitStack() as stack:
        listeners = [
            stack.enter_context(bus.subscribe(changes=number % 2 == 0, hurried=number % 3 == 0)) for number in range(500)
        ]
        assert bus.wanted.is_set()
        taking = [asyncio.ensure_future(listener.take(30)) for listener in listeners]
        await asyncio.sleep(0)
        bus.publish(Event(revision=1, at=0.0, kind="test"))
        bus.publish_changes([Event(revision=1, at=0.0, kind=CHANGED)] * 3)
        taken = await asyncio.gather(*taking)
        assert [len(found) for found in taken] == [2, 1] * 250
        assert {b"".join(each.encoded("all", encode) for each in found) for found in taken} == {b"xxxx", b"x"}
        assert len(made) == 2
        taken[0][0].encoded("others", encode)
        assert len(made) == 3
        assert await listeners[0].take(0) == []
        for _ in range(CAPACITY + 1):
            bus.publish(Event(revision=2, at=0.0, kind="test"))
        assert (await listeners[0].take(0))[0].last.kind == LAGGED
    assert not bus.wanted.is_set()
