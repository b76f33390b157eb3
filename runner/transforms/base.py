"""What a transform promises: a projection or filter in SQL over its input, row by row, without state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import pyarrow as pa

from runner.connectors.base import PluginError
from runner.connectors.options import Options
from runner.dataset.engine import Engine
from spec.job import PluginSpec
from spec.sql.text import identifier


class MissingField(PluginError):
    """A transform names an input field that its input does not have."""

    code = "missing-field"


class Transform(ABC):
    """Compiles to SQL. One instance per worker, used once, while the pipeline is built."""

    keeps_rows: ClassVar[bool] = True
    """True: as many rows come out as go in."""

    def __init__(self, plugin: PluginSpec) -> None:
        self.plugin = plugin
        self.options = Options(plugin.options, plugin.name)

    def install(self, engine: Engine) -> None:  # noqa: B027 - a hook that most transforms leave out
        """Create what the compiled SQL relies on, before the engine is locked."""

    @abstractmethod
    def compile(self, input_sql: str, input_schema: pa.Schema) -> str:
        """A SELECT over ``(input_sql)``, whose columns are ``input_schema``. Raises PluginError."""

    def check(self, sql: str, input_schema: pa.Schema, engine: Engine) -> None:  # noqa: B027 - a hook, as above
        """Refuse compiled SQL that is not row by row; ``input_schema`` is that of the chain's input."""

    def require(self, fields: Iterable[str], schema: pa.Schema) -> None:
        """Raise MissingField unless the input has all ``fields``."""
        missing = [name for name in fields if name not in schema.names]
        if missing:
            words = ", ".join(f"'{name}'" for name in missing)
            raise MissingField(
                f"{self.plugin.name}: the input has no field {words}",
                hint=f"it has: {', '.join(schema.names)}",
                plugin=self.plugin.id,
            )


def select(items: Iterable[str], input_sql: str) -> str:
    """``SELECT items FROM (input_sql)``."""
    return f"SELECT {', '.join(items)} FROM ({input_sql}) AS input"  # noqa: S608 - built from quoted identifiers


def renamed(expression: str, name: str) -> str:
    """``expression AS "name"``."""
    return f"{expression} AS {identifier(name)}"


def with_columns(names: Iterable[str], made: dict[str, str]) -> list[str]:
    """The select items of all columns ``names`` with ``made`` (name: expression) in their place, or after them."""
    items = [renamed(made[name], name) if name in made else identifier(name) for name in names]
    present = set(names)
    return items + [renamed(expression, name) for name, expression in made.items() if name not in present]
