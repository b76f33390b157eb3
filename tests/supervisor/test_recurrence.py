"""Failures that come back."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from runner.model import ErrorInfo
from runner.supervisor.recurrence import Recurrence, fingerprint, recurring

BAD_ROW = ErrorInfo(code="data", message="'x' is no number", plugin="source-0-LocalFile", position="in.csv, line 3")
BAD_QUERY = ErrorInfo(code="sql", message="division by zero", plugin="transform-0-Sql")

errors = st.builds(
    ErrorInfo,
    code=st.sampled_from(["data", "sql", "file-missing", "worker-lost", "memory", "file"]),
    message=st.sampled_from(["a", "b"]),
    plugin=st.sampled_from([None, "p", "q"]),
    position=st.sampled_from([None, "1", "2"]),
)


def test_the_second_time_at_the_same_place_recurs():
    """The same row, the same query: known the second time. Another row, another plugin, another message is another failure."""
    for error in (BAD_ROW, BAD_QUERY):
        seen = Recurrence()
        assert not seen.recurs(error)
        for other in (
            msgspec.structs.replace(error, plugin="another"),
            msgspec.structs.replace(error, position="in.csv, line 4"),
            msgspec.structs.replace(error, code="target"),
        ):
            assert not seen.recurs(other)
        assert seen.recurs(error)
    seen = Recurrence()
    assert not seen.recurs(BAD_QUERY)
    assert not seen.recurs(msgspec.structs.replace(BAD_QUERY, message="out of range"))


def test_progress_in_between_makes_it_another_failure():
    """A stream may meet the same error at the same place of the same file again, after it has got further."""
    seen = Recurrence()
    assert not seen.recurs(BAD_ROW)
    seen.progressed()
    assert not seen.recurs(BAD_ROW)
    assert seen.recurs(BAD_ROW)


@given(st.lists(errors, max_size=12))
def test_what_recurs_is_what_was_there(failures):
    """Exactly those with a fingerprint that came before; the surroundings' failures never do, nor those without a place."""
    seen = Recurrence()
    before = set()
    for error in failures:
        mark = fingerprint(error)
        assert seen.recurs(error) == (mark in before)
        if error.code in {"worker-lost", "memory", "file"} or not (error.plugin or error.position):
            assert mark is None
        else:
            before.add(mark)


def test_the_end_says_so_and_what_to_do():
    """The record of the failed execution: that it came twice, the same code and place, and a hint if there was none."""
    end = recurring(BAD_ROW)
    assert end.message == "failed twice at the same place: 'x' is no number"
    assert (end.code, end.plugin, end.position) == (BAD_ROW.code, BAD_ROW.plugin, BAD_ROW.position)
    assert "flowdeck restart" in end.hint
    assert recurring(msgspec.structs.replace(BAD_ROW, hint="look there")).hint == "look there"
