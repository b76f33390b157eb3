"""How often, how many at once, and who gets in without a key: the door over TCP in front of a small application."""

import asyncio
import hashlib
import json
import time

import pytest

from runner.api.access import visitor_of
from runner.api.request_shape import TooManyRequests
from runner.api.tcp_door import Rates, TcpDoor
from runner.api.throttle import Throttle
from runner.endpoint import ListenAddress
from runner.model import ApiKey, KeyScope
from runner.supervisor.confinement import Confinement, may_name
from runner.supervisor.keys import Keys

RATES = Rates(requests=0.001, requests_burst=3, wrong_keys=0.001, wrong_keys_burst=2, streams=2)


def known_keys(**expiry):
    """Two keys, used a moment ago so that nothing is to be written down: their secrets are their names."""
    now = time.time()
    records = [
        ApiKey(name=name, scope=KeyScope.OPERATE, created_at=now, last_used_at=now, expires_at=expiry.get(name))
        for name in ("one", "two", "old")
    ]
    return Keys(None, {hashlib.sha256(record.name.encode()).hexdigest(): record for record in records})


def make_door(application, *, needs_key=True, rates=RATES, address="127.0.0.1"):
    """The door of a loopback address; the key named old has expired."""
    return TcpDoor(
        application,
        known_keys(old=time.time() - 1),
        ListenAddress(address, 80),
        Confinement([]),
        needs_key=needs_key,
        rates=rates,
    )


async def ask(door, key=None, remote="10.0.0.1", path="/api/v1/status", method="GET", host="localhost"):
    """One request; status, headers, and the answer or the visitor that the application saw."""
    headers = [(b"host", host.encode())] + ([(b"x-api-key", key.encode())] if key else [])
    sent = []
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}

    async def send(message):
        sent.append(message)

    await door({**scope, "client": (remote, 1)}, None, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], dict(sent[0]["headers"]), json.loads(body) if body else None


async def tell_visitor(scope, receive, send):
    """An application that says whom it sees, and whether they may name files."""
    visitor = visitor_of(scope)
    answer = {"name": visitor.name, "scope": visitor.scope, "remote": visitor.remote, "may_name": may_name("/etc/passwd")}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def test_each_key_has_a_rate_of_its_own():
    """Who asks too often is told when to come again; other keys are not concerned, wherever they come from."""
    door = make_door(tell_visitor)
    assert [(await ask(door, "one"))[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    status, headers, problem = await ask(door, "one", remote="10.0.0.2")
    assert (status, problem["code"]) == (429, "too-many-requests")
    assert int(headers[b"retry-after"]) >= 1
    assert (await ask(door, "two"))[0] == 200


async def test_wrong_keys_are_throttled_by_address():
    """Right keys still open the door from there: nobody can lock others out by guessing."""
    door = make_door(tell_visitor)
    assert [(await ask(door, f"guess{number}"))[0] for number in range(4)] == [401, 401, 429, 429]
    assert (await ask(door, "guess", remote="10.0.0.2"))[0] == 401
    assert (await ask(door, "one"))[0] == 200


async def test_who_is_seen():
    """A key's name, scope and address; an expired key opens nothing; paths are confined as long as the request lasts."""
    door = make_door(tell_visitor)
    assert (await ask(door, "one"))[2] == {"name": "key:one", "scope": "operate", "remote": "10.0.0.1", "may_name": False}
    assert may_name("/etc/passwd")
    assert (await ask(door, "old"))[0] == 401
    assert (await ask(door))[0] == 401


async def test_health_needs_no_key_and_gives_none():
    """Its exact paths, for looking only; whoever asks there may do nothing else."""
    door = make_door(tell_visitor, rates=Rates())
    for path in ("/api/v1/health", "/api/v1/health/store"):
        assert (await ask(door, path=path))[2]["scope"] is None
        assert (await ask(door, path=path, method="POST"))[0] == 401
    for path in ("/api/v1/healthy", "/api/v1/health/../keys/x/../../health", "/health", "/api/v1/jobs"):
        status, _, seen = await ask(door, path=path)
        assert status == 401 or seen["scope"] is None


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.1", 401)])
async def test_without_keys_only_on_a_loopback_address(address, status):
    """Where everybody is let in, they may do all but administration; the door knows nothing of other addresses."""
    door = make_door(tell_visitor, needs_key=False, address=address, rates=Rates())
    host = f"[{address}]" if ":" in address else address
    found, _, seen = await ask(door, host=host)
    assert found == status
    if found == 200:
        assert (seen["name"], seen["scope"]) == ("anyone", "operate")
        assert (await ask(door, "guess"))[0] == 401


async def test_streams_are_counted():
    """A key has so many event streams at a time; one that ends makes room for another, however it ends."""
    ending = asyncio.Event()

    async def stream(scope, receive, send):
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        except TooManyRequests:
            await send({"type": "http.response.start", "status": 429, "headers": []})
            return
        await ending.wait()
        raise ConnectionError("the client has gone")

    door = make_door(stream, rates=Rates(streams=2))
    streams = [asyncio.create_task(ask(door, "one")) for _ in range(2)]
    await asyncio.sleep(0)
    assert (await ask(door, "one"))[0] == 429
    other = asyncio.create_task(ask(door, "two"))
    await asyncio.sleep(0)
    ending.set()
    await asyncio.gather(*streams, other, return_exceptions=True)
    ended = await asyncio.gather(ask(door, "one"), return_exceptions=True)
    assert isinstance(ended[0], ConnectionError)  # it was begun


def test_buckets_are_bounded_and_fill_again():
    """So much at once, so much a second; a million names take no more memory than a few thousand."""
    now = [0.0]
    throttle = Throttle(2.0, 3, clock=lambda: now[0])
    assert [throttle.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    now[0] = 0.5
    assert (throttle.take("a"), throttle.take("a")) == (0.0, 0.5)
    now[0] = 100.0
    assert [throttle.take("a") == 0.0 for _ in range(4)] == [True, True, True, False]
    for number in range(10_000):
        throttle.take(str(number))
    assert len(throttle._buckets) <= 4096
