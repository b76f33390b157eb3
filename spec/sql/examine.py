"""What a query makes of its input, or what is wrong with it and where: the finest place that can be told."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from spec.sql import tree
from spec.sql.clauses import clause_place, left_open
from spec.sql.dialect import Columns, Dialect, ParsedQuery
from spec.sql.errors import QueryError, QueryFault
from spec.sql.lexer import tokens
from spec.sql.macros import PREFIX, has_macro
from spec.sql.names import CAST_TYPES, FUNCTIONS_ELSEWHERE, SEATUNNEL_FUNCTIONS
from spec.sql.text import identifier
from spec.sql.tree import Node
from spec.sql.types import dataset_type, empty_relation, sql_type
from spec.sql.wording import in_field_types, takes
from spec.types import FieldType

MAXIMUM_LENGTH = 1 << 16
"""Longer queries are not looked at."""
_MAXIMUM_TRIES = 200
_LENGTH_OF_A_SLIP = 2
_SPECIAL_FUNCTIONS = frozenset({"columns", "unnest", "grouping", "try", "timestampadd", "alias"})
"""What the parser or binder handles itself."""


class Trouble(enum.Enum):
    """What is wrong with a query."""

    SYNTAX = "syntax"
    SHAPE = "shape"
    COLUMN = "column"
    FUNCTION = "function"
    SEATUNNEL_FUNCTION = "seatunnel-function"
    TYPE = "type"
    ARGUMENTS = "arguments"
    LITERAL = "literal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``at``: offsets in the query, None when the place is not known. ``name`` is the column or
    function that is unknown, ``known`` what could stand there instead."""

    trouble: Trouble
    message: str
    at: tuple[int, int] | None = None
    name: str = ""
    known: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """``columns`` of the result in order (None when it is not known; a type is None when no dataset carries it), and the
    ``problems``. ``table`` is the name in FROM, which stands at ``table_at``. ``plain`` are the positions of the columns that
    are columns of the input, unchanged."""

    columns: tuple[tuple[str, FieldType | None], ...] | None = None
    problems: tuple[Problem, ...] = ()
    table: str | None = None
    table_at: tuple[int, int] | None = None
    plain: frozenset[int] = field(default_factory=frozenset)


def examine(query: str, columns: Columns, dialect: Dialect) -> Examined:
    """Bind ``query`` over an input of ``columns`` as the local engine does. Raises nothing for what the query says."""
    if len(query) > MAXIMUM_LENGTH or "\0" in query:
        return Examined()
    try:
        parsed = dialect.parse(query, columns)
    except QueryError as error:
        trouble = Trouble.SYNTAX if error.fault is QueryFault.SYNTAX else Trouble.SHAPE
        at = _whole_word(query, error.at) if error.at else clause_place(query, error.clause)
        hint = error.hint or (left_open(query) if trouble is Trouble.SYNTAX else "")
        return Examined(problems=(Problem(trouble, error.message, at, hint=hint),))
    except duckdb.Error as error:
        return Examined(problems=(Problem(Trouble.OTHER, _first_line(error)),))
    place = tree.extent(parsed.node["from_table"])
    table_at = None if place is None else parsed.written.original_range(*place)
    try:
        bound, plain = _bound(parsed, columns, dialect)
    except (QueryError, duckdb.Error) as error:
        if not _is_possible(columns, dialect):
            return Examined(table=parsed.table, table_at=table_at)
        return Examined(None, tuple(_Blame(parsed, columns, dialect).problems(error)), parsed.table, table_at)
    return Examined(bound, tuple(_literals(parsed, columns, dialect)), parsed.table, table_at, plain)


def _is_possible(columns: Columns, dialect: Dialect) -> bool:
    """Whether the engine can have such an input at all (it takes no two fields of a row whose names differ in case only)."""
    try:
        dialect.bind(empty_relation(columns))
    except duckdb.Error:
        return False
    return True


