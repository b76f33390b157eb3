"""The producer of snapshots: live, gone, back again; and the trends it keeps."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from runner.home import Home
from runner.model import MetricPoint
from tui.data.daemon import Door
from tui.data.feed import Feed
from tui.data.history import History
from tui.data.lane import Answer, Lane
from tui.data.link import Mood, badge, is_current
from tui.data.models import Link, LinkState
from tui.data.snapshot import Snapshot
from tui.data.trends import BUCKETS, Trends
from tui.data.worries import Worries


class Seen:
    """Collects what the feed publishes."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self._more = threading.Condition()

    def add(self, snapshot: Snapshot) -> None:
        """Called by the feed's thread."""
        with self._more:
            self.snapshots.append(snapshot)
            self._more.notify_all()

    def wait(self, condition: Callable[[Snapshot], bool], timeout: float = 60.0) -> Snapshot:
        """The newest snapshot, once it meets the condition."""
        with self._more:
            found = self._more.wait_for(lambda: bool(self.snapshots) and condition(self.snapshots[-1]), timeout)
            assert found, self.snapshots[-1:]
            return self.snapshots[-1]


@pytest.fixture
def feed(home: Home, samples: ModuleType) -> Iterator[tuple[Feed, Seen]]:
    """A feed of the home, and what it publishes."""
    seen = Seen()
    made = Feed(Door(home), seen.add, lambda: samples.NOW, start_daemon=False)
    yield made, seen
    made.stop()


def test_a_snapshot_is_complete_and_ordered(feed: tuple[Feed, Seen], stage: Any, serve: Callable[[Any], Any]) -> None:
    """Every job, the failed one first, with trends from the daemon's history and counts for the header."""
    serve(stage)
    feed[0].start()
    feed[0].pace(0.3)
    snapshot = feed[1].wait(lambda one: any(view.ring for view in one.jobs))
    assert snapshot.link.state is LinkState.LIVE
    assert snapshot.jobs[0].name == "payments-sync"
    assert snapshot.total == 11
    assert len(snapshot.tally.needing) == 3
    assert snapshot.tally.rows_in_per_second == pytest.approx(292_240, rel=0.01)


def test_a_daemon_that_goes_leaves_its_last_data(feed: tuple[Feed, Seen], stage: Any, serve: Callable[[Any], Any]) -> None:
    """The link says what is wrong, the jobs stay as they were, and everything continues when the daemon is back."""
    daemon = serve(stage)
    feed[0].start()
    live = feed[1].wait(lambda one: one.link.state is LinkState.LIVE)
    daemon.close()
    gone = feed[1].wait(lambda one: one.link.state is LinkState.RECONNECTING)
    assert [view.id for view in gone.jobs] == [view.id for view in live.jobs]
    assert gone.taken_at is not None
    assert "no daemon is running" in gone.link.message
    assert not is_current(gone, gone.taken_at)
    daemon.open()
    feed[0].retry(start=False)
    assert feed[1].wait(lambda one: one.link.state is LinkState.LIVE).jobs


def test_a_new_job_appears_at_the_next_look(feed: tuple[Feed, Seen], stage: Any, serve: Any, samples: ModuleType) -> None:
    """A job that is submitted later is in the next snapshot."""
    from runner.states import ExecutionState

    serve(stage)
    feed[0].start()
    feed[1].wait(lambda one: one.total == 11)
    stage.add(samples.make_job("late", ExecutionState.RUNNING, job_id="ffff00000001"))
    feed[0].nudge()
    assert feed[1].wait(lambda one: one.total == 12).find("ffff00000001") is not None


def test_badges() -> None:
    """The words of the badge follow the link and the age of the data."""
    live = Snapshot(Link(LinkState.LIVE, 0.0), taken_at=100.0)
    assert badge(live, 101.0).text == "LIVE"
    assert (badge(live, 112.0).text, badge(live, 112.0).mood) == ("STALE 12s", Mood.WAITING)
    assert badge(Snapshot(Link(LinkState.RECONNECTING, 0.0, attempt=3), taken_at=1.0), 2.0).text == "RECONNECTING 3"
    assert badge(Snapshot(Link(LinkState.CONNECTING, 0.0)), 2.0).text == "CONNECTING"
    assert badge(Snapshot(Link(LinkState.FAILED, 0.0)), 2.0).text == "NO DAEMON"


