"""One daemon of its own with jobs, clients and whatever befalls it, and the checks of everything that comes of that."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from aftermath import lacks, left_behind, repeats, trouble_in_store
from commands import FASTER, Answer, Command, Connection, Outcome, Verb
from crowd import Crowd
from daemon_process import ChaosDaemon, eventually
from history import History, Listener
from lifecycle_job import QUEUE, SIDE, LifecycleJob, own_name
from verdicts import ENDERS, STARTERS, Disturbed, Judge, contradictions

from runner.client import ApiError, Client
from runner.model import DesiredState, Execution, Job
from runner.reload import ReloadState
from runner.requests import EditRequest, RecoverRequest, RestartRequest
from runner.states import ExecutionState

CLIENTS = 3
CONVERGENCE = 120.0
"""Undisturbed, every state that passes by itself must have passed then: a silent worker is given up after ten seconds."""
ANSWERS = 150.0
_LOG_LINES = 80
_PASSING = frozenset(
    {
        ReloadState.PARSING,
        ReloadState.VALIDATING,
        ReloadState.PLANNING,
        ReloadState.UPGRADING,
        ReloadState.ROLLING_BACK,
    }
)
_REST = frozenset({ExecutionState.RUNNING, ExecutionState.PAUSED, ExecutionState.QUEUED})


class Disturbance(enum.StrEnum):
    """What befalls the processes."""

    KILL_WORKER = "kill a worker"
    KILL_FORK_SERVER = "kill the fork server"
    KILL_DAEMON = "kill the daemon"
    KILL_STARTING_DAEMON = "kill the daemon while it starts"
    RESTART_DAEMON = "end the daemon in order"
    FREEZE_WORKER = "freeze a worker"
    FREEZE_FORK_SERVER = "freeze the fork server"
    FREEZE_DAEMON = "freeze the daemon"


@dataclass(slots=True)
class Tally:
    """What was done in all examples together."""

    examples: int = 0
    steps: int = 0
    outcomes: Counter[tuple[Verb, Outcome]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    disturbances: Counter[Disturbance] = field(default_factory=Counter)
    edits: int = 0
    executions: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    events: int = 0
    seconds: float = 0.0

    def table(self) -> str:
        """For people."""
        commands = sum(self.outcomes.values())
        kills = sum(count for kind, count in self.disturbances.items() if kind.startswith("kill"))
        figures = {
            "examples": self.examples,
            "steps": self.steps,
            "commands": commands,
            "kills": kills,
            "edits": self.edits,
            "executions": self.executions,
            "events": self.events,
            "seconds": int(self.seconds),
        }
        lines = [
            "lifecycle: " + ", ".join(f"{name} {value:,}" for name, value in figures.items()),
            f"  {'':<26}" + "".join(f"{outcome:>9}" for outcome in Outcome),
        ]
        for verb in Verb:
            counts = [self.outcomes[verb, outcome] for outcome in Outcome]
            if any(counts):
                lines.append(f"  {verb:<26}" + "".join(f"{count:>9}" for count in counts))
        lines += [f"  {kind:<34}{count:>9}" for kind, count in sorted(self.disturbances.items())]
        lines.append("  refusals: " + ", ".join(f"{code} {count}" for code, count in sorted(self.refusals.items())))
        lines.append("  executions ended: " + ", ".join(f"{state} {count}" for state, count in sorted(self.ends.items())))
        return "\n".join(lines)


class Theatre:
    """Everything that one example needs. Every check raises AssertionError."""

    def __init__(self, tally: Tally) -> None:
        self.directory = Path(os.path.realpath(tempfile.mkdtemp(prefix="fdl-")))
        self.jobs = [
            LifecycleJob("alpha", self.directory, "json", watched=True),
            LifecycleJob("beta", self.directory, "parquet"),
            LifecycleJob("gamma", self.directory, "json"),
            LifecycleJob("delta", self.directory, "json"),
            LifecycleJob("epsilon", self.directory, "json"),
        ]
        self.log: list[tuple[float, str]] = []
        self.history = History()
        self._tally = tally
        self._began = time.time()
        (self.directory / "watched").mkdir()
        (self.directory / "out").mkdir()
        self.jobs[0].file.write_text(self.jobs[0].text(0))
        self.daemon = ChaosDaemon(self.directory / "home", options=("--watch", str(self.directory / "watched")))
        self.daemon.start()
        self._client = Client(self.daemon.home, timeout=60.0)
        self._connection = Connection(self.daemon.home, CLIENTS, {}, {})
        self.judge = Judge(self.history)
        self._listener = Listener(self.daemon.home, self.history)
        self._listener.start()
        self.crowd = Crowd(self.daemon.home, CLIENTS)
        self._judged_to = 0.0
        self._seen: set[psutil.Process] = set()
        self._edited: dict[str, float] = {}

    # what the machine does

    def let_names_change(self) -> None:
        """Two of the jobs may be called something else from now on: the watched one, and another one of a file."""
        self.jobs = [dataclasses.replace(job, renames=True) if job.name in {"alpha", "gamma"} else job for job in self.jobs]

    def ask(self, caller: int, command: Command, *, wait: bool = False) -> None:
        """Let a client ask; with ``wait`` until it is answered."""
        self.note(f"client {caller} is given: {command}")
        self._remember_processes()
        if command.verb is Verb.RELOAD_APPLY:
            self._is_edited(command.job)
        self.crowd.ask(caller, command)
        if wait:
            assert self.crowd.wait(caller, ANSWERS), f"client {caller} is not answered within {ANSWERS:g} s"

    def edit(self, job: LifecycleJob, variant: int, how: int) -> None:
        """Save the file of a watched job: in place, by rename as editors do, broken, so that somebody has to approve it, with
        another queue; or delete it."""
        self.note(f"the file of {job.name} is edited: variant {variant}, way {how}")
        text = job.text(variant, aside=how == 5) if how != 2 else job.text(variant).replace("FakeSource", "FalseSource")
        if how == 3:
            text = text.replace("restart.delay = 0", 'restart.delay = 0, reload.approval = "manual"')
        if how == 1:
            fresh = job.file.with_suffix(".new")
            fresh.write_text(text)
            fresh.replace(job.file)
        elif how == 4:
            job.file.unlink(missing_ok=True)
        else:
            job.file.write_text(text)
        self._is_edited(job)
        self._tally.edits += 1

    def _is_edited(self, job: LifecycleJob) -> None:
        """Something becomes of its file from now on, or soon: one that is gone may be about to be moved."""
        self._edited[job.name] = time.time() + (0 if job.file.exists() else 1.5)
        self.judge.disturbances.append(Disturbed(time.time(), float("inf"), job.name))

    def disturb(self, kind: Disturbance, seconds: float) -> None:
        """Do that to the daemon's processes; what is frozen thaws before this returns."""
        begin = time.time()
        self._remember_processes()
        hit = self._disturb(kind, seconds)
        self.note(f"{kind}: {hit or 'nobody there'}")
        if hit:
            daemon = "daemon" in kind
            # What a death leads to takes its time: the fork server's, and a worker's that must be noticed first.
            self.judge.disturbances.append(Disturbed(begin, time.time() + (1.0 if daemon else 3.0), daemon=daemon))
            self._tally.disturbances[kind] += 1

    def settle(self) -> None:
        """Wait until nobody asks any more and the jobs have come to rest, and look whether everything fits together."""
        self.crowd.wait_for_all(ANSWERS)
        self.crowd.check()
        deadline = time.monotonic() + CONVERGENCE
        while (unrest := self._unrest()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not unrest, f"not at rest within {CONVERGENCE:g} s: {unrest}"
        self._edited.clear()
        now = time.time()
        self.judge.disturbances = [
            Disturbed(found.begin, min(found.end, now), found.name, found.daemon) for found in self.judge.disturbances
        ]
        self.look()
        self._check_last_words()
        self._judged_to = now

    def glance(self) -> None:
        """Check what has been told so far; cheap."""
        self.crowd.check()
        self.daemon.assert_alive()
        assert not self.history.violations, "; ".join(self.history.violations)
        failures = [str(answer) for answer in list(self.crowd.answers) if answer.code in {"internal", "unexpected-answer"}]
        assert not failures, "; ".join(failures)

    def look(self) -> None:
        """Check everything that has been answered and told so far; nobody may be asking."""
        self.crowd.check()
        self.daemon.assert_alive()
        self._listener.catch_up(self._client)
        assert not self.history.violations, "; ".join(self.history.violations)
        answers = list(self.crowd.answers)
        for answer in answers:
            if not answer.judged:
                answer.judged = True
                self._count(answer)
                troubles = list(self.judge.trouble(answer, answers))
                assert not troubles, f"{answer}: {'; '.join(troubles)}"
        assert not (found := list(contradictions(answers))), "; ".join(found)

    def finish(self) -> None:
        """Bring every job to its end, end the daemon, and look at what is left."""
        self.settle()
        for name in (QUEUE, SIDE):
            self._client.limit_queue(name, None)
        for name in {SIDE, *(job.queue() for job in self.jobs)}:
            self._client.pause_queue(name, paused=False)
        for found in self._client.jobs(limit=1000).jobs:
            if found.name != own_name(found.name):
                self._client.edit(found.id, EditRequest(name=None))
        problems: list[str] = []
        waiting = {
            found.name for found in self._client.jobs(limit=1000).jobs if found.execution and found.execution.state == "QUEUED"
        }
        for job in sorted(self.jobs, key=lambda job: job.name in waiting):  # what holds a place comes first
            problems += self._bring_to_the_end(job)
        self._remember_processes()
        self.look()
        self._client.close()
        self._connection.close()
        self.daemon.stop()
        self._listener.end()
        survivors = [str(process) for process in self._seen if _runs(process)]
        problems += [f"still running: {process}" for process in survivors]
        problems += left_behind(self.daemon.home, self.jobs)
        problems += trouble_in_store(self.daemon.home, self.history, self.jobs)
        problems += self.history.violations
        assert not problems, "\n".join(problems)
        self._tally.executions += len(self.history.executions)
        self._tally.ends.update(str(course.state) for course in self.history.executions.values())
        self._tally.events += len(self.history.events)

    def clear(self) -> None:
        """Whatever happened: nothing of ours runs, and nothing is on the disk."""
        self.crowd.end()
        self._remember_processes()
        with contextlib.suppress(OSError, AssertionError):
            self.daemon.kill()
        self._listener.end()
        for process in self._seen:
            with contextlib.suppress(psutil.Error):
                if _runs(process):
                    process.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.with_suffix(".output").unlink(missing_ok=True)

    def note(self, what: str) -> None:
        """One line of the step log."""
        self.log.append((time.time(), what))

    def story(self) -> str:
        """Steps, answers and events in the order in which they happened, with seconds since the start."""
        lines = [*self.log, *((answer.answered_at, f"  {answer}") for answer in list(self.crowd.answers))]
        lines += self.history.lines(0.0)
        told = [f"{at - self._began:8.3f}  {what}" for at, what in sorted(lines)]
        return "\n".join([*told, "", "the daemon's log ends:", *self._log_tail()])

    def _log_tail(self) -> list[str]:
        """What the daemon said last."""
        log = self.daemon.home.daemon_log
        return log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if log.exists() else []

    # inside

    def _disturb(self, kind: Disturbance, seconds: float) -> str:
        daemon = self.daemon
        match kind:
            case Disturbance.KILL_WORKER:
                return _signal(daemon.workers(), signal.SIGKILL)
            case Disturbance.KILL_FORK_SERVER:
                return _signal(daemon.fork_servers(), signal.SIGKILL)
            case Disturbance.KILL_DAEMON:
                daemon.kill()
                daemon.start()
                return f"now {daemon.pid}"
            case Disturbance.KILL_STARTING_DAEMON:
                daemon.kill()
                daemon.launch()
                time.sleep(seconds)
                daemon.kill()
                daemon.start()
                return f"after {seconds:.2f} s, now {daemon.pid}"
            case Disturbance.RESTART_DAEMON:
                daemon.stop()
                daemon.start()
                return f"now {daemon.pid}"
            case Disturbance.FREEZE_DAEMON:
                return _freeze([psutil.Process(daemon.pid)], seconds)
            case Disturbance.FREEZE_WORKER:
                return _freeze(daemon.workers(), seconds)
            case Disturbance.FREEZE_FORK_SERVER:
                return _freeze(daemon.fork_servers(), seconds)

    def _remember_processes(self) -> None:
        with contextlib.suppress(psutil.Error):
            self._seen.update(psutil.Process(self.daemon.pid).children(recursive=True))

    def _count(self, answer: Answer) -> None:
        self._tally.outcomes[answer.command.verb, answer.outcome] += 1
        if answer.outcome is Outcome.REFUSED:
            self._tally.refusals[answer.code] += 1

    def _unrest(self) -> str:
        for name, edited in self._edited.items():
            if time.time() < edited + 1.0:
                return f"the file of {name} was edited just now"
        for file in self._connection.watched_files():
            if file.state in _PASSING:
                return f"the file of {file.job_name} is {file.state}, {file.phase}: {file.message}"
        for job in self._client.jobs(limit=1000).jobs:
            trouble = _unrest(job)
            if trouble:
                return trouble
        under_way = self._client.operations(is_open=True).operations
        return f"the operation {under_way[0]} is under way" if under_way else ""

    def _check_last_words(self) -> None:
        """When the last command for a job was asked after every other one was answered, the job is as that one says."""
        jobs = {own_name(job.name): job for job in self._client.jobs(limit=1000).jobs}
        for name, job in jobs.items():
            words = [
                answer
                for answer in self.crowd.answers
                if answer.asked_at > self._judged_to
                and (answer.command.job.name == name or answer.command.verb is Verb.CANCEL_QUEUED)
                and answer.outcome is not Outcome.REFUSED
                and answer.command.verb in STARTERS | ENDERS | {Verb.DELETE, Verb.UNDELETE, Verb.STORE, Verb.REPLACE, Verb.MOVE}
            ]
            last = max(words, key=lambda answer: answer.asked_at, default=None)
            if last is None or last.outcome is not Outcome.DONE or last.job is None:
                continue
            if any(other is not last and other.answered_at >= last.asked_at for other in words):
                continue
            wanted = _wanted(last.command.verb)
            ended = job.execution is not None and job.execution.state.is_terminal
            assert wanted in {None, job.desired_state} or ended, f"<{last}>, and {name} is to be {job.desired_state}"
            if wanted in {DesiredState.STOPPED, DesiredState.CANCELED}:
                assert job.execution is None or ended, f"<{last}>, and {name} is {job.execution.state}"

    def _bring_to_the_end(self, job: LifecycleJob) -> list[str]:
        """Let the job write everything; what is wrong with its output then."""
        if not any(found.name == job.name for found in self._client.jobs(limit=1000).jobs):
            return []
        for _ in range(8):
            execution = self._at_rest(job)
            if execution is not None and execution.state == "FINISHED" and not execution.splits_left_out:
                break
            self.note(f"bring {job.name} to its end: it is {execution.state if execution else None}")
            self._go_on(job, execution)
        else:
            return [f"{job.name} does not finish: {execution}"]
        client = self._client
        executions = sorted(client.executions(job.name), key=lambda found: found.created_at)
        points = client.checkpoints(job.name, limit=1000)
        troubles = job.trouble(may_repeat=repeats(executions, points), may_lack=lacks(executions, points))
        return [f"{job.name}: {trouble}" for trouble in troubles]

    def _at_rest(self, job: LifecycleJob) -> Execution | None:
        """The execution once it is over, or reads at the limited rate."""
        found = eventually(lambda: self._rested(job), f"{job.name} does not come to rest", timeout=CONVERGENCE)
        return found.execution

    def _rested(self, job: LifecycleJob) -> Job | None:
        found = self._client.job(job.name)
        passing = any(file.state in _PASSING for file in self._connection.watched_files() if file.job_id == found.id)
        return None if passing or _unrest(found) else found

    def _go_on(self, job: LifecycleJob, execution: Execution | None) -> None:
        """The next step towards a complete output, as fast as can be."""
        if execution is not None and execution.state.is_terminal and execution.splits_left_out:
            self._client.recover(job.name, RecoverRequest())
        else:
            eventually(lambda: self._restarted(job), f"{job.name} cannot be restarted", timeout=CONVERGENCE)
        over = lambda: self._is_over(job)  # noqa: E731
        eventually(over, f"{job.name} does not end: {self._client.job(job.name).execution}", timeout=CONVERGENCE)

    def _restarted(self, job: LifecycleJob) -> bool:
        """Restart it from its newest checkpoint, or from the beginning if there is none; not while its file is followed."""
        try:
            self._client.restart(job.name, RestartRequest(overrides=FASTER))
        except ApiError as refusal:
            if "upgraded" in refusal.message:  # a change of its file that came during another one
                return False
            self.note(f"refused: {refusal.message}")
            if "checkpoint" in refusal.message:
                self._client.restart(job.name, RestartRequest(restore="none", overrides=FASTER))
        return True

    def _is_over(self, job: LifecycleJob) -> bool:
        execution = self._client.job(job.name).execution
        return execution is None or execution.state.is_terminal


def _wanted(verb: Verb) -> DesiredState | None:
    if verb in STARTERS:
        return DesiredState.RUNNING
    wanted = {Verb.STOP: DesiredState.STOPPED, Verb.STOP_NOW: DesiredState.STOPPED, Verb.CANCEL: DesiredState.CANCELED}
    return wanted.get(verb)


def _unrest(job: Job) -> str:
    """Why the job is not as it is to be, or not for long; empty when it is at rest."""
    execution = job.execution
    state = execution.state if execution else None
    if job.restarting_from:
        return f"{job.name} is to be restarted from {job.restarting_from}"
    if execution is None:
        return ""
    wants = job.desired_state is DesiredState.RUNNING
    if state in _REST and wants:
        paused = execution.pause is not None and state != "QUEUED"
        return "" if paused == (state == "PAUSED") else f"{job.name} is {state} with the pause {execution.pause}"
    if state is not None and state.is_terminal:
        fits = not wants or state in {"FINISHED", "FAILED"}
        return "" if fits else f"{job.name} is {state} and to be {job.desired_state}"
    return f"{job.name} is {state} and to be {job.desired_state}"


def _signal(victims: list[psutil.Process], number: int) -> str:
    for victim in victims[:1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.send_signal(number)
            return str(victim.pid)
    return ""


def _freeze(victims: list[psutil.Process], seconds: float) -> str:
    hit = _signal(victims, signal.SIGSTOP)
    if hit:
        time.sleep(seconds)
        _signal(victims, signal.SIGCONT)
    return f"{hit} for {seconds:.2f} s" if hit else ""


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
