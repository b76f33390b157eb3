"""Options against their schema: quickly when all is well, by the JSON Schema library when something is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from schemas.loader import environment_schema, open_schema, plugin_schema
from spec.checks.acceptance import Acceptance

if TYPE_CHECKING:  # the library is imported only when there is something to say: it takes longer than a whole check
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError


@dataclass(frozen=True)
class Validation:
    """A schema, ready to judge any number of blocks."""

    document: Mapping[str, Any]

    def errors(self, data: Mapping[str, Any]) -> Iterable[ValidationError]:
        """What the library says is wrong with ``data``; empty when it is valid."""
        return () if self._acceptance.accepts(data) else self._validator.iter_errors(data)

    @cached_property
    def _acceptance(self) -> Acceptance:
        return Acceptance(self.document)

    @cached_property
    def _validator(self) -> Draft202012Validator:
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.document)


@cache
def plugin_validation(kind: str, name: str) -> Validation:
    """The validation of the plugin of that canonical name; one without a schema has only its common options judged."""
    return Validation((plugin_schema(kind, name) or open_schema(kind, name)).document)


@cache
def environment_validation() -> Validation:
    """The validation of the ``env`` block."""
    return Validation(environment_schema())
