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
        self._about: tuple[int, str] | None = None
        """The generation, and the key, that the facts are about; None: there are none."""
        self._facts: tuple[Fact, ...] = ()

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
        """None when the file says what would run, and when there is no file here. What is known is not asked for again."""
        if job.file is None or not Path(job.file).is_file():
            return ()
        about = (job.generation, key)
        try:
            if self._has_changed(Path(job.file)) or about != self._about:
                self._about = None
                self._facts = self._compare(job, daemon, key)
                self._about = about
        except (FlowdeckError, OSError) as error:  # what would be done does not depend on it
            why = clean(error.message if isinstance(error, FlowdeckError) else error.strerror or str(error))
            return (Fact("file", f"{clean(Path(job.file).name)} cannot be compared with it: {why}", Weight.LOST),)
        return self._facts

    def _has_changed(self, file: Path) -> bool:
        if self._watch is None or self._watch.path != file:
            self._watch, self._checked = Watch(file), None
        found = self._watch.look()
        self._checked = found or self._checked
        return found is not None

    def _compare(self, job: Job, daemon: Client, key: str) -> tuple[Fact, ...]:
        checked, name = self._checked, clean(Path(job.file or "").name)
        if checked is None or _is_same(checked, daemon.generation(job.id, job.generation).text):
            return ()
        if checked.request is None:
            return (Fact("file", f"{name} as it is now does not check, and is not what runs: {key} shows why", Weight.LOST),)
        plan = daemon.plan(job.id, checked.request)
        if plan.effect == Effect.NONE:
            return ()
        paths = [clean(change.path) for change in plan.changes]
        more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
        where = f" ({', '.join(paths[:_MOST_PATHS])}{more})" if paths else ""
        words = f"{name} differs from it now: {plural(len(paths), 'change')}{where}, which will not run"
        return (Fact("file", words, Weight.LOST), Fact("instead", f"{key}: see what differs, and run the file", Weight.BETTER))


def _is_same(checked: Checked, text: str) -> bool:
    """Whether nothing can be different: the same words of one file. What they mean may depend on values that only who submitted
    it knows."""
    document = checked.result.document
    return len(document.sources) <= 1 and document.source.text == text


def _runs(job: Job) -> Fact:
    ran = job.execution.generation if job.execution is not None else job.generation
    words = f"generation {job.generation}"
    if ran != job.generation:
        words += f", the newest; generation {ran} ran last"
    elif job.execution is not None:
        words += ", the one that ran last"
    return Fact("runs", words)
