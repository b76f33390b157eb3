"""What happened, as it happens, and who did what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.audit import AuditPage
from runner.model import Event
from tui.data.eventring import EventRing, Gap
from tui.query.audit_words import action_words

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
ORDERS = "0f3a9c1d22aa"


@SIZES
async def test_events_and_audit(
    open_ui: Any, stage: Any, serve: Callable[[Any], Any], screen_is: Any, size: tuple[int, int]
) -> None:
    """What both look like: events from before the program started are there, too."""
    serve(stage)
    async with open_ui(size) as page:
        await page.loaded()
        await page.press("e")
        await page.sees("3 jobs are carr")
        await page.at_rest()
        screen_is(page, f"events_{size[0]}x{size[1]}")
        await page.press("tab")
        await page.sees("daemon started")
        await page.at_rest()
        screen_is(page, f"audit_{size[0]}x{size[1]}")


async def test_events_come_by_themselves(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A new event appears at the top; a cursor at the top stays there, another one on its event. Rows lead on."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("e")
        await page.settled_row("periodic checkpoint 812")

        def happens(number: int, message: str) -> None:
            stage.happened.append(
                Event(revision=number, at=1_790_000_000.0, kind="attempt.failed", job_id=ORDERS, message=message)
            )

        happens(11, "orders-cdc: attempt 2 failed: no room")
        page.app.feed.nudge()
        await page.settled_row("attempt 2 failed: no room")
        await page.press("j")
        happens(12, "orders-cdc: attempt 3 failed: no room")
        await page.sees("attempt 3 failed")
        await page.settled_row("periodic checkpoint 812")
        await page.press("k", "enter")
        await page.until(lambda: page.dialog == "JobsScreen")
        await page.sees(" 5 Errors ")
        assert page.selected.name == "orders-cdc"


async def test_words_narrow_both(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """The same words are looked for in both tables; an audit trail without entries says what belongs there."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.press("e", "tab")
        await page.sees("stop (dry run)")
        await page.press("slash", *"!dry", "space", *"done", "enter")
        await page.sees("3 of 6")
        assert "stop (dry run)" not in page.text
        await page.press("c")
        stage.pages["audit"] = AuditPage(entries=())
        page.app.screen._asked.clear()
        await page.sees("nothing is in the audit trail")


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("POST /jobs", "submit"),
        ("DELETE /jobs/{job}", "delete"),
        ("PATCH /jobs/{job}", "edit"),
        ("POST /jobs/{job}/restart (dry run)", "restart (dry run)"),
        ("POST /jobs/{job}/savepoints/{number}/verify", "savepoint verify"),
        ("DELETE /jobs/{job}/savepoints/{number}", "delete savepoint"),
        ("POST /executions/{execution_id}/stop", "stop"),
        ("PUT /queues/{name}", "change queue"),
        ("DELETE /workers/{execution_id}/{number}", "delete workers"),
        ("daemon started", "daemon started"),
    ],
)
def test_actions_in_words(action: str, words: str) -> None:
    """A request reads as the command that makes it."""
    assert action_words(action) == words


def event(revision: int, kind: str = "execution.state") -> Event:
    """One event."""
    return Event(revision=revision, at=float(revision), kind=kind, message="a\x1b")


def test_the_ring_is_bounded_and_clean() -> None:
    """It keeps the newest events, cleaned; counters and snapshots are no events."""
    ring = EventRing(capacity=3)
    for number in range(1, 6):
        ring.hear(event(number))
    ring.hear(event(6, "job.changed"))
    assert [one.revision for one in ring.newest()] == [5, 4, 3]
    assert ring.newest()[0].message == "a␛"


def test_what_was_missed_is_asked_for() -> None:
    """After a connection was lost the ring knows which events it has not heard; once told, it asks no more."""
    ring = EventRing()
    ring.hear(event(40, "snapshot"))
    assert ring.gap == Gap(0, 40)
    ring.fill(Gap(0, 40), [event(39), event(40)])
    assert ring.gap is None
    ring.hear(event(41))
    ring.hear(event(50, "snapshot"))
    assert ring.gap == Gap(41, 50)
    ring.fill(Gap(41, 50), [event(44)])
    assert [one.revision for one in ring.newest()] == [44, 41, 40, 39]
    ring.hear(event(9, "snapshot"))  # another daemon: its events are others
    assert ring.newest() == []
    assert ring.gap == Gap(0, 9)


async def test_the_events_of_one_job(open_ui: Any, stage: Any, serve: Callable[[Any], Any]) -> None:
    """Tab 8 of a job has what is on record and what happens; nothing of other jobs."""
    serve(stage)
    async with open_ui((80, 24)) as page:
        await page.loaded()
        await page.go_to("orders-cdc")
        await page.press("enter", "8")
        await page.sees("periodic checkpoint 811 is committed")
        await page.sees("savepoint 790 is in")
        assert "attempt 5 failed" not in page.text
        told = Event(revision=11, at=1_790_000_000.0, kind="attempt.failed", job_id=ORDERS, message="orders-cdc: no room")
        stage.happened.append(told)
        page.app.feed.nudge()
        await page.settled_row("no room")
        await page.press("q")
        await page.go_to("geo-enrich")
        await page.press("enter", "8")
        await page.sees("nothing is on record")
