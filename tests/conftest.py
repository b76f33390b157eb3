"""The order of the tests: the folders whose tests wait for real processes come first, so that with several workers none of them
is left alone with a long file at the end (``make test`` keeps this order with --no-loadscope-reorder)."""

from __future__ import annotations

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
        "tui",
        "benchmarks",
        "docs",
    ),
    *("savepoint", "connectors", "verbs", "language", "spec_reader", "spec_checks"),
)
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by folder; within a folder everything stays as it is."""
    items.sort(key=lambda item: _rank(item.path))


def _rank(path: Path) -> int:
    folder = path.relative_to(_HERE).parts[0] if path.is_relative_to(_HERE) else ""
    return _FIRST.index(folder) if folder in _FIRST else len(_FIRST)