def _whole_word(query: str, at: tuple[int, int]) -> tuple[int, int]:
    """A place that is only a point, as the token there."""
    if at[1] > at[0]:
        return at
    return next(((token.start, token.start + len(token.text)) for token in tokens(query) if token.start == at[0]), at)


def _bound(
    parsed: ParsedQuery, columns: Columns, dialect: Dialect
) -> tuple[tuple[tuple[str, FieldType | None], ...], frozenset[int]]:
    node = parsed.node
    translation = dialect.translated(parsed, node["select_list"], node["where_clause"], columns)
    relation = dialect.bind(translation.over(empty_relation(columns)))
    found = tuple(zip(relation.columns, map(dataset_type, relation.types), strict=True))
    return found, _plain(node["select_list"], columns)


def _plain(items: list[Node], columns: Columns) -> frozenset[int]:
    """The positions in the result of what are columns of the input."""
    names = {name.casefold() for name, _ in columns}
    found: set[int] = set()
    at = 0
    for item in items:
        if item["class"] == "STAR":
            excluded = len(item.get("exclude_list") or ()) + len(item.get("qualified_exclude_list") or ())
            if excluded or item.get("replace_list") or item.get("rename_list") or item.get("columns"):
                return frozenset(found)  # what follows stands at a place that is not worth finding out
            found.update(range(at, at + len(columns)))
            at += len(columns)
            continue
        if item["class"] == "COLUMN_REF" and len(item["column_names"]) == 1 and item["column_names"][0].casefold() in names:
            found.add(at)
        at += 1
    return frozenset(found)


