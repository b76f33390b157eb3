"""Commands as operations: phase, progress, usual time, outcome, be it the next daemon's; and what they say beforehand."""

from __future__ import annotations

import os
import signal
import time
from types import SimpleNamespace

import pytest

from runner.model import CheckpointKind, Queue
from runner.operation import OperationOutcome, Risk
from runner.requests import (
    CancelQueuedRequest,
    PauseRequest,
    QueueRequest,
    RestartRequest,
    SavepointRequest,
    StartRequest,
    StopRequest,
    SubmitRequest,
    WorkersRequest,
)
from runner.states import ExecutionState
from runner.store.errors import StoreError
from runner.supervisor import operations
from runner.supervisor.actions import Asked
from runner.supervisor.commands import Command
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.operations import CANCEL_QUEUED, CHANGE_QUEUE, DELETE_QUEUE

SUCCEEDED, FAILED, ABANDONED = OperationOutcome.SUCCEEDED, OperationOutcome.FAILED, OperationOutcome.ABANDONED


async def ended(flow, operation):
    """The operation once it is over."""
    async with flow.waiting():
        while (found := await flow.service.actions.operations.get(operation.id)).finished_at is None:
            await flow.a_moment()
    return found


async def do(flow, command, job, call, **asked):
    """The operation of a command once it is over."""
    started = await flow.service.actions.begin(command, job, call, Asked(**asked))
    await started.task
    return await ended(flow, started.operation)


async def test_a_command_is_an_operation_to_its_end(flow, copy):
    """Submit, savepoint, stop, start, workers: each ends when it has come about, says how, and knows how long it took."""
    stream = copy.but(mode="STREAMING", rows=500)
    started = await flow.service.actions.submit(stream.request(), Asked(requested_by="unix:1", reason="a try"))
    job = await started.task
    found = await ended(flow, started.operation)
    assert (found.kind, found.job_id, found.execution_id) == ("submit", job.id, job.execution.id)
    assert (found.requested_by, found.reason, found.outcome, found.progress) == ("unix:1", "a try", SUCCEEDED, 1.0)
    assert "RUNNING" in found.phase
    point = await do(flow, Command.SAVEPOINT, job.id, lambda service, job: service.savepoint(job, SavepointRequest()))
    assert point.phase == "savepoint 1 is committed" or point.phase.startswith("savepoint ")
    crewed = await do(flow, Command.WORKERS, job.id, lambda service, job: service.scale(job, WorkersRequest(total=2)))
    assert (crewed.outcome, crewed.phase) == (SUCCEEDED, "there are 2 workers")
    paused = await do(flow, Command.PAUSE, job.id, lambda service, job: service.pause(job, PauseRequest()))
    assert paused.phase == "the execution is PAUSED"
    for round_ in range(2):
        stop = await do(flow, Command.STOP, job.id, lambda service, job: service.stop(job, StopRequest()))
        execution = (await flow.service.job(job.id)).execution
        assert stop.phase == f"the execution is STOPPED with savepoint {execution.savepoint_id}"
        assert (stop.usual_seconds is None) is (round_ == 0)
        await do(flow, Command.START, job.id, lambda service, job: service.start(job, StartRequest()))
    restart = await do(flow, Command.RESTART, job.id, lambda service, job: service.restart(job, RestartRequest()))
    assert (restart.outcome, restart.execution_id) == (SUCCEEDED, (await flow.service.job(job.id)).execution.id)
    await do(flow, Command.CANCEL, job.id, lambda service, job: service.cancel(job))
    operations = flow.service.actions.operations
    page = await operations.page(job_id=job.id, kind="stop", is_open=False, limit=1, after=None)
    rest = await operations.page(job_id=job.id, kind="stop", is_open=False, limit=9, after=page.next)
    assert [found.kind for found in (*page.operations, *rest.operations)] == ["stop", "stop"]
    assert (await operations.page(job_id=None, kind=None, is_open=True, limit=9, after=None)).operations == ()
    with pytest.raises(NotFound):
        await operations.get("nothing")


