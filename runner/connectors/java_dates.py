"""Date patterns in options: Java's, as DuckDB's format directives."""

from __future__ import annotations

from runner.connectors.options import Options
from spec.sql.java_dates import UnknownPattern, directives


def java_time_directives(pattern: str, option: str, options: Options) -> str:
    """The directives of the pattern in ``option``. Raises OptionError for a letter that is not known."""
    try:
        return directives(pattern)
    except UnknownPattern as error:
        raise options.error(option, f"is no date pattern: {error}") from error
