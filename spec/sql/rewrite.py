"""Gives SeaTunnel's SQL its meaning: rewrites a parsed SELECT, innermost expressions first.

What differs from DuckDB: functions of :mod:`macros`; ``||`` passes over nulls; ``<>`` is true when only the left side is null;
casts of numbers to dates and times; units and date patterns as arguments; ``map.key``. Integers divide to integers and division
by zero is an error by the engine's settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from spec.sql import tree
from spec.sql.errors import QueryError
from spec.sql.java_dates import Piece, UnknownPattern, directives, pieces
from spec.sql.macros import has_macro
from spec.sql.patterns import replacement_of
from spec.sql.tree import Node, arguments_of, constant_text

TypeOf = Callable[[Node], str]
"""The engine's type of an expression that has been rewritten."""

_NOW_WORDS = {"current_timestamp": "now", "localtimestamp": "now", "current_time": "current_time", "localtime": "current_time"}
_CAST_TYPES = {"bytes": "BLOB", "byte": "TINYINT", "long": "BIGINT"}
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBER_TO_MOMENT = {
    "date": "date_of_integer",
    "time": "time_of_integer",
    "timestamp": "timestamp_of_integer",
    "datetime": "timestamp_of_integer",
}
_DATE_UNITS = ("year", "month", "week", "day")


