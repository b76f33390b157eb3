"""The daemon's dry run in the words of a dialog. Every number is the daemon's; here it only gets its unit."""

from __future__ import annotations

import re
from collections.abc import Callable

from runner.operation import Effects
from runner.operation import Risk as Danger
from tui.actions.model import Fact, Question, Risk, Weight
from tui.actions.wish import Verb, Wish
from tui.data.models import JobView
from tui.draw.units import duration, si, span

_COUNT = re.compile(r"\b(\d{4,}) rows\b")
_SECONDS = re.compile(r"\b(\d{2,}) s old\b")
_NUMBER = re.compile(r"\b(checkpoint|savepoint) (\d+)\b")
_VERBS = {Verb.WORKERS: "Change the workers of", Verb.RESTART: "Restart"}
GO = {
    Verb.STOP: "stop it", Verb.CANCEL: "cancel the job", Verb.START: "start it", Verb.RESTART: "restart it",
    Verb.WORKERS: "change it", Verb.DELETE: "delete it", Verb.SAVEPOINT: "take it", Verb.PAUSE: "pause it",
    Verb.RESUME: "let it read on", Verb.UNDELETE: "bring it back", Verb.DELETE_SAVEPOINT: "delete the savepoint",
}  # fmt: skip
_ACTIONS = {"restart": "restore"}
"""The actions of this program that are called otherwise by the daemon."""


def subject(view: JobView, now: float) -> str:
    """``id 0f3a9c1d, generation 7, RUNNING for 3d 04h``."""
    execution = view.execution
    since = f" for {span(now - execution.state_since)}" if execution else ""
    return f"id {view.id[:12]}, generation {view.job.generation}, {view.state}{since}"


def title_of(wish: Wish) -> str:
    """What is asked, and of which job."""
    if wish.verb is Verb.DELETE_SAVEPOINT:
        return f"Delete savepoint #{wish.number} of {wish.target.name}"
    return f"{_VERBS.get(wish.verb, wish.verb.capitalize())} {wish.target.name}"


def question_of(wish: Wish, effects: Effects, key: Callable[[str], str]) -> Question:
    """What ``effects`` say of ``wish``; ``key`` tells the key of an action."""
    target, of_savepoint = wish.target, wish.verb is Verb.DELETE_SAVEPOINT
    facts = _facts(effects, key) if effects.allowed else refusal_facts(effects)
    return Question(
        title=title_of(wish),
        facts=facts,
        go=GO[wish.verb],
        stay="keep it" if of_savepoint else "leave it" if target.state.is_terminal else "keep running",
        risk=Risk.DESTRUCTIVE if effects.risk is Danger.DESTRUCTIVE else Risk.CONFIRM,
        word=str(wish.number) if of_savepoint else target.typed,
        allowed=effects.allowed,
        about=None if of_savepoint else (effects.execution_id, effects.state),
    )


def refusal_facts(effects: Effects) -> tuple[Fact, ...]:
    """Why it cannot be done, and what to do instead."""
    facts = (Fact("not now", effects.reason or "it would be refused", Weight.LOST),)
    return (*facts, Fact("instead", effects.hint)) if effects.hint else facts


def refusal_words(effects: Effects) -> str:
    """Why pressing the key does nothing, and what to do instead, in a line or two; empty when it would do something."""
    short = short_reason(effects)
    if not short:
        return ""
    reason = f"{effects.job_name} is {effects.state}: {short}"
    return reason if effects.allowed or not effects.hint else f"{reason}\n{effects.hint}"


def short_reason(effects: Effects) -> str:
    """Only why: not of which job."""
    if not effects.allowed:
        reason = effects.reason or "it would be refused"
        return reason.removeprefix(f"the job {effects.job_name} is {effects.state}: ")
    nothing, _, why = effects.does.partition(": ")
    return (why or "there is nothing to do") if nothing == "nothing" else ""


def _facts(effects: Effects, key: Callable[[str], str]) -> tuple[Fact, ...]:
    facts = [Fact("does", readable(effects.does))] if effects.does else []
    facts += [Fact("kept", readable(kept), Weight.KEPT) for kept in effects.kept]
    facts += [Fact("lost", readable(lost), Weight.LOST) for lost in effects.lost]
    if not effects.lost:
        facts.append(Fact("lost", "nothing", Weight.KEPT))
        facts += _read_again(effects)
    if effects.usual_seconds is not None:
        facts.append(Fact("takes", f"usually {duration(effects.usual_seconds)}"))
    for safer in effects.safer:
        keyed = key(_ACTIONS.get(safer.action, safer.action))
        facts.append(Fact("better", f"{keyed} {safer.action}: {readable(safer.why)}".strip(), Weight.BETTER))
    return tuple(facts)


def _read_again(effects: Effects) -> list[Fact]:
    count = effects.rows_to_read_again
    return [Fact("again", f"{rows(count)} read again", Weight.KEPT)] if count else []


def readable(text: str) -> str:
    """The daemon's sentence with its counts and times in short: ``2.50M rows``, ``1h 00m old``, ``checkpoint #812``."""
    text = _COUNT.sub(lambda found: f"{si(int(found[1]))} rows", text)
    text = _SECONDS.sub(lambda found: f"{span(int(found[1]))} old", text)
    return _NUMBER.sub(r"\1 #\2", text)


def rows(count: int | None) -> str:
    """``2.50M rows``, ``1 row``, ``an unknown number of rows``."""
    if count is None:
        return "an unknown number of rows"
    return "1 row" if count == 1 else f"{si(count)} rows"
