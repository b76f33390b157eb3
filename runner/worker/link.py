"""The worker's end of the socketpair: frames in, frames out."""

from __future__ import annotations

import socket
import threading

from runner.protocol import (
    FRAME_HEADER,
    MAXIMUM_FRAME,
    SupervisorMessage,
    WorkerMessage,
    decode_supervisor_message,
    encode_frame,
)
from spec.errors import FlowdeckError


class LinkError(FlowdeckError):
    """The other side does not speak the protocol."""

    code = "protocol"


class LinkClosed(Exception):
    """The supervisor is gone, or this worker is to end."""


class Link:
    """``receive`` belongs to one thread; ``send`` may be called from any."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._sending = threading.Lock()

    def receive(self) -> SupervisorMessage:
        """The next message. Raises LinkClosed at the end of the stream, LinkError for what is no message."""
        (length,) = FRAME_HEADER.unpack(self._read(FRAME_HEADER.size))
        if length > MAXIMUM_FRAME:
            raise LinkError(f"a frame of {length} bytes is too long")
        return decode_supervisor_message(bytes(self._read(length)))

    def send(self, message: WorkerMessage) -> None:
        """Send a message whole. Raises LinkClosed when nobody listens any more."""
        frame = encode_frame(message)
        try:
            with self._sending:
                self._socket.sendall(frame)
        except OSError as error:
            raise LinkClosed from error

    def wake(self) -> None:
        """Make ``receive`` raise LinkClosed at once; sending still works."""
        try:
            self._socket.shutdown(socket.SHUT_RD)
        except OSError:
            return  # already disconnected: receive has noticed or is about to

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            try:
                count = self._socket.recv_into(view)
            except OSError as error:
                raise LinkClosed from error
            if count == 0:
                raise LinkClosed
            view = view[count:]
        return data
