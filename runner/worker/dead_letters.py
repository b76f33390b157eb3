"""Files of rejected rows: JSON lines that appear whole and exactly once, with the checkpoint that has the rows.

They are staged, made durable and renamed as the LocalFile sink's files are, and committed by its tokens: a worker, a later
attempt or the settlement of a dead execution commits them like any other output.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from runner.connectors.base import file_error
from runner.connectors.file.staging import (
    digest,
    discard,
    make_staging,
    remove_empty,
    safe_name,
    staging_directory,
    sync_directory,
    sync_file,
)
from runner.dataset.rejected import RejectedRow
from runner.protocol import SinkToken
from runner.user_home import expanded
from spec.job import JobSpec, OnError

DEFAULT_DIRECTORY = "dead-letters"
_TOKEN_OWNER = "dead_letter"  # noqa: S105 - who commits, no secret
_CONNECTOR = "LocalFile"

_encoder = msgspec.json.Encoder()


class _DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    job: str
    execution: str
    plugin: str
    kind: str
    reason: str
    file: str
    line: int | None
    offset: int | None
    row: str


def dead_letter_directory(job: JobSpec, base_directory: Path) -> Path:
    """Where the job's dead letters go."""
    named = job.env.dead_letter_path or f"{DEFAULT_DIRECTORY}/{safe_name(job.name)}"
    return Path(os.path.normpath(base_directory / expanded(named)))


def has_dead_letters(job: JobSpec) -> bool:
    """Whether a plugin of the job writes any."""
    return any(plugin.error_policy.action is OnError.DEAD_LETTER for plugin in job.plugins())


def drop_dead_letters(job: JobSpec, job_id: str, base_directory: Path) -> None:
    """Drop all that the job has staged: nobody is alive who could commit it."""
    if has_dead_letters(job):
        discard(staging_directory(dead_letter_directory(job, base_directory), job_id), keep_prefix=None)


class DeadLetters:
    """The dead letters of one worker. ``attempt`` is unique among all processes that ever run the execution."""

    def __init__(self, job: JobSpec, base_directory: Path, *, job_id: str, execution: str, attempt: str, worker: int) -> None:
        self._job = job.name
        self._execution = execution
        self._worker = worker
        self._directory = dead_letter_directory(job, base_directory)
        self._staging = staging_directory(self._directory, job_id)
        self._prefix = f"{digest(attempt)}-"
        self._used = has_dead_letters(job)

    def append(self, segment: int, plugin: str, rows: Iterable[RejectedRow]) -> None:
        """Write ``rows`` of a segment down, not durably yet."""
        lines = b"".join(_encoder.encode(self._letter(plugin, row)) + b"\n" for row in rows)
        draft = self._draft(segment)
        make_staging(self._staging)
        try:
            with draft.open("ab") as file:
                file.write(lines)
        except OSError as error:
            raise file_error(error, draft, "write") from error

    def _letter(self, plugin: str, row: RejectedRow) -> _DeadLetter:
        return _DeadLetter(
            job=self._job,
            execution=self._execution,
            plugin=plugin,
            kind=str(row.kind),
            reason=row.reason,
            file=row.file,
            line=row.line,
            offset=row.offset,
            row=row.row,
        )

    def prepare(self, segment: int, checkpoint: int) -> list[SinkToken]:
        """Make the segment's rows durable under a staging name, as rejected before ``checkpoint``; what commits them."""
        draft = self._draft(segment)
        if not self._used or not draft.exists():
            return []
        staged = draft.with_suffix(".json")
        try:
            with draft.open("rb") as lines, staged.open("wb") as file:
                head = b'{"at_checkpoint":%d,' % checkpoint
                file.writelines(head + line[1:] for line in lines)
            draft.unlink()
        except OSError as error:
            raise file_error(error, staged, "write") from error
        sync_file(staged)
        sync_directory(self._staging)
        final = self._directory / f"rejected-{digest(self._execution)}-w{self._worker}-{checkpoint}.json"
        data = {"staging": str(self._staging), "files": [[str(staged), str(final)]]}
        return [SinkToken(sink=_TOKEN_OWNER, connector=_CONNECTOR, data=data)]

    def discard_staging(self) -> None:
        """Drop what other attempts left."""
        if self._used:
            discard(self._staging, keep_prefix=self._prefix)

    def close(self) -> None:
        """Leave no empty directories behind."""
        if self._used:
            remove_empty(self._staging)

    def _draft(self, segment: int) -> Path:
        return self._staging / f"{self._prefix}rejected-w{self._worker}-{segment}.draft"
