"""The page in a real browser, over a real daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from runner.client import Client
from runner.home import Home
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from tui.web.server import ENDED

STREAM = """
env { job.name = "rows-for-the-page", job.mode = "STREAMING", read_limit.rows_per_second = 100 }
source { FakeSource { plugin_output = "rows", row.num = 1000000000, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "rows" } }
"""
WHY = "document.body.classList.contains('-closed') && document.getElementById('why').textContent"


@pytest.fixture
def daemon(tmp_path: Path, warm_daemons: None) -> Iterator[Client]:
    """A real one, with a job that runs."""
    home = Home(tmp_path / "h")
    client = Client.connect(home, start=True, timeout=60.0)
    process = psutil.Process(client.status().pid)
    try:
        client.submit(SubmitRequest(text=STREAM, base_directory=str(tmp_path)))
        yield client
    finally:
        client.shutdown()
        client.close()
        if psutil.wait_procs([process], 60)[1]:
            process.kill()
            pytest.fail("the daemon does not end")


@pytest.mark.timeout(300)
async def test_the_page_shows_jobs_and_only_looks(
    chromium: Any, daemon: Client, serve: Any, tmp_path: Path, processes: Any, until: Any
) -> None:
    """The address leads to the live job list, everything came from the server, no token stays in the browser's addresses; a key
    that would pause the job says why it does not; who leaves can open it again, and a server that ends is told."""
    async with chromium(tmp_path / "profile") as page:
        async with serve(visitors=1) as pages:
            await page.open(pages.server.url)
            await page.until("rows-for-the-page", "LIVE", "read-only", "RUNNING")
            await page.press("P")
            await page.until("Nothing is changed", "flowdeck web --write")
            (job,) = (await asyncio.to_thread(daemon.jobs)).jobs
            assert job.execution.state is ExecutionState.RUNNING

            assert await page.evaluate("location.href") == f"{pages.base}{pages.page}"
            history = await page.call("Page.getNavigationHistory")
            assert not [entry for entry in history["entries"] if "token" in entry["url"]]
            origins = {url.partition("//")[2].partition("/")[0] for url in page.requested if not url.startswith("data:")}
            assert origins == {pages.base.partition("//")[2]}
            assert await page.evaluate("document.fonts.check('15px \"Roboto Mono\"') && document.cookie") == ""
            assert [text for text in page.complaints if "WebGL" not in text] == []

            await page.press("q")
            await page.until_true(f"({WHY}) === 'The terminal UI was left.'")
            await until(lambda: not processes(tmp_path / "h"))
            await page.evaluate("document.getElementById('again').click()")
            await page.until("rows-for-the-page", "LIVE")
        await page.until_true(f"({WHY}) === '{ENDED}'")
    assert not processes(tmp_path / "h")
