"""Asks with one query for which rows of a batch which expressions of a stage's chain fail.

The chain's query is taken apart into its levels (one SELECT over another), and each expression is computed under TRY, which is
null instead of an error. What the engine makes of a row whose expressions fail is not said here: it may drop the row before
it comes to them. :mod:`runner.worker.verdicts` asks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from runner.dataset.engine import INPUT
from spec.sql import tree
from spec.sql.dialect import over
from spec.sql.errors import QueryError
from spec.sql.macros import PREFIX
from spec.sql.text import columns as quoted
from spec.sql.text import identifier
from spec.sql.tree import Node

FINE, DROPS, FAILS, FOLLOWS = "0", "1", "2", "3"
"""What a trait can be for a row: computed (a condition: true), a condition that is not true, failed, or made from one that
failed."""

ROW = "flowdeck_probe_row"
SIGNATURE = "flowdeck_probe_signature"
_RESERVED = "flowdeck_probe_"

_SIMPLE = frozenset({"CAST", "COLUMN_REF", "COMPARISON", "CONSTANT", "FUNCTION", "OPERATOR", "TYPE"})
_KNOWN = _SIMPLE | {"BETWEEN", "CASE", "CONJUNCTION", "LAMBDA"}
_SIMPLE_OPERATORS = frozenset({"OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_NOT"})
_NOT_EQUAL = f"{PREFIX}not_equal"


class Unprobed(Exception):
    """The query has a shape whose expressions cannot be looked at one by one."""


@dataclass(frozen=True, slots=True)
class Trait:
    """An expression of the chain. ``column``: what it makes, None for a condition. ``sources``: the columns of the chain's
    input that it can depend on. ``uses``: the traits that it is made from, by number. ``eager``: all that it is made from is
    always computed for it. ``whole``: the engine does not take it apart when it moves it into a condition."""

    level: int
    column: str | None
    sources: frozenset[str]
    uses: frozenset[int]
    eager: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """``sql`` gives for each row its number (:data:`ROW`, which the input must have) and its signature: a digit for each of
    ``traits``."""

    sql: str
    traits: tuple[Trait, ...]

    def failing(self, signature: str) -> list[Trait]:
        """The traits that fail by themselves."""
        return [trait for trait, state in zip(self.traits, signature, strict=True) if state == FAILS]

    def is_fate(self, signature: str) -> bool:
        """Whether all rows with this signature end the same way.

        What a SELECT makes is computed for each row that gets there. But the engine moves a condition below the SELECTs from
        which it takes its columns: then parts of them are computed for it alone, and perhaps not for each row.
        """
        return all(
            trait.column is not None or self._is_moved_whole(trait, signature)
            for trait, state in zip(self.traits, signature, strict=True)
            if state >= FAILS
        )

    def _is_moved_whole(self, condition: Trait, signature: str) -> bool:
        used = [(self.traits[number], signature[number]) for number in condition.uses]
        return condition.eager and all(
            each.whole and (each.eager or state == FAILS) for each, state in [(condition, FAILS), *used] if state >= FAILS
        )


@dataclass(frozen=True, slots=True)
class _Level:
    name: str
    items: Sequence[Node]
    where: Node | None


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a level: ``value`` makes it, from the columns ``sources`` of the input; ``traits`` that fail make it null."""

    name: str
    value: str
    sources: frozenset[str]
    traits: frozenset[int]


