"""Draws the screenshots of the documentation: the real program over the staged jobs of its tests, as SVG files.

    .venv/bin/python tools/screenshots.py [--into DIRECTORY] [NAME]...

The same program makes the same files in every run: the clock, the time zone, the colours and the jobs are fixed. Look at what
changed before committing it. For maintainers; not part of what is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from textual.theme import Theme

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "tui")]

import sample_fleet  # noqa: E402 - the tests' own modules are found from here on
import sample_jobs  # noqa: E402
import stage_daemon  # noqa: E402
from page import Page  # noqa: E402

from runner.home import Home  # noqa: E402
from runner.model import Job  # noqa: E402
from tui.app import FlowdeckApp  # noqa: E402
from tui.settings.file import Settings  # noqa: E402
from tui.themes import DARK, LIGHT  # noqa: E402

SIZES = ((120, 36), (80, 24))
LOOKS = {"dark": DARK, "light": LIGHT}
ORDERS = "orders-cdc"
_FONTS = '"DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace'


@dataclass(frozen=True, slots=True)
class Shot:
    """What to press, starting with the cursor on ``job``, until ``words`` are on the screen."""

    name: str
    title: str
    keys: tuple[str, ...]
    words: str
    job: str = ORDERS


SHOTS = (
    Shot("jobs", "The jobs, and the one under the cursor", (), "2 MIN"),
    Shot("overview", "One job: rates, lag, resources", ("enter", "1"), "peak"),
    Shot("checkpoints", "Its checkpoints", ("enter", "2"), "#811"),
    Shot("job-savepoints", "Its savepoints", ("enter", "3"), "weekly"),
    Shot("logs", "Its log", ("enter", "4"), "committed"),
    Shot("errors", "Its errors, in groups", ("enter", "5"), "decimal"),
    Shot("dag", "Its dataflow, with what each plugin does", ("enter", "6"), "Sql"),
    Shot("dag-records", "The last records that left a plugin", ("enter", "6", "plus"), "c-0037"),
    Shot("spec", "Its spec, under what hot reload says of the file", ("enter", "7"), "row.nums", job="inventory-delta"),
    Shot("job-events", "Its events", ("enter", "8"), "checkpoint"),
    Shot("columns", "The columns of the list", ("h",), "space"),
    Shot("submit", "A job file to hand in", ("F",), "inventory"),
    Shot("top", "What needs attention, why, and what to press", ("t",), "payments-sync"),
    Shot("savepoints", "The savepoints of all jobs", ("s",), "weekly"),
    Shot("events", "What happened, and who did what", ("e",), "Events"),
    Shot("workers", "Workers and queues", ("w",), "etl-01"),
    Shot("actions", "All that can be done to a job, and why not", ("a",), "savepoint"),
    Shot("confirm", "What canceling will do, before it is done", ("X",), "cancel"),
    Shot("bulk", "The same for several jobs at once, before it is done", ("asterisk", "T"), "left out"),
    Shot("restore", "The points to restore from", ("R",), "beginning"),
    Shot("palette", "The palette", ("colon",), "savepoint"),
    Shot("help", "The keys, searchable", ("question_mark",), "MOVE"),
)


async def draw(shot: Shot, home: Home, size: tuple[int, int], theme: Theme) -> str:
    """One screenshot: an SVG."""
    app = FlowdeckApp(home, lambda: sample_jobs.NOW, start_daemon=False, settings=Settings(theme=theme.name))
    async with app.run_test(size=size) as pilot:
        page = Page(app, pilot)
        await page.loaded()
        await page.go_to(shot.job)
        await page.press(*shot.keys)
        try:
            await page.sees(shot.words, timeout=10)
        except BaseException as error:  # noqa: BLE001 - pytest's own failure is none of Exception's
            print(f"{shot.name}: {str(error)[:200]}", file=sys.stderr)
        await pilot.pause(0.2)
        return self_contained(app.export_screenshot(title="flowdeck"))


def stage_jobs(directory: Path) -> stage_daemon.Stage:
    """The jobs of the tests; the one whose file does not check has that file, so that its line shows."""
    stage = stage_daemon.Stage()
    sample_jobs.put_on(stage)
    sample_fleet.put_on(stage)
    stage.effects["stop"] = stop_effects
    job = next(job for job in stage.jobs.values() if job.reload is not None)
    stage.texts[job.id] = sample_jobs.SPEC.replace("orders-cdc", job.name).replace("orders", "inventory")
    file = directory / f"{job.name}.conf"
    file.write_text(stage.texts[job.id].replace("row.num", "row.nums"), encoding="utf-8")
    stage.add(msgspec.structs.replace(job, file=str(file)))
    return stage


def stop_effects(job: Job, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - every effect is given the request
    """What a stop of each job would do: those that are over are left out."""
    if job.execution is not None and job.execution.state.is_terminal:
        reason = f"the job {job.name} is {job.execution.state}: it is over already"
        return {"allowed": False, "reason": reason, "hint": "flowdeck start runs it again"}
    return {"does": "takes a savepoint, then stops", "kept": ["everything that was read"], "usual_seconds": 0.8}


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


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Where to, and which."""
    parser = argparse.ArgumentParser(description="Draw the screenshots of the documentation.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *(shot.name for shot in SHOTS)])
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "screenshots", metavar="DIRECTORY")
    return parser.parse_args(words)


def main(directory: Path, wanted: Sequence[str]) -> None:
    """Write the screenshots of these names (all when there is none) into ``directory``."""
    fix_surroundings()
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        stage = stage_jobs(Path(place))
        os.chdir(place)
        home = Home(Path(place) / "h")
        daemon = stage_daemon.StageDaemon(home.socket_path, stage, sample_jobs.new_savepoint)
        daemon.open()
        for shot in (shot for shot in SHOTS if not wanted or shot.name in wanted):
            for size, (look, theme) in itertools.product(SIZES, LOOKS.items()):
                file = directory / f"{shot.name}_{size[0]}x{size[1]}_{look}.svg"
                file.write_text(asyncio.run(draw(shot, home, size, theme)), encoding="utf-8")
                print(file)
        daemon.close()


if __name__ == "__main__":
    asked = arguments(sys.argv[1:])
    main(asked.into, asked.names)
