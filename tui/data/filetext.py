"""The job file as it is on disk now, to show a diagnostic of hot reload at its line."""

from __future__ import annotations

from pathlib import Path

from tui.data.clean import clean_lines

_MAXIMUM_BYTES = 512 * 1024


def read_lines(path: str | None) -> tuple[str, ...]:
    """The cleaned lines of a regular file; none when it cannot be read or is larger than half a megabyte."""
    if path is None:
        return ()
    file = Path(path)
    try:
        if not file.is_file() or file.stat().st_size > _MAXIMUM_BYTES:
            return ()
        return tuple(clean_lines(file.read_text(encoding="utf-8", errors="replace")).split("\n"))
    except OSError:
        return ()  # the diagnostic is shown without its line
