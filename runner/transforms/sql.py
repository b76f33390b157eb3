"""Sql: one SELECT over one dataset, row by row."""

from __future__ import annotations

import pyarrow as pa

from runner.dataset.engine import PASS_THROUGH, Engine
from runner.dataset.sql_text import identifier
from runner.transforms.base import Transform
from runner.transforms.dialect import tree
from runner.transforms.dialect.check import check_plan, check_shape
from runner.transforms.dialect.lexer import quoted_names, select_items, standard_quotes
from runner.transforms.dialect.rewrite import Rewriter
from runner.transforms.dialect.tree import Node, QueryError
from spec.job import PluginSpec


class SqlTransform(Transform):
    """``query``: any name in FROM means the input, as in SeaTunnel (``dual`` too)."""

    keeps_rows = False

    def __init__(self, plugin: PluginSpec) -> None:
        super().__init__(plugin)
        self._query = self.options.text("query")
        self._engine: Engine | None = None

    def install(self, engine: Engine) -> None:
        """Remember the engine: queries are parsed and typed by it."""
        self._engine = engine

    def compile(self, input_sql: str, input_schema: pa.Schema) -> str:
        """The query over its input as a common table expression. Raises QueryError or duckdb.Error."""
        engine = self._engine
        if engine is None:
            raise RuntimeError("install comes before compile")
        query, parsed = self._parse(engine, input_schema)
        node = tree.statement(parsed)
        name = check_shape(node, engine.connection)
        _name_items(node, query)

        def type_of(expression: Node) -> str:
            alone = tree.print_select(tree.with_select_list(parsed, [{**expression, "alias": "value"}]), engine.connection)
            return str(engine.columns(_over(name, PASS_THROUGH, alone), input_schema)[0][1])

        rewriter = Rewriter(engine, input_schema.names, type_of)
        node["select_list"] = rewriter.rewrite(node["select_list"])
        node["where_clause"] = rewriter.rewrite(node["where_clause"])
        return _over(name, input_sql, tree.print_select(parsed, engine.connection))

    def _parse(self, engine: Engine, input_schema: pa.Schema) -> tuple[str, Node]:
        """The query's text and tree. A column may have a name that the engine reserves (``offset``, ``order``, ``at``)."""
        query = standard_quotes(self._query)
        try:
            return query, tree.parse_select(query, engine.connection)
        except QueryError as error:
            quoted = quoted_names(query, input_schema.names)
            if quoted == query:
                raise
            first = error
        try:
            return quoted, tree.parse_select(quoted, engine.connection)
        except QueryError:
            raise first from None

    def check(self, sql: str, input_schema: pa.Schema, engine: Engine) -> None:
        """Refuse what needs more than one row at a time."""
        check_plan(engine.operators(sql, input_schema))


def _over(name: str, input_sql: str, query: str) -> str:
    return f"WITH {identifier(name)} AS NOT MATERIALIZED ({input_sql}) {query}"


def _name_items(node: Node, query: str) -> None:
    """An expression without an alias is called by its text."""
    texts = select_items(query)
    items = node["select_list"]
    if len(texts) != len(items):
        return
    for item, text in zip(items, texts, strict=True):
        if not item["alias"] and item["class"] not in {"COLUMN_REF", "STAR"}:
            item["alias"] = text
