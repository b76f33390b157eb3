"""The logs tab: searched, filtered, read backwards, and taken elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.model import LogLine
from spec.errors import UsageError
from tui.data.programs import editor, pager, private_file, safe_name, write_new
from tui.tabs.logs_lines import Look, entry_lines, height
from tui.tabs.logs_ring import CAPACITY, Ring
from tui.tabs.logs_shown import Shown, Sieve

JOB = "0f3a9c1d22aa"


def entries(count: int, first: int = 1) -> list[LogLine]:
    """Numbered entries, ten of them in a second."""
    return [
        LogLine(at=1000.0 + number / 10, level="info", message=f"entry {number}", offset=number * 10)
        for number in range(first, first + count)
    ]


async def logs(page: Any) -> Any:
    """The tab, alone on the screen and in focus."""
    await page.loaded()
    await page.go_to("orders-cdc")
    await page.press("enter", "4")
    await page.sees("following")
    await page.until(lambda: page.jobs.inspector.pane.has_focus)
    await page.settled()
    return page.jobs.inspector.pane


async def test_searching_marks_and_walks(open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any) -> None:
    """/ marks what is typed and goes to the last match; N and n walk; escape takes the text back; q is a letter meanwhile."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        pane = await logs(page)
        await page.press("slash", *"fsyq", "backspace", "n", "c")
        await page.sees("/ fsync")
        await page.press("enter")
        await page.until(lambda: pane._shown.marked == 4200)
        await page.press("N")
        await page.until(lambda: pane._shown.marked == 3300)
        await page.sees("not following")
        await page.press("n", "n")
        await page.until(lambda: pane._shown.marked == 600)
        await page.settled()
        screen_is(page, "logs_search_80x24")
        await page.press("y")
        assert page.app.clipboard.endswith("WARNING LocalFile/1 fsync took 1.9 s: the disk is busy")
        await page.press("slash", "x", "escape", "slash", "ctrl+u", "enter")
        await page.until(lambda: pane._shown.look.needle == "")


