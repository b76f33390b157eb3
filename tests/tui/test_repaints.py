"""What is painted, and what is kept: exactly the lines that changed; nothing of a dialog that was closed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from textual._compositor import Compositor
from textual.geometry import Region
from textual.widgets._toast import ToastHolder

from runner.states import ExecutionState
from tui.data.snapshot import Snapshot
from tui.data.tally import Tally
from tui.widgets.canvas import Canvas


async def test_the_cursor_paints_the_two_lines_it_leaves_and_reaches(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any]
) -> None:
    """And a look at which nothing is different paints none."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        table = page.jobs.jobs
        painted = page.painted(table)
        await page.press("j")
        await page.until(lambda: painted)
        assert sorted(painted) == [1, 2]
        painted.clear()
        last = page.app.snapshot
        page.app.feed.nudge()
        await page.until(lambda: page.app.snapshot is not last, "another look")
        await page.settled()
        assert painted == []
        assert page.app.snapshot.jobs is last.jobs
        assert page.app.snapshot.tally == Tally.of(last.jobs)


async def test_a_closed_dialog_is_let_go(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Nothing keeps its lines: who opens a hundred has the memory of one."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        seen: list[weakref.ref[Canvas]] = []
        for _ in range(3):
            await page.press("question_mark")
            await page.until(lambda: page.dialog == "HelpScreen")
            seen += [weakref.ref(canvas) for canvas in page.app.screen.query(Canvas)]
            await page.press("escape")
            await page.until(lambda: page.dialog == "JobsScreen")
        assert len(seen) >= 3

        def left() -> int:
            gc.collect()
            return sum(canvas() is not None for canvas in seen)

        await page.until(lambda: left() <= len(seen) // 3, "the first two to be gone")


def count_snapshots() -> int:
    """Those that are alive in this process."""
    return sum(type(one) is Snapshot for one in gc.get_objects())


async def test_what_a_closed_dialog_had_painted_is_let_go(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """And so are the snapshots that were looked at meanwhile."""
    before = count_snapshots()  # of other tests: a failed one is kept with all that it had
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        painted: list[weakref.ref[Any]] = []
        for number in range(3):
            await page.press("question_mark")
            await page.until(lambda: page.dialog == "HelpScreen")
            painted += [weakref.ref(widget._styles_cache) for widget in page.app.screen.walk_children()]
            await page.press("escape")
            await page.until(lambda: page.dialog == "JobsScreen")
            last = page.app.snapshot
            stage.change(page.selected.id, [ExecutionState.PAUSED, ExecutionState.RUNNING][number % 2])
            page.app.feed.nudge()
            await page.until(lambda last=last: page.app.snapshot is not last, "another look")
        del last
        assert len(painted) >= 9

        def left() -> tuple[int, int]:
            gc.collect()
            return sum(one() is not None for one in painted), count_snapshots()

        await page.until(lambda: left()[0] <= len(painted) // 3, "what the first two have painted to be gone")
        await page.until(lambda: left()[1] <= before + 3, "the first snapshots to be gone")


async def test_a_line_is_painted_without_its_scroll_bar(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """That is as it was, however often lines beside it change."""
    serve(stage)
    async with open_ui(size=(120, 14)) as page:
        await page.loaded()
        table = page.jobs.jobs
        assert table.show_vertical_scrollbar
        await page.settled()
        regions: list[Region] = []
        original = table.refresh

        def asking(*where: Region, **options: bool) -> Any:
            regions.extend(where)
            return original(*where, **options)

        table.refresh = asking
        await page.press("j")
        await page.until(lambda: regions)
        assert max(region.right for region in regions) == table.cells
        assert table.vertical_scrollbar.region.x == table.region.x + table.cells


async def test_scrolling_by_a_line_leaves_the_bar_as_it_is(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Its handle is where it was: it is painted again when that can be seen to have moved."""
    over = next(job for job in stage.jobs.values() if job.execution.state is ExecutionState.FINISHED)
    for number in range(2000):
        stage.add(msgspec.structs.replace(over, id=f"{number:012x}", name=f"zz-{number:04}"))
    serve(stage)
    async with open_ui(size=(120, 20)) as page:
        await page.loaded()
        await page.until(lambda: page.jobs.jobs.virtual_size.height > 2000)
        table = page.jobs.jobs
        await page.press("pagedown")
        await page.press("j")
        await page.settled()
        bar, lines = page.painted(table.vertical_scrollbar), page.painted(table)
        top = table.scroll_offset.y
        await page.press("j")
        await page.until(lambda: table.scroll_offset.y == top + 1)
        await page.settled()
        assert set(lines) == set(range(1, table.size.height))
        assert bar == []
        await page.press("G")
        await page.until(lambda: bar)


async def test_drawing_again_at_once_makes_no_line_anew(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A letter of a filter draws everything several times: rows and charts that are as they were are not made for each."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        await page.settled()
        table, pane = page.jobs.jobs, page.jobs.inspector.pane
        rows = [table.line_at(number) for number in range(1, 4)]
        chart = [pane.line_at(number) for number in range(pane.count())]
        assert len(chart) > 5
        page.jobs.redraw()
        assert all(table.line_at(number) is row for number, row in enumerate(rows, 1))
        assert all(pane.line_at(number) is one for number, one in enumerate(chart))


async def test_nothing_is_painted_before_there_is_something_to_show(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first that the terminal gets has the header in it."""
    painted: list[str] = []
    original = Compositor.render_update

    def watching(compositor: Compositor, *arguments: Any, **options: Any) -> Any:
        if compositor.size:
            strips = compositor.render_strips()
            painted.append("\n".join(strip.text for strip in strips))
        return original(compositor, *arguments, **options)

    monkeypatch.setattr(Compositor, "render_update", watching)
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
    assert "flowdeck" in painted[0]


async def test_nothing_is_left_of_messages_that_have_gone(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Those too that are cleared away before their own time is over leave no empty place behind."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        for number in range(3):
            page.app.screen.toast(f"message {number}", timeout=60.0)
        await page.until(lambda: len(page.app.screen.query(ToastHolder)) == 3)
        page.app.clear_notifications()
        await page.until(lambda: len(page.app.screen.query(ToastHolder)) == 0)
