"""Rows on which a chain of queries fails: found with few queries, and the same as by running every row alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import duckdb
import pyarrow as pa
import pytest
from jobs import transform

from runner.dataset.engine import Engine
from runner.worker.compiler import Compiler
from runner.worker.verdicts import MAXIMUM_QUESTIONS, Judge, Step

TEXTS = ("1", "-7", "300", "99999999999", "x", "", None, "2024-02-30", "2024-02-29", "3.5", "it's", "0", "40000", "é")
NUMBERS = (None, 0, 1, 2, 100, 2147483647, -2147483648, 50)


@pytest.fixture(scope="module")
def engine() -> Engine:
    """One for all of the module."""
    return Engine([])


def steps_of(engine: Engine, rows: pa.RecordBatch, queries: Sequence[str]) -> tuple[Step, ...]:
    """The compiled ``queries``, one after the other; their datasets are in0, in1, ..."""
    chain = [
        transform("Sql", f"in{number}", f"in{number + 1}", {"query": query, "on_error": "skip"})
        for number, query in enumerate(queries)
    ]
    return Compiler(chain, engine).compile(chain, rows.schema).steps


def failing_alone(engine: Engine, steps: Sequence[Step], rows: pa.RecordBatch) -> dict[int, str]:
    """The rows for which the chain fails when each is run alone, with the first transform that fails for it."""
    judges = [Judge(engine.cursor(), [step]) for step in steps]
    found: dict[int, str] = {}
    for number in range(rows.num_rows):
        row = rows.slice(number, 1)
        if fails(judges[-1].run, row):
            found[number] = next(step.plugin for step, judge in zip(steps, judges, strict=True) if fails(judge.run, row))
    return found


def fails(run: Callable[[pa.RecordBatch], pa.Table], rows: pa.RecordBatch) -> bool:
    """Whether the engine fails for the rows."""
    try:
        run(rows)
    except duckdb.Error:
        return True
    return False


class Expressions:
    """Random expressions over columns that are numbers (``id``, ``a`` ...) and texts."""

    def __init__(self, chance: random.Random, columns: dict[str, str]) -> None:
        self.chance = chance
        self.numbers = [name for name, kind in columns.items() if kind == "number"] or ["3"]
        self.texts = [name for name, kind in columns.items() if kind == "text"] or ["'4'"]

    def number(self, depth: int) -> str:
        """One that can overflow, divide by zero, or be made from what is no number."""
        if depth == 0:
            return self.chance.choice([*self.numbers, "0", "7"])
        patterns = (
            "(N + N)",
            "(N * N)",
            "(N / N)",
            "cast(T as int)",
            "cast(T as tinyint)",
            "year(cast(T as date))",
            "length(T)",
        )
        guards = ("(case when C then N else N end)", "coalesce(N, N)", "cast(N as smallint)")
        return self._filled(self.chance.choice(patterns + guards), depth)

    def text(self, depth: int) -> str:
        """One that is often no number."""
        if depth == 0:
            return self.chance.choice([*self.texts, "'5'"])
        patterns = (
            "T",
            "concat(T, T)",
            "cast(N as string)",
            "coalesce(T, '3')",
            "(case when C then T end)",
            "substring(T, 1, 2)",
        )
        return self._filled(self.chance.choice(patterns), depth)

    def condition(self, depth: int) -> str:
        """One that guards others, or is guarded."""
        if depth == 0:
            return self._filled("N > 1", 1)
        patterns = ("N > N", "N <> N", "(C and C)", "(C or C)", "N between N and N", "N in (1, 2)", "T is not null", "not (C)")
        return self._filled(self.chance.choice(patterns), depth)

    def _filled(self, pattern: str, depth: int) -> str:
        made = {"N": self.number, "T": self.text, "C": self.condition}
        return "".join(made[letter](depth - 1) if letter in made else letter for letter in pattern)


def random_queries(chance: random.Random) -> list[str]:
    """One to three transforms, each over the columns of the one before."""
    columns = {"id": "number", "a": "number", "s": "text", "t": "text"}
    queries = []
    for level in range(chance.choice([1, 1, 2, 3])):
        expressions = Expressions(chance, columns)
        columns = {name: kind for name, kind in columns.items() if chance.random() < 0.5}
        items = list(columns)
        for name, make, kind in ((f"n{level}", expressions.number, "number"), (f"t{level}", expressions.text, "text")):
            items.append(f"{make(chance.choice([1, 2, 3]))} as {name}")
            columns[name] = kind
        where = f" where {expressions.condition(2)}" if chance.random() < 0.5 else ""
        queries.append(f"select {', '.join(items)} from in{level}{where}")
    return queries


def random_rows(chance: random.Random, number: int) -> pa.RecordBatch:
    """Rows of which many are good."""
    return pa.record_batch(
        {
            "id": pa.array(range(number), pa.int32()),
            "a": pa.array([chance.choice(NUMBERS) for _ in range(number)], pa.int32()),
            "s": pa.array([chance.choice(TEXTS) for _ in range(number)], pa.string()),
            "t": pa.array([chance.choice(TEXTS) for _ in range(number)], pa.string()),
        }
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_rows_found_are_those_that_fail_alone(engine: Engine, seed: int) -> None:
    """Random chains with casts, overflows, guards and conditions: the same rows, blamed on the same transforms."""
    chance = random.Random(seed)
    failed = 0
    for _ in range(8):
        queries, rows = random_queries(chance), random_rows(chance, 14)
        steps = steps_of(engine, rows, queries)
        judge = Judge(engine.cursor(), steps)
        expected = failing_alone(engine, steps, rows)
        if expected:
            found = judge.verdicts(rows)
            assert {number: verdict.step.plugin for number, verdict in found.items()} == expected, queries
            failed += 1
    assert failed > 2


def texts(number: int, text: Callable[[int], str]) -> pa.RecordBatch:
    """Rows with an id and a text."""
    return pa.record_batch({"id": pa.array(range(number), pa.int32()), "s": [text(row) for row in range(number)]})


def judged(engine: Engine, rows: pa.RecordBatch, *queries: str) -> Judge:
    """A judge of ``queries``."""
    return Judge(engine.cursor(), steps_of(engine, rows, queries))


def test_rows_with_the_same_values_share_the_words(engine: Engine) -> None:
    """However many they are, whatever the other columns say: a handful of queries, and the column is named."""
    rows = texts(5000, lambda row: "N/A" if row % 2 else "1")
    judge = judged(engine, rows, "select id, cast(s as int) as n from in0")
    found = judge.verdicts(rows)
    assert sorted(found) == list(range(1, 5000, 2))
    assert len({verdict.reason for verdict in found.values()}) == 1
    assert found[1].reason.startswith("column n: Could not convert string 'N/A' to INT32")
    assert judge.queries < 10


def test_no_row_is_told_with_the_value_of_another(engine: Engine) -> None:
    """Of very many different rows only the first are run alone; what is said of the others is true of them."""
    rows = texts(4000, lambda row: f"x{row}")
    judge = judged(engine, rows, "select cast(s as int) as n from in0")
    found = judge.verdicts(rows)
    assert sorted(found) == list(range(4000))
    own = [number for number, verdict in found.items() if f"'x{number}'" in verdict.reason]
    assert MAXIMUM_QUESTIONS <= len(own) <= MAXIMUM_QUESTIONS + 3
    assert all("'x" not in verdict.reason for number, verdict in found.items() if number not in own)
    assert found[3000].reason.startswith("column n: cannot be computed for this row")
    assert judge.queries < MAXIMUM_QUESTIONS + 10


@pytest.mark.parametrize(
    ("queries", "bad"),
    [
        (["select id, cast(s as int) as n from in0", "select n + 1 as m from in1 where id > 50"], 40),
        (["select id, cast(s as int) as n from in0", "select id from in1"], 0),
        (["select id from in0 where cast(s as int) > 5 and id >= 0"], 91),
        (["select case when id < 10 then cast(s as int) end as n from in0"], 10),
        (["select id, s from in0 where id between 20 and cast(s as int)"], 71),
    ],
    ids=["filtered later", "never asked for", "condition", "guard", "between"],
)
def test_what_the_engine_does_not_compute_does_not_fail(engine: Engine, queries: list[str], bad: int) -> None:
    """A row is rejected only where the engine fails for it: it moves conditions and leaves out columns."""
    rows = texts(100, lambda row: "x" if row < 91 else str(row))
    steps = steps_of(engine, rows, queries)
    judge = Judge(engine.cursor(), steps)
    assert len(judge.verdicts(rows)) == len(failing_alone(engine, steps, rows)) == bad


def test_a_query_that_cannot_be_probed_is_halved(engine: Engine) -> None:
    """``error`` cannot be tried; the rows are found all the same, with the words of each."""
    rows = texts(64, lambda row: "bad" if row in {3, 40} else "1")
    judge = judged(engine, rows, "select if(s = 'bad', error(concat('no ', id)), id) as id from in0")
    assert {number: verdict.reason for number, verdict in judge.verdicts(rows).items()} == {3: "no 3", 40: "no 40"}
