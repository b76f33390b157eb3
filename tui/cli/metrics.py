"""The command metrics: what a job measured over a window of time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import click

from runner.bounds import MAXIMUM_WINDOW_SECONDS
from runner.model import MetricSeries
from tui.cli import figures
from tui.cli.json_output import print_json, to_plain
from tui.cli.metric_summary import summary_pairs
from tui.cli.options import home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Column, print_pairs, print_table
from tui.cli.terminal import say

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_WINDOW = re.compile(r"(?P<number>[0-9]{1,9})(?P<unit>[smhd]?)")
# Counters of seconds: their rate is the share of the time.
_SHARES = frozenset({"busy_seconds", "idle_seconds", "backpressured_seconds", "queue_fill", "blocked_share"})
_COLUMNS = (
    Column("METRIC", rank=0),
    Column("PLUGIN", flexible=True),
    Column("LAST", right=True, rank=0),
    Column("MEAN", right=True, rank=1),
    Column("LOWEST", right=True, rank=4),
    Column("HIGHEST", right=True, rank=3),
)


class Window(click.ParamType[float]):
    """A time such as ``90s``, ``5m``, ``24h``; without a unit in seconds."""

    name = "window"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds."""
        match = _WINDOW.fullmatch(str(value))
        seconds = int(match["number"]) * _UNITS[match["unit"]] if match else 0
        if not 0 < seconds <= MAXIMUM_WINDOW_SECONDS:
            self.fail(f"{value!r} is not a window of time: write 90s, 5m, 24h or 7d", param, ctx)
        return float(seconds)


@click.command("metrics", short_help="Show a job's metrics.")
@job_argument
@click.option("--window", type=Window(), default="5m", show_default=True, metavar="TIME", help="Until now from so long ago.")
@click.option("--buckets", type=click.IntRange(1, 2000), default=60, show_default=True, help="Points of each series.")
@click.option("--series", "with_series", is_flag=True, help="Everything that was measured, one line a series.")
@output_option
@home_option
def metrics_command(job: str, *, window: float, buckets: int, with_series: bool, output: str) -> int:
    """Show what JOB measured in the last TIME, summed up: throughput, latency, checkpoints, backpressure, resources, errors.

    With --series, one line for each metric of each plugin. JSON has both, with all points, null where nothing was measured.
    """
    with current_session().client() as client, suggesting(client, job):
        if not with_series and output == "table":
            print_pairs(summary_pairs(client.metrics(job, window, buckets)))
            return 0
        series = client.metric_series(job, window, buckets)
        if output == "json":
            summary = to_plain(client.metrics(job, window, buckets)) | {"window": window, "series": series}
    if output == "json":
        print_json(summary)
    elif not any(_values(entry) for entry in series):
        say(f"{job} has measured nothing in the last {figures.duration(window)}")
    else:
        print_table(_COLUMNS, [_row(entry) for entry in series if _values(entry)])
    return 0


def _row(series: MetricSeries) -> tuple[str, ...]:
    values = _values(series)
    show = _form(series.name)
    mean = sum(values) / len(values)
    lowest = min(
        point.lowest if point.lowest is not None else point.value for point in series.points if point.value is not None
    )
    highest = max(
        point.highest if point.highest is not None else point.value for point in series.points if point.value is not None
    )
    return (series.name, series.plugin or "-", show(values[-1]), show(mean), show(lowest), show(highest))


def _values(series: MetricSeries) -> Sequence[float]:
    return [point.value for point in series.points if point.value is not None]


def _form(name: str) -> Callable[[float], str]:
    """How values of the metric are shown."""
    if name.startswith("rows_"):
        return figures.rate
    if name.startswith("bytes_"):
        return lambda value: f"{figures.size(value)}/s"
    if name in _SHARES:
        return lambda value: f"{value:.1%}"
    if name.endswith("_seconds") or name.startswith("latency_"):
        return figures.duration
    if name.endswith("_bytes"):
        return figures.size
    if name.endswith("_percent"):
        return lambda value: f"{value:.0f}%"
    return figures.count
