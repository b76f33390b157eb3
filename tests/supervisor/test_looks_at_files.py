"""Each file is looked at by one task at a time, whenever it is noticed that it has changed."""

from __future__ import annotations

import asyncio

from runner.supervisor.reloading.file_reload import FileReload, Look


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
