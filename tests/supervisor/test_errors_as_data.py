"""Rejected rows and failures as records: counted once whatever restarts, kept with a bound, and told in one report."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from textwrap import dedent

import pytest

from runner.requests import RestartRequest, StopRequest, SubmitRequest
from runner.states import ExecutionState
from runner.store.rejections import RETAINED
from runner.supervisor.error_pages import ErrorPage
from runner.supervisor.error_report import ErrorFilter

FINISHED, STOPPED, FAILED = ExecutionState.FINISHED, ExecutionState.STOPPED, ExecutionState.FAILED
ROWS = 6000


def reading_job(directory, *, on_error="dead_letter", rate=6000, settings=""):
    """A csv of which every third line has a text for a number, into JSON."""
    path = directory / "numbers.csv"
    if not path.exists():
        path.write_text("".join(f"{'x' if row % 3 == 0 else row},w{row}\n" for row in range(ROWS)))
    text = f"""
        env {{ job.name = "reading", job.mode = BATCH, checkpoint.interval = 100, restart.delay = 0, restart.attempts = 100
               read_limit.rows_per_second = {rate}, {settings} }}
        source {{ LocalFile {{
          plugin_output = "numbers", path = "{path}", file_format_type = "csv", on_error = "{on_error}"
          schema {{ fields {{ id = bigint, word = string }} }}
        }} }}
        sink {{ LocalFile {{ plugin_input = "numbers", path = "out", file_format_type = "json" }} }}
    """
    return SubmitRequest(text=dedent(text), base_directory=str(directory))


def words(directory, name):
    """The words of all JSON lines in a directory."""
    lines = [line for file in sorted((directory / name).glob("*.json")) for line in file.read_text().splitlines()]
    return sorted(found.get("word") or found["row"].partition(",")[2] for found in map(json.loads, lines))


def assert_exact(directory):
    """Each row is in the output or a dead letter, once, and nothing is staged."""
    assert words(directory, "out") == sorted(f"w{row}" for row in range(ROWS) if row % 3)
    assert words(directory, "dead-letters/reading") == sorted(f"w{row}" for row in range(0, ROWS, 3))
    assert not list(directory.rglob(".flowdeck-staging"))


async def test_rejections_are_counted_once_through_kills_and_a_restart(flow, tmp_path):
    """A worker that is killed twice, a stop and a new execution: every row is somewhere once, and counted once."""
    job = await flow.service.submit(reading_job(tmp_path, rate=1500))  # slow: it must not end before the second kill
    for rejected in (100, 200):
        seen = await flow.until(job.id, lambda seen, least=rejected: sum(each.rows for each in seen.execution.rejected) > least)
        for pid in seen.execution.worker_pids:
            os.kill(pid, signal.SIGKILL)
        await flow.until(job.id, lambda now, before=seen: now.execution.attempt > before.execution.attempt)
    await flow.service.stop(job.id, StopRequest())
    await flow.reach(job.id, STOPPED)
    await flow.service.restart(job.id, RestartRequest())
    execution = await flow.reach(job.id, FINISHED)
    assert_exact(tmp_path)
    assert [(found.plugin, found.kind, found.rows) for found in execution.rejected] == [("numbers", "cast", ROWS // 3)]
    assert execution.totals.rows_rejected == ROWS // 3
    assert execution.totals.rows_in == ROWS - ROWS // 3
    report = await flow.service.observation.errors(job.id, ErrorFilter(), ErrorPage(1000))
    assert report.counts == execution.rejected
    assert len(report.rows) == RETAINED
    assert report.rows[0].line > report.rows[-1].line
    assert report.rows[0].reason == "column id: 'x' is not a bigint"
    assert [failure.error.code for failure in report.failures] == ["worker-lost", "worker-lost"]
    details = await flow.service.observation.details(job.id)
    assert {task.id: task.rows_rejected for task in details.tasks}["numbers"] == ROWS // 3


async def test_a_report_can_be_narrowed(flow, tmp_path):
    """To one plugin, to one kind of reason, or to so many rows."""
    job = await flow.service.submit(reading_job(tmp_path, on_error="skip", rate=1_000_000))
    await flow.reach(job.id, FINISHED)

    async def report(plugin=None, kind=None, limit=1000):
        found = await flow.service.observation.errors(job.id, ErrorFilter(plugin, kind), ErrorPage(limit))
        return len(found.counts), len(found.rows)

    assert await report() == (1, 20)
    assert await report(limit=3) == (1, 3)
    assert await report(plugin="numbers", kind="cast") == (1, 20)
    assert await report(kind="parse") == (0, 0)
    assert await report(plugin="other") == (0, 0)


async def test_the_limit_of_all_workers_together_ends_the_job(flow, tmp_path):
    """No worker has rejected too many by itself; together they have, and the failure is final."""
    request = reading_job(tmp_path, on_error="skip", settings="workers = 2, parallelism = 2")
    (tmp_path / "numbers.csv").rename(tmp_path / "a.csv")
    (tmp_path / "parts").mkdir()
    for number in range(2):
        (tmp_path / "parts" / f"{number}.csv").write_bytes((tmp_path / "a.csv").read_bytes())
    path = f'path = "{tmp_path}/parts", on_error_limit = {ROWS // 3}'
    text = request.text.replace(f'path = "{tmp_path}/numbers.csv"', path)
    job = await flow.service.submit(SubmitRequest(text=text, base_directory=str(tmp_path)))
    execution = await flow.reach(job.id, FAILED)
    assert execution.error.code == "too-many-rejected"
    assert execution.restarts == 0
    assert sum(found.rows for found in execution.rejected) <= ROWS // 3


async def test_rejected_rows_show_in_the_metrics(flow, tmp_path):
    """As a rate of the plugin and of the job."""
    job = await flow.service.submit(reading_job(tmp_path, on_error="skip", rate=1500))
    async with asyncio.timeout(60):
        while True:
            series = (await flow.service.observation.metrics(job.id, 60, 60)).series
            found = {(one.name, one.plugin) for one in series if any(point.value for point in one.points)}
            if {("rows_rejected", ""), ("rows_rejected", "numbers")} <= found:
                break
            await asyncio.sleep(0.1)
    await flow.service.cancel(job.id)
    await flow.reach(job.id, ExecutionState.CANCELED)


@pytest.mark.parametrize("path", ["../elsewhere", "a/../../b"])
async def test_dead_letters_stay_below_the_jobs_directory(flow, tmp_path, path):
    """A relative path that leaves it is an error of the job file."""
    request = reading_job(tmp_path, settings=f'dead_letter.path = "{path}"')
    with pytest.raises(Exception, match=r"dead_letter\.path"):
        await flow.service.submit(request)