class Rewriter:
    """Rewrites one query. ``columns`` are the input's; ``use_macro`` creates one of :mod:`macros` and gives its name."""

    def __init__(self, columns: Iterable[str], use_macro: Callable[[str], str], type_of: TypeOf) -> None:
        self._use_macro = use_macro
        self._columns = {name.lower() for name in columns}
        self._type_of = type_of
        self._functions: dict[str, Callable[[Node, list[Node]], Node]] = {
            "||": self._concatenation,
            "date_part": self._extract,
            "date_trunc": self._truncation,
            "dateadd": self._addition,
            "timestampadd": self._addition,
            "datediff": self._difference,
            "formatdatetime": self._format,
            "to_char": self._format,
            "parsedatetime": self._parse,
            "to_date": self._parse,
            "is_date": self._is_date,
            "from_unixtime": self._from_unixtime,
            "regexp_replace": self._regexp_replace,
        }

    def rewrite(self, value: Any) -> Any:
        """``value`` (a node, or anything that holds nodes) with every expression in it rewritten."""
        if isinstance(value, list):
            return [self.rewrite(item) for item in value]
        if not isinstance(value, dict):
            return value
        node = {key: self.rewrite(item) if isinstance(item, tree.CONTAINERS) else item for key, item in value.items()}
        match node.get("class"):
            case "FUNCTION":
                return self._function(node)
            case "CAST":
                return self._cast(node)
            case "COLUMN_REF":
                return self._column(node)
            case "COMPARISON" if node["type"] == "COMPARE_NOTEQUAL":
                return self._call("not_equal", [node["left"], node["right"]], node)
            case _:
                return node

    def _call(self, macro: str, arguments: list[Node], origin: Node) -> Node:
        return tree.function(self._use_macro(macro), arguments, alias=origin.get("alias", ""))

    def _function(self, node: Node) -> Node:
        name = str(node["function_name"]).lower()
        arguments = arguments_of(node)
        special = self._functions.get(name)
        if special is not None:
            return special(node, arguments)
        if has_macro(name) and not node["is_operator"]:
            return self._call(name, arguments, node)
        return node

    def _column(self, node: Node) -> Node:
        names = node["column_names"]
        if len(names) == 1 and names[0].lower() in _NOW_WORDS and names[0].lower() not in self._columns:
            return self._call(_NOW_WORDS[names[0].lower()], [], node)
        if len(names) == 2 and names[0].lower() in self._columns:
            column = {**node, "column_names": names[:1], "alias": ""}
            if self._type_of(column).startswith("MAP("):
                return tree.function("map_extract_value", [column, tree.text(names[1])], alias=node["alias"] or names[1])
        return node

    def _cast(self, node: Node) -> Node:
        target = str(node["type_expr"]["type_name"]).lower()
        child, alias = node["child"], node["alias"]
        if target in _NUMBER_TO_MOMENT and self._type_of(child) in _INTEGERS:
            return self._call(_NUMBER_TO_MOMENT[target], [child], node)
        if target == "bytes" and self._type_of(child) == "VARCHAR":
            return tree.function("encode", [child], alias=alias)
        if target in _CAST_TYPES:
            name = _CAST_TYPES[target]
            return {**node, "type_expr": {**node["type_expr"], "type_name": name, "qualified_name": {"path": [name]}}}
        return node

    def _concatenation(self, node: Node, arguments: list[Node]) -> Node:
        if any(not _is_text(argument) and self._type_of(argument).endswith(("]", "BLOB")) for argument in arguments):
            return node
        return tree.function("concat", arguments, alias=node["alias"])

    def _extract(self, node: Node, arguments: list[Node]) -> Node:
        text = constant_text(arguments[0]) if arguments else None
        if text is None:
            return node
        unit = text.lower().removesuffix("s")  # the parser makes MILLISECONDS of MILLISECOND
        if has_macro(f"extract_{unit}"):
            return self._call(f"extract_{unit}", arguments[1:], node)
        if unit == "epoch":
            return node
        return tree.cast({**node, "alias": ""}, "INTEGER", alias=node["alias"])

    def _truncation(self, node: Node, arguments: list[Node]) -> Node:
        if len(arguments) == 2 and constant_text(arguments[0]) is None and constant_text(arguments[1]) is not None:
            arguments.reverse()
        return tree.function("date_trunc", arguments, alias=node["alias"])

    def _addition(self, node: Node, arguments: list[Node]) -> Node:
        moment, amount, unit = self._with_unit(node, arguments)
        added = self._call(f"dateadd_{unit}", [moment, amount], node)
        if unit in _DATE_UNITS and self._type_of(moment) == "DATE":
            return tree.cast({**added, "alias": ""}, "DATE", alias=node["alias"])
        return added

    def _difference(self, node: Node, arguments: list[Node]) -> Node:
        start, end, unit = self._with_unit(node, arguments)
        return self._call(f"datediff_{unit}", [start, end], node)

    def _with_unit(self, node: Node, arguments: list[Node]) -> tuple[Node, Node, str]:
        name = str(node["function_name"]).upper()
        if len(arguments) not in {2, 3}:
            raise QueryError(f"{name} takes two values and a unit")
        unit = "day" if len(arguments) == 2 else (constant_text(arguments[2]) or "").lower()
        if not has_macro(f"dateadd_{unit}"):
            raise QueryError(
                f"{name} needs a unit such as 'DAY' as its third argument", hint="YEAR MONTH WEEK DAY HOUR MINUTE SECOND"
            )
        return arguments[0], arguments[1], unit

    def _format(self, node: Node, arguments: list[Node]) -> Node:
        if len(arguments) == 1:
            return tree.cast(arguments[0], "VARCHAR", alias=node["alias"])
        made = [self._formatted(arguments[0], piece) for piece in self._pieces(node, arguments)]
        whole = made[0] if len(made) == 1 else _joined(made)
        return {**whole, "alias": node["alias"]}

    def _formatted(self, moment: Node, piece: Piece) -> Node:
        if not piece.fraction:
            return tree.function("strftime", [moment, tree.text(piece.directives)])
        return tree.function("left", [tree.function("strftime", [moment, tree.text("%f")]), tree.integer(piece.fraction)])

    def _parse(self, node: Node, arguments: list[Node]) -> Node:
        pattern = self._pattern(node, arguments)
        parsed = tree.function("strptime", [arguments[0], tree.text(self._directives(pattern))])
        has_date, has_time = "yy" in pattern, "mm" in pattern
        target = "TIMESTAMP" if has_date == has_time else "DATE" if has_date else "TIME"
        return tree.cast(parsed, target, alias=node["alias"])

    def _is_date(self, node: Node, arguments: list[Node]) -> Node:
        pattern = self._directives(self._pattern(node, arguments))
        parsed = tree.function("try_strptime", [arguments[0], tree.text(pattern)])
        return {
            "class": "OPERATOR",
            "type": "OPERATOR_IS_NOT_NULL",
            "alias": node["alias"],
            "query_location": 0,
            "children": [parsed],
        }

    def _from_unixtime(self, node: Node, arguments: list[Node]) -> Node:
        moment = utc_moment = self._call("timestamp_of_seconds", arguments[:1], {})
        if len(arguments) == 3:
            zone = _zone(constant_text(arguments[2]))
            utc = tree.function("timezone", [tree.text("UTC"), utc_moment])
            moment = tree.function("timezone", [tree.text(zone), utc])
        return self._format(node, [moment, *arguments[1:2]])

    def _regexp_replace(self, node: Node, arguments: list[Node]) -> Node:
        replacement = constant_text(arguments[2]) if len(arguments) > 2 else None
        if replacement is not None:
            arguments = [*arguments[:2], tree.text(replacement_of(replacement)), *arguments[3:]]
        if len(arguments) == 3:
            return self._call("regexp_replace", arguments, node)
        return tree.function("regexp_replace", arguments, alias=node["alias"])

    def _pattern(self, node: Node, arguments: list[Node]) -> str:
        pattern = constant_text(arguments[1]) if len(arguments) > 1 else None
        if pattern is None:
            raise QueryError(f"{str(node['function_name']).upper()} needs a constant date pattern as its second argument")
        return pattern

    def _pieces(self, node: Node, arguments: list[Node]) -> list[Piece]:
        try:
            return pieces(self._pattern(node, arguments))
        except UnknownPattern as error:
            raise QueryError(str(error)) from error

    @staticmethod
    def _directives(pattern: str) -> str:
        try:
            return directives(pattern)
        except UnknownPattern as error:
            raise QueryError(str(error)) from error


def _is_text(node: Node) -> bool:
    """Whether a node is a text for certain: asking the engine about every part of a long ``||`` takes long."""
    return constant_text(node) is not None or (node["class"] == "FUNCTION" and node["function_name"] == "concat")


def _joined(parts: list[Node]) -> Node:
    """Null when the parts are, unlike concat."""
    whole = parts[0]
    for part in parts[1:]:
        whole = {**tree.function("||", [whole, part]), "is_operator": True}
    return whole


def _zone(name: str | None) -> str:
    """``UTC+8`` as a zone that the engine knows (its Etc zones have the opposite sign)."""
    if name is None:
        raise QueryError("FROM_UNIXTIME needs a constant time zone as its third argument")
    for prefix in ("UTC", "GMT"):
        offset = name.removeprefix(prefix)
        if name.startswith(prefix) and offset[:1] in {"+", "-"} and offset[1:].removesuffix(":00").isdigit():
            hours = int(offset[1:].removesuffix(":00"))
            return f"Etc/GMT{'-' if offset[0] == '+' else '+'}{hours}"
    return name
