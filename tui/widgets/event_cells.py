"""How an event looks in a row, wherever it is listed."""

from __future__ import annotations

from typing import Final

from runner.model import Event
from tui.draw.line import Span, Tone

_BAD: Final = ("failed", "damaged", "orphaned", "overdue", "reaped")
_CALM: Final = frozenset({"checkpoint.committed", "savepoint.directory"})


def event_tone(event: Event) -> Tone:
    """Red for what went wrong, muted for what comes all the time."""
    if event.kind.endswith(_BAD) or " is FAILED" in event.message:
        return Tone.RED
    if " is RESTARTING" in event.message or event.kind == "worker.killed":
        return Tone.AMBER
    return Tone.MUTED if event.kind in _CALM else Tone.TEXT


def kind_words(event: Event) -> str:
    """``checkpoint committed``."""
    return event.kind.replace(".", " ").replace("_", " ")


def message_spans(event: Event, job: str) -> tuple[Span, ...]:
    """What happened, without the job's name in front of it, which stands in another column."""
    text = event.message.split("\n", 1)[0]
    for head in (f"{job}: ", f"{job} "):
        if job and text.startswith(head):
            text = text.removeprefix(head)
    return (Span(text, event_tone(event)),)
