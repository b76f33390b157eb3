r"""Reads text files: csv without quotes, with any delimiter.

The delimiter is a regular expression as in SeaTunnel (``\\|`` is a bar), ``\x01`` when left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.connectors.file.csv_reader import CsvReader, FileColumns, is_simple
from runner.connectors.file.csv_sieve import Texts
from runner.connectors.file.reader import FileSettings
from runner.connectors.file.records import Range
from runner.connectors.file.text_values import convert_text
from runner.connectors.options import Options
from runner.connectors.table_schema import arrow_schema
from spec.sql.patterns import literal_of

_compute: Any = pc


class TextReader(CsvReader):
    """Every line is a record; nothing is quoted."""

    quoting = False
    cut_without_reading = True

    def __init__(self, settings: FileSettings) -> None:
        self._pattern = ""
        super().__init__(settings)

    def _read_delimiter(self, options: Options) -> str:
        pattern = options.text("field_delimiter", "delimiter", default="\x01")
        text = literal_of(pattern)
        if text is not None and is_simple(text):
            return text
        self._pattern = re.escape(text) if text is not None else pattern
        try:
            _compute.split_pattern_regex(pa.array(["", "a"]), self._pattern)
            re.compile(self._pattern)
        except (pa.ArrowInvalid, re.error):
            raise options.error("field_delimiter", f"is no regular expression: {pattern!r}") from None
        return ""

    def _convert(self, found: Range, columns: FileColumns, as_text: frozenset[str]) -> pa.RecordBatch:
        if not self._pattern:
            return super()._convert(found, columns, as_text)
        lines = _filled_lines(found.data)
        fields = _compute.split_pattern_regex(lines, self._pattern)
        if not _compute.all(_compute.equal(_compute.list_value_length(fields), len(columns.in_file)), min_count=0).as_py():
            raise pa.ArrowInvalid("CSV parse error: another number of columns")
        values = fields.values
        width = len(columns.in_file)
        made = []
        for column in columns.wanted:
            first = columns.in_file.index(column.name)
            indices = pa.array(np.arange(first, len(lines) * width, width))
            made.append(convert_text(values.take(indices), column.type))
        return pa.RecordBatch.from_arrays(made, schema=arrow_schema(columns.wanted))

    def _texts(self, data: bytes, columns: FileColumns) -> Texts:
        if not self._pattern:
            return super()._texts(data, columns)
        fields = _compute.split_pattern_regex(_filled_lines(data), self._pattern)
        found = np.asarray(_compute.list_value_length(fields))
        others = np.flatnonzero(found != len(columns.in_file))
        starts = np.delete(np.asarray(fields.offsets)[:-1], others)
        places = {column.name: starts + columns.in_file.index(column.name) for column in columns.wanted}
        texts = {name: fields.values.take(pa.array(place)) for name, place in places.items()}
        return Texts(texts, {int(number): int(found[number]) for number in others}, blank=True)

    def _rows_of(self, text: str) -> Iterator[tuple[int, list[str]]]:
        pattern = self._pattern or re.escape(self._delimiter)
        for number, line in enumerate(text.split("\n")):
            stripped = line.rstrip("\r")
            yield number, re.split(pattern, stripped) if stripped else []


def _filled_lines(data: bytes) -> Any:
    """The lines of ``data`` that are not blank, without their ends."""
    lines = _compute.utf8_rtrim(_compute.split_pattern(pa.array([data.decode()]), "\n").values, "\r")
    return lines.filter(_compute.not_equal(lines, ""))
