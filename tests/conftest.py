"""What all tests begin with, and their order: the folders whose tests wait for real processes come first, so that with several
workers none of them is left alone with a long file at the end (``make test`` keeps this order with --no-loadscope-reorder)."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest

_FIRST = (
    *(
        "chaos",
        "lifecycle",
        "worker",
        "supervisor",
        "cli",
        "packaging",
        "store",
        "contract",
        "api",
        "security",
        "acceptance",
        "web",
        "tui",
        "benchmarks",
        "docs",
    ),
    *("savepoint", "connectors", "verbs", "language", "spec_reader", "spec_checks"),
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
    """Sort by folder; within a folder everything stays as it is."""
    items.sort(key=lambda item: _rank(item.path))


def _rank(path: Path) -> int:
    folder = path.relative_to(_HERE).parts[0] if path.is_relative_to(_HERE) else ""
    return _FIRST.index(folder) if folder in _FIRST else len(_FIRST)
