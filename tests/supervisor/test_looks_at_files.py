"""Each file is looked at by one task at a time, whenever it is noticed that it has changed."""

from __future__ import annotations

import asyncio
import contextlib

from runner.supervisor.reloading.file_reload import FileReload, Look
from runner.supervisor.reloading.file_watch import FileWatch
from runner.supervisor.reloading.job_files import JobFiles


class TwiceNoticed(FileReload):
    """The first look is over at once, and the file changes again at that moment; the others take until they are let go."""

    def __init__(self, again):
        self._again = again
        self.begun = 0
        self.go_on = asyncio.Event()

    async def look(self, path, how):
        """Look, and count it."""
        self.begun += 1
        if self.begun == 1:
            asyncio.get_running_loop().call_soon(self._again, path, Look.CHANGED)
        else:
            await self.go_on.wait()

    async def remember(self, path):
        """Nothing is under way that it would disturb."""


async def test_a_file_that_changes_as_its_look_ends_is_looked_at_once(flow, directory):
    """The look that begins in that moment is the file's: another change waits for its end instead of beginning beside it."""
    reloader, path = flow.supervisor.reloader, str(directory / "job.conf")
    files = reloader._reload = TwiceNoticed(reloader._look_at)
    reloader._look_at(path, Look.CHANGED)
    async with flow.waiting():
        while files.begun < 2:
            await flow.a_moment()
    reloader._look_at(path, Look.CHANGED)
    await flow.a_moment()
    assert (files.begun, list(reloader._tasks)) == (2, [path])
    files.go_on.set()
    async with flow.waiting():
        while reloader._tasks:
            await flow.a_moment()
    assert files.begun == 3


async def test_nothing_is_kept_of_files_that_come_and_go(directory):
    """Each is told of when it comes and when it goes; only a missing one that matters to a job is remembered, and told once."""
    missing = str(directory / "included.conf")
    watch = FileWatch(JobFiles([directory], None), lambda: [missing])
    told = []

    async def until(path):
        async with asyncio.timeout(60):
            async for changed in changes:
                told.append(changed)
                if changed == path:
                    return

    async with contextlib.aclosing(watch.changes()) as changes:
        for number in range(3):
            file = directory / f"run-{number}.conf"
            file.write_text("env { }")
            watch.look()
            await until(str(file))
            file.unlink()
            watch.look()
            await until(str(file))
    assert watch._seen == {missing: None}
    assert not watch._since
    assert told.count(missing) == 1
