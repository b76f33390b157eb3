"""Messages are bounded: what is too large is passed over, and the message behind it is read."""

import io
import json

import pytest

from tui.language_server import transport
from tui.language_server.transport import BoundedReader


async def test_a_message_that_is_too_large(monkeypatch):
    """Its place is taken by something that is no JSON, which is complained about; nothing of its size is ever allocated."""
    monkeypatch.setattr(transport, "MAXIMUM_MESSAGE", 10)
    reader = BoundedReader(io.BytesIO(b"x" * 100 + b"Content-Length: 2\r\n"))
    with pytest.raises(json.JSONDecodeError):
        json.loads(await reader.readexactly(100))
    assert await reader.readline() == b"Content-Length: 2\r\n"


async def test_a_message_that_promises_more_than_there_is():
    """A length that no memory could hold ends with the stream."""
    reader = BoundedReader(io.BytesIO(b"x" * 100))
    assert await reader.readexactly(10**15) != b"x" * 100
    assert await reader.readline() == b""


async def test_a_header_without_an_end(monkeypatch):
    """It comes in pieces."""
    monkeypatch.setattr(transport, "MAXIMUM_HEADER", 10)
    reader = BoundedReader(io.BytesIO(b"y" * 25))
    assert [len(await reader.readline()) for _ in range(4)] == [10, 10, 5, 0]