async def test_lines_come_by_a_stream(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """What is written appears with the clock standing still; a stream that breaks is replaced by pages, then by another; a
    tab that nobody looks at follows nothing, nor does one of another job."""
    serve(stage)
    ticks = [1_790_000_000.0]

    def write(words: str) -> None:
        last = stage.logs[JOB][-1]
        stage.logs[JOB].append(LogLine(at=last.at, level="info", message=words, offset=last.offset + 50))

    async with open_ui((80, 24), clock=lambda: ticks[0]) as page:
        pane = await logs(page)
        await page.until(lambda: stage.followers == 1, "a stream")
        write("\x1b]52;c;eA==\x07by the stream")
        await page.sees("by the stream")
        assert "␛]52" in page.text
        stage.follows = False
        await page.until(lambda: stage.followers == 0 and pane._stream is None)
        write("by a page")
        ticks[0] += 2
        await page.sees("by a page")
        stage.follows = True
        ticks[0] += 6
        await page.until(lambda: stage.followers == 1, "another stream")
        write("by another stream")
        await page.sees("by another stream")
        assert [entry.offset for entry in pane._ring.entries] == [line.offset for line in stage.logs[JOB]]
        await page.press("1")
        await page.until(lambda: stage.followers == 0, "nobody follows")
        await page.press("4")
        await page.until(lambda: stage.followers == 1)
        await page.go_to("users-full")
        await page.until(lambda: stage.followers == 0)


async def test_lines_are_copied_by_drawing_over_them(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The mouse is pressed on one line and let go on another: both and those between are copied; no mark is left."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        pane = await logs(page)
        rows = [number for number, row in enumerate(page.text.splitlines()) if "INFO" in row][-4:]
        await page.pilot.mouse_down(offset=(20, rows[0]))
        await page.pilot.hover(offset=(30, rows[2]))
        assert pane._shown.drawn_over
        await page.pilot.mouse_up(offset=(30, rows[2]))
        await page.pilot.pause()
        assert not pane._shown.drawn_over
        assert pane._shown.marked is None
        copied = page.app.clipboard.splitlines()
        assert len(copied) == rows[2] - rows[0] + 1
        assert [words[:8] for words in copied] == [row.split()[0] for row in page.text.splitlines()[rows[0] : rows[2] + 1]]
        await page.pilot.click(offset=(20, rows[1]))
        await page.until(lambda: pane._shown.marked is not None)


async def test_several_lines_are_marked(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The key m marks the line at the cursor; f and b walk round the marks; y copies them all; another log has none of them."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        pane = await logs(page)
        await page.press("f")
        await page.until(lambda: "No line is marked: m marks the one at the cursor." in page.toasts)
        await page.press("slash", *"fsync", "enter", "m", "N", "m", "N", "m", "m")
        assert pane._shown.marks == {4200, 3300}
        await page.sees("* 2 marked")
        await page.press("f")
        assert pane._shown.marked == 3300
        await page.press("f", "f")
        assert pane._shown.marked == 3300
        await page.press("b")
        assert pane._shown.marked == 4200
        assert sum(row.startswith("*") for row in page.text.splitlines()) == 2
        await page.press("y")
        assert [row.split()[1] for row in page.app.clipboard.splitlines()] == ["WARNING", "WARNING"]
        await page.press("ampersand", *"nothing", "space", *"has", "space", *"this", "enter", "b")
        await page.until(lambda: "The filter hides every line that is marked." in page.toasts)
        await page.go_to("users-full")
        await page.until(lambda: pane._shown.marks == set())


async def test_long_lines_are_scrolled_by_half_a_screen(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The arrow keys go through long lines; where all fit they belong to the time."""
    serve(stage)
    async with open_ui((160, 24)) as page:
        pane = await logs(page)
        await page.press("right")
        assert pane.scroll_offset.x == 0
        last = stage.logs[JOB][-1]
        stage.logs[JOB].append(LogLine(at=last.at, level="info", message="x" * 400, offset=last.offset + 50))
        await page.sees("xxx")
        await page.until(lambda: pane.allow_horizontal_scroll)
        await page.press("right")
        await page.until(lambda: pane.scroll_offset.x == pane.cells // 2)
        await page.press("left")
        await page.until(lambda: pane.scroll_offset.x == 0)


async def test_filter_level_wrap_and_times(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """& keeps lines with a text and their neighbours, v the higher levels, w wraps, t drops the time, W writes what is left."""
    serve(stage)
    monkeypatch.chdir(tmp_path)
    await _filter_and_write(open_ui, screen_is)
    (written,) = [path for path in tmp_path.iterdir() if path.suffix == ".log"]  # noqa: ASYNC240 - a directory of the test
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.read_text().count("is not a decimal") == 5


async def _filter_and_write(open_ui: Any, screen_is: Any) -> None:
    async with open_ui((80, 24)) as page:
        pane = await logs(page)
        await page.press("ampersand", *"checkpoint #811", "enter")
        await page.sees("checkpoint #811  5")
        assert len(pane._shown.entries) == 25
        await page.press("w", "t")
        await page.settled()
        screen_is(page, "logs_filter_80x24")
        await page.press("v", "v", "v")
        await page.sees("no line here passes the filter")
        await page.press("ampersand", "ctrl+u", "enter")
        await page.sees("errors only")
        assert pane.count() == 5 * 4
        await page.press("W")
        await page.until(lambda: "Wrote 5 lines" in page.toasts)
        await page.press("v", "g", "w", "o")
        await page.until(lambda: "cannot be lent" in page.toasts)


async def test_scrolling_up_asks_for_older_lines(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """At the first line the ones before it are asked for; what was there stays where it was; at the log's beginning it ends."""
    stage.logs[JOB] = entries(2500)
    serve(stage)
    now = [1_790_000_000.0]
    async with open_ui((80, 24), clock=lambda: now[0]) as page:
        pane = await logs(page)
        await page.sees("entry 2500")
        assert len(pane._ring.entries) == 1000
        await page.press("g")
        await page.until(lambda: now.append(now.pop() + 1.1) or len(pane._ring.entries) > 1900, "older lines")
        await page.sees("entry 1502")
        await page.press("g")
        await page.until(lambda: now.append(now.pop() + 1.1) or len(pane._ring.entries) == 2500, "the first lines")
        await page.press("g")
        await page.until(lambda: now.append(now.pop() + 1.1) or pane._ring.begins, "the beginning")
        await page.sees("entry 1\n")
        assert [entry.offset for entry in pane._ring.entries] == [number * 10 for number in range(1, 2501)]


async def test_hostile_lines(open_ui: Any, stage: Any, serve: Callable[[Any], Any], samples: ModuleType) -> None:
    """Controls, wide and combining characters, wrapped and searched: one line stays one line of the terminal."""
    from rich.cells import cell_len

    texts = ("[/]\x1b]52;c;x\x07", "日本語" * 60, "e\u0301" * 90, "rtl\u202eexe", "x" * 5000, "")
    stage.logs[JOB] = [
        LogLine(at=samples.NOW, level=text[:9], message=text, plugin=text[:12], offset=number + 1)
        for number, text in enumerate(texts)
    ]
    serve(stage)
    async with open_ui((50, 16)) as page:
        await logs(page)
        for key in ("w", "t", "slash", "本", "enter", "w"):
            await page.press(key)
            await page.settled()
            for strip in page.app.screen._compositor.render_strips():
                text = "".join(segment.text for segment in strip)
                assert cell_len(text) == 50
                assert "\x1b" not in text
                assert "\u202e" not in text


def test_the_ring_holds_each_entry_once() -> None:
    """Pages overlap at both ends; older ones are dropped only while nobody reads them."""
    ring = Ring()
    ring.add_newer(entries(1000, 3001), keep=False)
    assert ring.add_newer(entries(10, 3996), keep=False) == (5, 0)
    assert ring.add_older(entries(1000, 2500)) == 501
    assert ring.add_older(entries(2, 2500)) == 0
    assert ring.begins
    assert [entry.offset for entry in ring.entries] == [number * 10 for number in range(2500, 4006)]
    assert ring.add_newer(entries(CAPACITY, 4006), keep=True)[1] == 0
    new, gone = ring.add_newer(entries(1, 4006 + CAPACITY), keep=False)
    assert (new, len(ring.entries), gone) == (1, CAPACITY, 1507)
    assert not ring.begins


def line_at(at: float, offset: int) -> LogLine:
    """An entry of a time, at a place in the log."""
    return LogLine(at=at, level="info", message=f"{at:g}", offset=offset)


def test_lines_are_in_the_order_of_time() -> None:
    """What another process wrote late comes where it belongs, also across pages; a line that cannot be read stays where it is,
    and a clock that was set back turns nothing round."""
    ring = Ring()
    ring.add_newer([line_at(100.0, 50), line_at(100.4, 60), line_at(100.5, 70)], keep=False)
    ring.add_newer([line_at(100.45, 80), line_at(100.5, 90)], keep=False)
    assert [entry.offset for entry in ring.entries] == [50, 60, 80, 70, 90]
    assert ring.last == 90
    assert ring.add_older([line_at(99.0, 10), line_at(100.2, 20), line_at(99.5, 30), line_at(100.0, 50)]) == 3
    assert [entry.offset for entry in ring.entries] == [10, 30, 50, 20, 60, 80, 70, 90]
    ring.add_newer([line_at(0.0, 100), line_at(99.9, 110), line_at(20.0, 120), line_at(21.0, 130)], keep=False)
    assert [entry.offset for entry in ring.entries][-5:] == [90, 100, 110, 120, 130]
    shown = Shown()
    shown.lay_out(ring.entries)
    assert [shown.number_of(offset) for offset in (80, 70, 75)] == [5, 6, 5]
    assert shown.between(ring.entries[6], ring.entries[4]) == {60, 80, 70}


def test_times_have_thousandths_where_there_is_room() -> None:
    """And what a plugin says stands apart from its name."""
    entry = LogLine(at=1_790_000_000.489, level="info", message="it is", plugin="orders", offset=1)
    (wide,), (narrow,) = entry_lines(entry, Look(fine=True)), entry_lines(entry, Look())
    assert (wide.text, narrow.text) == (" 14:13:20.489 INFO  orders │ it is", " 14:13:20 INFO  orders │ it is")


def test_lines_are_found_by_number() -> None:
    """Every line of every entry is drawn at its number, wrapped or not, as wide as there is room."""
    shown = Shown()
    shown.look = Look(wrapped=40)
    made = [msgspec.structs.replace(entry, message="word " * number) for number, entry in enumerate(entries(30))]
    shown.lay_out(made)
    drawn = [shown.line(index) for index in range(shown.count)]
    assert max(line.width for line in drawn) <= 40
    assert [line.text for line in drawn] == [line.text for entry in made for line in entry_lines(entry, shown.look)]
    assert shown.count == sum(height(entry, shown.look) for entry in made)
    shown.sieve = Sieve(text="nothing")
    shown.lay_out(made)
    assert (shown.count, shown.entry_at(0)) == (0, None)
    assert shown.match("word", 0, 1) is None


def test_programs_and_files_of_a_person(tmp_path: Path) -> None:
    """Commands are split as a shell would, without one; a name is only a name; nothing is written over."""
    assert pager({"PAGER": "less -S 'a b'"}) == ["less", "-S", "a b"]
    assert (pager({}), editor({"EDITOR": " "}), editor({"VISUAL": "x", "EDITOR": "y"})) == (["less"], ["vi"], ["x"])
    with pytest.raises(UsageError, match=r"\$PAGER cannot be read"):
        pager({"PAGER": "'"})
    assert [safe_name(name) for name in ("../../etc/passwd", ".hidden", "[/]\x1b")] == ["etc-passwd", "hidden", "job"]
    (tmp_path / "x.log").symlink_to(tmp_path / "elsewhere")
    assert write_new(tmp_path, "x", ".log", "text").name == "x-2.log"
    assert not (tmp_path / "elsewhere").exists()
    with private_file("../x", "text") as path:
        assert path.read_text() == "text"
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not path.parent.exists()
