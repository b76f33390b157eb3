"""Reading files: whatever the file system or the bytes hold, the answer is a Document."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spec.diagnostic import Severity
from spec.document import Dialect, Document, ReadOptions, read_file, read_text
from spec.value import to_plain


def read_bytes(directory: Path, content: bytes, name: str = "job.conf") -> Document:
    """A file with this content, read."""
    path = directory / name
    path.write_bytes(content)
    return read_file(path, ReadOptions())


def only_code(document: Document) -> str:
    """The code of the only diagnostic, an error that leaves no root."""
    assert document.root is None
    (found,) = document.diagnostics
    assert found.severity is Severity.ERROR
    assert found.file == document.source.name
    return found.code


def test_a_missing_file_is_a_diagnostic(tmp_path: Path) -> None:
    """S001, without a position."""
    document = read_file(tmp_path / "no.conf", ReadOptions())
    assert only_code(document) == "S001"
    assert document.diagnostics[0].primary is None
    assert document.source.name == str(tmp_path / "no.conf")


def test_a_directory_is_a_diagnostic(tmp_path: Path) -> None:
    """S002."""
    assert only_code(read_file(tmp_path, ReadOptions())) == "S002"


def test_a_named_pipe_is_a_diagnostic_and_does_not_wait(tmp_path: Path) -> None:
    """S002."""
    os.mkfifo(tmp_path / "pipe")
    assert only_code(read_file(tmp_path / "pipe", ReadOptions())) == "S002"


def test_a_device_is_a_diagnostic() -> None:
    """S002: /dev/zero would never end."""
    assert only_code(read_file(Path("/dev/zero"), ReadOptions())) == "S002"


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000], ids=["zero", "long"])
def test_an_impossible_path_is_a_diagnostic(name: str) -> None:
    """S003."""
    assert only_code(read_file(Path(name), ReadOptions())) == "S003"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_a_diagnostic(tmp_path: Path) -> None:
    """S003."""
    path = tmp_path / "job.conf"
    path.write_text("a = 1", encoding="utf-8")
    path.chmod(0)
    assert only_code(read_file(path, ReadOptions())) == "S003"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "S007"),
        (b" \r\n\t", "S007"),
        (b"\xef\xbb\xbf", "S007"),
        (b"a = \0", "S005"),
        (b"\x7fELF\0\0\xff", "S005"),
        (b"a = 1\nb = \xe9\n", "S006"),
        ("a = 1".encode("utf-16"), "S006"),
        (b"#" * (8 * 1024 * 1024 + 1), "S004"),
    ],
    ids=["empty", "blank", "mark", "zero", "elf", "latin", "utf-16", "large"],
)
def test_content_that_is_no_text_is_a_diagnostic(tmp_path: Path, content: bytes, code: str) -> None:
    """Empty, binary, not UTF-8, too large."""
    assert only_code(read_bytes(tmp_path, content)) == code


def test_wrong_encoding_names_the_line(tmp_path: Path) -> None:
    """The byte and its line are in the message."""
    (found,) = read_bytes(tmp_path, b"a = 1\nb = \xe9\n").diagnostics
    assert "0xe9" in found.message
    assert "line 2" in found.message


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    """Positions count from the first real character."""
    document = read_bytes(tmp_path, b"\xef\xbb\xbfa = 1")
    assert document.diagnostics == ()
    assert document.root is not None
    assert to_plain(document.root) == {"a": 1}
    assert document.source.text == "a = 1"


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    """The limit itself is allowed."""
    content = b"a = 1\n#" + b"x" * (8 * 1024 * 1024 - 7)
    document = read_bytes(tmp_path, content)
    assert document.diagnostics == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "S007"), ("a\0", "S005"), ("#" * (8 * 1024 * 1024 + 1), "S004")],
    ids=["empty", "zero", "large"],
)
def test_text_is_bound_by_the_same_rules(text: str, code: str) -> None:
    """`read_text` for standard input and the API."""
    assert only_code(read_text(text, "<stdin>", ReadOptions())) == code


def test_an_empty_hocon_document_is_an_empty_object() -> None:
    """That is HOCON's rule; a job file or JSON must hold something."""
    document = read_text("", "x.conf", ReadOptions(dialect=Dialect.HOCON))
    assert document.diagnostics == ()
    assert document.root is not None
    assert to_plain(document.root) == {}


def test_the_dialect_is_told_by_the_name(tmp_path: Path) -> None:
    """Also for files that could not be read."""
    assert read_bytes(tmp_path, b"{}", "a.json").dialect is Dialect.JSON
    assert read_bytes(tmp_path, b"a = 1", "a.hocon").dialect is Dialect.SEATUNNEL
    assert read_file(tmp_path / "no.json", ReadOptions()).dialect is Dialect.JSON
