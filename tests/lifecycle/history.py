"""What the daemon says of itself, in its events: each is checked as it comes, and kept as the history of every execution."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field

from lifecycle_job import own_name

from runner.client import ApiError, Client, DaemonUnreachable
from runner.home import Home
from runner.model import Event
from runner.states import TRANSITIONS, ExecutionState
from spec.job import PINNED

SLACK = 0.3
"""Between an event's time and the moment in which it takes effect for whoever asks."""

_GRANTED_BEFORE = 2.0
"""A place may have been granted so long before the execution is recorded as starting."""

_INTERRUPTED = frozenset(
    {
        ExecutionState.STARTING,
        ExecutionState.RUNNING,
        ExecutionState.PAUSED,
        ExecutionState.SAVEPOINTING,
        ExecutionState.STOPPING,
    }
)
_WAITING = frozenset({ExecutionState.CREATED, ExecutionState.QUEUED})


@dataclass(slots=True)
class Course:
    """The states of one execution with their times. ``orphaned``: a daemon has found it without an owner, and may have moved it
    on without an event of its own."""

    id: str
    job_id: str
    queue: str
    states: list[tuple[float, ExecutionState]]
    attempt: int = 0
    orphaned: bool = False

    @property
    def state(self) -> ExecutionState:
        """The newest one."""
        return self.states[-1][1]


@dataclass(slots=True)
class JobCourse:
    """One job by its id: since when it is there, and until when, and what it was called besides the name in its text."""

    id: str
    name: str
    there: list[tuple[float, bool]] = field(default_factory=list)
    called: list[tuple[float, str]] = field(default_factory=list)
    executions: list[Course] = field(default_factory=list)
    generation: int = 0


