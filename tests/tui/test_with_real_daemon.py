"""The whole way, with nothing staged: a real daemon, a real streaming job, and the keys of a person."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.client import Client
from runner.home import Home
from runner.model import CheckpointKind
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from tui.screens.dialog import Dialog

S = ExecutionState
STREAM = """
env { job.name = "stream", job.mode = "STREAMING", checkpoint.interval = 500, read_limit.rows_per_second = 2000 }
source { FakeSource { plugin_output = "rows", row.num = 1000000000, schema { fields { id = bigint, name = string } } } }
sink { LocalFile { plugin_input = "rows", path = "out", file_format_type = "json" } }
"""


@pytest.fixture
def real(home: Home, warm_daemons: None) -> Iterator[Client]:
    """A client; the daemon that the program starts is ended after the test, with its workers."""
    with Client(home, timeout=60.0) as client:
        yield client
        pid = home.holder()
        if pid is not None:
            client.shutdown()
            _wait_for_end(pid)


def _wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail(f"the daemon {pid} does not end")


async def past_the_guard(page: Any) -> None:
    """Until the dialog takes an answer."""
    await page.until(lambda: isinstance(page.app.screen, Dialog) and not page.app.screen.guarded)


async def test_watch_save_stop_and_restore(open_ui: Any, real: Client, tmp_path: Path) -> None:
    """The program starts the daemon; a job is seen to run, saved, stopped and restored, all from the keyboard."""
    async with open_ui((120, 36), clock=time.time, start_daemon=True) as page:
        await page.sees("no jobs yet", timeout=60)
        job = real.submit(SubmitRequest(text=STREAM, base_directory=str(tmp_path)))
        await page.until(lambda: page.selected is not None and page.selected.state is S.RUNNING, "a running job", 30)
        await page.until(lambda: (page.selected.totals.rows_out_per_second or 0) > 0, "rows per second", 30)
        await page.until(lambda: page.selected.checkpoint is not None, "a checkpoint", 30)
        await page.until(lambda: any("┤" in line and "⣿" in line for line in page.text.splitlines()), "a chart", 30)

        await page.press("S")
        await page.until(lambda: "Savepoint of stream: done" in page.toasts, "the savepoint's toast", 30)
        kept = real.checkpoints(job.id, CheckpointKind.SAVEPOINT)
        assert len(kept) == 1
        assert f"savepoint #{kept[0].id} is " in page.toasts
        await page.press("2")
        await page.sees("◆ savepoint")

        await page.until(lambda: page.selected.state is S.RUNNING, "RUNNING after the savepoint", 30)
        await page.press("T")
        await page.sees("takes a savepoint")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: page.selected.state is S.STOPPED, "STOPPED", 30)
        await page.sees("■ STOPPED")
        first = real.job(job.id).execution
        assert first.savepoint_id is not None

        await page.press("R")
        await page.until(lambda: "latest" in page.text, "the restore points")
        await past_the_guard(page)
        await page.press("enter")
        await page.sees(f"from savepoint #{first.savepoint_id}")
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: page.selected.state is S.RUNNING, "RUNNING again", 30)
        second = real.job(job.id).execution
        assert second.id != first.id
        assert second.restored_from == first.savepoint_id
        await page.until(lambda: page.selected.totals.rows_in > 0, "new rows", 30)

        await page.press("X")
        await page.sees("type stream to cancel the job")
        await past_the_guard(page)
        await page.press(*"stream", "enter")
        await page.until(lambda: page.selected.state is S.CANCELED, "CANCELED", 30)


async def test_a_killed_daemon_is_noticed(open_ui: Any, real: Client, tmp_path: Path) -> None:
    """The daemon dies by kill -9: the last data stays under a badge that says so; the palette's command starts it again."""
    import signal

    async with open_ui((120, 36), clock=time.time, start_daemon=True) as page:
        await page.sees("no jobs yet", timeout=60)
        real.submit(SubmitRequest(text=STREAM, base_directory=str(tmp_path)))
        await page.until(lambda: page.selected is not None and page.selected.state is S.RUNNING, "a running job", 30)
        pid = real.status().pid
        real.close()
        os.kill(pid, signal.SIGKILL)
        await page.sees("RECONNECTING", timeout=60)
        assert "stream" in page.text
        _wait_for_end(pid)
        await page.press("colon", *"startdaemon")
        await page.sees("start the daemon")
        await page.press("enter")
        await page.sees("● LIVE", timeout=60)
        await page.until(lambda: page.selected.state is S.RUNNING and page.selected.totals.rows_in > 0, "the job goes on", 40)


async def test_two_jobs_through_every_action(open_ui: Any, real: Client, tmp_path: Path) -> None:
    """Two jobs: one is paused and resumed; both are stopped together; one is started again, one deleted and back."""
    async with open_ui((120, 36), clock=time.time, start_daemon=True) as page:
        await page.sees("no jobs yet", timeout=60)
        for name in ("first", "second"):
            real.submit(
                SubmitRequest(
                    text=STREAM.replace('"stream"', f'"{name}"').replace('"out"', f'"{name}"'), base_directory=str(tmp_path)
                )
            )
        await page.until(lambda: [view.state for view in page.app.snapshot.jobs] == [S.RUNNING] * 2, "two running jobs", 40)
        await page.until(lambda: all(view.totals.rows_out for view in page.app.snapshot.jobs), "rows", 30)
        await page.go_to("first")

        await page.press("P")
        await page.until(lambda: page.selected.state is S.PAUSED, "PAUSED", 20)
        await page.press("P")
        await page.until(lambda: page.selected.state is S.RUNNING, "RUNNING again", 20)

        await page.press("D")
        await page.until(lambda: "it is not over" in page.toasts, "the daemon's reason")

        await page.press("asterisk", "T")
        await page.sees("Stop 2 jobs", timeout=60)
        await page.sees("stop 2 jobs")
        await past_the_guard(page)
        await page.press("y")
        await page.sees("2 done", timeout=60)
        await page.press("escape", "escape")
        await page.until(lambda: [view.state for view in page.app.snapshot.jobs] == [S.STOPPED] * 2, "two stopped jobs", 20)

        await page.press("D")
        await page.sees("hides the job", timeout=60)
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: "flowdeck rm first" in page.toasts, "the deletion", 20)
        await page.until(lambda: page.app.snapshot.total == 1, "one job", 20)
        await page.press("U")
        await page.until(lambda: page.app.snapshot.total == 2, "both jobs", 20)

        await page.go_to("second")
        await page.press("A")
        await page.sees("starts generation 1", timeout=60)
        await past_the_guard(page)
        await page.press("y")
        await page.until(lambda: page.selected.state is S.RUNNING, "RUNNING", 30)
        await page.until(lambda: "flowdeck start second" in page.toasts, "the end of the start", 30)
        assert {done.command for done in page.jobs.done if done.succeeded} >= {
            "flowdeck pause first", "flowdeck resume first", "flowdeck stop first", "flowdeck stop second",
            "flowdeck rm first", "flowdeck undelete first", "flowdeck start second",
        }  # fmt: skip
