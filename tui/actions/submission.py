"""What to do with a job file that checks: what the daemon makes of it, in words, and the request that hands it in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from runner.client import ApiError, Client
from runner.model import Checkpoint, Job
from runner.reload import ReloadPlan
from runner.requests import SubmitRequest, UpdateRequest
from runner.states import ExecutionState
from spec.plan.change import Effect
from tui.draw.units import plural, si


@dataclass(frozen=True, slots=True)
class Prospect:
    """What handing a file in would mean. ``job`` and ``plan`` are None for a job that there is not yet; ``refusal`` says why it
    cannot be handed in."""

    request: SubmitRequest
    job: Job | None = None
    plan: ReloadPlan | None = None
    refusal: str = ""

    @property
    def runs(self) -> bool:
        """Whether the job is running now."""
        return self.job is not None and self.job.execution is not None and not self.job.execution.state.is_terminal

    @property
    def point(self) -> Checkpoint | None:
        """Where a job that is over left off, if its state fits what would run; a finished one is over for good."""
        job = self.job
        if job is None or job.execution is None or self.runs or job.execution.state is ExecutionState.FINISHED:
            return None
        return None if self._is_breaking else job.last_checkpoint

    @property
    def _is_breaking(self) -> bool:
        return self.plan is not None and self.plan.effect == Effect.BREAKING

    @property
    def verb(self) -> str:
        """What ``y`` does."""
        if self.job is None:
            return "submit and start it"
        if self.point is not None:
            return f"go on from #{self.point.id}"
        return "apply it to the job" if self.runs else "start it with this, from the beginning"

    @property
    def words(self) -> str:
        """One sentence on what would happen."""
        if self.refusal:
            return self.refusal
        if self.plan is None:
            return "a new job"
        job = self.plan.job_name
        if self.plan.effect == Effect.NONE:
            return f"the file means what generation {self.plan.generation} of {job} means" + self._idle
        changed = f"{plural(len(self.plan.changes), 'change')} of {job}"
        if not self.runs:
            return changed + self._idle
        if self.plan.in_place:
            return f"{changed}; it runs on and takes {'it' if len(self.plan.changes) == 1 else 'them'} as it runs"
        return f"{changed}; it is stopped with a savepoint and goes on from there"

    @property
    def _idle(self) -> str:
        if self.runs:
            return ""
        if self.point is not None:
            return f"; it does not run, and goes on from checkpoint #{self.point.id} with {si(self.point.rows_in)} rows read"
        if self._is_breaking:
            return "; it does not run, and its saved state does not fit: it can only start from the beginning"
        return "; it does not run"

    @property
    def possible(self) -> bool:
        """Whether there is anything to hand in."""
        same = self.plan is not None and self.plan.effect == Effect.NONE
        return not self.refusal and not (same and self.runs)


def prospect(name: str, request: SubmitRequest) -> Callable[[Client], Prospect]:
    """Asks the daemon what the request would mean for the job of this name."""

    def work(daemon: Client) -> Prospect:
        try:
            job = daemon.job(name)
        except ApiError as error:
            if error.code != "not-found":
                raise
            return Prospect(request)
        if job.name != name:  # the name is the beginning of another job's id
            return Prospect(request)
        plan = daemon.plan(job.id, request)
        found = Prospect(request, job, plan)
        blocked = plan.blocked or ("the saved state does not fit" if plan.effect == Effect.BREAKING else "")
        if blocked and found.runs:
            return Prospect(request, job, plan, f"{blocked}: stop the job first, and start it from the beginning")
        return found

    return work


def hand_in(chosen: Prospect, *, afresh: bool = False) -> Callable[[Client], Job]:
    """Makes the request: a new job, a new generation of one that runs, or a start of one that does not: where it left off, or
    ``afresh``. The version of the job goes along, so that nothing is applied to another state than was shown."""

    def work(daemon: Client) -> Job:
        job, request = chosen.job, chosen.request
        if job is None or not chosen.runs:
            left_off = chosen.point is not None and not afresh
            return daemon.submit(msgspec.structs.replace(request, restore="latest") if left_off else request)
        fields = {field: getattr(request, field) for field in UpdateRequest.__struct_fields__}
        return daemon.update(job.id, UpdateRequest(**{**fields, "labels": {}}), version=job.version)

    return work
