"""What is to be done about a changed file. Pure."""

from __future__ import annotations

import enum

from runner.supervisor.reloading.settings import ReloadPolicy
from spec.job import Approval
from spec.plan.change import Effect, Plan


class Decision(enum.StrEnum):
    """Nothing; do it; ask somebody; refuse it."""

    NOTHING = "nothing"
    APPLY = "apply"
    ASK = "ask"
    BLOCK = "block"


def decide(plan: Plan, policy: ReloadPolicy, *, asks: bool, approved: bool, at_rest: bool) -> Decision:
    """``asks``: the generation that runs wants to be asked, whatever the new one says; ``approved``: somebody was; ``at_rest``:
    the job does not go on from any state when it runs next, or a person decides from which."""
    if plan.effect is Effect.NONE:
        return Decision.NOTHING
    if plan.effect is Effect.BREAKING and not at_rest and not policy.leaves_state_behind:
        return Decision.BLOCK
    manual = asks or policy.approval is Approval.MANUAL
    if manual and not approved and plan.effect is not Effect.IGNORE:
        return Decision.ASK
    return Decision.APPLY
