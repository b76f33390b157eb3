"""The program in a pseudo terminal, watched from outside: when it writes, what it repaints, what it costs."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_MOVE = re.compile(rb"\x1b\[(\d+);(\d+)H")
_UPDATE = re.compile(rb"\x1b\[\?2026[hl]")
"""Where what is painted at once begins and ends, for terminals that know that."""
_CHUNK = 65536


class NotInTime(Exception):
    """The program did not do in time what it should."""


@dataclass(slots=True)
class Painted:
    """What was painted where. ``lines`` counts the stretches of lines that were painted, ``same`` those of them that were
    painted again just as they were."""

    lines: int = 0
    same: int = 0
    rest: bytes = b""
    known: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)

    def take(self, data: bytes) -> None:
        """Read what the program has written. It may be cut anywhere, and two stretches cut short look the same: each is taken
        when the next one begins. Every painting ends with the cursor being put where it belongs, which is the next one."""
        text = self.rest + data
        moves = list(_MOVE.finditer(text))
        for move, following in itertools.pairwise(moves):
            self._painted((move[1], move[2]), _UPDATE.sub(b"", text[move.end() : following.start()]))
        self.rest = text[moves[-1].start() :] if moves else text

    def _painted(self, place: tuple[bytes, bytes], text: bytes) -> None:
        if not text.strip(b"\r\n"):
            return  # it only puts the cursor where it belongs
        self.lines += 1
        self.same += self.known.get(place) == text
        self.known[place] = text


class PseudoTerminal:
    """A child with a terminal of ``columns`` x ``rows``."""

    def __init__(self, program: str, *arguments: str, columns: int = 160, rows: int = 45) -> None:
        self._parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=Path(__file__).parents[2],
            env={**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        os.close(child)
        self.seen = psutil.Process(self.process.pid)
        self.output = b""

    def read(self, wait: float) -> bytes:
        """What is written within ``wait`` seconds, as soon as there is something; empty when there is nothing."""
        if not select.select([self._parent], [], [], wait)[0]:
            return b""
        try:
            data = os.read(self._parent, _CHUNK)
        except OSError:  # Linux says so when the child has closed its end
            return b""
        self.output = (self.output + data)[-16 * _CHUNK :]
        return data

    def until(self, wanted: bytes, timeout: float = 60.0) -> float:
        """Read until ``wanted`` was written; the seconds since the program began."""
        deadline = time.monotonic() + timeout
        while wanted not in self.output:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise NotInTime(f"{wanted!r} was not written: {self.output[-500:]!r}")
            self.read(0.05)
        return time.perf_counter() - self.began

    def drain(self, seconds: float) -> int:
        """Read for so long; the bytes that were written."""
        deadline, total = time.monotonic() + seconds, 0
        while (left := deadline - time.monotonic()) > 0:
            total += len(self.read(left))
        return total

    def quiet(self, seconds: float = 0.05, timeout: float = 20.0) -> None:
        """Read until nothing was written for so long."""
        deadline = time.monotonic() + timeout
        while self.read(seconds):
            if time.monotonic() > deadline:
                raise NotInTime("it does not come to rest")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._parent, keys.encode())

    def answer(self, keys: str, timeout: float = 5.0) -> float:
        """Press keys; the seconds until the first byte is written."""
        began = time.perf_counter()
        self.type(keys)
        if not self.read(timeout):
            raise NotInTime(f"nothing was written after {keys!r}")
        return time.perf_counter() - began

    def ended(self, timeout: float = 10.0) -> tuple[int, float]:
        """The exit status, and the seconds until it came."""
        began = time.perf_counter()
        while self.process.poll() is None:
            if time.perf_counter() - began > timeout:
                raise NotInTime("it does not end")
            self.read(0.005)
        took = time.perf_counter() - began
        while self.read(0.02):
            pass
        return self.process.returncode, took

    @property
    def is_restored(self) -> bool:
        """The alternate screen and the mouse are off, the cursor is shown, and what is typed is shown again."""
        tail = self.output[self.output.rfind(b"\x1b[?1049h") :]
        echoes = bool(termios.tcgetattr(self._parent)[3] & termios.ECHO)
        return echoes and all(sequence in tail for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"))

    def cpu(self) -> float:
        """CPU seconds so far."""
        times = self.seen.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Resident bytes."""
        return int(self.seen.memory_info().rss)

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        os.close(self._parent)
