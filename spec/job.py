"""The resolved job: what the runner executes. Plain, serialisable data; every wiring rule has been applied."""

from __future__ import annotations

import enum
import hashlib
from typing import Any

import msgspec

DEFAULT_QUEUE = "default"
PINNED = "pinned:"
"""How the name of a queue begins that lets one job run at a time; the key of these jobs follows."""
LABEL_KEY = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}"
LABEL_VALUE = r"[A-Za-z0-9 ._/:@+-]{0,128}"


class PluginKind(enum.StrEnum):
    """The section a plugin stands in."""

    SOURCE = "source"
    TRANSFORM = "transform"
    SINK = "sink"


class JobMode(enum.StrEnum):
    """BATCH ends when its sources end; STREAMING runs until it is stopped."""

    BATCH = "BATCH"
    STREAMING = "STREAMING"


class OnError(enum.StrEnum):
    """What becomes of a row that does not fit: the job fails, the row is counted and left out, or also written to a file."""

    FAIL = "fail"
    SKIP = "skip"
    DEAD_LETTER = "dead_letter"


class ErrorPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin does with rows that do not fit. More rejected rows than ``limit``, or a greater ``share`` of all rows, end
    the job; None: no limit."""

    action: OnError = OnError.FAIL
    limit: int | None = None
    share: float | None = None

    @property
    def tolerates(self) -> bool:
        """Whether a row may be rejected at all."""
        return self.action is not OnError.FAIL


class RestartKind(enum.StrEnum):
    """What happens after a failed attempt."""

    NONE = "none"
    FIXED_DELAY = "fixed_delay"
    EXPONENTIAL_BACKOFF = "exponential_backoff"


class RestartStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """Restart policy; durations in seconds. ``attempts`` counts restarts, not the first start. ``jitter``: the share of each
    delay that chance may take off it. ``reset``: after running so long without a failure the count begins anew; None: never."""

    kind: RestartKind = RestartKind.FIXED_DELAY
    attempts: int = 3
    delay: float = 3.0
    maximum_delay: float = 60.0
    multiplier: float = 2.0
    jitter: float = 0.0
    reset: float | None = None


class DamagePolicy(enum.StrEnum):
    """What happens when the newest checkpoint cannot be read: the job fails and says so, or goes on from an older one, which
    may write rows again that are there already."""

    REFUSE = "refuse"
    FALL_BACK = "fall_back"


class CheckpointSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Checkpoint policy; durations in seconds. ``interval`` None: only the final checkpoint (a batch job without
    ``checkpoint.interval``). So many failures in a row as ``tolerated_failures`` do not end the attempt. ``minimum_pause``:
    from the end of a checkpoint to the next periodic one."""

    interval: float | None = None
    timeout: float = 60.0
    retained: int = 3
    tolerated_failures: int = 2
    minimum_pause: float = 0.0
    on_damage: DamagePolicy = DamagePolicy.REFUSE


class ResourceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the job's worker processes may take. ``memory``: bytes of all of them together; None: a default for each.
    ``threads``: of the SQL engine of each. ``nice``: how far they stand back for other processes."""

    memory: int | None = None
    threads: int = 1
    nice: int = 0


class Approval(enum.StrEnum):
    """Whether hot reload carries out what a changed file asks for by itself, or waits until somebody says so."""

    AUTO = "auto"
    MANUAL = "manual"


class UpgradeMode(enum.StrEnum):
    """Where a new generation goes on that takes a restart: a savepoint that is taken for it, the newest checkpoint there is, or
    the beginning."""

    SAVEPOINT = "savepoint"
    LAST_STATE = "last-state"
    STATELESS = "stateless"


class DeletedPolicy(enum.StrEnum):
    """What becomes of the job whose file is deleted."""

    KEEP = "keep"
    STOP = "stop_with_savepoint"


class ReloadSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How hot reload treats the job; None: as the daemon was told. ``allow_non_restored_state``: state that does not fit is
    left behind. ``stable_after``: seconds that a new generation has to run to count as stable."""

    approval: Approval | None = None
    upgrade: UpgradeMode | None = None
    allow_non_restored_state: bool | None = None
    on_delete: DeletedPolicy | None = None
    stable_after: float | None = None


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How many finished executions of a job are kept, and for how many days; None: as the daemon was told."""

    executions: int | None = None
    days: float | None = None


class EnvSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The ``env`` block, typed. ``parallelism`` readers of a source are shared out among ``workers`` processes. Rates are per
    parallel reader, as in SeaTunnel; None: no limit. In ``queue`` the job waits for its turn.
    ``dead_letter_path`` None: the directory ``dead-letters`` and in it one with the job's name."""

    mode: JobMode = JobMode.BATCH
    parallelism: int = 1
    workers: int = 1
    checkpoint: CheckpointSettings = CheckpointSettings()
    restart: RestartStrategy = RestartStrategy()
    rows_per_second: int | None = None
    bytes_per_second: int | None = None
    resources: ResourceSettings = ResourceSettings()
    queue: str = DEFAULT_QUEUE
    dead_letter_path: str | None = None
    reload: ReloadSettings = ReloadSettings()
    labels: dict[str, str] = {}
    retention: RetentionSettings = RetentionSettings()


class PluginSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One source, transform or sink, ready to run.

    ``id`` is the identity its state is kept under: the explicit ``plugin_output`` if there is one, else
    ``<kind>-<index>-<name>``. ``name`` is the canonical spelling. ``inputs`` are dataset names, all of which exist;
    ``output`` is always set for sources and transforms (generated when the file has none) and None for sinks.
    ``options`` has canonical keys (dotted keys stay flat), defaults applied, and none of the common keys.
    ``parallelism`` is the plugin's own or the job's.
    """

    id: str
    kind: PluginKind
    name: str
    index: int
    options: dict[str, Any]
    inputs: tuple[str, ...] = ()
    output: str | None = None
    parallelism: int = 1

    @property
    def error_policy(self) -> ErrorPolicy:
        """What the plugin does with rows that do not fit."""
        options = self.options
        return ErrorPolicy(
            action=OnError(options.get("on_error", OnError.FAIL)),
            limit=options.get("on_error_limit"),
            share=options.get("on_error_share"),
        )


class JobSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A resolved, valid job. Transforms are in dependency order. ``concealed``: texts in it that nobody may be shown.
    ``confined_to``: the directories that its files may lie below; empty: anywhere. Both say nothing about what the job means.
    """

    name: str
    env: EnvSpec
    sources: tuple[PluginSpec, ...]
    transforms: tuple[PluginSpec, ...]
    sinks: tuple[PluginSpec, ...]
    concealed: tuple[str, ...] = ()
    confined_to: tuple[str, ...] = ()

    def plugins(self) -> tuple[PluginSpec, ...]:
        """All plugins: sources, transforms, sinks."""
        return self.sources + self.transforms + self.sinks

    def content_hash(self) -> str:
        """Hex SHA-256 of the meaning of the job; layout and comments of the file do not change it."""
        meaning = msgspec.structs.replace(self, concealed=(), confined_to=())
        return hashlib.sha256(msgspec.json.encode(meaning, order="deterministic")).hexdigest()


def encode_job(job: JobSpec) -> bytes:
    """The job as JSON, for the store and the worker."""
    return msgspec.json.encode(job)


def decode_job(data: bytes | str) -> JobSpec:
    """The inverse of :func:`encode_job`."""
    return msgspec.json.decode(data, type=JobSpec)
