"""What a worker and its libraries print: while a job has secrets, it goes through a pipe in which they are masked.

That holds for everything written to descriptors 1 and 2, by whatever language. What is in the pipe at the instant at which the
process is killed or crashes is lost; the trace of a crash, which has no values, goes to the file directly.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from typing import Final

from spec.redaction import Redaction

_CHUNK: Final = 64 * 1024
_LONGEST_LINE: Final = 256 * 1024
_PATIENCE: Final = 2.0
_PRINTED: Final = (1, 2)


@contextlib.contextmanager
def masked_output(secrets: Sequence[str]) -> Iterator[None]:
    """Inside, and for ever after, nothing with one of ``secrets`` in it is printed. An exception that leaves is printed first.
    Without secrets nothing is different."""
    if not secrets:
        yield
        return
    output = _MaskedOutput(secrets)
    try:
        yield
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        output.close()


class _MaskedOutput:
    def __init__(self, secrets: Sequence[str]) -> None:
        self._redaction = Redaction(secrets)
        _flush()
        self._file = os.dup(_PRINTED[-1])
        faulthandler.enable(self._file)
        self._reader, writer = os.pipe2(os.O_CLOEXEC)
        for descriptor in _PRINTED:
            os.dup2(writer, descriptor)
        os.close(writer)
        self._thread = threading.Thread(target=self._pass_on, name="printed", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what was printed so far. Whoever prints later, a thread that is left behind, prints nothing."""
        _flush()
        nothing = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        for descriptor in _PRINTED:
            os.dup2(nothing, descriptor)
        os.close(nothing)
        self._thread.join(_PATIENCE)  # a program that the job has started may hold the pipe open

    def _pass_on(self) -> None:
        held = b""
        while piece := os.read(self._reader, _CHUNK):
            whole, end, rest = (held + piece).rpartition(b"\n")
            self._write(whole + end)
            held = rest
            if len(held) > _LONGEST_LINE:
                self._write(b"(a line that is too long was left out)\n")
                held = b""
        self._write(held)

    def _write(self, lines: bytes) -> None:
        masked = self._redaction.text(lines.decode(errors="surrogateescape")).encode(errors="surrogateescape")
        with contextlib.suppress(OSError):  # a full disk costs what was printed, nothing else
            while masked:
                masked = masked[os.write(self._file, masked) :]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
