"""Which options name files and directories, going by their names: for rules about paths that no schema spells out."""

from __future__ import annotations

import re
from typing import Final

# Whatever the name of an option says is a file or a directory. A table's path is none.
_PATH: Final = re.compile(r"(?:.*[._-])?(?:path|paths|file|files|dir|directory|keytab|location)", re.IGNORECASE)
_PART_OF_PATH: Final = re.compile(r"(?:.*[._-])?(?:filename|file_name|partition_dir)(?:[._-].*)?", re.IGNORECASE)
_NO_PATHS: Final = frozenset({"table_path", "parse_partition_from_path"})


def names_a_path(option: str) -> bool:
    """Whether the values of an option of this name are paths."""
    return option not in _NO_PATHS and _PATH.fullmatch(option) is not None


def makes_a_path(option: str) -> bool:
    """The same, or that a file's name is made of them."""
    return names_a_path(option) or _PART_OF_PATH.fullmatch(option) is not None
