"""The program in a real terminal: colours, themes, quitting, and what is left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from textual.color import Color

from runner.home import Home
from spec.errors import UsageError
from tui.app import run
from tui.draw.line import Ground, Tone
from tui.themes import THEMES
from tui.widgets.ink import ink_of

PROGRAM = "import sys; from runner.home import Home; from tui.app import run; sys.exit(run(Home(sys.argv[1])))"


COMMAND = "import sys; from tui.cli.main import main; sys.argv = ['flowdeck', '--home', sys.argv[1]]; main()"


class Terminal:
    """The program as a child in a pseudo terminal."""

    def __init__(self, home: Home, program: str = PROGRAM, **environment: str) -> None:
        self._parent, child = pty.openpty()
        self._name = os.ttyname(child)
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        # The terminal's own size counts, not what the shell or pytest-xdist says of another one.
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        variables = {**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(home.path)],
            stdin=child,
            stdout=child,
            stderr=child,
            env=variables,
            close_fds=True,
        )
        os.close(child)
        self.output = b""

    def read_until(self, wanted: bytes, timeout: float = 60.0) -> None:
        """Collect output until it contains ``wanted``."""
        deadline = time.monotonic() + timeout
        while wanted not in self.output:
            assert time.monotonic() < deadline, self.output[-2000:]
            self._read(0.1)

    def _read(self, wait: float) -> bool:
        if not select.select([self._parent], [], [], wait)[0]:
            return True
        try:
            data = os.read(self._parent, 65536)
        except OSError:  # Linux says so when the child has closed its end
            return False
        self.output += data
        return bool(data)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._parent, text.encode())

    def type_bytes(self, data: bytes) -> None:
        """Send bytes that are perhaps no whole character."""
        os.write(self._parent, data)

    def wait_until_read(self, timeout: float = 60.0) -> None:
        """Until the program has taken everything that was typed."""
        deadline = time.monotonic() + timeout
        child = os.open(self._name, os.O_RDWR | os.O_NOCTTY)
        while struct.unpack("i", fcntl.ioctl(child, termios.FIONREAD, b"\0" * 4))[0]:
            assert time.monotonic() < deadline, "it does not read"
            self._read(0.01)
        os.close(child)

    def wait_until_stopped(self, timeout: float = 60.0) -> None:
        """Until the program has stopped itself, as a shell sees it."""
        deadline = time.monotonic() + timeout
        while not (found := os.waitpid(self.process.pid, os.WNOHANG | os.WUNTRACED))[0]:
            assert time.monotonic() < deadline, "it does not stop"
            self._read(0.01)
        assert os.WIFSTOPPED(found[1]), found
        while self._read(0.05) and select.select([self._parent], [], [], 0)[0]:
            pass

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed, as a shell leaves it to its commands."""
        return bool(termios.tcgetattr(self._parent)[3] & termios.ECHO)

    def wait(self, timeout: float = 60.0) -> int:
        """The exit status; everything that was written is in ``output``."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it does not end"
            self._read(0.05)
        while self._read(0.05) and select.select([self._parent], [], [], 0)[0]:
            pass
        return self.process.returncode

    def hang_up(self) -> None:
        """The terminal goes away; as it does not control the child, nobody sends a signal."""
        os.close(self._parent)
        self._parent = -1

    def close(self) -> None:
        """End the child."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        if self._parent >= 0:
            os.close(self._parent)


