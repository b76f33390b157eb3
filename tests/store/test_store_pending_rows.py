"""Rows that are held back come into their tables as if nothing were held back."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.store.known_answers import KnownAnswers
from runner.store.known_jobs import KnownJobs
from runner.store.recent_latencies import RecentLatencies
from runner.store.recent_samples import RecentSamples
from runner.store.session import Session, WriterMemory

KEYS = st.integers(0, 3)
TABLES = st.sampled_from(["pears", "plums"])
COLUMNS = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9), max_size=2)
CHANGES = st.dictionaries(st.sampled_from(["key", "a", "b"]), st.integers(0, 9), min_size=1, max_size=2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), TABLES, KEYS, COLUMNS),
        st.tuples(st.just("amend"), TABLES, st.sampled_from([{"key": 1}, {"key": 2}, {"a": 1}, {"a": 1, "b": 2}]), CHANGES),
        st.tuples(st.just("touch"), TABLES, KEYS, st.integers(0, 9)),
        st.tuples(st.just("read"), TABLES, st.booleans(), st.none()),
        st.tuples(st.just("delete"), TABLES, KEYS, st.none()),
    ),
    max_size=14,
)
connection = duckdb.connect(":memory:", config={"threads": 1})


class Plain:
    """The tables as they are when each step is done at once."""

    def __init__(self):
        self.tables = {"pears": [], "plums": []}

    def add(self, table, key, columns):
        """Add a row."""
        self.tables[table].append({"key": key, "a": None, "b": None, **columns})

    def amend(self, table, keys, values):
        """Change the rows with these keys."""
        for row in self.tables[table]:
            if all(row[column] == value for column, value in keys.items()):
                row.update(values)

    def touch(self, table, key, value):
        """Change the only row of that key."""
        (row,) = (row for row in self.tables[table] if row["key"] == key)
        row["a"] = value

    def count(self, table, key):
        """How many rows have the key."""
        return sum(row["key"] == key for row in self.tables[table])

    def delete(self, table, key):
        """Remove the rows of that key."""
        self.tables[table] = [row for row in self.tables[table] if row["key"] != key]

    def rows(self, table):
        """All of a table."""
        return sorted(((row["key"], row["a"], row["b"]) for row in self.tables[table]), key=str)


def session():
    """A transaction in which both tables are empty."""
    cursor = connection.cursor()
    for table in ("pears", "plums"):
        cursor.execute(f'CREATE OR REPLACE TEMP TABLE "{table}" ("key" INTEGER, "a" INTEGER, "b" INTEGER)')
    kept = KnownJobs(), KnownAnswers(), RecentSamples(), RecentLatencies()
    opened = Session(cursor, None, WriterMemory(), None, *kept, writable=True)
    opened.begin()
    return cursor, opened


def rows(opened, table, *, quoted=True):
    """All of a table, as the transaction sees it."""
    name = f'"{table}"' if quoted else table
    return sorted(opened.rows(f"SELECT key, a, b FROM {name}"), key=str)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_what_is_held_back_is_done_in_its_order_and_seen_by_every_statement(steps):
    """Whatever is added with whatever columns, changed by whatever keys, read and deleted: the tables are those of a
    transaction that does one thing after the other."""
    cursor, opened = session()
    plain = Plain()
    try:
        for step, table, first, second in steps:
            if step == "add":
                opened.add(table, {"key": first, **second})
                plain.add(table, first, second)
            elif step == "amend":
                opened.amend(table, first, second)
                plain.amend(table, first, second)
            elif step == "touch":
                row = opened.added(table, "key", first)
                if row is not None and plain.count(table, first) == 1:
                    row["a"] = second
                    plain.touch(table, first, second)
            elif step == "delete":
                opened.change(f'DELETE FROM "{table}" WHERE "key" = ?', first)
                plain.delete(table, first)
            else:
                assert rows(opened, table, quoted=first) == plain.rows(table)
        opened.flush()
        assert {table: rows(opened, table) for table in plain.tables} == {table: plain.rows(table) for table in plain.tables}
    finally:
        cursor.execute("ROLLBACK")
        cursor.close()
