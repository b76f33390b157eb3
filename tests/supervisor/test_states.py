"""The transition table at work: no way out of a terminal state, a way out of every other, and nothing illegal in the store."""

from __future__ import annotations

import pytest

from runner.model import DesiredState, Execution, Job, Totals
from runner.states import TRANSITIONS, ExecutionState, IllegalTransition
from runner.supervisor.execution_record import ExecutionRecord
from runner.supervisor.totals import TotalsMeter
from spec.job import EnvSpec, JobSpec


def reachable(state: ExecutionState) -> set[ExecutionState]:
    """Every state that can follow, at once or later."""
    found: set[ExecutionState] = set()
    waiting = [state]
    while waiting:
        new = TRANSITIONS[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found


@pytest.mark.parametrize("state", ExecutionState)
def test_every_state_ends_or_can_end(state):
    """Terminal states have no successor; every other can come to CANCELED and to FAILED."""
    if state.is_terminal:
        assert reachable(state) == set()
    else:
        assert {ExecutionState.CANCELED, ExecutionState.FAILED} <= reachable(state)


async def test_the_record_takes_legal_changes_only(journal):
    """Along the table each change is stored and told, with what is wanted of the job; off it nothing changes anywhere."""
    execution = Execution(
        id="e", job_id="j", job_name="job", generation=1, state=ExecutionState.CREATED, state_since=0, created_at=0
    )
    job = Job(id="j", name="job", mode="BATCH", desired_state=DesiredState.RUNNING, generation=1, created_at=0, updated_at=0)
    await journal.write(lambda entry: (entry.store.insert_job(job), entry.store.insert_execution(execution)))
    spec = JobSpec(name="job", env=EnvSpec(), sources=(), transforms=(), sinks=())
    record = ExecutionRecord(journal, execution, TotalsMeter("e", spec, Totals()))
    with pytest.raises(IllegalTransition):
        await record.change(ExecutionState.FINISHED)
    await record.change(ExecutionState.STARTING)
    await record.change(ExecutionState.CANCELING, desired=DesiredState.CANCELED)
    await record.change(ExecutionState.CANCELED)
    for state in ExecutionState:
        with pytest.raises(IllegalTransition):
            await record.change(state)
    stored = await journal.read(lambda store: store.job("j"))
    assert stored.desired_state is DesiredState.CANCELED
    assert stored.execution == record.current
    assert stored.execution.finished_at is not None
    told = await journal.read(lambda store: store.events_since(0))
    assert [event.data["state"] for event in told] == ["STARTING", "CANCELING", "CANCELED"]
