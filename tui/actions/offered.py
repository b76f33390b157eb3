"""What a menu of actions is about, one job or the marked ones: its title, and why each action would do nothing. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, Self

import msgspec

from runner.client import Client
from tui.actions.model import Action
from tui.actions.registry import ACTIONS, WORKERS, verb_of
from tui.actions.target import Target
from tui.actions.telling import short_reason
from tui.actions.wish import Wish
from tui.data.models import JobView
from tui.data.snapshot import Snapshot
from tui.draw.units import plural

JOB_BY_JOB = "they are changed job by job; esc drops the marks"
"""Why the marked jobs are not given workers together."""


Ask = Callable[[Client], Mapping[str, str]]
"""A request for the reasons by an action's id, empty where it would do something. Raises what the client raises."""


class Offered(Protocol):
    """One job or several."""

    @property
    def name(self) -> str:
        """What it is, for the title."""

    @property
    def state(self) -> str:
        """The state it is in, or the states."""

    @property
    def ask(self) -> Ask | None:
        """What the daemon has to say of it; None when the first guess is all that is said here."""

    def title_of(self, action: Action) -> str:
        """What an action is called for it as it stands."""

    def refusals(self) -> dict[str, str]:
        """The first guess why each action would do nothing, by its id; empty where it would."""

    def seen(self, snapshot: Snapshot) -> Self:
        """The same as it stands now: itself when nothing is different that the menu shows."""


def reasons(view: JobView, target: Target, daemon: Client) -> dict[str, str]:
    """Why each action would do nothing for one job, by its id; empty where it would. Raises what the client raises."""
    found = {}
    for action in ACTIONS:
        effects = Wish(verb_of(action, view), target, number=1).try_dry(daemon)
        found[action.id] = short_reason(effects)
    return found


class OneJob(msgspec.Struct, frozen=True):
    """The job under the cursor, as it stood when the menu was opened (``target``) and as it stands now."""

    target: Target
    view: JobView

    @property
    def name(self) -> str:
        """The job's name."""
        return self.target.name

    @property
    def state(self) -> str:
        """The state of its newest execution."""
        return str(self.view.state)

    @property
    def ask(self) -> Ask:
        """The daemon has the last word on one job."""
        return partial(reasons, self.view, self.target)

    def title_of(self, action: Action) -> str:
        """A pause is taken back by the same key."""
        return action.title_of(self.view)

    def refusals(self) -> dict[str, str]:
        """The first guess, until the daemon has answered."""
        return {action.id: action.refusal(self.view) for action in ACTIONS}

    def seen(self, snapshot: Snapshot) -> OneJob:
        """The job in another state: other things are possible then."""
        view = snapshot.find(self.target.job_id)
        return self if view is None or view.state is self.view.state else OneJob(self.target, view)


class MarkedJobs(msgspec.Struct, frozen=True):
    """The marked jobs, at least one. An action is refused here only when it would do nothing for all of them: the dialog that
    follows asks the daemon about each."""

    views: tuple[JobView, ...]

    @property
    def name(self) -> str:
        """How many there are."""
        return plural(len(self.views), "marked job")

    @property
    def state(self) -> str:
        """The states they are in."""
        counts: dict[str, int] = {}
        for view in self.views:
            counts[str(view.state)] = counts.get(str(view.state), 0) + 1
        return ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def ask(self) -> None:
        """Nothing is asked about many jobs before an action is chosen."""
        return None

    def title_of(self, action: Action) -> str:
        """What would be done to the first that it can be done to."""
        return action.title_of(first_fit(action, self.views))

    def refusals(self) -> dict[str, str]:
        """The reason of the first job where no job is fit."""
        return {action.id: self._refusal(action) for action in ACTIONS}

    def _refusal(self, action: Action) -> str:
        if action is WORKERS:
            return JOB_BY_JOB
        if any(not action.refusal(view) for view in self.views):
            return ""
        return f"none of {len(self.views):,}: {action.refusal(self.views[0])}"

    def seen(self, snapshot: Snapshot) -> MarkedJobs:
        """The marked jobs in other states; one that is gone stays as it was seen last, its row in the dialog says so."""
        views = tuple(snapshot.find(view.id) or view for view in self.views)
        same = all(new.state is old.state for new, old in zip(views, self.views, strict=True))
        return self if same else MarkedJobs(views)


def first_fit(action: Action, views: Sequence[JobView]) -> JobView:
    """The first job that the action can probably be carried out on, else the first."""
    return next((view for view in views if not action.refusal(view)), views[0])
