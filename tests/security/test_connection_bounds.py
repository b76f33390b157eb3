"""Clients that take their time, connections that are too many, other users of the machine: cut off; the others are served."""

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from runner.api.access import OwnersDoor
from runner.api.http_protocol import ConnectionLimits
from runner.api.listening import listen_at
from runner.api.server import _configure, _Server

QUICK = ConnectionLimits(connections=4, head=0.3, body=0.3, write=0.3)
REQUEST = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


async def answer_everything(scope, receive, send):
    """An application: reads the body, and answers with as much as the path says."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    pieces = int(scope["path"].strip("/") or "1")
    for number in range(pieces):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": number < pieces - 1})


@contextlib.asynccontextmanager
async def serving(listener, application=answer_everything, bounds=QUICK):
    """The server of the daemon with other bounds."""
    server = _Server(_configure(application, bounds))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(60):
        while not server.started:  # noqa: ASYNC110 - it has no event for that
            await asyncio.sleep(0.01)
    try:
        yield server
    finally:
        server.end()
        await task


@pytest.fixture
async def address():
    """Where a server with quick bounds listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    async with serving(listener):
        yield listener.getsockname()


async def exchange(address, *pieces, pause=0.0):
    """Everything that is answered to these pieces, sent with pauses."""
    reader, writer = await asyncio.open_connection(*address)
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
    try:
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_slow_head_is_cut(address, caplog):
    """Byte by byte it does not help either: the time counts from the first one. Nothing at all is the same."""
    dripping = [REQUEST[index : index + 1] for index in range(len(REQUEST))]
    for pieces in (dripping, [b""]):
        answer = await exchange(address, *pieces, pause=0.05)
        assert answer.startswith((b"HTTP/1.1 408 ", b"")), answer
        assert b"200 OK" not in answer
    assert "did not send the head" in caplog.text


async def test_a_slow_body_is_cut(address, caplog):
    """A client that goes on sending, but too slowly to come to an end."""
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"
    answer = await exchange(address, head, *[b"x"] * 12, pause=0.05)
    assert b"200 OK" not in answer
    assert "did not send the body" in caplog.text


async def test_who_does_not_read_is_cut(caplog):
    """A reader that is stuck does not keep its answer in the daemon's memory for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    async with serving(listener) as server:
        with socket.create_connection(listener.getsockname()) as stuck:
            stuck.setblocking(False)
            stuck.sendall(b"GET /2000 HTTP/1.1\r\nHost: h\r\n\r\n")
            async with asyncio.timeout(60):
                while not server.server_state.connections:  # noqa: ASYNC110 - it has no event for that
                    await asyncio.sleep(0.01)
                while server.server_state.connections:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
    assert "does not read its answer" in caplog.text


async def test_slow_ones_do_not_keep_others_waiting(address):
    """While some dawdle, whoever asks properly is answered; and those that are too many are closed at once."""
    idle = [await asyncio.open_connection(*address) for _ in range(3)]
    assert b"200 OK" in await exchange(address, REQUEST)
    more = [await asyncio.open_connection(*address) for _ in range(3)]
    async with asyncio.timeout(60):
        ended = [await reader.read() for reader, _ in more[1:]]
    assert ended == [b"", b""]
    for _, writer in (*idle, *more):
        writer.close()


async def test_an_honest_client_keeps_its_connection(address):
    """One request after the other, with rests longer than a request may take: only requests are timed."""
    reader, writer = await asyncio.open_connection(*address)
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        while not (chunk := await reader.readline()).startswith(b"0"):
            await reader.readexactly(int(chunk, 16) + 2)
        await reader.readline()
        await asyncio.sleep(0.5)
    writer.close()


@pytest.fixture
def open_directory():
    """One that every user may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="takes another user's process")
async def test_another_user_is_refused_whatever_the_modes_say(open_directory, caplog):
    """The kernel tells who connects: a socket that was opened to everybody by mistake still serves its owner only."""
    path = open_directory / "api.sock"
    async with serving(listen_at(path), OwnersDoor(answer_everything)):
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o666)
        assert await asyncio.to_thread(connect_as, 65534, path) == 0
        assert "belongs to the user 65534" in caplog.text
        assert await asyncio.to_thread(connect_as, 0, path) == 200


def connect_as(uid, path):
    """What a process of that user is answered: a status, 0 for nothing."""
    pid = os.fork()
    if pid == 0:
        answer = b""
        try:
            os.setuid(uid)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(path))
                with contextlib.suppress(ConnectionError):
                    connection.sendall(REQUEST)
                    answer = connection.recv(100)
            os._exit(2 if answer.startswith(b"HTTP/1.1 200") else 0)
        finally:
            os._exit(99)
    return {0: 0, 2: 200}.get(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), -1)
