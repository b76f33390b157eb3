"""What may be asked of a running execution: a wish is put into its inbox, and its futures tell what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TypeAlias

from runner.model import Checkpoint, DesiredState


@dataclass(slots=True, eq=False)
class StopWish:
    """Stop. ``savepoint``: with one. ``reversible``: if it cannot be taken, run on undisturbed (for an upgrade); otherwise stop
    all the same. ``desired`` None leaves what the person wants of the job as it is.

    ``accepted`` resolves when the stop is recorded; it, or ``failed``, is given the error when there will be no stop.
    """

    savepoint: bool = True
    reversible: bool = False
    description: str = ""
    desired: DesiredState | None = DesiredState.STOPPED
    accepted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    failed: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class CancelWish:
    """End at once. ``accepted`` resolves when that is recorded."""

    accepted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class SavepointWish:
    """Take a savepoint and run on. ``done`` resolves to it once it is committed."""

    description: str = ""
    done: asyncio.Future[Checkpoint] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class ParkWish:
    """The daemon is shutting down: take a last checkpoint, if that is quick, and leave the rest to the next daemon."""


Wish: TypeAlias = StopWish | CancelWish | SavepointWish | ParkWish
