"""Follow one execution in the foreground: progress, rows, Ctrl-C, until it is over."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from runner.model import Checkpoint, Execution, Job, LogLine
from runner.requests import StopRequest, SubmitRequest
from runner.transport import ApiError
from spec.errors import FlowdeckError
from spec.job import JobMode
from tui.cli.failures import EXIT_INTERRUPTED, discard_stdout
from tui.cli.interrupts import Interrupts
from tui.cli.log_text import text_of
from tui.cli.run_progress import RunProgress

_FIRST_STEP_SECONDS = 0.02
_STEP_SECONDS = 0.25
_CHECKPOINT_SECONDS = 1.0
_LOG_PAGE = 1000
_CHECKPOINTS = 1000
_TOLD_LEVELS = {"warning", "error", "critical"}
_ROW_LEVEL = "output"


class JobCalls(Protocol):
    """What following a run asks of a daemon, near or far: a client of :mod:`runner.client` or :mod:`runner.near_client`."""

    def submit(self, request: SubmitRequest) -> Job:
        """Check and start a job."""

    def job(self, reference: str) -> Job:
        """The job with its newest execution and checkpoint."""

    def execution(self, execution_id: str) -> Execution:
        """One execution by its id."""

    def checkpoints(self, reference: str, *, limit: int) -> tuple[Checkpoint, ...]:
        """Newest first."""

    def logs(self, reference: str, *, after: int, limit: int) -> tuple[LogLine, ...]:
        """The lines after an offset."""

    def stop(self, reference: str, request: StopRequest) -> Job:
        """End with a savepoint."""

    def cancel(self, reference: str) -> Job:
        """End without one."""


class Abandoned(FlowdeckError):
    """The person at the terminal did not want to wait any longer."""

    code = "interrupted"
    exit_code = EXIT_INTERRUPTED


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the execution ended. ``checkpoints`` are those that are kept, ``checkpoints_taken`` counts the others too;
    ``interrupted``: a person at this terminal asked for the end."""

    job: Job
    execution: Execution
    checkpoints: tuple[Checkpoint, ...]
    checkpoints_taken: int
    interrupted: bool


class RunFollower:
    """Submits once, then follows the execution. When the daemon goes meanwhile, :meth:`follow` may be called again with a
    client of the next one: it takes up where it was. ``file`` is the job file as the person named it; ``prints_rows`` says
    whether rows of Console sinks go to stdout."""

    def __init__(
        self, file: str, request: SubmitRequest, interrupts: Interrupts, progress: RunProgress, *, prints_rows: bool = True
    ) -> None:
        self._file = file
        self._request = request
        self._interrupts = interrupts
        self._progress = progress
        self._job: Job | None = None
        self._execution_id = ""
        self._log_offset = 0
        self._obeyed = 0
        self._checkpoint: Checkpoint | None = None
        self._looked_at = time.monotonic()
        self._prints_rows = prints_rows

    def follow(self, client: JobCalls) -> Outcome:
        """Return how the execution ended. Raises what the daemon refuses the job with, and ``DaemonUnreachable``."""
        job = self._submitted(client)
        step = _FIRST_STEP_SECONDS
        while True:
            execution = client.execution(self._execution_id)
            self._print_log(client, job)
            if execution.state.is_terminal:
                return self._outcome(client, execution)
            self._progress.update(execution, self._newest_checkpoint(client, job))
            self._obey(client, job)
            self._interrupts.wait(step)
            step = min(step * 1.5, _STEP_SECONDS)

    def _submitted(self, client: JobCalls) -> Job:
        if self._job is None:
            if self._interrupts.count:
                raise Abandoned("interrupted before the job was started")
            job = client.submit(self._request)
            if job.execution is None:
                raise FlowdeckError(f"the daemon took the job {job.name} but did not start it", code="not-started")
            self._job, self._execution_id = job, job.execution.id
        return self._job

    def _newest_checkpoint(self, client: JobCalls, job: Job) -> Checkpoint | None:
        """As of at most a second ago: unlike what runs, it has to be read from the store."""
        now = time.monotonic()
        if now - self._looked_at >= _CHECKPOINT_SECONDS:
            self._looked_at, self._checkpoint = now, client.job(job.id).last_checkpoint
        return self._checkpoint

    def _outcome(self, client: JobCalls, execution: Execution) -> Outcome:
        job = client.job(execution.job_id)
        taken = client.checkpoints(job.id, limit=_CHECKPOINTS)
        own = tuple(checkpoint for checkpoint in taken if checkpoint.execution_id == execution.id)
        return Outcome(job, execution, own, self._taken(own), interrupted=self._obeyed > 0)

    def _taken(self, kept: tuple[Checkpoint, ...]) -> int:
        """Ids grow by one with each checkpoint of the job, and old checkpoints are dropped."""
        if not kept:
            return 0
        former = self._job.last_checkpoint if self._job is not None else None
        oldest = min(checkpoint.id for checkpoint in kept)
        return kept[0].id - min(former.id if former is not None else 0, oldest - 1)

    def _obey(self, client: JobCalls, job: Job) -> None:
        """Do what the interrupts since the last look ask for: the first stops, the second cancels, the third leaves."""
        count = self._interrupts.count
        if count <= self._obeyed:
            return
        self._obeyed = count
        if count >= 3:
            hint = f"flowdeck show {job.name} tells how it ended"
            raise Abandoned(f"not waiting any longer for the job {job.name} to end", hint=hint)
        if count == 2:
            self._ask(lambda: client.cancel(job.id))
            self._progress.tell("Canceling, without a savepoint.")
        else:
            # Ask before telling: when the terminal has gone, telling fails.
            self._ask(lambda: client.stop(job.id, StopRequest(description="interrupted")))
            self._progress.tell(
                "Stopping with a savepoint; Ctrl-C again cancels.\n"
                f"Go on later with: flowdeck run {shlex.quote(self._file)} --restore latest"
            )

    def _ask(self, wish: Callable[[], Job]) -> None:
        try:
            wish()
        except ApiError as error:
            if error.status != 409:
                raise
            self._progress.tell(error.message)  # it is ending already, one way or the other

    def _print_log(self, client: JobCalls, job: Job) -> None:
        """Rows of Console sinks go to stdout, warnings and errors to stderr."""
        while lines := client.logs(job.id, after=self._log_offset, limit=_LOG_PAGE):
            self._log_offset = lines[-1].offset
            rows = "".join(f"{line.message}\n" for line in lines if line.level == _ROW_LEVEL)
            if rows and self._prints_rows:
                self._write_rows(client, job, rows)
            self._tell(lines)

    def _tell(self, lines: tuple[LogLine, ...]) -> None:
        told = [text_of(line) for line in lines if line.level in _TOLD_LEVELS]
        if told:
            self._progress.tell("\n".join(told))

    def _write_rows(self, client: JobCalls, job: Job, rows: str) -> None:
        try:
            self._progress.write_rows(rows)
        except BrokenPipeError:
            # Whoever read the rows has gone. A batch still has its other sinks to fill; a stream would go on for ever.
            discard_stdout()
            self._prints_rows = False
            if job.mode == JobMode.STREAMING and self._obeyed == 0:
                self._obeyed = 1
                self._ask(lambda: client.stop(job.id, StopRequest(description="the reader of the output has gone")))
