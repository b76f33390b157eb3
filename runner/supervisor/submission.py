"""From a request to a job that can run: the text is read and checked in a thread, with the client's variables."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from runner.requests import SubmitRequest
from runner.supervisor.confinement import check_job, check_path, confined_to, may_name
from runner.supervisor.errors import SpecInvalid
from runner.supervisor.labels import check_labels
from runner.supervisor.reloading.content import file_key
from spec.check import CheckResult, check_document
from spec.document import Dialect, ReadOptions, read_text
from spec.errors import UsageError
from spec.job import JobSpec
from spec.job_secrets import concealed_texts, named_secrets
from spec.overrides.apply import override, override_errors, shown_overrides
from spec.position import MASK
from spec.redaction import Redaction
from spec.render.json_report import diagnostic_to_dict

_NAME = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._ -]{1,128}")
_NAMELESS = "job"
_CHECK_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Submission:
    """A checked request. ``request`` keeps only the environment variables that the text uses; ``files`` are the job file and
    what it includes; ``diagnostics`` are warnings and notes; ``overrides`` those of the request, secret values masked.
    ``labels`` are those of the request."""

    request: SubmitRequest
    job: JobSpec
    base_directory: str
    files: tuple[str, ...]
    diagnostics: tuple[dict[str, Any], ...]
    overrides: dict[str, str]
    shown_text: str = ""
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """Tells submissions of different meaning apart."""
        return self.job.content_hash()


async def check_request(
    request: SubmitRequest, environment: Mapping[str, str] | None = None, *, including: bool = True
) -> Submission:
    """Check the job file of a request; ``environment`` adds variables that the client did not send. Without ``including`` no
    file is read that it includes.

    Raises :class:`SpecInvalid` with the diagnostics, :class:`UsageError` for a request that makes no sense and for overrides
    that lead nowhere.
    """
    if request.name is not None:
        check_name("a job's name", request.name)
    check_labels(request.labels)
    # In angle brackets it is no file name, whose ending would tell the dialect.
    name = request.file or f"<{request.name or _NAMELESS}>"
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT):
            return await asyncio.to_thread(_check, request, name, environment or {}, including=including)
    except TimeoutError:
        raise UsageError(f"checking {name} takes more than {_CHECK_TIMEOUT:g} s", code="check-timeout") from None


def check_name(what: str, name: str) -> None:
    """Raise UsageError ``invalid-name`` unless ``name`` can be ``what`` is to be named."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be {what}",
            hint="a name has 1 to 128 letters (a to z), digits, spaces, dots, dashes and underscores, and not only signs",
            code="invalid-name",
        )


def _options(request: SubmitRequest, environment: Mapping[str, str]) -> ReadOptions:
    try:
        dialect = Dialect(request.dialect) if request.dialect else None
    except ValueError:
        known = ", ".join(Dialect)
        raise UsageError(
            f"there is no dialect {request.dialect!r}", hint=f"dialects: {known}", code="invalid-dialect"
        ) from None
    if request.file is not None and not Path(request.file).is_absolute():
        raise UsageError(f"the path of the job file is not absolute: {request.file}", code="invalid-path")
    directory = base_directory(request)
    if "\0" in f"{request.file}{directory}":
        raise UsageError("no path of a job file holds a NUL", code="invalid-path")
    return ReadOptions(
        dialect=dialect,
        variables=request.variables,
        environment={**environment, **request.environment},
        include_root=Path(directory) if directory else None,
    )


def base_directory(request: SubmitRequest) -> str:
    """Where the job's relative paths start; empty when the request does not say."""
    return str(Path(request.file).parent) if request.file else request.base_directory or ""


def names_no_place(request: SubmitRequest) -> bool:
    """Whether the request does not say where its text lies."""
    return request.file is None and request.base_directory is None


def _own_files_only(request: SubmitRequest, name: str) -> tuple[SubmitRequest, str]:
    """A job file that whoever asks may not name here is one of another machine: its text stands alone then, and nothing beside
    it is read. With the name of the text."""
    if request.file is None or may_name(str(Path(request.file).parent)):
        return request, name
    return msgspec.structs.replace(request, file=None, base_directory=None), Path(request.file).name


def _check(request: SubmitRequest, name: str, environment: Mapping[str, str], *, including: bool) -> Submission:
    request, name = _own_files_only(request, name)
    options = _options(request, environment)
    if not including:
        options = replace(options, include_root=None)
    if directory := base_directory(request):
        check_path(directory, "the directory of the job file")
    result = check_document(override(read_text(request.text, name, options), request.overrides, options))
    named = named_secrets({**result.document.environment_used, **request.variables})
    hidden = Redaction(named)
    diagnostics = tuple(hidden.data(diagnostic_to_dict(found)) for found in result.diagnostics)
    if wrong := override_errors(result.diagnostics):
        hint = "; ".join(wrong[0].notes).removeprefix("help: ") or f"`flowdeck explain {wrong[0].code}` says more"
        raise SpecInvalid(hidden.text(f"{wrong[0].file}: {wrong[0].message}"), diagnostics, hint=hidden.text(hint))
    if result.job is None:
        raise SpecInvalid(hidden.text(_summary(result, name)), diagnostics)
    job = result.job if request.name is None else msgspec.structs.replace(result.job, name=request.name)
    job = msgspec.structs.replace(job, concealed=concealed_texts(job, named), confined_to=confined_to())
    check_job(job, directory)
    concealed = Redaction(job.concealed)
    overrides = shown_overrides(request.overrides, result.document.root) if result.document.root else {}
    return Submission(
        request=_kept(request, dict(result.document.environment_used)),
        job=job,
        base_directory=base_directory(request) or os.sep,
        files=tuple(file_key(source.name) for source in result.document.sources),
        diagnostics=diagnostics,
        shown_text=_shown_text(result, concealed),
        overrides={path: concealed.text(value) for path, value in overrides.items()},
        labels=request.labels,
    )


def _kept(request: SubmitRequest, environment: dict[str, str]) -> SubmitRequest:
    """What the generation keeps: what its text means, not what was to be done with it."""
    return msgspec.structs.replace(request, environment=environment, start=True, validate_only=False, labels={})


def _shown_text(result: CheckResult, hidden: Redaction) -> str:
    """The text of the job file as people may see it."""
    source = result.document.source
    text, last = "", 0
    for start, end in source.hidden():
        if start >= last:
            text, last = text + source.text[last:start] + MASK, end
    return hidden.text(text + source.text[last:])


def _summary(result: CheckResult, name: str) -> str:
    errors = [found for found in result.diagnostics if found.severity == "error"]
    first = f": {errors[0].message}" if errors else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{Path(name).name} has {len(errors) or 'no'} error{'s' if len(errors) != 1 else ''}{first}{more}"