@pytest.fixture
def terminal(home: Home, stage: Any, serve: Callable[[Any], Any]) -> Iterator[Callable[..., Terminal]]:
    """Start the program in a terminal, on the staged daemon."""
    serve(stage)
    opened: list[Terminal] = []

    def start(program: str = PROGRAM, **environment: str) -> Terminal:
        opened.append(Terminal(home, program, **environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def is_restored(output: bytes) -> bool:
    """The alternate screen and the mouse are switched off again, and the cursor is shown."""
    tail = output[output.rfind(b"\x1b[?1049h") :]
    return b"\x1b[?1049l" in tail and b"\x1b[?25h" in tail and b"\x1b[?1000l" in tail


def test_quitting_restores_the_terminal(terminal: Callable[..., Terminal]) -> None:
    """The jobs appear; q ends the program with status 0 and leaves the terminal as it was."""
    program = terminal()
    program.read_until(b"orders-cdc")
    program.type("q")
    assert program.wait() == 0
    assert is_restored(program.output)


def test_the_command_leaves_as_cleanly(terminal: Callable[..., Terminal]) -> None:
    """As the command ``flowdeck`` it ends without taking the interpreter apart: the same status, everything restored."""
    program = terminal(COMMAND)
    program.read_until(b"orders-cdc")
    program.type("q")
    assert program.wait() == 0
    assert is_restored(program.output)
    assert b"Traceback" not in program.output


def test_a_character_may_come_in_two_parts(terminal: Callable[..., Terminal]) -> None:
    """A slow line splits the bytes of a character: it arrives whole, and so does what is typed later."""
    program = terminal()
    program.read_until(b"orders-cdc")
    program.type("/")
    program.read_until(b"enter keeps")
    first, second = "é".encode()
    program.type_bytes(bytes([first]))
    program.wait_until_read()
    program.type_bytes(bytes([second]))
    program.read_until("é".encode())
    program.type("\x1b")
    program.read_until(b"11 jobs")


def test_sigterm_restores_the_terminal(terminal: Callable[..., Terminal]) -> None:
    """Asked to end by a signal, the program still cleans up."""
    program = terminal()
    program.read_until(b"orders-cdc")
    program.process.send_signal(signal.SIGTERM)
    assert program.wait() == 0
    assert is_restored(program.output)


@pytest.mark.parametrize("asks", ["ctrl+z", "SIGTSTP"])
def test_it_can_be_suspended(terminal: Callable[..., Terminal], asks: str) -> None:
    """To the shell with the terminal as it was, and back with everything drawn again and keys read, any number of times."""
    program = terminal(COMMAND)
    assert program.echoes()
    for _ in range(2):
        program.read_until(b"orders-cdc")
        assert not program.echoes()
        if asks == "ctrl+z":
            program.type("\x1a")
        else:
            program.process.send_signal(signal.SIGTSTP)
        program.wait_until_stopped()
        assert is_restored(program.output)
        assert program.echoes()
        program.output = b""
        program.process.send_signal(signal.SIGCONT)
        program.read_until(b"CHECKPOINT")
    program.read_until(b"orders-cdc")
    program.type("q")
    assert program.wait() == 0
    assert is_restored(program.output)


def test_no_color_is_honoured(terminal: Callable[..., Terminal]) -> None:
    """With NO_COLOR everything is grey: red, green and blue are the same in every colour that is sent."""
    program = terminal(NO_COLOR="1")
    program.read_until(b"orders-cdc")
    program.type("q")
    program.wait()
    colours = {tuple(match) for match in _truecolours(program.output)}
    assert colours
    assert all(red == green == blue for red, green, blue in colours)
    assert "✗".encode() in program.output


def _truecolours(output: bytes) -> list[list[int]]:
    import re

    found = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", output)
    return [[int(part) for part in match] for match in found]


def test_without_a_terminal_it_says_so(home: Home) -> None:
    """In a pipe there is nothing to draw on: a clear error with the commands to use instead."""
    with pytest.raises(UsageError) as caught:
        run(home)
    assert caught.value.code == "no-terminal"
    assert "flowdeck ls" in caught.value.hint


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_themes_can_be_read(open_ui: Any, theme: Any) -> None:
    """Every tone that carries words has a contrast of at least 4.5 to each ground it stands on, badges included."""
    async with open_ui() as page:
        page.app.theme = theme.name
        await page.pilot.pause()
        ink = ink_of(page.app)
        for ground in Ground:
            for tone in (Tone.TEXT, Tone.STRONG, Tone.MUTED, Tone.ACCENT, Tone.AMBER, Tone.RED):
                style = ink.style(tone, ground)
                back = Color.from_rich_color(style.bgcolor) if style.bgcolor else Color.parse(theme.background)
                assert _contrast(Color.from_rich_color(style.color), back) >= 4.5, (tone, ground)
        for tone in (Tone.ACCENT_BADGE, Tone.AMBER_BADGE, Tone.RED_BADGE):
            style = ink.style(tone, Ground.PLAIN)
            assert _contrast(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)) >= 4.5, tone


def _contrast(one: Color, other: Color) -> float:
    """The ratio of the Web Content Accessibility Guidelines."""

    def luminance(color: Color) -> float:
        parts = [part / 255 for part in (color.r, color.g, color.b)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["textual-light", "nord", "ansi-dark", "ansi-light"])
async def test_other_themes_work(open_ui: Any, stage: Any, serve: Callable[[Any], Any], name: str) -> None:
    """Textual's own themes, also those that use the terminal's colours, draw the list."""
    serve(stage)
    async with open_ui() as page:
        await page.loaded()
        page.app.theme = name
        await page.pilot.pause()
        await page.sees("orders-cdc")


def test_a_terminal_that_goes_away_ends_the_program(terminal: Callable[..., Terminal]) -> None:
    """Also where no signal tells it: it does not stay behind, reading the end of its input over and over."""
    program = terminal()
    program.read_until(b"orders-cdc")
    program.hang_up()
    assert program.process.wait(60) == 0
