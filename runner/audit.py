"""The record of the audit trail: who did what to what, when, why, from where, and how it ended. Pure data."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from runner.model import Event
from runner.reload import ReloadState

_RELOAD: Final = "reload"
_RELOADS: Final = ("job.reload", "reload.")


class AuditOutcome(enum.StrEnum):
    """``done``: it was carried out, or will be; ``refused``: nothing was changed; ``failed``: that is not certain."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One action. ``who`` is ``unix:UID``, ``key:NAME``, ``anyone`` (where no key is needed), ``reload`` or ``daemon``;
    ``action`` the method and route of a request, or what else happened; ``target`` what it was done to, as it was called.
    ``before`` and ``after`` are the job's generation and version. ``status`` null of a request that was carried out: it has
    not been answered yet, or the daemon died before. Neither bodies nor secrets are in it."""

    id: int = 0
    at: float
    who: str
    action: str
    target: str = ""
    job_id: str | None = None
    reason: str = ""
    remote: str = ""
    outcome: AuditOutcome
    status: int | None = None
    code: str = ""
    generation_before: int | None = None
    generation_after: int | None = None
    version_before: int | None = None
    version_after: int | None = None


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: of a job (its id, or the name that it was called by), by whom, of what kind, when; older than ``before``,
    the id of the last one that is known already."""

    job_id: str | None = None
    target: str | None = None
    who: str | None = None
    action: str | None = None
    since: float | None = None
    until: float | None = None
    before: int | None = None


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, newest first. ``next``: what to give as ``after`` for those that follow; None: there are none."""

    entries: tuple[AuditEntry, ...]
    next: str | None = None


_PASSING: Final = frozenset({ReloadState.PARSING, ReloadState.VALIDATING, ReloadState.PLANNING})
_OUTCOMES: Final = {
    ReloadState.INVALID: AuditOutcome.REFUSED,
    ReloadState.BLOCKED: AuditOutcome.REFUSED,
    ReloadState.ROLLED_BACK: AuditOutcome.FAILED,
    ReloadState.UPGRADE_FAILED: AuditOutcome.REFUSED,
    ReloadState.FAILED: AuditOutcome.FAILED,
}


def is_reload(event: Event) -> bool:
    """Whether the event tells what hot reload did."""
    return event.kind.startswith(_RELOADS) and event.data.get("state") not in _PASSING


def reload_entry(event: Event) -> AuditEntry:
    """The entry of something that hot reload did."""
    target = event.data.get("file") or event.data.get("path") or event.job_id or ""
    return AuditEntry(
        at=event.at,
        who=_RELOAD,
        action=event.kind,
        target=str(target),
        job_id=event.job_id,
        reason=event.message[:500],
        outcome=_OUTCOMES.get(event.data.get("state", ""), AuditOutcome.DONE),
    )
