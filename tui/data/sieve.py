"""Which of the jobs the filter lets through, looked for beside the interface when there are many."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from tui.data.models import JobView
from tui.query.filter import Filter

FEW: Final = 500
"""So many are looked through at once."""
_MANNERS: Final = 0.01
"""Seconds that the thread waits before it looks: the letter that was typed is painted first, and letters typed together are
looked for together."""


class Sifted(msgspec.Struct, frozen=True):
    """What ``chosen`` lets through of ``views``, and the place of each by id."""

    views: Sequence[JobView] = ()
    chosen: Filter = Filter()
    shown: Sequence[JobView] = ()
    places: Mapping[str, int] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, views: Sequence[JobView], chosen: Filter, now: float) -> Sifted:
        """Look through all of them."""
        shown = [view for view in views if chosen.accepts(view.job, now)] if chosen.terms else views
        return cls(views, chosen, shown, {view.id: place for place, view in enumerate(shown)})


class Sieve:
    """The newest question is answered; those that came before it are dropped. ``ready`` is called in the thread that looks, as
    soon as :meth:`sift` would give more than it gave."""

    def __init__(self, ready: Callable[[], object]) -> None:
        self._ready = ready
        self._asked: tuple[Sequence[JobView], Filter, float] | None = None
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._last = Sifted()

    def sift(self, views: Sequence[JobView], chosen: Filter, now: float, places: Mapping[str, int] | None = None) -> Sifted:
        """What is to be shown. With many jobs that is what was found last, until the thread has found more. ``places`` are
        those of all of them, where somebody knows them already."""
        last = self._last
        if last.views is views and last.chosen is chosen:
            return last
        if not chosen.terms and places is not None:
            self._last = Sifted(views, chosen, views, places)
            return self._last
        if len(views) <= FEW or not last.views:
            self._last = Sifted.of(views, chosen, now)
            return self._last
        self._ask(views, chosen, now)
        return last

    def stop(self) -> None:
        """Look no more; does not wait."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    def _ask(self, views: Sequence[JobView], chosen: Filter, now: float) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="flowdeck-filter", daemon=True)
            self._thread.start()
        with self._wake:
            self._asked = (views, chosen, now)
            self._wake.notify_all()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._stopped or self._asked is not None)
                self._wake.wait_for(lambda: self._stopped, _MANNERS)
                if self._stopped or self._asked is None:
                    return
                asked, self._asked = self._asked, None
            found = Sifted.of(*asked)
            if self._asked is None:
                self._last = found
                self._ready()
