"""Answers that are lost: reads are made again, writes too, and take effect once."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.async_client import AsyncClient
from runner.client import Client, DaemonUnreachable
from runner.endpoint import UnixEndpoint
from runner.repetition import Repetition
from runner.requests import KeyRequest, SavepointRequest, SubmitRequest
from runner.verbs.call import delete, get, post


class LossyDoor:
    """Stands before a daemon's socket and loses the next ``losses`` answers: the daemon has done what was asked by then."""

    def __init__(self, path: Path, behind: Path) -> None:
        self.endpoint = UnixEndpoint(path)
        self.losses = 0
        self.asked: list[bytes] = []
        self._behind = behind
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(60)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection, contextlib.suppress(OSError):
                    self._relay(connection)

    def _relay(self, connection: socket.socket) -> None:
        """Requests and answers of a few kilobytes, each of which comes in one piece from a unix socket."""
        with socket.socket(socket.AF_UNIX) as daemon:
            daemon.connect(str(self._behind))
            while request := connection.recv(1 << 20):
                self.asked.append(request)
                daemon.sendall(request)
                while b"\r\n\r\n" not in request or _is_short(request):
                    request += (more := connection.recv(1 << 20))
                    daemon.sendall(more)
                answer = daemon.recv(1 << 20)
                while _is_short(answer):
                    answer += daemon.recv(1 << 20)
                if self.losses:
                    self.losses -= 1
                    return
                connection.sendall(answer)


def _is_short(message: bytes) -> bool:
    """Whether some of the body is still to come."""
    head, _, body = message.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(lengths) and len(body) < int(lengths[0])


@pytest.fixture
def door(daemon, tmp_path) -> Iterator[LossyDoor]:
    """A door to the daemon."""
    opened = LossyDoor(tmp_path / "door", daemon.home.socket_path)
    yield opened
    opened.close()


def request_of(text: str, directory: Path, name: str) -> SubmitRequest:
    """A job of ``directory``."""
    file = directory / f"{name}.conf"
    file.write_text(text)
    return SubmitRequest(text=text, file=str(file), name=name)


def test_a_submit_whose_answers_are_lost_starts_one_job(daemon, door, tmp_path, batch_text):
    """It is sent three times with one key, and the third answer is that of the first."""
    with Client(daemon.home, server=door.endpoint) as client:
        door.losses = 2
        job = client.submit(request_of(batch_text, tmp_path, "lost"))
        assert door.losses == 0
        keys = {line for request in door.asked for line in request.split(b"\r\n") if line.lower().startswith(b"idempotency")}
        assert (len(door.asked), len(keys)) == (3, 1)
        assert daemon.wait_until(job.id, daemon.is_over).generation == 1
        assert [execution.id for execution in client.executions(job.id)] == [job.execution.id]


async def test_so_does_that_of_the_asynchronous_client(daemon, door, tmp_path, stream_text):
    """A submit, and then one savepoint although it was asked for twice."""
    async with AsyncClient(daemon.home, server=door.endpoint) as client:
        door.losses = 1
        job = await client.submit(request_of(stream_text, tmp_path, "lost-too"))
        await asyncio.to_thread(daemon.wait_until, job.id, daemon.is_running)
        door.losses = 1
        savepoint = await client.savepoint(job.id, SavepointRequest(description="once"))
        assert door.losses == 0
        assert [entry.id for entry in await client.savepoints(job.id)] == [savepoint.id]
        assert len(await client.executions(job.id)) == 1
        await client.cancel(job.id)
    await asyncio.to_thread(daemon.wait_until, job.id, daemon.is_over)


def test_a_read_is_made_again(daemon, door):
    """Nobody notices."""
    with Client(daemon.home, server=door.endpoint) as client:
        door.losses = 3
        assert client.status().pid == daemon.process.pid
        assert door.losses == 0


def test_what_cannot_be_known_again_is_not_repeated(daemon, door):
    """The answer with a new key's secret is kept nowhere: the error says that it may have been made all the same."""
    with Client(daemon.home, server=door.endpoint) as client:
        door.losses = 1
        with pytest.raises(DaemonUnreachable) as lost:
            client.add_key(KeyRequest(name="lost"))
        assert "may have been done" in lost.value.hint
        made = client.keys()
        assert [key.name for key in made] == ["lost"]
        client.remove_key("lost")


def test_repetitions_end():
    """Reads and writes are given up after a few tries; what ran out of time or reached nobody at once."""
    for call in (get(int, "status"), delete("jobs", "x"), post(int, "jobs")):
        repetition = Repetition(call)
        pauses = []
        while (pause := repetition.after(ConnectionResetError())) is not None:
            pauses.append(pause)
        assert pauses[0] == 0
        assert pauses == sorted(pauses)
        assert 2 <= len(pauses) <= 6
        assert sum(pauses) < 3
        assert Repetition(call).after(TimeoutError()) is None
        assert Repetition(call).after(ConnectionRefusedError()) is None


def test_a_busy_daemon_is_asked_again():
    """429 and 503 with Retry-After are waited out by reads, for a bounded time."""
    assert Repetition(get(int, "jobs")).after_answer(429, {"retry-after": "1"}) == 1
    assert Repetition(get(int, "jobs")).after_answer(503, {"retry-after": "3600"}) == 5
    assert Repetition(get(int, "jobs")).after_answer(503, {}) is None
    assert Repetition(get(int, "jobs")).after_answer(404, {"retry-after": "1"}) is None
    assert Repetition(post(int, "jobs")).after_answer(429, {"retry-after": "1"}) is None
