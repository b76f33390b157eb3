"""What the store raises. Importing this costs nothing: DuckDB is not imported here."""

from __future__ import annotations

from spec.errors import FlowdeckError


class StoreError(FlowdeckError):
    """The store refused or failed. Codes:

    - ``store-locked`` ``store-corrupt`` ``store-newer`` ``store-foreign`` ``store-migration-failed``: the file does not open;
    - ``store-unavailable``: the disk or the database failed; the store reopens by itself, the call may be repeated;
    - ``store-timeout`` ``store-closed`` ``store-failed``: this call was given up, came too late, or is wrong;
    - ``not-found`` ``already-exists`` ``name-taken`` ``conflict`` ``invalid-id``: what was asked contradicts what is stored;
    - ``lease-lost``: somebody else has taken over what the caller was writing for;
    - ``checkpoint-corrupt``: the state of a checkpoint is not the one that was saved.
    """

    code = "store-failed"


class OutcomeUncertain(StoreError):
    """``store-unavailable``, after the transaction may have become durable: it is not to be done again unasked."""

    code = "store-unavailable"


LEASE_LOST = "lease-lost"
NAME_TAKEN = "name-taken"


def not_found(noun: str, identity: object) -> StoreError:
    """The error for a record that does not exist."""
    return StoreError(f"there is no {noun} {identity}", code="not-found")


def already_exists(noun: str, identity: object) -> StoreError:
    """The error for a record that exists already."""
    return StoreError(f"there is already a {noun} {identity}", code="already-exists")


def timed_out() -> StoreError:
    """The error for a call that was given up."""
    return StoreError("the store was too busy: the call was given up", code="store-timeout", hint="try again")
