"""A new user's mistakes in samples/flights.conf: the message alone says what to type.

Each case breaks the sample in one way. The message must name the culprit on its line, and contain the words that mend it; they
are what a person who has read nothing else needs to know.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.check import check_text
from spec.document import ReadOptions
from spec.render.text import render_text

SAMPLE = Path(__file__).parents[2] / "samples" / "flights.conf"
MISTAKES = {
    "a word for a number": ("interval = 1000", "interval = often", "J203", "= often", ["5000 (milliseconds)"]),
    "a slip in a value": ('type = "csv"', 'type = "cvs"', "J204", '"cvs"', ['did you mean "csv"?']),
    "another system's type": ("flight = int\n", "flight = integer\n", "T501", "= integer", ['did you mean "int"?']),
    "a misspelt dataset": ('input = "arrived"', 'input = "arived"', "G401", '"arived"', ['did you mean "arrived"?']),
    "a column that is not there": ("WHERE arr_delay", "WHERE arrival_delay", "T512", "WHERE arrival", ['mean "arr_delay"?']),
    "a forgotten brace": ('"""\n  }\n', '"""\n', "S010", "Filter {", ["Sql {", "opened here", "expected `}` before this"]),
    "a misspelt option": (
        "skip_header_row_number",
        "skip_header_rows",
        "J201",
        "skip_header_rows",
        ['"skip_header_row_number"?'],
    ),
    "a misspelt plugin": ("  FieldMapper {", "  FieldMaper {", "J210", "FieldMaper {", ['did you mean "FieldMapper"?']),
    "a forgotten option": ('    path = "out/flights"\n', "", "J202", "LocalFile {", ['"path" is missing', "path = "]),
    "a forgotten quote": ('flights.csv"', "flights.csv", "S015", "flights.csv", ['expected `"` before the end of the line']),
    "a value of another system": ('"DROP_DATA"', "OVERWRITE", "J204", "OVERWRITE", ["expected APPEND_DATA, DROP_DATA or"]),
    "a misspelt section": ("sink {\n", "sinks {\n", "J212", "sinks {", ["is this meant to be the sink?", 'mean "sink"?']),
    "a renamed column": (
        "carrier = airline",
        "airline = carrier",
        "T503",
        "airline = carrier",
        ['"airline"', "columns: year,"],
    ),
    "a type that is none": ("arr_delay AS INT)", "arr_delay AS INTT)", "T514", "INTT", ['did you mean "int"?']),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_alone_is_enough(name: str) -> None:
    """One error, on the line of the mistake, with the words that mend it."""
    right, wrong, code, line, words = MISTAKES[name]
    text = SAMPLE.read_text()
    assert right in text
    result = check_text(text.replace(right, wrong, 1), "flights.conf", ReadOptions(include_root=SAMPLE.parent))
    errors = [found for found in result.diagnostics if found.severity == "error"]
    assert [found.code for found in errors] == [code]
    assert errors[0].primary is not None
    assert line in errors[0].primary.span.source.line(errors[0].primary.span.start_position()[0])
    shown = " ".join(render_text(result.diagnostics, width=80).split())
    assert [piece for piece in words if " ".join(piece.split()) not in shown] == []
    assert result.job is None
