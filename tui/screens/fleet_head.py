"""What stands above the workers: the machine, and what has happened since the daemon started."""

from __future__ import annotations

from collections.abc import Sequence

from runner.cluster import ClusterStatistics, HealthStatus, Node
from tui.data.fleet import Fleet
from tui.draw.line import Span, Tone
from tui.draw.units import percent, plural, si, size, span

Group = Sequence[Span]


def head_groups(fleet: Fleet, now: float) -> tuple[list[Group], list[Group]]:
    """Groups of words about the machine, and about the past."""
    health = fleet.health
    works = all(part.status is HealthStatus.OK for part in health.components)
    first: Group = (Span("● every part works", Tone.ACCENT),) if works else ()
    machine = [group for node in fleet.cluster.nodes for group in _machine(node)]
    return [*machine, *([first] if first else [])], _past(fleet.statistics, now)


def _pair(label: str, value: str, tone: Tone = Tone.TEXT) -> Group:
    return (Span(f"{label} ", Tone.MUTED), Span(value, tone))


def _machine(node: Node) -> list[Group]:
    return [
        (Span(node.hostname, Tone.STRONG),),
        _processors(node),
        _pair("free", f"{size(node.memory_available)} memory, {size(node.disk_free)} disk"),
    ]


def _processors(node: Node) -> Group:
    """``8 cpus 46 % busy, work for 3.4``: so many processes ran or waited for a processor in the last minute (its load)."""
    crowded = node.load[0] > node.cpus
    return (
        Span(f"{plural(node.cpus, 'cpu')} ", Tone.MUTED),
        Span(f"{percent(node.cpu_percent)} busy, "),
        Span(f"work for {node.load[0]:.1f}", Tone.AMBER if crowded else Tone.TEXT),
    )


def _past(told: ClusterStatistics, now: float) -> list[Group]:
    ended = (
        ("finished", told.executions_finished),
        ("stopped", told.executions_stopped),
        ("canceled", told.executions_canceled),
        ("failed", told.executions_failed),
    )
    runs = ", ".join(f"{count:,} {word}" for word, count in ended if count) or "none ended"
    workers = f"{told.workers_joined:,} joined, {told.workers_disconnected:,} lost, {told.workers_killed:,} killed"
    failed = f", {told.checkpoints_failed:,} failed" if told.checkpoints_failed else ""
    return [
        _pair("up", span(now - told.since)),
        _pair("runs", runs),
        _pair("restarts", f"{told.restarts:,}", Tone.AMBER if told.restarts else Tone.TEXT),
        _pair("checkpoints", f"{told.checkpoints_committed:,}{failed}"),
        _pair("workers", workers),
        _pair("rows", f"{si(told.rows_in)} in, {si(told.rows_out)} out, {si(told.rows_rejected)} rejected"),
    ]
