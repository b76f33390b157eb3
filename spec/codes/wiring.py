"""G4xx: how the plugins of a job are connected."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity

_ENV = 'env { job.mode = "BATCH" }\n'


def _source(output: str) -> str:
    return f'FakeSource {{ plugin_output = "{output}", schema {{ fields {{ id = int }} }} }}'


def _filter(read: str, output: str) -> str:
    return f'Filter {{ plugin_input = "{read}", plugin_output = "{output}", include_fields = [id] }}'


def _console(read: str) -> str:
    return f'Console {{ plugin_input = "{read}" }}'


def _job(source: str, transform: str, sink: str) -> str:
    transforms = f"transform {{\n  {transform}\n}}\n" if transform else ""
    return f"{_ENV}source {{\n  {source}\n}}\n{transforms}sink {{\n  {sink}\n}}\n"


CODES = (
    Code(
        "G401",
        "unknown input",
        "The plugin reads a dataset that no plugin makes: the name is misspelt, or the plugin that makes it has no "
        "plugin_output.",
        bad=_job(_source("orders"), _filter("orders", "few"), f"{_console('few')}\n  {_console('ordrs')}"),
        good=_job(_source("orders"), _filter("orders", "few"), f"{_console('few')}\n  {_console('orders')}"),
    ),
    Code(
        "G402",
        "dataset made twice",
        "Two plugins give their dataset the same name, so it is not clear which one a reader means. To read several datasets "
        "as one, list them in plugin_input.",
        bad=_job(f"{_source('a')}\n  {_source('a')}", "", _console("a")),
        good=_job(f"{_source('a')}\n  {_source('b')}", "", 'Console { plugin_input = ["a", "b"] }'),
    ),
    Code(
        "G403",
        "no input where several are possible",
        "A transform or sink may leave out plugin_input only where there is one dataset it can mean.",
        bad=_job(_source("a"), _filter("a", "b"), f"{_console('a')}\n  Console {{ }}"),
        good=_job(_source("a"), _filter("a", "b"), f"{_console('a')}\n  {_console('b')}"),
    ),
    Code(
        "G404",
        "dataset that nothing reads",
        "The rows of this plugin go nowhere. SeaTunnel refuses such a job.",
        bad=_job(f"{_source('a')}\n  {_source('b')}", "", _console("a")),
        good=_job(_source("a"), "", _console("a")),
    ),
    Code(
        "G405",
        "name that does not match what is read",
        "A job of one source, one sink and at most one transform runs in file order, as in SeaTunnel, whatever the names say. "
        "Here the names say something else, which is misleading and breaks once the job grows.",
        bad=_job(_source("orders"), "", _console("order")),
        good=_job(_source("orders"), "", _console("orders")),
        severity=Severity.WARNING,
    ),
    Code(
        "G406",
        "transforms in a circle",
        "Each of these transforms waits for another one's rows, so none of them ever gets any.",
        bad=_job(_source("a"), f"{_filter('c', 'b')}\n  {_filter('b', 'c')}", f"{_console('a')}\n  {_console('c')}"),
        good=_job(_source("a"), f"{_filter('a', 'b')}\n  {_filter('b', 'c')}", _console("c")),
    ),
)
