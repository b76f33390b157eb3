"""Sql: binds the query over the columns of its input, and tells what is wrong at the word that is wrong.

The engine is only loaded here, when there is a query whose input is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from spec.checks.suggestion import suggest
from spec.checks.wiring import Node
from spec.checks.wording import quoted
from spec.dataflow.places import place_in
from spec.dataflow.report import Reporter, column_note, made_label, unsafe
from spec.dataflow.schema import UNKNOWN, Column, DatasetSchema, Schema
from spec.diagnostic import Label, Severity
from spec.position import Span
from spec.types import FieldType
from spec.value import Scalar

if TYPE_CHECKING:
    from spec.sql.examine import Examined, Problem

_QUERY = ("query",)
_ANY_INPUT = "dual"
_REMEMBERED = 128


def sql_schema(node: Node, schema: Schema, report: Reporter) -> DatasetSchema:
    """The columns of the query's result."""
    query = node.canonical.data.get("query")
    columns = schema.typed()
    if not isinstance(query, str) or not query or columns is None or not _can_be_bound(columns):
        return UNKNOWN
    examined = _examined(query, columns)
    findings = _SqlFindings(node, schema, report)
    findings.add(examined)
    if examined.columns is None or (examined.problems and not schema.complete):
        return UNKNOWN
    return findings.result(examined)


def _can_be_bound(columns: tuple[tuple[str, FieldType], ...]) -> bool:
    """Whether the engine can have such columns, and tell them apart; that it cannot is not the query's mistake."""
    distinct = len({name.casefold() for name, _ in columns}) == len(columns)
    return distinct and not any("\0" in name or "\0" in str(field_type) for name, field_type in columns)


@lru_cache(_REMEMBERED)
def _examined(query: str, columns: tuple[tuple[str, FieldType], ...]) -> Examined:
    """What the engine says of the query; remembered, because an editor asks of the same queries after every keystroke."""
    from spec.sql.examine import examine
    from spec.sql.session import session

    with session() as dialect:
        return examine(query, columns, dialect)


class _SqlFindings:
    """Tells what was found in one query. Of other engines only that is told which does not depend on how they bind."""

    def __init__(self, node: Node, schema: Schema, report: Reporter) -> None:
        self._node = node
        self._schema = schema
        self._report = report
        self._origin = report.origin(*_QUERY)

    def add(self, examined: Examined) -> None:
        """Report the problems, and a name in FROM that is another dataset's."""
        for problem in examined.problems:
            if self._is_certain(problem) and not self._report.findings.full:
                self._add(problem)
        self._check_table(examined)

    def result(self, examined: Examined) -> DatasetSchema:
        """The result's columns. How another engine names and types an expression is not known."""
        names = [name for name, _ in examined.columns or ()]
        if self._report.local:
            for name in _repeated(names):
                self._report.problem(
                    "T504",
                    f'the {self._node} makes two columns "{name}"',
                    self._origin,
                    label="give one of them another name with AS",
                )
        columns = tuple(
            Column(name, kind if self._report.local or index in examined.plain else None, self._declared(name))
            for index, (name, kind) in enumerate(examined.columns or ())
        )
        certain = self._report.local or len(examined.plain) == len(columns)
        name_span = self._node.plugin.element.name_span
        return Schema(columns, name_span, self._node.declared_output or "", complete=self._schema.complete and certain)

    def _declared(self, name: str) -> Span | None:
        column = self._schema.find(name)
        return column.declared if column else None

    def _is_certain(self, problem: Problem) -> bool:
        from spec.sql.examine import Trouble

        if problem.trouble is Trouble.COLUMN:
            return self._schema.complete and (self._report.local or bool(problem.known))
        return self._report.local

    def _add(self, problem: Problem) -> None:
        code, label = _CODES[problem.trouble.value]
        span, via = self._place(problem.at)
        suggestion = suggest(problem.name, problem.known)
        is_column = code == "T512" and problem.known
        notes = suggestion.note() or (column_note(self._schema) if is_column else ())
        self._report.findings.add(
            code,
            problem.message,
            span,
            label=label,
            secondary=(*(made_label(self._schema) if is_column else ()), *via),
            notes=(*notes, *((f"help: {problem.hint}",) if problem.hint else ())),
            fix=unsafe(suggestion.fix(span, problem.name)),
            pointer=self._origin.pointer,
        )

    def _place(self, at: tuple[int, int] | None) -> tuple[Span, tuple[Label, ...]]:
        value = self._origin.value
        span = place_in(value, *at) if at is not None and isinstance(value, Scalar) else value.span
        return span, tuple(Label(each, "the query comes in here") for each in value.via[:1])

    def _check_table(self, examined: Examined) -> None:
        table = examined.table
        before = [name for one in self._node.inputs if (name := one.declared_output)]
        allowed = [*before, *self._node.declared_inputs]
        if table is None or not allowed or table.casefold() in {_ANY_INPUT, *(name.casefold() for name in allowed)}:
            return
        span, via = self._place(examined.table_at)
        self._report.findings.add(
            "T515",
            f'the query reads from "{table}", but its input is {" and ".join(quoted(dict.fromkeys(allowed)))}',
            span,
            label="stands for the input, whatever it is called",
            severity=Severity.WARNING,
            secondary=via,
            notes=("a Sql transform reads its plugin_input under any name, so this misleads its readers",),
            pointer=self._origin.pointer,
        )


def _repeated(names: list[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name.casefold() in seen or seen.add(name.casefold())]  # type: ignore[func-returns-value]


_CODES: Mapping[str, tuple[str, str]] = {
    "syntax": ("T510", "the query is no SQL from here on"),
    "shape": ("T511", "not row by row"),
    "column": ("T512", "no such column"),
    "function": ("T513", "no such function"),
    "seatunnel-function": ("E805", "only SeaTunnel has it"),
    "type": ("T514", "no such type"),
    "arguments": ("T514", "does not fit"),
    "literal": ("T516", "cannot be converted"),
    "other": ("T514", "does not fit"),
}
