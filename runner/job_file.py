"""From a job file on disk to the request that submits it, for scripts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from runner.requests import SubmitRequest
from runner.user_home import expanded
from spec.document import Dialect, ReadOptions, read_text
from spec.errors import UsageError


def job_file(
    path: Path | str,
    *,
    name: str | None = None,
    variables: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    restore: str | int = "none",
    labels: Mapping[str, str] | None = None,
    start: bool = True,
    dialect: Dialect | None = None,
) -> SubmitRequest:
    """The request for the job of a file: its text, where it is, and those of this process's environment variables that it
    refers to. Nothing is checked here: the daemon says what is wrong. Raises UsageError when the file cannot be read.

    ``variables`` are what ``-i key=value`` sets on the command line, ``overrides`` replace values by path before the job is
    checked, ``restore`` says where it begins: ``none``, ``latest``, a checkpoint's number, or a savepoint's directory.
    """
    file = expanded(path).absolute()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{file}: {reason}", hint="name a job file in HOCON or JSON") from error
    options = ReadOptions(dialect, dict(variables or {}), dict(os.environ), file.parent)
    return SubmitRequest(
        text=text,
        file=str(file),
        dialect=None if dialect is None else str(dialect),
        name=name,
        variables=dict(variables or {}),
        environment=dict(read_text(text, file.name, options).environment_used),
        restore=str(restore),
        overrides=dict(overrides or {}),
        labels=dict(labels or {}),
        start=start,
    )
