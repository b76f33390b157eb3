"""The commands cluster and health: the daemon with all that it runs, and whether its parts work."""

from __future__ import annotations

import time

import click
import msgspec

from runner.cluster import ClusterState, ClusterStatistics, ComponentHealth, Controller, HealthStatus, Node
from tui.cli import figures
from tui.cli.failures import EXIT_FAILED
from tui.cli.json_output import print_json
from tui.cli.options import home_option, output_option
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_pairs, print_table, state_cell
from tui.cli.terminal import write_data

_STYLES = {HealthStatus.OK: "green", HealthStatus.DEGRADED: "yellow", HealthStatus.DOWN: "bold red"}
_CONTROLLERS = (
    Column("JOB", flexible=True, rank=0),
    Column("EXECUTION", rank=5),
    Column("STATE", rank=0),
    Column("QUEUE", rank=4),
    Column("WORKERS", right=True, rank=1),
    Column("LOST", right=True, rank=3),
    Column("SPLITS", right=True, rank=2),
    Column("RESTARTS", right=True, rank=3),
)
_COMPONENTS = (
    Column("PART", rank=0),
    Column("STATUS", rank=0),
    Column("SINCE", right=True, rank=2),
    Column("MESSAGE", flexible=True, rank=1),
)


@click.command("cluster", short_help="Show the daemon with all that it runs.")
@output_option
@home_option
def cluster_command(output: str) -> int:
    """Show the machine, what is under control on it, and what has happened since the daemon started."""
    with current_session().client() as client:
        state, statistics = client.cluster(), client.statistics()
    if output == "json":
        print_json({"cluster": state, "statistics": statistics})
        return 0
    print_pairs([*_state_pairs(state), *_counted(statistics)])
    if state.controllers:
        write_data("\n")
        print_table(_CONTROLLERS, [_controller_row(controller) for controller in state.controllers])
    return 0


@click.command("health", short_help="Say whether the daemon works.")
@click.argument("part", metavar="[PART]", required=False)
@output_option
@home_option
def health_command(part: str | None, *, output: str) -> int:
    """Say whether the daemon works, part by part, or one PART of it. No daemon is started for it.

    Exit code 0: it works, be it badly; 1: it is down; 2: nobody answers.
    """
    answer: msgspec.Struct
    parts: tuple[ComponentHealth, ...]
    with current_session().client(start=False) as client:
        if part is not None:
            answer = found = client.component_health(part)
            status, parts = found.status, (found,)
        else:
            answer = health = client.health()
            status, parts = health.status, health.components
    if output == "json":
        print_json(answer)
    else:
        now = time.time()
        rows = [
            (each.name, Cell(each.status, _STYLES[each.status]), figures.duration(now - each.since), each.message)
            for each in parts
        ]
        print_table(_COMPONENTS, rows)
    return EXIT_FAILED if status is HealthStatus.DOWN else 0


def _state_pairs(state: ClusterState) -> list[tuple[str, str | Cell]]:
    pairs: list[tuple[str, str | Cell]] = [
        ("cluster", state.name),
        ("state", Cell(state.state, "green" if state.state == "running" else "bold red")),
        ("uptime", figures.duration(state.uptime)),
        ("jobs", str(state.jobs)),
        ("queues", ", ".join(f"{queue.name} {len(queue.running)}+{len(queue.waiting)}" for queue in state.queues)),
    ]
    return [*pairs, *(pair for node in state.nodes for pair in _node_pairs(node))]


def _node_pairs(node: Node) -> list[tuple[str, str | Cell]]:
    cpu = figures.UNKNOWN if node.cpu_percent is None else f"{node.cpu_percent:.0f}%"
    load = " ".join(f"{value:.1f}" for value in node.load)
    return [
        ("node", f"{node.hostname}, process {node.pid}, {node.workers} workers, flowdeck {node.version}"),
        ("cpu", f"{cpu} of {node.cpus} processors, load {load}"),
        ("memory", f"{figures.size(node.memory_available)} of {figures.size(node.memory_total)} free"),
        ("disk", f"{figures.size(node.disk_free)} of {figures.size(node.disk_total)} free"),
    ]


def _counted(found: ClusterStatistics) -> list[tuple[str, str | Cell]]:
    ended = f"{found.executions_finished} finished, {found.executions_stopped} stopped, {found.executions_canceled} canceled"
    return [
        ("executions", f"{found.executions_running} running, {ended}, {found.executions_failed} failed"),
        ("checkpoints", f"{found.checkpoints_committed} committed, {found.checkpoints_failed} failed"),
        ("workers", f"{found.workers_joined} joined, {found.workers_disconnected} lost, {found.workers_killed} killed"),
        ("rows", f"{figures.exact(found.rows_in)} in, {figures.exact(found.rows_out)} out"),
    ]


def _controller_row(found: Controller) -> tuple[str | Cell, ...]:
    splits = found.splits
    return (
        found.job_name,
        found.execution_id,
        state_cell(found.state),
        found.queue,
        f"{found.workers_active}/{figures.UNKNOWN if found.workers_wanted is None else found.workers_wanted}",
        str(found.workers_disconnected),
        figures.UNKNOWN if splits is None else f"{splits.finished}/{splits.total}",
        str(found.restarts),
    )
