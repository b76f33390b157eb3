"""Leases: who may write for an execution that is not over. One row each; a new holder has a higher epoch than any before it.

Times are seconds since the owner's boot, so no clock that can be set decides who may go on.
"""

from __future__ import annotations

import time

import msgspec

from runner.store.errors import LEASE_LOST, StoreError
from runner.store.session import Session


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """``owner`` is the JSON text of a process's identity; ``expires_at`` means something during the owner's boot only."""

    execution_id: str
    owner: str
    epoch: int
    expires_at: float


def take(session: Session, execution_id: str, owner: str, expires_at: float) -> int:
    """Give the execution's lease to ``owner``, whoever had it; the new epoch.

    It is higher than any that was ever given out, and no lower than the time in nanoseconds: a database that was replaced by an
    older copy of itself gives out none a second time.
    """
    epoch = max(_last_epoch(session) + 1, time.time_ns())
    if not session.change('UPDATE "epochs" SET "last" = ?', epoch):
        session.change('INSERT INTO "epochs" ("last") VALUES (?)', epoch)
    session.memory.last_epoch = epoch
    if session.memory.epochs.get(execution_id) != 0:
        session.change('DELETE FROM "leases" WHERE "execution_id" = ?', execution_id)
    row = {"execution_id": execution_id, "owner": owner, "epoch": epoch, "expires_at": expires_at}
    session.add("leases", row)
    session.memory.epochs[execution_id] = epoch
    return epoch


def _last_epoch(session: Session) -> int:
    if session.memory.last_epoch is None:
        ((last,),) = session.rows('SELECT coalesce(max("last"), 0) FROM "epochs"')
        session.memory.last_epoch = int(last)
    return session.memory.last_epoch


def renew(session: Session, execution_ids: list[str], owner: str, expires_at: float) -> None:
    """Let the leases of these executions that ``owner`` still has last until ``expires_at``."""
    session.change(
        'UPDATE "leases" SET "expires_at" = ? WHERE "owner" = ? AND "execution_id" = ANY(?::VARCHAR[])',
        *(expires_at, owner, execution_ids),
    )


def epoch_of(session: Session, execution_id: str) -> int:
    """The epoch that has the execution's lease, 0 when nobody has it. Every write asks, and the one writer knows."""
    epochs = session.memory.epochs
    if execution_id not in epochs:
        row = session.row('SELECT "epoch" FROM "leases" WHERE "execution_id" = ?', execution_id)
        epochs[execution_id] = 0 if row is None else int(row[0])
    return epochs[execution_id]


def require(session: Session, execution_id: str, epoch: int) -> None:
    """StoreError ``lease-lost`` unless the execution's lease has this epoch."""
    found = epoch_of(session, execution_id)
    if found != epoch:
        now = f"epoch {found}" if found else "nobody"
        raise StoreError(f"the execution {execution_id} is no longer run by epoch {epoch}, but by {now}", code=LEASE_LOST)


def release(session: Session, execution_id: str) -> None:
    """The execution is over: nobody writes for it any more."""
    session.change('DELETE FROM "leases" WHERE "execution_id" = ?', execution_id)
    session.memory.epochs.pop(execution_id, None)


def every(session: Session) -> list[Lease]:
    """All leases, by execution."""
    rows = session.rows('SELECT "execution_id", "owner", "epoch", "expires_at" FROM "leases" ORDER BY "execution_id"')
    return [Lease(execution_id=row[0], owner=row[1], epoch=int(row[2]), expires_at=float(row[3])) for row in rows]
