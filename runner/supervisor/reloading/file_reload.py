"""One look at one job file: from what is written there to a job that runs it, or a reason why it does not.

The steps of the state machine for each job that comes from the file. Notices nothing by itself: see
:mod:`runner.supervisor.reloading.reloader`.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from runner.model import DesiredState, Job
from runner.reload import ReloadState, Verdict, WatchedFile
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from runner.store.errors import NAME_TAKEN
from runner.supervisor.asking import Asking
from runner.supervisor.errors import NotFound, SpecInvalid
from runner.supervisor.executions import Executions
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.reloading.comparison import compare_with_current, is_at_rest, planned, why_breaking
from runner.supervisor.reloading.content import Content, file_key, read_content
from runner.supervisor.reloading.decision import Decision, decide
from runner.supervisor.reloading.names import clash
from runner.supervisor.reloading.records import ReloadRecords, newest_content
from runner.supervisor.reloading.settings import ReloadPolicy, policy
from runner.supervisor.reloading.transitions import AT_WORK
from runner.supervisor.reloading.upgrade import Result, Step, Upgrade
from runner.supervisor.restore import NONE
from runner.supervisor.submission import Submission, check_request
from runner.supervisor.wishes import StopWish
from spec.diagnostic import Diagnostic, Severity
from spec.errors import FlowdeckError, UsageError
from spec.job import Approval, DeletedPolicy, ReloadSettings
from spec.plan.change import Effect
from spec.render.json_report import diagnostic_to_dict

_log = logging.getLogger(__name__)
_S = ReloadState
_FINAL = frozenset({_S.BLOCKED, _S.ROLLED_BACK, _S.UPGRADE_FAILED, _S.FAILED})
"""What nothing but another content, or a person, changes."""
_MOVING = 0.7
"""Seconds that a file which is gone has to appear under another name."""
_CHECKS = 4
_STARTS = 32
"""So many files become jobs at the same time: what they write comes together in few transactions, and none waits for long."""
_DEFECT = "an error in flowdeck; the daemon's log has it"


class Look(enum.IntEnum):
    """Why a file is looked at: it may have changed; even if it has not; even if its content was rejected before."""

    CHANGED = 0
    AGAIN = 1
    RETRY = 2


class FileReload:
    """Looks at files for one daemon. ``defaults``: what counts where a job file says nothing; ``covers``: whether a file is
    watched; ``look``: have another file looked at."""

    def __init__(
        self,
        lifecycle: JobLifecycle,
        executions: Executions,
        records: ReloadRecords,
        upgrade: Upgrade,
        defaults: ReloadSettings,
        covers: Callable[[str], bool],
        look: Callable[[str, Look], None],
    ) -> None:
        self._lifecycle = lifecycle
        self._asking = Asking(executions, lifecycle)
        self._records = records
        self._upgrade = upgrade
        self._defaults = defaults
        self._covers = covers
        self._look = look
        self._naming = asyncio.Lock()
        """Held while it is decided whose a name is."""
        self._checks = asyncio.Semaphore(_CHECKS)
        self._starts = asyncio.Semaphore(_STARTS)

    async def look(self, path: str, how: Look) -> None:
        """Look at the file now."""
        try:
            await self._look_now(path, how)
        except FlowdeckError:
            raise  # the store, or the system: another look may do
        except Exception:  # noqa: BLE001 - see _give_up
            _log.exception("hot reload of %s failed", path)
            await self._give_up(path)

    async def _give_up(self, path: str) -> None:
        """Whatever has happened, the file must not stay in a state that passes by itself."""
        for record in self._records.known.of_file(path):
            if record.state in {_S.PARSING, _S.VALIDATING}:
                await self._invalid(record, _DEFECT, _whole_file(record, "internal", _DEFECT))
            elif record.state is _S.PLANNING:
                await self._records.change(record, _S.UPGRADE_FAILED, _DEFECT)

    async def _look_now(self, path: str, how: Look) -> None:
        content = await asyncio.to_thread(read_content, path, self._includes(path))
        if content.is_gone:
            await self._gone(path)
            return
        jobs = await self._owners(path)
        if not jobs:
            await self._look_at_new(path, content, how)
        for job_id in jobs:
            try:
                await self._look_at_job(path, await self._lifecycle.reread(job_id), how)
            except NotFound:  # deleted in the meantime
                await self._owners(path)

    async def _owners(self, path: str) -> list[str]:
        """The jobs that come from the file. What was begun for a job that is gone, or before there was one (somebody else has
        submitted the file, or a daemon has died between a job and its record), would stay for good in a state that passes."""
        jobs = self._lifecycle.jobs_of_file(path)
        for record in self._records.known.of_file(path):
            gone = record.job_id is not None and record.job_id not in jobs and record.state in AT_WORK
            if gone or (record.job_id is None and jobs):
                await self._records.forget(record)
        return jobs

    async def remember(self, path: str) -> None:
        """The file has changed while an upgrade is under way: the newest change is what comes next."""
        for record in self._records.known.of_file(path):
            if record.state in {_S.UPGRADING, _S.ROLLING_BACK}:
                content = await asyncio.to_thread(read_content, path, record.includes)
                if not content.is_gone and content.digest != newest_content(record):
                    await self._records.observe(record, content.digest)

    def policy_of(self, submission: Submission) -> ReloadPolicy:
        """How a submission wants to be treated."""
        return policy(submission.job.env.reload, self._defaults)

    def _includes(self, path: str) -> set[str]:
        return {file for record in self._records.known.of_file(path) for file in record.includes}

    # a file that a job comes from

    async def _look_at_job(self, path: str, job: Job, how: Look) -> None:
        record = self._records.first(path, job)
        if record.state in {_S.UPGRADING, _S.ROLLING_BACK}:
            record = await self._resume(job, record)
        content = await asyncio.to_thread(read_content, path, record.includes)
        if content.is_gone:  # it is reported once more
            return
        known = content.digest == record.content and record.state not in AT_WORK and record.state is not _S.ORPHANED
        if known and (how is Look.CHANGED or (how is Look.AGAIN and record.state in _FINAL)):
            return
        rejected = bool(record.generations) and record.generations[-1].verdict is Verdict.REJECTED
        seen = content.digest if content.digest != newest_content(record) or (known and rejected) else None
        record = await self._records.change(record, _S.PARSING, seen=seen, content=content.digest)
        await self._take(job, record, content)

    async def _take(self, job: Job, record: WatchedFile, content: Content) -> None:
        """Read, check, and carry out."""
        submission = await self._checked(job, record, content)
        if submission is None:
            return
        self._free(record)
        async with self._lifecycle.replacing(job.id):
            job = await self._lifecycle.reread(job.id)
            try:
                result = await self._carry_out(job, record, submission)
            except FlowdeckError as error:
                result = Result(_S.UPGRADE_FAILED, error.message)
            except Exception:  # noqa: BLE001 - see _give_up
                _log.exception("hot reload of %s failed", record.file)
                result = Result(_S.UPGRADE_FAILED, _DEFECT)
        if result is not None:
            await self._conclude(record, result)

    async def _checked(self, job: Job, record: WatchedFile, content: Content) -> Submission | None:
        """The file as a submission that may take its job's place, in state PLANNING; None when it is INVALID."""
        if content.trouble:
            await self._invalid(record, content.trouble, _whole_file(record, "unreadable", content.trouble))
            return None
        _, source = await self._lifecycle.generation(job, job.generation)
        request = msgspec.structs.replace(source, text=content.text, file=record.file, overrides={})
        record = await self._records.change(record, _S.VALIDATING)
        try:
            async with self._checks:
                submission = await check_request(request, dict(os.environ))
        except SpecInvalid as error:
            await self._invalid(record, error.message, error.diagnostics)
            return None
        except UsageError as error:
            await self._invalid(record, error.message, _whole_file(record, error.code, error.message))
            return None
        return await self._named(job, record, submission, content)

    async def _named(self, job: Job, record: WatchedFile, submission: Submission, content: Content) -> Submission | None:
        """The submission, unless its job's name is another's. A name that the job was given by hand counts over the file's."""
        name = job.given_name or submission.job.name
        async with self._naming:
            rival = await self._rival(record, name, job)
            if rival:
                await self._clash(record, name, rival)
                return None
            fields = await asyncio.to_thread(_content_of, record, submission, content)
            await self._records.change(record, _S.PLANNING, job_name=name, rival="", **fields)
        return submission

    async def _carry_out(self, job: Job, record: WatchedFile, submission: Submission) -> Result | None:
        """Decide and do it; None: it waits for somebody."""
        plan = await compare_with_current(self._lifecycle, job, submission)
        if await self._lifecycle.same_but_overridden(job, submission):
            return Result(_S.SYNCED, "")
        record = await self._records.keep(record, effect=str(plan.effect), changes=planned(plan))
        old, _ = await self._lifecycle.generation(job, job.generation)
        wanted = self.policy_of(submission)
        asks = policy(old.env.reload, self._defaults).approval is Approval.MANUAL
        approved = record.approved_generation == record.observed_generation
        match decide(plan, wanted, asks=asks, approved=approved, at_rest=is_at_rest(job)):
            case Decision.NOTHING:
                return Result(_S.SYNCED, "")
            case Decision.BLOCK:
                return Result(_S.BLOCKED, why_breaking(plan))
            case Decision.ASK:
                said = f"{plan.effect}: {len(plan.changes)} change{'s' if len(plan.changes) > 1 else ''} to approve"
                await self._records.change(record, _S.PENDING_APPROVAL, said, pending_generation=record.observed_generation)
                return None
        if plan.effect is Effect.IGNORE:
            await self._lifecycle.record_generation(job, submission)
            return Result(_S.SYNCED, f"generation {(await self._lifecycle.reread(job.id)).generation} differs only in notes")
        result = await self._upgrade.run(job, submission, partial(self._announce, record), wanted, record.stable_generation)
        if result.outcome is _S.SYNCED and job.overrides:
            said = f"{result.message}; the file counts again, not what was set: {', '.join(job.overrides)}"
            return result._replace(message=said)
        return result

    async def _announce(self, record: WatchedFile, _: Job, step: Step) -> None:
        state = _S.ROLLING_BACK if step.phase is None else _S.UPGRADING
        await self._records.change(record, state, step.message, phase=step.phase, upgrade=step.upgrade)

    async def _resume(self, job: Job, record: WatchedFile) -> WatchedFile:
        """Go on with what the daemon before this one left unfinished; what has to begin anew is looked at again."""
        if record.upgrade is None:
            return record
        spec, _ = await self._lifecycle.generation(job, job.generation)
        async with self._lifecycle.replacing(job.id):
            wanted = policy(spec.env.reload, self._defaults)
            result = await self._upgrade.resume(job, record, partial(self._announce, record), wanted)
        return record if result is None else await self._conclude(record, result)

    async def _conclude(self, record: WatchedFile, result: Result) -> WatchedFile:
        stable = {} if result.stable is None else {"stable_generation": result.stable}
        record = await self._records.keep(record, **stable)
        if record.state is _S.ROLLING_BACK and result.outcome is not _S.ROLLED_BACK:
            result = result._replace(outcome=_S.FAILED)
        return await self._records.change(record, result.outcome, result.message)

    # what keeps a file from being taken

    async def _invalid(self, record: WatchedFile, message: str, diagnostics: tuple[dict[str, Any], ...]) -> None:
        """The last good generation runs on. A file that no job comes from gives its name free."""
        name = record.job_name if record.job_id is not None else ""
        await self._records.change(record, _S.INVALID, message, diagnostics=diagnostics, rival="", job_name=name)
        self._free(record)

    async def _rival(self, record: WatchedFile, name: str, job: Job | None) -> str:
        """Another watched file, or another job, that has the name; empty when there is none."""
        for other in self._records.known.named(name):
            is_mine = (other.file, other.job_id) == (record.file, record.job_id) or (job is not None and other.job_id == job.id)
            if not is_mine and await self._claims(other, name):
                return other.file
        named = await self._named_now(name)
        if named is None or (job is not None and named.id == job.id):
            return ""
        return file_key(named.file) if named.file else f"job {named.id}"

    async def _named_now(self, name: str) -> Job | None:
        """The job of that name. That there is none is known at once, and seen for certain when one is added."""
        return await self._lifecycle.named(name) if self._lifecycle.may_have(name) else None

    async def _claims(self, other: WatchedFile, name: str) -> bool:
        """Whether a file really says it: it is there, is watched, and its job was neither deleted nor given another name."""
        if other.state is _S.ORPHANED or not self._covers(other.file):
            return False
        if other.job_id is not None:
            if other.job_id not in self._lifecycle.jobs_of_file(other.file):
                return False
            if (await self._lifecycle.reread(other.job_id)).given_name not in {"", name}:
                return False
        return await asyncio.to_thread(Path(other.file).exists)

    async def _clash(self, record: WatchedFile, name: str, rival: str) -> None:
        """Neither of the two files is taken; what runs runs on."""
        found = await asyncio.to_thread(clash, record.file, name, rival)
        await self._records.change(record, _S.INVALID, str(found["message"]), diagnostics=(found,), rival=rival, job_name=name)
        if any(other.rival != record.file for other in self._records.known.of_file(rival)):
            self._look(rival, Look.AGAIN)

    def _free(self, record: WatchedFile) -> None:
        """Files that were refused because of this one may be taken now."""
        for other in self._records.known.rivals_of(record.file):
            if other.state is _S.INVALID:
                self._look(other.file, Look.AGAIN)

    # a file that no job comes from yet

    async def _look_at_new(self, path: str, content: Content, how: Look) -> None:
        former = [record for record in self._records.known.of_file(path) if record.content == content.digest]
        if how is Look.CHANGED and any(record.state not in AT_WORK for record in former):
            return  # refused before, or its job was deleted: not again for the same content
        record = self._records.first(path, None)
        seen = content.digest if content.digest != newest_content(record) else None
        # Until it is known what becomes of it, a death costs no more than another look.
        record = await self._records.change(record, _S.PARSING, seen=seen, held=True, content=content.digest)
        submission = await self._checked_new(record, content)
        if submission is not None:
            await self._submit(record, submission, content)

    async def _checked_new(self, record: WatchedFile, content: Content) -> Submission | None:
        if content.trouble:
            await self._invalid(record, content.trouble, _whole_file(record, "unreadable", content.trouble))
            return None
        await self._records.change(record, _S.VALIDATING, held=True)
        try:
            async with self._checks:
                return await check_request(SubmitRequest(text=content.text, file=record.file), dict(os.environ))
        except SpecInvalid as error:
            await self._invalid(record, error.message, error.diagnostics)
        except UsageError as error:
            await self._invalid(record, error.message, _whole_file(record, error.code, error.message))
        return None

    async def _submit(self, record: WatchedFile, submission: Submission, content: Content) -> None:
        """Run it as a new job, unless it is a job whose file has another name now, or is somebody else's."""
        name = submission.job.name
        async with self._starts, self._lifecycle.admission.to(name, record.file):
            async with self._naming:
                record, is_mine = await self._claim(record, submission, content)
            if not is_mine:
                return
            prepared = await self._lifecycle.prepare_submission(None, submission, NONE)
            change = self._records.becoming(record, prepared.work.job_id, name)
            try:
                prepared = replace(prepared, status=change.status, also=change.write)
                job = await self._lifecycle.start_new(replace(prepared, then=lambda _: self._records.take_over(change)))
            except FlowdeckError as error:
                if error.code == NAME_TAKEN and self._lifecycle.may_have(name):
                    self._look(record.file, Look.AGAIN)  # there is a job of that name after all
                else:
                    await self._records.change(record, _S.UPGRADE_FAILED, error.message)
                return
            await self._records.became(change, job)
        for former in self._records.known.of_file(record.file):
            if former.job_id != job.id:
                await self._records.forget(former)

    async def _claim(self, record: WatchedFile, submission: Submission, content: Content) -> tuple[WatchedFile, bool]:
        """The record, and whether its file may become a new job of that name: then the record says so, and from now on nobody
        else's may."""
        name = submission.job.name
        if self._lifecycle.jobs_of_file(record.file):  # somebody has submitted it meanwhile: looked at as that job's
            self._look(record.file, Look.AGAIN)
            return record, False
        if await self._moved(record, name):
            return record, False
        rival = await self._rival(record, name, None)
        if rival:
            await self._clash(record, name, rival)
            return record, False
        fields = await asyncio.to_thread(_content_of, record, submission, content)
        return await self._records.change(record, _S.PLANNING, held=True, job_name=name, rival="", **fields), True

    async def _moved(self, record: WatchedFile, name: str) -> bool:
        """Whether it is the file of a job whose own file is gone; then it is that job's from now on."""
        job = await self._named_now(name)
        if job is None or job.file is None or await asyncio.to_thread(Path(job.file).exists):
            return False
        former = job.file
        job = await self._lifecycle.move_file(job.id, record.file)
        await self._records.forget(record)
        for known in self._records.known.of_job(job.id):
            await self._records.move(known, record.file, job)
        _log.info("%s has moved from %s to %s", job.name, former, record.file)
        self._look(record.file, Look.AGAIN)
        return True

    # a file that is gone

    async def _gone(self, path: str) -> None:
        if not self._lifecycle.jobs_of_file(path) and not self._records.known.of_file(path):
            return
        await asyncio.sleep(_MOVING)
        if await asyncio.to_thread(Path(path).exists):
            self._look(path, Look.CHANGED)
            return
        jobs = self._lifecycle.jobs_of_file(path)
        for job_id in jobs:
            with contextlib.suppress(NotFound):
                await self._orphan(path, await self._lifecycle.reread(job_id))
        for record in self._records.known.of_file(path):
            self._free(record)
            if record.job_id not in jobs:
                await self._records.forget(record)

    async def _orphan(self, path: str, job: Job) -> None:
        record = self._records.first(path, job)
        if record.state in {_S.UPGRADING, _S.ROLLING_BACK}:
            record = await self._resume(job, record)
        if record.state is _S.ORPHANED:
            return
        if record.state in {_S.UPGRADING, _S.ROLLING_BACK}:
            record = await self._records.change(record, _S.PARSING)
        spec, _ = await self._lifecycle.generation(job, job.generation)
        said = "the job is left as it is"
        if policy(spec.env.reload, self._defaults).on_delete is DeletedPolicy.STOP:
            said = await self._stop(job)
        await self._records.change(record, _S.ORPHANED, f"the file is gone; {said}")

    async def _stop(self, job: Job) -> str:
        """Stop the job with a savepoint; what came of it."""
        async with self._lifecycle.lock(job.id):
            job = await self._lifecycle.reread(job.id)
            control = await self._asking.control(job)
            if control is None:
                await self._lifecycle.set_desired(job.id, DesiredState.STOPPED)
                return "the job did not run"
            resting = control.view().state is ExecutionState.RESTARTING
            wish = StopWish(
                savepoint=not resting, reversible=not resting, description="its file was deleted", asked_by="hot reload"
            )
            try:
                trouble = await self._lifecycle.stop_and_wait(control, wish)
            except FlowdeckError as error:
                trouble = error.message
            return f"the job runs on: {trouble}" if trouble else "the job is stopped"


def _whole_file(record: WatchedFile, code: str, message: str) -> tuple[dict[str, Any], ...]:
    diagnostic = Diagnostic(code=code, severity=Severity.ERROR, message=message, file=record.file)
    return (diagnostic_to_dict(diagnostic),)


def _content_of(record: WatchedFile, submission: Submission, content: Content) -> dict[str, Any]:
    """What the record keeps of a content that was checked: now it is known what it includes. Blocks."""
    includes = tuple(file for file in submission.files if file != record.file)
    digest = content.with_includes(includes)
    generations = tuple(
        msgspec.structs.replace(known, content=digest) if known.content == content.digest else known
        for known in record.generations
    )
    return {"content": digest, "includes": includes, "generations": generations}
