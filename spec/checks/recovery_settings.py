"""Settings of ``env`` that contradict each other: checkpoints and restarts. What each alone may be is the schema's business."""

from __future__ import annotations

from typing import Any

from spec.checks.canonical import Canonical
from spec.checks.findings import Findings
from spec.checks.wording import shown
from spec.diagnostic import Label, Severity
from spec.fix.removal import removal_of
from spec.job import JobMode, RestartKind

_ATTEMPTS = ("restart.attempts", "job.retry.times")
_DELAYS = ("restart.delay", "job.retry.interval.seconds")
_GROWTH = ("restart.maximum_delay", "restart.multiplier")
_CHANCE = ("restart.jitter",)
_RESET = ("restart.reset",)
_RESTARTS = ("restart.strategy", *_ATTEMPTS, *_DELAYS, *_GROWTH, *_CHANCE, *_RESET)

_PAUSING = frozenset({"local", "seatunnel"})
"""The engines that keep min-pause."""


def check_recovery_settings(canonical: Canonical, findings: Findings, engine: str) -> None:
    """Warn of settings that another one makes meaningless, and of what a restart will not do."""
    given = canonical.data
    strategy = str(given.get("restart.strategy", RestartKind.FIXED_DELAY))
    if strategy == RestartKind.NONE:
        for name in (*_ATTEMPTS, *_DELAYS, *_GROWTH, *_CHANCE, *_RESET):
            _without_effect(canonical, findings, name, "restart.strategy", "nothing is restarted")
    else:
        if strategy == RestartKind.FIXED_DELAY:
            for name in _GROWTH:
                _without_effect(canonical, findings, name, "restart.strategy", "all waits are the same")
        attempts = next((name for name in _ATTEMPTS if name in given), None)
        if attempts and given[attempts] == 0:
            for name in (*_DELAYS, *_GROWTH, *_CHANCE, *_RESET):
                _without_effect(canonical, findings, name, attempts, "there are no restarts")
    if strategy == RestartKind.EXPONENTIAL_BACKOFF:
        _check_delays(canonical, findings)
    if engine in _PAUSING:
        _check_pause(canonical, findings)
    _check_restarts_of_batch(canonical, findings, strategy)


def _without_effect(canonical: Canonical, findings: Findings, name: str, reason: str, why: str) -> None:
    if name not in canonical.data:
        return
    origin = canonical.origin((name,))
    because = f"with {reason} = {shown(canonical.data[reason])}" if reason in canonical.data else "with fixed delays"
    findings.add(
        "C901",
        f'"{name}" has no effect {because}: {why}',
        origin.span,
        label="has no effect",
        severity=Severity.WARNING,
        secondary=(Label(canonical.origin((reason,)).span, "because of this"),) if reason in canonical.data else (),
        fix=removal_of(origin.key_span, origin.value.span, f'remove "{name}"'),
        pointer=origin.pointer,
    )


def _check_delays(canonical: Canonical, findings: Findings) -> None:
    given: dict[str, Any] = canonical.data
    first = next((name for name in _DELAYS if name in given), None)
    longest = given.get("restart.maximum_delay", 60)
    if first is None or not _is_more(given[first], longest):
        return
    origin = canonical.origin((first,))
    findings.add(
        "C902",
        f'"{first}" is {shown(given[first])} seconds, but "restart.maximum_delay" cuts every wait to {shown(longest)}',
        origin.value,
        label=f"every wait will be {shown(longest)} seconds",
        severity=Severity.WARNING,
        notes=(f"help: raise restart.maximum_delay, or lower {first}",),
        pointer=origin.pointer,
    )


def _check_pause(canonical: Canonical, findings: Findings) -> None:
    given = canonical.data
    pause, interval = given.get("min-pause"), given.get("checkpoint.interval")
    if not _is_more(pause, interval):
        return
    origin = canonical.origin(("min-pause",))
    findings.add(
        "C903",
        f'"min-pause" of {shown(pause)} ms keeps checkpoints from coming every {shown(interval)} ms',
        origin.value,
        label="longer than the interval",
        severity=Severity.WARNING,
        secondary=(Label(canonical.origin(("checkpoint.interval",)).value.span, "the interval that is never kept"),),
        notes=("help: make checkpoint.interval at least as long as min-pause",),
        pointer=origin.pointer,
    )


def _check_restarts_of_batch(canonical: Canonical, findings: Findings, strategy: str) -> None:
    """Somebody who asks for restarts expects them to go on where the job was; without checkpoints they cannot."""
    given = canonical.data
    asked = next((name for name in _RESTARTS if name in given), None)
    attempts = next((given[name] for name in _ATTEMPTS if name in given), 1)
    if asked is None or strategy == RestartKind.NONE or attempts == 0 or "checkpoint.interval" in given:
        return
    if str(given.get("job.mode", JobMode.BATCH)) != JobMode.BATCH:
        return
    origin = canonical.origin((asked,))
    findings.add(
        "C904",
        "a restart of this job begins at the first row again: it takes no checkpoints on the way",
        origin.span,
        label="restarts are asked for here",
        severity=Severity.NOTE,
        notes=("help: with checkpoint.interval = 10000 in env a restart goes on from the last checkpoint",),
        pointer=origin.pointer,
    )


def _is_more(one: Any, other: Any) -> bool:
    return isinstance(one, int | float) and isinstance(other, int | float) and one > other
