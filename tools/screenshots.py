"""Draws the screenshots of the documentation: the real program over the staged jobs of its tests, as SVG files.

    .venv/bin/python tools/screenshots.py [DIRECTORY]

The same program makes the same files in every run: the clock, the time zone, the colours and the jobs are fixed. Look at what
changed before committing it. For maintainers; not part of what is installed.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "tui")]

import sample_jobs  # noqa: E402 - the tests' own modules are found from here on
import stage_daemon  # noqa: E402
from page import Page  # noqa: E402

from runner.home import Home  # noqa: E402
from tui.app import FlowdeckApp  # noqa: E402
from tui.themes import DARK  # noqa: E402

SIZE = (120, 36)
_FONTS = '"DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace'


async def show_jobs(page: Page) -> None:
    """The list, with the charts of a running job."""
    await page.go_to("orders-cdc")
    await page.sees("peak 20")


async def show_confirm(page: Page) -> None:
    """What canceling will do, before it is done."""
    await page.go_to("orders-cdc")
    await page.press("X")
    await page.sees("cancel the job")


async def show_restore(page: Page) -> None:
    """The points to restore from."""
    await page.go_to("orders-cdc")
    await page.press("R")
    await page.sees("from the beginning")


async def show_spec(page: Page) -> None:
    """The spec that runs, under what hot reload says of the file."""
    await page.go_to("inventory-delta")
    await page.press("enter", "4")
    await page.sees("row.nums = ")


SHOTS: dict[str, Callable[[Page], Awaitable[None]]] = {
    "jobs": show_jobs,
    "confirm": show_confirm,
    "restore": show_restore,
    "spec": show_spec,
}


async def draw(show: Callable[[Page], Awaitable[None]], home: Home) -> str:
    """One screenshot: an SVG."""
    app = FlowdeckApp(home, lambda: sample_jobs.NOW, start_daemon=False)
    app.theme = DARK.name
    async with app.run_test(size=SIZE) as pilot:
        page = Page(app, pilot)
        await page.loaded()
        await show(page)
        await page.settled()
        return self_contained(app.export_screenshot(title="flowdeck"))


def stage_jobs(directory: Path) -> stage_daemon.Stage:
    """The jobs of the tests; the one whose file does not check has that file, so that its line shows."""
    stage = stage_daemon.Stage()
    sample_jobs.put_on(stage)
    job = next(job for job in stage.jobs.values() if job.reload is not None)
    stage.texts[job.id] = sample_jobs.SPEC.replace("orders-cdc", job.name).replace("orders", "inventory")
    file = directory / f"{job.name}.conf"
    file.write_text(stage.texts[job.id].replace("row.num", "row.nums"), encoding="utf-8")
    stage.add(msgspec.structs.replace(job, file=str(file)))
    return stage


def self_contained(svg: str) -> str:
    """Without the web fonts that Rich refers to: a picture in a page may not load them, and a document should not."""
    svg = re.sub(r"\s*@font-face \{.*?\n    \}", "", svg, flags=re.DOTALL)
    return "\n".join(line.rstrip() for line in svg.replace("Fira Code, monospace", _FONTS).splitlines()) + "\n"


def fix_surroundings() -> None:
    """Nothing of this machine shows."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORFGBG"):
        os.environ.pop(name, None)
    os.environ["TZ"] = "UTC"
    time.tzset()


def main(directory: Path) -> None:
    """Write every screenshot into ``directory``."""
    fix_surroundings()
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        stage = stage_jobs(Path(place))
        home = Home(Path(place) / "h")
        daemon = stage_daemon.StageDaemon(home.socket_path, stage, sample_jobs.new_savepoint)
        daemon.open()
        for name, show in SHOTS.items():
            (directory / f"{name}.svg").write_text(asyncio.run(draw(show, home)), encoding="utf-8")
            print(directory / f"{name}.svg")
        daemon.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots")
