"""What the inspector asks of a tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from runner.client import Client
from tui.data.lane import Answer
from tui.data.models import JobView


class Question(msgspec.Struct, frozen=True):
    """Something to read from the daemon. ``key`` comes back with the answer, so that an old one can be told apart."""

    key: str
    work: Callable[[Client], Any]


class Pane:
    """A tab of the inspector, mixed into its widget. It is told about one job at a time."""

    def look(self, view: JobView, now: float) -> None:
        """The job as it stands now: called once a second, and at once when another job is selected."""
        raise NotImplementedError

    def travel(self, moment: float | None) -> None:
        """Somebody looks at that time; None: at now again. For tabs that have a past."""

    def question(self, now: float) -> Question | None:
        """What to ask the daemon now, or None. Only asked while the tab is visible and no answer is awaited."""
        raise NotImplementedError

    def copy(self) -> bool:
        """Copy what is under the cursor, and say what it was; False: there is nothing of that kind."""
        return False

    def told(self, key: str, answer: Answer, now: float) -> None:
        """The answer to the question of this key, about the job that is still shown."""
        raise NotImplementedError
