"""What the editor may set, by ``initializationOptions``; and which directory's files a document may include."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from pygls.uris import to_fs_path

from schemas.loader import ENGINES
from spec.errors import UsageError


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``engine``: the engine the jobs are for. ``variables``: the values of ``-i``."""

    engine: str = "local"
    variables: dict[str, str] = {}


def read_settings(options: Any) -> Settings:
    """The settings in ``options``. Raises UsageError when they are not of that form."""
    if options is None:
        return Settings()
    try:
        settings = msgspec.convert(options, Settings)
    except msgspec.ValidationError as error:
        raise UsageError(f"initializationOptions: {error}", hint="known are engine and variables") from error
    if settings.engine not in ENGINES:
        raise UsageError(
            f'initializationOptions: there is no engine "{settings.engine}"', hint=f"engines: {', '.join(ENGINES)}"
        )
    return settings


def include_directory(document: str, folders: Iterable[str]) -> Path | None:
    """The directory that the document may include from: its own, as for ``flowdeck check``, if that lies in a folder of the
    workspace or the editor has no workspace. Else None: then includes are refused."""
    path = to_fs_path(document)
    if path is None:
        return None
    directory = Path(os.path.realpath(path)).parent
    roots = [Path(os.path.realpath(root)) for folder in folders if (root := to_fs_path(folder))]
    inside = not roots or any(directory.is_relative_to(root) for root in roots)
    return Path(path).parent if inside else None
