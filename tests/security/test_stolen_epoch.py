"""A worker of an earlier attempt, or of another execution, that speaks on a link: refused, logged, and nothing of it counts."""

import asyncio
import logging
import socket

import msgspec
import pytest

from runner.protocol import FRAME_HEADER, MAXIMUM_FRAME, Committed, Heartbeat, Ready, encode_frame
from runner.supervisor.link import Fence, Heard, Hung, WorkerLink

FENCE = Fence("e1", 2, 7, 0)
HONEST = {"execution": "e1", "attempt": 2, "epoch": 7, "worker": 0}


async def conversation(*frames):
    """What a supervisor hears of these frames, and its link."""
    ours, theirs = socket.socketpair()
    heard, over = [], asyncio.Event()

    async def deliver(item):
        heard.append(item)
        if isinstance(item, Hung):
            over.set()

    ours.setblocking(False)
    link = await WorkerLink.open(FENCE, ours, deliver)
    with theirs:
        theirs.sendall(b"".join(frames))
        theirs.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(60):
            await over.wait()
    await link.close()
    return heard, link


def beat(**who):
    """A sign of life with a figure in it."""
    return encode_frame(Heartbeat(**HONEST | who, counters=[], cpu_seconds=0.0, memory_bytes=123, drained=False))


@pytest.mark.parametrize(
    "lie", [{"epoch": 6}, {"epoch": 8}, {"epoch": -1}, {"execution": "e2"}, {"attempt": 1}, {"worker": 1}], ids=str
)
async def test_who_speaks_as_another_is_cut_off(lie, caplog):
    """Neither what it says nor what it says afterwards is delivered, truthful or not."""
    with caplog.at_level(logging.WARNING):
        heard, link = await conversation(
            encode_frame(Ready(**HONEST, pid=1)), beat(**lie), encode_frame(Committed(**HONEST, checkpoint=99))
        )
    assert [type(item.message) for item in heard if isinstance(item, Heard)] == [Ready]
    assert link.memory_bytes is None
    assert "which it is not" in heard[-1].reason
    assert "is cut off" in caplog.text


@pytest.mark.parametrize(
    "frame",
    [
        FRAME_HEADER.pack(MAXIMUM_FRAME + 1),
        FRAME_HEADER.pack(3) + b"\xc1\xc1\xc1",
        FRAME_HEADER.pack(0),
        FRAME_HEADER.pack(4000) + b"\x91" * 4000,
        FRAME_HEADER.pack(len(msgspec.msgpack.encode({"type": "Start"}))) + msgspec.msgpack.encode({"type": "Start"}),
    ],
    ids=["too long", "no msgpack", "empty", "deep", "the supervisor's own"],
)
async def test_what_is_no_message_ends_the_link(frame):
    """Nothing of it is delivered, nor anything after it."""
    heard, _ = await conversation(frame, beat())
    assert [type(item) for item in heard] == [Hung]
    assert heard[0].reason
