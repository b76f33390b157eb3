"""The ``env`` block as typed settings, and the job's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from spec.checks.canonical import Canonical
from spec.checks.findings import Findings
from spec.checks.wording import shown
from spec.diagnostic import Label, Severity
from spec.fix.removal import removal_of
from spec.job import (
    PINNED,
    Approval,
    CheckpointSettings,
    DamagePolicy,
    DeletedPolicy,
    EnvSpec,
    JobMode,
    ReloadSettings,
    ResourceSettings,
    RestartKind,
    RestartStrategy,
    RetentionSettings,
    UpgradeMode,
)

STREAMING_INTERVAL = 10.0
STREAMING_RESET = 3600.0
BACKOFF_JITTER = 0.1

_JOB_NAME = re.compile(r"[A-Za-z0-9._ -]{1,128}")
_SAME_SETTING = (
    ("job.retry.times", "restart.attempts"),
    ("job.retry.interval.seconds", "restart.delay"),
    ("job.queue", "job.queue.key"),
)


def environment_spec(options: Mapping[str, Any], given: Mapping[str, Any]) -> EnvSpec:
    """The settings of a valid ``env`` block: ``options`` with defaults applied, ``given`` without."""
    mode = JobMode(options["job.mode"])
    return EnvSpec(
        mode=mode,
        parallelism=int(options["parallelism"]),
        workers=int(options["workers"]),
        checkpoint=CheckpointSettings(
            interval=_interval(given, mode),
            timeout=options["checkpoint.timeout"] / 1000,
            retained=int(options["checkpoint.retained"]),
            tolerated_failures=int(options["checkpoint.tolerated_failures"]),
            minimum_pause=max(0.0, options["min-pause"] / 1000),
            on_damage=DamagePolicy(options["checkpoint.on_damage"]),
        ),
        restart=_restart(options, given, mode),
        rows_per_second=given.get("read_limit.rows_per_second"),
        bytes_per_second=given.get("read_limit.bytes_per_second"),
        resources=ResourceSettings(
            memory=given.get("resources.memory"),
            threads=int(options["resources.threads"]),
            nice=int(options["resources.nice"]),
        ),
        queue=_queue(options, given),
        dead_letter_path=given.get("dead_letter.path"),
        reload=_reload(given),
        labels={str(key): str(value) for key, value in given.get("job.labels", {}).items()},
        retention=RetentionSettings(
            executions=given.get("job.retention.executions"), days=_number(given.get("job.retention.days"))
        ),
    )


def _queue(options: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    key = given.get("job.queue.key")
    return str(options["job.queue"]) if key is None else f"{PINNED}{key}"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def check_restart_settings(canonical: Canonical, findings: Findings) -> None:
    """Warn where SeaTunnel's and flowdeck's own names of one setting are both given."""
    for theirs, ours in _SAME_SETTING:
        if theirs in canonical.data and ours in canonical.data:
            origin = canonical.origin((theirs,))
            findings.add(
                "J215",
                f'"{theirs}" and "{ours}" are the same setting: "{ours}" counts',
                origin.span,
                label="has no effect",
                fix=removal_of(origin.key_span, origin.value.span, f'remove "{theirs}"'),
                severity=Severity.WARNING,
                secondary=(Label(canonical.origin((ours,)).span, "counts"),),
                pointer=origin.pointer,
            )


def job_name(given: Mapping[str, Any], document_name: str, findings: Findings) -> str:
    """The name in ``env``, else the file's stem. A stem that cannot be a job's name is reported."""
    name = given.get("job.name")
    if isinstance(name, str):
        return name  # its form is the schema's business
    stem = PurePath(document_name.strip("<>")).stem
    if not _JOB_NAME.fullmatch(stem):
        findings.add(
            "J216",
            f"the file's name {shown(stem)} cannot be the job's name",
            None,
            notes=(
                "a job's name has 1 to 128 letters, digits, spaces, dots, dashes or underscores",
                'help: give it one: env { job.name = "orders" }',
            ),
        )
    return stem


def _interval(given: Mapping[str, Any], mode: JobMode) -> float | None:
    milliseconds = given.get("checkpoint.interval")
    if milliseconds is not None:
        return float(milliseconds) / 1000
    return STREAMING_INTERVAL if mode is JobMode.STREAMING else None


def _restart(options: Mapping[str, Any], given: Mapping[str, Any], mode: JobMode) -> RestartStrategy:
    kind = RestartKind(options["restart.strategy"])
    attempts = given.get("restart.attempts", options["job.retry.times"])
    delay = given.get("restart.delay", options["job.retry.interval.seconds"])
    return RestartStrategy(
        kind=kind,
        attempts=int(attempts),
        delay=float(delay),
        maximum_delay=float(options["restart.maximum_delay"]),
        multiplier=float(options["restart.multiplier"]),
        jitter=float(given.get("restart.jitter", BACKOFF_JITTER if kind is RestartKind.EXPONENTIAL_BACKOFF else 0.0)),
        reset=_reset(given, mode),
    )


def _reload(given: Mapping[str, Any]) -> ReloadSettings:
    """Only what the file says: for the rest the daemon's own settings count."""
    approval, upgrade = given.get("reload.approval"), given.get("reload.upgrade")
    on_delete, stable_after = given.get("reload.on_delete"), given.get("reload.stable_after")
    return ReloadSettings(
        approval=None if approval is None else Approval(approval),
        upgrade=None if upgrade is None else UpgradeMode(upgrade),
        allow_non_restored_state=given.get("reload.allow_non_restored_state"),
        on_delete=None if on_delete is None else DeletedPolicy(on_delete),
        stable_after=None if stable_after is None else float(stable_after),
    )


def _reset(given: Mapping[str, Any], mode: JobMode) -> float | None:
    seconds = given.get("restart.reset")
    if seconds is not None:
        return float(seconds)
    return STREAMING_RESET if mode is JobMode.STREAMING else None
