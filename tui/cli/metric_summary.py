"""A window of a job's metrics, summed up for people."""

from __future__ import annotations

from collections.abc import Callable

from runner.observation import JobMetrics, Throughput, Usage
from tui.cli import figures
from tui.cli.tables import Cell, state_cell


def summary_pairs(found: JobMetrics) -> list[tuple[str, str | Cell]]:
    """One line for each thing that is measured."""
    return [
        ("job", found.job_name),
        ("state", state_cell(found.state)),
        ("window", figures.duration(found.window.seconds)),
        ("rows in", _flow(found.totals.rows_in, found.growth.rows_in, found.rows_in)),
        ("rows out", _flow(found.totals.rows_out, found.growth.rows_out, found.rows_out)),
        ("bytes", f"{figures.size(found.totals.bytes_in)} in, {figures.size(found.totals.bytes_out)} out"),
        ("lag", f"{figures.count(found.lag_rows)} rows, {figures.duration(found.lag_seconds)}"),
        ("latency", _latency(found)),
        ("checkpoints", _checkpoints(found)),
        ("backpressure", f"{figures.share(found.backpressure.current_level)} now, {found.backpressure.events} times"),
        ("cpu", _usage(found.resources.cpu_percent, lambda value: "-" if value is None else f"{value:.0f}%")),
        ("memory", _usage(found.resources.memory_bytes, figures.size)),
        ("errors", _errors(found)),
        ("restarts", str(found.restarts)),
    ]


def _flow(total: int, growth: int, flow: Throughput) -> str:
    rates = f"{figures.rate(flow.now)} now, {figures.rate(flow.mean)} mean, {figures.rate(flow.peak)} peak"
    return f"{figures.exact(total)}, {figures.exact(growth)} in the window; {rates}"


def _latency(found: JobMetrics) -> str:
    latency = found.latency
    if not latency.count:
        return "nothing was measured"
    marks = (("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99), ("p999", latency.p999))
    return ", ".join(f"{name} {figures.duration(value)}" for name, value in marks) + f" of {figures.exact(latency.count)} rows"


def _checkpoints(found: JobMetrics) -> str:
    summary = found.checkpoint
    times = f"{figures.duration(summary.mean_seconds)} mean, {figures.duration(summary.max_seconds)} at most"
    return f"{summary.count}, {summary.failures} failed; {times}, {figures.duration(summary.last_seconds)} the last"


def _usage(usage: Usage, show: Callable[[float | None], str]) -> str:
    return f"{show(usage.now)} now, {show(usage.mean)} mean, {show(usage.max)} at most, of {show(usage.limit)}"


def _errors(found: JobMetrics) -> Cell:
    errors = found.errors
    told = f"{errors.count}, {figures.count(errors.rate_per_minute)} a minute: {errors.failures} failed attempts, "
    return Cell(f"{told}{figures.exact(errors.rows_rejected)} rejected rows", "red" if errors.count else "")