async def test_a_clock_that_was_set_back_makes_no_execution_new(flow, copy, monkeypatch):
    """An execution that was there already is no new one although the clock says that it was made later; the next one is."""
    job = await flow.service.submit(copy.but(mode="STREAMING", rows=500).request())
    await flow.running_workers(job.id)
    monkeypatch.setattr(operations, "time", SimpleNamespace(time=lambda: time.time() - 3600))
    again = await do(flow, Command.START, job.id, lambda service, job: service.start(job, StartRequest()))
    assert (again.outcome, again.phase) == (SUCCEEDED, f"there is no new execution: {job.execution.id} is RUNNING")
    restart = await do(flow, Command.RESTART, job.id, lambda service, job: service.restart(job, RestartRequest()))
    assert (restart.outcome, restart.execution_id) == (SUCCEEDED, (await flow.service.job(job.id)).execution.id)
    assert restart.execution_id != job.execution.id


async def test_what_fails_says_why(flow, copy):
    """A start whose execution fails, and a command that is refused by what runs, are operations that failed."""
    missing = copy.but(rows=10, interval=None)
    text = missing.text()
    missing.source.unlink()
    started = await flow.service.actions.submit(SubmitRequest(text=text, base_directory="/"))
    await started.task
    found = await ended(flow, started.operation)
    assert (found.outcome, found.phase) == (FAILED, "the execution is FAILED")
    assert found.error.code == "file-missing"
    started = await flow.service.actions.begin(
        Command.RESTART, "copy", lambda service, job: service.restart(job, RestartRequest(restore="7"))
    )
    with pytest.raises(NotFound):
        await started.task
    assert (await ended(flow, started.operation)).error.code == "not-found"


async def test_a_defect_ends_the_operation_and_is_logged(flow, caplog):
    """Nobody waits for a command that was given in the background, nor for what follows it: what goes wrong there in a way that
    nobody has thought of is in the log, and the operation is over."""

    async def broken(_service, _tell):
        raise ZeroDivisionError("a defect")

    async def odd(_service, _tell):
        return Queue(name="odd", limit=None, running=None, waiting=())

    actions = flow.service.actions
    started = await actions.on_queues(CHANGE_QUEUE, "odd", broken)
    found = await ended(flow, started.operation)
    assert (found.outcome, found.error.code) == (FAILED, "internal")
    assert "ZeroDivisionError: a defect" in caplog.text
    found = await ended(flow, (await actions.on_queues(CHANGE_QUEUE, "odd", odd)).operation)
    assert (found.outcome, found.error.code) == (ABANDONED, "internal")
    assert f"operation {found.id} cannot be followed" in caplog.text


async def test_the_next_daemon_ends_what_was_under_way(opened, copy):
    """A stop goes on and is told so; of what nobody can know the outcome of it is abandoned."""
    stream = copy.but(mode="STREAMING", rows=500, interval=60_000)  # no checkpoint is in the way of the savepoint
    async with opened(heartbeat=60.0, grace=0.2) as flow:
        job = await flow.service.submit(stream.request())
        await flow.until(job.id, lambda found: found.execution.totals.rows_in > 0)
        (pid,) = await flow.running_workers(job.id)
        os.kill(pid, signal.SIGSTOP)
        actions = flow.service.actions
        saving = await actions.begin(Command.SAVEPOINT, job.id, lambda service, job: service.savepoint(job, SavepointRequest()))
        await flow.reach(job.id, ExecutionState.SAVEPOINTING)
        stopping = await actions.begin(Command.STOP, job.id, lambda service, job: service.stop(job, StopRequest()))
        await stopping.task
        await actions.operations.write_down()
    for task in (saving.task,):
        assert task.cancelled() or isinstance(task.exception(), Conflict | StoreError)
    async with opened() as flow:
        stop = await ended(flow, stopping.operation)
        assert (stop.outcome, stop.execution_id) == (SUCCEEDED, job.execution.id)
        assert stop.phase.startswith("the execution is STOPPED")
        save = await flow.service.actions.operations.get(saving.operation.id)
        assert save.outcome in {ABANDONED, FAILED}


