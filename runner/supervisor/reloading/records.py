"""The records of watched files: every change of state goes through here, checked against the table, into the store with
its event and what the job shows of it, before it takes effect.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from runner.model import Job, ReloadStatus
from runner.reload import ObservedGeneration, ReloadState, UpgradePhase, Verdict, WatchedFile
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.locks import Locks
from runner.supervisor.reloading.known_files import Key, KnownFiles, key_of
from runner.supervisor.reloading.reload_operations import ReloadOperations
from runner.supervisor.reloading.transitions import FIRST, REFUSED, check_transition

EVENT: Final = "job.reload"
_KEPT: Final = 20
"""How many generations of a file are remembered."""
_SILENT: Final = frozenset({ReloadState.PARSING, ReloadState.VALIDATING, ReloadState.PLANNING})
"""States that the job itself does not show: they are over in a moment."""


@dataclass(frozen=True, slots=True)
class Becoming:
    """A file becomes a new job. ``held``: its changes before that, which are not written yet, each with what was before."""

    old: WatchedFile
    new: WatchedFile
    held: tuple[tuple[WatchedFile, WatchedFile | None], ...]

    @property
    def status(self) -> ReloadStatus:
        """What the job shows of it."""
        return _status(self.new)

    def write(self, entry: Entry) -> None:
        """In the transaction that makes the job."""
        is_written = not self.held or self.held[0][1] is not None
        if is_written:
            entry.store.remove_reload(self.old.file, self.old.job_id)
        entry.store.add_reload(self.new)
        for passed, former in self.held:
            _note(entry, passed, former)
        _note(entry, self.new, self.old)


class ReloadRecords:
    """All of one daemon, as the store has them: ``known``."""

    def __init__(self, journal: Journal, operations: ReloadOperations) -> None:
        self._journal = journal
        self.operations = operations
        self.known = KnownFiles()
        self._held: defaultdict[Key, list[tuple[WatchedFile, WatchedFile | None]]] = defaultdict(list)
        """Changes that are written with the next one of the same record, each with what was before."""
        self._locks: Locks[Key] = Locks()
        """Each held from the look at the newest record until its successor is written, and heard of as an operation: of a
        thousand files that change at once the writes come together."""

    async def load(self) -> None:
        """What daemons before this one have left."""
        for record in await self._journal.read(lambda store: store.watched_files()):
            self.known.put(record)

    def first(self, file: str, job: Job | None) -> WatchedFile:
        """That of a file and a job; when there is none, a new one that is kept with its first change."""
        job_id, name = (job.id, job.name) if job else (None, "")
        fresh = WatchedFile(file=file, job_id=job_id, job_name=name, state=FIRST, since=time.time())
        return self.known.get(file, job_id) or fresh

    async def change(
        self,
        record: WatchedFile,
        state: ReloadState,
        message: str = "",
        *,
        phase: UpgradePhase | None = None,
        seen: str | None = None,
        held: bool = False,
        **fields: Any,
    ) -> WatchedFile:
        """Go over to ``state``; ``seen`` is a content that is seen with it for the first time, see :meth:`observe`. What is
        ``held`` is written, and told, with the next change: many new files that are refused cost one write each. Raises
        :class:`~runner.supervisor.reloading.transitions.IllegalReload`."""
        async with self._locks.of(key_of(record)):
            before = self._newest(record)
            record = before if seen is None else _observed(before, seen)
            check_transition(record.state, record.phase, state, phase)
            fields.setdefault("diagnostics", ())
            changed = msgspec.structs.replace(record, state=state, phase=phase, message=message, since=time.time(), **fields)
            former = self.known.get(before.file, before.job_id)
            if held:
                self._held[key_of(before)].append((changed, former))
                self.known.put(changed)
            else:
                changed = await self._write(_judged(changed), former, note=True)
            await self.operations.heard(changed)
        return changed

    async def keep(self, record: WatchedFile, **fields: Any) -> WatchedFile:
        """Remember something more, without a change of state."""
        async with self._locks.of(key_of(record)):
            record = self._newest(record)
            return await self._write(msgspec.structs.replace(record, **fields), record, note=False)

    async def observe(self, record: WatchedFile, content: str) -> WatchedFile:
        """A content was seen that is not the newest known one: it gets the next number, and those before it that nobody has
        decided about are superseded, unless one is being worked on."""
        async with self._locks.of(key_of(record)):
            record = self._newest(record)
            observed = _observed(record, content)
            return await self._write(observed, record, note=False)

    async def forget(self, record: WatchedFile) -> None:
        """The file is not one of this job any more."""
        async with self._locks.of(key_of(record)):
            await self._journal.write(lambda entry: entry.store.remove_reload(record.file, record.job_id))
            self._held.pop(key_of(record), None)
            self.known.remove(key_of(record))
            self.operations.forgotten(key_of(record))

    async def move(self, record: WatchedFile, file: str, job: Job) -> WatchedFile:
        """The record belongs to ``file`` and ``job`` from now on."""
        old = self._newest(record)
        new = msgspec.structs.replace(old, file=file, job_id=job.id, job_name=job.name, rival="")

        def work(entry: Entry) -> None:
            entry.store.remove_reload(old.file, old.job_id)
            entry.store.put_reload(new)

        await self._journal.write(work)
        self.known.remove((old.file, old.job_id))
        self.known.put(new)
        self.operations.moved(key_of(old), new, job)
        return new

    def becoming(self, record: WatchedFile, job_id: str, name: str) -> Becoming:
        """The file is about to become that new job, which runs as it says; nothing is known of that until it :meth:`became`."""
        old = self._newest(record)
        check_transition(old.state, old.phase, ReloadState.SYNCED)
        fields = {"job_id": job_id, "job_name": name, "rival": "", "diagnostics": (), "since": time.time()}
        new = _judged(msgspec.structs.replace(old, state=ReloadState.SYNCED, message="submitted", **fields))
        return Becoming(old, new, tuple(self._held.get(key_of(old), ())))

    def take_over(self, change: Becoming) -> None:
        """The file has become that job: once that is written, and before anybody is told of it."""
        self._held.pop(key_of(change.old), None)
        self.known.remove(key_of(change.old))
        self.known.put(change.new)

    async def became(self, change: Becoming, job: Job) -> None:
        """The file has become that job, that is written, and :meth:`take_over` was called."""
        self.operations.moved(key_of(change.old), change.new, job)
        await self.operations.heard(change.new)

    def _newest(self, record: WatchedFile) -> WatchedFile:
        return self.known.get(record.file, record.job_id) or record

    async def _write(self, record: WatchedFile, before: WatchedFile | None, *, note: bool) -> WatchedFile:
        held = tuple(self._held.get(key_of(record), ()))

        def work(entry: Entry) -> None:
            entry.store.put_reload(record)
            for passed, former in held:
                _note(entry, passed, former)
            if note:
                _show_on_job(entry, record)
                _note(entry, record, before)

        def become(_: object) -> None:
            self._held.pop(key_of(record), None)
            self.known.put(record)

        await self._journal.write(work, become)
        return record


def newest_content(record: WatchedFile) -> str:
    """The content that was seen last, be it worked on or not."""
    return record.generations[-1].content if record.generations else ""


def _observed(record: WatchedFile, content: str) -> WatchedFile:
    number = record.observed_generation + 1
    now = time.time()
    worked_on = _worked_on(record)
    found = tuple(
        _decided(known, Verdict.SUPERSEDED, now, f"generation {number} of the file came")
        if known.verdict is None and known.number != worked_on
        else known
        for known in record.generations
    )
    newest = ObservedGeneration(number=number, content=content, observed_at=now)
    return msgspec.structs.replace(record, observed_generation=number, generations=(*found, newest)[-_KEPT:])


def _worked_on(record: WatchedFile) -> int | None:
    """The number of the generation that an upgrade is carrying out."""
    if record.state not in {ReloadState.UPGRADING, ReloadState.ROLLING_BACK}:
        return None
    return next((known.number for known in record.generations if known.content == record.content and not known.verdict), None)


def _judged(record: WatchedFile) -> WatchedFile:
    """With the verdict on the generation that was worked on, if the state is one."""
    if record.state is ReloadState.SYNCED:
        verdict = Verdict.APPLIED
    elif record.state in REFUSED:
        verdict = Verdict.REJECTED
    else:
        return record
    now = time.time()
    found = tuple(
        _decided(known, verdict, now, record.message) if known.content == record.content and not known.verdict else known
        for known in record.generations
    )
    applied = record.applied_generation
    if verdict is Verdict.APPLIED:
        applied = max((known.number for known in found if known.content == record.content), default=applied)
    return msgspec.structs.replace(record, generations=found, applied_generation=applied, pending_generation=None, upgrade=None)


def _decided(known: ObservedGeneration, verdict: Verdict, now: float, reason: str) -> ObservedGeneration:
    return msgspec.structs.replace(known, verdict=verdict, decided_at=now, reason=reason)


def _show_on_job(entry: Entry, record: WatchedFile) -> None:
    if record.job_id is None or record.state in _SILENT:
        return
    job = entry.store.job(record.job_id)
    if job is None:
        return
    entry.store.update_job(msgspec.structs.replace(job, reload=_status(record), updated_at=record.since))


def _status(record: WatchedFile) -> ReloadStatus:
    message = f"{record.phase.lower()}: {record.message}" if record.phase else record.message
    return ReloadStatus(outcome=record.state.lower(), at=record.since, message=message, diagnostics=record.diagnostics)


def _note(entry: Entry, record: WatchedFile, before: WatchedFile | None) -> None:
    state = f"{record.state} ({record.phase})" if record.phase else str(record.state)
    said = f"{record.job_name or record.file}: {state.lower()}" + (f": {record.message}" if record.message else "")
    data: dict[str, Any] = {
        "file": record.file,
        "outcome": record.state.lower(),
        "state": str(record.state),
        "previous": str(before.state) if before else None,
        "phase": str(record.phase) if record.phase else None,
        "observed_generation": record.observed_generation,
        "applied_generation": record.applied_generation,
    }
    if record.diagnostics:
        data["diagnostics"] = list(record.diagnostics)
    entry.note(EVENT, said, job_id=record.job_id, data=data)
