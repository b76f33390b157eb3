"""DuckDB's own syntax tree of a SELECT, as JSON: parse, build, and print it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import duckdb
import msgspec

from spec.sql.errors import QueryError, QueryFault

Node: TypeAlias = dict[str, Any]

CONTAINERS = (dict, list)
"""What a tree is made of, besides texts, numbers and flags."""

MAXIMUM_DEPTH = 100
"""How deep expressions may be nested: what handles them recurses, and no query that a person wrote comes near it."""


def parse_select(sql: str, connection: duckdb.DuckDBPyConnection) -> Node:
    """The tree of the one SELECT that ``sql`` is. Raises QueryError, with a position in ``sql``."""
    [(serialized,)] = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    try:
        parsed = msgspec.json.decode(serialized)
    except RecursionError:
        raise _too_deep() from None
    if parsed.get("error", True):
        raise _parse_failure(parsed)
    statements = parsed["statements"]
    if not statements:
        raise QueryError("the query is empty; a SELECT is needed", QueryFault.SHAPE)
    if len(statements) > 1:
        raise QueryError(f"the query is {len(statements)} statements; one SELECT is needed", QueryFault.SHAPE, clause=";")
    if serialized.count('"class"') > MAXIMUM_DEPTH:  # fewer expressions cannot be nested deeper
        _check_depth(parsed)
    tree: Node = parsed
    return tree


def _parse_failure(parsed: Node) -> QueryError:
    message = str(parsed.get("error_message", "it cannot be parsed"))
    if parsed.get("error_type") == "not implemented":
        return QueryError(
            "the query is not a SELECT",
            QueryFault.SHAPE,
            hint="transforms read and reshape rows: SELECT ... FROM the input",
        )
    position = parsed.get("position")
    at = None if position is None else (int(position), int(position))
    return QueryError(f"the query cannot be parsed: {message}", QueryFault.SYNTAX, at=at)


def _check_depth(parsed: Node) -> None:
    level: list[Any] = [parsed]
    depth = 0
    while level:
        depth += sum("class" in value for value in level if isinstance(value, dict)) > 0
        if depth > MAXIMUM_DEPTH:
            raise _too_deep()
        level = [item for value in level for item in parts(value)]


def parts(value: Any) -> list[Any]:
    """The objects and lists right inside an object or a list."""
    inside = value.values() if isinstance(value, dict) else value
    return [item for item in inside if isinstance(item, CONTAINERS)]


def _too_deep() -> QueryError:
    return QueryError(f"the query is nested more than {MAXIMUM_DEPTH} levels deep", QueryFault.SHAPE)


def print_select(tree: Node, connection: duckdb.DuckDBPyConnection) -> str:
    """The tree as SQL."""
    [(sql,)] = connection.execute("SELECT json_deserialize_sql(?)", [msgspec.json.encode(tree).decode()]).fetchall()
    return str(sql).rstrip(";")


def statement(tree: Node) -> Node:
    """The query node of a parsed tree."""
    node: Node = tree["statements"][0]["node"]
    return node


def with_select_list(tree: Node, items: Sequence[Node], where: Node | None = None) -> Node:
    """A tree that selects ``items`` from where ``tree`` does, under the condition ``where``."""
    node = {**statement(tree), "select_list": list(items), "where_clause": where}
    return {**tree, "statements": [{**tree["statements"][0], "node": node}]}


def expressions(value: Any) -> Iterator[Node]:
    """Every node at or below ``value`` that has a class, parents first."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and "class" in item:
            yield item
        waiting.extend(reversed(parts(item)))


_NOWHERE = 1 << 63


def extent(node: Node) -> tuple[int, int] | None:
    """Where a node and all below it stand in the text that was parsed: offsets in bytes, None when the parser did not say."""
    places = [
        (int(each["query_location"]), int(each["query_location"]) + int(each.get("query_location_length", 0)))
        for each in (node, *expressions(node))
        if int(each.get("query_location", _NOWHERE)) < _NOWHERE
    ]
    return (min(start for start, _ in places), max(end for _, end in places)) if places else None


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
