"""What can be seen of jobs: windows of metrics summed up, details, logs, errors in groups."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from runner.observation import TaskState
from runner.requests import RestartRequest, SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.error_groups import fingerprint, masked, pattern_of
from runner.supervisor.error_pages import ErrorPage
from runner.supervisor.error_report import ErrorFilter
from runner.supervisor.errors import Conflict, TooMany
from runner.supervisor.log_file import LogFilter, LogRead
from runner.supervisor.log_view import MAXIMUM_FOLLOWERS
from spec.errors import UsageError

RUNNING, FINISHED, FAILED = ExecutionState.RUNNING, ExecutionState.FINISHED, ExecutionState.FAILED
SHARES = ("busy", "idle", "backpressured")


async def test_a_window_is_summed_up_while_the_job_runs_and_after(opened, copy):
    """Counters, throughput, latency with its count, checkpoints, resources; the history has gaps where nothing ran."""
    async with opened(sampling=0.1) as flow:
        look = flow.service.observation
        job = await flow.service.submit(copy.but(rows_per_second=4000).request())
        await flow.progressed(job.id)
        async with flow.waiting():
            while (
                not (seen := await look.metrics(job.id, 60, 30)).rows_in.peak
                or not seen.latency.count
                or seen.backpressure.current_level is None  # it takes two heartbeats that know of the edges
            ):
                await flow.a_moment()
        assert seen.rows_in.now > 0
        assert 0 < seen.rows_in.mean <= seen.rows_in.peak
        assert seen.resources.memory_bytes.now > 10_000_000
        assert seen.resources.memory_bytes.limit > seen.resources.memory_bytes.now
        assert seen.backpressure.edges[0].edge == "numbers -> shaped"
        assert 0 <= seen.backpressure.current_level <= 1
        assert 0 < seen.latency.p50 <= seen.latency.p95 <= seen.latency.p99 <= seen.latency.p999
        finished = await flow.reach(job.id, FINISHED)
        async with flow.waiting():
            while (seen := await look.metrics(job.id, 60, 30)).latency.count < copy.rows or seen.latency.window_end > seen.at:
                await flow.a_moment()
        assert seen.latency.count == copy.rows == seen.totals.rows_in == seen.totals.rows_out
        assert seen.execution_id == finished.id
        assert seen.rows_in.now is None
        assert 0 < seen.growth.rows_in <= copy.rows
        checkpoints = await flow.service.checkpoints(job.id)
        assert seen.checkpoint.last == checkpoints[0]
        assert seen.checkpoint.count == checkpoints[0].id
        assert seen.checkpoint.failures == seen.errors.count == seen.restarts == 0
        assert seen.checkpoint.mean_seconds <= seen.checkpoint.max_seconds
        assert len(seen.history) == 30
        assert seen.history[0].rows_in_per_second is None
        assert any(point.rows_in_per_second for point in seen.history)
        assert sum(point.latency_rows or 0 for point in seen.history) == copy.rows
        assert (await look.execution_metrics(finished.id, 60, 30, series=False)).latency.count == copy.rows
        short = await look.metrics(job.id, 60, 30, series=False)
        assert (short.series, short.history[-1].at) == ((), pytest.approx(short.at - 2))


async def test_details_show_every_plugin_as_a_task(opened, copy):
    """What each is doing, in shares that are shares; the configuration is that which runs."""
    async with opened(sampling=0.1) as flow:
        look = flow.service.observation
        job = await flow.service.submit(copy.but(workers=2).request())
        await flow.progressed(job.id)
        async with flow.waiting():
            while (seen := await look.details(job.id)).tasks[0].busy is None:
                await flow.a_moment()
        assert [(task.id, str(task.kind), task.parallelism) for task in seen.tasks] == [
            ("numbers", "source", 2),
            ("shaped", "transform", 2),
            ("sink-0-LocalFile", "sink", 2),
        ]
        for task in seen.tasks:
            shares = [getattr(task, name) for name in SHARES]
            assert all(0 <= share <= 1 for share in shares)
            assert sum(shares) == pytest.approx(1)
        assert seen.tasks[0].state in {TaskState.RUNNING, TaskState.WAITING}
        assert 0 < seen.tasks[0].rows_out <= copy.rows
        assert seen.uptime > 0
        assert seen.generation.spec["sources"][0]["id"] == "numbers"
        assert seen.checkpoints[0].job_id == job.id
        await flow.reach(job.id, FINISHED)
        seen = await look.details(job.id)
        assert {task.state for task in seen.tasks} == {TaskState.STOPPED}
        assert seen.uptime is None


async def test_failures_are_grouped_and_counted_over_executions(flow, copy):
    """The same failure of two executions is one group, with the first and the last time and a sample; restarts are counted."""
    look = flow.service.observation
    broken = copy.but(name="broken", settings="restart.attempts = 1, restart.delay = 0", fields="nothing = id")
    job = await flow.service.submit(copy.but(interval=None).request())
    for pid in await flow.running_workers(job.id):
        os.kill(pid, signal.SIGKILL)
    await flow.reach(job.id, FINISHED)
    with pytest.raises(Exception, match="nothing"):
        await flow.service.submit(broken.request())
    report = await look.errors(job.id, ErrorFilter(), ErrorPage(100))
    (group,) = report.groups
    assert (group.code, group.count, group.kind) == ("worker-lost", 1, "failure")
    assert group.executions == (job.execution.id,)
    assert group.pattern.startswith("worker <n> was lost: it was killed by SIGKILL")
    metrics = await look.metrics(job.id, 300, 60)
    assert (metrics.restarts, metrics.errors.failures) == (1, 1)
    again = await flow.service.restart(job.id, RestartRequest(restore="none"))
    for pid in await flow.running_workers(job.id):
        os.kill(pid, signal.SIGKILL)
    await flow.reach(job.id, FINISHED)
    (both,) = (await look.all_errors(ErrorFilter(fingerprint=group.fingerprint), ErrorPage(100))).groups
    assert (both.fingerprint, both.count) == (group.fingerprint, 2)
    assert set(both.executions) == {job.execution.id, again.execution.id}
    assert both.first_at == group.first_at < both.last_at
    one = await look.execution_errors(again.execution.id, ErrorFilter(), ErrorPage(100))
    assert [failure.execution_id for failure in one.failures] == [again.execution.id]
    assert (await look.errors(job.id, ErrorFilter(kind="other"), ErrorPage(100))).groups == ()
    assert (await look.all_errors(ErrorFilter(since=both.last_at + 1), ErrorPage(100))).failures == ()


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("worker 3 was lost after 1.5 s", "worker <n> was lost after <n> s"),
        ("cannot read '/data/a b.csv': line 7", "cannot read <text>: line <n>"),
        ("no file /data/2026-01-01/x.csv: gone", "no file <place>: gone"),
        ("execution 9f3a77c1d2e4b501 of\n  s3://bucket/key", "execution <id> of <place>"),
        ("column id1: 'x' is not a bigint", "column id1: <text> is not a bigint"),
    ],
)
def test_patterns_leave_out_what_differs(message, pattern):
    """Numbers, quoted words, places and ids; words stay."""
    assert pattern_of(message) == pattern


def test_fingerprints_and_samples():
    """Code and plugin make groups too; passwords in a sample are masked, and long ones are cut."""
    assert fingerprint("a", "x", None) != fingerprint("b", "x", None) != fingerprint("a", "x", "p")
    assert "hunter2" not in masked("cannot reach jdbc://bob:hunter2@host/db?password=hunter2")
    assert len(masked("x" * 100_000)) < 3000
    assert len(pattern_of("'" * 100_000)) < 3000


async def test_logs_of_every_execution_can_be_followed_to_their_end(flow, copy):
    """First what is there, then each line once as it comes, then the state in which the execution ended."""
    look, closing = flow.service.observation, asyncio.Event()
    job = await flow.service.submit(copy.request())
    execution_id = await look.required_execution(job.id)
    seen, end = [], None
    async with asyncio.timeout(60):
        async for found in look.follow(execution_id, 0, 10, LogFilter(), closing):
            if isinstance(found, LogRead):
                seen += found.lines
            else:
                end = found
    assert end is FINISHED
    page = await look.execution_log(execution_id, 0, 10_000)
    assert [line.offset for line in page.lines] == [line.offset for line in seen]
    assert (page.next, page.more, page.execution_id) == (seen[-1].offset, False, execution_id)
    assert any("is FINISHED" in line.message for line in seen)
    around = LogFilter(since=seen[3].at, until=seen[-1].at, contains="CHECKPOINT")
    found = (await look.job_log(job.id, None, 1000, around)).lines
    assert found
    assert all("checkpoint" in line.message and seen[3].at <= line.at < seen[-1].at for line in found)
    with pytest.raises(UsageError, match="no level"):
        await look.job_log(job.id, None, 10, LogFilter("loud"))
    closing.set()
    assert [found async for found in look.follow(execution_id, 0, 10, LogFilter(), closing)] == []


async def test_only_so_many_may_follow_at_once(flow):
    """One more is told to come back; a place that is left is free again."""
    look = flow.service.observation
    places = [look.following() for _ in range(MAXIMUM_FOLLOWERS)]
    for place in places:
        place.__enter__()
    with pytest.raises(TooMany), look.following():
        pass
    places.pop().__exit__(None, None, None)
    with look.following():
        pass
    for place in places:
        place.__exit__(None, None, None)


async def test_a_job_that_has_never_run_has_no_log(flow, copy):
    """It says so instead of showing that of another."""
    job = await flow.service.submit(SubmitRequest(text=copy.text(), base_directory=str(copy.directory), start=False))
    assert (await flow.service.observation.job_log(job.id, None, 10)).lines == ()
    with pytest.raises(Conflict, match="never run"):
        await flow.service.observation.required_execution(job.id)
