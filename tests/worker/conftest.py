"""Fixtures for tests that drive real worker processes."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spec.job import JobSpec


def _load(name: str, folder: Path = Path(__file__).parent) -> None:
    """Make a module of ``folder`` importable under a name of its own (test folders are no packages)."""
    if name in sys.modules:
        return
    specification = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)


for _name in ("coordinator", "jobs"):
    _load(_name)
_load("every_type", Path(__file__).parent.parent / "contract")

from coordinator import Coordinator, ForkServer  # noqa: E402 - made importable above


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """One process that forks all workers of the session."""
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def coordinate(fork_server: ForkServer, tmp_path: Path) -> Iterator[Callable[..., Coordinator]]:
    """Makes a coordinator for a job; its sockets are closed at the end."""
    made: list[Coordinator] = []

    def make(job: JobSpec, *, workers: int = 1) -> Coordinator:
        made.append(Coordinator(fork_server, job, tmp_path, workers=workers))
        return made[-1]

    yield make
    for coordinator in made:
        coordinator.close()
