"""The state machine that hypothesis drives: each step gives commands to clients, or lets something befall the daemon."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from commands import Command, Verb
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from theatre import CLIENTS, Disturbance, Tally, Theatre

_WEIGHTS: dict[Verb, int] = {
    Verb.SUBMIT: 2,
    Verb.SUBMIT_CHANGED: 2,
    Verb.STOP: 3,
    Verb.STOP_NOW: 2,
    Verb.PAUSE: 2,
    Verb.RESUME: 2,
    Verb.RESTART: 4,
    Verb.RESTART_SET: 2,
    Verb.SAVEPOINT: 2,
    Verb.NAME: 2,
    Verb.MOVE: 2,
}
_VERBS = [verb for verb in Verb for _ in range(_WEIGHTS.get(verb, 1))]
_DISTURBANCES = [
    *[Disturbance.KILL_WORKER] * 3,
    *[Disturbance.KILL_DAEMON] * 2,
    *[kind for kind in Disturbance if kind not in {Disturbance.KILL_WORKER, Disturbance.KILL_DAEMON}],
]
_LONGEST_PAUSE = 0.6

verbs = st.sampled_from(_VERBS)
choices = st.integers(0, 11)
callers = st.integers(0, CLIENTS - 1)
numbers = st.integers(0, 4)


class LifecycleMachine(RuleBasedStateMachine):
    """Random commands of several clients, random deaths; the theatre says what of it is wrong."""

    tally: ClassVar[Tally] = Tally()

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()
        self._failed = True
        self._unsettled = 0
        self._theatre = Theatre(self.tally)

    @initialize(submitted=st.sampled_from([31, 7, 27, 13, 30]), renames=st.booleans())
    def begin(self, submitted: int, renames: bool) -> None:
        """Some jobs are there from the beginning."""
        self._failed = True
        if renames:
            self._theatre.let_names_change()
        for number, job in enumerate(self._theatre.jobs):
            if submitted & 1 << number:
                self._theatre.ask(number % CLIENTS, Command(Verb.SUBMIT, job), wait=True)
        self._failed = False

    @rule(caller=callers, number=numbers, verb=verbs, choice=choices, seconds=st.floats(0, _LONGEST_PAUSE))
    def ask(self, caller: int, number: int, verb: Verb, choice: int, seconds: float) -> None:
        """One client asks; nobody waits for the answer, but perhaps some time goes by."""

        def act(theatre: Theatre) -> None:
            theatre.ask(caller, Command(verb, theatre.jobs[number], choice))
            time.sleep(seconds)

        self._step(act)

    @rule(caller=callers, number=numbers, verb=verbs, choice=choices)
    def ask_and_wait(self, caller: int, number: int, verb: Verb, choice: int) -> None:
        """One client asks, and is answered before anything else happens."""
        self._step(lambda theatre: theatre.ask(caller, Command(verb, theatre.jobs[number], choice), wait=True))

    @rule(number=numbers, asked=st.lists(st.tuples(verbs, choices), min_size=2, max_size=CLIENTS))
    def together(self, number: int, asked: list[tuple[Verb, int]]) -> None:
        """Several clients ask something of the same job at once."""

        def act(theatre: Theatre) -> None:
            for caller, (verb, choice) in enumerate(asked):
                theatre.ask(caller, Command(verb, theatre.jobs[number], choice))

        self._step(act)

    @rule(kind=st.sampled_from(_DISTURBANCES), seconds=st.floats(0, _LONGEST_PAUSE))
    def disturb(self, kind: Disturbance, seconds: float) -> None:
        """A process dies or freezes, be somebody waiting for an answer or not."""
        self._step(lambda theatre: theatre.disturb(kind, seconds))

    @rule(variant=st.integers(0, 5), how=st.integers(0, 5))
    def edit(self, variant: int, how: int) -> None:
        """The watched file is saved."""
        self._step(lambda theatre: theatre.edit(theatre.jobs[0], variant, how))

    @precondition(lambda machine: machine._unsettled > 6)
    @rule()
    def settle(self) -> None:
        """Everybody waits until everything is at rest."""
        self._step(lambda theatre: theatre.settle())
        self._unsettled = 0

    @invariant()
    def nothing_is_violated(self) -> None:
        """By what the daemon has told of itself."""
        self._step(lambda theatre: theatre.glance(), counted=False)

    def teardown(self) -> None:
        """The end of every job, and of the daemon; no second complaint after a first one."""
        try:
            if not self._failed:
                self._step(lambda theatre: theatre.finish(), counted=False)
                self.tally.examples += 1
        finally:
            self.tally.seconds += time.monotonic() - self._began
            self._theatre.clear()

    def _step(self, act: Callable[[Theatre], None], *, counted: bool = True) -> None:
        try:
            act(self._theatre)
        except BaseException:
            self._failed = True
            print(f"\n{self._theatre.story()}\n")
            raise
        self.tally.steps += counted
        self._unsettled += counted
