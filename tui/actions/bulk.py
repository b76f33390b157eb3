"""The same action on several jobs: what it would do to each and to all together, and how it ended for each."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from runner.operation import Effects
from runner.operation import Risk as Danger
from tui.actions.model import Fact, Question, Risk, Weight
from tui.actions.perform import Outcome
from tui.actions.telling import readable, rows, short_reason
from tui.actions.wish import Verb, Wish
from tui.data.done import Done
from tui.draw.units import duration, plural

AT_ONCE = 4
"""So many requests are under way at the same time."""


class Standing(enum.Enum):
    """How far it is with one job; the value is the word for it."""

    ASKING = "asking"
    READY = "would"
    LEFT_OUT = "left out"
    WAITING = "waiting"
    ASKED = "under way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Row:
    """One job. ``words``: what would happen, what happens, or why it did not."""

    wish: Wish
    standing: Standing = Standing.ASKING
    words: str = ""
    effects: Effects | None = None

    @property
    def job_id(self) -> str:
        """The job's identity."""
        return self.wish.target.job_id


class Batch:
    """Belongs to one thread. The same verb for every job."""

    def __init__(self, wishes: Sequence[Wish]) -> None:
        self._rows = {wish.target.job_id: Row(wish) for wish in wishes}
        self._verb = wishes[0].verb

    @property
    def rows(self) -> tuple[Row, ...]:
        """In the order of the list of jobs."""
        return tuple(self._rows.values())

    def count(self, *standings: Standing) -> int:
        """How many stand so."""
        return sum(row.standing in standings for row in self._rows.values())

    def first(self, standing: Standing, besides: set[str]) -> Row | None:
        """The first that stands so, and is not one of those."""
        return next((row for row in self._rows.values() if row.standing is standing and row.job_id not in besides), None)

    # trying

    def told(self, job_id: str, effects: Effects | None, problem: str = "") -> None:
        """What the daemon says that it would do to one, or why that is not known."""
        row = self._rows[job_id]
        if effects is None:
            self._rows[job_id] = replace(row, standing=Standing.LEFT_OUT, words=problem, effects=None)
            return
        target = row.wish.target
        reason = target.differs(effects.execution_id, effects.state) or short_reason(effects)
        standing = Standing.LEFT_OUT if reason else Standing.READY
        words = reason or (effects.lost[0] if effects.lost else effects.does)
        self._rows[job_id] = replace(row, standing=standing, words=readable(words), effects=effects)

    def question(self) -> Question:
        """What it would do to all of them together."""
        able = [row.effects for row in self._rows.values() if row.standing is Standing.READY and row.effects is not None]
        jobs = plural(len(able), "job")
        return Question(
            title=f"{self._verb.capitalize()} {plural(len(self._rows), 'job')}",
            facts=(*self._facts(able), *self._left_out()),
            go=f"{self._verb} {jobs}",
            stay="leave them",
            risk=Risk.DESTRUCTIVE if any(one.risk is Danger.DESTRUCTIVE for one in able) else Risk.CONFIRM,
            word=f"{self._verb} {len(able)}",
            allowed=bool(able),
        )

    def _facts(self, able: Sequence[Effects]) -> list[Fact]:
        if not able:
            return [Fact("does", "nothing: none of them can be done that to", Weight.LOST)]
        [(does, _)] = Counter(one.does for one in able).most_common(1)
        facts = [Fact("does", readable(does))]
        if self._verb in (Verb.START, Verb.RESTART):
            facts.append(Fact("runs", "of each its newest generation, whatever its file says by now"))
        losing = [one for one in able if one.lost]
        if losing:
            facts.append(Fact("lost", f"{_read_again(losing)} ({plural(len(losing), 'job')})", Weight.LOST))
        else:
            facts.append(Fact("lost", "nothing", Weight.KEPT))
        usual = [one.usual_seconds for one in able if one.usual_seconds is not None]
        if usual:
            facts.append(Fact("takes", f"usually {duration(max(usual))} at most"))
        safer = Counter(one.action for effects in able for one in effects.safer).most_common(1)
        return [
            *facts,
            *(Fact("better", f"{action}: safer for {plural(number, 'job')}", Weight.BETTER) for action, number in safer),
        ]

    def _left_out(self) -> list[Fact]:
        number = self.count(Standing.LEFT_OUT)
        return [Fact("not", f"{plural(number, 'job')} left out, for the reasons below", Weight.LOST)] if number else []

    # doing

    def go(self) -> None:
        """Those that can be done are to be done."""
        for job_id, row in self._rows.items():
            if row.standing is Standing.READY:
                self._rows[job_id] = replace(row, standing=Standing.WAITING, words="")

    def answered(self, job_id: str, outcome: Outcome) -> None:
        """The request has been taken, or was not."""
        standing = Standing.ASKED if outcome.operation else Standing.DONE if outcome.done else Standing.FAILED
        self._rows[job_id] = replace(self._rows[job_id], standing=standing, words=outcome.message.split("\n", 1)[0])

    def ended(self, done: Done) -> bool:
        """One has come about or failed; False when it is not one of these."""
        row = self._rows.get(done.job_id)
        if row is None or row.standing is not Standing.ASKED or done.action != self._verb:
            return False
        standing = Standing.DONE if done.succeeded else Standing.FAILED
        self._rows[done.job_id] = replace(row, standing=standing, words=readable(done.message))
        return True

    def failed(self) -> list[Wish]:
        """Those that may be tried again."""
        return [row.wish for row in self._rows.values() if row.standing is Standing.FAILED]


def _read_again(losing: Sequence[Effects]) -> str:
    known = [one.rows_to_read_again for one in losing if one.rows_to_read_again is not None]
    unknown = len(losing) - len(known)
    words = f"{rows(sum(known))} are read again" if known else "nobody knows how many rows are read again"
    return f"{words}; {unknown} do not say how many" if known and unknown else words