async def test_a_restart_is_followed_under_the_next_daemon(opened, copy):
    """Its operation ends with the new execution that the next daemon starts for it."""
    stream = copy.but(mode="STREAMING", rows=500)
    async with opened(heartbeat=60.0, grace=0.2, parking=0.2) as flow:
        job = await flow.service.submit(stream.request())
        await flow.progressed(job.id)
        (pid,) = await flow.running_workers(job.id)
        os.kill(pid, signal.SIGSTOP)
        request = RestartRequest(restore="none")
        restart = await flow.service.actions.begin(Command.RESTART, job.id, lambda service, job: service.restart(job, request))
        await flow.until(job.id, lambda found: found.restarting_from == "none")
        await flow.service.actions.operations.write_down()
    async with opened() as flow:
        found = await ended(flow, restart.operation)
        newest = (await flow.service.job(job.id)).execution
        assert (found.outcome, found.execution_id, newest.restored_from) == (SUCCEEDED, newest.id, None)
        assert newest.id != job.execution.id


async def test_old_operations_are_forgotten(opened, copy):
    """So many are kept as the limit says."""
    async with opened(housekeeping=0.05, operations_retained=2) as flow:
        request = copy.but(rows=10, interval=None).request()
        job = await flow.service.submit(request)
        await flow.reach(job.id, ExecutionState.FINISHED)
        for _ in range(4):
            await do(flow, Command.STOP, job.id, lambda service, job: service.stop(job, StopRequest()))
        async with flow.waiting():
            while len((await _all(flow)).operations) > 2:
                await flow.a_moment()


async def _all(flow):
    return await flow.service.actions.operations.page(job_id=None, kind=None, is_open=None, limit=100, after=None)


async def test_a_dry_run_tells_the_jobs_own_numbers(flow, copy):
    """What a cancel loses is what was read since the checkpoint; what a restore reads again grows with it; a named older point
    costs more; nothing is changed by asking."""
    stream = copy.but(mode="STREAMING", rows=500, interval=60_000, rows_per_second=2_000)
    job = await flow.service.submit(stream.request())
    await flow.running_workers(job.id)
    older = await flow.service.savepoint(job.id, SavepointRequest())
    await flow.until(job.id, lambda found: found.execution.totals.rows_in >= 400)
    await flow.service.pause(job.id, PauseRequest())
    savepoint = await flow.service.savepoint(job.id, SavepointRequest())
    actions = flow.service.actions
    cancel = await actions.effects(Command.CANCEL, job.id)
    assert (cancel.allowed, cancel.risk, cancel.restore_point.kind) == (True, Risk.DESTRUCTIVE, CheckpointKind.SAVEPOINT)
    assert cancel.restore_point.number == savepoint.id
    assert (cancel.rows_to_read_again, cancel.lost[0]) == (0, "nothing: no row was read after it")
    assert [entry.action for entry in cancel.safer] == ["stop"]
    stop = await actions.effects(Command.STOP, job.id, StopRequest())
    assert (stop.lost, stop.usual_seconds) == ((), None)
    assert (await actions.effects(Command.SAVEPOINT, job.id)).usual_seconds == savepoint.took
    rows = (await flow.service.job(job.id)).execution.totals.rows_in
    assert f"{rows} rows" in stop.kept[0]
    anew = await actions.effects(Command.RESTART, job.id, RestartRequest(restore="none"))
    assert (anew.risk, anew.rows_to_read_again, anew.restore_point) == (Risk.DESTRUCTIVE, rows, None)
    back = await actions.effects(Command.RESTART, job.id, RestartRequest(restore=str(older.id)))
    assert (back.rows_to_read_again, back.restore_point.number) == (rows - older.rows_in, older.id)
    assert (await flow.service.job(job.id)).execution.state is ExecutionState.PAUSED
    await flow.service.cancel(job.id)
    await flow.reach(job.id, ExecutionState.CANCELED)
    purge = await actions.effects(Command.PURGE, job.id)
    assert purge.lost[0].startswith("1 execution, ")
    assert "savepoint" in purge.lost[0]
    assert [entry.action for entry in purge.safer] == ["delete"]


