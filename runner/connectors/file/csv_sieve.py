"""Finds every record of a csv range that does not fit, from a second, tolerant look at it as columns of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from runner.connectors.file.csv_fault import misfit_text, other_width
from runner.connectors.file.misfits import misfit_texts
from runner.connectors.file.sieve import Fault, Records, spare
from runner.dataset.arrays import Column
from runner.dataset.rejected import RejectionKind
from spec.types import FieldType

Fields: TypeAlias = Sequence[tuple[str, FieldType | None]]
"""The file's columns; type None: not read."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Records as columns of text. ``widths``: the records, by number, that have another number of values, and that number.
    ``blank``: space is as good as nothing where a number is expected."""

    columns: Mapping[str, Column]
    widths: Mapping[int, int]
    blank: bool = False


def csv_faults(records: Records, fields: Fields, texts_of: Callable[[bytes], Texts]) -> dict[int, Fault]:
    """The faults that can be seen in columns of text. ``texts_of`` splits text without faults of encoding."""
    faults = records.undecodable()
    filled = records.filled(faults)
    try:
        texts = texts_of(records.joined(filled))
    except pa.ArrowException:
        return faults
    rows = len(next(iter(texts.columns.values()))) if texts.columns else 0
    if rows + len(texts.widths) != len(filled):
        return faults  # the parser sees other records (at a lone carriage return, say): halving finds which
    for number, width in texts.widths.items():
        faults[filled[number]] = Fault(RejectionKind.COLUMNS, other_width(width, fields))
    whole = spare(filled, faults)
    for name, field_type in fields:
        if field_type is not None:
            bad = misfit_texts(texts.columns[name], field_type, blank=texts.blank)
            _add_misfits(faults, whole, name, field_type, texts.columns[name], np.flatnonzero(bad).tolist())
    return faults


def _add_misfits(
    faults: dict[int, Fault], whole: Sequence[int], name: str, field_type: FieldType, texts: Column, bad: Sequence[int]
) -> None:
    for number in bad:
        if whole[number] not in faults:
            faults[whole[number]] = Fault(RejectionKind.CAST, misfit_text(name, texts[number].as_py(), field_type))
