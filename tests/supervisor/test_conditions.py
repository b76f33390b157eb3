"""Requests that depend on a job's version: whatever changes the job between the look and the change makes them fail."""

import asyncio
import threading

import msgspec
import pytest

from runner.home import Home
from runner.requests import EditRequest, PauseRequest, RestartRequest, SavepointRequest, StopRequest, WorkersRequest
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.supervisor.acceptance import Acceptance
from runner.supervisor.conditions import Condition, PreconditionFailed, depending_on
from runner.supervisor.course import Course
from runner.supervisor.errors import Conflict
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.journal import Journal
from runner.supervisor.lease import Leases
from runner.supervisor.wishes import SavepointWish, StopWish

CALLS = {
    "edit": lambda service, job: service.edit(job, EditRequest(labels={"mine": "yes"})),
    "pause": lambda service, job: service.pause(job, PauseRequest()),
    "stop": lambda service, job: service.stop(job, StopRequest()),
    "cancel": lambda service, job: service.cancel(job),
    "workers": lambda service, job: service.scale(job, WorkersRequest(total=2)),
    "savepoint": lambda service, job: service.savepoint(job, SavepointRequest()),
    "restart": lambda service, job: service.restart(job, RestartRequest()),
    "delete a savepoint": lambda service, job: service.delete_savepoint(job, 1, force=True),
}


async def race(service, job, call):
    """The call, at the version that the job has now, while somebody else's change is about to be written."""
    version, gate = (await service.job(job)).version, threading.Event()

    def rival(entry):
        assert gate.wait(60)
        entry.store.update_job(msgspec.structs.replace(entry.store.job(job), labels={"theirs": str(version)}))

    async def conditional():
        with depending_on(Condition(job, lambda found: found == version)):
            return await call(service, job)

    other = asyncio.create_task(service._journal.write(rival))
    await asyncio.sleep(0)  # its transaction has begun
    mine = asyncio.create_task(conditional())
    await asyncio.sleep(0)
    gate.set()
    await other
    return await mine


async def test_whatever_comes_between_makes_it_fail(flow, copy):
    """Each command is refused by the transaction that would have carried it out, and leaves the job as it is."""
    job = (await flow.service.submit(copy.but(mode="STREAMING", rows=500, interval=None).request())).id
    await flow.reach(job, ExecutionState.RUNNING)
    await flow.service.savepoint(job, SavepointRequest())
    for name, call in CALLS.items():
        with pytest.raises(PreconditionFailed, match=r"has version \d+ now"):
            await race(flow.service, job, call)
        found = await flow.service.job(job)
        assert (found.execution.state, found.desired_state, "mine" in found.labels) == ("RUNNING", "RUNNING", False), name
        assert found.execution.pause is None
        assert len(await flow.service.savepoints(job)) == 1
    for name, call in list(CALLS.items())[:3]:
        version = (await flow.service.job(job)).version
        with depending_on(Condition(job, lambda found, version=version: found == version)):
            await call(flow.service, job)
        assert (await flow.service.job(job)).version > version, name
    await flow.reach(job, ExecutionState.STOPPED)


async def test_what_does_not_run_is_changed_on_condition_too(flow, copy):
    """Start, delete and purge of a job that rests: nothing is begun at another version."""
    job = (await flow.service.submit(msgspec.structs.replace(copy.request(), start=False))).id
    for call in (
        lambda service, job: service.restart(job, RestartRequest(restore="none")),
        lambda service, job: service.delete(job),
        lambda service, job: service.purge(job),
    ):
        with pytest.raises(PreconditionFailed):
            await race(flow.service, job, call)
    found = await flow.service.job(job)
    assert (found.execution, found.deleted_at) == (None, None)


async def test_a_store_that_does_not_say_whether_it_holds_costs_the_wish_only(tmp_path):
    """The execution goes on as if nobody had asked, and whoever asked is told."""
    home = Home(tmp_path / "home")
    home.create()
    store = await AsyncStore.open(home.store_path)
    await store.close()
    lease = Leases(Journal(store, EventBus(), ExecutionLog(home)), 60.0).of("execution")
    course = Course(parts=None, work=None, lease=lease, record=None, records=None, budget=None, pending=None)
    with depending_on(Condition("job", lambda _: True)):
        saving, stopping = SavepointWish(), StopWish()
    for wish in (saving, stopping):
        await Acceptance(course).accept(wish, None)
    for refused in (saving.done, stopping.accepted):
        with pytest.raises(Conflict, match="the store is closed"):
            refused.result()
