"""LocalFile, once for each format. What a format cannot hold is said here, and nowhere else."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cases import Options, Seen, SinkCase, SourceCase
from every_type import FIELDS, SCHEMA, every_type, ids_of, table_of
from plugin_bench import Bench, read_all, write_everything

FORMATS = ("parquet", "json", "csv", "text")
FILES = 3
LONG_NAME = {
    "refused": "ü" * 41,
    "refusing": {"partition_by": ["s"]},
    "told": "the values of s are too long for the name of a directory",
}


def write_files(file_format: str, directory: Path, *, name: str = "", header: bool = False) -> Options:
    """Rows of every type in several files. Text files are written by the sink, which has a contract of its own. With ``name``
    the path has a column of that name; with ``header`` the files begin with the names of theirs."""
    for number, part in enumerate(_parts(file_format)):
        target = directory / "input" / (f"{name}={number}" if name else f"{number}")
        if file_format == "parquet":
            target.mkdir(parents=True)
            pq.write_table(part, target / "rows.parquet", row_group_size=2)
        else:
            options = {**_format(file_format), "path": str(target), "enable_header_write": header}
            write_everything(Bench(directory), "LocalFile", options, part)
    return {**_input(file_format, directory), **({"csv_use_header_line": True} if header else {})}


def rows_in_files(file_format: str, *, name: str = "") -> pa.Table:
    """What :func:`write_files` writes."""
    parts = _parts(file_format)
    if name:
        columns = [pa.array([str(number)] * part.num_rows, pa.string()) for number, part in enumerate(parts)]
        parts = [part.append_column(name, column) for part, column in zip(parts, columns, strict=True)]
    return pa.concat_tables(parts)


def _parts(file_format: str) -> list[pa.Table]:
    table = held_by(file_format, every_type())
    share = -(-table.num_rows // FILES)
    return [table.slice(number * share, share) for number in range(FILES)]


def write_no_file(file_format: str, directory: Path) -> Options:
    """A directory with nothing in it."""
    (directory / "input").mkdir()
    return _input(file_format, directory)


def held_by(file_format: str, table: pa.Table) -> pa.Table:
    """What of the rows of every type a format can hold; other tables of the suite have nothing special in them."""
    if table.schema != SCHEMA or file_format in {"parquet", "json"}:
        return table
    rows = [{name: _cell(value) for name, value in row.items()} for row in table.to_pylist()]
    return table_of([row for row in rows if file_format == "csv" or "\n" not in (row["s"] or "")])


def _cell(value: Any) -> Any:
    """A cell of text has one sign for nothing: null, an empty text, no bytes and a list without items are the same there."""
    return None if value in ("", b"", []) else value


def _format(file_format: str) -> Options:
    return {"file_format_type": file_format, "schema": {"fields": FIELDS}}


def _input(file_format: str, directory: Path) -> Options:
    return {**_format(file_format), "path": str(directory / "input")}


def read_back(file_format: str, seen: Seen) -> pa.Table:
    """What the files hold, read with the columns of the sink's input."""
    target = seen.directory / "out"
    names = FIELDS if seen.schema == SCHEMA else {"id": "bigint", "s": "string"}
    options = {"file_format_type": file_format, "path": str(target), "schema": {"fields": names}}
    if not target.exists():
        return seen.schema.empty_table()
    source = Bench(seen.directory).source("LocalFile", options)
    return read_all(source, source.splits())


def ids_in_files(file_format: str, seen: Seen) -> list[int]:
    """The ids in the files."""
    return ids_of(read_back(file_format, seen))


def staged(directory: Path) -> list[Path]:
    """Everything hidden below the target."""
    return [path for path in (directory / "out").rglob("*") if any(part.startswith(".") for part in path.parts)]


def sink_case(file_format: str, label: str = "", *, refuses: dict[str, Any] | None = None, **options: Any) -> SinkCase:
    """The sink of one format; ``refuses``: what it refuses."""
    return SinkCase(
        "LocalFile",
        label or file_format,
        {"path": "out", "file_format_type": file_format, **options},
        **(refuses or {}),
        ids=partial(ids_in_files, file_format),
        read=partial(read_back, file_format),
        holds=partial(held_by, file_format),
        staged=staged,
    )


def source_case(file_format: str, label: str = "", *, name: str = "", header: bool = False) -> SourceCase:
    """The source of one format."""
    return SourceCase(
        "LocalFile",
        label or file_format,
        partial(write_files, file_format, name=name, header=header),
        partial(rows_in_files, file_format, name=name),
        partial(write_no_file, file_format),
    )


CASES = [
    *map(source_case, FORMATS),
    source_case("csv", "csv with a header", header=True),
    source_case("json", "column in the path", name="part"),
    *map(sink_case, FORMATS[:-1]),
    sink_case(
        "text", refuses={"refused": "two\nlines", "told": "column s: the value holds the field delimiter or a line break"}
    ),
    sink_case("parquet", "small parts", batch_size=3),
    sink_case("csv", "partitioned", refuses=LONG_NAME, partition_by=["id"], is_partition_field_write_in_file=True),
]
