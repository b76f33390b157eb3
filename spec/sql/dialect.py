"""Translates SeaTunnel's SQL for one DuckDB connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import duckdb

from spec.sql import tree
from spec.sql.errors import QueryError, QueryFault
from spec.sql.lexer import Requoted, quoted_names, select_items, standard_quotes
from spec.sql.macros import PREFIX, definition
from spec.sql.names import SEATUNNEL_FUNCTIONS
from spec.sql.rewrite import Rewriter
from spec.sql.shape import check_shape
from spec.sql.text import identifier
from spec.sql.tree import Node
from spec.sql.types import empty_relation, sql_type
from spec.types import FieldType

Columns: TypeAlias = Sequence[tuple[str, FieldType]]


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query that is one SELECT over one dataset: its ``tree``, and the name it has for its input. ``written`` is the text
    that was parsed, with its way back to the query as it was given."""

    written: Requoted
    tree: Node
    table: str

    @property
    def node(self) -> Node:
        """The SELECT."""
        return tree.statement(self.tree)


@dataclass(frozen=True, slots=True)
class Translation:
    """A query with SeaTunnel's meaning in the engine's words."""

    table: str
    select: str

    def over(self, input_sql: str) -> str:
        """The query over ``input_sql``, a SELECT."""
        return over(self.table, input_sql, self.select)


def over(table: str, input_sql: str, select: str) -> str:
    """``select``, which reads from ``table``, over ``input_sql``."""
    return f"WITH {identifier(table)} AS NOT MATERIALIZED ({input_sql}) {select}"


class Dialect:
    """Parses and rewrites queries, with the macros that they need created in ``connection`` (once)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._macros: set[str] = set()

    def translate(self, query: str, columns: Columns) -> Translation:
        """``query`` over an input of ``columns``. Raises QueryError, or duckdb.Error as the engine's binder does."""
        parsed = self.parse(query, columns)
        return self.translated(parsed, parsed.node["select_list"], parsed.node["where_clause"], columns)

    def parse(self, query: str, columns: Columns) -> ParsedQuery:
        """The one SELECT that ``query`` is. A column may have a name that the engine reserves (``offset``, ``order``, ``at``).
        Raises QueryError, its place in ``query``."""
        written, parsed = self._parse(query, columns)
        node = tree.statement(parsed)
        try:
            table = check_shape(node, self.is_aggregate)
        except QueryError as error:
            raise _placed(error, written) from error
        _name_items(node, query)
        return ParsedQuery(written, parsed, table)

    def translated(self, parsed: ParsedQuery, select_list: Sequence[Node], where: Node | None, columns: Columns) -> Translation:
        """``parsed`` with other expressions, rewritten. Raises as :meth:`translate` does."""
        known = {name.lower(): field_type for name, field_type in columns}

        def type_of(expression: Node) -> str:
            if expression["class"] == "COLUMN_REF" and len(expression["column_names"]) == 1:
                column = known.get(expression["column_names"][0].lower())
                if column is not None:
                    return sql_type(column)
            items = [{**expression, "alias": "value"}]
            alone = tree.print_select(tree.with_select_list(parsed.tree, items), self.connection)
            return str(self.bind(over(parsed.table, empty_relation(columns), alone)).types[0])

        rewriter = Rewriter([name for name, _ in columns], self.use_macro, type_of)
        rewritten = tree.with_select_list(parsed.tree, rewriter.rewrite(list(select_list)), rewriter.rewrite(where))
        return Translation(parsed.table, tree.print_select(rewritten, self.connection))

    def bind(self, sql: str) -> duckdb.DuckDBPyRelation:
        """The names and types of the columns of ``sql``; nothing is run. Raises duckdb.Error."""
        return self.connection.sql(sql)

    def use_macro(self, name: str) -> str:
        """The function to call for ``name`` of :mod:`macros`."""
        if name not in self._macros:
            self.connection.execute(definition(name))
            self._macros.add(name)
        return PREFIX + name

    def is_aggregate(self, name: str) -> bool:
        """Whether the function ``name``, in lower case, needs several rows. SeaTunnel's do not; the engine is only asked about
        others, because it takes longer to list its functions than to bind a query."""
        return name not in SEATUNNEL_FUNCTIONS and name in self.aggregates

    @cached_property
    def aggregates(self) -> frozenset[str]:
        """The functions that need several rows, in lower case."""
        rows = self.connection.execute(
            "SELECT function_name FROM duckdb_functions() GROUP BY 1 HAVING bool_and(function_type = 'aggregate')"
        ).fetchall()
        return frozenset(str(name) for (name,) in rows)

    @cached_property
    def functions(self) -> frozenset[str]:
        """The functions of single values that the engine has by itself, in lower case."""
        rows = self.connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro')"
        ).fetchall()
        return frozenset(str(name) for (name,) in rows)

    def _parse(self, query: str, columns: Columns) -> tuple[Requoted, Node]:
        written = standard_quotes(query)
        try:
            return written, tree.parse_select(written.text, self.connection)
        except QueryError as error:
            quoted = quoted_names(query, [name for name, _ in columns])
            if quoted.text == written.text or error.fault is not QueryFault.SYNTAX:
                raise _placed(error, written) from error
            first = _placed(error, written)
        try:
            return quoted, tree.parse_select(quoted.text, self.connection)
        except QueryError:
            raise first from None


def _placed(error: QueryError, written: Requoted) -> QueryError:
    """The error with its place in the query as it was given."""
    at = None if error.at is None else written.original_range(*error.at)
    return QueryError(error.message, error.fault, hint=error.hint, at=at, clause=error.clause)


def _name_items(node: Node, query: str) -> None:
    """An expression without an alias is called by its text."""
    items = node["select_list"]
    nameless = [index for index, item in enumerate(items) if not item["alias"] and item["class"] not in {"COLUMN_REF", "STAR"}]
    texts = select_items(query) if nameless else []
    if len(texts) == len(items):
        for index in nameless:
            items[index]["alias"] = texts[index]
