"""The state machine of a watched job file: its table, and each of its arrows with real files and a real running job."""

from __future__ import annotations

import asyncio
import os

import pytest

from runner.audit import AuditOutcome
from runner.model import DesiredState
from runner.operation import OperationOutcome
from runner.reload import ReloadState, UpgradePhase, Verdict
from runner.requests import DecisionRequest, LookRequest, RestartRequest, StopRequest, SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.reloading.transitions import AT_WORK, FIRST, PHASES, TRANSITIONS, IllegalReload, check_transition
from tests.supervisor.conftest import CopyJob
from tests.supervisor.watched_job import WatchedJob, seen_in

S, P = ReloadState, UpgradePhase
RUNNING, STOPPED = ExecutionState.RUNNING, ExecutionState.STOPPED
MANUAL = 'reload.approval = "manual", restart.attempts = 1000, restart.delay = 0'


def stream(directory, **fields) -> CopyJob:
    """A job that reads slowly enough to be changed while it does."""
    return CopyJob(directory, mode="STREAMING", **{"rows": 20_000, "rows_per_second": 4000, **fields})


async def reloads(flow):
    """The operations of hot reload, newest first."""
    return (
        await flow.service.actions.operations.page(job_id=None, kind="reload", is_open=None, limit=99, after=None)
    ).operations


def test_the_table_has_every_state_and_no_dead_end():
    """Every state can be reached from the first, and each leads on: a file can always be saved again."""
    assert set(TRANSITIONS) == set(S)
    reached, waiting = set(), [FIRST]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting.extend(TRANSITIONS[state])
    assert reached == set(S)
    assert all(S.PARSING in TRANSITIONS[state] for state in S)
    assert all(S.ORPHANED in TRANSITIONS[state] for state in set(S) - AT_WORK - {S.ORPHANED})
    assert set(PHASES) == {None, *P}


def test_what_the_table_does_not_have_is_refused():
    """A state that may not follow, an upgrade without a phase or with one out of turn, and a phase without an upgrade."""
    for before, phase, state, new_phase in (
        (S.INVALID, None, S.UPGRADING, P.SAVEPOINTING),
        (S.PLANNING, None, S.UPGRADING, None),
        (S.PLANNING, None, S.UPGRADING, P.STARTING),
        (S.UPGRADING, P.OBSERVING, S.UPGRADING, P.SAVEPOINTING),
        (S.PLANNING, None, S.SYNCED, P.OBSERVING),
    ):
        with pytest.raises(IllegalReload):
            check_transition(before, phase, state, new_phase)


async def test_an_upgrade_passes_through_its_phases_and_is_seen_to_be_stable(opened, directory):
    """Each step is an event, in the order of the table; the generation that was observed counts as stable."""
    watched = WatchedJob(directory / "jobs", stream(directory))
    async with opened(watched.directory, observing=0.1) as flow:
        await watched.reach(flow, S.SYNCED)
        await flow.progressed("copy")
        watched.save(watched.copy.but(fields="id = id, word = changed"))
        record = await watched.reach(flow, S.SYNCED, seen=2)
        steps = [(event.data["state"], event.data["phase"]) for event in await watched.events(flow)]
        upgrade = [("UPGRADING", str(phase)) for phase in P]
        assert steps == [
            *((str(state), None) for state in (S.PARSING, S.VALIDATING, S.PLANNING, S.SYNCED)),
            *((str(state), None) for state in (S.PARSING, S.VALIDATING, S.PLANNING)),
            *upgrade,
            ("SYNCED", None),
        ]
        assert (record.observed_generation, record.applied_generation, record.stable_generation) == (2, 2, 2)
        assert (record.effect, [change.path for change in record.changes]) == (
            "restart",
            ["transform.shaped.field_mapper.word"],
        )
        assert (await flow.service.job("copy")).generation == 2
        upgraded, submitted = await reloads(flow)
        assert (upgraded.outcome, upgraded.phase, upgraded.job_name) == (OperationOutcome.SUCCEEDED, record.message, "copy")
        assert (upgraded.requested_by, upgraded.reason) == ("hot reload", f"{watched.path} has changed")
        assert (submitted.phase, submitted.job_id, upgraded.usual_seconds is None) == ("submitted", upgraded.job_id, False)
        os.utime(watched.path)
        watched.path.chmod(0o600)
        other = watched.directory / "other.conf"
        other.write_text("{")  # noticed after, so what came before was looked at
        await seen_in(flow, other, S.INVALID, 1)
        assert len(await watched.events(flow)) == len(steps)
        trail = (await flow.supervisor.audit.page(who="reload")).entries
        assert {(entry.action, entry.status) for entry in trail} == {("job.reload", None)}
        refused, done = trail[0], [entry for entry in trail if entry.target == str(watched.path)]
        assert (refused.target, refused.outcome, refused.job_id) == (str(other), AuditOutcome.REFUSED, None)
        assert {entry.outcome for entry in done} == {AuditOutcome.DONE}
        assert len(done) == 1 + len(P) + 1
        assert "synced" in done[0].reason


