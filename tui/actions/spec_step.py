"""What has changed in the job's spec since a point was taken, and whether the state of the point fits what would run now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from runner.client import Client
from runner.model import Generation
from runner.reload import PlannedChange
from spec.job import JobSpec
from spec.plan.compatibility import breaches
from spec.plan.plan import plan_change


@dataclass(frozen=True, slots=True)
class SpecStep:
    """From generation ``before``, which left the point, to ``after``, which would run. ``misfits`` say why the state does not
    fit; empty: it does. ``hidden``: a secret value is another one."""

    before: int
    after: int
    changes: tuple[PlannedChange, ...] = ()
    misfits: tuple[str, ...] = ()
    hidden: bool = False


def compare(job_id: str, before: int, after: int) -> Callable[[Client], SpecStep]:
    """Asks the daemon for both generations, and compares them."""

    def work(daemon: Client) -> SpecStep:
        old, new = daemon.generation(job_id, before), daemon.generation(job_id, after)
        left, right = _spec(old), _spec(new)
        changes = tuple(
            PlannedChange(
                path=one.path, action=one.action, effect=one.effect, reason=one.reason, before=one.before, after=one.after
            )
            for one in plan_change(left, right).changes
        )
        hidden = not changes and old.content_hash != new.content_hash
        return SpecStep(before, after, changes, tuple(str(one) for one in breaches(left, right)), hidden)

    return work


def _spec(generation: Generation) -> JobSpec:
    return msgspec.convert(generation.spec, JobSpec)
