"""How hot reload treats a job: what its file says, else what the daemon was told, else what is usual."""

from __future__ import annotations

from dataclasses import dataclass

from spec.job import Approval, DeletedPolicy, ReloadSettings, UpgradeMode


@dataclass(frozen=True, slots=True)
class ReloadPolicy:
    """The settings with every question answered; ``stable_after`` None: as the daemon's limits say."""

    approval: Approval = Approval.AUTO
    upgrade: UpgradeMode = UpgradeMode.SAVEPOINT
    allow_non_restored_state: bool = False
    on_delete: DeletedPolicy = DeletedPolicy.KEEP
    stable_after: float | None = None

    @property
    def leaves_state_behind(self) -> bool:
        """Whether state that does not fit is no obstacle."""
        return self.allow_non_restored_state or self.upgrade is UpgradeMode.STATELESS


def policy(settings: ReloadSettings, defaults: ReloadSettings) -> ReloadPolicy:
    """``settings`` of a job file over ``defaults`` of the daemon."""
    usual = ReloadPolicy()
    stable_after = settings.stable_after if settings.stable_after is not None else defaults.stable_after
    allowed = settings.allow_non_restored_state
    allowed = defaults.allow_non_restored_state if allowed is None else allowed
    return ReloadPolicy(
        approval=settings.approval or defaults.approval or usual.approval,
        upgrade=settings.upgrade or defaults.upgrade or usual.upgrade,
        allow_non_restored_state=bool(allowed),
        on_delete=settings.on_delete or defaults.on_delete or usual.on_delete,
        stable_after=stable_after,
    )
