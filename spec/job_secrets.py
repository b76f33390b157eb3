"""Which texts of a job are secrets: the values of options that hold them, and what was given under a name that says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from schemas.loader import plugin_schema
from spec.checks.secret_text import names_a_secret, passwords_in_url
from spec.checks.secrets import secret_options
from spec.job import JobSpec
from spec.secret_references import refers


def conceal(job: JobSpec, variables: Mapping[str, str]) -> JobSpec:
    """The job with all its secrets told as such; ``variables`` are those that its text refers to."""
    return msgspec.structs.replace(job, concealed=concealed_texts(job, named_secrets(variables)))


def named_secrets(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables whose names say that they are secrets: DB_PASSWORD, API_TOKEN."""
    return tuple(value for name, value in variables.items() if value and names_a_secret(name))


def concealed_texts(job: JobSpec, named: Sequence[str]) -> tuple[str, ...]:
    """All of a job's secrets, the longest first: ``named`` and those in its options."""
    found = set(named)
    for plugin in job.plugins():
        schema = plugin_schema(str(plugin.kind), plugin.name)
        for path, _ in secret_options(plugin.options, schema.document if schema is not None else {}):
            found.update(text for text in _texts(_at(plugin.options, path)) if not refers(text))
        for text in _texts(plugin.options):
            found.update(text[start:end] for start, end in passwords_in_url(text))
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def _at(options: Any, path: Sequence[Any]) -> Any:
    for step in path:
        options = options[step]
    return options


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, str) and current:
            yield current
        elif isinstance(current, Mapping):
            stack.extend(current.values())
        elif isinstance(current, list | tuple):
            stack.extend(current)
