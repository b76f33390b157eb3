"""The overview: long windows, what happened on the axis, and a moment of the past."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.model import Attempt, ErrorInfo
from runner.observation import LatencySummary
from runner.replies import AttemptList
from runner.states import ExecutionState
from tui.data.history import Happened, History
from tui.draw.axis import marked_axis, time_axis
from tui.draw.chart import mirrored
from tui.tabs.overview_lines import overview_lines

JOB = "0f3a9c1d22aa"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
async def test_a_moment_of_the_past(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType, screen_is: Any, size: tuple[int, int]
) -> None:
    """The left arrow goes back cell by cell: the numbers are those of then, the logs and checkpoints too; 0 comes back."""
    started = [Attempt(execution_id=f"{JOB}-e1", number=number, started_at=samples.NOW - 200) for number in (1, 2)]
    stage.pages[f"executions/{JOB}-e1/attempts"] = AttemptList(attempts=tuple(started))
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter")
        await page.sees("↻")
        await page.sees("✗")
        await page.press(*["left"] * (size[0] // 8))
        await page.sees("looking at")
        await page.settled()
        screen_is(page, f"moment_{size[0]}x{size[1]}")
        moment = page.jobs.inspector.moment
        await page.press("4")
        await page.sees("not following")
        logs = page.jobs.inspector.pane
        await page.until(lambda: logs._shown.marked is not None, "the line of then")
        marked = next(entry for entry in logs._shown.entries if entry.offset == logs._shown.marked)
        assert marked.at >= moment
        await page.press("2")
        await page.until(lambda: page.jobs.inspector.pane.current is not None, "checkpoints")
        await page.until(lambda: page.jobs.inspector.pane.current.triggered_at <= moment, "the checkpoint of then")
        await page.press("1", "0")
        await page.until(lambda: "looking at" not in page.text)


async def test_long_windows(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A day and a week are asked of the daemon; the longest stays the longest."""
    serve(stage)
    async with open_ui((120, 36)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press(*["right_square_bracket"] * 2)
        await page.sees("-12h")
        await page.press(*["right_square_bracket"] * 3)
        await page.sees("-3d12h")
        await page.sees("peak 20")


def test_what_happened_stands_on_the_axis() -> None:
    """At its place, the gravest on top, never on a label or outside."""
    axis = time_axis(300, 60)
    marked = marked_axis(axis, [("┬", 0.25), ("✗", 0.25), ("◆", 0.75), ("┬", 0.0), ("┬", 1.0), ("┬", -3.0)])
    assert (marked[15], marked[45], len(marked)) == ("✗", "◆", 60)
    assert marked.replace("✗", "─").replace("◆", "─") == axis


def test_the_cursor_crosses_the_chart() -> None:
    """One column of every line, whatever else is in it, and no line becomes longer."""
    plain = mirrored([5.0] * 40, [None] * 40, 47, 7, 300)
    crossed = mirrored([5.0] * 40, [None] * 40, 47, 7, 300, cursor=0.5)
    assert [line.width for line in crossed[:-1]] == [line.width for line in plain[:-1]]
    assert {line.text[27] for line in crossed} == {"│", "▲"}
    assert {line.text[27] for line in mirrored([], [], 47, 7, 300, cursor=0.5)} == {"│", "▲"}


def test_a_gap_has_no_numbers(samples: ModuleType) -> None:
    """A moment without a measurement is a dash, and latencies are told when there are any."""
    from tui.data.models import JobView

    history = History(300, {"rows_in": (7.0, None, 9.0)}, start=samples.NOW - 300)
    assert [history.at("rows_in", samples.NOW - ago) for ago in (299, 150, 1, 301)] == [7.0, None, 9.0, None]
    assert (history.middle("rows_in"), history.middle("lag")) == (8.0, None)
    happened = Happened(300, (), LatencySummary(count=5, p50=0.012, p99=0.08, p999=None))
    job = samples.sample_jobs()[0]
    lines = overview_lines(JobView(job), history, samples.NOW, 120, 30, happened, samples.NOW - 150)
    text = "\n".join(line.text for line in lines)
    assert "in \N{EN DASH}" in text
    assert "p50 12ms, p99 80ms, p99.9 \N{EN DASH}" in text
    assert "2m 30s ago" in text


def test_why_a_failed_job_is_not_tried_again(samples: ModuleType) -> None:
    """Beside the count of its restarts stands what kept it from another one; where there is room the hint is told whole."""
    from tui.data.models import JobView

    job = samples.make_job(
        "orders", ExecutionState.FAILED, job_id="1", phase="not tried again: it would fail the same way",
        error=ErrorInfo(code="data", message="'n/a' is not a double", hint="correct the row " * 9 + "or skip it"),
    )  # fmt: skip
    text = [
        "\n".join(one.text for one in overview_lines(JobView(job), History(300, {}), samples.NOW, 50, rows))
        for rows in (10, 40)
    ]
    told = [" ".join(found.split("restarts")[1].split()) for found in text]
    assert all(found.startswith("0, attempt 1: not tried again: it would fail the same way") for found in told)
    assert ["or skip it" in found for found in text] == [False, True]


async def test_an_error_leads_to_the_log_of_its_time(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Enter on an error shows what was logged then, with the mark on the first line of that time; y copies the error whole."""
    stage.errors["0f3a9c1d22aa"] = [
        msgspec.structs.replace(group, last_at=1_789_999_990.0 - 10 * number)
        for number, group in enumerate(next(iter(stage.errors.values())))
    ]
    serve(stage)
    async with open_ui((100, 30)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", "5")
        await page.sees("last 10s ago")
        pane = page.jobs.inspector.pane
        await page.until(lambda: pane.has_focus)
        await page.press("y")
        assert page.app.clipboard
        await page.press("j")
        await page.until(lambda: pane._group.last_at == 1_789_999_980.0)
        await page.press("enter")
        await page.sees("▌14:13:00")
        assert page.jobs.inspector.moment == 1_789_999_980.0
