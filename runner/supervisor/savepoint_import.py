"""A savepoint's directory becomes a savepoint of a job of this home: read, checked against the job, and recorded."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, SavepointOrigin
from runner.savepoint.errors import SavepointInvalid
from runner.savepoint.reading import SavepointDirectory, read_directory
from runner.supervisor.compatibility import breaches
from runner.supervisor.confinement import check_path
from runner.supervisor.errors import Conflict
from runner.supervisor.journal import Entry
from runner.supervisor.restore_point import ALL
from runner.supervisor.snapshot import Snapshot, SnapshotUnreadable, decode_snapshot, encode_snapshot
from spec.job import JobSpec
from spec.plan.compatibility import identities, moved


@dataclass(frozen=True, slots=True)
class ImportedSavepoint:
    """A directory that a job can go on from, and the state as the job's store will keep it."""

    directory: SavepointDirectory
    snapshot: Snapshot

    @property
    def reason(self) -> str:
        """What an execution that starts from it says."""
        manifest = self.directory.manifest
        return f"savepoint {manifest.number} of {manifest.job_name}, imported from {self.directory.path}"


def names_directory(wanted: str) -> bool:
    """Whether a restore point is given as the path of a savepoint's directory."""
    return wanted.startswith(os.sep)


async def read_import(path: str, job: JobSpec) -> ImportedSavepoint:
    """Read and verify the directory, and check that ``job`` can go on from it. Raises :class:`SavepointInvalid` and
    :class:`Conflict`."""
    return await asyncio.to_thread(_read, path, job)


def _read(path: str, job: JobSpec) -> ImportedSavepoint:
    check_path(path, "the savepoint's directory")
    directory = read_directory(Path(path), lambda opened: check_path(str(opened), "the savepoint's directory"))
    try:
        snapshot = decode_snapshot(directory.state)
    except (SnapshotUnreadable, RecursionError) as error:
        raise SavepointInvalid(f"{path}: the state cannot be read: {error}") from error
    manifest = directory.manifest
    if manifest.sources != snapshot.sources or manifest.plugins.keys() != snapshot.plugins.keys():
        raise SavepointInvalid(f"{path}: the manifest describes another state than the one beside it")
    wanted = identities(job)
    # Nothing is left to commit: a savepoint gets its directory when its output is visible.
    snapshot = msgspec.structs.replace(snapshot, plugins=moved(snapshot.plugins, wanted), tokens=[])
    found = breaches(snapshot, job)
    if found:
        raise Conflict(
            f"the job cannot go on from the savepoint in {path}: " + "; ".join(map(str, found)),
            hint="restore it with a job file whose sources are the same, or start from the beginning",
        )
    return ImportedSavepoint(directory, snapshot)


def record_import(entry: Entry, job_id: str, generation: int, imported: ImportedSavepoint, now: float) -> int:
    """Keep it as a savepoint of the job; its number there. One that was imported before is not kept twice."""
    directory, manifest = imported.directory, imported.directory.manifest
    for known in entry.store.checkpoints(job_id, CheckpointKind.SAVEPOINT, ALL):
        same = known.origin is not None and known.origin.digest == directory.digest
        if same and known.status is CheckpointStatus.COMMITTED:
            return known.id
    state = encode_snapshot(imported.snapshot)
    checkpoint = Checkpoint(
        id=entry.store.next_checkpoint_id(job_id),
        job_id=job_id,
        execution_id="",
        generation=generation,
        kind=CheckpointKind.SAVEPOINT,
        status=CheckpointStatus.COMMITTED,
        triggered_at=manifest.created_at,
        completed_at=now,
        committed_at=now,
        size=len(state),
        rows_in=manifest.rows_in,
        rows_out=manifest.rows_out,
        bytes_in=manifest.bytes_in,
        bytes_out=manifest.bytes_out,
        splits=len(imported.snapshot.splits),
        splits_finished=sum(split.finished for split in imported.snapshot.splits),
        description=manifest.description,
        requested_by="an import",
        origin=SavepointOrigin(
            path=str(directory.path),
            digest=directory.digest,
            job_id=manifest.job_id,
            job_name=manifest.job_name,
            number=manifest.number,
            flowdeck_version=manifest.flowdeck_version,
            imported_at=now,
        ),
    )
    entry.store.insert_complete_checkpoint(checkpoint, state)
    entry.note("savepoint.imported", f"savepoint {checkpoint.id} is {imported.reason}", job_id=job_id)
    return checkpoint.id
