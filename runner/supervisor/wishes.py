"""What may be asked of a running execution: a wish is put into its inbox, and its futures tell what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from runner.model import Checkpoint, DesiredState
from runner.supervisor.audited_request import AuditedRequest, current_audited
from runner.supervisor.conditions import Condition, current_condition
from runner.supervisor.journal import Entry
from spec.job import JobSpec


@dataclass(slots=True, eq=False)
class Conditional:
    """``condition``: that of the request for which it is wished. It has to hold when the wish is taken up. ``audited``: that
    request, as what is done then."""

    condition: Condition | None = field(default_factory=current_condition, kw_only=True)
    audited: AuditedRequest | None = field(default_factory=current_audited, kw_only=True)


@dataclass(slots=True, eq=False)
class StopWish(Conditional):
    """Stop. ``savepoint``: with one. ``reversible``: if it cannot be taken, run on undisturbed (for an upgrade); otherwise stop
    all the same. ``timeout``: seconds that a savepoint may take of which that is so; None: as long as a checkpoint of the job.
    ``desired`` None leaves what the person wants of the job as it is.

    ``accepted`` resolves when the stop is recorded; it, or ``failed``, is given the error when there will be no stop.
    """

    savepoint: bool = True
    reversible: bool = False
    timeout: float | None = None
    description: str = ""
    asked_by: str = "a stop"
    desired: DesiredState | None = DesiredState.STOPPED
    accepted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    failed: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class CancelWish(Conditional):
    """End at once. ``only_if_waiting``: unless it has started meanwhile. ``accepted`` resolves when that is recorded."""

    only_if_waiting: bool = False
    accepted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class SavepointWish(Conditional):
    """Take a savepoint and run on. ``directory``: where it is to be written, empty for the usual place. ``done`` resolves to it
    once it is committed."""

    description: str = ""
    directory: str = ""
    done: asyncio.Future[Checkpoint] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class ParkWish(Conditional):
    """The daemon is shutting down: take a last checkpoint, if that is quick, and leave the rest to the next daemon."""


@dataclass(slots=True, eq=False)
class SettingsWish(Conditional):
    """Go on as another generation, whose ``job`` differs only in settings of the supervisor. ``record`` stores it, in the
    transaction in which the execution goes over to it. ``accepted`` resolves when that has happened; who gives up waiting
    cancels it, and it does not happen any more.
    """

    generation: int
    job: JobSpec
    record: Callable[[Entry], None]
    accepted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class PauseWish(Conditional):
    """Read nothing until resumed. ``accepted`` resolves when that is recorded."""

    reason: str = ""
    accepted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class ResumeWish(Conditional):
    """Read again. ``accepted`` resolves when that is recorded."""

    accepted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class ScaleWish(Conditional):
    """Have ``total`` workers, or ``change`` more than now. ``accepted`` resolves when that is recorded."""

    total: int | None = None
    change: int = 0
    accepted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


Wish: TypeAlias = StopWish | CancelWish | SavepointWish | ParkWish | SettingsWish | PauseWish | ResumeWish | ScaleWish
