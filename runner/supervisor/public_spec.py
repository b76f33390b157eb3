"""A job as people may see it: in the API, in events and in every listing. Secrets never get there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from schemas.loader import plugin_schema
from spec.checks.secret_text import mask_passwords
from spec.checks.secrets import secret_options
from spec.job import JobSpec
from spec.plan.plan import MASKED
from spec.redaction import Redaction
from spec.secret_references import refers

_KINDS = {"sources": "source", "transforms": "transform", "sinks": "sink"}


def public_spec(job: JobSpec) -> dict[str, Any]:
    """The job as plain data. :data:`~spec.plan.plan.MASKED` stands for the values of secret options, at any depth, for
    passwords inside addresses, and for what the job conceals. References to secrets are shown."""
    spec: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(job, concealed=(), confined_to=()))
    for section, kind in _KINDS.items():
        for plugin in spec[section]:
            schema = plugin_schema(kind, plugin["name"])
            options = plugin["options"]
            for path, _ in list(secret_options(options, schema.document if schema is not None else {})):
                _hide(_parent(options, path), path[-1])
            plugin["options"] = _without_passwords(options)
    return cast("dict[str, Any]", Redaction(job.concealed).data(spec))


def _hide(options: Any, name: Any) -> None:
    value = options[name]
    if not (isinstance(value, str) and refers(value)):
        options[name] = MASKED


def _parent(options: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        options = options[step]
    return options


def _without_passwords(value: Any) -> Any:
    """Plain data with the passwords inside its texts masked. Options are as deep as the reader lets them be."""
    if isinstance(value, str):
        return mask_passwords(value, MASKED)
    if isinstance(value, Mapping):
        return {key: _without_passwords(item) for key, item in value.items()}
    return [_without_passwords(item) for item in value] if isinstance(value, list) else value
