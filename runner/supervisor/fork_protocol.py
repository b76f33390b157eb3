"""What the daemon and its fork server say to each other: frames of a 4-byte length and one msgpack message.

The socket of a worker travels with the :class:`ForkRequest` it belongs to, as SCM_RIGHTS.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

HEADER = struct.Struct(">I")
MAXIMUM_FRAME = 64 * 1024


class Beginning(msgspec.Struct, frozen=True):
    """The first that a fork server hears that was forked early and waits for a home, by itself and in JSON: where that is, its
    environment, and where its output goes."""

    home: str
    log: str
    environment: dict[str, str]


class ForkRequest(msgspec.Struct, frozen=True, tag=True):
    """Fork a worker that talks over the socket that comes with this. ``errors_file`` takes its stdout and stderr."""

    request: int
    errors_file: str


class Hello(msgspec.Struct, frozen=True, tag=True):
    """Everything is imported; requests are welcome. ``sink_limits``: how many workers may write to a sink at once, by plugin
    name, for those that care (the daemon itself never imports a connector)."""

    pid: int
    sink_limits: dict[str, int]


class Forked(msgspec.Struct, frozen=True, tag=True):
    """The answer to a request: the worker runs."""

    request: int
    pid: int


class ForkFailed(msgspec.Struct, frozen=True, tag=True):
    """The answer to a request: the system did not allow it."""

    request: int
    message: str


class WorkerEnded(msgspec.Struct, frozen=True, tag=True):
    """A worker is gone. ``exit_code`` is minus the signal's number when one killed it."""

    pid: int
    exit_code: int


ZygoteMessage: TypeAlias = Hello | Forked | ForkFailed | WorkerEnded

_encoder = msgspec.msgpack.Encoder()
_request_decoder: msgspec.msgpack.Decoder[ForkRequest] = msgspec.msgpack.Decoder(ForkRequest)
_message_decoder: msgspec.msgpack.Decoder[ZygoteMessage] = msgspec.msgpack.Decoder(ZygoteMessage)


def encode(message: ForkRequest | ZygoteMessage) -> bytes:
    """The message with its length in front. Raises ``ValueError`` when it is longer than a frame may be."""
    body = _encoder.encode(message)
    if len(body) > MAXIMUM_FRAME:
        raise ValueError(f"a message of {len(body)} bytes is too long for the fork server")
    return HEADER.pack(len(body)) + body


def decode_request(body: bytes) -> ForkRequest:
    """What the fork server received."""
    return _request_decoder.decode(body)


def decode_message(body: bytes) -> ZygoteMessage:
    """What the daemon received."""
    return _message_decoder.decode(body)


class FrameReader:
    """Cuts a stream of bytes into the bodies of its frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are complete now. Raises ``ValueError`` for a frame that is too long."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer)
            if length > MAXIMUM_FRAME:
                raise ValueError(f"a frame of {length} bytes")
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            yield body