async def test_a_change_waits_for_approval_when_the_job_says_so(opened, directory):
    """Applied, discarded, or superseded by a newer one; what nobody runs by needs no word; manual cannot be edited away."""
    watched = WatchedJob(directory / "jobs", stream(directory, settings=MANUAL))
    copy = watched.copy
    async with opened(watched.directory, observing=0.1) as flow:
        await watched.reach(flow, S.SYNCED)
        await flow.progressed("copy")
        before = (await flow.service.job("copy")).execution
        watched.save(copy.but(interval=150))
        record = await watched.reach(flow, S.PENDING_APPROVAL, seen=2)
        assert (record.pending_generation, record.effect) == (2, "live")
        watched.save(copy.but(fields="id = id, word = newer", settings="restart.attempts = 1000, restart.delay = 0"))
        await watched.reach(flow, S.PENDING_APPROVAL, seen=3)
        assert watched.verdicts(flow) == {1: Verdict.APPLIED, 2: Verdict.SUPERSEDED, 3: None}
        reloader = flow.supervisor.reloader
        with pytest.raises(Conflict, match="generation 2 of the file is not the one that waits"):
            await reloader.apply("copy", DecisionRequest(observed_generation=2))
        record = await reloader.discard("copy", DecisionRequest(observed_generation=3, reason="not now"))
        assert (record.state, record.generations[-1].verdict) == (S.BLOCKED, Verdict.REJECTED)
        with pytest.raises(Conflict, match="no change of copy waits"):
            await reloader.apply("copy", DecisionRequest())
        assert (await flow.service.job("copy")).execution.id == before.id
        watched.save(copy.but(settings=f"{MANUAL}, reload.stable_after = 0.2"))
        record = await watched.reach(flow, S.SYNCED, seen=4)
        assert (record.effect, (await flow.service.job("copy")).execution.id) == ("ignore", before.id)
        watched.save(copy.but(fields="id = id, word = approved", settings=MANUAL))
        await watched.reach(flow, S.PENDING_APPROVAL, seen=5)
    async with opened(watched.directory, observing=0.1) as flow:
        assert watched.record(flow).state is S.PENDING_APPROVAL
        await flow.reach("copy", RUNNING)
        _, operation = await flow.supervisor.reloader.apply("copy", DecisionRequest(reason="go"), requested_by="unix:1")
        await watched.reach(flow, S.SYNCED, seen=5)
        applied, asked = (await reloads(flow))[:2]
        assert (applied.id, applied.requested_by, applied.reason) == (operation.id, "unix:1", "go")
        assert (applied.outcome, asked.phase.endswith("to approve")) == (OperationOutcome.SUCCEEDED, True)
        assert (await flow.service.job("copy")).execution.id != before.id
        await flow.service.stop("copy", StopRequest())


