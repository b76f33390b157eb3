"""JSON lines that stay in their file until the engine reads them: the same rows, positions and errors as when they are handed
over in batches, or no rows at all, and then they are read as batches."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

from runner.connectors.base import Pace, PluginContext, PluginError
from runner.connectors.file import json_range_files, json_reader
from runner.connectors.file.json_range_files import open_ranges_to
from runner.connectors.file.json_scan import _PIECE_BYTES as PIECE
from runner.connectors.file.json_scan import LineScan
from runner.connectors.file.json_window import LONGEST_LINE, ROOT, SCHEME, OpenFile
from runner.connectors.file.source import LocalFileSource
from runner.dataset.engine import Engine
from runner.dataset.stored_rows import StoredRows, stored_select
from spec.job import JobSpec

Coordinate = Callable[..., Coordinator]

FIELDS = {
    "id": "bigint",
    "name": "string",
    "price": "double",
    "paid": "boolean",
    "tiny": "tinyint",
    "small": "smallint",
    "whole": "int",
    "at": "timestamp",
    "day": "date",
}

NUMBERS = (
    r"0|-0|-0.0|1|-1|1.0|1.5|1e3|1E5|-1.5E+3|007|1.|.5|+1|0x10|127|128|-129|32768|2147483648|9007199254740993|"
    r"9223372036854775807|9223372036854775808|18446744073709551616|123456789012345678901234|1e400|-1e400|5e-324|"
    r'0.1000000000000000055511151231257827|NaN|-NaN|Infinity|-Infinity|inf|true|false|null|tru|{}|[1]|{"a":1}'
)
TEXTS = (
    r"1|-0|1.0|1_000|1__0| 1|1 |\t1|\u000b1|\u00a01|0x10|0b1|inf|-inf|Infinity|nan|-nan|NAN|+1|.5|5.|-.5|.|-|1e5|1e|"
    r"1e1_0|1.5d|1f|1,5||   |true|TRUE|t|yes|00|01.5|1e400|\u0661|\ufeff1|\u0000a|\ud800|\ud83d\ude00|a\/b|\x41|é|"
    r"2024-01-02|2024-01-02 03:04:05|2024-01-02T03:04:05|2024-01-02T03:04:05Z|2024-01-02 03:04|2024-01-02 03:04:05.5|"
    r"2024-01-02 03:04:05.500000|2024-01-02 03:04:05.1234567|2024-02-30|2024-13-01|20240102|2024/01/02|2024-1-2|"
    r"0000-01-01|0001-01-01 00:00:00|1582-10-10|9999-12-31 23:59:59|10000-01-01|-0001-01-01|2024-01-02 24:00:00|"
    r"2024-01-02 03:04:60|2024-01-02 23:59:60.5|infinity|epoch|2024-01-02 (BC)|2024-01-02 03:04:05+02:00"
)
VALUES = [*NUMBERS.split("|"), *(f'"{text}"' for text in TEXTS.split("|"))]


class Log:
    """A log that nobody reads."""

    def write(self, level: str, message: str, *, plugin: str = "") -> None:
        """Nothing."""

    def output(self, messages: Any, *, plugin: str) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """The engine that reads what is left where it is."""
    made = duckdb.connect(config={"threads": 1})
    yield made
    if made.filesystem_is_registered(SCHEME):
        made.unregister_filesystem(SCHEME)
    made.close()


@pytest.fixture
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files are worth a query, too."""
    for name in ("_LEAST_BYTES", "_LEAST_PIECE", "_LEAST_ROWS"):
        monkeypatch.setattr(json_reader, name, 0)


