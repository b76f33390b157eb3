"""The terminal UI under test: a staged daemon, a frozen clock, and a page object over Textual's pilot."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from textual.pilot import Pilot

import tui.screens.jobs
from runner.home import Home
from tui.app import FlowdeckApp
from tui.data.models import JobView
from tui.screens.jobs import JobsScreen

HERE = Path(__file__).parent


def _load(name: str) -> ModuleType:
    found = sys.modules.get(f"tui_tests_{name}")
    if found is not None:
        return found
    spec = importlib.util.spec_from_file_location(f"tui_tests_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


stage_daemon = _load("stage_daemon")
sample_jobs = _load("sample_jobs")
at_rest = _load("at_rest")
processes = _load("left_processes")


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clock times look the same everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    monkeypatch.delenv("COLORFGBG", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits longer than it must."""
    monkeypatch.setattr("textual.app.wait_for_idle", at_rest.come_to_rest)
    monkeypatch.setattr("textual.pilot.wait_for_idle", at_rest.come_to_rest)
    monkeypatch.setattr(tui.screens.jobs, "DEBOUNCE", 0.02)


@pytest.fixture
def samples() -> ModuleType:
    """The believable jobs."""
    return sample_jobs


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home with a short path. A test that leaves a process of its home behind fails, and the process is killed."""
    made = Home(tmp_path / "h")
    yield made
    left = processes.that_stay(made)
    if left:
        processes.kill(left)
        pytest.fail(f"the test left processes of its home behind: {[process.info['cmdline'] for process in left]}")


@pytest.fixture
def left_processes() -> ModuleType:
    """What the home's own check is made of."""
    return processes


@pytest.fixture
def stage(home: Home) -> Any:
    """What the staged daemon says: the sample jobs, with history, checkpoints, logs and specs."""
    made = stage_daemon.Stage()
    for job in sample_jobs.sample_jobs():
        made.add(job)
        rate = job.execution.totals.rows_in_per_second
        made.texts[job.id] = sample_jobs.SPEC
        if rate is not None:
            made.series[job.id] = sample_jobs.sample_series(rate, hole=job.name == "orders-cdc")
    made.checkpoints["0f3a9c1d22aa"] = sample_jobs.sample_checkpoints("0f3a9c1d22aa")
    made.logs["0f3a9c1d22aa"] = sample_jobs.sample_logs()
    return made


@pytest.fixture
def empty_stage() -> Any:
    """A daemon without jobs."""
    return stage_daemon.Stage()


@pytest.fixture
def serve(home: Home) -> Iterator[Callable[[Any], Any]]:
    """Open a staged daemon at the home's socket; closed after the test."""
    opened: list[Any] = []

    def open_daemon(stage: Any) -> Any:
        daemon = stage_daemon.StageDaemon(home.socket_path, stage, _savepoint)
        daemon.open()
        opened.append(daemon)
        return daemon

    yield open_daemon
    for daemon in opened:
        daemon.stage.hold.set()
        daemon.close()


def _savepoint(job: Any) -> Any:
    from runner.model import CheckpointKind

    return sample_jobs.checkpoint(
        job.id, 900, 0, size=42_000_000, rows_in=1_921_000_000, kind=CheckpointKind.SAVEPOINT, duration=0.8
    )


@dataclass
class Page:
    """The running program as a person sees it."""

    app: FlowdeckApp
    pilot: Pilot[int]

    @property
    def text(self) -> str:
        """The characters on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    @property
    def jobs(self) -> JobsScreen:
        """The main screen, also when a dialog covers it."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, JobsScreen))

    @property
    def selected(self) -> JobView | None:
        """The job under the cursor."""
        return self.jobs.selected

    @property
    def dialog(self) -> str:
        """The class of the screen on top."""
        return type(self.app.screen).__name__

    @property
    def toasts(self) -> str:
        """Every toast, newest last."""
        return "\n".join(f"{toast.title}: {toast.message}" for toast in self.app._notifications)

    async def press(self, *keys: str) -> None:
        """Type keys one after the other."""
        for key in keys:
            await self.pilot.press(key)

    async def until(self, condition: Callable[[], Any], what: str = "", timeout: float = 8.0) -> None:
        """Wait for a condition; fails with the screen when it does not come."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"waited {timeout} s in vain for {what or condition}\n{self.toasts}\n{self.text}")
            await self.pilot.pause(0.02)

    async def sees(self, words: str, timeout: float = 8.0) -> None:
        """Wait for words on the screen."""
        await self.until(lambda: words in self.text, f"“{words}” on the screen", timeout)

    async def loaded(self) -> None:
        """The first snapshot is on the screen, and the inspector has caught up."""
        await self.until(lambda: self.app.snapshot.taken_at is not None, "a snapshot")
        await self.until(lambda: all(_has_trend(view) for view in self.app.snapshot.jobs), "trends")
        await self.settled()

    async def settled(self) -> None:
        """Nothing is asked, nothing rests, nothing changes any more."""
        inspector = self.jobs.inspector
        await self.until(lambda: self.jobs._resting is None and not inspector._awaiting, "rest")
        await self.pilot.pause()

    async def go_to(self, name: str) -> None:
        """Put the cursor on a job."""
        view = next(view for view in self.app.snapshot.jobs if view.name == name)
        self.jobs.go_to(view.id)
        await self.until(lambda: self.selected is not None and self.selected.name == name, f"the cursor on {name}")
        await self.settled()


def _has_trend(view: JobView) -> bool:
    """Whether the history of a job that has one has come."""
    has_history = not view.state.is_terminal and view.totals.rows_in_per_second is not None
    return not has_history or sum(value is not None for value in view.trend) > 12


@pytest.fixture
def open_ui(home: Home) -> Callable[..., Any]:
    """Opens the program on a terminal of a given size, with the clock of the samples. An async context manager.

    Only with ``start_daemon`` a daemon is started where none is staged; the test then has to end it.
    """

    @contextlib.asynccontextmanager
    async def open_page(
        size: tuple[int, int] = (120, 36), clock: Callable[[], float] | None = None, *, start_daemon: bool = False
    ) -> AsyncIterator[Page]:
        app = FlowdeckApp(home, clock or (lambda: sample_jobs.NOW), start_daemon=start_daemon)
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Page(app, pilot)

    return open_page


@pytest.fixture
def screen_is() -> Callable[[Page, str], None]:
    """Compare the screen with ``snapshots/NAME.txt``; FLOWDECK_UPDATE_SNAPSHOTS=1 writes it instead."""

    def compare(page: Page, name: str) -> None:
        path = HERE / "snapshots" / f"{name}.txt"
        seen = page.text.rstrip("\n") + "\n"
        if os.environ.get("FLOWDECK_UPDATE_SNAPSHOTS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(seen, encoding="utf-8")
        assert seen == path.read_text(encoding="utf-8"), f"the screen differs from {path.name}; look, then update it"

    return compare
