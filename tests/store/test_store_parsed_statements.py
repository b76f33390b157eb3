"""Statements are read once: what is remembered of them, and for whom."""

from __future__ import annotations

import duckdb
import pytest

from runner.store.parsed_statements import LONGEST, STATEMENTS, ParsedStatements


def test_a_text_is_read_once_and_means_the_same_with_other_parameters_in_another_database() -> None:
    """It is the same object for both, and each finds its own rows with it."""
    parsed = ParsedStatements()
    with duckdb.connect() as one, duckdb.connect() as other:
        one.execute("CREATE TABLE found AS SELECT 1 AS number")
        other.execute("CREATE TABLE found AS SELECT 'two' AS number, 3 AS more")
        text = "SELECT * FROM found WHERE number = ?"
        statement = parsed.read(one, text)
        assert parsed.read(other, text) is statement
        assert one.execute(statement, [1]).fetchall() == [(1,)]
        assert one.execute(statement, [2]).fetchall() == []
        assert other.execute(statement, ["two"]).fetchall() == [("two", 3)]
        one.execute("ALTER TABLE found ADD COLUMN later INTEGER DEFAULT 7")
        assert one.execute(statement, [1]).fetchall() == [(1, 7)]


def test_named_parameters_and_changes_are_as_good() -> None:
    """An INSERT may be repeated, and a query may name its parameters."""
    parsed = ParsedStatements()
    with duckdb.connect() as database:
        database.execute("CREATE TABLE found (number INTEGER)")
        for number in (4, 5):
            assert database.execute(parsed.read(database, "INSERT INTO found VALUES (?)"), [number]).fetchall() == [(1,)]
        query = parsed.read(database, "SELECT number FROM found WHERE number > $least")
        assert database.execute(query, {"least": 4}).fetchall() == [(5,)]


def test_what_is_remembered_is_bounded() -> None:
    """Of too many the one that was used longest ago goes; a very long one, and several at once, are never kept."""
    parsed = ParsedStatements()
    with duckdb.connect() as database:
        first = parsed.read(database, "SELECT 0")
        second = parsed.read(database, "SELECT 1")
        for number in range(2, STATEMENTS):
            parsed.read(database, f"SELECT {number}")
        assert parsed.read(database, "SELECT 0") is first
        parsed.read(database, f"SELECT {STATEMENTS}")
        assert len(parsed) == STATEMENTS
        assert parsed.read(database, "SELECT 0") is first
        assert parsed.read(database, "SELECT 1") is not second
        for text in (f"SELECT '{'x' * LONGEST}'", "SELECT 1; SELECT 2"):
            assert parsed.read(database, text) == text
        assert len(parsed) == STATEMENTS


def test_what_is_no_statement_is_the_engines_error() -> None:
    """It says so as if it had been given the text."""
    with duckdb.connect() as database, pytest.raises(duckdb.ParserException):
        ParsedStatements().read(database, "SELECTED 1")
