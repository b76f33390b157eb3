"""The plain faces: one look, a line for each change, and one job below the prompt."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from runner.client import DaemonUnreachable
from runner.home import Home
from runner.states import ExecutionState
from tui.cli.main import run_command_line
from tui.data.daemon import Door
from tui.draw.line import Span, Tone, line
from tui.plain import face
from tui.plain.paint import painted, repainted


def test_one_look_says_everything_in_words(home: Home, stage: Any, serve: Callable[[Any], Any], samples: ModuleType) -> None:
    """The daemon, what needs attention and why, every job in a line; nothing but words."""
    serve(stage)
    lines: list[str] = []
    face.once(Door(home), lines.append, lambda: samples.NOW)
    text = "\n".join(lines)
    assert lines[0].startswith(f"flowdeck, home {home.path}: LIVE, daemon up 3h 03m, 1 queued, 3 running")
    assert "  payments-sync: it failed: duplicate key value violates unique constraint" in text
    assert (
        "  orders-cdc: RUNNING for 3d 04h, in 182k/s, out 181k/s, lag 2.1s, periodic checkpoint #812 committed 4s ago, "
        "id 0f3a9c1d22aa" in lines
    )
    assert "11 jobs:" in lines
    assert text.isascii()


def test_hostile_names_stay_words(home: Home, empty_stage: Any, serve: Callable[[Any], Any], samples: ModuleType) -> None:
    """What would drive a terminal never leaves."""
    empty_stage.add(samples.make_job("a\x1b]52;c;x\x07\u202eb\nc", ExecutionState.RUNNING, job_id="aa"))
    serve(empty_stage)
    lines: list[str] = []
    face.once(Door(home), lines.append, lambda: samples.NOW)
    assert all(one.isprintable() for one in lines)


def test_a_home_without_a_daemon_is_told(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is started for a look."""
    assert run_command_line(["--home", str(home.path), "--plain"]) == 2
    assert "no daemon is running" in capsys.readouterr().err
    with pytest.raises(DaemonUnreachable):
        face.watch(Door(home), lambda _line: None)


class Listening:
    """Takes lines until it has heard enough."""

    def __init__(self) -> None:
        self.lines: queue.Queue[str] = queue.Queue()
        self.enough = False

    def write(self, text: str) -> None:
        """As a pipe does that is closed at some time."""
        if self.enough:
            raise BrokenPipeError
        self.lines.put(text)

    def wait(self, words: str) -> str:
        """The next line with these words."""
        while words not in (found := self.lines.get(timeout=60)):
            pass
        return found


def test_changes_come_one_in_a_line(home: Home, stage: Any, serve: Callable[[Any], Any], samples: ModuleType) -> None:
    """Another state, another need, a new job, one that is gone, and the daemon itself; counters are not told."""
    daemon = serve(stage)
    heard = Listening()

    def listen() -> None:
        with pytest.raises(BrokenPipeError):
            face.watch(Door(home), heard.write, lambda: samples.NOW)

    thread = threading.Thread(target=listen)
    thread.start()
    assert heard.wait("LIVE").startswith("2026-09-21T14:13:20Z flowdeck, home ")
    stage.change("0f3a9c1d22aa", ExecutionState.FAILED)
    assert heard.wait("orders-cdc").endswith(" orders-cdc: RUNNING to FAILED")
    assert heard.wait("orders-cdc").endswith(" orders-cdc: needs attention: it failed")
    stage.add(samples.make_job("late", ExecutionState.RUNNING, job_id="bb"))
    assert heard.wait("late").endswith(" late: new, RUNNING, id bb")
    del stage.jobs["7b0000000001"]
    assert heard.wait("gone").endswith(" fx-rates: gone, id 7b0000000001")
    daemon.close()
    assert "no daemon is running" in heard.wait("RECONNECTING")
    heard.enough = True
    daemon.open()
    thread.join(60)
    assert not thread.is_alive()


def test_one_job_in_a_few_lines(
    home: Home, stage: Any, serve: Callable[[Any], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a terminal it is looked at once: state, chart, checkpoint; a job that is not there is an error."""
    serve(stage)
    assert run_command_line(["--home", str(home.path), "top", "0f3a9c1d22aa"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("orders-cdc  ● RUNNING for ")
    assert "restarts 0, attempt 1, 4 workers" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--once"], "go with --plain"),
        (["--plain", "--once", "--watch"], "either --once or --watch"),
        (["--read-only", "ls"], "--read-only is for the terminal UI"),
        (["--plain", "--context", "x"], "there is no context 'x'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], message: str, home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options that do not go together, and contexts that are not there."""
    monkeypatch.setenv("FLOWDECK_SETTINGS", str(home.path / "none.toml"))
    assert run_command_line(["--home", str(home.path), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_painting_is_in_the_terminals_own_colours() -> None:
    """Sequences only with colour; ASCII where it is wanted; the lines above the cursor are written over."""
    content = line(Span("● ", Tone.ACCENT), Span("ok"))
    assert painted(content, colour=False) == "● ok"
    assert painted(content, colour=True, plain_signs=True) == "\x1b[32m* \x1b[0mok"
    assert repainted(["a", "b"], 3) == "\x1b[3A\ra\x1b[K\nb\x1b[K\n\x1b[J"
