"""The series of metrics: of which execution, plugin and name, and under which number their samples are stored.

What is known of an execution's is remembered in few objects: most executions have the same metrics, in the same order.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from runner.store.session import Row, Session, one_of

COUNTER_NAMES = frozenset(
    {
        "rows_in",
        "rows_out",
        "bytes_in",
        "bytes_out",
        "rows_rejected",
        "busy_seconds",
        "idle_seconds",
        "backpressured_seconds",
        "cpu_seconds",
    }
)
COUNTER, GAUGE = "counter", "gauge"
LAYOUTS = 1000
"""So many different lists of metrics are kept only once, however many executions have them."""
_NOTHING: Mapping[str, Mapping[str, int]] = {}
_NONE: Mapping[str, int] = {}
_WANTED = 'SELECT "execution_id", "id", "plugin", "name", "kind" FROM "series" WHERE {of_executions}'


class Measurement(Protocol):
    """What is to be written down belongs to this series."""

    @property
    def execution_id(self) -> str:
        """Whose."""

    @property
    def plugin(self) -> str:
        """Of which plugin; empty: of the execution as a whole."""

    @property
    def name(self) -> str:
        """Of the metric."""


class SeriesKey(NamedTuple):
    """What an execution's series measures."""

    plugin: str
    name: str
    kind: str


class ExecutionSeries(msgspec.Struct, frozen=True, gc=False):
    """All series of an execution: their numbers, and in the same order what they measure."""

    numbers: range | tuple[int, ...]
    keys: tuple[SeriesKey, ...]

    def __len__(self) -> int:
        """How many of the things that are remembered it is worth."""
        return 1 if isinstance(self.numbers, range) else 1 + len(self.numbers) // 8


class _Layouts:
    """Equal lists of metrics are one object. Bounded, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[SeriesKey, ...], tuple[SeriesKey, ...]] = {}

    def only(self, keys: tuple[SeriesKey, ...]) -> tuple[SeriesKey, ...]:
        with self._lock:
            if keys not in self._known and len(self._known) >= LAYOUTS:
                self._known.clear()
            return self._known.setdefault(keys, keys)


_LAYOUTS = _Layouts()


def of_executions(session: Session, execution_ids: Sequence[str]) -> list[ExecutionSeries]:
    """All series of some executions. They are remembered: the table is large."""
    known = {execution_id: session.known(_key(execution_id)) for execution_id in execution_ids}
    if missing := [execution_id for execution_id, found in known.items() if found is None]:
        known |= _read(session, missing)
    return [found for found in known.values() if found is not None]


def _read(session: Session, execution_ids: Sequence[str]) -> dict[str, ExecutionSeries]:
    condition, parameters = one_of("execution_id", execution_ids)
    rows: dict[str, list[tuple[int, SeriesKey]]] = {execution_id: [] for execution_id in execution_ids}
    for execution_id, number, plugin, name, kind in session.rows(_WANTED.format(of_executions=condition), *parameters):
        rows[execution_id].append((number, SeriesKey(plugin, name, kind)))
    found = {execution_id: _series(sorted(own)) for execution_id, own in rows.items()}
    for execution_id, series in found.items():
        session.remember(_key(execution_id), series)
    return found


def _series(rows: Sequence[tuple[int, SeriesKey]]) -> ExecutionSeries:
    numbers = tuple(number for number, _ in rows)
    follow = range(numbers[0], numbers[-1] + 1) if numbers else range(0)
    return ExecutionSeries(follow if len(follow) == len(numbers) else numbers, _LAYOUTS.only(tuple(key for _, key in rows)))


def forget(session: Session, execution_ids: Iterable[str]) -> None:
    """The series of these executions are gone with this transaction."""
    session.unsettle(*(_key(execution_id) for execution_id in execution_ids))
    session.memory.series.clear()


def remove(session: Session, execution_ids: list[str]) -> None:
    """Forget the series of executions; their samples go when they are old enough."""
    session.change('DELETE FROM "series" WHERE "execution_id" = ANY(?::VARCHAR[])', execution_ids)
    forget(session, execution_ids)


# writing


def numbers_of(session: Session, samples: Sequence[Measurement]) -> list[int]:
    """The number of each sample's series, which is made when there is none."""
    known = session.memory.series
    missing = dict.fromkeys(
        (sample.execution_id, sample.plugin, sample.name)
        for sample in samples
        if sample.name not in known.get(sample.execution_id, _NOTHING).get(sample.plugin, _NONE)
    )
    if missing:
        _load(session, {execution_id for execution_id, _, _ in missing})
        if new := [key for key in missing if key[2] not in known.get(key[0], _NOTHING).get(key[1], _NONE)]:
            _insert(session, new)
    return [known[sample.execution_id][sample.plugin][sample.name] for sample in samples]


def _load(session: Session, execution_ids: set[str]) -> None:
    statement = """
        SELECT "execution_id", "plugin", "name", "id" FROM "series" WHERE "execution_id" IN (SELECT unnest(?::VARCHAR[]))
    """
    if unknown := sorted(execution_ids - session.memory.series.keys()):
        _remember(session, session.rows(statement, unknown))


def _insert(session: Session, keys: Sequence[tuple[str, str, str]]) -> None:
    """All in one statement: an execution has some twenty, and each statement costs what all of them do."""
    statement = """
        INSERT INTO "series" ("id", "execution_id", "plugin", "name", "kind")
        SELECT nextval('series_numbers'), "execution_id", "plugin", "name", "kind"
        FROM (SELECT unnest(?::VARCHAR[]) AS "execution_id", unnest(?::VARCHAR[]) AS "plugin", unnest(?::VARCHAR[]) AS "name",
                     unnest(?::VARCHAR[]) AS "kind")
        RETURNING "execution_id", "plugin", "name", "id"
    """
    session.unsettle(*(_key(execution_id) for execution_id, _, _ in keys))
    kinds = [COUNTER if name in COUNTER_NAMES else GAUGE for _, _, name in keys]
    _remember(session, session.rows(statement, *map(list, zip(*keys, strict=True)), kinds))


def _remember(session: Session, rows: Sequence[Row]) -> None:
    for execution_id, plugin, name, number in rows:
        of_plugin = session.memory.series.setdefault(execution_id, {}).setdefault(sys.intern(plugin), {})
        of_plugin[sys.intern(name)] = number


def _key(execution_id: str) -> tuple[str, str]:
    return "series", execution_id
