"""Labels of jobs: what may be one, and how a list is narrowed by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from spec.errors import UsageError
from spec.job import LABEL_KEY, LABEL_VALUE

MAXIMUM_LABELS = 32
_KEY, _VALUE = re.compile(LABEL_KEY), re.compile(LABEL_VALUE)


def check_labels(labels: Mapping[str, str | None]) -> None:
    """Raise UsageError ``invalid-label`` unless each of them can be a label; None stands for one that is to go."""
    if len(labels) > MAXIMUM_LABELS:
        raise UsageError(f"a job has at most {MAXIMUM_LABELS} labels", code="invalid-label")
    for key, value in labels.items():
        if not _KEY.fullmatch(key):
            hint = "a key has 1 to 63 letters, digits, dots, dashes, underscores and slashes, and begins with a letter or digit"
            raise UsageError(f"{key!r} cannot be the key of a label", hint=hint, code="invalid-label")
        if value is not None and not _VALUE.fullmatch(value):
            hint = "a value has up to 128 letters, digits, spaces and characters of . _ / : @ + -"
            raise UsageError(f"{value!r} cannot be the value of the label {key}", hint=hint, code="invalid-label")


def parse_labels(texts: Iterable[str]) -> dict[str, str]:
    """The labels that ``key=value`` texts name. Raises UsageError ``invalid-label``."""
    found = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator:
            raise UsageError(f"{text!r} names no label", hint="write it as key=value", code="invalid-label")
        found[key] = value
    check_labels(found)
    return found
