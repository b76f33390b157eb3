"""Untrusted text is safe to show after it has passed the edge."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runner.model import DesiredState, ErrorInfo, Job
from tui.data.clean import clean, clean_lines, clean_record

FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text())
@example("orders[/]\x1b]52;c;aGk=\x07")
@example("\x9b31m\u202egnp.exe\u2066")
def test_nothing_unprintable_survives(text: str) -> None:
    """Whatever comes in, only printable characters come out, on one line."""
    cleaned = clean(text)
    assert not [character for character in cleaned if unicodedata.category(character) in FORBIDDEN]
    assert "\n" not in cleaned


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """Clean text stays as it is."""
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)


@given(st.text())
def test_lines_keep_only_line_breaks(text: str) -> None:
    """Text of several lines keeps its line breaks and nothing else that is not printable."""
    for line in clean_lines(text).split("\n"):
        assert not [character for character in line if unicodedata.category(character) in FORBIDDEN]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("orders-cdc", "orders-cdc"),
        ("a\x1b[31mb", "a␛[31mb"),
        ("\x9b31m", "�31m"),
        ("abc\u202edef", "abc�def"),
        ("日本語", "日本語"),
        ("a\tb", "a␉b"),
        ("x\ud800y", "x�y"),
        ("👩\u200d💻", "👩💻"),
        ("a" + "\u0301" * 40, "a" + "\u0301" * 3),
    ],
)
def test_what_is_shown_instead(raw: str, shown: str) -> None:
    """Controls become their pictures, the rest a replacement character; honest text is untouched."""
    assert clean(raw) == shown


def test_a_record_is_cleaned_through_and_through() -> None:
    """Every string of a record, however deep, is cleaned; names are one line, messages may be several."""
    from runner.model import Execution
    from runner.states import ExecutionState

    error = ErrorInfo(code="x", message="one\ntwo\x1b")
    execution = Execution(
        id="e", job_id="j", job_name="a\x9b", generation=1, state=ExecutionState.FAILED,
        state_since=0, created_at=0, error=error,
    )  # fmt: skip
    job = Job(
        id="j", name="orders\n\x1b]0;x\x07", mode="BATCH", desired_state=DesiredState.RUNNING, generation=1,
        created_at=0.0, updated_at=0.0, execution=execution,
    )  # fmt: skip
    cleaned = clean_record(job)
    assert cleaned.name == "orders␊␛]0;x␇"
    assert cleaned.execution.error.message == "one\ntwo␛"
    assert cleaned.execution.job_name == "a�"
    assert cleaned.execution.state is ExecutionState.FAILED


def test_a_clean_record_is_not_copied() -> None:
    """Cleaning costs nothing where there is nothing to clean."""
    job = Job(
        id="j", name="orders", mode="BATCH", desired_state=DesiredState.RUNNING, generation=1, created_at=0.0, updated_at=0.0
    )  # fmt: skip
    assert clean_record(job) is job


def test_dataclasses_are_records_too() -> None:
    """What a tab makes of an answer in the lane's thread passes the edge as well."""
    from tui.tabs.spec import SpecText

    assert clean_record(SpecText(1, "a\x1b\n\tb\r\nc")) == SpecText(1, "a␛\n    b\nc")
