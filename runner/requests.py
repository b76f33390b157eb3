"""What a client may ask of the daemon: the bodies of the API's POST requests."""

from __future__ import annotations

from typing import Annotated

import msgspec

from runner.model import Cleanup, KeyScope
from spec.job import RetentionSettings


class SubmitRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Run this job file. ``file`` is its absolute path when it has one (its name and directory matter: includes and relative
    paths start there, and hot reload watches it); ``base_directory`` takes the directory's place when it has none.

    ``name`` overrides the job's own; a job of that name gets a new generation. ``restore``: ``none``, ``latest``, the id of a
    checkpoint, or the absolute path of a savepoint's directory. ``environment`` holds the environment variables the client's
    shell had and the text refers to. ``overrides`` replace values of the text: HOCON by path (see :mod:`spec.overrides.path`).
    ``start`` False only stores the job, ``validate_only`` only checks it. ``labels`` are added to those that the job has.
    """

    text: str
    file: str | None = None
    base_directory: str | None = None
    dialect: str | None = None
    name: str | None = None
    variables: dict[str, str] = {}
    environment: dict[str, str] = {}
    restore: str = "none"
    overrides: dict[str, str] = {}
    start: bool = True
    validate_only: bool = False
    labels: dict[str, str] = {}


KeySeconds = Annotated[float, msgspec.Meta(gt=0, le=100 * 366 * 86_400)]


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make a key for the daemon's TCP address, which opens nothing any more ``expires_in`` seconds from now; None: for good."""

    name: str
    scope: KeyScope = KeyScope.READ
    expires_in: KeySeconds | None = None


class RotateRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give a key a new secret; the old one opens nothing from then on. ``expires_in`` as in :class:`KeyRequest`; None: the
    key lives as long as it did, counted from now."""

    expires_in: KeySeconds | None = None


class UpdateRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make this job file the job's newest generation; the fields are those of :class:`SubmitRequest`. Without ``file`` and
    ``base_directory`` the text takes the place of the job's own: its file and directory stay. A job that runs goes on as the
    new generation, from a savepoint that it is stopped with; one that does not run stays as it is."""

    text: str
    file: str | None = None
    base_directory: str | None = None
    dialect: str | None = None
    variables: dict[str, str] = {}
    environment: dict[str, str] = {}
    overrides: dict[str, str] = {}
    labels: dict[str, str] = {}


class EditRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Change the job itself, not what it runs; what is left out stays. ``name`` None: the job file's. ``labels`` are merged
    into those that it has, None takes one away. ``retention`` None: as the job file and the daemon say."""

    name: str | None | msgspec.UnsetType = msgspec.UNSET
    labels: dict[str, str | None] | msgspec.UnsetType = msgspec.UNSET
    retention: RetentionSettings | None | msgspec.UnsetType = msgspec.UNSET


class StartRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Start a job that does not run. ``restore`` None: one that has finished, or never ran, from the beginning; another one
    where its newest complete checkpoint left off, if it has any. Else as in :class:`RestartRequest`."""

    restore: str | None = None
    reason: str = ""


class CancelQueuedRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cancel executions that wait for their turn: those of these ``jobs`` (ids, unique prefixes or names), of a ``queue``, or
    of jobs with exactly this ``name``. Exactly one of the three; what runs already is left alone."""

    jobs: tuple[str, ...] | None = None
    queue: str | None = None
    name: str | None = None
    reason: str = ""


class QueueRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Let at most ``limit`` executions of the queue run at the same time; 0: none starts, None: all do. ``paused``: none starts
    until it is false again, whatever the limit. What is left out stays as it is."""

    limit: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None | msgspec.UnsetType = msgspec.UNSET
    paused: bool | msgspec.UnsetType = msgspec.UNSET


StopSeconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class StopRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stop the job's execution; with ``savepoint`` (the default) it can go on later exactly where it stopped.

    ``timeout``: seconds that the savepoint may take, None: as long as it takes. When it is not durable by then, or fails, the
    stop is given up and the job runs on; without a ``timeout`` the job stops all the same."""

    savepoint: bool = True
    description: str = ""
    reason: str = ""
    timeout: StopSeconds | None = None


class PauseRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read nothing until the job is resumed. ``reason`` is kept with it."""

    reason: str = ""


class WorkersRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Have ``total`` workers, or ``add`` more, or ``remove`` some: exactly one of the three."""

    total: int | None = None
    add: int | None = None
    remove: int | None = None
    reason: str = ""


class SavepointRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take a savepoint while the job runs on. ``directory``: the absolute path of the directory it is written to, which must
    not be there yet; None: one below the daemon's home."""

    description: str = ""
    directory: str | None = None
    reason: str = ""


class RecoverRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Start a new execution of a job that is over, from its last complete checkpoint, which reads only splits that are not
    finished: all of them, those at which an attempt failed, or the others."""

    cleanup: Cleanup = Cleanup.ALL
    reason: str = ""


class RestartRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Start a new execution of the job's newest generation. ``restore``: ``latest`` (the newest checkpoint or savepoint, an
    error when there is none), ``none`` (from the beginning), a checkpoint id, or the absolute path of a savepoint's
    directory. A running execution is stopped first, with a savepoint unless the restart is from the beginning.

    ``overrides`` (path to HOCON value, see :mod:`spec.overrides.path`) make a new generation first: the newest one with these
    values replaced, checked like a job file."""

    restore: str = "latest"
    overrides: dict[str, str] = {}
    reason: str = ""


class LookRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Look at the watched files again, or only at those of ``job``; with ``retry`` also at a content that was rejected."""

    job: str | None = None
    retry: bool = False


class DecisionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Apply or discard the change that waits. With ``observed_generation`` only if that is the one."""

    observed_generation: int | None = None
    reason: str = ""
