"""The texts of open documents: positions in every encoding, incremental changes, and bounds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from tui.language_server import documents as rooms
from tui.language_server.documents import MAXIMUM_CHARACTERS, Documents
from tui.language_server.lines import Lines

TEXT = "plain\nä€😀b\r\n\rlast\x0cline\u2028end"
TEXTS = st.text(alphabet=st.sampled_from('ab \n\r"{äß€😀\u2028\x0c\x85'), max_size=40)


def unit_length(text, encoding):
    """The length of ``text`` in code units."""
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    return len(text.encode(f"{encoding}-le" if size > 1 else encoding)) // size


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_every_offset_there_and_back(encoding):
    """A position is the line by the protocol's line ends, and the code units in it; it leads back to its offset."""
    lines = Lines(TEXT, encoding)
    for offset in range(len(TEXT) + 1):
        position = lines.position(offset)
        before = TEXT[:offset].replace("\r\n", "\n\n").replace("\r", "\n")
        start = before.rfind("\n") + 1
        if TEXT[:offset].endswith("\r") and TEXT[offset:].startswith("\n"):
            continue  # inside of a line end there is no position
        assert position.character == unit_length(TEXT[start:offset], encoding)
        assert lines.offset(position) == offset


def test_line_ends_are_those_of_the_protocol():
    """Form feeds and Unicode's line separators do not end lines, whatever Python thinks."""
    assert Lines(TEXT).position(len(TEXT)).line == 3
    assert [Lines(text).position(3).line for text in ("a\nb", "a\rb", "a\r\nb", "a\x0cb", "a\x85b", "a\u2028b")] == [
        1,
        1,
        1,
        0,
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("line", "character", "expected"),
    [(0, 99, 5), (1, 1, 7), (1, 2, 8), (1, 3, 8), (1, 4, 9), (1, 99, 10), (9, 0, len(TEXT))],
)
def test_positions_outside(line, character, expected):
    """Past its end a line ends; inside of a surrogate pair the character counts from its start; past the text is its end."""
    assert Lines(TEXT).offset(types.Position(line, character)) == expected


def opened(text, encoding="utf-16"):
    """Documents with one that has ``text``."""
    found = Documents()
    found.encoding = encoding
    found.open(types.TextDocumentItem(uri="file:///a.conf", language_id="hocon", version=1, text=text))
    return found


def change(text, *, start=None, end=None):
    """One change of the protocol, of a range or of all."""
    if start is None:
        return types.TextDocumentContentChangeWholeDocument(text=text)
    return types.TextDocumentContentChangePartial(range=types.Range(types.Position(*start), types.Position(*end)), text=text)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(0, 40), st.integers(0, 40), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_a_change_of_a_range(text, new, one, other, encoding):
    """Replacing a range is what it is in the plain text, in every encoding."""
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    lines = Lines(text, encoding)
    first, last = lines.position(start), lines.position(end)
    start, end = lines.offset(first), lines.offset(last)
    found = opened(text, encoding)
    edit = change(new, start=(first.line, first.character), end=(last.line, last.character))
    found.change("file:///a.conf", 2, [edit])
    document = found.get("file:///a.conf")
    assert document is not None
    assert document.text == text[:start] + new + text[end:]
    assert document.version == 2


def test_changes_one_after_the_other():
    """Several changes of one message build on each other; the last ones may replace all."""
    found = opened("ab\n")
    found.change("file:///a.conf", 2, [change("x", start=(0, 0), end=(0, 1)), change("y\n", start=(1, 0), end=(1, 0))])
    assert found.get("file:///a.conf").text == "xb\ny\n"
    found.change("file:///a.conf", 3, [change("new"), change("er", start=(0, 3), end=(0, 3))])
    assert found.get("file:///a.conf").text == "newer"


def test_a_range_backwards_and_an_unknown_document():
    """What makes no sense does no harm."""
    found = opened("abc")
    found.change("file:///a.conf", 2, [change("x", start=(0, 2), end=(0, 1))])
    assert found.get("file:///a.conf").text == "abxc"
    found.change("file:///other.conf", 2, [change("x")])
    assert found.get("file:///other.conf") is None


def test_too_large():
    """A document that is too large is not kept, also when it becomes so; it comes back when it is sent whole and small."""
    found = opened("x" * (MAXIMUM_CHARACTERS + 1))
    assert found.get("file:///a.conf").text == ""
    assert "flowdeck check" in found.get("file:///a.conf").refused
    found.change("file:///a.conf", 2, [change("y", start=(0, 0), end=(0, 0))])
    assert found.get("file:///a.conf").refused
    found.change("file:///a.conf", 3, [change("small")])
    assert (found.get("file:///a.conf").text, found.get("file:///a.conf").refused) == ("small", "")
    found.change("file:///a.conf", 4, [change("z" * MAXIMUM_CHARACTERS, start=(0, 0), end=(0, 0))])
    assert found.get("file:///a.conf").refused


def test_too_many(monkeypatch):
    """Of too many open documents the last are refused, with a reason; many more are not even remembered."""
    monkeypatch.setattr(rooms, "MAXIMUM_DOCUMENTS", 2)
    found = Documents()
    for number in range(6):
        found.open(types.TextDocumentItem(uri=f"file:///{number}.conf", language_id="hocon", version=1, text="x"))
    kept = [found.get(f"file:///{number}.conf") for number in range(6)]
    assert [document and bool(document.refused) for document in kept] == [False, False, True, True, None, None]
    found.close("file:///0.conf")
    assert found.get("file:///0.conf") is None
