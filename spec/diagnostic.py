"""What a check found: one model for every face (text, JSON, SARIF, editor, API, terminal UI)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from spec.position import Span


class Severity(enum.StrEnum):
    """How bad it is. Only ERROR stops a job from being submitted."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Applicability(enum.StrEnum):
    """Whether a fix may be applied without a person looking at it."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Label:
    """A span with words: the primary one carries the caret, the others point at what else matters ("first defined here")."""

    span: Span
    message: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of ``span`` by ``text``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that removes the problem."""

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = Applicability.SAFE


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``primary`` is None only for problems of a whole file (missing, unreadable).

    ``code`` is a stable identifier such as ``J201``; ``pointer`` is the JSON pointer of the value in the resolved document.
    """

    code: str
    severity: Severity
    message: str
    file: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    fix: Fix | None = None
    pointer: str = ""
