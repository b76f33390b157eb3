"""Logs stay within bounds: the oldest lines go, offsets keep their meaning, and who reads misses nothing but what is gone."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from runner.model import LogLine
from runner.supervisor.log_file import LogFilter, read_after, read_last
from runner.supervisor.log_trimming import LogBounds, LogTrimmer, first_kept

BLOCK = 4096


def write(path, numbers, mode="ab"):
    """Lines with these numbers, one a second."""
    with path.open(mode) as file:
        for number in numbers:
            file.write(msgspec.json.encode(LogLine(at=float(number), level="info", message=f"line {number:06}")) + b"\n")


@pytest.fixture
def trimmer(tmp_path):
    """Of a directory whose logs have 64 KiB each, on a file system that can do it."""
    found = LogTrimmer(tmp_path, LogBounds(64 * 1024, 200 * 1024, least=16 * 1024))
    probe = tmp_path / "probe"
    probe.write_bytes(b"x\n" * 64 * 1024)
    if not found.trim():
        pytest.skip("the file system cannot give back a part of a file")
    probe.unlink()
    return found


def numbers(lines):
    """What the lines say."""
    return [int(line.message.split()[1]) for line in lines]


def test_what_is_kept_is_the_newest_and_stays_where_it_is(tmp_path, trimmer):
    """Page by page, from the end and by time the same lines are found as before, from the first one on that is left."""
    path = tmp_path / "run.jsonl"
    write(path, range(3000))
    before = {line.message: line.offset for line in read_after(path, 0, 5000).lines}
    size = path.stat().st_size
    assert trimmer.trim() > 0
    assert path.stat().st_size == size
    assert path.stat().st_blocks * 512 <= 64 * 1024
    kept = read_after(path, 0, 5000).lines
    first = numbers(kept)[0]
    assert 0 < first < 3000
    assert numbers(kept) == list(range(first, 3000))
    assert all(before[line.message] == line.offset for line in kept)
    assert numbers(read_last(path, 5000).lines) == numbers(kept)
    assert numbers(read_last(path, 3).lines) == [2997, 2998, 2999]
    assert numbers(read_after(path, 0, 5, LogFilter(since=2900.0)).lines) == [2900, 2901, 2902, 2903, 2904]
    assert numbers(read_after(path, 0, 2, LogFilter(since=1.0)).lines) == [first, first + 1]
    assert numbers(read_last(path, 9, LogFilter(until=float(first + 2))).lines) == [first, first + 1]
    assert read_last(path, 9, LogFilter(until=1.0)).lines == []
    assert trimmer.trim() == 0


def test_who_follows_goes_on_over_it(tmp_path, trimmer):
    """A follower reads each line once while another thread writes and the log is trimmed again and again."""
    path = tmp_path / "run.jsonl"
    write(path, [0])
    written, followed, offset = threading.Event(), [], 0

    def produce():
        for start in range(1, 8001, 200):
            write(path, range(start, start + 200))
        written.set()

    producer = threading.Thread(target=produce)
    producer.start()
    trimmed = 0
    while True:
        over = written.is_set()
        found = read_after(path, offset, 100_000)
        followed += numbers(found.lines)
        offset = found.next
        trimmed += trimmer.trim()
        if over and not found.lines:
            break
    producer.join(60)
    assert trimmed > 0
    assert followed[-1] == 8000
    assert followed == sorted(set(followed))


def test_who_is_at_work_is_looked_at_each_time(tmp_path, trimmer):
    """A log that nobody wrote to for a day, and that grows again, is within its bounds at the next look."""
    for number in range(600):
        path = tmp_path / f"{number}.jsonl"
        write(path, [number])
        os.utime(path, (1_000_000, 1_000_000))
    trimmer = LogTrimmer(tmp_path, LogBounds(64 * 1024, 1 << 30))
    assert trimmer.trim() == 0
    write(tmp_path / "7.jsonl", range(3000))
    assert (tmp_path / "7.jsonl").stat().st_blocks * 512 > 64 * 1024
    assert trimmer.trim(["7.jsonl", "gone.jsonl"]) > 0
    assert (tmp_path / "7.jsonl").stat().st_blocks * 512 <= 64 * 1024


def test_all_together_are_bounded_and_the_oldest_go_first(tmp_path, trimmer):
    """Of the logs that nobody writes to any more only the last lines stay; a directory beside them is left alone."""
    (tmp_path / "old.jsonl.spill").mkdir()
    for age, name in enumerate(("new", "middle", "old", "oldest", "ancient")):
        path = tmp_path / f"{name}.jsonl"
        write(path, range(520))
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    sizes = {path.stem: path.stat().st_blocks * 512 for path in tmp_path.glob("*.jsonl")}
    assert sum(sizes.values()) > 200 * 1024
    trimmer.trim()
    after = {path.stem: path.stat().st_blocks * 512 for path in tmp_path.glob("*.jsonl")}
    assert sum(after.values()) <= 200 * 1024
    assert after["ancient"] <= 16 * 1024 + BLOCK
    assert after["new"] == sizes["new"]
    assert numbers(read_last(tmp_path / "ancient.jsonl", 2).lines) == [518, 519]


def test_one_line_without_an_end_is_bounded_too(tmp_path, trimmer):
    """What a process prints without line breaks is cut where it is cut; nothing is left of an empty file."""
    path = tmp_path / "run.stderr"
    path.write_bytes(b"x" * 3 * 1024 * 1024)
    trimmer.trim()
    assert path.stat().st_blocks * 512 <= 64 * 1024
    with path.open("rb") as file:
        assert first_kept(file.fileno()) > 2 * 1024 * 1024
    (tmp_path / "empty.jsonl").touch()
    assert trimmer.trim() == 0
    assert read_after(tmp_path / "empty.jsonl", 0, 5).lines == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses to write to a program that runs")
def test_a_log_that_cannot_be_written_to_keeps_no_other_one_long(tmp_path, trimmer, caplog):
    """One file that the system refuses (here a program that runs, whatever it does among the logs) is passed over."""
    odd = Path(shutil.copy(shutil.which("sleep"), tmp_path / "odd.jsonl"))
    odd.write_bytes(odd.read_bytes() + b"\0" * 128 * 1024)
    for name in ("a", "z"):
        write(tmp_path / f"{name}.jsonl", range(3000))
    with subprocess.Popen([odd, "60"]) as running:
        try:
            assert trimmer.trim() > 0
        finally:
            running.kill()
    assert all((tmp_path / f"{name}.jsonl").stat().st_blocks * 512 <= 64 * 1024 for name in ("a", "z"))
    assert "odd.jsonl" in caplog.text


def test_everybody_has_a_turn_and_who_is_new_or_lively_has_it_at_once(tmp_path, trimmer):
    """Among two hundred old logs one that grows is found after some looks, one that was just written to at the next; what is
    removed is not asked for again, and what is made then is found."""
    for number in range(200):
        path = tmp_path / f"old-{number}.jsonl"
        path.touch()
        os.utime(path, (1_000_000, 1_000_000))
    lively = tmp_path / "lively.jsonl"
    write(lively, range(10))
    assert trimmer.trim() == 0
    write(lively, range(10, 3000))
    assert trimmer.trim() > 0
    late = tmp_path / "old-77.jsonl"
    write(late, range(3000))
    os.utime(late, (1_000_000, 1_000_000))
    assert sum(trimmer.trim() for _ in range(10)) > 0
    assert late.stat().st_blocks * 512 <= 64 * 1024
    lively.unlink()
    fresh = tmp_path / "fresh.jsonl"
    write(fresh, range(3000))
    assert trimmer.trim() > 0
    assert fresh.stat().st_blocks * 512 <= 64 * 1024
