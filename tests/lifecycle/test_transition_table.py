"""The two tables that the lifecycle goes by, without any process: which state may follow which, and what each command does in
each situation; and that the model would notice a daemon that does not keep to the first."""

from __future__ import annotations

import itertools

import pytest
from history import History
from hypothesis import given
from hypothesis import strategies as st

from runner.model import Event
from runner.states import TRANSITIONS, ExecutionState, IllegalTransition, check_transition
from runner.supervisor.commands import TABLE, Answer, Command, Situation

states = st.sampled_from(ExecutionState)
walks = st.lists(states, max_size=20)


def walk(wanted: list[ExecutionState]) -> list[ExecutionState]:
    """The states that an execution comes through when it is told to go over to each of these and obeys the table."""
    course = [ExecutionState.CREATED]
    for state in wanted:
        if state in TRANSITIONS[course[-1]]:
            check_transition(course[-1], state)
            course.append(state)
        else:
            with pytest.raises(IllegalTransition, match=f"from {course[-1]} to {state}: "):
                check_transition(course[-1], state)
    return course


@given(walks)
def test_a_walk_ends_where_it_ends(wanted):
    """However an execution is pushed about, it is in a terminal state once at most, and that is its last one."""
    course = walk(wanted)
    assert not any(state.is_terminal for state in course[:-1])
    assert all(later in TRANSITIONS[former] for former, later in itertools.pairwise(course))
    assert all(state is not former for former, state in itertools.pairwise(course))


@given(walks)
def test_from_everywhere_an_execution_can_be_ended_soon(wanted):
    """Wherever it is, two steps lead to an end that a person can ask for: CANCELED by way of CANCELING, or at once."""
    last = walk(wanted)[-1]
    if not last.is_terminal:
        at_once = ExecutionState.CANCELED in TRANSITIONS[last]
        assert at_once or ExecutionState.CANCELING in TRANSITIONS[last]
        assert ExecutionState.CANCELED in TRANSITIONS[ExecutionState.CANCELING]


@given(walks)
def test_work_begins_only_by_starting(wanted):
    """Nothing reads before it was STARTING, and after RESTARTING it is STARTING again before it reads."""
    at_work = {ExecutionState.RUNNING, ExecutionState.PAUSED, ExecutionState.SAVEPOINTING}
    course = walk(wanted)
    for former, later in itertools.pairwise(course):
        if later in at_work:
            assert former in at_work | {ExecutionState.STARTING}


@pytest.mark.parametrize("situation", Situation)
def test_commands_do_not_contradict_each_other(situation):
    """In no situation does start say that the job runs while stop says that it does not; what can be started cannot be
    stopped, what can be deleted has nothing to cancel, and what can be paused has something to stop."""
    answers = {command: TABLE[command][situation].answer for command in Command}
    if situation in {Situation.REPLACING, Situation.DELETED}:
        return  # the state of the execution decides, or nothing but the way back works
    assert answers[Command.START] is not Answer.NOTHING or answers[Command.STOP] is Answer.WORKS
    assert answers[Command.START] is not Answer.WORKS or answers[Command.STOP] is Answer.NOTHING
    assert answers[Command.DELETE] is not Answer.WORKS or answers[Command.CANCEL] is Answer.NOTHING
    assert answers[Command.PAUSE] is Answer.REFUSED or answers[Command.STOP] is Answer.WORKS
    assert answers[Command.RECOVER] is not Answer.WORKS or answers[Command.START] is Answer.WORKS


@pytest.mark.parametrize("command", Command)
def test_every_command_has_an_answer_in_every_situation(command):
    """Each says something, and each refusal what to do instead; stop and cancel are never refused while the job is there."""
    assert TABLE[command].keys() == set(Situation)
    for situation, rule in TABLE[command].items():
        assert rule.says
        assert rule.answer is not Answer.REFUSED or rule.hint
        assert rule.answer is not Answer.BY_STATE or situation is Situation.REPLACING
        if command in {Command.STOP, Command.CANCEL} and situation is not Situation.DELETED:
            assert rule.answer is not Answer.REFUSED


def told(course: list[ExecutionState]) -> list[Event]:
    """What a daemon tells of an execution that goes this way."""
    events = [
        Event(revision=1, at=1.0, kind="job.created", job_id="j", message="job is new"),
        Event(revision=2, at=2.0, kind="execution.created", job_id="j", execution_id="e", data={"queue": "shared"}),
    ]
    for number, (former, later) in enumerate(itertools.pairwise(course), 3):
        data = {"state": str(later), "previous": str(former), "attempt": 1}
        events.append(
            Event(
                revision=number, at=float(number), kind="execution.state", job_id="j", execution_id="e", message="", data=data
            )
        )
    return events


@given(walks)
def test_the_model_agrees_with_what_is_legal(wanted):
    """A daemon that keeps to the table violates nothing, and the model knows in which state the execution was when."""
    history = History()
    course = walk(wanted)
    for event in told(course):
        history.take(event)
    assert history.violations == []
    assert history.executions["e"].state is course[-1]
    assert history.seen("job", 0.0, 1000.0) == {None, *course}


@given(walks, states)
def test_the_model_notices_what_is_illegal(wanted, state):
    """A step off the table, and an event that is left out, are both noticed."""
    course = walk(wanted)
    if state not in TRANSITIONS[course[-1]]:
        history = History()
        for event in told([*course, state]):
            history.take(event)
        assert len(history.violations) == 1
    if len(course) > 2:
        history = History()
        events = told(course)
        for event in (*events[:2], *events[3:]):
            history.take(event)
        assert history.violations
