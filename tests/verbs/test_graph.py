"""The graph of a job: drawn with lines, as a list, and in the languages of other tools."""

from __future__ import annotations

import json
from pathlib import Path

import pydot
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.check import check_text
from spec.document import ReadOptions
from spec.graph.build import graph_of
from spec.graph.canvas import Charset
from spec.graph.diagram import dot, mermaid
from spec.graph.drawing import draw
from spec.graph.listing import listed
from spec.graph.model import JobGraph, Mark, Vertex, VertexKind
from spec.render.escape import text_width
from tui.cli.main import flowdeck

FAKE = 'FakeSource {{ plugin_output = "{}", row.num = 1, schema {{ fields {{ id = int }} }} }}'
JOB = f"""
env {{ job.name = "shop" }}
source {{ {FAKE.format("orders")}
{FAKE.format("customers")} }}
transform {{ Filter {{ plugin_input = "orders", plugin_output = "small", include_fields = ["id"] }} }}
sink {{ Console {{ plugin_input = ["small", "customers"] }}
LocalFile {{ plugin_input = "orders", path = "out", file_format_type = "json" }} }}
"""
DRAWING = """
        ┌ source ────┐   ┌ source ────┐
        │ FakeSource │   │ FakeSource │
        └─────┬──────┘   └─────┬──────┘
              │ orders         │ customers
      ┌───────┴──────┐         └──┐
      ▼              ▼            │
┌ transform ┐  ┌ sink ─────┐      │
│ Filter    │  │ LocalFile │      │
└─────┬─────┘  └───────────┘      │
      │ small                     │
      └───────────┐  ┌────────────┘
                  ▼  ▼
               ┌ sink ───┐
               │ Console │
               └─────────┘
"""


def graph(text: str) -> JobGraph:
    """The graph of a text, whatever is wrong with it."""
    return graph_of(check_text(text, "job.conf", ReadOptions()))


def drawing(text: str, width: int = 80, charset: Charset = Charset.UNICODE) -> str:
    """The drawing of a text, which must fit."""
    lines = draw(graph(text), width, charset)
    assert lines is not None
    return "\n".join(lines)


def test_branches_and_unions_are_drawn() -> None:
    """Layers from top to bottom, a line for each dataset with its name, long lines past the boxes between."""
    assert drawing(JOB).strip("\n") == DRAWING.strip("\n")


def test_a_terminal_without_boxes_gets_ascii() -> None:
    """The same drawing, in characters that every encoding has."""
    plain = drawing(JOB, charset=Charset.ASCII)
    assert plain.isascii()
    assert len(plain) == len(drawing(JOB))


def test_a_narrow_terminal_gets_a_list() -> None:
    """What is too wide to be drawn is listed, and no line is longer than the terminal."""
    found = graph(JOB)
    assert draw(found, 30, Charset.UNICODE) is None
    lines = listed(found, 30, Charset.UNICODE)
    assert lines[0] == "source     FakeSource  → orde…"
    assert all(text_width(line) <= 30 for line in lines)
    assert listed(found, 80, Charset.ASCII)[2] == "transform  Filter      orders -> small"


def test_long_names_are_cut_before_the_drawing_is_given_up() -> None:
    """A name may be long; the drawing is about the shape."""
    text = JOB.replace("orders", "orders_of_the_last_twenty_years").replace("customers", "customers_of_all_countries_of_it")
    assert "orders_of_the_l…" in drawing(text, width=60)


def test_wiring_problems_do_not_keep_the_rest_from_being_drawn() -> None:
    """An unknown dataset is drawn as such, and whoever reads it is marked."""
    text = drawing(JOB.replace('["small", "customers"]', '["small", "costumers"]'))
    assert "┌ unknown ────┐" in text
    assert "│ costumers ✗ │" in text
    assert "│ Console ✗ │" in text


def test_a_circle_is_told() -> None:
    """An edge that leads back up is not drawn but named."""
    circle = JOB.replace(
        'plugin_input = "orders", plugin_output = "small"', 'plugin_input = ["orders", "small"], plugin_output = "small"'
    )
    assert drawing(circle).endswith("not drawn, because it closes a circle: small → small")


