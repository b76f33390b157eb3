"""The filter over very many jobs: looked for beside the interface, the newest question wins."""

from __future__ import annotations

import threading
from types import ModuleType

import msgspec

from tui.data.models import JobView
from tui.data.sieve import FEW, Sieve
from tui.query.filter import parse


def many(samples: ModuleType, count: int) -> tuple[JobView, ...]:
    """Jobs that differ in their numbers."""
    job = samples.sample_jobs()[0]
    return tuple(JobView(msgspec.structs.replace(job, id=f"{number:012}", name=f"job-{number}")) for number in range(count))


def test_few_jobs_are_looked_through_at_once(samples: ModuleType) -> None:
    """The answer is there with the question; the same question gives the same answer."""
    sieve = Sieve(lambda: None)
    views, chosen = many(samples, 30), parse("job-2")
    found = sieve.sift(views, chosen, 0.0)
    assert [view.name for view in found.shown] == ["job-2", *(f"job-2{digit}" for digit in range(10))]
    assert found.places[found.shown[3].id] == 3
    assert sieve.sift(views, chosen, 1.0) is found


def test_many_jobs_are_looked_through_beside(samples: ModuleType) -> None:
    """Until the thread has found the answer, the last one stays; then it says so."""
    ready = threading.Event()
    sieve = Sieve(ready.set)
    views = many(samples, FEW + 1)
    everything = sieve.sift(views, parse(""), 0.0)
    assert len(everything.shown) == FEW + 1
    chosen = parse(f"job-{FEW}")
    assert sieve.sift(views, chosen, 0.0) is everything
    assert ready.wait(60)
    assert [view.name for view in sieve.sift(views, chosen, 0.0).shown] == [f"job-{FEW}"]
    sieve.stop()
