"""What a sink does about files that were there before it, once, before the first row of a fresh execution."""

from __future__ import annotations

import enum
import os
from pathlib import Path

from runner.connectors.base import TargetError, file_error
from runner.connectors.file.format import FileFormat
from runner.connectors.options import Options


class DataSaveMode(enum.StrEnum):
    """``data_save_mode``."""

    APPEND_DATA = "APPEND_DATA"
    DROP_DATA = "DROP_DATA"
    ERROR_WHEN_DATA_EXISTS = "ERROR_WHEN_DATA_EXISTS"


def apply_save_mode(target: Path, file_format: FileFormat, options: Options) -> None:
    """Remove or refuse what is in ``target`` as the options say. Raises TargetError."""
    if target.exists() and not target.is_dir():
        raise TargetError(f"{target} is not a directory", position=str(target))
    mode = options.choice(DataSaveMode, "data_save_mode", default=DataSaveMode.APPEND_DATA)
    if mode is DataSaveMode.APPEND_DATA:
        return
    files = existing_files(target, file_format, partitioned=bool(options.texts("partition_by")))
    if mode is DataSaveMode.DROP_DATA:
        for file in files:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise file_error(error, file, "remove") from error
    elif files:
        raise TargetError(
            f"{target} has {file_format} files already",
            hint="data_save_mode = DROP_DATA replaces them, APPEND_DATA adds to them",
            position=str(target),
        )


def existing_files(target: Path, file_format: FileFormat, *, partitioned: bool) -> list[Path]:
    """Regular files in ``target`` that this format's sink may have written. Symbolic links are neither followed nor listed;
    directories below are looked into only when the sink makes such directories.
    """
    found = []
    for directory, names, files in os.walk(target):
        names[:] = [name for name in names if partitioned and not name.startswith(".")]
        for name in files:
            path = Path(directory, name)
            if name.endswith(file_format.suffix) and not name.startswith(".") and not path.is_symlink():
                found.append(path)
    return found