class History:
    """Takes events in, and says what has been when. ``violations``: what must not have happened."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.jobs: dict[str, JobCourse] = {}
        self.executions: dict[str, Course] = {}
        self.violations: list[str] = []
        self._limits: list[tuple[float, str, int | None]] = []
        self._rests: list[tuple[float, str, bool]] = []
        self._lock = threading.Lock()

    @property
    def revision(self) -> int:
        """The newest one."""
        return self.events[-1].revision if self.events else 0

    def take(self, event: Event) -> None:
        """The next event."""
        with self._lock:
            if event.revision != self.revision + 1:
                self._violated(event, f"revision {event.revision} follows {self.revision}")
            self.events.append(event)
            self._take(event)

    def seen(self, name: str, begin: float, end: float) -> set[ExecutionState | None]:
        """The states in which the newest execution of the job of this name was at any time in between; None: there was none."""
        with self._lock:
            begin, end = begin - SLACK, end + SLACK
            jobs = [job for job in self.jobs.values() if job.name == name]
            # One that is new has no execution, whatever one of that name before it had.
            changes: list[tuple[float, ExecutionState | None]] = [(job.there[0][0], None) for job in jobs if job.there]
            changes += [change for job in jobs for execution in job.executions for change in execution.states]
            changes.sort(key=lambda change: change[0])
            before = [state for at, state in changes if at < begin]
            found = {state for at, state in changes if begin <= at <= end}
            return found | {before[-1] if before else None}

    def was_there(self, name: str, begin: float, end: float) -> set[bool]:
        """Whether a job of this name was there, at any time in between."""
        with self._lock:
            begin, end = begin - SLACK, end + SLACK
            changes = sorted(change for job in self.jobs.values() if job.name == name for change in job.there)
            before = [there for at, there in changes if at < begin]
            return {before[-1] if before else False} | {there for at, there in changes if begin <= at <= end}

    def called(self, name: str, begin: float, end: float) -> set[str]:
        """What the job with this name in its text was called, at any time in between."""
        with self._lock:
            begin, end = begin - SLACK, end + SLACK
            changes = sorted(change for job in self.jobs.values() if job.name == name for change in job.called)
            before = [called for at, called in changes if at < begin]
            return {before[-1] if before else name} | {called for at, called in changes if begin <= at <= end}

    def created_between(self, job_id: str, begin: float, end: float) -> list[Course]:
        """Executions of the job that were recorded then."""
        with self._lock:
            known = self.jobs[job_id].executions if job_id in self.jobs else []
            return [found for found in known if begin - SLACK <= found.states[0][0] <= end + SLACK]

    def states_since(self, execution_id: str, moment: float) -> list[ExecutionState]:
        """What the execution went over to after that."""
        with self._lock:
            course = self.executions.get(execution_id)
            return [state for at, state in course.states if at > moment] if course else []

    def settled_since(self, moment: float) -> bool:
        """Whether any job has seen its restart from a file, or its orphaning, after that."""
        with self._lock:
            return any(event.at >= moment and event.kind in {"job.reload", "execution.orphaned"} for event in self.events)

    def _take(self, event: Event) -> None:
        match event.kind:
            case "job.created":
                name = event.message.split()[0]
                job = JobCourse(event.job_id or "", own_name(name), [(event.at, True)], [(event.at, name)])
                self.jobs[job.id] = job
            case "job.deleted" | "job.undeleted" | "job.purged" | "job.edited":
                self._take_change(event)
            case "job.generation":
                self._take_generation(event)
            case "execution.created":
                self._take_creation(event)
            case "queue.limit" | "queue.pause" | "queue.deleted":
                self._take_queue(event)
            case "execution.orphaned":
                if (course := self.executions.get(event.execution_id or "")) is not None:
                    course.orphaned = True
            case "execution.state":
                self._take_state(event)
            case _:
                pass

    def _take_change(self, event: Event) -> None:
        """Of the job itself: it goes, comes back, or is called something else."""
        job = self.jobs.get(event.job_id or "")
        if job is None:
            return
        if event.kind == "job.edited":
            job.called.append((event.at, event.message.split(":")[0]))
        else:
            job.there.append((event.at, event.kind == "job.undeleted"))

    def _take_queue(self, event: Event) -> None:
        if event.kind != "queue.pause":
            self._limits.append((event.at, event.data["queue"], event.data.get("limit")))
        if event.kind != "queue.limit":
            self._rests.append((event.at, event.data["queue"], event.data.get("paused", False)))

    def _take_generation(self, event: Event) -> None:
        number = int(event.message.rsplit(" ", 1)[-1])
        job = self.jobs.get(event.job_id or "")
        if job is not None:
            if number <= job.generation:
                self._violated(event, f"generation {number} follows {job.generation}")
            job.generation = number

    def _take_creation(self, event: Event) -> None:
        job_id, execution_id = event.job_id or "", event.execution_id or ""
        job = self.jobs.get(job_id)
        if job is None:
            self._violated(event, "an execution of a job that was never created")
            return
        for former in job.executions:
            if not former.state.is_terminal:
                self._violated(event, f"the execution {former.id} of the same job is {former.state}")
        if job.there and not job.there[-1][1]:
            self._violated(event, "the job is deleted")
        course = Course(execution_id, job_id, event.data["queue"], [(event.at, ExecutionState.CREATED)])
        job.executions.append(course)
        self.executions[execution_id] = course

    def _take_state(self, event: Event) -> None:
        course = self.executions.get(event.execution_id or "")
        if course is None:
            self._violated(event, "a state of an execution that was never created")
            return
        new, previous = ExecutionState(event.data["state"]), ExecutionState(event.data["previous"])
        if previous is not course.state:
            self._move_silently(event, course, previous)
        if new not in TRANSITIONS[previous]:
            self._violated(event, f"{previous} -> {new} is not in the table")
        attempt = int(event.data.get("attempt", course.attempt))
        if attempt < course.attempt:
            self._violated(event, f"attempt {attempt} after attempt {course.attempt}")
        course.attempt = attempt
        if previous in _WAITING and new is ExecutionState.STARTING:
            self._check_place(event, course)
        course.orphaned = False
        course.states.append((event.at, new))

    def _check_place(self, event: Event, course: Course) -> None:
        """Nobody's turn comes while as many run as the queue allows, or has just allowed, nor while it is paused; and never
        while another one of the same key runs."""
        since, own = event.at - _GRANTED_BEFORE, self.jobs[course.job_id]
        self._check_key(event, course)
        former = [found for found in own.executions if found is not course and found.queue == course.queue]
        if former and former[-1].states[-1][0] > course.states[0][0] - _GRANTED_BEFORE:
            return  # it has taken the place of the one before it
        rests = [(at, paused) for at, queue, paused in self._rests if queue == course.queue]
        lately = [paused for at, paused in rests if at >= since]
        if all([*[paused for at, paused in rests if at < since][-1:], *lately] or [False]):
            self._violated(event, "it is started while its queue is paused")
        limits = [(at, limit) for at, queue, limit in self._limits if queue == course.queue]
        before = [limit for at, limit in limits if at < since][-1:] or [None]
        allowed = {*before, *(limit for at, limit in limits if at >= since)}
        running = [
            found.id
            for job in self.jobs.values()
            if job.id != course.job_id
            for found in job.executions
            if found.queue == course.queue and found.state not in _WAITING and _was_active(found, since)
        ]
        if None not in allowed and len(running) >= max(limit or 0 for limit in allowed):
            self._violated(event, f"it is started beside {running}, and the limit was {allowed}")

    def _check_key(self, event: Event, own: Course) -> None:
        """A key never runs twice at once, not even for a moment."""
        if not own.queue.startswith(PINNED):
            return
        for job in self.jobs.values():
            for found in job.executions if job.id != own.job_id else ():
                if found.queue == own.queue and not found.state.is_terminal and found.state not in _WAITING:
                    self._violated(event, f"it is started beside {found.id} of {job.name}, which is {found.state}, of its key")

    def _move_silently(self, event: Event, course: Course, to: ExecutionState) -> None:
        """Only a daemon that finds an orphan moves it on without telling, and only so that another attempt follows."""
        if course.orphaned and course.state in _INTERRUPTED and to is ExecutionState.RESTARTING:
            course.states.append((event.at, to))
        else:
            self._violated(event, f"it was {course.state} before, not {to}")

    def _violated(self, event: Event, what: str) -> None:
        self.violations.append(f"event {event.revision} {event.kind} ({event.message}): {what}")

    def lines(self, since: float) -> list[tuple[float, str]]:
        """The events after a moment as text, with their times."""
        with self._lock:
            return [
                (event.at, f"    #{event.revision} {event.kind}: {event.message}") for event in self.events if event.at >= since
            ]


def _was_active(course: Course, since: float) -> bool:
    """Whether the execution had its turn before ``since``, and is not over."""
    return not course.state.is_terminal and any(at < since and state not in _WAITING for at, state in course.states)


class Listener(threading.Thread):
    """Reads the event stream from the first event on, whatever becomes of the daemon meanwhile."""

    def __init__(self, home: Home, history: History) -> None:
        super().__init__(name="listener", daemon=True)
        self._history = history
        self._client = Client(home, timeout=5.0)
        self._ended = threading.Event()
        self._marks = itertools.count(1)

    def run(self) -> None:
        """Until :meth:`end`."""
        while not self._ended.is_set():
            try:
                with self._client.events(self._history.revision, timeout=5.0) as feed:
                    while not feed.ended and not self._ended.is_set():
                        event = feed.next_within(0.2)
                        if event is not None:
                            self._history.take(event)
            except (DaemonUnreachable, ApiError):
                self._ended.wait(0.05)

    def catch_up(self, client: Client, timeout: float = 20.0) -> None:
        """Return when everything that has happened by now is in the history."""
        limit = next(self._marks) + 1000
        client.limit_queue("mark", limit)
        deadline = time.monotonic() + timeout
        while not any(event.data.get("limit") == limit for event in self._history.events[-1000:]):
            assert time.monotonic() < deadline, "an event that was recorded does not come"
            time.sleep(0.01)

    def end(self) -> None:
        """Stop reading."""
        self._ended.set()
        self.join(10)
