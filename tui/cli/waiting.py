"""Wait for a job to come to rest, telling the person at the terminal what is going on when it takes a while."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator

from runner.client import Client
from runner.model import Job
from runner.operation import Operation
from spec.errors import FlowdeckError
from tui.cli import figures
from tui.cli.session import Session
from tui.cli.terminal import clean_line, is_terminal

# Stopping takes as long as the savepoint; the supervisor has its own, shorter deadlines and escalates by itself.
WAIT_SECONDS = 600.0
_QUIET_SECONDS = 2.0
_STEP_SECONDS = 0.5
_PATIENCE = 2.0


def wait_for_end(client: Client, job: Job) -> Job:
    """The job once the execution it has now is over."""
    execution_id = job.execution.id if job.execution is not None else None
    return client.wait_until(job.id, lambda seen: _is_over(seen, execution_id), WAIT_SECONDS)


def _is_over(job: Job, execution_id: str | None) -> bool:
    execution = job.execution
    return execution is None or execution.id != execution_id or execution.state.is_terminal


@contextlib.contextmanager
def progress_of(session: Session, job: str, what: str) -> Iterator[None]:
    """While the context is open, once that has lasted two seconds, keep a line on the terminal that says how far the command
    ``what`` to the job has come. On anything else than a terminal nothing is written."""
    if not is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield
        return
    over = threading.Event()
    teller = threading.Thread(target=_tell, args=(session, job, what, over), name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join(_PATIENCE)


def _tell(session: Session, job: str, what: str, over: threading.Event) -> None:
    began = time.monotonic()
    if over.wait(_QUIET_SECONDS):
        return
    try:
        with session.client(start=False, timeout=_PATIENCE) as client:
            while not over.is_set():
                _draw(describe(_current(client, job), what, time.monotonic() - began))
                over.wait(_STEP_SECONDS)
    except (FlowdeckError, OSError):
        return  # whoever waits learns of it by the command itself
    finally:
        with contextlib.suppress(OSError, ValueError):
            _draw("")


def _current(client: Client, job: str) -> Operation | None:
    """What is being done to the job, if anybody can say."""
    found = client.operations(job=job, is_open=True, limit=1).operations
    return found[0] if found else None


def describe(operation: Operation | None, what: str, elapsed: float) -> str:
    """The line: what is done, its phase, how much of it is, for how long already, and how long it usually takes."""
    parts = [what]
    if operation is not None:
        parts += [operation.phase] if operation.phase else []
        parts += [f"{operation.progress:.0%}"] if operation.progress is not None else []
    parts.append(figures.duration(elapsed))
    if operation is not None and operation.usual_seconds is not None:
        parts.append(f"usually {figures.duration(operation.usual_seconds)}")
    return " · ".join(parts)


def _draw(text: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write(f"\r\x1b[K{clean_line(text)[:width]}")
    sys.stderr.flush()
