"""Names, errors, logs and specs made by an enemy: the terminal never sees a control, nothing crashes, nothing shifts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from runner.cluster import HealthStatus
from runner.model import CheckpointKind, ErrorInfo, LogLine, SavepointPlace
from runner.states import ExecutionState

HOSTILE = (
    "orders[/]",
    "[red]orders[/red]",
    "a\x1b]52;c;aGVsbG8=\x07b",
    "c1\x9b31mred",
    "rtl\u202egnp.exe\u2066",
    "日本語のとても長いジョブの名前です日本語のとても長い",
    "e\u0301" * 30,
    "👩\u200d💻 family",
    "\u05d0\u05d1\u05d2 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "line\nbreak\ttab\r",
    "",
    "x" * 500,
)
SOME = ("bad000000002", "bad000000005", "bad000000009")
"""Escape sequences, wide characters, line breaks."""


def attack(stage: Any, samples: ModuleType) -> None:
    """Put hostile text everywhere a daemon can send text."""
    stage.jobs.clear()
    stage.effects["stop"] = {"allowed": False, "reason": HOSTILE[2] + HOSTILE[11], "hint": HOSTILE[9]}
    stage.effects["cancel"] = lambda job, _body: {"does": job.name, "lost": [job.name], "risk": "destructive"}
    stage.effects["workers"] = lambda job, _body: {"does": "nothing: " + job.name}
    for number, name in enumerate(HOSTILE):
        job_id = f"bad{number:09x}"
        error = ErrorInfo(code=name, message=name + "\n" + name, hint=name, plugin=name, position=name)
        stage.add(samples.make_job(name, ExecutionState.RUNNING, job_id=job_id, error=error, phase=name, file=name))
        stage.logs[job_id] = [
            LogLine(at=samples.NOW, level=level, message=name, plugin=name, offset=index + 1)
            for index, level in enumerate(("info", name))
        ]
        stage.texts[job_id] = f'# {name}\nkey = "{name}"\n"""{name}\n{name}"""'
        stage.checkpoints[job_id] = [
            samples.checkpoint(job_id, 2, 5, failure=name), samples.checkpoint(job_id, 1, 9, description=name)
        ]  # fmt: skip


def attack_fleet(stage: Any, fleet: ModuleType, samples: ModuleType) -> None:
    """The same in what the screens beside the job list ask for."""
    replace = msgspec.structs.replace
    workers, events, entries, parts, queues = [], [], [], [], []
    for number, name in enumerate(HOSTILE):
        job_id = f"bad{number:09x}"
        workers.append(replace(fleet.sample_workers()[0], name=name + str(number), job_name=name, job_id=job_id, queue=name))
        events.append(
            replace(fleet.sample_events()[0], revision=number + 1, kind=name, message=f"{name}: {name}", job_id=job_id)
        )
        entries.append(
            replace(
                fleet.sample_audit().entries[0],
                id=number,
                who=name,
                action=name,
                target=name,
                reason=name,
                job_id=job_id,
                code=name,
            )
        )
        parts.append(replace(fleet.sample_health(disk=HealthStatus.DOWN).components[0], name=name, message=name))
        queues.append(replace(fleet.sample_cluster().queues[1], name=f"{name}{number}", running=(job_id,)))
        place = SavepointPlace(path=name, written_at=1.0, trouble=name)
        stage.checkpoints[job_id] = [
            samples.checkpoint(job_id, 1, 9, kind=CheckpointKind.SAVEPOINT, description=name, place=place, requested_by=name)
        ]
    stage.happened[:] = events
    stage.pages["workers"] = replace(fleet.FleetWorkerList(workers=tuple(workers)))
    stage.pages["audit"] = replace(fleet.sample_audit(), entries=tuple(entries))
    stage.pages["health"] = replace(fleet.sample_health(), components=tuple(parts))
    node = replace(fleet.sample_cluster().nodes[0], hostname=HOSTILE[2])
    stage.pages["cluster"] = replace(fleet.sample_cluster(), nodes=(node,), queues=tuple(queues))


def is_safe(page: Any) -> None:
    """Everything that would be sent to the terminal is printable, and every line is exactly as wide as the terminal."""
    for strip in page.app.screen._compositor.render_strips():
        text = "".join(segment.text for segment in strip)
        bad = [character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
        assert not bad, (bad, text)
        assert cell_len(text) == page.app.size.width


@pytest.mark.parametrize("size", [(50, 16), (200, 50)])
async def test_every_screen_survives(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType, size: tuple[int, int]
) -> None:
    """Every hostile job, through every tab, dialog, the palette and the toasts."""
    attack(stage, samples)
    serve(stage)
    async with open_ui(size) as page:
        await page.until(lambda: page.app.snapshot.total == len(HOSTILE))
        for tab, job_ids in (("1", list(stage.jobs)), *((tab, SOME) for tab in "234567")):
            await page.press(tab)
            for job_id in job_ids:
                page.jobs.go_to(job_id)
                await page.settled()
                is_safe(page)
        if page.jobs.has_class("zoomed"):
            await page.press("q")
        for key, job_id in (("X", "bad000000000"), ("X", "bad00000000b"), ("T", "bad000000002"), ("R", "bad000000005")):
            page.jobs.go_to(job_id)
            await page.press(key)
            await page.settled()
            is_safe(page)
            await page.press("escape")
            await page.until(lambda: page.dialog == "JobsScreen")
        for keys in (("a",), ("M",), ("asterisk", "X")):
            page.jobs.go_to("bad000000002")
            await page.press(*keys)
            await page.until(lambda: page.dialog != "JobsScreen" and "asking the daemon" not in page.text)
            is_safe(page)
            await page.press("escape")
            await page.until(lambda: page.dialog == "JobsScreen")
        await page.press("escape", "colon", *"go to")
        await page.pilot.pause(0.3)
        is_safe(page)
        await page.press("escape")
        page.jobs.go_to("bad000000000")
        await page.press("S")
        await page.until(lambda: "Savepoint of orders[/]" in page.toasts)
        await page.pilot.pause()
        is_safe(page)


async def test_markup_is_shown_as_it_is(open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType) -> None:
    """Square brackets are text: nothing is swallowed."""
    attack(stage, samples)
    serve(stage)
    async with open_ui() as page:
        await page.sees("orders[/]")
        await page.sees("[red]orders[/red]")
        await page.sees("a␛]52;c;aGVsbG8=␇b")


async def test_a_hostile_filter_and_its_paste(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Pasted controls do not enter the filter line; brackets do, as text."""
    from textual import events

    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.press("slash")
        page.app.screen.focused.post_message(events.Paste("a\x1b]52;c;x\x07"))
        await page.pilot.pause()
        await page.press(*"[/]", "enter")
        await page.sees("the filter hides all 11 jobs")
        assert "\x1b" not in page.text
        is_safe(page)


