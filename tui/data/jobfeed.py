"""The stream that the terminal UI listens to: jobs in it are read as jobs at once, without a detour through dictionaries, which
for ten thousand of them would take more memory than all the rest of the program."""

from __future__ import annotations

from typing import Final

import msgspec

from runner.client import EventFeed
from runner.model import Event, Job
from runner.struct_types import learnt

_SNAPSHOT: Final = b"event: snapshot\n"
_DATA: Final = b"data:"


class JobPage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of the present state; there is ``more`` of it."""

    jobs: list[Job] = []
    more: bool = False


class PageEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event of the kind ``snapshot``."""

    revision: int
    at: float
    kind: str
    data: JobPage = JobPage()


class JobFeed(EventFeed):
    """Events; those of the kind ``snapshot`` have a list of :class:`runner.model.Job` as their ``jobs``."""

    def parse(self, block: bytes) -> Event | None:
        """The event of one block."""
        if not block.startswith(_SNAPSHOT) or block.count(b"\n") > 1:
            return super().parse(block)
        start = block.index(_DATA) + len(_DATA)
        told = msgspec.json.decode(memoryview(block)[start:], type=learnt(PageEvent))
        data = {"jobs": told.data.jobs, "more": told.data.more}
        return Event(revision=told.revision, at=told.at, kind=told.kind, data=data)
