"""Fixtures and records for the tests of the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, DesiredState, Execution, Job
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database of a test is."""
    return tmp_path / "home" / "control.duckdb"


@pytest.fixture
async def store(database: Path) -> AsyncIterator[AsyncStore]:
    """An open store."""
    opened = await AsyncStore.open(database)
    yield opened
    await opened.close()


@pytest.fixture
def make_job() -> Callable[..., Job]:
    """Makes jobs: ``make_job("a", name="orders")``."""

    def make(identity: str = "job-1", **fields: object) -> Job:
        values = {
            "name": identity,
            "mode": "BATCH",
            "desired_state": DesiredState.RUNNING,
            "generation": 1,
            "created_at": 1000.5,
            "updated_at": 1000.5,
        }
        return Job(id=identity, **(values | fields))

    return make


@pytest.fixture
def make_execution() -> Callable[..., Execution]:
    """Makes executions: ``make_execution("e-1", job_id="a")``."""

    def make(identity: str = "e-1", job_id: str = "job-1", **fields: object) -> Execution:
        values = {"job_name": job_id, "generation": 1, "state": ExecutionState.CREATED, "state_since": 1.0, "created_at": 1.0}
        return Execution(id=identity, job_id=job_id, **(values | fields))

    return make


@pytest.fixture
def make_checkpoint() -> Callable[..., Checkpoint]:
    """Makes checkpoints in progress: ``make_checkpoint(3, job_id="a")``."""

    def make(identity: int = 1, job_id: str = "job-1", **fields: object) -> Checkpoint:
        values = {
            "execution_id": "e-1",
            "generation": 1,
            "kind": CheckpointKind.PERIODIC,
            "status": CheckpointStatus.IN_PROGRESS,
            "triggered_at": 100.0,
        }
        return Checkpoint(id=identity, job_id=job_id, **(values | fields))

    return make