async def test_a_breaking_change_is_blocked_unless_the_job_allows_it(opened, directory):
    """Another input under the same source: refused; with allow_non_restored_state it starts from its beginning while the output
    that was complete stays; stateless starts everything anew."""
    watched = WatchedJob(directory / "jobs", stream(directory, rows=2000))
    copy = watched.copy
    async with opened(watched.directory, observing=0.1) as flow:
        await watched.reach(flow, S.SYNCED)
        await flow.progressed("copy", 2000)
        watched.save(copy.but(rows=30))
        record = await watched.reach(flow, S.BLOCKED, seen=2)
        assert "source.numbers.path" in record.message
        assert "reload.allow_non_restored_state" in record.message
        watched.save(copy.but(rows=30, settings="reload.allow_non_restored_state = true"))
        await watched.reach(flow, S.SYNCED, seen=3)
        await flow.progressed("copy", 2030)
        execution = (await flow.service.job("copy")).execution
        assert execution.left_behind == ("numbers",)
        assert copy.figures() == (2030, 2000, 1999)
        watched.save(copy.but(rows=40, settings='reload.upgrade = "stateless"'))
        await watched.reach(flow, S.SYNCED, seen=4)
        await flow.progressed("copy", 40)
        execution = (await flow.service.job("copy")).execution
        assert execution.restored_from is None
        assert copy.figures() == (2070, 2000, 1999)


async def test_what_a_running_job_forbids_is_taken_when_it_has_ended(opened, directory):
    """Another input, saved while a batch reads the old one: refused, and the job's next run is as the file says even so."""
    watched = WatchedJob(directory / "jobs", CopyJob(directory, mode="BATCH", rows=20_000, rows_per_second=4000))
    async with opened(watched.directory, observing=0.1) as flow:
        await watched.reach(flow, S.SYNCED)
        await flow.progressed("copy")
        watched.save(watched.copy.but(rows=30))
        record = await watched.reach(flow, S.BLOCKED, seen=2)
        assert "taken when the job has ended" in record.message
        await flow.service.cancel("copy")
        await watched.reach(flow, S.SYNCED, seen=3)
        job = await flow.service.job("copy")
        assert (job.generation, job.execution.generation, job.execution.state) == (2, 1, ExecutionState.CANCELED)
        assert watched.verdicts(flow) == {1: Verdict.APPLIED, 2: Verdict.REJECTED, 3: Verdict.APPLIED}


async def test_the_newest_checkpoint_is_enough_when_the_job_says_so(opened, directory):
    """Upgrade = last-state: no savepoint is taken, and the output is exact all the same."""
    settings = 'reload.upgrade = "last-state", restart.attempts = 1000, restart.delay = 0'
    watched = WatchedJob(directory / "jobs", stream(directory, settings=settings))
    async with opened(watched.directory, observing=0.1) as flow:
        await watched.reach(flow, S.SYNCED)
        await flow.progressed("copy")
        watched.save(watched.copy.but(fields="id = id, word = changed", rows_per_second=None))
        await watched.reach(flow, S.SYNCED, seen=2)
        await flow.progressed("copy", watched.copy.rows)
        assert await flow.service.savepoints("copy") == []
        assert watched.copy.figures() == (watched.copy.rows, watched.copy.rows, watched.copy.rows - 1)
        assert watched.words()["changed"] > 0


