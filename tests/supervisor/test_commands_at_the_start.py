"""Every command while an execution is CREATED, held by a slow disk, and STARTING, held by a frozen worker: what the table says
is what a real supervisor does, then and once the execution has begun."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading

import pytest

from runner.requests import (
    EditRequest,
    PauseRequest,
    RecoverRequest,
    RestartRequest,
    SavepointRequest,
    StartRequest,
    StopRequest,
    UpdateRequest,
    WorkersRequest,
)
from runner.states import ExecutionState
from runner.supervisor.commands import TABLE, Answer, Command, Situation
from runner.supervisor.errors import Conflict

_C, _S = Command, Situation
_TRIES = 8
CALLS = {
    _C.START: lambda service, job, _: service.start(job, StartRequest()),
    _C.STOP: lambda service, job, _: service.stop(job, StopRequest()),
    _C.CANCEL: lambda service, job, _: service.cancel(job),
    _C.PAUSE: lambda service, job, _: service.pause(job, PauseRequest()),
    _C.RESUME: lambda service, job, _: service.resume(job),
    _C.RESTART: lambda service, job, _: service.restart(job, RestartRequest()),
    _C.RECOVER: lambda service, job, _: service.recover(job, RecoverRequest()),
    _C.WORKERS: lambda service, job, _: service.scale(job, WorkersRequest(total=2)),
    _C.SAVEPOINT: lambda service, job, _: service.savepoint(job, SavepointRequest()),
    _C.UPDATE: lambda service, job, text: service.update(job, UpdateRequest(text=text, base_directory="/")),
    _C.EDIT: lambda service, job, _: service.edit(job, EditRequest(labels={"seen": "yes"})),
    _C.DELETE: lambda service, job, _: service.delete(job),
    _C.UNDELETE: lambda service, job, _: service.undelete(job),
    _C.PURGE: lambda service, job, _: service.purge(job),
}
EFFECTS = {
    _C.STOP: lambda job, _: job.execution.state == "STOPPED",
    _C.CANCEL: lambda job, _: job.execution.state == "CANCELED",
    _C.PAUSE: lambda job, _: job.execution.state == "PAUSED",
    _C.RESUME: lambda job, _: job.execution.state == "RUNNING" and job.execution.pause is None,
    _C.RESTART: lambda job, former: job.execution.id != former and job.execution.state == "RUNNING",
    _C.WORKERS: lambda job, _: len(job.execution.worker_pids) == 2,
    _C.SAVEPOINT: lambda job, _: job.last_checkpoint is not None and job.last_checkpoint.kind == "savepoint",
    _C.UPDATE: lambda job, _: job.execution.generation == 2 and job.execution.state == "RUNNING",
    _C.EDIT: lambda job, _: job.labels == {"seen": "yes"} and job.execution.state == "RUNNING",
}
"""What has come about in the end of what works, for a job that was held at its first start."""


class Hold:
    """An execution that is held in one state until :meth:`release`."""

    def __init__(self, job, release):
        self.job, self._release = job, release

    def release(self):
        """Let it begin."""
        release, self._release = self._release, lambda: None
        release()


class Beginning:
    """Starts jobs and holds them at their start."""

    def __init__(self, flow, copy):
        self.flow, self.service, self.copy = flow, flow.service, copy
        self._count = 0

    async def hold(self, situation):
        """A job whose first execution is in the situation."""
        for _ in range(_TRIES):
            hold = await (self._created() if situation is _S.CREATED else self._starting())
            if (await self.service.job(hold.job)).execution.state == situation.value:
                return hold
            hold.release()  # it was too quick to be held
            await self.end(hold.job)
        pytest.fail(f"no job could be held in {situation}")

    async def end(self, job):
        """The job does not run any more."""
        await self.service.cancel(job)
        await self.flow.until(job, lambda found: found.execution is None or found.execution.state.is_terminal)

    def _next(self):
        self._count += 1
        self.copy = self.copy.but(name=f"job-{self._count}")
        return self.service.submit(self.copy.request())

    async def _created(self):
        """The transaction after the one that records the execution waits for the gate."""
        gate = threading.Event()
        submitted = asyncio.create_task(self._next())
        with self.service.observation._bus.subscribe() as events:
            async with asyncio.timeout(60):
                while (await anext(events)).kind != "execution.created":
                    pass
            blocked = asyncio.create_task(self.service._journal.write(lambda _: gate.wait(60)))
            job = await submitted

        def release():
            gate.set()
            return blocked

        return Hold(job.id, release)

    async def _starting(self):
        """The worker is frozen before it has made anything ready."""
        job = await self._next()
        async with asyncio.timeout(60):
            while not (pids := self._pids(job.execution.id)):  # noqa: ASYNC110 - nothing tells it
                await asyncio.sleep(0)  # the very next moment counts
        os.kill(pids[0], signal.SIGSTOP)

        def release():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pids[0], signal.SIGCONT)

        return Hold(job.id, release)

    def _pids(self, execution):
        control = self.service._executions.control(execution)
        assert control is not None, "it has ended already"
        return control.view().worker_pids

    async def give(self, command, job):
        """The answer to the command."""
        text = self.copy.but(fields="id = id, word = other").text()
        call = CALLS[command]
        return await (await self.service.actions.begin(command, job, lambda service, found: call(service, found, text))).task


@pytest.mark.parametrize("situation", [_S.CREATED, _S.STARTING])
async def test_commands_while_it_is_held_at_its_start(opened, copy, situation):
    """What is refused or idempotent changes nothing then; what works is taken up and has come about once it has begun."""
    async with opened(heartbeat=60.0, grace=0.5) as flow:
        beginning = Beginning(flow, copy.but(rows=500, mode="STREAMING", interval=None, rows_per_second=20))
        hold = await beginning.hold(situation)
        for command, rules in TABLE.items():
            if rules[situation].answer is not Answer.WORKS:
                await _check_idle(beginning, command, hold.job, rules[situation])
        for command in (command for command in EFFECTS if TABLE[command][situation].answer is Answer.WORKS):
            hold = hold if hold is not None else await beginning.hold(situation)
            await _check_working(beginning, command, hold)
            hold = None
    assert {command for command in Command if TABLE[command][situation].answer is Answer.WORKS} <= set(EFFECTS)


async def _check_idle(beginning, command, job, rule):
    before = await beginning.service.job(job)
    tried = await beginning.service.actions.effects(command, job)
    assert tried.allowed is (rule.answer is not Answer.REFUSED), command
    if rule.answer is Answer.REFUSED:
        with pytest.raises(Conflict, match=rule.says) as refused:
            await beginning.give(command, job)
        assert refused.value.hint == tried.hint
    else:
        await beginning.give(command, job)
    after = await beginning.service.job(job)
    assert (after.execution.state, after.version) == (before.execution.state, before.version), command


async def _check_working(beginning, command, hold):
    former = (await beginning.service.job(hold.job)).execution.id
    assert (await beginning.service.actions.effects(command, hold.job)).allowed
    if command is _C.RESUME and (await beginning.service.job(hold.job)).execution.state == "STARTING":
        await beginning.give(_C.PAUSE, hold.job)
    given = asyncio.create_task(beginning.give(command, hold.job))
    async with asyncio.timeout(60):
        while not (operations := await _under_way(beginning.service, hold.job)) and not given.done():
            await beginning.flow.a_moment()
    assert operations or given.done()
    hold.release()
    async with asyncio.timeout(60):
        await given
    found = await beginning.flow.until(hold.job, lambda job: EFFECTS[command](job, former))
    assert command in {_C.RESTART, _C.UPDATE} or found.execution.id == former
    assert found.execution.state is not ExecutionState.FAILED
    await beginning.end(hold.job)


async def _under_way(service, job):
    """The operations of the job that have been begun."""
    known = service.actions.operations._open.values()
    return [operation for operation in known if operation.job_id == job and operation.kind != "submit"]
