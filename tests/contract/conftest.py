"""Makes the suite's modules and the small supervisor of ``tests/worker`` importable (test folders are no packages), and hands
every contract test the cases it is about."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def load(path: Path) -> ModuleType:
    """The module at ``path``, under its own short name."""
    if path.stem not in sys.modules:
        specification = importlib.util.spec_from_file_location(path.stem, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[path.stem] = module
        specification.loader.exec_module(module)
    return sys.modules[path.stem]


for _name in ("every_type", "cases", "plugin_bench"):
    load(HERE / f"{_name}.py")
for _name in ("coordinator", "jobs"):
    load(HERE.parent / "worker" / f"{_name}.py")

from cases import SinkCase, SourceCase, TransformCase, cases_of  # noqa: E402 - made importable above
from coordinator import ForkServer  # noqa: E402

_KINDS = {"source_case": SourceCase, "sink_case": SinkCase, "transform_case": TransformCase}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case that the test is about, of the kind that it names among its arguments."""
    for argument, kind in _KINDS.items():
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, cases_of(kind, metafunc.function), ids=str)


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """One process that forks all workers of the session."""
    server = ForkServer()
    yield server
    server.close()
