"""Values from outside of the text: the environment and what the caller gives by ``-i``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from spec.position import SourceText, Span
from spec.resolver.nodes import ListNode
from spec.value import Scalar

RESERVED_NAMES: Final = frozenset(
    {
        "database_name",
        "schema_name",
        "schema_full_name",
        "table_name",
        "table_full_name",
        "primary_key",
        "unique_key",
        "field_names",
    }
)
_PLACEHOLDER: Final = re.compile(r"\$\{([^:{}]+)(?::([^}]*))?\}")


class Externals:
    """Looks names up in the environment, then among the variables, and remembers which environment variables were used."""

    def __init__(self, variables: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self.variables = variables
        self.environment = environment
        self.environment_used: dict[str, str] = {}
        self.shadowed: dict[str, Span] = {}

    def find(self, path: tuple[str, ...], span: Span) -> Scalar | ListNode | None:
        """The value of a reference that the document does not define. The environment wins over ``-i``, as in SeaTunnel."""
        name = ".".join(path)
        if len(path) == 1 and name in self.environment:
            value = self.environment_used[name] = self.environment[name]
            if name in self.variables:
                self.shadowed.setdefault(name, span)
            # The span shows the name only: an environment often holds secrets.
            return Scalar(value, Span(SourceText("<environment>", name), 0, len(name)))
        if name in self.variables:
            return _variable(name, self.variables[name])
        return None

    def fill(self, text: str) -> str:
        """``text`` with every ``${name}`` and ``${name:default}`` replaced by the variable, else the default, else left.

        An empty variable counts as unset; names that the engine fills in per table are left alone.
        """
        return _PLACEHOLDER.sub(self._fill_one, text)

    def _fill_one(self, match: re.Match[str]) -> str:
        name, default = match.groups()
        if name in RESERVED_NAMES:
            return match[0]
        value = self.variables.get(name, "")
        if value:
            return value
        return match[0] if default is None else default.strip()


def _variable(name: str, value: str) -> Scalar | ListNode:
    """A variable is text; ``[a,b]`` is a list of texts, split at the commas and not trimmed."""
    source = SourceText("<-i>", f"{name}={value}")
    at = len(name) + 1
    if not (value.startswith("[") and value.endswith("]") and len(value) > 1):
        return Scalar(value, Span(source, at, at + len(value)))
    items: list[Scalar] = []
    start = at + 1
    for part in value[1:-1].split(",") if len(value) > 2 else []:
        items.append(Scalar(part, Span(source, start, start + len(part))))
        start += len(part) + 1
    return ListNode([(item, ()) for item in items], Span(source, at, at + len(value)))
