"""Refuses queries that are more than one row at a time over one dataset.

What this lets through is checked once more against the physical plan (:func:`check_plan`).
"""

from __future__ import annotations

from collections.abc import Callable

from spec.sql.errors import QueryError, QueryFault
from spec.sql.tree import Node, expressions, extent

_ROW_BY_ROW = "a Sql transform works row by row, so that it can be checkpointed at any row"

_MODIFIERS = {
    "ORDER_MODIFIER": "ORDER BY",
    "LIMIT_MODIFIER": "LIMIT",
    "LIMIT_PERCENT_MODIFIER": "LIMIT",
    "DISTINCT_MODIFIER": "DISTINCT",
}

_SOURCES = {
    "JOIN": "a join or several tables",
    "SUBQUERY": "a subquery in FROM",
    "TABLE_FUNCTION": "a table function",
    "EXPRESSION_LIST": "VALUES",
    "EMPTY": "no FROM",
    "PIVOT": "PIVOT",
}

_ROW_OPERATORS = frozenset({"PROJECTION", "FILTER", "UNNEST", "EMPTY_RESULT", "PYTHON_ARROW_SCAN", "ARROW_SCAN"})


def check_shape(node: Node, is_aggregate: Callable[[str], bool]) -> str:
    """The name in FROM. Raises QueryError for everything but SELECT expressions FROM name WHERE condition. ``is_aggregate``
    says of a function's name, in lower case, whether it needs several rows."""
    if node["type"] != "SELECT_NODE":
        raise _refused("UNION, INTERSECT or EXCEPT")
    if node["cte_map"]["map"]:
        raise _refused("WITH")
    for modifier in node["modifiers"]:
        raise _refused(_MODIFIERS.get(modifier["type"], modifier["type"]))
    if node["group_expressions"] or node["having"] or node["aggregate_handling"] == "FORCE_AGGREGATES":
        raise _refused("GROUP BY")
    if node["qualify"]:
        raise _refused("QUALIFY")
    table = node["from_table"]
    if table["type"] != "BASE_TABLE":
        raise _refused(_SOURCES.get(table["type"], f"{table['type']} in FROM"), table)
    if table["schema_name"] or table["catalog_name"]:
        raise _refused("a schema in FROM", table)
    if node["sample"] or table["sample"]:
        raise _refused("a sample", table)
    _check_expressions(node, is_aggregate)
    return str(table["table_name"])


def _check_expressions(node: Node, is_aggregate: Callable[[str], bool]) -> None:
    for expression in expressions([node["select_list"], node["where_clause"]]):
        kind = expression["class"]
        if kind == "SUBQUERY":
            raise _refused("a subquery", expression)
        if kind == "WINDOW":
            raise _refused("a window function", expression)
        if kind == "FUNCTION" and not expression["is_operator"] and is_aggregate(str(expression["function_name"]).lower()):
            raise _refused(f"the aggregate {expression['function_name']}()", expression)


def check_plan(operators: set[str]) -> None:
    """Raise QueryError unless the physical plan of a transform handles one row after the other."""
    strange = operators - _ROW_OPERATORS
    if "COLUMN_DATA_SCAN" in strange:  # a long IN list is joined with its constants
        strange -= {"COLUMN_DATA_SCAN", "HASH_JOIN"}
    if strange:
        raise _refused(", ".join(sorted(name.lower() for name in strange)))


def _refused(what: str, node: Node | None = None) -> QueryError:
    at = extent(node) if node else None
    return QueryError(f"the query uses {what}", QueryFault.SHAPE, hint=_ROW_BY_ROW, at=at, clause="" if at else what)
