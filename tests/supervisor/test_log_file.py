"""Reading an execution's log: pages forwards and backwards, and lines that are none."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import LogLine
from runner.supervisor import log_file
from runner.supervisor.log_file import RAW, read_after, read_last


def line(message: str, level: str = "info") -> bytes:
    """One line as a worker writes it."""
    return msgspec.json.encode(LogLine(at=1.0, level=level, message=message)) + b"\n"


def written(directory: Path, content: bytes) -> Path:
    """A log with this content."""
    path = directory / "log.jsonl"
    path.write_bytes(content)
    return path


def test_pages_follow_one_another(tmp_path):
    """The offset of the last line of a page is where the next one begins; the last page is empty."""
    path = written(tmp_path, b"".join(line(str(number)) for number in range(10)))
    found, after = [], 0
    while page := read_after(path, after, 3, None):
        found += [entry.message for entry in page]
        after = page[-1].offset
    assert found == [str(number) for number in range(10)]
    assert [entry.message for entry in read_last(path, 3, None)] == ["7", "8", "9"]
    assert read_last(path, 3, None)[-1].offset == after == path.stat().st_size


def test_unfinished_line_waits(tmp_path):
    """What is still being written is shown when it is complete."""
    whole = line("one")
    path = written(tmp_path, whole + line("two")[:-3])
    for found in (read_after(path, 0, 10, None), read_last(path, 10, None)):
        assert [(entry.message, entry.offset) for entry in found] == [("one", len(whole))]
    path.write_bytes(whole + line("two"))
    assert [entry.message for entry in read_after(path, len(whole), 10, None)] == ["two"]


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
    for found in (read_after(path, 0, 100, level), read_last(path, 100, level)):
        assert [entry.level for entry in found] == expected


def test_hostile_content_is_data(tmp_path):
    """Control characters, invalid text and nonsense come through as the message of a line."""
    content = [b"\x1b]52;c;AAAA\x07", b"\xff\xfe", b'{"at": "no number"}', b"[" * 100_000, b""]
    path = written(tmp_path, b"".join(part + b"\n" for part in content) + line("\x1b[31mred"))
    found = read_after(path, 0, 100, None)
    assert [entry.level for entry in found] == [RAW] * 5 + ["info"]
    assert found[0].message == "\x1b]52;c;AAAA\x07"
    assert found[-1].message == "\x1b[31mred"
    assert [entry.message for entry in read_last(path, 100, None)] == [entry.message for entry in found]


def test_endless_line_comes_in_pieces(tmp_path):
    """A line longer than a reader should hold is cut, and what follows it is still read."""
    path = written(tmp_path, b"x" * (3 * log_file.MAXIMUM_LINE) + b"\n" + line("after"))
    found = read_after(path, 0, 100, None)
    assert len(found) > 2
    assert found[-1].message == "after"
    assert all(len(entry.message) <= log_file.MAXIMUM_LINE for entry in found)


def test_missing_log_is_empty(tmp_path):
    """An execution that has written nothing has no lines."""
    assert read_after(tmp_path / "none", 0, 10, None) == read_last(tmp_path / "none", 10, None) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=60), st.integers(1, 70), st.integers(8, 200))
def test_forwards_and_backwards_agree_at_any_block_size(tmp_path_factory, messages, limit, block):
    """The last lines read backwards are the end of all lines read forwards, wherever the blocks are cut."""
    path = written(tmp_path_factory.mktemp("log"), b"".join(line(message) for message in messages))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_file, "_BLOCK", block)
        forwards = read_after(path, 0, 1000, None)
        assert [entry.message for entry in forwards] == messages
        assert read_last(path, limit, None) == forwards[-limit:]
