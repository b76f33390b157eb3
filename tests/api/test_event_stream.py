"""Server-sent events: nothing missed, nothing twice, ended when the daemon ends."""

import asyncio
import json
import threading
import time

import pytest

from runner.api.event_stream import KEEP_ALIVE_SECONDS, event_stream
from runner.client import ApiError, DaemonUnreachable
from runner.endpoint import UnixEndpoint, open_socket
from runner.event_feed import EventFeed, parse_event
from runner.home import Home
from runner.requests import EditRequest
from runner.supervisor.event_bus import CAPACITY
from runner.supervisor.supervisor import Supervisor


def read_until(connection, mark, seconds=15):
    """What arrives on the socket until ``mark`` is in it."""
    connection.settimeout(seconds)
    received = b""
    while mark not in received:
        data = connection.recv(65536)
        assert data, received
        received += data
    return received


def open_stream(daemon, query="", headers=""):
    """A socket on which the event stream is asked for."""
    connection = open_socket(daemon.home.socket_path, 10)
    connection.sendall(f"GET /api/v1/events{query} HTTP/1.0\r\nHost: x\r\n{headers}\r\n".encode())
    return connection


def test_the_stream_is_server_sent_events(daemon, batch):
    """Each block has id (the revision), event (the kind) and data (the event as JSON)."""
    with open_stream(daemon, "?since=0") as connection:
        received = read_until(connection, b"data: ")
        received += read_until(connection, b"\n\n") if b"\n\n" not in received.split(b"data: ")[-1] else b""
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"text/event-stream" in head.lower()
    opening, block = body.split(b"\n\n")[:2]
    assert opening == b": open"
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n"))
    event = json.loads(fields[b"data"])
    assert int(fields[b"id"]) == event["revision"]
    assert fields[b"event"].decode() == event["kind"]


def test_since_replays_what_came_after(daemon, batch):
    """since=N begins with revision N+1; Last-Event-ID means the same."""
    with daemon.client() as client, client.events(0, timeout=60) as feed:
        first, second = next(feed), next(feed)
    assert second.revision == first.revision + 1
    with daemon.client() as client, client.events(first.revision, timeout=60) as feed:
        assert next(feed) == second
    with open_stream(daemon, headers=f"Last-Event-ID: {first.revision}\r\n") as connection:
        received = read_until(connection, b"data: ")
    assert f"id: {second.revision}\n".encode() in received


def test_without_since_only_new_events_come(daemon, batch, tmp_path, batch_text):
    """A stream without a position begins now, and misses nothing that happens after it is open."""
    with daemon.client() as client, client.events(None, timeout=60) as feed:
        job = daemon.submit(batch_text.replace('"batch"', '"live"'), tmp_path)
        event = next(feed)
        assert event.job_id == job
    daemon.wait_until(job, daemon.is_over)


def test_a_revision_of_another_home_waits_for_nothing(daemon, batch):
    """Who comes back with a revision that this home has not reached gets what happens from now on."""
    with daemon.client() as client, client.events(10**12, timeout=60) as feed:
        client.edit(batch, EditRequest(labels={"from": "now on"}))
        assert (event := next(feed)).job_id == batch
        assert event.revision < 10**12


def test_revisions_are_in_order_without_gaps(daemon, tmp_path, batch_text):
    """A reader that replays and then follows sees every revision once, in order."""
    with daemon.client() as client, client.events(0, timeout=60) as feed:
        job = daemon.submit(batch_text.replace('"batch"', '"ordered"'), tmp_path)
        revisions = []
        for event in feed:
            revisions.append(event.revision)
            if event.job_id == job and "FINISHED" in json.dumps([event.message, event.data]):
                break
    assert revisions == list(range(revisions[0], revisions[0] + len(revisions)))


async def test_a_quiet_stream_says_that_it_is_alive(tmp_path):
    """Without events a comment comes again and again, by default every ten seconds."""
    assert KEEP_ALIVE_SECONDS == 10
    async with Supervisor.open(Home(tmp_path / "home")) as supervisor:
        stream = event_stream(supervisor.service.observation, None, asyncio.Event(), keep_alive=0.05)
        blocks = [await anext(stream) for _ in range(3)]
        await stream.aclose()
    assert blocks == [b": open\n\n", b": keep-alive\n\n", b": keep-alive\n\n"]


def test_next_within_returns_none_in_time(daemon, batch):
    """Waiting for an event is bounded, and the feed can be asked again afterwards."""
    with daemon.client() as client, client.events(None, timeout=60) as feed:
        begun = time.monotonic()
        assert feed.next_within(0.2) is None
        assert time.monotonic() - begun < 2
        assert not feed.ended
        assert feed.next_within(0.1) is None


def test_closing_wakes_a_waiting_thread(daemon, batch):
    """A thread that iterates ends when another one closes the feed."""
    with daemon.client() as client:
        feed = client.events(None, timeout=60)
        thread = threading.Thread(target=lambda: list(feed))
        thread.start()
        feed.close()
        thread.join(60)
        assert not thread.is_alive()


def test_shutdown_ends_the_stream(fresh_daemon):
    """An open stream does not hold up the daemon's end, and its reader's iteration ends."""
    with fresh_daemon.client() as client, client.events(None, timeout=60) as feed:
        begun = time.monotonic()
        assert fresh_daemon.stop() == 0
        assert time.monotonic() - begun < 10
        assert [event.kind for event in feed] == [] or feed.ended


def test_a_wrong_position_is_refused(daemon):
    """A position that is no revision is an error, not an empty stream."""
    with daemon.client() as client, pytest.raises(ApiError) as refused:
        client.events(-1, timeout=5)
    assert refused.value.status == 400


def test_nobody_there(tmp_path):
    """A feed of a home without a daemon says so."""
    with pytest.raises(DaemonUnreachable):
        EventFeed(UnixEndpoint(tmp_path / "api.sock"), 0, timeout=1)


async def test_a_slow_reader_gets_what_it_missed_from_the_record(tmp_path):
    """More events than a subscription holds, while the reader does nothing: it still sees each revision once, in order."""

    def note(entry, number):
        for _ in range(number):
            entry.note("test", "x")

    async with Supervisor.open(Home(tmp_path / "home")) as supervisor:
        service, closing = supervisor.service, asyncio.Event()
        stream = event_stream(service.observation, 0, closing)
        assert await anext(stream) == b": open\n\n"
        received = []
        for number in (1, 1, 2 * CAPACITY + 10, 1):  # from the record, live, too many, live again
            await service._journal.write(lambda entry, number=number: note(entry, number))
            upto = len(received) + number
            while len(received) < upto:
                received += [parse_event(block) for block in (await anext(stream)).split(b"\n\n") if block]
        assert {event.kind for event in received} == {"test"}
        assert [event.revision for event in received] == list(range(1, len(received) + 1))
        closing.set()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


def test_comments_are_no_events():
    """A block of comments parses to nothing."""
    assert parse_event(b": keep-alive") is None
