"""The terminal UI under test: a staged daemon, a frozen clock, and a page object over Textual's pilot."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

import tui.screens.jobs
from runner.home import Home
from tui.app import FlowdeckApp
from tui.contexts import Place
from tui.settings.file import DEFAULTS, Settings

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
page = _load("page")
sample_jobs = _load("sample_jobs")
sample_fleet = _load("sample_fleet")
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


_parsed: dict[Any, list[RuleSet]] = {}
_parse_rules = Stylesheet._parse_rules


def _parse_once(self: Stylesheet, *source: Any, **how: Any) -> list[RuleSet]:
    """The style sheets of Textual and of the program are the same for every program that a test opens."""
    key = (frozenset(self._variables.items()), source, frozenset(how.items()))
    if key not in _parsed:
        _parsed[key] = _parse_rules(self, *source, **how)
    return _parsed[key]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits, and nothing is parsed, longer than it must."""
    monkeypatch.setattr(Stylesheet, "_parse_rules", _parse_once)
    monkeypatch.setattr("textual.app.wait_for_idle", at_rest.come_to_rest)
    monkeypatch.setattr("textual.pilot.wait_for_idle", at_rest.come_to_rest)
    monkeypatch.setattr(tui.screens.jobs, "DEBOUNCE", 0.02)


@pytest.fixture
def samples() -> ModuleType:
    """The believable jobs."""
    return sample_jobs


@pytest.fixture
def fleet() -> ModuleType:
    """A believable machine with workers, events and an audit trail."""
    return sample_fleet


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
def terminals() -> ModuleType:
    """The program as a child in a pseudo terminal."""
    return _load("test_terminal")


@pytest.fixture
def left_processes() -> ModuleType:
    """What the home's own check is made of."""
    return processes


@pytest.fixture
def stage(home: Home) -> Any:
    """What the staged daemon says: the sample jobs, with history, checkpoints, logs and specs."""
    made = stage_daemon.Stage()
    sample_jobs.put_on(made)
    sample_fleet.put_on(made)
    return made


@pytest.fixture
def empty_stage() -> Any:
    """A daemon without jobs."""
    return stage_daemon.Stage()


@pytest.fixture
def serve(home: Home) -> Iterator[Callable[[Any], Any]]:
    """Open a staged daemon at the home's socket; closed after the test."""
    opened: list[Any] = []

    def open_daemon(stage: Any, at: Home = home) -> Any:
        daemon = stage_daemon.StageDaemon(at.socket_path, stage, sample_jobs.new_savepoint)
        daemon.open()
        opened.append(daemon)
        return daemon

    yield open_daemon
    for daemon in opened:
        daemon.stage.hold.set()
        daemon.close()


@pytest.fixture
def open_ui(home: Home) -> Callable[..., Any]:
    """Opens the program on a terminal of a given size, with the clock of the samples. An async context manager.

    Only with ``start_daemon`` a daemon is started where none is staged; the test then has to end it.
    """

    @contextlib.asynccontextmanager
    async def open_page(
        size: tuple[int, int] = (120, 36),
        clock: Callable[[], float] | None = None,
        *,
        start_daemon: bool = False,
        settings: Settings = DEFAULTS,
        place: Place | None = None,
        kind: type[FlowdeckApp] = FlowdeckApp,
    ) -> AsyncIterator[Any]:
        app = kind(place or home, clock or (lambda: sample_jobs.NOW), start_daemon=start_daemon, settings=settings)
        async with app.run_test(size=size, notifications=True) as pilot:
            yield page.Page(app, pilot)

    return open_page


@pytest.fixture
def screen_is() -> Callable[[Any, str], None]:
    """Compare the screen with ``snapshots/NAME.txt``; FLOWDECK_UPDATE_SNAPSHOTS=1 writes it instead."""

    def compare(page: Any, name: str) -> None:
        path = HERE / "snapshots" / f"{name}.txt"
        seen = page.text.rstrip("\n") + "\n"
        if os.environ.get("FLOWDECK_UPDATE_SNAPSHOTS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(seen, encoding="utf-8")
        assert seen == path.read_text(encoding="utf-8"), f"the screen differs from {path.name}; look, then update it"

    return compare