def test_trends_keep_gaps_and_forget() -> None:
    """A bucket is the mean over the time for which each rate held; nothing measured is a gap; old buckets go."""
    trends = Trends()

    def seen(at: float) -> tuple[float | None, ...]:
        trends.listened(at)
        ring = trends.ring("a")
        return () if ring is None else ring.trend(at)

    assert seen(1000.0) == ()
    trends.record("a", 1000.0, 10.0)
    assert seen(1000.0)[-2:] == (None, 10.0)
    trends.record("a", 1001.0, 20.0)
    trends.record("a", 1005.0, None)
    seen(1010.0)
    trends.record("a", 1012.0, 30.0)
    assert seen(1013.0)[-4:] == (None, 18.0, None, 30.0)
    assert len(seen(1013.0)) == BUCKETS
    trends.backfill(
        "a", [MetricPoint(at=1006.0, value=5.0), MetricPoint(at=1013.0, value=99.0), MetricPoint(at=1.0, value=None)]
    )
    assert seen(1013.0)[-3:] == (18.0, 5.0, 30.0)
    assert trends.summed(1013.0)[-3:] == (None, 5.0, None)
    assert seen(1019.0)[-3:] == (5.0, 30.0, 30.0)
    trends.forget(["a"])
    assert seen(1020.0) == ()


def test_nobody_knows_a_rate_while_nobody_listens() -> None:
    """A rate holds until the next one is told, but not through a time in which nothing could be told; a clock that is put back
    leaves nothing behind that is still to come."""
    trends = Trends()
    trends.listened(1000.0)
    trends.record("a", 1000.0, 10.0)
    trends.listened(1004.0)
    ring = trends.ring("a")
    assert ring is not None
    assert ring.trend(1024.0)[-5:] == (10.0, None, None, None, None)
    assert trends.listened(1020.0)
    ring = trends.ring("a")
    assert ring is not None
    assert ring.trend(1021.0)[-5:] == (10.0, None, None, None, 10.0)
    assert trends.listened(500.0)
    ring = trends.ring("a")
    assert ring is not None
    assert [value for value in ring.trend(502.0) if value is not None] == [10.0]


def test_a_peak_is_never_below_the_present() -> None:
    """What is measured now counts, also before the daemon's buckets know of it; a window without data has no peak."""
    history = History(300, {"cpu_percent": (10.0, None, 30.0), "rows_in": (None, None)})
    assert history.peak("cpu_percent") == 30.0
    assert history.peak("cpu_percent", 41.0) == 41.0
    assert history.peak("cpu_percent", 20.0) == 30.0
    assert history.peak("rows_in", 5.0) is None


def test_a_lane_hands_back_answers_and_errors(home: Home, stage: Any, serve: Callable[[Any], Any]) -> None:
    """A call's value comes back cleaned; a failure comes back as a reason with a hint, never as an exception."""
    daemon = serve(stage)
    answers: list[Answer] = []
    arrived = threading.Event()

    def deliver(answer: Answer) -> None:
        answers.append(answer)
        arrived.set()

    lane = Lane(Door(home), "test", 5.0)
    assert lane.submit(lambda client: client.job("0f3a9c1d22aa").name, deliver)
    assert arrived.wait(60)
    assert answers[0].value == "orders-cdc"
    daemon.close()
    arrived.clear()
    assert lane.submit(lambda client: client.status(), deliver)
    assert arrived.wait(60)
    assert "no daemon is running" in answers[1].reason
    assert answers[1].hint
    lane.stop()


def test_a_lane_survives_a_defect(home: Home, stage: Any, serve: Callable[[Any], Any]) -> None:
    """What nobody has thought of is an answer too, which says that it is a defect; the thread goes on to the next call."""
    serve(stage)
    answers: queue.Queue[Answer] = queue.Queue()
    lane = Lane(Door(home), "test", 5.0)
    assert lane.submit(lambda _client: dict[str, int]()["nothing"], answers.put)
    assert answers.get(timeout=60).reason == "flowdeck has a defect: KeyError: 'nothing'"
    assert lane.submit(lambda client: client.job("0f3a9c1d22aa").name, answers.put)
    assert answers.get(timeout=60).value == "orders-cdc"
    lane.stop()


def test_a_feed_survives_a_defect(
    feed: tuple[Feed, Seen], stage: Any, serve: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header says what nobody has thought of, and once it is over the jobs are shown again."""
    serve(stage)
    looked: list[None] = []

    def once(self: Worries, *_: object) -> list[str]:
        looked.append(None)
        if len(looked) == 2:
            raise ZeroDivisionError("looking")
        return []

    monkeypatch.setattr(Worries, "look", once)
    feed[0].pace(0.3)
    feed[0].start()
    broken = feed[1].wait(lambda one: one.link.state is LinkState.RECONNECTING)
    assert broken.link.message == "flowdeck has a defect: ZeroDivisionError: looking"
    assert broken.jobs
    assert feed[1].wait(lambda one: one.link.state is LinkState.LIVE).jobs


def test_a_lane_is_bounded(home: Home, stage: Any, serve: Callable[[Any], Any]) -> None:
    """When the daemon hangs, questions are refused at some point instead of piling up."""
    serve(stage)
    stage.hold.clear()
    lane = Lane(Door(home), "test", 5.0)
    taken = [lane.submit(lambda client: client.status(), lambda _answer: None) for _ in range(40)]
    assert taken[0]
    assert not taken[-1]
    stage.hold.set()
    lane.stop()
