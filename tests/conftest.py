"""What all tests begin with, and their order: files whose tests mostly wait for processes, and files that compute, in turn, so
that the processors always have something to do, and in both what takes long first, so that in the end nobody is left alone with
it (``make test`` keeps this order with --no-loadscope-reorder)."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner import launch
from tests.warm_processes import WarmProcesses

_WAITING = ("chaos", "lifecycle", "supervisor", "worker", "cli", "acceptance", "api", "contract", "security")
_COMPUTING = (
    *("packaging", "web", "tui", "store", "benchmarks", "docs"),
    *("savepoint", "spec_reader", "connectors", "verbs", "language", "spec_checks"),
)
_HERE = Path(__file__).parent


def _begin_like_a_shell() -> None:
    """What tests start inherits this: no size of somebody else's terminal, byte code that is kept for the next of hundreds of
    processes, and signals that are not ignored, as they are in a process that was started in the background or by nohup."""
    for name in ("COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


_begin_like_a_shell()


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmProcesses]:
    """The command and the daemon, imported."""
    processes = WarmProcesses()
    yield processes
    processes.close()


@pytest.fixture
def warm_daemons(warm: WarmProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemons that the test's own process starts are imported already."""
    monkeypatch.setattr(launch, "subprocess", warm.starting)


def pytest_collection() -> None:
    """Nothing of what is collected is garbage, and looking for it takes a quarter of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Thousands of tests and what they import stay until the end: no collection of garbage looks at them again."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    """What ends in cycles is taken apart as ever when the process ends."""
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file; within a file everything stays as it is."""
    files = list(dict.fromkeys(item.path for item in items))
    waiting = sorted((file for file in files if _folder(file) in _WAITING), key=_rank)
    computing = sorted((file for file in files if _folder(file) not in _WAITING), key=_rank)
    places = {file: place / len(kind) for kind in (waiting, computing) for place, file in enumerate(kind)}
    items.sort(key=lambda item: places[item.path])


def _rank(file: Path) -> int:
    order = (*_WAITING, *_COMPUTING)
    folder = _folder(file)
    return order.index(folder) if folder in order else len(order)


def _folder(file: Path) -> str:
    return file.relative_to(_HERE).parts[0] if file.is_relative_to(_HERE) else ""
