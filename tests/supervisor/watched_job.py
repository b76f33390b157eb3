"""A job whose file lies in a watched directory, and the means to wait for what hot reload makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from runner.model import Event
from runner.reload import ReloadState, Verdict, WatchedFile
from tests.supervisor.conftest import CopyJob, Flow

SETTLED = frozenset(ReloadState) - {
    ReloadState.PARSING,
    ReloadState.VALIDATING,
    ReloadState.PLANNING,
    ReloadState.UPGRADING,
    ReloadState.ROLLING_BACK,
}


class WatchedJob:
    """The file ``name`` in ``directory``, which is made, with the text of ``copy``."""

    def __init__(self, directory: Path, copy: CopyJob, name: str = "copy.conf") -> None:
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / name
        self.copy = copy
        self.save(copy)

    def save(self, copy: CopyJob, *, note: str = "") -> None:
        """Write the file as editors do: beside it, then rename."""
        self.save_text(copy.text() + (f"# {note}\n" if note else ""))
        self.copy = copy

    def save_text(self, text: str) -> None:
        """Any text."""
        temporary = self.directory / f".{self.path.name}.swp"
        temporary.write_text(text)
        temporary.rename(self.path)

    def words(self) -> dict[str, int]:
        """How many rows each column name of the output has got."""
        files = f"read_parquet('{self.copy.target}/*.parquet', union_by_name = true)"
        columns = [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM {files}").fetchall() if row[0] != "id"]
        counts = ", ".join(f"count({column})" for column in columns)
        return dict(zip(columns, duckdb.sql(f"SELECT {counts} FROM {files}").fetchall()[0], strict=True))

    def record(self, flow: Flow) -> WatchedFile | None:
        """What is known of the file; of one that several jobs come from, of the first."""
        return next((found for found in flow.supervisor.reloader.report().files if found.file == str(self.path)), None)

    async def reach(self, flow: Flow, *states: ReloadState, seen: int = 1, name: str | None = None) -> WatchedFile:
        """The record once it has settled in one of the states, with at least the ``seen``-th content; fails in another."""
        try:
            return await self._reached(flow, states, seen, name)
        except TimeoutError:
            pytest.fail(f"waited in vain; the file is {self.record(flow)}")

    async def _reached(self, flow: Flow, states: Sequence[ReloadState], seen: int, name: str | None) -> WatchedFile:
        async with flow.waiting():
            while True:
                found = self.record(flow)
                if found is not None and found.state in SETTLED and found.observed_generation >= seen:
                    is_decided = found.generations[-1].verdict is not None or found.state is ReloadState.PENDING_APPROVAL
                    if is_decided and (name is None or found.job_name == name):
                        assert found.state in states, found
                        return found
                await flow.a_moment()

    async def events(self, flow: Flow) -> list[Event]:
        """The changes of its state so far."""
        return await reload_events(flow, self.path)

    def verdicts(self, flow: Flow) -> dict[int, Verdict | None]:
        """What became of each of its generations that are remembered."""
        record = self.record(flow)
        assert record is not None
        return {found.number: found.verdict for found in record.generations}


async def reload_events(flow: Flow, path: Path) -> list[Event]:
    """The changes of the state of a file."""
    found = await flow.service.observation.events_since(0)
    return [event for event in found if event.kind == "job.reload" and event.data["file"] == str(path)]


async def seen_in(flow: Flow, path: Path, state: ReloadState, seen: int) -> WatchedFile:
    """The record of a file once it is in the state with the ``seen``-th content."""
    async with flow.waiting():
        while True:
            for record in flow.supervisor.reloader.report().files:
                if (record.file, record.state, record.observed_generation) == (str(path), state, seen):
                    return record
            await flow.a_moment()
