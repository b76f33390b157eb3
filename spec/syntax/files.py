"""Read a text file of bounded size, or say why not."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

from spec.syntax.codes import SyntaxCode

FILE_LIMIT: Final = 8 * 1024 * 1024
_MEBIBYTE: Final = 1024 * 1024


class FileProblem(NamedTuple):
    """Why a file is not a readable text."""

    code: SyntaxCode
    message: str
    note: str = ""


def read_text_file(path: Path, *, beneath: Path | None = None) -> str | FileProblem:
    """The text of a UTF-8 file of at most :data:`FILE_LIMIT` bytes, without its byte order mark.

    With ``beneath`` it lies in that directory, as it is when it is opened, whatever links are there by then. Waits for
    nothing: named pipes, devices and directories are refused, not opened for good.
    """
    try:
        data = _read_bytes(path, beneath)
    except FileNotFoundError:
        return FileProblem(SyntaxCode.FILE_MISSING, "no such file")
    except IsADirectoryError:
        return FileProblem(SyntaxCode.NOT_A_FILE, "this is a directory, not a file")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return FileProblem(SyntaxCode.UNREADABLE, f"cannot read the file: {reason}")
    return data if isinstance(data, FileProblem) else decode_text(data)


def _read_bytes(path: Path, beneath: Path | None) -> bytes | FileProblem:
    # O_NONBLOCK: opening a named pipe would otherwise wait for its writer, forever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        if beneath is not None and not opened_path(descriptor, path).is_relative_to(_place_of(beneath)):
            return FileProblem(SyntaxCode.UNREADABLE, f"it is not below {beneath} any more")
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            return FileProblem(SyntaxCode.NOT_A_FILE, "this is a directory, not a file")
        if not stat.S_ISREG(status.st_mode):
            return FileProblem(SyntaxCode.NOT_A_FILE, "this is not a regular file")
        data = file.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        return FileProblem(SyntaxCode.TOO_LARGE, f"the file is larger than {FILE_LIMIT // _MEBIBYTE} MiB")
    return data


def opened_path(descriptor: int, path: Path) -> Path:
    """Where the file that was opened as ``path`` lies, whatever links there are by now. Where the system does not tell, where
    they lead now."""
    try:
        return Path(f"/proc/self/fd/{descriptor}").readlink()
    except OSError:
        return Path(os.path.realpath(path))


def _place_of(directory: Path) -> Path:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return opened_path(descriptor, directory)
    finally:
        os.close(descriptor)


def decode_text(data: bytes) -> str | FileProblem:
    """``data`` as text; a UTF-8 byte order mark is dropped."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return FileProblem(SyntaxCode.NOT_UTF8, "the file is encoded in UTF-16", "save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in data:
            return binary_problem(data.index(0))
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8-sig")) + 1
        message = f"byte {data[error.start]:#04x} on line {line}, column {column}, is not UTF-8"
        return FileProblem(SyntaxCode.NOT_UTF8, message, "save the file as UTF-8")
    return binary_problem(text.index("\0")) if "\0" in text else text


def binary_problem(offset: int) -> FileProblem:
    """The complaint about text with a NUL character."""
    return FileProblem(SyntaxCode.BINARY, f"this is a binary file: it holds a zero byte at offset {offset}")
