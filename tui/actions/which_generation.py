"""What a start or a restart runs: a generation, not the job's file, which may say something else by now."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from runner.client import Client
from runner.model import Job
from spec.errors import FlowdeckError
from spec.plan.change import Effect
from tui.actions.model import INSTEAD, Fact, Question, Risk, Weight
from tui.data.clean import clean
from tui.data.jobfile import Checked
from tui.data.jobfile_watch import Watch
from tui.draw.units import plural

_MOST_PATHS: Final = 2


class WhichGeneration:
    """Compares the job's file with what would run, anew when the file changes. For one thread at a time, which may wait."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id
        self._watch: Watch | None = None
        self._checked: Checked | None = None

    def add_to(self, question: Question, daemon: Client) -> Question:
        """The question with what would run, and how the file differs from that. Raises what the client raises."""
        if not question.allowed:
            return question
        job = daemon.job(self._job_id)
        key = INSTEAD[question.risk is Risk.DESTRUCTIVE]
        found = _runs(job), *self._file_facts(job, daemon, key)
        does, rest = question.facts[:1], question.facts[1:]
        return msgspec.structs.replace(question, facts=(*does, *found, *rest), instead=len(found) > 1)

    def _file_facts(self, job: Job, daemon: Client, key: str) -> tuple[Fact, ...]:
        """None when the file says what would run, and when there is no file here."""
        if job.file is None or not Path(job.file).is_file():
            return ()
        name = clean(Path(job.file).name)
        checked = self._look(Path(job.file))
        if checked.request is None:
            words = f"{name} as it is now does not check, and is not what runs: {key} shows why"
            return () if self._is_same_text(job, checked, daemon) else (Fact("file", words, Weight.LOST),)
        try:
            plan = daemon.plan(job.id, checked.request)
        except FlowdeckError as error:
            return (Fact("file", f"{name} cannot be compared with it: {clean(error.message)}. {key} shows it", Weight.LOST),)
        if plan.effect == Effect.NONE:
            return ()
        paths = [clean(change.path) for change in plan.changes]
        more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
        where = f" ({', '.join(paths[:_MOST_PATHS])}{more})" if paths else ""
        words = f"{name} differs from it now: {plural(len(paths), 'change')}{where}, which will not run"
        return (Fact("file", words, Weight.LOST), Fact("instead", f"{key}: see what differs, and run the file", Weight.BETTER))

    def _look(self, file: Path) -> Checked:
        if self._watch is None or self._watch.path != file:
            self._watch, self._checked = Watch(file), None
        self._checked = self._watch.look() or self._checked
        assert self._checked is not None  # noqa: S101 - the first look of a watch always finds
        return self._checked

    def _is_same_text(self, job: Job, checked: Checked, daemon: Client) -> bool:
        """A file may need values that only who submitted it knows."""
        return daemon.generation(job.id, job.generation).text == checked.result.document.source.text


def _runs(job: Job) -> Fact:
    ran = job.execution.generation if job.execution is not None else job.generation
    words = f"generation {job.generation}"
    if ran != job.generation:
        words += f", the newest; generation {ran} ran last"
    elif job.execution is not None:
        words += ", the one that ran last"
    return Fact("runs", words)