class Lines:
    """A source of JSON lines at a path."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, directory: Path, fields: dict[str, str] | None = None) -> None:
        self.connection = connection
        self.path = directory / "a.json"
        self.directory = directory
        self.fields = fields or FIELDS

    def opened(self, read: frozenset[str] | None = None) -> LocalFileSource:
        """It, told which columns are read."""
        options = {"path": str(self.path), "file_format_type": "json", "schema": {"fields": self.fields}}
        plugin = source("LocalFile", "rows", options)
        context = PluginContext(plugin, job(plugin).env.mode, "job", "execution", "attempt", 0, 1, self.directory, Log())
        made = LocalFileSource(context, self.connection)
        if read is not None:
            made.narrow(read)
        return made

    def pieces(self, made: LocalFileSource, pace: Pace | None = None, position: dict[str, Any] | None = None) -> list[Any]:
        """What it hands over."""
        splits = [msgspec.structs.replace(split, position=position) for split in made.splits()]
        return [batch.data for split in splits for batch in made.read(split, pace or Pace())]

    def left(self, read: frozenset[str] | None = None, **reading: Any) -> list[Any]:
        """What it hands over when rows may stay where they are."""
        made = self.opened(read)
        made.leave_stored(1 << 20)
        return self.pieces(made, **reading)

    def table(self, pieces: Sequence[StoredRows]) -> pa.Table:
        """What the engine reads."""
        with stored_select(pieces) as query:
            found: pa.Table = self.connection.sql(query).to_arrow_table()
        return found

    def rows(self, pieces: Sequence[StoredRows]) -> list[dict[str, Any]]:
        """What the engine reads, as objects."""
        return self.table(pieces).to_pylist()

    def both(self, data: bytes, read: frozenset[str] | None = None, pace: Pace | None = None) -> str:
        """Whether the engine reads ``data`` (``same``: as the reader does), refuses it, or is not asked to."""
        self.path.write_bytes(data)
        try:
            left = self.left(read, pace=pace)
        except PluginError:
            left = []
        stored = [piece for piece in left if isinstance(piece, StoredRows)]
        if not stored or len(stored) < len(left):
            return "not asked"
        try:
            found = self.table(stored)
        except duckdb.Error:
            return "refused"
        expected = pa.Table.from_batches(self.pieces(self.opened(read), pace))
        assert exact(found) == exact(expected), data
        assert sum(piece.num_rows for piece in stored) == found.num_rows, data
        return "same"


def exact(table: pa.Table) -> str:
    """All values, so that NaN is NaN, -0.0 is not 0.0, and a date may be of any year."""
    numbers: dict[str, pa.DataType] = {"timestamp[us]": pa.int64(), "date32[day]": pa.int32()}
    return repr([column.cast(numbers.get(str(column.type), column.type)).to_pylist() for column in table.columns])


@pytest.mark.usefixtures("worth_it")
@pytest.mark.parametrize("kind", ["bigint", "string", "double", "double beside booleans", "boolean", "timestamp", "date"])
def test_a_value_is_the_same_or_refused(tmp_path: Path, connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    """Whatever form it has: what the reader refuses the engine does, too, and what the engine takes has the same value."""
    lines = Lines(connection, tmp_path, {"x": kind.split()[0]})
    beside = ', "y": true' if "beside" in kind else ""
    found = {value: lines.both(f'{{"x": {value}{beside}}}\n'.encode()) for value in VALUES}
    usual = {
        "bigint": ["0", "1", "-1", "9223372036854775807", '"1"', "null"],
        "string": ["1", "true", '"1"', '""', '"\\u0000a"', '"é"', "null"],
        "double": ["0", "1", "1.5", "1e3", "5e-324", "18446744073709551616", '"1.0"', "null"],
        "boolean": ["null"],
        "timestamp": ['"2024-01-02 03:04:05"', '"2024-01-02T03:04:05"', '"2024-01-02 03:04:05.5"', "null"],
        "date": ['"2024-01-02"', "null"],
    }[kind.split()[0]]
    assert {found[value] for value in usual} == {"same"}
    assert {"same", "refused"} == set(found.values())


def document(chance: random.Random) -> str:
    """One line, mostly usual."""
    made = {
        "id": str(chance.randrange(-(10**18), 10**18)),
        "name": f'"n {chance.randrange(99)}"',
        "price": repr(chance.choice([chance.random() * 1000, 0.0, 1.0, -1e-9])),
        "paid": chance.choice(["true", "false", "null"]),
        "tiny": str(chance.randrange(-128, 128)),
        "small": str(chance.randrange(-(2**15), 2**15)),
        "whole": str(chance.randrange(-(2**31), 2**31)),
        "at": f'"2024-0{chance.randrange(1, 10)}-11 1{chance.randrange(10)}:00:59"',
        "day": f'"2024-0{chance.randrange(1, 10)}-11"',
        "z": chance.choice(['[1, {"id": 5}]', "NaN", '{"price": true}', '"x"']),
    }
    fields = [f'"{name}":{chance.choice(["", " "])}{value}' for name, value in made.items() if chance.random() < 0.9]
    if chance.random() < 0.2:
        chance.shuffle(fields)
    if chance.random() < 0.02:
        fields += chance.sample(fields, 1) if fields else []
    return "{" + ",".join(fields) + "}"


INSERTED: Sequence[bytes] = [
    *(bytes([character]) for character in b'\n{}"\\, \0\v\f\xff\x85\x1c-0.e/'),
    *(b"null", b"\n\n", b"\n{}\n", b'{"id":1}', b"/**/", b"\xc2\xa0", b'\n{"id":5}{"id":6}\n', b"\n[]\n", b"\nnull\n"),
]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A byte or two otherwise."""
    found = bytearray(data)
    for _ in range(chance.choice([1, 1, 3])):
        at = chance.randrange(len(found))
        match chance.randrange(4):
            case 0:
                found[at] = chance.randrange(256)
            case 1:
                found[at:at] = chance.choice(INSERTED)
            case 2:
                del found[at : at + chance.randrange(1, 20)]
            case _:
                found[at:at] = found[at : at + chance.randrange(60)]
    return bytes(found) or b"{}"


