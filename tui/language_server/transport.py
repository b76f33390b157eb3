"""Messages over standard input and output: bounded in size, and with the exit code that the protocol asks for."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from collections.abc import Awaitable
from typing import BinaryIO, Final

from pygls.io_ import StdoutWriter, run_async

from tui.language_server.server import FlowdeckLanguageServer

MAXIMUM_MESSAGE: Final = 64 * 1024 * 1024
MAXIMUM_HEADER: Final = 4096
_CHUNK: Final = 1 << 20
EXIT_LOST: Final = 1  # the editor went without a `shutdown`


class BoundedReader:
    """Reads messages in a thread, so that the event loop goes on. A message that is too large is passed over."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readline(self) -> Awaitable[bytes]:
        """One line of a header; a longer one comes in pieces, which are no header."""
        return asyncio.get_running_loop().run_in_executor(None, self._stream.readline, MAXIMUM_HEADER)

    def readexactly(self, n: int) -> Awaitable[bytes]:
        """The body of a message."""
        return asyncio.get_running_loop().run_in_executor(None, self._read, n)

    def _read(self, size: int) -> bytes:
        if size <= MAXIMUM_MESSAGE:
            return self._stream.read(size)
        while size > 0 and (piece := self._stream.read(min(size, _CHUNK))):
            size -= len(piece)
        return b"the message was too large"  # is no JSON: the complaint about it reaches the editor's log


def serve_stdio(server: FlowdeckLanguageServer) -> int:
    """Serve one editor until it goes, and return the exit code."""
    # What prints by mistake must not end up between the messages.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server.protocol.set_writer(StdoutWriter(output))
    # What start-up made stays: looking through it for garbage again and again would slow every check down.
    gc.collect()
    gc.freeze()
    try:
        asyncio.run(
            run_async(
                stop_event=threading.Event(),
                reader=BoundedReader(sys.stdin.buffer),
                protocol=server.protocol,
                error_handler=server.report_server_error,
            )
        )
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_LOST
    except (BrokenPipeError, KeyboardInterrupt):
        return EXIT_LOST
    finally:
        server.shutdown()
    return EXIT_LOST