async def test_when_neither_generation_starts_the_message_says_how_to_go_on(opened, directory):
    """The input is gone, so the new generation fails and so does the old one: FAILED, nothing runs, the same content is not
    tried again, and the command of the message goes on exactly where the job stopped."""
    settings = 'restart.strategy = "none", reload.upgrade = "last-state"'
    watched = WatchedJob(directory / "jobs", stream(directory, rows=16_000, settings=settings))
    copy = watched.copy
    async with opened(watched.directory, observing=0.1) as flow:
        await watched.reach(flow, S.SYNCED)
        await flow.progressed("copy")
        changed = copy.but(fields="id = id, word = changed").text()
        hidden = copy.source.rename(directory / "hidden.csv")
        watched.save_text(changed)
        record = await watched.reach(flow, S.FAILED, seen=2)
        point = record.message.rpartition("flowdeck restart copy --from ")[2]
        (kept,) = await flow.service.savepoints("copy")
        assert (str(kept.id), kept.description) == (point, "kept after a hot reload that failed")
        job = await flow.service.job("copy")
        assert (job.generation, job.execution.state, job.desired_state) == (1, ExecutionState.FAILED, DesiredState.RUNNING)
        hidden.rename(directory / f"numbers-{copy.rows}.csv")
        await flow.supervisor.reloader.look_again(LookRequest(job="copy"))
        await flow.service.restart("copy", RestartRequest(restore=point))
        await flow.reach("copy", RUNNING)
        assert watched.record(flow).state is S.FAILED
        await flow.supervisor.reloader.look_again(LookRequest(job="copy", retry=True))
        record = await watched.reach(flow, S.SYNCED, seen=3)
        await flow.progressed("copy", copy.rows)
        assert copy.figures() == (copy.rows, copy.rows, copy.rows - 1)


async def test_a_generation_that_fails_while_it_is_observed_is_rolled_back_exactly(opened, directory):
    """It had started and written already: the old one goes on where the new one failed, not where it stopped itself. The same
    content is not tried again, not even by the next daemon."""
    watched = WatchedJob(directory / "jobs", stream(directory, settings="restart.attempts = 5, reload.stable_after = 30"))
    copy = watched.copy
    async with opened(watched.directory) as flow:
        await watched_started(flow, watched)
        watched.save(copy.but(fields="id = id, word = changed"))
        await flow.until("copy", lambda job: job.execution.generation == 2 and job.execution.state is RUNNING)
        await flow.progressed("copy")
        (worker,) = await flow.running_workers("copy")
        os.kill(worker, 9)
        record = await watched.reach(flow, S.ROLLED_BACK, seen=2)
        assert "generation 2 does not work" in record.message
        executions = await flow.service.executions("copy")
        assert [found.generation for found in executions] == [1, 2, 1]
        assert executions[0].restored_from > executions[1].restored_from
        events = len(await watched.events(flow))
    async with opened(watched.directory) as flow:
        await flow.reach("copy", RUNNING)
        await flow.progressed("copy", copy.rows)
        assert len(await watched.events(flow)) == events
        assert copy.figures() == (copy.rows, copy.rows, copy.rows - 1)
        assert set(watched.words()) == {"label", "changed"}
        assert (await flow.service.job("copy")).generation == 1


async def watched_started(flow, watched):
    """The watched file has become a job with some output."""
    await watched.reach(flow, S.SYNCED)
    await flow.progressed("copy")


async def test_the_plan_of_a_text_is_told_without_touching_anything(opened, directory):
    """What a text would change of a job, by the same classes; a file that nobody watches has no record."""
    copy = stream(directory, rows=100)
    async with opened() as flow:
        await flow.service.submit(copy.request())
        reloader = flow.supervisor.reloader
        for changed, effect, in_place in (
            (copy, "none", False),
            (copy.but(interval=500), "live", True),
            (copy.but(workers=2), "scale", True),
            (copy.but(fields="id = id"), "restart", False),
        ):
            plan = await reloader.plan("copy", SubmitRequest(text=changed.text()))
            assert (plan.effect, plan.in_place, plan.blocked) == (effect, in_place, "")
        plan = await reloader.plan("copy", SubmitRequest(text=copy.but(rows=7).text()))
        assert (plan.effect, plan.changes[0].path) == ("breaking", "source.numbers.path")
        assert "positions belong to another input" in plan.blocked
        assert len(await flow.service.generations("copy")) == 1
        with pytest.raises(NotFound, match="no file is watched"):
            await reloader.of_job("copy")
        await asyncio.gather(flow.service.cancel("copy"))
