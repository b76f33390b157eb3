"""Finds the rows of a batch on which a chain of transforms fails, whose fault it is, and why.

A row fails when the engine fails for it alone. Asking for every row is too slow, so a probe (:mod:`runner.worker.probe`) says
which expressions fail for which rows. The plan of a query is the same for every row: rows for which the same expressions fail,
and the same conditions are true, end the same way, and the engine is asked for some of them. Where that does not hold, or no
probe can be made, the batch is halved until the failing rows are alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from runner.dataset.engine import INPUT
from runner.dataset.python_values import python_values
from runner.worker.failure import StageError, sql_message
from runner.worker.probe import FAILS, FOLLOWS, ROW, SIGNATURE, Probe, Trait, Unprobed, depth_of, probe_of

MAXIMUM_QUESTIONS = 256
"""So many different failing rows of a batch are run alone for the engine's own words. Rows with the same values share them."""

_NOT_THE_ROW = (
    duckdb.OutOfMemoryException,
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.ConnectionException,
    duckdb.TransactionException,
)
"""Failures of the engine or the machine: another row would meet them too."""


@dataclass(frozen=True, slots=True)
class Step:
    """A transform of a stage: ``sql`` is the query up to and with it. ``tolerates``: it may reject rows."""

    plugin: str
    sql: str
    tolerates: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row fails in ``step``, because of ``reason``. ``passes_on``: the whole chain fails with the same words."""

    step: Step
    reason: str
    passes_on: bool = True


class Judge:
    """Judges the rows of one stage, for its thread alone. ``queries``: how many it has run."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, steps: Sequence[Step]) -> None:
        self._connection = connection
        self._steps = tuple(steps)
        self._probe: Probe | None = None
        self._depths: dict[str, int] = {}
        self._is_probed = True
        self.queries = 0

    def run(self, rows: pa.RecordBatch) -> pa.Table:
        """What the chain makes of ``rows``. Raises duckdb.Error when it fails for one of them."""
        return self._run(self._steps[-1].sql, rows)

    def verdicts(self, rows: pa.RecordBatch) -> dict[int, Verdict]:
        """The rows (by number) on which the chain fails. Raises StageError for a transform that tolerates none."""
        groups = self._groups(rows)
        if groups is None:
            return self._halved(rows, range(rows.num_rows))
        found: dict[int, Verdict] = {}
        words = _Words(MAXIMUM_QUESTIONS, MAXIMUM_QUESTIONS)
        for signature, members in groups:
            found.update(self._group(rows, signature, members, words) or self._halved(rows, members))
        return found

    def all_verdicts(self, rows: pa.RecordBatch) -> dict[int, Verdict]:
        """The same by asking the engine only: for a chain of which the probe has been found to miss something."""
        self._is_probed = False
        return self._halved(rows, range(rows.num_rows))

    def _groups(self, rows: pa.RecordBatch) -> list[tuple[str, list[int]]] | None:
        """The rows for which an expression fails, by signature; None: that is not known."""
        if self._is_probed and self._probe is None:
            self._is_probed = self._make_probe(rows.schema.names)
        if not self._is_probed or self._probe is None:
            return None
        numbered = rows.append_column(ROW, pa.array(range(rows.num_rows), pa.int64()))
        try:
            made = self._run(self._probe.sql, numbered)
        except duckdb.Error as error:
            _pass_on(error)
            return None
        if made.num_rows != rows.num_rows:
            return None
        return _by_signature(made)

    def _make_probe(self, names: Sequence[str]) -> bool:
        try:
            self._probe = probe_of(self._steps[-1].sql, names, self._connection)
            self._depths = {step.plugin: depth_of(step.sql, self._connection) for step in self._steps}
        except Unprobed:
            return False
        return True

    def _group(self, rows: pa.RecordBatch, signature: str, members: Sequence[int], words: _Words) -> dict[int, Verdict] | None:
        """The verdicts of rows with one signature; None when it is not sure that all of them fail, and in the same way."""
        assert self._probe is not None  # noqa: S101 - for mypy: there is no signature without it
        if not self._probe.is_fate(signature):
            return None
        tested: dict[int, Verdict] = {}
        for number in dict.fromkeys((members[0], members[len(members) // 2], members[-1])):
            verdict = self._alone(rows, number)
            if verdict is None or (FOLLOWS in signature and not verdict.passes_on):
                return None
            tested[number] = verdict
        steps = {verdict.step for verdict in tested.values()}
        return self._told(rows, signature, members, steps.pop(), tested, words) if len(steps) == 1 else None

    def _told(
        self,
        rows: pa.RecordBatch,
        signature: str,
        members: Sequence[int],
        step: Step,
        tested: Mapping[int, Verdict],
        words: _Words,
    ) -> dict[int, Verdict] | None:
        """The reasons of rows that fail in ``step``, as some were found to; None: not all of them do."""
        assert self._probe is not None  # noqa: S101 - for mypy, as above
        traits = [trait for trait in self._probe.failing(signature) if trait.level < self._depths[step.plugin]]
        before = f"column {traits[0].column}: " if len(traits) == 1 and traits[0].column is not None else ""
        keys = _keys(rows, members, frozenset[str]().union(*(trait.sources for trait in traits)))
        general = Verdict(step, _general(traits, words.limit))
        said: dict[str, Verdict] = {}
        for number, key in zip(members, keys, strict=True):
            if number in tested:
                said[key] = Verdict(step, before + tested[number].reason)
        found: dict[int, Verdict] = {}
        for number, key in zip(members, keys, strict=True):
            if key not in said and words.left > 0:
                words.left -= 1
                error = self._failure(step, rows.slice(number, 1))
                if error is None:
                    return None
                said[key] = Verdict(step, before + sql_message(error))
            found[number] = said.get(key, general)
        return found

    def _halved(self, rows: pa.RecordBatch, numbers: Sequence[int]) -> dict[int, Verdict]:
        """The failing ones of some rows, found by asking the engine for ever fewer of them."""
        found: dict[int, Verdict] = {}
        waiting = [numbers] if numbers else []
        while waiting:
            some = waiting.pop()
            error = self._failure(self._steps[-1], _chosen(rows, some))
            if error is None:
                continue
            if len(some) > 1:
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
                continue
            found[some[0]] = self._blamed(rows.slice(some[0], 1), error)
        return found

    def _alone(self, rows: pa.RecordBatch, number: int) -> Verdict | None:
        row = rows.slice(number, 1)
        error = self._failure(self._steps[-1], row)
        return None if error is None else self._blamed(row, error)

    def _blamed(self, row: pa.RecordBatch, error: duckdb.Error) -> Verdict:
        """Whose fault it is that the chain fails for one row: that of the first transform with which it does."""
        for step in self._steps[:-1]:
            earlier = self._failure(step, row)
            if earlier is not None:
                return replace(_verdict(step, earlier), passes_on=sql_message(earlier) == sql_message(error))
        return _verdict(self._steps[-1], error)

    def _failure(self, step: Step, rows: pa.RecordBatch) -> duckdb.Error | None:
        try:
            self._run(step.sql, rows)
        except duckdb.Error as error:
            _pass_on(error)
            return error
        return None

    def _run(self, sql: str, rows: pa.RecordBatch) -> pa.Table:
        self.queries += 1
        self._connection.register(INPUT, rows)
        try:
            made: pa.Table = self._connection.sql(sql).to_arrow_table()
        finally:
            self._connection.unregister(INPUT)
        return made


@dataclass(slots=True)
class _Words:
    """For how many more rows of a batch the engine may be asked what it has to say, of ``limit``."""

    limit: int
    left: int


def is_of_a_row(error: duckdb.Error) -> bool:
    """Whether a failure of the engine can be one row's fault."""
    return not isinstance(error, _NOT_THE_ROW)


def _pass_on(error: duckdb.Error) -> None:
    if not is_of_a_row(error):
        raise error


def _verdict(step: Step, error: duckdb.Error) -> Verdict:
    if not step.tolerates:
        raise StageError(step.plugin, error) from error
    return Verdict(step, sql_message(error))


def _chosen(rows: pa.RecordBatch, numbers: Sequence[int]) -> pa.RecordBatch:
    """Some rows; ``numbers`` ascend."""
    if numbers[-1] - numbers[0] + 1 == len(numbers):
        return rows.slice(numbers[0], len(numbers))
    return rows.take(pa.array(numbers, pa.int64()))


def _by_signature(made: pa.Table) -> list[tuple[str, list[int]]]:
    signatures, numbers = made.column(SIGNATURE), made.column(ROW)
    failing = sorted(str(each) for each in pc.unique(signatures).to_pylist() if FAILS in str(each))
    found = []
    for signature in failing:
        members = numbers.filter(pc.equal(signatures, pa.scalar(signature))).to_pylist()
        found.append((signature, sorted(int(number) for number in members if number is not None)))
    return found


def _keys(rows: pa.RecordBatch, members: Sequence[int], sources: Iterable[str]) -> list[str]:
    """For each row a text of all values that its failure can depend on."""
    names = [name for name in rows.schema.names if name in set(sources)]
    chosen = _chosen(rows.select(names), members)
    values = [python_values(column) for column in chosen.columns]
    return [repr(row) for row in zip(*values, strict=True)] if values else [""] * len(members)


def _general(traits: Sequence[Trait], limit: int) -> str:
    """What is said of a row that was not run alone: nothing that is another row's."""
    names = ", ".join(dict.fromkeys("the condition" if trait.column is None else f"column {trait.column}" for trait in traits))
    return f"{names}: cannot be computed for this row (the engine's own words are kept for {limit} different rows of a batch)"
