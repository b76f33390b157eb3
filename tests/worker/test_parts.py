"""The small machinery: rate limits, plans, counters of fused plugins, failures in the supervisor's words."""

from __future__ import annotations

import errno

import duckdb
import pyarrow as pa
import pytest
from jobs import job, sink, source, transform

from runner.connectors.base import DataError, file_error
from runner.dataset.arrow_types import UnsupportedType, arrow_type, canonical_schema, canonical_type, field_type_of
from runner.worker.failure import StageError, describe_failure
from runner.worker.flow import StageFlow
from runner.worker.plan import plan_stages
from spec.types import ScalarType, parse_field_type


def test_chains_are_fused_between_fan_out_and_union() -> None:
    """A -> t1 -> t2 -> sink is one stage; a dataset with two readers, or a reader with two datasets, begins another."""
    spec = job(
        source("FakeSource", "a", {}),
        source("FakeSource", "b", {}),
        transform("Copy", "a", "t1", {}),
        transform("Copy", "t1", "t2", {}),
        transform("Copy", "t2", "left", {}),
        transform("Copy", "t2", "right", {}),
        sink("Console", ("left", "b"), {}, name_as="s1"),
        sink("Console", "right", {}, name_as="s2"),
    )
    plan = plan_stages(spec)
    stages = [(stage.inputs, [plugin.id for plugin in stage.transforms], stage.sink and stage.sink.id) for stage in plan.stages]
    assert stages == [
        (("a",), ["t1", "t2"], None),
        (("t2",), ["left"], None),
        (("t2",), ["right"], "s2"),
        (("left", "b"), [], "s1"),
    ]
    assert plan.readers == {"a": ((0, 0),), "t2": ((1, 0), (2, 0)), "left": ((3, 0),), "b": ((3, 1),)}


def rows_of(flow: StageFlow) -> dict[str, tuple[int, int]]:
    """Rows in and out of the plugins whose counters are known."""
    return {meter.plugin: (meter.rows_in, meter.rows_out) for meter in flow.meters}


def test_counts_that_cannot_be_known_are_not_reported() -> None:
    """Between two queries nobody counts; what is around them is known."""
    flow = StageFlow([("a", True), ("q1", False), ("b", True), ("q2", False), ("c", True)], "sink")
    flow.read(10, 100)
    flow.wrote(4)
    assert rows_of(flow) == {"a": (10, 10), "c": (4, 4), "sink": (4, 4)}
    flow = StageFlow([("a", True), ("q", False), ("b", True)], None)
    flow.read(10, 100)
    assert {meter.plugin: (meter.rows_in, meter.rows_out) for meter in flow.meters} == {
        "a": (10, 10),
        "q": (10, 0),
        "b": (0, 0),
    }
    flow.wrote(4)
    assert {meter.plugin: (meter.rows_in, meter.rows_out) for meter in flow.meters} == {
        "a": (10, 10),
        "q": (10, 4),
        "b": (4, 4),
    }
    flow = StageFlow([], "sink")
    flow.read(10, 100)
    assert (flow.meters[0].rows_in, flow.meters[0].rows_out) == (10, 0)


@pytest.mark.parametrize(
    ("error", "code", "retriable"),
    [
        (StageError("p", DataError("bad", position="f: line 1")), "data", False),
        (StageError("p", OSError(errno.ENOSPC, "full")), "file", True),
        (StageError("p", PermissionError(errno.EACCES, "no")), "file", False),
        (StageError("p", FileNotFoundError(errno.ENOENT, "no")), "file-missing", True),
        (StageError("p", MemoryError()), "memory", True),
        (StageError("p", duckdb.ConversionException("Conversion Error: x\n\nLINE 1: y")), "sql", False),
        (StageError("p", duckdb.OutOfMemoryException("Out of Memory Error: x")), "memory", True),
        (StageError("p", duckdb.IOException("IO Error: Could not write: No space left on device")), "file", True),
        (StageError("p", pa.ArrowInvalid("x")), "data", False),
        (StageError("p", KeyError("x")), "internal", True),
    ],
)
def test_failures_are_described(error: StageError, code: str, *, retriable: bool) -> None:
    """Code, plugin, and whether another attempt may end differently."""
    info, again = describe_failure(error)
    assert (info.code, info.plugin, again) == (code, "p", retriable)
    assert "LINE" not in info.message


def test_errors_of_the_file_system_keep_their_reason() -> None:
    """The path, the reason, and what to do about a full disk."""
    error = file_error(OSError(errno.ENOSPC, "x"), "/out", "write")
    assert error.message == "cannot write /out: No space left on device"
    assert error.retriable
    assert "free space" in error.hint


@pytest.mark.parametrize("scalar", list(ScalarType))
def test_every_type_has_an_arrow_type(scalar: ScalarType) -> None:
    """And an Arrow type has a name that means it."""
    assert arrow_type(field_type_of(arrow_type(scalar))) == arrow_type(scalar)


def test_nested_types_go_there_and_back() -> None:
    """The tree is the same on both sides."""
    declared = parse_field_type({"a": "map<string, array<decimal(10, 2)>>", "b": {"c": "time"}})
    assert field_type_of(arrow_type(declared)) == declared


def test_a_type_without_a_place_is_refused_with_its_column() -> None:
    """Intervals, say."""
    with pytest.raises(UnsupportedType, match="column d"):
        canonical_schema(pa.schema([("d", pa.duration("s"))]))
    assert canonical_type(pa.list_(pa.dictionary(pa.int8(), pa.large_string()))) == pa.list_(pa.string())
