"""The contract of sources, sinks and transforms: one suite for all of them, and one small file for each.

Whoever adds a plugin adds a file ``case_<plugin>.py`` beside this one, with a list ``CASES`` of :class:`SourceCase`,
:class:`SinkCase` and :class:`TransformCase`: one for each form of the plugin that works differently (a file format, say).
A case only says how to set the plugin up and how to look at what it has done; what must hold is in the ``test_`` files, the
same for all. A plugin of the registry that no case names fails ``test_contract_coverage.py``.

The delivery that a sink is held to is the one its schema declares (``x-flowdeck-delivery``): exactly-once means that no kill
and no replay makes a row visible twice, or visible before its checkpoint is durable; at-least-once that none is lost.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import pyarrow as pa
from every_type import every_type

from runner.connectors.base import Sink
from runner.connectors.registry import sink_class

Options: TypeAlias = dict[str, Any]
Test = TypeVar("Test", bound=Callable[..., None])

_ONLY_FOR = "only_for"


def as_it_is(table: pa.Table) -> pa.Table:
    """Nothing is lost."""
    return table


def nothing_staged(directory: Path) -> list[Path]:
    """The sink stages nothing."""
    return []


@dataclass(frozen=True, slots=True)
class SourceCase:
    """``prepare`` makes an input below a directory and tells the options to read it. ``expected``: the rows in it, in the order
    of its splits; None for a source that makes its rows itself. ``nothing`` makes an input without rows; None when the source
    always has some."""

    plugin: str
    label: str
    prepare: Callable[[Path], Options]
    expected: Callable[[], pa.Table] | None
    nothing: Callable[[Path], Options] | None

    def __str__(self) -> str:
        return f"{self.plugin}-{self.label}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What has become of a sink's rows, for a case to look at: the directory that it works in, the lines of its log, the state
    of its last checkpoint, and the columns of its input."""

    directory: Path
    lines: Sequence[str]
    state: dict[str, Any] | None
    schema: pa.Schema


@dataclass(frozen=True, slots=True)
class SinkCase:
    """``options``: the plugin's. ``ids`` tells the ids of the rows that anybody can see, each as often as it is there (the
    suite's rows have a column ``id`` first); for a sink that shows no rows, as many zeroes as it has counted. ``read`` gives
    back whole rows, None when that cannot be done; ``holds`` is what of a table the sink can hold."""

    plugin: str
    label: str
    options: Options
    ids: Callable[[Seen], list[int]]
    read: Callable[[Seen], pa.Table] | None = None
    holds: Callable[[pa.Table], pa.Table] = as_it_is
    staged: Callable[[Path], list[Path]] = nothing_staged
    """Whatever is staged below the directory."""
    shows_ids: bool = True
    refused: str = ""
    """A value of the suite's column ``s`` that the sink refuses, with ``refusing`` among its options; empty: it takes all."""
    refusing: Options = field(default_factory=dict)
    told: str = ""
    """Words of the reason."""

    def __str__(self) -> str:
        return f"{self.plugin}-{self.label}"

    @property
    def type(self) -> type[Sink]:
        """The sink's class."""
        return sink_class(self.plugin)


@dataclass(frozen=True, slots=True)
class TransformCase:
    """``options`` fit the rows of ``table``; ``untouched``: columns that come out as they went in, under the same name."""

    plugin: str
    label: str
    options: Options
    table: Callable[[], pa.Table] = every_type
    untouched: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.plugin}-{self.label}"


def only_for(applies: Callable[[Any], bool]) -> Callable[[Test], Test]:
    """The test is about those cases of its kind for which ``applies`` holds."""

    def mark(test: Test) -> Test:
        setattr(test, _ONLY_FOR, applies)
        return test

    return mark


def cases_of(kind: type[SourceCase | SinkCase | TransformCase], test: object) -> list[SourceCase | SinkCase | TransformCase]:
    """The cases of that kind that a test is about. There has to be one."""
    applies = getattr(test, _ONLY_FOR, lambda _case: True)
    found = [case for case in all_cases() if isinstance(case, kind) and applies(case)]
    assert found, f"no {kind.__name__} is left for {test}"
    return found


@cache
def all_cases() -> tuple[SourceCase | SinkCase | TransformCase, ...]:
    """Those of every case file."""
    found: list[SourceCase | SinkCase | TransformCase] = []
    for path in sorted(Path(__file__).parent.glob("case_*.py")):
        specification = importlib.util.spec_from_file_location(path.stem, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[path.stem] = module
        specification.loader.exec_module(module)
        found += module.CASES
    return tuple(found)
