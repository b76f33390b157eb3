"""A job is made once, whoever comes first: a person who submits its file, or hot reload that sees it saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from runner.requests import SubmitRequest
from runner.supervisor.reloading.content import file_key
from runner.supervisor.reloading.transitions import AT_WORK
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
        key = file_key(str(file))
        async with admission.to("copy", key):  # both have to wait here
            file.write_text(copy.text())
            asked = asyncio.create_task(flow.service.submit(SubmitRequest(text=copy.text(), file=str(file))))
            async with flow.waiting():
                while admission.visitors("copy", key) < 3:
                    await flow.a_moment()
        job = await asked
        await flow.until("copy", lambda found: found.reload is not None and found.reload.outcome == "synced")
        assert (await flow.service.jobs())[1] == 1
        assert len(await flow.service.executions("copy")) == 1
        assert job.execution is not None
        await _nothing_is_at_work(flow, files=1)


async def test_nothing_is_left_of_a_reload_whose_job_is_deleted(
    opened: Callable[..., AbstractAsyncContextManager[Flow]], directory: Path, copy: CopyJob
) -> None:
    """A job that is deleted while its changed file is looked at leaves no file that is looked at for good."""
    watched = directory / "jobs"
    watched.mkdir()
    file = watched / "copy.conf"
    async with opened(watched) as flow:
        await flow.service.submit(SubmitRequest(text=copy.text(), file=str(file), start=False))
        job = await flow.service.job("copy")
        async with flow.service._lifecycle.lock(job.id):  # the reload has to wait here, when it has checked the file
            file.write_text(copy.but(rows=10).text())
            async with flow.waiting():
                while not flow.service._lifecycle.lock(job.id)._waiters:
                    await flow.a_moment()
            await flow.service._lifecycle.delete(job)
        await _nothing_is_at_work(flow, files=0)


async def _nothing_is_at_work(flow: Flow, *, files: int) -> None:
    """Every record of a file has come to rest, and there are so many."""
    async with flow.waiting():
        while [record.state in AT_WORK for record in flow.supervisor.reloader.report().files] != [False] * files:
            await flow.a_moment()


async def test_jobs_of_other_names_do_not_wait_for_each_other(
    opened: Callable[..., AbstractAsyncContextManager[Flow]], copy: CopyJob
) -> None:
    """While somebody is admitted to one job, others are submitted; of one name many at once are one job."""
    async with opened() as flow:
        async with flow.service._lifecycle.admission.to("copy"):
            asked = [
                asyncio.create_task(
                    flow.service.submit(SubmitRequest(text=copy.text(), start=False, labels={"n": str(number)}))
                )
                for number in range(3)
            ]
            other = await flow.service.submit(SubmitRequest(text=copy.text(), name="other", start=False))
            assert other.version == (await flow.service.job("other")).version
        assert len({(await task).id for task in asked}) == 1
        assert flow.service._lifecycle.admission.visitors("copy") == 0
