"""The schema files as data: read when asked for, once, with the references between them put in place.

What a schema says of a plugin is read in :mod:`schemas.loader` and :mod:`schemas.documents`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

_ROOT = Path(__file__).parent


class SchemaFileError(LookupError):
    """A schema file refers to something that is not there: a mistake in ``schemas/``, not in a job file."""


@cache
def read_schema(path: str) -> dict[str, Any]:
    """The file at ``path`` (relative to ``schemas/``) as it stands; not to be changed."""
    return msgspec.json.decode((_ROOT / path).read_bytes(), type=dict[str, Any])


def load_schema(path: str) -> dict[str, Any]:
    """The file at ``path`` as one document: every ``$ref`` replaced by what it names."""
    document: dict[str, Any] = _inlined(read_schema(path), path)
    return document


@cache
def file_stems(folder: str) -> frozenset[str]:
    """The names, without ending, of the schema files in ``folder``."""
    return frozenset(path.stem for path in (_ROOT / folder).glob("*.json"))


def _inlined(node: Any, path: str) -> Any:
    """``node`` with every ``$ref`` replaced by what it names; keys beside the ``$ref`` win."""
    if isinstance(node, list):
        return [_inlined(item, path) for item in node]
    if not isinstance(node, dict):
        return node
    own = {key: _inlined(value, path) for key, value in node.items() if key != "$ref"}
    if "$ref" not in node:
        return own
    return {**_referred(node["$ref"], path), **own}


def _referred(reference: str, path: str) -> dict[str, Any]:
    """What ``reference``, which stands in the file at ``path``, names. Shared by everything that refers to it."""
    name, _, pointer = reference.partition("#")
    return _definition(_resolved(name, path), pointer)


def _resolved(name: str, path: str) -> str:
    """The path, from ``schemas/``, of the file that ``name`` means in the file at ``path``."""
    if not name:
        return path
    folder = path.rpartition("/")[0]
    while name.startswith("../"):
        folder, name = folder.rpartition("/")[0], name[3:]
    return f"{folder}/{name}" if folder else name


@cache
def _definition(path: str, pointer: str) -> dict[str, Any]:
    target: Any = read_schema(path)
    for step in pointer.split("/")[1:]:
        if step not in target:
            raise SchemaFileError(f"{path}#{pointer} names nothing")
        target = target[step]
    inlined: dict[str, Any] = _inlined(target, path)
    return inlined
