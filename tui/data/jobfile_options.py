"""How job files are read, on the command line and on the screen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from spec.document import Dialect, ReadOptions


def read_options(directory: Path, variables: Mapping[str, str], dialect: str | None) -> ReadOptions:
    """How to read a file of ``directory``: it may include what lies there and below."""
    return ReadOptions(
        dialect=Dialect(dialect) if dialect else None,
        variables=dict(variables),
        environment=dict(os.environ),
        include_root=directory,
    )
