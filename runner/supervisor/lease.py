"""The right of one control to write for an execution: a lease with an epoch, renewed while the control lives.

Whoever takes the lease over has a higher epoch; what the former holder writes after that is refused, so two controls of one
execution cannot both believe themselves (one that hung, say, and the one that replaced it).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from runner.store.leases import Lease as LeaseRecord
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.processes import ProcessIdentity, boot_id, this_process, uptime


class Leases:
    """The leases of one daemon, each for ``term`` seconds beyond its last renewal."""

    def __init__(self, journal: Journal, term: float, owner: ProcessIdentity | None = None) -> None:
        self.journal = journal
        self.owner = msgspec.json.encode(owner or this_process()).decode()
        self._term = term
        self._renewed: float | None = None

    def of(self, execution_id: str) -> Lease:
        """The lease of an execution, not taken yet."""
        return Lease(self, execution_id)

    def expires_at(self) -> float:
        """When a lease that is renewed now runs out."""
        return uptime() + self._term

    async def renew(self, execution_ids: Iterable[str]) -> None:
        """Of these executions the controls live."""
        alive = sorted(execution_ids)
        if alive:
            await self.journal.write(lambda entry: entry.store.renew_leases(alive, self.owner, self.expires_at()))
        self._renewed = uptime()

    def renewed_ago(self) -> float | None:
        """Seconds since the leases were last renewed; None when they have not been yet."""
        return None if self._renewed is None else uptime() - self._renewed


class Lease:
    """One execution's lease, had from the first write to its ``journal`` on, whoever had it. ``epoch`` is 0 until then."""

    def __init__(self, leases: Leases, execution_id: str) -> None:
        self._leases = leases
        self._execution_id = execution_id
        self._is_certain = False
        self._is_unused = True
        self.epoch = 0
        self.journal = leases.journal.fenced(self.require)
        """Refuses every write once another epoch has the lease: StoreError ``lease-lost``."""

    def require(self, entry: Entry) -> None:
        """Have the lease, or StoreError ``lease-lost`` when it was had and another epoch has it now."""
        if not self._is_certain and (self.epoch == 0 or entry.store.lease_epoch(self._execution_id) < self.epoch):
            self._take(entry)  # the first write, or what the last taking did was rolled back
        else:
            epoch = self.epoch
            entry.store.require_lease(self._execution_id, epoch)
            if not self._is_certain:
                entry.store.when_committed(lambda: self._ascertain(epoch))

    def _ascertain(self, epoch: int) -> None:
        self._is_certain = self._is_certain or self.epoch == epoch

    async def next_epoch(self) -> int:
        """An epoch of the holder's that no worker has had yet: none of its former ones can speak for the next."""
        if not (self.epoch and self._is_unused):
            await self.journal.write(self._take)
        self._is_unused = False
        return self.epoch

    async def release(self) -> None:
        """Give the lease back."""
        await self.journal.write_patiently(lambda entry: entry.store.release_lease(self._execution_id))

    def _take(self, entry: Entry) -> None:
        """Within the transaction, whose caller may not live to see its end: the next one sees whether it was committed."""
        self.epoch = entry.store.take_lease(self._execution_id, self._leases.owner, self._leases.expires_at())
        self._is_certain = False


def is_abandoned(lease: LeaseRecord, now: float) -> bool:
    """Whether a lease keeps nobody off any more at ``now`` (seconds since the system's start): it has run out, or its owner is
    no more."""
    owner = msgspec.json.decode(lease.owner, type=ProcessIdentity)
    return not owner.is_alive() or (owner.boot == boot_id() and now > lease.expires_at)