@pytest.mark.usefixtures("worth_it")
def test_documents_are_the_same_or_refused(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Usual documents are left and read to the same rows, in one range or in many; those that something was done to are the
    same, refused, or not left."""
    chance = random.Random(4711)
    lines = Lines(connection, tmp_path)
    changed: set[str] = set()
    for _ in range(60):
        end = chance.choice(["\n", "\r\n"])
        data = end.join(document(chance) for _ in range(chance.choice([1, 5, 30]))).encode()
        read = frozenset(chance.sample(sorted(FIELDS), chance.randrange(1, len(FIELDS)))) if chance.random() < 0.5 else None
        pace = Pace(bytes=chance.choice([300, 4 << 20]))
        assert lines.both(data + chance.choice([b"", b"\n"]), read, pace) in {"same", "refused"}
        changed.add(lines.both(mutated(data, chance), read, pace))
    assert changed == {"same", "refused", "not asked"}


def scanned(path: Path, data: bytes, size: int = 4 << 20, begin: int = 0) -> list[tuple[int, int, int, bool]]:
    """The ranges of a file that holds ``data``."""
    path.write_bytes(data)
    found = LineScan(OpenFile(path), len(data), booleans=True).ranges(begin, size)
    return [(each.begin, each.end, each.lines, each.booleans) for each in found]


def test_which_lines_begin_objects(tmp_path: Path) -> None:
    """Blank lines, other documents and spaces that JSON does not know are left to the reader."""
    path = tmp_path / "a.json"
    for data, lines in ((b"{}", 1), (b"{}\n", 1), (b"{}\n{}", 2), (b"{}\r\n{}\r\n", 2)):
        assert scanned(path, data) == [(0, len(data), lines, False)]
    for data in (b"\n", b" {}", b"{}\n\n{}", b"{}\n[]\n", b"{}\nnull", b"{}\n {}", b"{}\v\n", b"{}\f\n", b"\xef\xbb\xbf{}"):
        assert scanned(path, data) == []
    for size in (PIECE, PIECE - 1, PIECE + 1, 3 * PIECE // 2):
        padding = b'{"a":"' + b"x" * (size - 9) + b'"}\n'
        assert [lines for _, _, lines, _ in scanned(path, padding + b"{}\n")] == [2]
        assert scanned(path, padding + b"[]\n") == scanned(path, padding + b"\n") == []


def test_a_boolean_is_found_anywhere(tmp_path: Path) -> None:
    """Wherever the pieces end that are looked at, and nothing that is nearly one."""
    path, begin, end = tmp_path / "a.json", b'{"a":"', b'"}\n'
    for word in (b"true", b"false"):
        for shift in range(-16, 3):
            padding = begin + b"r" * (PIECE + shift - len(begin))
            assert [booleans for *_, booleans in scanned(path, padding + word + end)] == [True]
            almost = begin + b"rulstrufals " * 3 + padding[len(begin) + 36 :] + word[:-1] + end
            assert [booleans for *_, booleans in scanned(path, almost)] == [False]


def test_ranges_end_where_lines_do(tmp_path: Path) -> None:
    """Not after more bytes than are asked for, unless a line is longer; before a line that is too long for the engine."""
    path = tmp_path / "a.json"
    short, long = b'{"a": 1}\n' * 50, b'{"a": "' + b"x" * 9000 + b'"}\n'
    data = short + long + short
    sizes = {size: scanned(path, data, size) for size in (1, 9, 20, 100, 5000, 9010, 9011, 20_000)}
    for size, found in sizes.items():
        assert [begin for begin, *_ in found] == [0, *(end for _, end, *_ in found)][:-1]
        assert found[-1][1] == len(data)
        assert sum(lines for *_, lines, _ in found) == 101
        assert all(data[end - 1 : end] == b"\n" for _, end, *_ in found)
        assert all(end - begin <= size or b"x" in data[begin:end] or lines == 1 for begin, end, lines, _ in found)
    assert [end - begin for begin, end, *_ in sizes[20]][:3] == [18, 18, 18]
    assert scanned(path, data, begin=len(short)) == [(len(short), len(data), 51, False)]
    endless = b'{"a": "' + b"x" * LONGEST_LINE + b'"}\n'
    assert scanned(path, short + endless + short, 100) == scanned(path, short, 100)
    assert scanned(path, endless) == []


@pytest.mark.usefixtures("worth_it")
def test_a_range_that_cannot_stay_ends_it(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """What follows a blank line, or a line that is too long for the engine, comes in batches, and so does every file after it:
    parts in which both take turns would be small."""
    lines = Lines(connection, tmp_path, {"id": "bigint"})
    for odd in (b"\n", b'{"z": "' + b"x" * LONGEST_LINE + b'"}\n'):
        lines.path.write_bytes(b"".join(b'{"id": %d}\n' % number + odd * (number == 50) for number in range(100)))
        made = lines.opened()
        made.leave_stored(1 << 20)
        found = lines.pieces(made, Pace(bytes=256))
        kinds = [type(piece) for piece in found]
        assert kinds == sorted(kinds, key=lambda kind: kind is not StoredRows)
        assert set(kinds) == {StoredRows, pa.RecordBatch}
        stored = [piece for piece in found if isinstance(piece, StoredRows)]
        batches = [piece for piece in found if not isinstance(piece, StoredRows)]
        rows = [*lines.rows(stored), *pa.Table.from_batches(batches).to_pylist()]
        assert [row["id"] for row in rows if row["id"] is not None] == list(range(100))
        assert {type(piece) for piece in lines.pieces(made, Pace(bytes=256))} == {pa.RecordBatch}


@pytest.mark.usefixtures("worth_it")
def test_what_was_refused_once_is_not_tried_again(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Whoever could not have it read says so."""
    lines = Lines(connection, tmp_path, {"id": "bigint"})
    lines.path.write_bytes(b'{"id": "07"}\n{"id": 8}\n')
    made = lines.opened()
    made.leave_stored(1 << 20)
    [left] = lines.pieces(made)
    with pytest.raises(duckdb.Error):
        lines.rows([left])
    assert pa.Table.from_batches(left.batches()).to_pylist() == [{"id": 7}, {"id": 8}]
    left.refused()
    assert [type(piece) for piece in lines.pieces(made)] == [pa.RecordBatch]


@pytest.mark.usefixtures("worth_it")
def test_what_is_not_looked_at_later_is_checked(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """A row that the query drops, and a column that is read but not written, are refused as ever; a column that is not read is
    null and may hold anything."""
    lines = Lines(connection, tmp_path, {"id": "bigint", "price": "double", "tags": "array<string>"})
    lines.path.write_bytes(b'{"id": 1.5, "price": 1, "tags": 7}\n{"id": 2, "price": 2}\n')
    for query in ("id", "price", "count(*)"):
        with pytest.raises(duckdb.Error), stored_select(lines.left(frozenset({"id", "price"}))) as stored:
            connection.sql(f"SELECT {query} FROM ({stored}) WHERE price > 1").fetchall()
    [left] = lines.left(frozenset({"price"}))
    assert lines.rows([left]) == [{"id": None, "price": 1.0, "tags": None}, {"id": None, "price": 2.0, "tags": None}]


@pytest.mark.usefixtures("worth_it")
def test_ranges_that_follow_each_other_are_read_as_one(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Whoever handed them over, in file order; a position in the middle hands over the rest."""
    lines = Lines(connection, tmp_path, {"id": "bigint"})
    lines.path.write_bytes(b"".join(b'{"id": %d}\n' % number for number in range(100)))
    made = lines.opened()
    made.leave_stored(1 << 20)
    found = lines.pieces(made, Pace(bytes=256))
    assert len(found) > 4
    with stored_select(found[::2] + found[1::2]) as query:
        assert query.count("read_json") == 1
        assert [row[0] for row in connection.sql(query).fetchall()] == list(range(100))
    with stored_select(found[::2]) as query:
        assert query.count("read_json") == len(found[::2])
    rest = lines.left(position={"offset": found[2].place.first})
    assert [row["id"] for row in lines.rows(rest)] == list(range(found[0].num_rows + found[1].num_rows, 100))


@pytest.mark.usefixtures("worth_it")
@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_engine_gets_its_bytes_in_small_pieces(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """It asks again until it has all of a range."""
    monkeypatch.setattr(json_range_files, "READ_BYTES", size)
    lines = Lines(connection, tmp_path, {"id": "bigint"})
    assert lines.both(b"".join(b'{"id": %d}\n' % number for number in range(200)), pace=Pace(bytes=900)) == "same"


@pytest.mark.usefixtures("worth_it")
def test_a_file_that_changes_while_its_rows_wait(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """One in another's place does not matter, since the old one is still open; one that becomes shorter is an error and no
    end, even between two lines."""
    lines = Lines(connection, tmp_path, {"id": "bigint"})
    content = b"".join(b'{"id": %d}\n' % number for number in range(100))
    lines.path.write_bytes(content)
    left = lines.left()
    (tmp_path / "b.json").write_bytes(content.replace(b"1", b"2"))
    (tmp_path / "b.json").replace(lines.path)
    assert [row["id"] for row in lines.rows(left)] == list(range(100))
    left = lines.left()
    lines.path.write_bytes(content[: content.index(b"\n") + 1])
    with pytest.raises(duckdb.Error, match="has become shorter"):
        lines.rows(left)
    with pytest.raises(PluginError, match="has become shorter"):
        list(left[0].batches())


def test_small_files_and_other_types_are_handed_over(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """A query of its own has its price, and not every type is read alike."""
    lines = Lines(connection, tmp_path, {"id": "bigint", "exact": "decimal(10, 2)"})
    lines.path.write_bytes(b'{"id": 1, "exact": 1.25}\n')
    assert [type(piece) for piece in lines.left(frozenset({"id"}))] == [pa.RecordBatch]
    with lines.path.open("wb") as file:
        file.writelines(long_line(number) for number in range(17 * 1024))
    assert [type(piece) for piece in lines.left()[:1]] == [pa.RecordBatch]
    assert {type(piece) for piece in lines.left(frozenset({"id"}))} == {StoredRows}


def test_the_engine_reads_nothing_but_open_ranges(tmp_path: Path) -> None:
    """By its address, and only while the query runs that is to read it; it writes nothing there."""
    engine = Engine([], readable=[ROOT])
    open_ranges_to(engine.connection)
    open_ranges_to(engine.connection)  # another source of the same job
    engine.lock()
    cursor = engine.cursor()
    (tmp_path / "secret").write_text("secret")
    for address in (f"{ROOT}0", f"{ROOT}../../../../../..{tmp_path}/secret", f"{tmp_path}/secret", f"{ROOT}*"):
        with pytest.raises(duckdb.Error):
            cursor.sql(f"FROM read_text('{address}')").fetchall()
    with pytest.raises(duckdb.Error):
        cursor.sql(f"COPY (SELECT 1) TO '{ROOT}x' (FORMAT json)")
    engine.connection.unregister_filesystem(SCHEME)


def long_line(number: int, **fields: Any) -> bytes:
    """A document of a kilobyte."""
    return json.dumps({"id": number, "name": f"name {number % 7}", "padding": "x" * 1000, **fields}).encode() + b"\n"


def copy_job(directory: Path) -> JobSpec:
    """JSON to JSON."""
    directory.mkdir()
    schema = {"fields": {"id": "bigint", "name": "string", "padding": "string"}}
    query = "SELECT id, upper(name) AS name FROM rows WHERE id % 3 <> 0"
    return job(
        source("LocalFile", "rows", {"path": str(directory), "file_format_type": "json", "schema": schema}),
        transform("Sql", "rows", "made", {"query": query}),
        sink("LocalFile", "made", {"path": "out", "file_format_type": "json"}),
    )


def test_killed_again_and_again_lines_are_exact(tmp_path: Path, coordinate: Coordinate) -> None:
    """Positions are bytes: after each kill it goes on behind those that are in a checkpoint, over several files."""
    coordinator = coordinate(copy_job(tmp_path / "in"))
    for number in range(2):
        with (tmp_path / "in" / f"{number}.json").open("wb") as file:
            file.writelines(long_line(number * 9000 + line) for line in range(9000))
    for _ in range(2):
        coordinator.start()
        coordinator.take_checkpoint()
        coordinator.kill()
    coordinator.start()
    coordinator.run()
    rows = [json.loads(line) for file in (tmp_path / "out").glob("*.json") for line in file.read_text().splitlines()]
    expected = [{"id": number, "name": f"NAME {number % 7}"} for number in range(18_000) if number % 3]
    assert sorted(rows, key=lambda row: row["id"]) == expected


def test_a_value_that_does_not_fit_is_told_as_ever(tmp_path: Path, coordinate: Coordinate) -> None:
    """The part is read in batches after all, which say in which line it is; nothing of it is written."""
    coordinator = coordinate(copy_job(tmp_path / "in"))
    with (tmp_path / "in" / "a.json").open("wb") as file:
        file.writelines(long_line(line, **({"id": 1.5} if line == 12_000 else {})) for line in range(18_000))
    coordinator.start()
    with pytest.raises(JobFailed, match=r"a[.]json line 12001, field id: 1[.]5 is not of type bigint") as failed:
        coordinator.run()
    assert failed.value.error.plugin == "rows"
    assert not list((tmp_path / "out").glob("*.json"))
