"""The engine that checks bind queries in: one locked instance in memory per process, used by one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from spec.sql.dialect import Dialect
from spec.sql.settings import CONFINED, MEANING

_SETTINGS = (
    "memory_limit = '256MB'",
    "max_temp_directory_size = '0KB'",
    "max_execution_time = 2000",
    *MEANING,
    *CONFINED,
    "enable_external_access = false",
    "lock_configuration = true",
)

_lock = threading.Lock()
_dialect: list[Dialect] = []


@contextmanager
def session() -> Iterator[Dialect]:
    """The process's dialect, for the time of the ``with``. It reaches no file, network or extension, and no Python variable."""
    with _lock:
        if not _dialect:
            _dialect.append(Dialect(_connect()))
        yield _dialect[0]


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": 1, "async_threads": 0})
    connection.execute("PRAGMA disable_optimizer")  # it costs a third of every statement, and no row is ever read here
    for setting in _SETTINGS:
        connection.execute(f"SET {setting}")
    return connection