def test_plugins_with_problems_are_marked() -> None:
    """Errors and warnings of a plugin show at its box."""
    found = graph(JOB.replace("include_fields", "include_feilds"))
    assert {vertex.title: vertex.mark for vertex in found.vertices}["Filter"] is Mark.ERROR


NAMES = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
VERTICES = st.lists(st.builds(Vertex, st.sampled_from(VertexKind), NAMES, NAMES, st.sampled_from(Mark)), min_size=1, max_size=9)


@st.composite
def graphs(pick: st.DrawFn) -> JobGraph:
    """Any graph, circles included."""
    vertices = tuple(pick(VERTICES))
    ends = st.integers(0, len(vertices) - 1)
    edges = pick(st.lists(st.tuples(ends, ends), unique=True, max_size=14))
    return JobGraph(pick(NAMES), vertices, tuple(edges))


@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(10, 300), st.sampled_from(Charset))
def test_any_graph_fits_and_shows_nothing_but_text(found: JobGraph, width: int, charset: Charset) -> None:
    """No drawing is wider than asked for (the notes below it aside), and hostile names cannot reach the terminal."""
    lines = draw(found, width, charset)
    boxes = listed(found, width, charset) if lines is None else [line for line in lines if not line.startswith("not drawn")]
    assert all(text_width(line) <= width for line in boxes)
    for text in (*(lines or boxes), *mermaid(found).splitlines(), *dot(found).splitlines()):
        assert text.isprintable()


@settings(max_examples=100, deadline=None)
@given(NAMES)
def test_names_cannot_leave_their_quotes(name: str) -> None:
    """Whatever a plugin or dataset is called, it stays one text in Mermaid and in dot."""
    found = JobGraph(name, (Vertex(VertexKind.SOURCE, name, name), Vertex(VertexKind.SINK, name)), ((0, 1),))
    lines = mermaid(found).splitlines()
    assert len(lines) == 4
    assert all(line.count('"') in (0, 2) for line in lines)
    for special in "<>&`\\[]{}|":
        assert special not in lines[1].removeprefix('    n0(["').removesuffix('"])')
    quotes = [line.replace("\\\\", "").replace('\\"', "").count('"') for line in dot(found).splitlines()]
    assert quotes[0] == 2
    assert all(count % 2 == 0 for count in quotes)


@pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")  # of the libraries among themselves
def test_another_reader_takes_the_dot() -> None:
    """The second opinion on the syntax: hostile names are still one graph of two nodes."""
    hostile = JobGraph(
        'a"b\\', (Vertex(VertexKind.SOURCE, 'x"];\\', "\\N <b>"), Vertex(VertexKind.SINK, "\x1b]52;")), ((0, 1),)
    )
    (graph,) = pydot.graph_from_dot_data(dot(hostile)) or ()
    assert len(graph.get_edges()) == 1
    assert len([node for node in graph.get_nodes() if node.get_name() not in ("node", "edge", "graph")]) == 2


def command(*arguments: str, stdin: str = "") -> Result:
    """Run the command inside this process."""
    return CliRunner().invoke(flowdeck, ["graph", *arguments], input=stdin, standalone_mode=False, env={"COLUMNS": "80"})


def test_the_command_draws_and_tells_problems_apart(tmp_path: Path) -> None:
    """The drawing is on stdout, the problems on stderr; errors exit with 1, a missing file with 2."""
    clean = command("-", stdin=JOB)
    assert clean.return_value == 0
    assert clean.stdout.strip("\n") == DRAWING.strip("\n")
    broken = command("-", stdin=JOB.replace('"orders", path', '"ordres", path'))
    assert broken.return_value == 1
    assert "G401" in broken.stderr
    assert "ordres ✗" in broken.stdout
    assert command(str(tmp_path / "missing.conf")).return_value == 2
    assert command("-", stdin="env {").return_value == 1


def test_the_command_writes_other_forms() -> None:
    """Mermaid, dot and JSON have the same vertices and edges."""
    record = json.loads(command("-", "--output", "json", stdin=JOB).stdout)
    assert record["job"] == "shop"
    assert [plugin["name"] for plugin in record["plugins"]] == ["FakeSource", "FakeSource", "Filter", "Console", "LocalFile"]
    assert command("-", "--output", "mermaid", stdin=JOB).stdout.count("-->") == len(record["edges"])
    assert command("-", "--output", "dot", stdin=JOB).stdout.count("->") == len(record["edges"])
