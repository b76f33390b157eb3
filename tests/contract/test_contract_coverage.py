"""Nobody forgets a plugin: the registries, the schemas and the cases of the contract suite name the same ones."""

from __future__ import annotations

import pytest
from cases import SinkCase, SourceCase, TransformCase, all_cases
from every_type import FIELDS

from runner.connectors.registry import sink_names, source_names
from runner.transforms.registry import transform_names
from schemas.loader import plugin_names
from spec.types import ScalarType

REGISTERED = {
    "source": (SourceCase, source_names),
    "sink": (SinkCase, sink_names),
    "transform": (TransformCase, transform_names),
}


@pytest.mark.parametrize("kind", REGISTERED)
def test_every_registered_plugin_has_a_contract_case(kind: str) -> None:
    """A plugin without one makes the suite fail; so does a case of a plugin that is gone."""
    case_type, names = REGISTERED[kind]
    assert {case.plugin for case in all_cases() if isinstance(case, case_type)} == set(names())


@pytest.mark.parametrize("kind", REGISTERED)
def test_the_local_engine_has_the_plugins_that_the_schemas_say_it_has(kind: str) -> None:
    """``check --engine local`` and the engine agree."""
    _, names = REGISTERED[kind]
    assert set(plugin_names(kind, "local")) == set(names())


def test_the_table_of_every_type_has_every_type() -> None:
    """A field type that is added is tested with every plugin, or this fails."""
    declared = " ".join(str(field) for field in FIELDS.values())
    missing = [scalar for scalar in ScalarType if str(scalar) not in declared]
    assert missing == []
    assert all(word in declared for word in ("decimal", "array", "map", "{"))
