"""Two files that say they are the same job: found, and told with the place in both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spec.diagnostic import Diagnostic, Label, Severity
from spec.document import ReadOptions, read_file
from spec.position import Span
from spec.render.json_report import diagnostic_to_dict
from spec.value import ObjectValue, Value

CODE = "name-taken"


def clash(file: str, name: str, rival: str) -> dict[str, Any]:
    """The diagnostic for ``file``, which gives its job the ``name`` that the job of ``rival`` has, a file or a job that comes
    from none. Blocks."""
    mine, theirs = _name_span(file), _name_span(rival)
    return diagnostic_to_dict(
        Diagnostic(
            code=CODE,
            severity=Severity.ERROR,
            message=f'another job is named "{name}": that of {rival}',
            file=file,
            primary=Label(mine, "this name") if mine else None,
            secondary=(Label(theirs, "the same name"),) if theirs else (),
            notes=("help: give one of them another name, or delete one of the files",),
            pointer="/env/job.name" if mine else "",
        )
    )


def _name_span(file: str) -> Span | None:
    """Where the file says its job's name; None when it does not say it, or is no file."""
    path = Path(file)
    if not path.is_file():
        return None
    document = read_file(path, ReadOptions(include_root=path.parent))
    value = _at(document.root, "env", "job.name") or _at(document.root, "env", "job", "name")
    return value.span if value is not None else None


def _at(value: Value | None, *keys: str) -> Value | None:
    for key in keys:
        value = value.get(key) if isinstance(value, ObjectValue) else None
    return value
