"""Go to definition, references and rename: for datasets, and for substitutions and what they refer to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from spec.diagnostic import Edit
from spec.document import Dialect
from spec.errors import UsageError
from spec.language.columns import column_at
from spec.language.datasets import Mention, Role, mention_at, mentions
from spec.language.known import Known
from spec.language.substitutions import definition_at, definitions, substitution_at, substitutions
from spec.language.view import DocumentView
from spec.position import Span

_UNQUOTED: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class RenameRefused(UsageError):
    """The name cannot be changed here, or not to that."""

    code = "rename-refused"


@dataclass(frozen=True, slots=True)
class Reference:
    """One place of a name. ``is_definition``: it is where the name comes from."""

    span: Span
    is_definition: bool


def find_definition(known: Known, offset: int) -> list[Span]:
    """Where the name at ``offset`` comes from: a dataset's maker, a key's value, a column's first mention."""
    named = column_at(known, offset)
    if named is not None:
        return [named.column.declared] if named.column.declared else []
    return [reference.span for reference in find_references(known, offset) if reference.is_definition]


def find_references(known: Known, offset: int) -> list[Reference]:
    """Every place of the name at ``offset``, in the text and what it includes."""
    views, view = known.views, known.view
    if mention := mention_at(view, offset):
        found = [other for each in views for other in mentions(each) if other.name == mention.name]
        return [Reference(other.span, other.role is Role.MADE) for other in found]
    path = _path_at(view, offset)
    if path is None:
        return []
    references = [Reference(d.key_span, is_definition=True) for each in views for d in definitions(each) if d.path == path]
    references += [Reference(s.span, is_definition=False) for each in views for s in substitutions(each) if s.path == path]
    return references


def renameable(view: DocumentView, offset: int) -> Span | None:
    """The name at ``offset`` if it can be renamed: a dataset that this text makes, or a key of one element that is referred to.
    None when nothing there can be."""
    if mention := mention_at(view, offset):
        return mention.span if _is_made_here(view, mention.name) else None
    path = _path_at(view, offset)
    if path is None or len(path) != 1 or not _is_renameable(view, path):
        return None
    if substitution := substitution_at(view, offset):
        return substitution.name_span
    definition = definition_at(view, offset)
    return definition.key_span if definition else None


def rename(view: DocumentView, offset: int, name: str) -> list[Edit]:
    """The edits that give the name at ``offset`` another one. Raises RenameRefused when that cannot be done."""
    if renameable(view, offset) is None:
        raise RenameRefused(
            "there is no name here that can be changed", hint="datasets made in this file and keys used as ${key}"
        )
    name = name.strip()
    if not name or _CONTROL.search(name) or "${" in name:
        raise RenameRefused("a name must not be empty and must not have control characters or ${")
    if mention := mention_at(view, offset):
        return _rename_dataset(view, mention, name)
    path = _path_at(view, offset)
    return _rename_key(view, path, name) if path else []


def _rename_dataset(view: DocumentView, mention: Mention, name: str) -> list[Edit]:
    if "," in name:
        raise RenameRefused("a dataset's name must not have a comma: it separates names in plugin_input")
    if name != mention.name and _is_made_here(view, name):
        raise RenameRefused(f'there is a dataset "{name}" already')
    return [
        Edit(found.span, _dataset_text(view, found, name))
        for found in mentions(view)
        if found.name == mention.name and not (found.role is Role.QUERIED and not _IDENTIFIER.fullmatch(name))
    ]


def _dataset_text(view: DocumentView, mention: Mention, name: str) -> str:
    """``name`` as it must be written in the place of ``mention``."""
    if mention.role is Role.QUERIED or mention.quote == '"""':
        return name
    if mention.quote or view.dialect is Dialect.JSON:
        return json.dumps(name, ensure_ascii=False)[1:-1]
    return name if _UNQUOTED.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _rename_key(view: DocumentView, path: tuple[str, ...], name: str) -> list[Edit]:
    if any(definition.path == (name,) for definition in definitions(view)) and path != (name,):
        raise RenameRefused(f'there is a key "{name}" already')
    text = name if _UNQUOTED.fullmatch(name) else json.dumps(name, ensure_ascii=False)
    edits = [Edit(found.key_span, text) for found in definitions(view) if found.path == path]
    edits += [Edit(found.name_span, text) for found in substitutions(view) if found.path == path]
    return sorted(edits, key=lambda edit: edit.span.start)


def _path_at(view: DocumentView, offset: int) -> tuple[str, ...] | None:
    """The path that a substitution at ``offset`` refers to, or that a key there defines."""
    if substitution := substitution_at(view, offset):
        return substitution.path
    definition = definition_at(view, offset)
    return definition.path if definition else None


def _is_made_here(view: DocumentView, name: str) -> bool:
    return any(found.name == name and found.role is Role.MADE for found in mentions(view))


def _is_renameable(view: DocumentView, path: tuple[str, ...]) -> bool:
    """Whether a key is a variable of the text: defined here, referred to, and not one that means something by its name. What
    refers to something inside of it would break."""
    referred = [found.path for found in substitutions(view) if found.path[0] == path[0]]
    defined = any(found.path == path for found in definitions(view))
    return defined and path in referred and all(found == path for found in referred) and path[0] != "env"