class _Blame:
    """Finds the innermost expressions that cannot be bound."""

    def __init__(self, parsed: ParsedQuery, columns: Columns, dialect: Dialect) -> None:
        self._parsed = parsed
        self._columns = columns
        self._dialect = dialect
        self._tries = _MAXIMUM_TRIES
        names = {name.casefold() for name, _ in columns}
        self._aliases = {str(item["alias"]).casefold() for item in parsed.node["select_list"] if item["alias"]} - names

    def problems(self, whole: QueryError | duckdb.Error) -> Iterator[Problem]:
        """Every one of them, in the order of the query; ``whole`` itself when no part of the query fails alone."""
        node = self._parsed.node
        found = False
        for expression in [*node["select_list"], *([node["where_clause"]] if node["where_clause"] else [])]:
            for problem in self._blame(expression):
                found = True
                yield problem
        if not found:
            yield self._problem(whole, None)

    def _blame(self, node: Node) -> Iterator[Problem]:
        found = False
        for child in children(node):
            for problem in self._blame(child):
                found = True
                yield problem
        if found or not self._tries or self._refers_to_alias(node):
            return
        self._tries -= 1
        if node["class"] == "FUNCTION" and self._is_strange(str(node["function_name"])):
            yield self._no_function(str(node["function_name"]), self._at(node))
            return
        try:
            self._type(node)
        except (QueryError, duckdb.Error) as error:
            yield self._problem(error, node)

    def _refers_to_alias(self, node: Node) -> bool:
        return any(
            each["class"] == "COLUMN_REF"
            and len(each["column_names"]) == 1
            and each["column_names"][0].casefold() in self._aliases
            for each in tree.expressions(node)
        )

    def _is_strange(self, function: str) -> bool:
        """Whether nobody has a function of this name: the engine takes its time to find that out."""
        name = function.lower()
        known = name in self._dialect.functions or name in SEATUNNEL_FUNCTIONS or name in _SPECIAL_FUNCTIONS
        return not known and not has_macro(name)

    def _at(self, node: Node | None) -> tuple[int, int] | None:
        place = None if node is None else tree.extent(node)
        return None if place is None else self._parsed.written.original_range(*place)

    def _type(self, node: Node) -> str:
        item = node if node["class"] == "STAR" else {**node, "alias": "value"}
        translation = self._dialect.translated(self._parsed, [item], None, self._columns)
        engine_type = self._dialect.bind(translation.over(empty_relation(self._columns))).types[0]
        return str(dataset_type(engine_type) or engine_type)

    def _problem(self, error: QueryError | duckdb.Error, node: Node | None) -> Problem:
        at = self._at(node)
        if isinstance(error, QueryError):
            return Problem(Trouble.ARGUMENTS, error.message, at, hint=error.hint)
        if isinstance(error, duckdb.ConversionException):
            return Problem(Trouble.LITERAL, _first_line(error), at)
        text = str(error)
        for pattern, make in (
            (_NO_COLUMN, self._no_column),
            (_NO_FIELD, self._no_field),
            (_NO_FUNCTION, self._no_function),
            (_NO_TYPE, self._no_type),
        ):
            found = pattern.search(text)
            if found:
                return make(found[1], at)
        if node is not None and node["class"] == "FUNCTION" and (_NO_MATCH.search(text) or _NO_MACRO_MATCH.search(text)):
            return self._wrong_arguments(node, at, text)
        if node is not None and node["class"] == "COMPARISON" and text.startswith("Binder Error: Cannot compare"):
            types = " with ".join(self._type(node[side]) for side in ("left", "right"))
            return Problem(Trouble.ARGUMENTS, f"cannot compare {types}", at, hint="make them one type: CAST(... AS ...)")
        return Problem(Trouble.ARGUMENTS if node else Trouble.OTHER, _first_line(error), at)

    def _no_column(self, name: str, at: tuple[int, int] | None) -> Problem:
        known = tuple(column for column, _ in self._columns)
        return Problem(Trouble.COLUMN, f'the query reads "{name}", which is no column of its input', at, name, known)

    def _no_field(self, name: str, at: tuple[int, int] | None) -> Problem:
        return Problem(Trouble.COLUMN, f'the query reads the field "{name}", which the row does not have', at, name)

    def _no_function(self, name: str, at: tuple[int, int] | None) -> Problem:
        if at is not None:
            at = (at[0], min(at[0] + len(name), at[1]))
        if name.lower() in SEATUNNEL_FUNCTIONS:
            return Problem(
                Trouble.SEATUNNEL_FUNCTION,
                f"the local engine does not have the function {name.upper()}() of SeaTunnel",
                at,
                name,
            )
        if written := FUNCTIONS_ELSEWHERE.get(name.lower()):
            return Problem(Trouble.FUNCTION, f"there is no function {name}()", at, name, hint=f"write {written}")
        near = (
            each for each in SEATUNNEL_FUNCTIONS | self._dialect.functions if abs(len(each) - len(name)) <= _LENGTH_OF_A_SLIP
        )
        known = tuple(sorted(near))
        return Problem(Trouble.FUNCTION, f"there is no function {name}()", at, name, known)

    def _no_type(self, name: str, at: tuple[int, int] | None) -> Problem:
        place = next(
            (
                tree.extent(each)
                for each in tree.expressions(self._parsed.node["select_list"] + [self._parsed.node["where_clause"]])
                if each["class"] == "TYPE" and str(each["type_name"]).lower() == name.lower()
            ),
            None,
        )
        at = at if place is None else self._parsed.written.original_range(*place)
        return Problem(Trouble.TYPE, f'there is no type "{name}"', at, name, CAST_TYPES)

    def _wrong_arguments(self, node: Node, at: tuple[int, int] | None, text: str) -> Problem:
        types = [self._type(argument) for argument in tree.arguments_of(node)]
        name = str(node["function_name"])
        if node["is_operator"]:
            written = _OPERATORS.get(name, f'"{name}"')
            return Problem(Trouble.ARGUMENTS, f"{written} does not work on {' and '.join(types)}", at, name)
        hint = takes(name, text) if _NO_MATCH.search(text) else ""
        return Problem(Trouble.ARGUMENTS, f"{name}() does not take ({', '.join(types)})", at, name, hint=hint)


