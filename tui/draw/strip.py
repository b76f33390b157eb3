"""The last checkpoints as one sign each, the newest on the right, and how long they took below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from runner.model import Checkpoint
from tui.draw.braille import spark
from tui.draw.glyphs import checkpoint_status
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import duration

MOST = 60
_HEAD = 10


def strip(checkpoints: Sequence[Checkpoint], cells: int) -> list[Line]:
    """Two lines from a list with the newest first; none of an empty list."""
    shown = list(reversed(checkpoints[: max(min(MOST, cells - _HEAD - 14), 1)]))
    if not shown:
        return []
    signs = [checkpoint_status(one) for one in shown]
    spans = [Span("".join(sign.text for sign in part), tone) for tone, part in groupby(signs, lambda sign: sign.tone)]
    took = [one.took for one in shown]
    longest = max((seconds for seconds in took if seconds is not None), default=None)
    dots = spark([value for seconds in took for value in (seconds, seconds)])
    newest = Span("  ← newest" if len(shown) > 1 else "", Tone.FAINT)
    return [
        line(Span(f" {'last ' + str(len(shown)):<{_HEAD - 1}}", Tone.MUTED), *spans, newest),
        line(
            Span(f" {'took':<{_HEAD - 1}}", Tone.MUTED),
            Span(dots, Tone.ACCENT),
            Span(f"  most {duration(longest)}", Tone.MUTED),
        ),
    ]
