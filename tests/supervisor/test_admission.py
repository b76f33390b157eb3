"""A job is made once, whoever comes first: a person who submits its file, or hot reload that sees it saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from runner.requests import SubmitRequest
from tests.supervisor.conftest import CopyJob, Flow


async def test_watched_file_is_submitted_once(
    opened: Callable[..., AbstractAsyncContextManager[Flow]], directory: Path, copy: CopyJob
) -> None:
    """A file that is saved and submitted at the same time becomes one job, and nobody is refused."""
    watched = directory / "jobs"
    watched.mkdir()
    file = watched / "copy.conf"
    async with opened(watched) as flow:
        admission = flow.service._lifecycle.admission
        async with admission:  # both have to wait here
            file.write_text(copy.text())
            asked = asyncio.create_task(flow.service.submit(SubmitRequest(text=copy.text(), file=str(file))))
            async with flow.waiting():
                while len(admission._waiters or ()) < 2:
                    await flow.a_moment()
        job = await asked
        await flow.until("copy", lambda found: found.reload is not None and found.reload.outcome == "synced")
        assert (await flow.service.jobs())[1] == 1
        assert len(await flow.service.executions("copy")) == 1
        assert job.execution is not None
