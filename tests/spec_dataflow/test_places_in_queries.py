"""The place of a word of a query in the job file, however the query is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.check import check_file, check_text
from spec.dataflow.places import place_in
from spec.document import ReadOptions
from spec.position import SourceText, Span
from spec.value import Scalar

SOURCE = "env { }\nsource { FakeSource { schema { fields { id = int, name = string } } } }\n"


def underlined(query: str, head: str = "", **variables: str) -> list[str]:
    """What is underlined in a job whose query is written as ``query``."""
    text = f"{head}{SOURCE}transform {{ Sql {{ query = {query} }} }}\nsink {{ Console {{ }} }}\n"
    result = check_text(text, "job.conf", ReadOptions(variables=variables))
    return [finding.primary.span.text for finding in result.diagnostics if finding.primary]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"select nam from dual"', "nam"),
        ('"""select id,\n  \'\\\\\' as b,\n  nam from dual"""', "nam"),
        (r'"select \"id\", \"nam\" from dual"', r"\"nam\""),
        (r'"select \u0069d,\tn\u0061m\nfrom dual"', r"n\u0061m"),
        (r'"select \ud83d\ude00, id from dual"', r"\ud83d\ude00"),
        ("\"select 'é😀', nam from dual\"", "nam"),
        ("\"select '${who}', nam, '${who}' as w from dual\"", "\"select '${who}', nam, '${who}' as w from dual\""),
        ("\"select nam, '${who}' as w from dual\"", "nam"),
        ("\"select '${who}' as w, nam from dual\"", "nam"),
        ('"select id, "${column}" from dual"', '"select id, "${column}" from dual"'),
    ],
)
def test_a_word_is_underlined_where_it_is_written(query: str, expected: str) -> None:
    """Through escapes, raw strings and variables; where the place cannot be told, the whole query."""
    head = "column = nam\n" if "column" in query else ""
    assert underlined(query, head, who="somebody") == [expected]


def test_a_query_that_comes_from_elsewhere_is_underlined_there(tmp_path: Path) -> None:
    """In the file that says it, with the place it comes in."""
    (tmp_path / "query.conf").write_text('wanted = "select nam from dual"\n')
    job = tmp_path / "job.conf"
    job.write_text(f'include "query.conf"\n{SOURCE}transform {{ Sql {{ query = ${{wanted}} }} }}\nsink {{ Console {{ }} }}\n')
    result = check_file(job, ReadOptions(include_root=tmp_path))
    [finding] = result.diagnostics
    assert finding.primary is not None
    assert (Path(finding.file).name, finding.primary.span.text) == ("query.conf", "nam")
    assert any(label.span.source.name == str(job) for label in finding.secondary)


@given(st.text(st.characters(exclude_characters='"\\', exclude_categories=("Cs", "Cc")), max_size=12), st.data())
@settings(max_examples=60, deadline=None)
def test_every_range_of_a_text_has_its_place(text: str, data: st.DataObject) -> None:
    """Escaped or not, the characters found are those that were meant."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    escaped = "".join(f"\\u{ord(one):04x}" if ord(one) % 3 == 0 and ord(one) < 0x10000 else one for one in text)
    for written in (f'"{text}"', f'"""{text}"""', f'"{escaped}"'):
        source = SourceText("x", f"a = {written} ")
        span = place_in(Scalar(text, Span(source, 4, 4 + len(written))), start, end)
        found = span.text.encode().decode("unicode_escape") if written == f'"{escaped}"' and text.isascii() else span.text
        assert found == text[start:end] or (written == f'"{escaped}"' and not text.isascii())