_NO_COLUMN = re.compile(r'(?:Referenced (?:column|table)|does not have a column named) "((?:[^"]|"")*)"')
_NO_FIELD = re.compile(r'Could not find key "([^"]*)" in struct')
_NO_FUNCTION = re.compile(r"Function with name \"?([^\s\"]+)\"? does not exist")
_NO_MATCH = re.compile(r"No function matches the given name and argument types")
_NO_MACRO_MATCH = re.compile(r"Macro .*? does not support the supplied arguments")
_NO_TYPE = re.compile(r"Type with name \"?([^\s\"]+)\"? does not exist")
_OPERATORS = {"~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE"}


def children(node: Node) -> Iterator[Node]:
    """The expressions right below ``node`` that can be bound without it."""
    waiting = tree.parts(node)[::-1]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list) or "class" not in item:
            waiting.extend(reversed(tree.parts(item)))
        elif item["class"] not in {"TYPE", "LAMBDA"}:
            yield item


_CONDITIONAL = frozenset({"CASE", "OPERATOR", "CONJUNCTION", "LAMBDA"})
"""What may leave an expression below it without a value."""


def _literals(parsed: ParsedQuery, columns: Columns, dialect: Dialect) -> Iterator[Problem]:
    """Casts of constants that fail for every row, the silent ones of comparisons too."""
    waiting = [*parsed.node["select_list"], *_conditions(parsed.node["where_clause"])]
    while waiting:
        node = waiting.pop()
        if node["class"] in _CONDITIONAL:
            continue
        if node["class"] == "COMPARISON":
            yield from _compared_literal(node, parsed, columns, dialect)
        if node["class"] == "CAST" and node["child"]["class"] == "CONSTANT" and not node["try_cast"]:
            try:
                alone = dialect.translated(parsed, [node], None, columns)
                items = ", ".join(f"CAST(NULL AS {sql_type(kind)}) AS {identifier(name)}" for name, kind in columns)
                dialect.connection.execute(alone.over(f"SELECT {items}")).fetchall()
            except duckdb.ConversionException:
                place = tree.extent(node)
                at = None if place is None else parsed.written.original_range(*place)
                target, text = in_field_types(str(node["type_expr"]["type_name"]).upper()), node["child"]["literal"]["text"]
                yield Problem(Trouble.LITERAL, f"'{text}' cannot be converted to {target.lower()}: every row fails", at)
            except duckdb.Error:
                continue  # another engine error is no proof
        else:
            waiting.extend(children(node))


def _conditions(where: Node | None) -> list[Node]:
    """What must hold of every row, all of it."""
    if where is None or where["type"] != "CONJUNCTION_AND":
        return [where] if where else []
    return list(where["children"])


def _compared_literal(node: Node, parsed: ParsedQuery, columns: Columns, dialect: Dialect) -> Iterator[Problem]:
    """A text that a comparison makes a value of the other side's type, and cannot."""
    for side, other in (("left", "right"), ("right", "left")):
        literal = node[side].get("literal")
        if node[side]["class"] != "CONSTANT" or not literal or literal.get("kind") != "STRING":
            continue
        try:
            alone = dialect.translated(parsed, [{**node[other], "alias": "value"}], None, columns)
            target = dialect.bind(alone.over(empty_relation(columns))).types[0]
            dialect.connection.execute(f"SELECT CAST(? AS {target})", [literal["text"]]).fetchall()
        except duckdb.ConversionException:
            place = tree.extent(node[side])
            at = None if place is None else parsed.written.original_range(*place)
            words = f"'{literal['text']}' cannot be converted to {dataset_type(target) or target}, which it is compared with"
            yield Problem(Trouble.LITERAL, f"{words}: every row fails", at)
        except (QueryError, duckdb.Error):
            continue  # another error is no proof


def _first_line(error: duckdb.Error) -> str:
    """The engine's message for people: without its class, candidates and hints, and with a job file's names of types."""
    text = re.sub(r"^[A-Z][A-Za-z ]*Error: ", "", str(error)).splitlines()[0].strip()
    return in_field_types(text.replace(PREFIX, ""))
