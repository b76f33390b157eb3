"""One thing that may be written at a place."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from spec.position import Span


class Kind(enum.Enum):
    """What is proposed."""

    SECTION = "section"
    PLUGIN = "plugin"
    OPTION = "option"
    VALUE = "value"
    TYPE = "type"
    DATASET = "dataset"
    VARIABLE = "variable"
    COLUMN = "column"


@dataclass(frozen=True, slots=True)
class Completion:
    """``text`` replaces ``span``; ``caret`` is where in ``text`` one goes on writing. ``typed`` is what the text in ``span`` is
    compared with while typing goes on. ``documentation`` is Markdown."""

    label: str
    kind: Kind
    span: Span
    text: str
    caret: int
    typed: str
    detail: str = ""
    documentation: str = ""
