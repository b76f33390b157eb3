"""Put a new text in a file's place, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from spec.errors import UsageError
from spec.syntax.files import read_text_file


def replace_text(path: Path, before: str, after: str) -> None:
    """Make ``after`` the text of the file at ``path``, in UTF-8, keeping its permissions; a symbolic link stays one.

    Whoever reads the file sees the old text or the new one. Raises UsageError when the file does not hold ``before`` any more,
    and OSError when it cannot be written.
    """
    real = Path(os.path.realpath(path))
    mode = stat.S_IMODE(real.stat().st_mode)
    if not os.access(real, os.W_OK):  # a directory that may be written would let us replace a file that may not
        raise PermissionError(13, "the file is write-protected", str(path))
    descriptor, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name[:64]}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(after.encode())
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        _require_unchanged(path, before)
        Path(name).replace(real)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _require_unchanged(path: Path, before: str) -> None:
    if read_text_file(path) != before:
        raise UsageError(f"{path} was changed in the meantime and is left as it is", hint="try again", code="file-changed")
