"""The directories of the home's savepoints: each is written once its savepoint is committed, and again later if that failed.

The job does not wait for it. What the store says of a directory becomes true before it is said: written, then recorded; what a
crash leaves in between is found at the next start.
"""

from __future__ import annotations

import asyncio
import logging
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from runner.home import Home
from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, Event, Job, SavepointPlace
from runner.operation import Effects
from runner.savepoint.errors import SavepointInvalid
from runner.savepoint.manifest import FORMAT, Manifest
from runner.savepoint.reading import read_directory
from runner.savepoint.writing import remove_directory, remove_unfinished, state_entry, write_directory
from runner.store.errors import StoreError
from runner.store.store import Store
from runner.supervisor.event_bus import EventBus
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.public_spec import public_spec
from runner.supervisor.savepoint_deletion import deletable, deletion_effects, savepoint_of
from runner.supervisor.snapshot import SnapshotUnreadable, decode_snapshot, encode_snapshot
from spec.errors import FlowdeckError
from spec.job import decode_job

_log = logging.getLogger(__name__)
_LOOK_AGAIN = 60.0
_CLOSING_PATIENCE = 5.0
_WRITING_PATIENCE = 30.0


class Savepoints:
    """Those of one daemon's home."""

    def __init__(self, home: Home, journal: Journal, bus: EventBus) -> None:
        self._home = home
        self._journal = journal
        self._bus = bus
        self._lock = asyncio.Lock()
        """Held while a directory is made or removed: what nobody knows yet is not what nobody knows any more."""

    async def run(self) -> None:
        """Write what is missing, then each savepoint that is committed, until cancelled."""
        with self._bus.subscribe() as events:
            await self.catch_up()
            while True:
                try:
                    async with asyncio.timeout(_LOOK_AGAIN):
                        event = await anext(events)
                except TimeoutError:
                    await self.catch_up()
                except StopAsyncIteration:
                    return
                else:
                    await self._hear(event)

    async def _hear(self, event: Event) -> None:
        if event.kind == "checkpoint.committed" and event.job_id and event.data.get("kind") == CheckpointKind.SAVEPOINT:
            try:
                await self.write(event.job_id, int(event.data["checkpoint"]))
            except FlowdeckError as error:
                _log.warning("a savepoint's directory was not written: %s", error.message)

    async def catch_up(self) -> None:
        """Write every directory that is not there yet, and remove those below the home that no record names any more."""
        try:
            for savepoint in await self._journal.read(_unwritten):
                await self.write(savepoint.job_id, savepoint.id)
            async with self._lock:
                known = await self._journal.read(lambda store: store.savepoint_ids())
                await asyncio.to_thread(_remove_unknown, self._home, known)
        except (FlowdeckError, OSError) as error:
            _log.warning("the savepoints' directories were not looked after: %s", error)

    async def close(self) -> None:
        """What was just committed gets its directory before the daemon goes, if that is quick."""
        try:
            async with asyncio.timeout(_CLOSING_PATIENCE):
                await self.catch_up()
        except TimeoutError:
            _log.warning("a savepoint's directory is left to the next daemon")

    async def write(self, job_id: str, number: int) -> Checkpoint | None:
        """Write the directory of a committed savepoint unless it is there, and record where it is, or why it is not. The record
        then; None when there is no such savepoint."""
        async with self._lock:
            savepoint = await self._journal.read(lambda store: store.checkpoint(job_id, number))
            if savepoint is None or not _needs_directory(savepoint):
                return savepoint
            place = await self._write(savepoint)
            await self._record(savepoint, place)
        return await self._journal.read(lambda store: store.checkpoint(job_id, number))

    async def _write(self, savepoint: Checkpoint) -> SavepointPlace:
        path = self.path_of(savepoint)
        try:
            manifest, state = await self._journal.read(lambda store: _content(store, savepoint))
            async with asyncio.timeout(_WRITING_PATIENCE):
                digest = await asyncio.to_thread(write_directory, path, manifest, state)
        except TimeoutError:
            return SavepointPlace(path=str(path), trouble=f"it could not be written within {_WRITING_PATIENCE:g} s")
        except (FlowdeckError, msgspec.DecodeError) as error:
            return SavepointPlace(path=str(path), trouble=str(error))
        now = time.time()
        return SavepointPlace(path=str(path), written_at=now, digest=digest, verified_at=now)

    async def _record(self, savepoint: Checkpoint, place: SavepointPlace) -> None:
        if place == savepoint.place:
            return

        def work(entry: Entry) -> None:
            entry.store.set_savepoint_place(savepoint.job_id, savepoint.id, place)
            what = f"is in {place.path}" if place.written_at else f"has no directory yet: {place.trouble}"
            data = {"savepoint": savepoint.id, "path": place.path, "written": place.written_at is not None}
            entry.note("savepoint.directory", f"savepoint {savepoint.id} {what}", job_id=savepoint.job_id, data=data)

        await self._journal.write(work)

    def path_of(self, savepoint: Checkpoint) -> Path:
        """Where the directory of a savepoint is or is to be."""
        if savepoint.place is not None:
            return Path(savepoint.place.path)
        return self._home.savepoint_directory(savepoint.job_id, savepoint.id)

    async def get(self, job: Job, number: int) -> Checkpoint:
        """One savepoint. Raises :class:`NotFound`."""
        return await self._journal.read(lambda store: savepoint_of(store, job, number))

    async def verify(self, job: Job, number: int) -> tuple[Checkpoint, tuple[str, ...]]:
        """Check every byte of the state in the store and of the directory, which is written first when it is not there yet; the
        record, and what is wrong. Raises :class:`NotFound`."""
        await self.write(job.id, number)
        savepoint = await self._journal.read(lambda store: savepoint_of(store, job, number))
        problems = []
        try:
            await self._journal.read(lambda store: decode_snapshot(store.checkpoint_state(savepoint.job_id, savepoint.id)))
        except (StoreError, SnapshotUnreadable) as error:
            problems.append(f"in the store: {error.message}")
        place = savepoint.place or SavepointPlace(path=str(self.path_of(savepoint)))
        if place.written_at is None:
            problems.append(f"{place.path} is not written yet" + (f": {place.trouble}" if place.trouble else ""))
        else:
            trouble = await asyncio.to_thread(_trouble, place)
            place = msgspec.structs.replace(place, verified_at=time.time(), trouble=trouble)
            problems.extend(filter(None, [trouble]))
            await self._journal.write(lambda entry: entry.store.set_savepoint_place(savepoint.job_id, savepoint.id, place))
        return msgspec.structs.replace(savepoint, place=place), tuple(problems)

    async def deletion(self, job: Job, number: int, *, force: bool) -> Effects:
        """What :meth:`delete` would do now. Raises :class:`NotFound`."""
        return await self._journal.read(lambda store: deletion_effects(store, job, number, force=force))

    async def delete(self, job: Job, number: int, *, force: bool) -> None:
        """Forget a savepoint and remove its directory. Raises :class:`NotFound`, :class:`Conflict` with what would be lost."""

        def work(entry: Entry) -> Checkpoint:
            entry.require_condition()
            savepoint = deletable(entry.store, job, number, force=force)
            gone = entry.store.release_savepoint(job.id, number)
            how = "deleted" if gone else "no savepoint any more; its state is kept until there is a newer checkpoint"
            entry.note("savepoint.deleted", f"{job.name}: savepoint {number} is {how}", job_id=job.id)
            return savepoint

        await self._remove(await self._journal.write(work))

    async def _remove(self, savepoint: Checkpoint) -> None:
        """Remove the directory of what is no savepoint any more, if it is below the home."""
        path = self.path_of(savepoint)
        if path != self._home.savepoint_directory(savepoint.job_id, savepoint.id):
            return  # somebody wanted it there
        async with self._lock:
            try:
                await asyncio.to_thread(remove_directory, path)
            except OSError as error:  # the next look removes it: no record names it
                _log.warning("cannot remove %s: %s", path, error)


