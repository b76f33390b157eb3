"""DuckDB's own syntax tree of a SELECT, as JSON: parse, build, and print it again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import duckdb

from runner.connectors.base import PluginError
from runner.dataset.sql_text import literal

Node: TypeAlias = dict[str, Any]


class QueryError(PluginError):
    """A query that is not one SELECT over one dataset, row by row."""

    code = "sql"


def parse_select(sql: str, connection: duckdb.DuckDBPyConnection) -> Node:
    """The tree of the one SELECT that ``sql`` is. Raises QueryError."""
    row = connection.execute(f"SELECT json_serialize_sql({literal(sql)})").fetchone()
    parsed = json.loads(row[0]) if row else {}
    if parsed.get("error", True):
        raise _parse_failure(parsed, sql)
    statements = parsed["statements"]
    if len(statements) != 1:
        raise QueryError(f"the query is {len(statements)} statements; one SELECT is needed")
    tree: Node = parsed
    return tree


def _parse_failure(parsed: Node, sql: str) -> QueryError:
    message = str(parsed.get("error_message", "it cannot be parsed"))
    if parsed.get("error_type") == "not implemented":
        return QueryError("the query is not a SELECT", hint="transforms read and reshape rows: SELECT ... FROM the input")
    position = parsed.get("position")
    if position is None:
        return QueryError(f"the query cannot be parsed: {message}")
    line = sql.count("\n", 0, int(position)) + 1
    column = int(position) - (sql.rfind("\n", 0, int(position)) + 1) + 1
    where = f"line {line}, column {column} of the query"
    return QueryError(f"the query cannot be parsed: {message} ({where})", position=where)


def print_select(tree: Node, connection: duckdb.DuckDBPyConnection) -> str:
    """The tree as SQL."""
    row = connection.execute(f"SELECT json_deserialize_sql({literal(json.dumps(tree))})").fetchone()
    if row is None:
        raise QueryError("the query has no text form")
    return str(row[0]).rstrip(";")


def statement(tree: Node) -> Node:
    """The query node of a parsed tree."""
    node: Node = tree["statements"][0]["node"]
    return node


def with_select_list(tree: Node, items: Sequence[Node]) -> Node:
    """A tree that selects ``items`` from where ``tree`` does, without its conditions."""
    node = {**statement(tree), "select_list": list(items), "where_clause": None}
    return {**tree, "statements": [{**tree["statements"][0], "node": node}]}


def expressions(value: Any) -> Iterator[Node]:
    """Every node at or below ``value`` that has a class, parents first."""
    if isinstance(value, list):
        for item in value:
            yield from expressions(item)
    elif isinstance(value, dict):
        if "class" in value:
            yield value
        for item in value.values():
            yield from expressions(item)


def function(name: str, arguments: Sequence[Node], alias: str = "") -> Node:
    """A call."""
    return {
        "class": "FUNCTION",
        "type": "FUNCTION",
        "alias": alias,
        "query_location": 0,
        "function_name": name,
        "schema": "",
        "catalog": "",
        "filter": None,
        "order_bys": {"type": "ORDER_MODIFIER", "orders": []},
        "distinct": False,
        "is_operator": False,
        "export_state": False,
        "arguments": [{"name": "", "expression": argument} for argument in arguments],
        "qualified_name": {"path": [name]},
    }


def text(value: str) -> Node:
    """A string literal."""
    return {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "alias": "",
        "query_location": 0,
        "literal": {"kind": "STRING", "text": value},
    }


def integer(value: int) -> Node:
    """A whole number."""
    return {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "alias": "",
        "query_location": 0,
        "literal": {"kind": "INTEGER", "text": str(value)},
    }


def cast(child: Node, type_name: str, alias: str = "") -> Node:
    """``CAST(child AS type_name)``."""
    type_node = {"class": "TYPE", "type": "TYPE", "alias": "", "query_location": 0, "type_name": type_name, "children": []}
    return {
        "class": "CAST",
        "type": "OPERATOR_CAST",
        "alias": alias,
        "query_location": 0,
        "child": child,
        "try_cast": False,
        "type_expr": type_node,
    }


def constant_text(node: Node) -> str | None:
    """The text of a string literal, None for anything else."""
    if node.get("class") == "CONSTANT" and node["literal"]["kind"] == "STRING":
        return str(node["literal"]["text"])
    return None


def arguments_of(node: Node) -> list[Node]:
    """The argument expressions of a call."""
    return [argument["expression"] for argument in node["arguments"]]