async def test_a_dry_run_tells_that_targets_are_emptied(flow, copy):
    """From the beginning with DROP_DATA nothing is written twice, but all is gone; and so it is for points from before that."""
    small = copy.but(rows=10, interval=None, save_mode="DROP_DATA")
    job = await flow.service.submit(small.request())
    await flow.reach("copy", ExecutionState.FINISHED)
    (point,) = await flow.service.checkpoints(job.id)
    actions, back = flow.service.actions, RestartRequest(restore=str(point.id))
    anew = await actions.effects(Command.RESTART, job.id, RestartRequest(restore="none"))
    assert "the target is emptied first" in anew.lost[0]
    assert "come again" not in anew.lost[0]
    assert not any("emptied" in lost for lost in (await actions.effects(Command.RESTART, job.id, back)).lost)
    await flow.service.start("copy", StartRequest())
    await flow.reach("copy", ExecutionState.FINISHED)
    late = await actions.effects(Command.RESTART, job.id, back)
    assert (late.risk, "the job has begun from the beginning since" in late.lost[-1]) == (Risk.DESTRUCTIVE, True)


async def test_only_the_newest_execution_can_be_acted_on(flow, copy):
    """By an older one a command is refused, and told which one is the newest."""
    small = copy.but(rows=10, interval=None)
    first = (await flow.service.submit(small.request())).execution
    await flow.reach("copy", ExecutionState.FINISHED)
    second = (await flow.service.start("copy", StartRequest())).execution
    await flow.reach("copy", ExecutionState.FINISHED)
    with pytest.raises(Conflict, match=second.id):
        await flow.service.actions.effects(Command.STOP, first.id, asked=Asked(execution=first.id))
    tried = await flow.service.actions.effects(Command.STOP, second.id, asked=Asked(execution=second.id))
    assert (tried.execution_id, tried.does) == (second.id, "nothing: it does not run")


async def test_changes_of_queues_are_operations(flow, copy):
    """Limits, deletions and the cancellation of what waits: each says what it has done, and how long the last ones took."""
    actions, service = flow.service.actions, flow.service

    async def on_queue(kind, call, queue="slow"):
        started = await actions.on_queues(kind, queue, call, Asked(requested_by="unix:1", reason="a try"))
        await started.task
        return await ended(flow, started.operation)

    limited = await on_queue(CHANGE_QUEUE, lambda service, _: service.limit_queue("slow", QueueRequest(limit=0)))
    assert (limited.outcome, limited.queue, limited.job_id, limited.requested_by) == (SUCCEEDED, "slow", None, "unix:1")
    assert limited.phase == "the queue runs at most 0 at the same time; 0 run, 0 wait"
    for number in range(3):
        waiting = copy.but(name=f"waits-{number}", rows=10, settings='job.queue = "slow"')
        await service.submit(waiting.request())
    told = []

    def cancel(service, tell):
        def keep(phase, progress):
            told.append((phase, progress))
            tell(phase, progress)

        return service.cancel_queued(CancelQueuedRequest(queue="slow"), tell=keep)

    canceled = await on_queue(CANCEL_QUEUED, cancel)
    assert (canceled.outcome, canceled.phase, canceled.progress) == (SUCCEEDED, "canceled 3", 1.0)
    assert told == [("canceled 0 of 3", 0.0), ("canceled 1 of 3", 1 / 3), ("canceled 2 of 3", 2 / 3)]
    await actions.operations.write_down()
    again = await on_queue(CHANGE_QUEUE, lambda service, _: service.limit_queue("slow", QueueRequest(limit=None, paused=True)))
    assert again.phase == "the queue has no limit, and is paused; 0 run, 0 wait"
    assert again.usual_seconds is not None
    gone = await on_queue(DELETE_QUEUE, lambda service, _: service.delete_queue("slow"))
    assert (gone.outcome, gone.phase) == (SUCCEEDED, "done")
    with pytest.raises(Conflict):
        await on_queue(DELETE_QUEUE, lambda service, _: service.delete_queue("default"), "default")
    (failed,) = (await actions.operations.page(job_id=None, kind=DELETE_QUEUE, is_open=False, limit=1, after=None)).operations
    assert (failed.outcome, failed.error.code, failed.phase) == (FAILED, "conflict", "it was not done")