def _needs_directory(savepoint: Checkpoint) -> bool:
    committed = savepoint.kind is CheckpointKind.SAVEPOINT and savepoint.status is CheckpointStatus.COMMITTED
    return committed and (savepoint.place is None or savepoint.place.written_at is None)


def _unwritten(store: Store) -> list[Checkpoint]:
    every = [*store.savepoints(), *store.savepoints(deleted=True)]
    return [savepoint for savepoint in every if _needs_directory(savepoint)]


def _content(store: Store, savepoint: Checkpoint) -> tuple[Manifest, bytes]:
    """The directory's content. The commit tokens stay here: the output is visible, and they name this machine's files."""
    snapshot = decode_snapshot(store.checkpoint_state(savepoint.job_id, savepoint.id))
    state = encode_snapshot(msgspec.structs.replace(snapshot, tokens=[]))
    job = decode_job(store.generation_job(savepoint.job_id, savepoint.generation))
    manifest = Manifest(
        format=FORMAT,
        flowdeck_version=_version(),
        job_id=savepoint.job_id,
        job_name=job.name,
        generation=savepoint.generation,
        execution_id=savepoint.execution_id,
        number=savepoint.id,
        description=savepoint.description,
        created_at=savepoint.triggered_at,
        committed_at=savepoint.committed_at or 0.0,
        rows_in=snapshot.rows_in,
        rows_out=snapshot.rows_out,
        bytes_in=snapshot.bytes_in,
        bytes_out=snapshot.bytes_out,
        splits=len(snapshot.splits),
        plugins=snapshot.plugins,
        sources=snapshot.sources,
        spec=public_spec(job),
        files=[state_entry(state)],
    )
    return manifest, state


def _trouble(place: SavepointPlace) -> str:
    try:
        found = read_directory(Path(place.path))
    except SavepointInvalid as error:
        return error.message
    return "" if found.digest == place.digest else f"{place.path} holds another savepoint than the one that was written"


def _remove_unknown(home: Home, known: set[tuple[str, int]]) -> None:
    if not home.savepoints.is_dir():
        return
    for job in home.savepoints.iterdir():
        for path in list(job.iterdir()) if job.is_dir() and not job.is_symlink() else []:
            if path.name.isdecimal() and (job.name, int(path.name)) not in known and not path.is_symlink():
                remove_directory(path)
    remove_unfinished(home.savepoints)


def _version() -> str:
    try:
        return version("flowdeck")
    except PackageNotFoundError:
        return "unknown"
