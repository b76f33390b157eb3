"""FakeSource: the same rows for the same seed, however they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import every_type
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.connectors.base import OptionError, Pace, PluginError
from runner.connectors.fake.source import FakeSource
from runner.protocol import Split

MakeContext = Callable[..., Any]

FIELDS = every_type.FIELDS | {"k": "map<boolean, tinyint>", "mm": "map<string, map<string, int>>"}


@pytest.fixture
def fake(make_context: MakeContext) -> Callable[..., FakeSource]:
    """Makes a FakeSource with these options."""

    def make(parallelism: int = 1, **options: Any) -> FakeSource:
        names = {name.replace("_", ".") if name != "tables_configs" else name: value for name, value in options.items()}
        values = {"schema": {"fields": FIELDS}, **names}
        return FakeSource(make_context("FakeSource", values, parallelism=parallelism), duckdb.connect(":memory:"))

    return make


def rows_of(source: FakeSource, pace: Pace, *, splits: list[Split] | None = None) -> list[Any]:
    """All rows of the splits, in order."""
    chosen = source.splits() if splits is None else splits
    return [row for split in chosen for batch in source.read(split, pace) for row in batch.data.to_pylist()]


def test_every_type_is_made(fake: Callable[..., FakeSource]) -> None:
    """The schema is the declared one, and no value but those of type null is null."""
    source = fake(row_num=20)
    rows = rows_of(source, Pace())
    assert len(rows) == 20
    for row in rows:
        assert [name for name, value in row.items() if value is None] == ["n"]
        assert len(row["s"]) == 5
        assert row["s"].isalpha()
        assert len(row["a"]) == 5
        assert 0 <= row["t"] < 127
        assert len({key for key, _ in row["k"]}) == len(row["k"]) <= 2
    assert len({row["s"] for row in rows}) == 20


@given(st.integers(1, 60), st.integers(1, 7), st.integers(1, 3), st.integers(1, 80), st.integers(0, 2**62))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rows_depend_on_seed_and_number_only(
    fake: Callable[..., FakeSource], rows: int, split_number: int, parallelism: int, batch: int, seed: int
) -> None:
    """Batch size, number of splits, and restarts at any batch change nothing."""
    options = {"seed": seed, "row_num": rows}
    whole = rows_of(fake(**{**options, "row_num": rows * parallelism}), Pace())
    cut = fake(parallelism, split_num=split_number, **options)
    assert rows_of(cut, Pace(rows=batch)) == whole
    [split] = fake(**{**options, "row_num": rows * parallelism}).splits()
    first = next(iter(cut.read(split, Pace(rows=batch))))
    resumed = Split(source=split.source, id=split.id, data=split.data, position=first.position)
    assert rows_of(cut, Pace(), splits=[resumed]) == whole[first.data.num_rows :]


def test_another_seed_makes_other_rows(fake: Callable[..., FakeSource]) -> None:
    """Seeds matter, and columns of one type are different too."""
    [one] = rows_of(fake(row_num=1, seed=1), Pace())
    [two] = rows_of(fake(row_num=1, seed=2), Pace())
    assert one["l"] != two["l"]
    assert one["i"] != one["o"]["x"]


def test_splits_are_what_the_options_say(fake: Callable[..., FakeSource]) -> None:
    """Each parallel reader gets row.num rows in split.num splits; ids are stable."""
    splits = fake(2, row_num=10, split_num=3).splits()
    assert [split.data["rows"] for split in splits] == [4, 4, 2, 4, 4, 2]
    assert [split.id for split in splits] == ["0-0", "0-1", "0-2", "1-0", "1-1", "1-2"]
    assert fake(row_num=0).splits() == []


def test_ranges_and_templates(fake: Callable[..., FakeSource]) -> None:
    """Bounds hold (the maximum is not included), templates win, lengths are kept."""
    rows = rows_of(
        fake(
            row_num=500,
            int_min=10,
            int_max=13,
            double_min=1,
            double_max=2,
            tinyint_template=[5, 6],
            string_template=["a", "bb"],
            bytes_length=3,
            array_size=0,
            map_size=1,
            date_year_template=[1999],
            date_month_template=[2],
            date_day_template=[31],
            time_hour_template=[7],
        ),
        Pace(),
    )
    assert {row["i"] for row in rows} == {10, 11, 12}
    assert all(1 <= row["d"] < 2 for row in rows)
    assert {row["t"] for row in rows} == {5, 6}
    assert {row["s"] for row in rows} == {"a", "bb"}
    assert {len(row["y"]) for row in rows} == {3}
    assert {len(row["a"]) for row in rows} == {0}
    assert {str(row["day"]) for row in rows} == {"1999-02-28"}
    assert {row["at"].hour for row in rows} == {7}


def test_columns_may_have_lengths_and_defaults(make_context: MakeContext) -> None:
    """ColumnLength wins over string.length, and a default is the only value."""
    columns = [
        {"name": "a", "type": "string", "columnLength": 9},
        {"name": "b", "type": "decimal(5, 1)", "defaultValue": 1.5},
        {"name": "c", "type": "timestamp", "defaultValue": "2024-01-05 10:11:12"},
    ]
    source = FakeSource(make_context("FakeSource", {"schema": {"columns": columns}}), duckdb.connect(":memory:"))
    rows = rows_of(source, Pace())
    assert {len(row["a"]) for row in rows} == {9}
    assert {str(row["b"]) for row in rows} == {"1.5"}
    assert {str(row["c"]) for row in rows} == {"2024-01-05 10:11:12"}


def test_given_rows_are_made_once_per_split(make_context: MakeContext) -> None:
    """``rows`` by position or by name; CURRENT_TIMESTAMP is fixed when the splits are listed."""
    options = {
        "schema": {"fields": {"i": "int", "ts": "timestamp", "m": "map<string, int>", "r": {"x": "int"}}},
        "rows": [
            {"kind": "INSERT", "fields": [1, "CURRENT_TIMESTAMP", {"k": 1}, {"x": 5}]},
            {"kind": "INSERT", "fields": {"i": 2, "ts": "2024-01-05T10:11:12"}},
        ],
        "split.num": 2,
        "row.num": 2,
    }
    source = FakeSource(make_context("FakeSource", options), duckdb.connect(":memory:"))
    splits = source.splits()
    rows = rows_of(source, Pace(rows=1), splits=splits)
    assert [row["i"] for row in rows] == [1, 2, 1, 2]
    assert rows[0] == {"i": 1, "ts": rows[0]["ts"], "m": [("k", 1)], "r": {"x": 5}}
    assert rows[0]["ts"].isoformat() == splits[0].data["now"]
    assert rows == rows_of(source, Pace(), splits=splits)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"schema": None}, "schema"),
        ({"int.min": -1}, "at least 0"),
        ({"int.min": 5, "int.max": 3}, "larger than"),
        ({"string.fake.mode": "template"}, "string.template"),
        ({"int.template": ["x"]}, "is not a int"),
        ({"row.num": "many"}, "whole number"),
        ({"date.month.template": [13]}, "from 1 to 12"),
        ({"tables_configs": [{}]}, "tables_configs"),
        ({"rows": [{"kind": "DELETE", "fields": []}]}, "DELETE"),
        ({"rows": [{"fields": [1]}]}, "a value for each"),
        ({"schema": {"fields": {"a": "int", "A": "int"}}}, "differ only in case"),
        ({"schema": {"fields": {"a": "strin"}}}, "unknown type 'strin'"),
    ],
)
def test_impossible_options_are_refused(make_context: MakeContext, options: dict[str, Any], words: str) -> None:
    """The option is named."""
    values = {"schema": {"fields": FIELDS}, **options}
    with pytest.raises((OptionError, PluginError), match=words):
        FakeSource(make_context("FakeSource", values), duckdb.connect(":memory:"))


def test_batches_stay_small_whatever_a_row_takes(make_context: MakeContext) -> None:
    """Wide rows make short batches."""
    options = {"schema": {"fields": {"s": "string"}}, "string.length": 100_000, "row.num": 200}
    source = FakeSource(make_context("FakeSource", options), duckdb.connect(":memory:"))
    sizes = [batch.data.nbytes for batch in source.read(source.splits()[0], Pace(bytes=1 << 20))]
    assert max(sizes) <= 1 << 20
    assert isinstance(source.schema(), pa.Schema)
