"""The DAG tab: the busiest plugin is chosen, one looks from farther and from nearer, and sees the last records."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from runner.observation import PluginSample, SampledRecord, SampleList, Task, TaskState
from runner.replies import Problem
from spec.job import PluginKind
from tui.tabs.dag_lines import map_lines
from tui.tabs.dag_records import as_json, record_lines
from tui.tabs.dag_tree import tree_lines
from tui.tabs.dag_words import first_look

JOB = "0f3a9c1d22aa"
SAMPLE = PluginSample(
    plugin="2",
    columns=("id", "item", "card"),
    types=("int64", "string", "string"),
    records=(
        SampledRecord(values={"id": 7, "item": "bread", "card": "******"}),
        SampledRecord(values={"id": 8, "item": None, "card": "******"}),
    ),
)


def samples_of(stage: Any, **answers: Any) -> list[str]:
    """Have the daemon answer for the records of plugins; returns the ids that were asked for."""
    asked: list[str] = []

    def answer(query: dict[str, str]) -> Any:
        asked.append(query["plugin"])
        found = answers.get(f"p{query['plugin']}", PluginSample(plugin=query["plugin"], trouble="no rows have passed"))
        return found if isinstance(found, Problem) else SampleList(samples=(found,))

    stage.pages[f"jobs/{JOB}/samples"] = answer
    return asked


async def dag(page: Any) -> Any:
    """The tab, alone on the screen and in focus."""
    await page.loaded()
    await page.go_to("orders-cdc")
    await page.press("enter", "6")
    await page.sees("BUSY")
    await page.until(lambda: page.jobs.inspector.pane.has_focus)
    await page.settled()
    return page.jobs.inspector.pane


async def test_from_the_boxes_to_the_records(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any) -> None:
    """The busiest plugin is chosen; enter shows its last records, masked; y copies them; nothing is asked for before."""
    asked = samples_of(stage, p2=SAMPLE)
    serve(stage)
    async with open_ui() as page:
        pane = await dag(page)
        assert "[● Sql  93 %]" in page.text
        assert "big 182k/s" in page.text, "the rate stands at the edge"
        assert not asked
        await page.press("enter")
        await page.sees("bread")
        await page.settled()
        screen_is(page, "dag_records_120x36")
        await page.press("y")
        assert page.app.clipboard == as_json(SAMPLE)
        await page.press("j")
        await page.sees("no rows have passed")
        assert asked == ["2", "3"], "only of the plugin that is looked at"
        await page.press("minus", "minus")
        await page.sees("▌    ├─ ● LocalFile")
        await page.press("k", "k", "k", "k", "y")
        assert page.app.clipboard == "FakeSource"
        assert pane._zoom == 0


async def test_the_choice_stays_while_the_plugins_change(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The first choice follows the busiest plugin; the person's own does not, and one that is gone gives way to the busiest."""
    serve(stage)
    ticks = [1_790_000_000.0]
    async with open_ui(clock=lambda: ticks[0]) as page:
        pane = await dag(page)
        assert pane._chosen == "2"
        stage.tasks[JOB] = [msgspec.structs.replace(task, busy=0.99 if task.id == "3" else 0.1) for task in stage.tasks[JOB]]
        ticks[0] += 3
        await page.until(lambda: pane._chosen == "3")
        await page.press("j")
        assert pane._chosen == "4"
        ticks[0] += 3
        page.jobs.redraw()
        await page.settled()
        assert pane._chosen == "4"
        stage.tasks[JOB] = [task for task in stage.tasks[JOB] if task.id != "4"]
        ticks[0] += 3
        await page.until(lambda: pane._chosen == "3")


async def test_a_job_at_rest_says_why_there_are_no_records(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The daemon's refusal stands where the records would."""
    detail = "the job orders-cdc is FINISHED: no rows pass"
    samples_of(stage, p2=Problem(type="", title="t", status=409, detail=detail, code="conflict"))
    serve(stage)
    async with open_ui((80, 24)) as page:
        await dag(page)
        await page.press("plus")
        await page.sees(detail)
        await page.press("minus")
        await page.sees("┌ source")


def test_the_outline_shows_every_plugin_once() -> None:
    """A join is below the first plugin it reads from and names the others; a long chain costs no recursion; hostile names and
    narrow terminals break nothing."""
    join = [task("a", output="x"), task("b", output="y"), task("c", inputs=("x", "y"), output="z"), task("d", inputs=("z",))]
    lines = tree_lines(join, "c", 60)
    assert [owner for _, owner in lines] == ["a", "c", "d", "b"]
    assert "└─ ● c, also from b" in lines[1][0].text
    assert all(one.width == 60 for one, _ in lines)
    chain = [task("0", output="0")] + [task(str(n), inputs=(str(n - 1),), output=str(n)) for n in range(1, 1200)]
    assert len(tree_lines(chain, "5", 40)) == 1200 > sys.getrecursionlimit()
    assert "0" in map_lines(join, (), "c", 12)[0][0].text or map_lines(join, (), "c", 12)[0][1] == "a"
    assert first_look(()) == ""


def test_records_of_every_kind() -> None:
    """Null, nested values, line breaks and wide characters keep their columns; no records say why."""
    sample = PluginSample(
        plugin="p",
        columns=("n", "text", "deep"),
        types=("int32", "string", "list<int64>"),
        records=(
            SampledRecord(values={"n": 1, "text": "a\nb", "deep": [1, 2]}),
            SampledRecord(values={"n": None, "text": "日本語" * 40, "deep": {"k": None}}),
        ),
    )
    lines = record_lines(sample, 5)
    assert len({one.width for one in lines}) == 1
    assert "null" in lines[2].text, "the newest comes first"
    assert "…" in lines[2].text
    assert "a␤b" in lines[3].text
    assert "[1,2]" in lines[3].text
    assert "why" in record_lines(PluginSample(plugin="p", trouble="why"), 5)[0].text


def task(name: str, **fields: Any) -> Task:
    """A plugin that runs."""
    return Task(id=name, name=name, kind=PluginKind.SOURCE, state=TaskState.RUNNING, parallelism=1, **fields)


@pytest.mark.parametrize("size", [(120, 36), (60, 20), (40, 12)], ids=["boxes", "outline", "small"])
async def test_the_plugin_that_failed_stands_out(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: Any, size: tuple[int, int]
) -> None:
    """Its sign and its word, in the drawing, the table and the outline; it is the one that is chosen; above stands why. What
    failed in no plugin is told too."""
    job = next(job for job in stage.jobs.values() if job.name == "payments-sync")
    tasks = [msgspec.structs.replace(task, state=TaskState.STOPPED, busy=None) for task in samples.sample_tasks()]
    stage.tasks[job.id] = [*tasks[:3], msgspec.structs.replace(tasks[3], name="Jdbc")]
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.press("enter", "6")
        await page.sees("✗ Jdbc failed at payments.conf")
        await page.settled()
        assert page.jobs.inspector.pane._chosen == "3"
        await page.press("end")
        await page.until(lambda: any("✗" in row and "Jdbc" in row and "failed " in row for row in page.text.splitlines()))
        await page.press("minus")
        await page.until(lambda: any("▌" in row and "✗ Jdbc" in row and "failed" in row for row in page.text.splitlines()))
        await page.press("g")
        error = msgspec.structs.replace(job.execution.error, plugin=None, position=None)
        stage.change(job.id, job.execution.state, error=error)
        await page.sees("the job failed, not in")
