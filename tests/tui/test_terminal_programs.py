"""The pager and the editor in a real terminal: they get it whole, and the program comes back."""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.home import Home

ORDERS = "0f3a9c1d22aa"


@pytest.fixture
def tool(tmp_path: Path) -> str:
    """A program that takes the terminal: it says what it was given, and waits for a line that is echoed as it is typed."""
    script = tmp_path / "tool.py"
    script.write_text(
        textwrap.dedent("""
            import os, signal, sys, termios
            echo = bool(termios.tcgetattr(0)[3] & termios.ECHO)
            mask = signal.getsignal(signal.SIGINT) is signal.default_int_handler
            size = os.path.getsize(sys.argv[-1]) > 0
            print(f"TOOL tty={os.isatty(0) and os.isatty(1)} echo={echo} ints={mask} text={size}", flush=True)
            print("GOT", input(), flush=True)
        """)
    )
    return f"{sys.executable} {script}"


@pytest.fixture
def terminal(home: Home, stage: Any, serve: Callable[[Any], Any], terminals: ModuleType) -> Iterator[Callable[..., Any]]:
    """Start the program in a terminal, on the staged daemon."""
    serve(stage)
    opened: list[Any] = []

    def start(**environment: str) -> Any:
        opened.append(terminals.Terminal(home, terminals.PROGRAM, **environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def press_until(program: Any, key: str, wanted: bytes) -> None:
    """Press the key, and again when it came before the log had the focus."""
    for _ in range(5):
        program.type(key)
        with contextlib.suppress(AssertionError):
            program.read_until(wanted, timeout=5.0)
            return
    program.read_until(wanted)


def leave_tool(program: Any, drawn: bytes) -> None:
    """What is typed goes to the tool alone; when it has ended, everything is drawn again."""
    program.read_until(b"TOOL tty=True echo=True ints=True text=True")
    program.output = b""
    program.type("xq\n")
    program.read_until(b"xq\r\n")
    program.read_until(b"\x1b[?1049h")
    program.read_until(drawn)


def test_the_pager_gets_the_terminal(terminal: Callable[..., Any], tool: str) -> None:
    """The key o gives it what the log shows; after it the keys are the program's again."""
    program = terminal(PAGER=tool)
    program.read_until(b"orders-cdc")
    program.type("/")
    program.read_until(b"enter keeps")
    program.type("orders\r")
    program.read_until(b"1 of 11")
    program.type("\r")
    program.read_until(b"1-8")
    program.type("4")
    program.read_until(b"following")
    press_until(program, "o", b"TOOL ")
    leave_tool(program, b"orders-cdc")
    program.type("6")
    program.read_until(b"BUSY")
    program.type("qq")
    assert program.wait() == 0


def give_file(stage: Any, file: Path) -> None:
    """The job has this file."""
    file.write_text("env { }\n")
    stage.add(msgspec.structs.replace(stage.jobs[ORDERS], file=str(file)))


def edit_orders(program: Any) -> None:
    """Press E on the job."""
    program.read_until(b"orders-cdc")
    program.type("/")
    program.read_until(b"enter keeps")
    program.type("orders\r")
    program.read_until(b" clear")
    program.type("E")


def test_an_editor_that_is_not_there(terminal: Callable[..., Any], stage: Any, tmp_path: Path) -> None:
    """It is said, and the terminal is the program's again at once."""
    give_file(stage, tmp_path / "orders.conf")
    program = terminal(EDITOR="no-such-editor", VISUAL="")
    edit_orders(program)
    program.read_until(b"cannot be run")
    program.type("\x1b")
    program.read_until(b"CHECKPOINT")


def test_the_editor_gets_the_terminal(terminal: Callable[..., Any], tool: str, stage: Any, tmp_path: Path) -> None:
    """E opens the job's own file in it; the dialog is there when it comes back."""
    give_file(stage, tmp_path / "orders.conf")
    program = terminal(EDITOR=tool, VISUAL="")
    edit_orders(program)
    leave_tool(program, b"orders.conf")
    program.type("\x1b")
    program.read_until(b"CHECKPOINT")