async def test_a_hostile_refusal(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The daemon's own words are untrusted too: they quote the job file."""
    from runner.replies import Problem

    text = "[/]\x1b]52;c;x\x07"
    stage.refuse["savepoint"] = Problem(type="", title=text, status=409, detail=text, code=text, hint=text)
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("S")
        await page.until(lambda: "[/]␛]52;c;x␇" in page.toasts)
        await page.pilot.pause()
        is_safe(page)


def test_ids_are_not_changed_by_cleaning(samples: ModuleType) -> None:
    """Requests go to the id that the daemon gave: cleaning leaves ordinary ids alone."""
    from tui.data.clean import clean_record

    job = msgspec.structs.replace(samples.sample_jobs()[0], name="x\x1b")
    assert clean_record(job).id == job.id


async def test_the_screens_beside_the_list_survive(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType, fleet: ModuleType
) -> None:
    """Hostile names, events, audit entries, workers, queues, savepoints and parts of the daemon, row by row."""
    attack(stage, samples)
    attack_fleet(stage, fleet, samples)
    serve(stage)
    async with open_ui((72, 20)) as page:
        await page.until(lambda: page.app.snapshot.total == len(HOSTILE))
        for key, sheets in (("t", 1), ("s", 1), ("e", 2), ("w", 2)):
            await page.press(key)
            for _ in range(sheets):
                await page.until(lambda: page.app.screen.table.count() > 3, "rows")
                await page.at_rest()
                is_safe(page)
                for _ in HOSTILE:
                    page.app.screen.table.action_move(1)
                    page.app.screen.draw_row()
                    is_safe(page)
                await page.press("tab")
        await page.press("colon", *"log", "space", "r")
        await page.pilot.pause(0.3)
        is_safe(page)


async def test_the_dataflow_survives(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Hostile plugins, datasets, columns and values, from every distance; clicks on them run nothing."""
    from runner.observation import PluginSample, SampledRecord, SampleList, Task, TaskState
    from spec.job import PluginKind

    job_id = "0f3a9c1d22aa"
    stage.tasks[job_id] = [
        Task(
            id=f"{name}'){number}", name=name, kind=PluginKind.SINK if number else PluginKind.SOURCE, parallelism=1,
            state=TaskState.RUNNING, inputs=(HOSTILE[0],) if number else (), output=None if number else HOSTILE[0],
        )
        for number, name in enumerate(HOSTILE)
    ]  # fmt: skip
    records = tuple(SampledRecord(values=dict.fromkeys(HOSTILE, text)) for text in HOSTILE)
    sample = PluginSample(plugin="p", columns=tuple(HOSTILE), types=tuple(HOSTILE), records=records)
    stage.pages[f"jobs/{job_id}/samples"] = lambda _query: SampleList(samples=(sample,))
    serve(stage)
    async with open_ui((60, 20)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", "6", "minus")
        await page.until(lambda: len(page.jobs.inspector.pane._owners) >= len(HOSTILE))
        is_safe(page)
        for key in ("plus", "plus"):
            await page.press(key)
            for _ in HOSTILE:
                await page.press("j")
                is_safe(page)
        await page.until(lambda: page.jobs.inspector.pane._sample is not None)
        await page.pilot.pause()
        is_safe(page)
        await page.press("y", "pagedown", "right")
        for row in range(3, 12):
            await page.pilot.click(offset=(12, row))
            is_safe(page)
