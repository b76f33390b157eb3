"""One record with other values in some of its fields, which may lie in records inside it. Cleaned as it is made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final, TypeVar, get_args

import msgspec

from runner.model import Job
from runner.struct_types import learnt
from spec.job import RetentionSettings
from tui.data.clean import clean_field, clean_record

_COMMON: Final = ("mode", "queue")
_EMPTY: Final[dict[str, Any]] = {}
"""Instead of one of its own for every job that has none. Nothing writes into records."""
_NO_RETENTION: Final = RetentionSettings()

RecordT = TypeVar("RecordT", bound=msgspec.Struct)


def job_of(told: Any) -> Job:
    """A job as the daemon tells it (or as it was read already), cleaned. What is the same in its parts, or in many jobs, is
    kept once: of ten thousand jobs that is a quarter of the memory."""
    job = clean_record(msgspec.convert(told, learnt(Job)))
    change = msgspec.structs.force_setattr  # nobody else has it yet
    for name in _COMMON:
        change(job, name, _shared(getattr(job, name)))
    for name in ("labels", "overrides"):
        if not getattr(job, name):
            change(job, name, _EMPTY)
    if job.retention == _NO_RETENTION:
        change(job, "retention", _NO_RETENTION)
    execution, last = job.execution, job.last_checkpoint
    for part in (execution, last):
        if part is not None and part.job_id == job.id:
            change(part, "job_id", job.id)
    if execution is not None and execution.job_name == job.name:
        change(execution, "job_name", job.name)
    if execution is not None and last is not None and last.execution_id == execution.id:
        change(last, "execution_id", execution.id)
    return job


def amended(record: RecordT, changes: Mapping[str, Any]) -> RecordT:
    """``record`` with the values of ``changes`` by path (``execution.totals.rows_in``). Fields that nobody knows are left out:
    a newer daemon may tell of them. Raises :class:`msgspec.ValidationError` for a value that does not fit."""
    return _amended(type(record), record, tree_of(changes))


def tree_of(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes by path as a tree: what lies in a record inside is a mapping of its own, marked as such."""
    tree: dict[str, Any] = {}
    for path, value in changes.items():
        *records, name = path.split(".")
        place = tree
        for inner in records:
            found = place.get(inner)
            if not isinstance(found, _Inner):
                found = place[inner] = _Inner()
            place = found
        place[name] = value
    return tree


class _Inner(dict[str, Any]):
    """Changes of a record inside another."""


def _amended(kind: type[RecordT], record: RecordT | None, tree: Mapping[str, Any]) -> RecordT:
    if record is None:  # it was not there: all of it is told
        return clean_record(msgspec.convert(tree, learnt(kind)))
    types = _types(kind)
    new: dict[str, Any] = {}
    for name, value in tree.items():
        found = types.get(name)
        if found is None:
            continue
        declared, inner = found
        if isinstance(value, _Inner) and inner is not None:
            new[name] = _amended(inner, getattr(record, name), value)
        else:
            new[name] = clean_field(name, msgspec.convert(value, declared))
    return msgspec.structs.replace(record, **new)


@cache
def _types(kind: type[msgspec.Struct]) -> dict[str, tuple[Any, type[msgspec.Struct] | None]]:
    """Of every field its type, and the record that it is or may be."""
    learnt(kind)
    return {field.encode_name: (field.type, _record_in(field.type)) for field in msgspec.structs.fields(kind)}


def _record_in(declared: Any) -> type[msgspec.Struct] | None:
    for part in (declared, *get_args(declared)):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part
    return None


@lru_cache(1024)
def _shared(text: str) -> str:
    return text
