"""Where output goes: data to stdout, words to stderr, nothing that could drive the terminal from untrusted text."""

from __future__ import annotations

import os
import re
import sys
from typing import IO

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x1b\\|\x07|\x9c|$)"  # OSC and other strings: titles, clipboard, links
    r"|\x1b[ -/]*[0-~]"  # two-character escapes
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
# Control characters, and those that reorder text on the screen.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """``text`` without terminal sequences and control characters; tabs and line breaks stay."""
    if text.isprintable():
        return text
    return _CONTROL.sub("", _SEQUENCE.sub("", text.replace("\r\n", "\n")))


def clean_line(text: str) -> str:
    """:func:`clean` on one line: line breaks become spaces."""
    return clean(text).replace("\n", " ").replace("\t", " ")


def is_terminal(stream: IO[str]) -> bool:
    """Whether a person looks at the stream."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def has_colour(stream: IO[str]) -> bool:
    """Whether the stream may get colour: a terminal, and neither NO_COLOR nor a dumb one."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_data(text: str) -> None:
    """Untrusted data, one or more whole lines, to stdout: verbatim into a pipe or file, cleaned on a terminal."""
    sys.stdout.write(clean(text) if is_terminal(sys.stdout) else text)
    sys.stdout.flush()


def say(text: str) -> None:
    """A line for the person at the terminal, on stderr."""
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def say_problem(message: str, hint: str = "") -> None:
    """An error, and what to do about it."""
    mark, end = ("\x1b[1;31m", "\x1b[0m") if has_colour(sys.stderr) else ("", "")
    sys.stderr.write(f"{mark}error{end}: {clean(message)}\n")
    if hint:
        sys.stderr.write(f"  hint: {clean(hint)}\n")
    sys.stderr.flush()