def probe_of(sql: str, inputs: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Probe:
    """The probe of ``sql``, a compiled chain over an input with the columns ``inputs``. Raises Unprobed."""
    try:
        builder = _Builder(inputs, connection)
        for number, level in enumerate(_levels(tree.statement(tree.parse_select(sql, connection)))):
            builder.add(number, level)
        return builder.probe()
    except (QueryError, duckdb.Error) as error:
        raise Unprobed(str(error)) from error


def depth_of(sql: str, connection: duckdb.DuckDBPyConnection) -> int:
    """How many levels ``sql`` has. Raises Unprobed."""
    try:
        return len(_levels(tree.statement(tree.parse_select(sql, connection))))
    except QueryError as error:
        raise Unprobed(str(error)) from error


def _levels(node: Node) -> list[_Level]:
    """The SELECTs of a chain, the innermost first."""
    found: list[_Level] = []
    while True:
        if node["type"] != "SELECT_NODE" or node["modifiers"] or node["group_expressions"] or node["having"] or node["qualify"]:
            raise Unprobed("it is not a plain SELECT")
        table, tables = node["from_table"], node["cte_map"]["map"]
        name = str(table.get("alias") or table.get("table_name"))
        found.append(_Level(name, node["select_list"], node["where_clause"]))
        if tables:
            node = _only_table(table, tables)
        elif table["type"] == "SUBQUERY":
            node = table["subquery"]["node"]
        elif table["type"] == "BASE_TABLE" and table["table_name"] == INPUT:
            return found[::-1]
        else:
            raise Unprobed("it reads something else than its input")


def _only_table(table: Node, tables: Sequence[Node]) -> Node:
    if len(tables) != 1 or table["type"] != "BASE_TABLE" or table["table_name"].lower() != tables[0]["key"].lower():
        raise Unprobed("it has several tables")
    node: Node = tables[0]["value"]["query_node"]
    return node


class _Builder:
    """Nests a query that computes everything under TRY, level by level."""

    def __init__(self, inputs: Sequence[str], connection: duckdb.DuckDBPyConnection) -> None:
        if any(name.lower().startswith(_RESERVED) for name in inputs):
            raise Unprobed("a column has a reserved name")
        self._connection = connection
        self._sql = f"SELECT {quoted([*inputs, ROW])} FROM {INPUT}"  # noqa: S608 - quoted identifiers
        self._columns = {name.lower(): _Column(name, identifier(name), frozenset({name}), frozenset()) for name in inputs}
        self._traits: list[Trait] = []

    def probe(self) -> Probe:
        if not self._traits:
            raise Unprobed("nothing in it can fail")
        states = ", ".join(_state(number) for number in range(len(self._traits)))
        sql = f"SELECT {ROW}, concat({states}) AS {SIGNATURE} FROM ({self._sql})"  # noqa: S608 - own words around own SQL
        return Probe(sql, tuple(self._traits))

    def add(self, number: int, level: _Level) -> None:
        """One more SELECT over what there is."""
        known = len(self._traits)
        tried: list[Node] = []
        states: list[str] = []
        made = [self._made(number, level.name, item, tried, states) for each in level.items for item in self._expanded(each)]
        for condition in _conditions(level.where):
            references = self._references(condition, level.name)
            trait = self._trait(number, None, condition, references)
            tried.append(_try(tree.cast(condition, "BOOLEAN"), _value(trait)))
            states.append(self._condition_state(trait, references))
        if len({column.name.lower() for column in made}) < len(made):
            raise Unprobed("two columns have the same name")
        self._nest(level.name, tried, made, states, known)
        self._columns = {column.name.lower(): column for column in made}

    def _made(self, level: int, table: str, item: Node, tried: list[Node], states: list[str]) -> _Column:
        """The column that ``item`` makes; when that can fail, one more thing is ``tried``, with a state of its own."""
        name, references = _name(item), self._references(item, table)
        if self._is_column(item):
            [reference] = references
            column = self._columns[reference]
            return _Column(name, identifier(column.name), column.sources, column.traits)
        trait = self._trait(level, name, item, references)
        tried.append(_try(item, _value(trait)))
        states.append(self._item_state(trait, references))
        return _Column(name, f"{_value(trait)}.v", self._traits[trait].sources, frozenset({trait}))

    def _nest(self, name: str, tried: Sequence[Node], made: Sequence[_Column], states: Sequence[str], known: int) -> None:
        """First everything that can fail beside what there was, then what the next level sees."""
        earlier = [ROW, *(_state(number) for number in range(known))]
        template = tree.parse_select(f"SELECT * FROM {identifier(name)}", self._connection)  # noqa: S608 - quoted
        present = [_reference(each) for each in [*(column.name for column in self._columns.values()), *earlier]]
        computed = tree.print_select(tree.with_select_list(template, [*present, *tried]), self._connection)
        items = [f"{column.value} AS {identifier(column.name)}" for column in made]
        items += [*earlier, *(f"{state} AS {_state(known + place)}" for place, state in enumerate(states))]
        self._sql = f"SELECT {', '.join(items)} FROM ({over(name, self._sql, computed)})"  # noqa: S608 - identifiers, own words

    def _expanded(self, item: Node) -> Iterator[Node]:
        """``*`` as the columns that it means here."""
        if item["class"] != "STAR":
            yield item
            return
        if any(
            item.get(key)
            for key in ("exclude_list", "replace_list", "columns", "expr", "qualified_exclude_list", "rename_list")
        ):
            raise Unprobed("it uses * with changes")
        yield from (_reference(column.name) for column in self._columns.values())

    def _is_column(self, item: Node) -> bool:
        """Whether ``item`` is a column as it is, and no part of one."""
        names = item.get("column_names", ())
        return item["class"] == "COLUMN_REF" and (
            len(names) == 1 or (len(names) == 2 and names[0].lower() not in self._columns)
        )

    def _references(self, expression: Node, table: str) -> frozenset[str]:
        """The columns that ``expression`` may mean: no fewer than it does."""
        found: set[str] = set()
        nodes = list(tree.expressions(expression))
        parameters = {
            str(name).lower()
            for node in nodes
            if node["class"] == "LAMBDA"
            for each in tree.expressions(node["lhs"])
            for name in each.get("column_names", ())
        }
        for node in nodes:
            if node["class"] not in _KNOWN or node["type"] == "OPERATOR_TRY":
                raise Unprobed(f"it uses {node['class']}")
            if node["class"] != "COLUMN_REF":
                continue
            names = [str(name).lower() for name in node["column_names"]]
            meant = {names[0]} if names[0] in self._columns else set()
            if len(names) > 1 and names[0] == table.lower() and names[1] in self._columns:
                meant.add(names[1])
            if not meant and names[0] not in parameters:
                raise Unprobed("it uses a name that is no column of its input")
            found |= meant
        return frozenset(found)

    def _trait(self, level: int, column: str | None, expression: Node, references: frozenset[str]) -> int:
        sources = frozenset[str]().union(*(self._columns[name].sources for name in references))
        uses = frozenset[int]().union(*(self._columns[name].traits for name in references))
        uses = uses.union(*(self._traits[number].uses for number in uses))
        self._traits.append(Trait(level, column, sources, uses, _is_eager(expression), _is_whole(expression)))
        return len(self._traits) - 1

    def _item_state(self, trait: int, references: frozenset[str]) -> str:
        return f"CASE {self._follows(references)} WHEN {_value(trait)} IS NULL THEN '{FAILS}' ELSE '{FINE}' END"

    def _condition_state(self, trait: int, references: frozenset[str]) -> str:
        value = _value(trait)
        follows = self._follows(references)
        return f"CASE {follows} WHEN {value} IS NULL THEN '{FAILS}' WHEN {value}.v THEN '{FINE}' ELSE '{DROPS}' END"

    def _follows(self, references: frozenset[str]) -> str:
        blamed = sorted(frozenset[int]().union(*(self._columns[name].traits for name in references)))
        return " ".join(f"WHEN {_state(number)} >= '{FAILS}' THEN '{FOLLOWS}'" for number in blamed)


def _state(number: int) -> str:
    return f"{_RESERVED}state_{number}"


def _value(trait: int) -> str:
    return f"{_RESERVED}value_{trait}"


def _name(item: Node) -> str:
    if not item["alias"] and item["class"] != "COLUMN_REF":
        raise Unprobed("a column has no name")
    name = str(item["alias"] or item["column_names"][-1])
    if name.lower().startswith(_RESERVED):
        raise Unprobed("a column has a reserved name")
    return name


def _reference(name: str) -> Node:
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "query_location": 0, "column_names": [name]}


