"""The last records that left a plugin, as a table: secrets came masked, long values came cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from runner.observation import PluginSample
from tui.draw.cells import fit, width
from tui.draw.line import Line, Span, Tone, line

_LONGEST: Final = 32
_MOST_COLUMNS: Final = 60
_LEFT: Final = ("int", "uint", "float", "double", "decimal", "half")
NULL: Final = "null"


def record_lines(sample: PluginSample, most: int) -> list[Line]:
    """The names of the columns, their types, and the newest ``most`` records, the newest first. As wide as it has to be."""
    if not sample.records:
        return [line(Span(f"   {sample.trouble or 'no records have come by'}", Tone.MUTED))]
    names = sample.columns[:_MOST_COLUMNS] or tuple(sample.records[0].values)[:_MOST_COLUMNS]
    types = dict(zip(sample.columns, sample.types, strict=False))
    rows = [[text_of(record.values.get(name)) for name in names] for record in reversed(sample.records[-most:])]
    widths = [_width(name, types.get(name, ""), [row[at] for row in rows]) for at, name in enumerate(names)]
    rights = [types.get(name, "").startswith(_LEFT) for name in names]
    lines = [_row(names, widths, rights, Tone.MUTED), _row([types.get(name, "") for name in names], widths, rights, Tone.FAINT)]
    lines += [_row(row, widths, rights, Tone.TEXT) for row in rows]
    if len(sample.columns) > len(names):
        lines.append(line(Span(f"   and {len(sample.columns) - len(names):,} more columns", Tone.MUTED)))
    return lines


def text_of(value: Any) -> str:
    """A value on one line: null, truth values and what is nested as JSON has them."""
    if value is None:
        return NULL
    if isinstance(value, str):
        return value.replace("\n", "␤")
    if isinstance(value, float):
        return f"{value:.6g}"
    return msgspec.json.encode(value).decode()


def as_json(sample: PluginSample) -> str:
    """The records, one JSON object a line, the oldest first: what is copied."""
    return "\n".join(msgspec.json.encode(record.values).decode() for record in sample.records)


def _width(name: str, kind: str, texts: Sequence[str]) -> int:
    return min(max(width(name), width(kind), *map(width, texts)), _LONGEST)


def _row(texts: Sequence[str], widths: Sequence[int], rights: Sequence[bool], tone: Tone) -> Line:
    spans = [Span("  ")]
    for text, cells, right in zip(texts, widths, rights, strict=True):
        spans.append(Span(" " + fit(text, cells, right=right) + " ", Tone.FAINT if text == NULL else tone))
    return line(*spans)
