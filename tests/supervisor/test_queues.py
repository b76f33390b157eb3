"""Queues: first come, first served, within the limit, whatever happens to those who wait and to the daemon."""

from __future__ import annotations

import pytest

from runner.model import DesiredState
from runner.requests import QueueRequest, RestartRequest, SavepointRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict
from runner.supervisor.queues import Queues
from spec.errors import UsageError

CANCELED, FINISHED, QUEUED, RUNNING, STOPPED = (
    ExecutionState.CANCELED,
    ExecutionState.FINISHED,
    ExecutionState.QUEUED,
    ExecutionState.RUNNING,
    ExecutionState.STOPPED,
)


@pytest.fixture
def nightly(copy):
    """Makes streams of the queue nightly, which run until they are stopped."""
    return lambda name: copy.but(name=name, mode="STREAMING", rows=500, settings='job.queue = "nightly"')


def names(tickets):
    """The jobs of tickets that are granted."""
    return [ticket.job_id for ticket in tickets if ticket.granted.is_set()]


def test_first_come_first_served():
    """Up to the limit at once; then in order, as places become free or the limit rises; other queues are not concerned."""
    queues = Queues({"q": 2})
    tickets = [queues.enter("q", name) for name in "abcde"]
    other = queues.enter("other", "f")
    assert (names(tickets), names([other])) == (["a", "b"], ["f"])
    queues.leave(tickets[1])
    assert names(tickets) == ["a", "b", "c"]
    queues.leave(tickets[3])  # gives up waiting
    queues.limit("q", 3)
    assert names(tickets) == ["a", "b", "c", "e"]
    assert (queues.one("q").running, queues.one("q").waiting) == (("a", "c", "e"), ())


def test_nothing_is_kept_of_a_queue_that_nobody_is_in():
    """Names of queues come from job files, one for each run if they like: those that were used do not add up."""
    queues = Queues({})
    for number in range(100):
        queue = f"pinned:{number}"
        first, second = queues.enter(queue, "a"), queues.enter(queue, "b")
        assert queues.has_to_wait(queue, "c")
        queues.leave(first)
        assert names([second]) == ["b"]
        queues.leave(second)
        assert not queues.has_to_wait(queue, "c")
        queues.limit(queue, None)
    assert queues._running.queues() == queues._waiting.queues() == []


def test_a_lower_limit_stops_nobody_and_none_lets_all_in():
    """What runs runs on; 0 lets nobody start; without a limit everybody does; what ran before does not wait."""
    queues = Queues({})
    first = [queues.enter("q", name) for name in "ab"]
    queues.limit("q", 0)
    later = [queues.enter("q", name) for name in "cd"]
    resumed = queues.enter("q", "e", at_once=True)
    assert names([*first, *later, resumed]) == ["a", "b", "e"]
    queues.leave(first[0])
    assert names(later) == []
    queues.limit("q", None)
    assert names(later) == ["c", "d"]


def test_a_job_keeps_its_place_and_its_turn_while_it_is_replaced():
    """Nobody slips in between two executions of one job; when it does not come back, the next one starts."""
    queues = Queues({"q": 1})
    running, turn, last = (queues.enter("q", name) for name in "abc")
    with queues.keeping("a"), queues.keeping("b"):
        queues.leave(running)
        queues.leave(turn)
        assert names([turn, last]) == []
        again = queues.enter("q", "a")
        assert names([again]) == ["a"]
        assert queues.enter("q", "b").granted.is_set() is False
        assert queues.one("q").waiting == ("b", "c")
    with queues.keeping("a"):
        queues.leave(again)
    assert (queues.one("q").running, queues.one("q").waiting) == (("b",), ("c",))


def test_a_closed_daemon_starts_nobody():
    """A place that becomes free while the daemon ends stays free."""
    queues = Queues({"q": 1})
    first, second = (queues.enter("q", name) for name in "ab")
    queues.close()
    queues.leave(first)
    assert not second.granted.is_set()


async def test_executions_wait_for_their_turn(flow, nightly):
    """Beyond the limit they are QUEUED, listed by queue, and start one after the other."""
    assert (await flow.service.limit_queue("nightly", QueueRequest(limit=1))).limit == 1
    ids = [(await flow.service.submit(nightly(name).request())).id for name in ("one", "two", "three")]
    await flow.progressed("one")
    await flow.reach("two", QUEUED)
    await flow.reach("three", QUEUED)
    jobs, total = await flow.service.jobs(queue="nightly")
    assert ({job.id for job in jobs}, total) == (set(ids), 3)
    assert (await flow.service.jobs(queue="default")) == ([], 0)
    default, queue = await flow.service.queues()
    assert (default.name, default.limit) == ("default", None)
    assert (queue.running, queue.waiting) == ((ids[0],), (ids[1], ids[2]))
    await flow.service.stop("one", StopRequest())
    await flow.progressed("two")
    assert (await flow.service.job("three")).execution.state is QUEUED
    await flow.service.limit_queue("nightly", QueueRequest(limit=None))
    await flow.progressed("three")
    for name in ("two", "three"):
        await flow.service.cancel(name)


