"""The same promises with a real worker process that gets a real SIGKILL between prepare and commit, one for each kind of sink,
and tokens that another process commits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cases import Seen, SinkCase
from coordinator import Coordinator, ForkServer, WorkerGone
from every_type import numbered
from jobs import job, sink, source

from runner.model import CheckpointKind
from schemas.loader import plugin_schema

ROWS = 60
FIELDS = {"id": "bigint", "s": "string"}
SCHEMA = numbered(0).schema


class KillStage:
    """A job that copies numbered rows to the case's sink, in batches small enough for a checkpoint in the middle."""

    def __init__(self, case: SinkCase, server: ForkServer, directory: Path) -> None:
        rows = [{"kind": "INSERT", "fields": [number, f"row {number}"]} for number in range(ROWS)]
        fake = source("FakeSource", "rows", {"rows": rows, "schema": {"fields": FIELDS}})
        self.case = case
        self.coordinator = Coordinator(
            server, job(fake, sink(case.plugin, "rows", case.options), rows_per_second=200), directory
        )

    def check(self) -> None:
        """All rows are there, once if that is declared."""
        schema = plugin_schema("sink", self.case.plugin)
        assert schema is not None
        found = sorted(self.case.ids(self._seen()))
        expected = list(range(ROWS)) if self.case.shows_ids else [0] * ROWS
        if schema.delivery_with(self.case.options) == "exactly-once":
            assert found == expected
        else:
            assert set(found) == set(expected)
        assert self.case.staged(self.coordinator.directory) == []

    def _seen(self) -> Seen:
        states = self.coordinator.checkpoint.states
        lines = [line.message for line in self.coordinator.log_lines() if line.level == "output"]
        return Seen(self.coordinator.directory, lines, states[0].data if states else None, SCHEMA)


@pytest.fixture
def stage(sink_case: SinkCase, fork_server: ForkServer, tmp_path: Path) -> Iterator[KillStage]:
    """A job and its supervisor; connections are closed at the end."""
    stage = KillStage(sink_case, fork_server, tmp_path)
    yield stage
    stage.coordinator.close()


def test_killed_before_the_checkpoint_is_durable(stage: KillStage) -> None:
    """Prepared, and nobody has heard of it: the next attempt begins at the checkpoint before."""
    coordinator = stage.coordinator
    coordinator.start()
    coordinator.take_checkpoint()
    coordinator.prepare_checkpoint()
    coordinator.kill()
    coordinator.start()
    coordinator.run()
    stage.check()


def test_killed_between_durable_and_committed(stage: KillStage) -> None:
    """Another process commits what this one has prepared, and goes on."""
    coordinator = stage.coordinator
    coordinator.start()
    coordinator.take_checkpoint()
    state = coordinator.prepare_checkpoint()
    stage.coordinator.hook = lambda point, checkpoint: coordinator.kill() if point == "completed" else None
    with pytest.raises((WorkerGone, OSError)):
        coordinator.complete_checkpoint(state)
    coordinator.hook = lambda point, checkpoint: None
    coordinator.start()
    coordinator.run()
    stage.check()


def test_killed_after_the_last_checkpoint_is_durable(stage: KillStage) -> None:
    """The input is at its end, so no worker has anything to do but to commit, and to tidy up, in a process of its own."""
    coordinator = stage.coordinator
    coordinator.start()
    coordinator.wait_until(coordinator.drained)
    state = coordinator.prepare_checkpoint(CheckpointKind.FINAL, stop=True)
    coordinator.kill()
    coordinator.checkpoint = msgspec.convert(_plain(state), type(state))
    coordinator.uncommitted[state.id] = coordinator.checkpoint.tokens
    assert coordinator.settle() == 0
    coordinator.uncommitted[state.id] = coordinator.checkpoint.tokens
    assert coordinator.settle() == 0
    stage.check()


def _plain(state: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(state))
