"""Handing in a job file: found, mended while it is checked, compared with the job there is, submitted."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.client import Client
from runner.home import Home
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from tui.data.jobfile_watch import Watch, _stamp, find_job_files

GOOD = """env { job.name = "small", job.mode = "BATCH" }
source { FakeSource { plugin_output = "rows", row.num = 5, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "rows" } }
"""
BAD = GOOD.replace("row.num", "row.nums")


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The directory that the program is started in, with three job files and what is none."""
    directory = tmp_path / "jobs"
    (directory / "below").mkdir(parents=True)
    (directory / "small.conf").write_text(GOOD)
    (directory / "below" / "other.conf").write_text(GOOD.replace("small", "other"))
    (directory / "below" / "[red]\x1b]52;c;x\x07.conf").write_text(BAD.replace("small", "x\x9b31m"))
    (directory / "notes.txt").write_text("no job")
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def real(home: Home, warm_daemons: None) -> Iterator[Client]:
    """A client; the daemon that the program starts is ended after the test."""
    with Client(home, timeout=60.0) as client:
        yield client
        if home.holder() is not None:
            client.shutdown()
            deadline = time.monotonic() + 60
            while home.holder() is not None and time.monotonic() < deadline:
                time.sleep(0.02)


async def past_the_guard(page: Any) -> None:
    """Until the screen takes an answer."""
    await page.until(lambda: not page.app.screen.guarded)


def has_been_seen(screen: Any) -> bool:
    """Whether the file was looked at as it is: another look would forget what was asked for once."""
    return not screen._looking and screen._watch._stamps == {source: _stamp(source) for source in screen._watch._sources}


async def test_a_file_is_mended_submitted_and_changed(open_ui: Any, real: Client, jobs: Path) -> None:
    """Errors stand at their lines and go when the file is saved; a new job starts; a change of it is shown before it counts."""
    file = jobs / "small.conf"
    file.write_text(BAD)
    async with open_ui((100, 34), clock=time.time, start_daemon=True) as page:
        await page.sees("no jobs yet", timeout=60)
        await page.press("F")
        await page.sees("small.conf")
        await page.press(*"small")
        await page.sees("✗ 1 error")
        await page.sees("^^^^^^^^")
        await page.press("enter", "y")
        file.write_text(GOOD)
        await page.sees("a new job")
        await past_the_guard(page)
        assert not real.jobs().jobs
        await page.press("y")
        await page.until(lambda: page.dialog == "JobsScreen", "the list", 20)
        await page.until(lambda: "small is handed in: generation 1." in page.toasts)
        await page.until(lambda: page.selected is not None and page.selected.name == "small", "the job", 20)
        await page.until(lambda: page.selected.state.is_terminal, "its end", 30)

        await page.press("E")
        await page.until(lambda: "cannot be lent" in page.toasts)
        file.write_text(GOOD.replace("= 5", "= 7"))
        await page.sees("1 change of small")
        await page.sees("row.num")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: page.dialog == "JobsScreen", "the list", 20)
        assert real.job("small").generation == 2
        await page.until(lambda: "small is handed in: generation 2." in page.toasts)


ROWS = """env { job.name = "orders", job.mode = "BATCH", checkpoint.interval = 100, read_limit.rows_per_second = 50 }
source { LocalFile { plugin_output = "rows", path = "rows.csv", file_format_type = "csv"
  schema { fields { id = bigint } } } }
sink { LocalFile { plugin_input = "rows", path = "out", file_format_type = "text" } }
"""


async def test_a_changed_file_goes_on_where_the_job_left_off(open_ui: Any, real: Client, jobs: Path) -> None:
    """Only what is asked for twice starts from the beginning: by itself the job goes on, and nothing is written twice."""
    (jobs / "rows.csv").write_text("".join(f"{number}\n" for number in range(300)))
    file = jobs / "orders.conf"
    file.write_text(ROWS)
    async with open_ui((80, 24), clock=time.time, start_daemon=True) as page:
        await page.sees("no jobs yet", timeout=60)
        real.submit(SubmitRequest(text=ROWS, file=str(file)))
        await page.until(
            lambda: (point := real.job("orders").last_checkpoint) is not None and point.rows_in > 0, "a checkpoint"
        )
        real.cancel("orders")
        await page.until(lambda: page.selected is not None and page.selected.state.is_terminal, "its end")
        point = real.job("orders").last_checkpoint
        assert point is not None
        await page.press("E")
        await page.until(lambda: "cannot be lent" in page.toasts)
        file.write_text(ROWS.replace("= 50 }", "= 50000 }"))
        await page.until(lambda: has_been_seen(page.app.screen), "a look at the whole file")
        await page.sees("50 -> 50000")
        await page.sees(f"y go on from #{point.id}   b from the beginning")
        await past_the_guard(page)
        await page.press("b")
        await page.sees("b once more")
        await page.press("y")
        await page.until(lambda: page.dialog == "JobsScreen", "the list")
        await page.until(lambda: real.job("orders").execution.state is ExecutionState.FINISHED, "its end")
    written = [int(row) for part in (jobs / "out").rglob("*.txt") for row in part.read_text().split()]
    assert sorted(written) == list(range(300))


async def test_the_picker(open_ui: Any, stage: Any, serve: Callable[[Any], Any], jobs: Path, screen_is: Any) -> None:
    """Files here and below, narrowed by typing; names of an enemy are harmless; escape leaves, and nothing was asked."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("F")
        await page.sees("other.conf")
        await page.press(*"red")
        await page.sees("✗ 2 errors")
        for strip in page.app.screen._compositor.render_strips():
            text = "".join(segment.text for segment in strip)
            assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in text)
        await page.pilot.pause()
        screen_is(page, "submit_80x24")
        await page.press(*["backspace"] * 3, "down", "down", *"zzz")
        await page.sees("no job file has that")
        await page.press("enter", "escape")
        await page.until(lambda: page.dialog == "JobsScreen")
        assert stage.calls == []


async def test_a_job_without_a_file_is_not_edited(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The reason is said instead."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("E")
        await page.until(lambda: "is not on this machine" in page.toasts)
        assert page.dialog == "JobsScreen"


def test_a_watched_file_is_checked_when_it_changes(tmp_path: Path) -> None:
    """Also when only what it includes has changed, appears or goes away; else not."""
    file, part = tmp_path / "job.conf", tmp_path / "part.conf"
    part.write_text("row.num = 5")
    file.write_text(GOOD.replace("row.num = 5", 'include "part.conf"'))
    watch = Watch(file)
    first = watch.look()
    assert first is not None
    assert first.request is not None
    assert watch.look() is None
    part.write_text("row.num = many")
    second = watch.look()
    assert second is not None
    assert second.request is None
    file.unlink()
    gone = watch.look()
    assert gone is not None
    assert gone.result.has_errors
    assert watch.look() is None


def test_job_files_are_found_once(jobs: Path) -> None:
    """In the places that are there, without what is no job file."""
    found = find_job_files([str(jobs), str(jobs / "below"), "/nonexistent"])
    assert sorted(Path(path).name for path in found) == ["[red]\x1b]52;c;x\x07.conf", "other.conf", "small.conf"]


async def test_a_place_without_job_files(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how to begin, and offers no key that would do nothing."""
    monkeypatch.chdir(tmp_path)
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("F")
        await page.sees("no job file here or below; flowdeck init makes one")
        assert "enter choose  " not in page.text
        await page.press("escape")
        await page.until(lambda: page.dialog == "JobsScreen")
