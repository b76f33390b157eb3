"""Reading an execution's log: pages forwards and backwards, and lines that are none."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import LogLine
from runner.supervisor import log_file
from runner.supervisor.log_file import RAW, LogFilter, read_after, read_last


def line(message: str, level: str = "info", at: float = 1.0) -> bytes:
    """One line as a worker writes it."""
    return msgspec.json.encode(LogLine(at=at, level=level, message=message)) + b"\n"


def written(directory: Path, content: bytes) -> Path:
    """A log with this content."""
    path = directory / "log.jsonl"
    path.write_bytes(content)
    return path


def test_pages_follow_one_another(tmp_path):
    """The offset of the last line of a page is where the next one begins; the last page is empty."""
    path = written(tmp_path, b"".join(line(str(number)) for number in range(10)))
    found, after = [], 0
    while page := read_after(path, after, 3).lines:
        found += [entry.message for entry in page]
        after = page[-1].offset
    assert found == [str(number) for number in range(10)]
    assert [entry.message for entry in read_last(path, 3).lines] == ["7", "8", "9"]
    assert read_last(path, 3).lines[-1].offset == after == path.stat().st_size


def test_unfinished_line_waits(tmp_path):
    """What is still being written is shown when it is complete."""
    whole = line("one")
    path = written(tmp_path, whole + line("two")[:-3])
    for found in (read_after(path, 0, 10).lines, read_last(path, 10).lines):
        assert [(entry.message, entry.offset) for entry in found] == [("one", len(whole))]
    path.write_bytes(whole + line("two"))
    assert [entry.message for entry in read_after(path, len(whole), 10).lines] == ["two"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (None, ["debug", "info", "output", "warning", "error", "raw"]),
        ("debug", ["debug", "info", "warning", "error", "raw"]),
        ("WARNING", ["warning", "error", "raw"]),
        ("error", ["error", "raw"]),
        ("output", ["output"]),
    ],
)
def test_levels(tmp_path, level, expected):
    """A level asks for lines at least as severe; rows are asked for by their own; what is no log line is never hidden."""
    content = b"".join(line(name, name) for name in ("debug", "info", "output", "warning", "error")) + b"Traceback\n"
    path = written(tmp_path, content)
    for found in (read_after(path, 0, 100, LogFilter(level)).lines, read_last(path, 100, LogFilter(level)).lines):
        assert [entry.level for entry in found] == expected


def test_hostile_content_is_data(tmp_path):
    """Control characters, invalid text and nonsense come through as the message of a line."""
    content = [
        b"\x1b]52;c;AAAA\x07",
        b"\xff\xfe",
        b'{"at": "no number"}',
        b"[" * 100_000,
        b"",
        b'{"at": 1e300, "level": "info", "message": "x"}',
    ]
    path = written(tmp_path, b"".join(part + b"\n" for part in content) + line("\x1b[31mred"))
    found = read_after(path, 0, 100).lines
    assert [entry.level for entry in found] == [RAW] * 6 + ["info"]
    assert found[0].message == "\x1b]52;c;AAAA\x07"
    assert found[-1].message == "\x1b[31mred"
    assert [entry.message for entry in read_last(path, 100).lines] == [entry.message for entry in found]


def test_endless_line_comes_in_pieces(tmp_path):
    """A line longer than a reader should hold is cut, and what follows it is still read."""
    path = written(tmp_path, b"x" * (3 * log_file.MAXIMUM_LINE) + b"\n" + line("after"))
    found = read_after(path, 0, 100).lines
    assert len(found) > 2
    assert found[-1].message == "after"
    assert all(len(entry.message) <= log_file.MAXIMUM_LINE for entry in found)


def test_missing_log_is_empty(tmp_path):
    """An execution that has written nothing has no lines."""
    assert read_after(tmp_path / "none", 0, 10).lines == read_last(tmp_path / "none", 10).lines == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=60), st.integers(1, 70), st.integers(8, 200))
def test_forwards_and_backwards_agree_at_any_block_size(tmp_path_factory, messages, limit, block):
    """The last lines read backwards are the end of all lines read forwards, wherever the blocks are cut."""
    path = written(tmp_path_factory.mktemp("log"), b"".join(line(message) for message in messages))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_file, "_BLOCK", block)
        forwards = read_after(path, 0, 1000).lines
        assert [entry.message for entry in forwards] == messages
        assert read_last(path, limit).lines == forwards[-limit:]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 4)), max_size=120),
    st.integers(0, 1000),
    st.integers(1, 400),
    st.integers(64, 400),
)
def test_a_range_of_time_is_found_at_any_block_size(tmp_path_factory, entries, since, length, block):
    """Forwards and backwards the lines of a range are those that a look through the whole file finds, lines without a time or a
    little out of order among them or not."""
    times = [at for at, _ in sorted(entries, key=sum)]
    content = [line(str(number), at=at + 0.5) for number, at in enumerate(times)]
    path = written(tmp_path_factory.mktemp("log"), b"no line\n".join(content))
    wanted = LogFilter(since=since, until=since + length)
    expected = [str(number) for number, at in enumerate(times) if since <= at + 0.5 < since + length]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_file, "_BLOCK", block)
        for found in (read_after(path, 0, 1000, wanted), read_last(path, 1000, wanted)):
            assert [entry.message for entry in found.lines if entry.level != RAW] == expected


def test_a_time_is_found_without_reading_the_file(tmp_path, monkeypatch):
    """Of a long log only some blocks are looked at, wherever the range of time is."""
    path = written(tmp_path, b"".join(line("x" * 200, at=float(at)) for at in range(20_000)))
    read, pread = [], os.pread
    monkeypatch.setattr(log_file, "_BLOCK", 4096)
    monkeypatch.setattr(log_file.os, "pread", lambda *arguments: read.append(data := pread(*arguments)) or data)
    for since in (0, 777, 19_990):
        wanted = LogFilter(since=since, until=since + 5)
        for look in (
            lambda wanted=wanted: read_after(path, 0, 100, wanted),
            lambda wanted=wanted: read_last(path, 100, wanted),
        ):
            read.clear()
            assert [entry.at for entry in look().lines] == [float(since + number) for number in range(5)]
            assert sum(map(len, read)) < path.stat().st_size / 20


def test_a_page_says_where_the_next_begins_even_when_nothing_was_found(tmp_path):
    """Who filters goes on behind what was looked through; an offset of another, longer log begins at the beginning."""
    path = written(tmp_path, line("one") + line("two") + line("Three"))
    nothing = read_after(path, 0, 10, LogFilter(contains="four"))
    assert (nothing.lines, nothing.next) == ([], path.stat().st_size)
    assert read_after(path, nothing.next, 10).lines == []
    assert [entry.message for entry in read_after(path, 0, 10, LogFilter(contains="thr")).lines] == ["Three"]
    assert [entry.message for entry in read_after(path, 1_000_000, 2).lines] == ["one", "two"]
    assert read_last(path, 1, LogFilter(contains="o")).next == path.stat().st_size
