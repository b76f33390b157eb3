"""The command graph: a job's plugins and the datasets between them, as a drawing or for other tools."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from schemas.loader import ENGINES
from spec.check import CheckResult, check_file, check_text
from spec.diagnostic import Severity
from spec.graph.build import graph_of
from spec.graph.model import JobGraph
from tui.cli.check import EXIT_FINDINGS, exit_code
from tui.cli.findings import tell_findings
from tui.cli.json_output import print_json
from tui.cli.paths import STDIN
from tui.cli.reading import STDIN_NAME, read_options, read_stdin, reading_options
from tui.cli.terminal import say, write_data


@click.command("graph", short_help="Draw a job's plugins and datasets.")
@click.argument("file", metavar="FILE")
@reading_options
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="The engine the job is for.")
@click.option(
    "--output",
    type=click.Choice(["text", "mermaid", "dot", "json"]),
    default="text",
    show_default=True,
    help="A drawing for the terminal; Mermaid or Graphviz's dot; JSON for programs.",
)
def graph_command(file: str, *, variables: dict[str, str], dialect: str | None, engine: str, output: str) -> int:
    """Draw the plugins of FILE (or - for standard input) and the datasets between them.

    Problems do not keep what is known from being drawn: they go to standard error, and mark the plugins that have them.

    Exit code 0: drawn, and the job has no errors. 1: it has errors. 2: wrong usage, or the file cannot be read.
    """
    result = _check(file, variables, dialect, engine)
    problems = [found for found in result.diagnostics if found.severity is not Severity.NOTE]
    tell_findings(problems)
    graph = graph_of(result, engine)
    if output == "json":
        print_json(_record(graph))
    elif graph.vertices:
        write_data(_drawn(graph, output))
    else:
        say("there is nothing to draw")
        return max(exit_code(result.diagnostics), EXIT_FINDINGS)
    return exit_code(result.diagnostics)


def _check(file: str, variables: dict[str, str], dialect: str | None, engine: str) -> CheckResult:
    if file == STDIN:
        return check_text(read_stdin(), STDIN_NAME, read_options(Path.cwd(), variables, dialect), engine)
    path = Path(file)
    return check_file(path, read_options(path.absolute().parent, variables, dialect), engine)


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns


def _drawn(graph: JobGraph, output: str) -> str:
    # Each form is imported only when asked for.
    if output != "text":
        from spec.graph.diagram import dot, mermaid

        return mermaid(graph) if output == "mermaid" else dot(graph)
    from spec.graph.canvas import Charset
    from spec.graph.drawing import draw
    from spec.graph.listing import listed

    charset = Charset.UNICODE if _has_boxes() else Charset.ASCII
    lines = draw(graph, _width(), charset) or listed(graph, _width(), charset)
    return "".join(f"{line}\n" for line in lines)


def _has_boxes() -> bool:
    """Whether the encoding of stdout has the characters of a drawing."""
    try:
        "┌─▼✗…→".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _record(graph: JobGraph) -> dict[str, Any]:
    return {
        "format_version": 1,
        "job": graph.name,
        "plugins": [
            {"kind": vertex.kind, "name": vertex.title, "output": vertex.output or None, "mark": vertex.mark or None}
            for vertex in graph.vertices
        ],
        "edges": [{"from": start, "to": end} for start, end in graph.edges],
    }
