"""One worker's socket, as the supervisor sees it: framed messages both ways, and who may speak on it.

A message of another execution, attempt, epoch or worker is refused: it cannot come from the process at the other end unless
that process is confused, and then nothing it says counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from runner.protocol import (
    FRAME_HEADER,
    MAXIMUM_FRAME,
    Heartbeat,
    SupervisorMessage,
    WorkerMessage,
    decode_worker_message,
    encode_frame,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fence:
    """Who may speak on a link."""

    execution: str
    attempt: int
    epoch: int
    worker: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A message arrived."""

    fence: Fence
    message: WorkerMessage


@dataclass(frozen=True, slots=True)
class Hung:
    """The link is down: ``reason`` is empty when the worker simply closed it."""

    fence: Fence
    reason: str


Deliver = Callable[[Heard | Hung], Awaitable[None]]


class WorkerLink:
    """Reads from ``connection`` in a task of its own and hands every message to ``deliver``, which may hold it back (a slow
    supervisor slows its workers' messages, it does not collect them). After :class:`Hung` nothing more is delivered."""

    def __init__(self, fence: Fence, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deliver: Deliver) -> None:
        self.fence = fence
        self.last_heard = asyncio.get_running_loop().time()
        self.memory_bytes: int | None = None
        """What the worker last said it takes; None before it has said anything."""
        self._reader = reader
        self._writer = writer
        self._deliver = deliver
        self._task = asyncio.create_task(self._listen(), name=f"link {fence.execution}/{fence.attempt}/{fence.worker}")

    @classmethod
    async def open(cls, fence: Fence, connection: socket.socket, deliver: Deliver) -> WorkerLink:
        """The link over ``connection``, which belongs to it from now on."""
        reader, writer = await asyncio.open_connection(sock=connection)
        return cls(fence, reader, writer, deliver)

    def send(self, message: SupervisorMessage) -> None:
        """Queue a message. A worker that does not read while 256 MB wait for it is cut off."""
        if self._writer.is_closing():
            return
        self._writer.write(encode_frame(message))
        if self._writer.transport.get_write_buffer_size() > MAXIMUM_FRAME:
            self._writer.transport.abort()

    async def close(self) -> None:
        """Hang up; the worker sees end of file and exits."""
        self._task.cancel()
        await asyncio.wait({self._task})
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _listen(self) -> None:
        try:
            while True:
                message = self._accepted(await self._next_frame())
                self.last_heard = asyncio.get_running_loop().time()
                if isinstance(message, Heartbeat):
                    self.memory_bytes = message.memory_bytes
                await self._deliver(Heard(self.fence, message))
        except (asyncio.IncompleteReadError, OSError):
            await self._deliver(Hung(self.fence, ""))
        except _Refused as refused:
            _log.warning("worker %d of execution %s is cut off: %s", self.fence.worker, self.fence.execution, refused)
            await self._deliver(Hung(self.fence, str(refused)))

    async def _next_frame(self) -> bytes:
        (length,) = FRAME_HEADER.unpack(await self._reader.readexactly(FRAME_HEADER.size))
        if length > MAXIMUM_FRAME:
            raise _Refused(f"it sent a frame of {length} bytes")
        return await self._reader.readexactly(length)

    def _accepted(self, body: bytes) -> WorkerMessage:
        try:
            message = decode_worker_message(body)
        except msgspec.DecodeError as error:
            raise _Refused(f"it sent something that is no message: {error}") from error
        speaker = Fence(message.execution, message.attempt, message.epoch, message.worker)
        if speaker != self.fence:
            raise _Refused(f"it speaks as {speaker}, which it is not")
        return message


class _Refused(Exception):
    """The worker broke the rules of the conversation."""
