"""What the benchmark of the terminal UI counts as painted, and as painted for nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pseudo_terminal import Painted

FIRST = b"\x1b[?2026h\x1b[1;1H\x1b[1mflowdeck\x1b[0m\x1b[7;1Hjob-1 running 10\x1b[1;1H\x1b[?2026l"
SECOND = b"\x1b[?2026h\x1b[7;1Hjob-1 running 12\x1b[9;1Hjob-2\r\n\x1b[1;1H\x1b[?2026l"
AGAIN = b"\x1b[?2026h\x1b[9;1Hjob-2\r\n\x1b[7;1Hjob-1 running 12\x1b[1;1H\x1b[?2026l\x1b[1;1H"


@pytest.mark.parametrize("size", [1, 7, 26, 4096])
def test_stretches_are_compared_whole_however_they_are_read(size: int) -> None:
    """Two lines that differ after the place where reading was cut are not the same; one that was painted again is."""
    painted, written = Painted(), FIRST + SECOND + AGAIN
    for start in range(0, len(written), size):
        painted.take(written[start : start + size])
    assert (painted.lines, painted.same) == (6, 2)
