"""Makes msgspec learn the types of records in one thread at a time: it learns a type when it is first read, and a second thread
that reads the same type meanwhile finds it half learnt, which ends the process (msgspec 0.22)."""

from __future__ import annotations

import contextlib
import threading
from typing import TypeVar

import msgspec

T = TypeVar("T")
_learning = threading.Lock()
_learnt: set[object] = set()


def learnt(kind: type[T]) -> type[T]:
    """``kind``, now that msgspec knows it and everything inside it: for who reads records in several threads as they come."""
    if kind not in _learnt:
        with _learning:
            msgspec.json.Decoder(kind)
            _learnt.add(kind)
    return kind


def learn_struct_types() -> None:
    """Learn every type of record that has been imported; to be called before threads are started that read records."""
    waiting: list[type[msgspec.Struct]] = [msgspec.Struct]
    while waiting:
        found = waiting.pop()
        waiting.extend(found.__subclasses__())
        if found.__struct_fields__ and not getattr(found, "__parameters__", ()):
            with contextlib.suppress(TypeError, NameError):  # one that is never read: its types cannot be
                msgspec.json.Decoder(found)
