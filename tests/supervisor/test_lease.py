"""Leases: one writer for each execution, and how it is known that there is none any more."""

from __future__ import annotations

import pytest

from runner.states import ExecutionState
from runner.store.errors import StoreError
from runner.store.leases import Lease as LeaseRecord
from runner.supervisor.deadlines import DEADLINES, overdue_after
from runner.supervisor.journal import Journal
from runner.supervisor.lease import Leases, is_abandoned
from runner.supervisor.limits import Limits
from runner.supervisor.processes import ProcessIdentity, boot_id, this_process, uptime
from spec.job import EnvSpec

DEAD = ProcessIdentity(1, -1.0, boot_id())


async def told(journal: Journal) -> list[str]:
    """What was written."""
    return [event.message for event in await journal.read(lambda store: store.events_since(0))]


async def test_a_stale_epoch_is_refused(journal):
    """Whoever takes a lease over fences the former holder off: what that one writes is refused as a whole, its settlement too,
    and it cannot get another epoch. Epochs only grow, over releases and for every execution."""
    first, second = Leases(journal, 30.0).of("e"), Leases(journal, 30.0, DEAD).of("e")
    await first.journal.write(lambda entry: entry.note("x", "first"))
    epochs = [await first.next_epoch(), await first.next_epoch()]
    await first.journal.write(lambda entry: entry.note("x", "still first"))
    await second.journal.write(lambda entry: entry.note("x", "second"))
    for attempt in (first.journal.write(lambda entry: entry.note("x", "stale")), first.next_epoch(), first.release()):
        with pytest.raises(StoreError) as refused:
            await attempt
        assert refused.value.code == "lease-lost"
    epochs.append(await second.next_epoch())
    await second.release()
    with pytest.raises(StoreError, match=r"run by epoch .*, but by nobody"):
        await second.journal.write(lambda entry: entry.note("x", "stale"))
    third = Leases(journal, 30.0).of("e")
    epochs.append(await third.next_epoch())
    assert epochs == sorted(set(epochs))
    assert await told(journal) == ["first", "still first", "second"]


async def test_a_lease_whose_taking_was_rolled_back_is_taken_again(journal):
    """The first write fails for a reason of its own: nothing is had yet, and the next one has it."""
    lease = Leases(journal, 30.0).of("e")

    def fail(_entry):
        raise LookupError

    with pytest.raises(LookupError):
        await lease.journal.write(fail)
    assert await journal.read(lambda store: store.leases()) == []
    await lease.journal.write(lambda entry: entry.note("x", "done"))
    (record,) = await journal.read(lambda store: store.leases())
    assert (record.epoch, await told(journal)) == (lease.epoch, ["done"])


async def test_renewal_is_for_those_that_are_still_had(journal):
    """A lease that somebody else has taken over is not renewed by its former owner."""
    mine = Leases(journal, 1000.0)
    for execution in ("a", "b"):
        await mine.of(execution).next_epoch()
    await Leases(journal, 5.0, DEAD).of("b").next_epoch()
    await mine.renew(["a", "b", "unknown"])
    a, b = await journal.read(lambda store: store.leases())
    assert a.expires_at > uptime() + 900
    assert b.expires_at < uptime() + 10


@pytest.mark.parametrize(
    ("owner", "left", "abandoned"),
    [
        (this_process(), 10.0, False),
        (this_process(), -1.0, True),
        (DEAD, 10.0, True),
        (ProcessIdentity(this_process().pid, this_process().started, "another boot"), 10.0, True),
    ],
)
def test_a_lease_is_abandoned_when_it_ran_out_or_its_owner_is_gone(owner, left, *, abandoned):
    """By the clock of the boot, and by what process of which boot the owner was: never by its number or by the time of day."""
    owner_text = Leases(None, 1.0, owner).owner
    record = LeaseRecord(execution_id="e", owner=owner_text, epoch=1, expires_at=uptime() + left)
    assert is_abandoned(record, uptime()) == abandoned


def test_every_state_that_passes_by_itself_has_a_deadline():
    """The table covers them, with an escalation each; only states that wait for a turn or for people have none."""
    limits, env = Limits(), EnvSpec()
    for state in ExecutionState:
        unbounded = state.is_terminal or state in {ExecutionState.QUEUED, ExecutionState.RUNNING, ExecutionState.PAUSED}
        assert (overdue_after(state, limits, env) is None) == unbounded
        assert unbounded or DEADLINES[state].then
    # Whatever the control does by itself within a state comes before the reaper believes that it hangs.
    assert overdue_after(ExecutionState.STARTING, limits, env) > limits.starting + limits.settling
    assert overdue_after(ExecutionState.SAVEPOINTING, limits, env) > 2 * env.checkpoint.timeout
    assert overdue_after(ExecutionState.RESTARTING, limits, env) > env.restart.maximum_delay
    assert overdue_after(ExecutionState.STOPPING, limits, env) > overdue_after(ExecutionState.SAVEPOINTING, limits, env)
    assert overdue_after(ExecutionState.CANCELING, limits, env) > limits.grace + limits.settling