async def test_what_waits_can_be_stopped_and_canceled(flow, nightly):
    """Both end it where it stands; a savepoint makes no sense yet; a restart keeps its turn."""
    await flow.service.limit_queue("nightly", QueueRequest(limit=0))
    for name in ("stopped", "canceled", "restarted"):
        await flow.service.submit(nightly(name).request())
        await flow.reach(name, QUEUED)
    with pytest.raises(Conflict, match="nothing to save"):
        await flow.service.savepoint("stopped", SavepointRequest())
    restarted = await flow.service.restart("restarted", RestartRequest(restore="none"))
    await flow.reach("restarted", QUEUED)
    await flow.service.stop("stopped", StopRequest())
    await flow.service.cancel("canceled")
    for name, state in (("stopped", STOPPED), ("canceled", CANCELED)):
        job = await flow.service.job(name)
        assert (job.execution.state, job.desired_state, job.execution.started_at) == (state, DesiredState(state), None)
    (queue,) = [found for found in await flow.service.queues() if found.name == "nightly"]
    assert (queue.running, queue.waiting) == ((), (restarted.id,))
    await flow.service.cancel("restarted")


async def test_places_and_turns_survive_the_daemon(opened, nightly):
    """What ran runs on, what waited waits in the same order, under the same limit."""
    async with opened() as flow:
        await flow.service.limit_queue("nightly", QueueRequest(limit=1))
        ids = [(await flow.service.submit(nightly(name).request())).id for name in ("one", "two", "three")]
        await flow.progressed("one")
        await flow.reach("three", QUEUED)
    async with opened() as flow:
        (queue,) = [found for found in await flow.service.queues() if found.name == "nightly"]
        assert (queue.limit, queue.running, queue.waiting) == (1, (ids[0],), (ids[1], ids[2]))
        two = await flow.service.job("two")
        assert (two.execution.state, two.execution.error, two.execution.restarts) == (QUEUED, None, 0)
        await flow.reach("one", RUNNING)
        await flow.service.cancel("one")
        await flow.progressed("two")
        for name in ("two", "three"):
            await flow.service.cancel(name)


async def test_a_restart_keeps_the_place(flow, nightly):
    """The job that waits does not slip in while the one that runs is restarted."""
    await flow.service.limit_queue("nightly", QueueRequest(limit=1))
    await flow.service.submit(nightly("one").request())
    await flow.progressed("one")
    await flow.service.submit(nightly("two").request())
    await flow.service.restart("one", RestartRequest(overrides={"env.checkpoint.interval": "200"}))
    await flow.reach("one", RUNNING)
    assert (await flow.service.job("one")).generation == 2
    assert (await flow.service.job("two")).execution.state is QUEUED
    for name in ("two", "one"):
        await flow.service.cancel(name)


@pytest.mark.parametrize("name", ["", "a/b", "x" * 129, "\x1b[31m"])
async def test_hostile_queue_names_are_refused(flow, name):
    """A queue's name is as plain as a job's."""
    with pytest.raises(UsageError):
        await flow.service.limit_queue(name, QueueRequest(limit=1))


async def test_a_reload_keeps_the_turn(opened, directory, nightly):
    """A file that is saved while its job waits: the new generation waits in the old one's place."""
    jobs = directory / "jobs"
    jobs.mkdir()
    async with opened(jobs) as flow:
        await flow.service.limit_queue("nightly", QueueRequest(limit=0))
        (jobs / "one.conf").write_text(nightly("one").text())
        async with flow.waiting():
            while not (await flow.service.jobs())[1]:
                await flow.a_moment()
        await flow.service.submit(nightly("two").request())
        await flow.reach("two", QUEUED)
        (jobs / "one.conf").write_text(nightly("one").but(fields="id = id, word = changed").text())
        job = await flow.until("one", lambda job: job.generation == 2)
        await flow.reach("one", QUEUED)
        (queue,) = [found for found in await flow.service.queues() if found.name == "nightly"]
        assert queue.waiting == (job.id, (await flow.service.job("two")).id)
        for name in ("one", "two"):
            await flow.service.cancel(name)
