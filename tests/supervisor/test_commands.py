"""Every command in every situation that lasts, or can be made to last: what the table says is what a real supervisor does.
CREATED and STARTING are in test_commands_at_the_start.py."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

import pytest

from runner.model import Execution
from runner.operation import Risk
from runner.requests import (
    EditRequest,
    PauseRequest,
    QueueRequest,
    RecoverRequest,
    RestartRequest,
    SavepointRequest,
    StartRequest,
    StopRequest,
    SubmitRequest,
    UpdateRequest,
    WorkersRequest,
)
from runner.states import ExecutionState
from runner.supervisor.commands import TABLE, Answer, Command, Situation
from runner.supervisor.errors import Conflict, NotFound

_C, _S = Command, Situation
CALLS = {
    _C.START: lambda service, job, _: service.start(job, StartRequest()),
    _C.STOP: lambda service, job, _: service.stop(job, StopRequest()),
    _C.CANCEL: lambda service, job, _: service.cancel(job),
    _C.PAUSE: lambda service, job, _: service.pause(job, PauseRequest()),
    _C.RESUME: lambda service, job, _: service.resume(job),
    _C.RESTART: lambda service, job, _: service.restart(job, RestartRequest(restore="none")),
    _C.RECOVER: lambda service, job, _: service.recover(job, RecoverRequest()),
    _C.WORKERS: lambda service, job, _: service.scale(job, WorkersRequest(total=1)),
    _C.SAVEPOINT: lambda service, job, _: service.savepoint(job, SavepointRequest()),
    _C.UPDATE: lambda service, job, text: service.update(job, UpdateRequest(text=text, base_directory="/")),
    _C.EDIT: lambda service, job, _: service.edit(job, EditRequest(labels={"seen": "yes"})),
    _C.DELETE: lambda service, job, _: service.delete(job),
    _C.UNDELETE: lambda service, job, _: service.undelete(job),
    _C.PURGE: lambda service, job, _: service.purge(job),
}
RESTING = (_S.NEW, _S.QUEUED, _S.FINISHED, _S.STOPPED, _S.CANCELED, _S.FAILED, _S.REPLACING, _S.DELETED)


@pytest.fixture
def stage(flow, copy):
    """Puts jobs into situations and gives them commands."""
    return Stage(flow, copy.but(rows=20, interval=None, rows_per_second=None, settings='job.queue = "held"'))


class Stage:
    """Jobs of the queue ``held``, which is paused: what is started there only waits."""

    def __init__(self, flow, copy):
        self.flow, self.service, self.actions, self.copy = flow, flow.service, flow.service.actions, copy
        self._count = 0

    async def new(self, settings='job.queue = "held"', **fields):
        """The id of a job that is stored, not started."""
        self._count += 1
        self.copy = self.copy.but(name=f"job-{self._count}", settings=settings, **fields)
        return (await self.service.submit(SubmitRequest(text=self.copy.text(), base_directory="/", start=False))).id

    @contextlib.asynccontextmanager
    async def held(self, situation):
        """The id of a job in the situation, which lasts."""
        free = situation in {_S.FINISHED, _S.FAILED}
        job = await self.new("restart.attempts = 0" if free else 'job.queue = "held"')
        if situation is _S.FAILED:
            self.copy.source.rename(self.copy.source.with_suffix(".away"))
        if situation in {_S.QUEUED, _S.STOPPED, _S.CANCELED, _S.FINISHED, _S.FAILED}:
            await self.service.start(job, StartRequest())
        if situation is _S.STOPPED:
            await self.service.stop(job, StopRequest())
        elif situation is _S.CANCELED:
            await self.service.cancel(job)
        elif situation is _S.DELETED:
            await self.service.delete(job)
        if situation not in {_S.NEW, _S.REPLACING, _S.DELETED}:
            await self.flow.until(job, lambda found: str(found.execution.state) == situation)
        if situation is _S.FAILED:
            self.copy.source.with_suffix(".away").rename(self.copy.source)
        if situation is _S.REPLACING:
            async with self.service._lifecycle.lock(job):
                yield job
        else:
            yield job

    async def give(self, command, job):
        """The answer to the command, which is an operation."""
        text = self.copy.but(fields="id = id, word = other").text()
        started = await self.actions.begin(command, job, lambda service, found: CALLS[command](service, found, text))
        assert (await self.actions.operations.get(started.operation.id)).kind == command
        return await started.task

    async def check(self, command, situation, job):
        """The cell holds: dry and in earnest."""
        rule = TABLE[command][situation]
        answer = rule.answer
        if answer is Answer.BY_STATE:
            answer = TABLE[command][_S.NEW].answer  # the jobs that are held there have no execution
        before = await self.look(job)
        tried = await self.actions.effects(command, job)
        assert tried.allowed is (answer is not Answer.REFUSED), (command, situation)
        assert await self.look(job) == before, "a dry run changed something"
        if answer is Answer.REFUSED:
            with pytest.raises((Conflict, NotFound)) as refused:
                await self.give(command, job)
            assert refused.value.hint
            assert tried.hint == refused.value.hint
            assert await self.look(job) == before, (command, situation)
            return
        # The table says so itself: a recovery is refused when nothing is left to read.
        with contextlib.suppress(Conflict) if command is _C.RECOVER else contextlib.nullcontext():
            await self.give(command, job)
        if answer is Answer.NOTHING:
            after = await self.look(job)
            assert (after.execution, after.generation) == (before.execution, before.generation), (command, situation)
            assert tried.risk is Risk.NONE

    async def look(self, job):
        """The job as it is on record, be it deleted."""
        return await self.service._lifecycle.find(job)


def test_the_table_has_every_cell():
    """Each command says something of each situation; what is refused says what to do."""
    assert set(TABLE) == set(Command)
    for command, rules in TABLE.items():
        assert set(rules) == set(Situation), command
        assert all(rule.says for rule in rules.values())
        assert all(rule.hint for rule in rules.values() if rule.answer is Answer.REFUSED)
    others = {"NEW", "REPLACING", "DELETED"}
    assert {state.value for state in ExecutionState} == {situation.value for situation in Situation} - others


@pytest.mark.parametrize("situation", RESTING)
async def test_commands_in_a_situation_that_lasts(stage, situation):
    """What is refused or idempotent changes nothing; what works works; both as the dry run says."""
    await stage.service.limit_queue("held", QueueRequest(paused=True))
    async with stage.held(situation) as job:
        for command, rules in TABLE.items():
            works = rules[situation].answer is Answer.WORKS
            if not works:
                await stage.check(command, situation, job)
    if situation is _S.REPLACING:
        return
    for command, rules in TABLE.items():
        if rules[situation].answer is Answer.WORKS:
            async with stage.held(situation) as job:
                await stage.check(command, situation, job)


async def test_commands_while_it_runs_and_rests(stage):
    """In RUNNING and PAUSED each command does what the table says; one that ends the execution comes last."""
    job = await stage.new("", mode="STREAMING", rows=500, interval=200)
    await stage.service.start(job, StartRequest())
    for situation in (_S.RUNNING, _S.PAUSED):
        for command in (*[c for c in Command if c not in {_C.PAUSE, _C.RESUME, _C.STOP, _C.CANCEL}], _C.PAUSE, _C.RESUME):
            await stage.flow.until(job, lambda found: found.execution.state in {ExecutionState.RUNNING, ExecutionState.PAUSED})
            if situation is _S.PAUSED:
                await stage.service.pause(job, PauseRequest())
            else:
                await stage.service.resume(job)
            await stage.flow.reach(job, ExecutionState(situation.value))
            rule = TABLE[command][situation]
            tried = await stage.actions.effects(command, job)
            assert tried.allowed is (rule.answer is not Answer.REFUSED)
            if rule.answer is Answer.REFUSED:
                with pytest.raises(Conflict, match=rule.says) as refused:
                    await stage.give(command, job)
                assert refused.value.hint
            else:
                await stage.give(command, job)
    await stage.give(_C.STOP, job)
    await stage.flow.reach(job, ExecutionState.STOPPED)


async def test_commands_while_a_checkpoint_does_not_come(opened, copy):
    """SAVEPOINTING, STOPPING and CANCELING, held by a worker that is frozen."""
    async with opened(heartbeat=60.0, grace=1.5) as flow:
        stage = Stage(flow, copy.but(rows=500, mode="STREAMING", interval=None))
        job = await stage.new("restart.attempts = 3")
        await stage.service.start(job, StartRequest())
        (pid,) = await flow.running_workers(job)
        os.kill(pid, signal.SIGSTOP)
        saving = asyncio.create_task(stage.service.savepoint(job, SavepointRequest()))
        await flow.reach(job, ExecutionState.SAVEPOINTING)
        await _refusals(stage, job, _S.SAVEPOINTING, works=(_C.PAUSE, _C.RESUME, _C.EDIT))
        await stage.give(_C.STOP, job)
        await flow.reach(job, ExecutionState.STOPPING)
        await _refusals(stage, job, _S.STOPPING, works=(_C.STOP, _C.EDIT))
        await stage.give(_C.CANCEL, job)
        await _refusals(stage, job, _S.CANCELING, works=(_C.STOP, _C.CANCEL))
        execution: Execution = await flow.reach(job, ExecutionState.CANCELED)
        assert execution.finished_at is not None
        with pytest.raises(Conflict):
            await saving


async def test_commands_between_two_attempts(flow, copy):
    """RESTARTING: a stop, a pause and the like are taken up although nothing runs."""
    stage = Stage(flow, copy.but(rows=500, mode="STREAMING", interval=None))
    job = await stage.new("restart.attempts = 3, restart.delay = 60")
    await stage.service.start(job, StartRequest())
    (pid,) = await flow.running_workers(job)
    os.kill(pid, signal.SIGKILL)
    await flow.reach(job, ExecutionState.RESTARTING)
    await _refusals(stage, job, _S.RESTARTING, works=(_C.START, _C.PAUSE, _C.RESUME, _C.WORKERS, _C.EDIT, _C.CANCEL))
    await flow.reach(job, ExecutionState.CANCELED)


async def _refusals(stage, job, situation, works):
    """The commands that are refused in the situation, then those that are to work in it."""
    for command, rules in TABLE.items():
        rule = rules[situation]
        assert (await stage.actions.effects(command, job)).allowed is (rule.answer is not Answer.REFUSED), command
        if rule.answer is Answer.REFUSED:
            with pytest.raises(Conflict, match=rule.says):
                await stage.give(command, job)
    for command in works:
        assert TABLE[command][situation].answer is not Answer.REFUSED
        await stage.give(command, job)