def _try(expression: Node, alias: str) -> Node:
    """``TRY(struct_pack(v := expression))``: null exactly when ``expression`` fails."""
    packed = tree.function("struct_pack", [])
    packed["arguments"] = [{"name": "v", "expression": {**expression, "alias": "v"}}]
    return {"class": "OPERATOR", "type": "OPERATOR_TRY", "alias": alias, "query_location": 0, "children": [packed]}


def _conditions(where: Node | None) -> Iterator[Node]:
    """What is joined by AND, as finely as the engine may take it apart."""
    waiting = [] if where is None else [where]
    while waiting:
        node = waiting.pop()
        halves = _halves(node)
        if halves:
            waiting.extend(reversed(halves))
        else:
            yield node


def _halves(node: Node) -> list[Node]:
    if node["type"] == "CONJUNCTION_AND":
        return list(node["children"])
    if node["type"] == "COMPARE_BETWEEN":
        return [
            _comparison("COMPARE_GREATERTHANOREQUALTO", node["input"], node["lower"]),
            _comparison("COMPARE_LESSTHANOREQUALTO", node["input"], node["upper"]),
        ]
    if node["class"] == "FUNCTION" and node["function_name"] == _NOT_EQUAL:
        left, right = tree.arguments_of(node)
        present: Node = {**right, "alias": ""}
        return [
            _comparison("COMPARE_DISTINCT_FROM", left, right),
            {"class": "OPERATOR", "type": "OPERATOR_IS_NOT_NULL", "alias": "", "query_location": 0, "children": [present]},
        ]
    return []


def _comparison(kind: str, left: Node, right: Node) -> Node:
    return {"class": "COMPARISON", "type": kind, "alias": "", "query_location": 0, "left": left, "right": right}


def _is_eager(expression: Node) -> bool:
    return all(node["class"] in _SIMPLE and _is_simple_operator(node) for node in tree.expressions(expression))


def _is_whole(expression: Node) -> bool:
    return not any(
        node["class"] in {"BETWEEN", "CONJUNCTION"} or node.get("function_name") == _NOT_EQUAL
        for node in tree.expressions(expression)
    )


def _is_simple_operator(node: Node) -> bool:
    if node["class"] != "OPERATOR" or node["type"] in _SIMPLE_OPERATORS:
        return True
    return node["type"] == "COMPARE_IN" and all(child["class"] == "CONSTANT" for child in node["children"][1:])
