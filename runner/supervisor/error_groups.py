"""Puts errors that are the same but for numbers, names and places into one group each. Pure."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from runner.observation import ErrorGroup
from runner.store.attempts import FailedAttempt
from runner.store.rejections import Rejected
from spec.checks.secret_text import mask_passwords
from spec.position import MASK

FAILURE: Final = "failure"
REJECTED: Final = "rejected"
MAXIMUM_SAMPLE: Final = 2000
_MAXIMUM_NAMED: Final = 20
_REMEMBERED: Final = 1000
"""Errors come again, and whoever looks at them asks again: of so many it is known what was made of them."""
# In this order: what a former one has replaced is not looked at again.
_DETAILS: Final = (
    (re.compile(r"\"(?:[^\"\\]|\\.){0,500}\"|'(?:[^'\\]|\\.){0,500}'|`[^`]{0,500}`"), "<text>"),
    (re.compile(r"(?<![\w<])(?:[a-z][a-z0-9+.-]*:)?/[^\s:,;]+"), "<place>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b(?=[a-f]*[0-9])[0-9a-f]{8,}\b"), "<id>"),
    (re.compile(r"(?<![A-Za-z_<])[0-9]+(?:[.,:][0-9]+)*"), "<n>"),
)
_SPACE: Final = re.compile(r"\s+")


@functools.lru_cache(_REMEMBERED)
def pattern_of(message: str) -> str:
    """The message without what differs from one time to the next."""
    pattern = message[:MAXIMUM_SAMPLE]
    for detail, stand_in in _DETAILS:
        pattern = detail.sub(stand_in, pattern)
    return _SPACE.sub(" ", pattern).strip()[:MAXIMUM_SAMPLE]


@functools.lru_cache(_REMEMBERED)
def fingerprint(code: str, pattern: str, plugin: str | None) -> str:
    """The same for errors of one group, and in all likelihood for no others; the same in every home."""
    return hashlib.sha256("\0".join((code, plugin or "", pattern)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@functools.lru_cache(_REMEMBERED)
def masked(text: str) -> str:
    """What may be shown of an error: bounded, and without passwords that its words give away."""
    shown = mask_passwords(text, MASK)
    return shown if len(shown) <= MAXIMUM_SAMPLE else shown[:MAXIMUM_SAMPLE] + " … (cut)"


def grouped(failures: Iterable[FailedAttempt], rejected: Iterable[Rejected]) -> tuple[ErrorGroup, ...]:
    """All groups, the one with the newest error first."""
    groups: dict[str, ErrorGroup] = {}
    for each in (*map(_of_failure, failures), *map(_of_rejected, rejected)):
        known = groups.get(each.fingerprint)
        groups[each.fingerprint] = each if known is None else _merged(known, each)
    return tuple(sorted(groups.values(), key=lambda group: (-group.last_at, group.fingerprint)))


def _of_failure(failed: FailedAttempt) -> ErrorGroup:
    attempt, error = failed.attempt, failed.attempt.error
    if error is None:
        raise ValueError("an attempt without an error is no failure")
    at = attempt.ended_at or attempt.started_at
    pattern = pattern_of(error.message)
    return ErrorGroup(
        fingerprint=fingerprint(error.code, pattern, error.plugin),
        kind=FAILURE,
        code=error.code,
        pattern=pattern,
        plugin=error.plugin,
        count=1,
        first_at=at,
        last_at=at,
        executions=(attempt.execution_id,),
        jobs=(failed.job_id,),
        sample=masked(error.message),
        hint=error.hint,
    )


def _of_rejected(found: Rejected) -> ErrorGroup:
    counted, newest = found.counted, found.newest
    return ErrorGroup(
        fingerprint=fingerprint(counted.kind, REJECTED, counted.plugin),
        kind=REJECTED,
        code=counted.kind,
        pattern=REJECTED,
        plugin=counted.plugin,
        count=counted.rows,
        first_at=counted.first_at,
        last_at=counted.last_at,
        executions=(found.execution_id,),
        jobs=(found.job_id,),
        sample="" if newest is None else masked(f"{newest.reason}: {newest.row}"),
        hint="on_error says what becomes of rows that do not fit; flowdeck errors shows them",
    )


def _merged(known: ErrorGroup, other: ErrorGroup) -> ErrorGroup:
    newer = other if other.last_at > known.last_at else known
    return msgspec.structs.replace(
        newer,
        count=known.count + other.count,
        first_at=min(known.first_at, other.first_at),
        executions=_joined(known.executions, other.executions),
        jobs=_joined(known.jobs, other.jobs),
    )


def _joined(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    if len(some) >= _MAXIMUM_NAMED:
        return some
    return tuple(dict.fromkeys((*some, *others)))[:_MAXIMUM_NAMED]
