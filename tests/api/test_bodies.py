"""JSON that two readers could understand differently, or that has no end, is refused before anything reads it."""

import pytest

from runner.api.bodies import MAXIMUM_DEPTH, MalformedBody, check_json


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"x": [{"a": 1, "\\u0061": 2}]}',
        b"NaN",
        b'{"a": Infinity}',
        b"[-Infinity]",
        b"1e999",
        b'"\xff"',
        b'"\\ud800',
        b"{'a': 1}",
        b"[1,]",
        b"[1] [2]",
        b"\xef\xbb\xbf{}",
        b"",
        b"9" * 10_000,
    ],
)
def test_ambiguous_json_is_refused(body):
    """A name twice, numbers that are none, broken text, a byte order mark: refused, never guessed."""
    with pytest.raises(MalformedBody):
        check_json(body)


def test_nesting_has_an_end():
    """Objects and lists count alike; brackets inside a text do not."""
    check_json(b"[" * MAXIMUM_DEPTH + b"]" * MAXIMUM_DEPTH)
    check_json(b'["' + b"[" * 1000 + b'\\"{{{"]')
    with pytest.raises(MalformedBody, match="nested"):
        check_json(b'{"a":[' * MAXIMUM_DEPTH + b"]}" * MAXIMUM_DEPTH)
    with pytest.raises(MalformedBody, match="nested"):
        check_json(b"[" * 2_000_000)


@pytest.mark.parametrize("body", [b'"\\' * 500_000, b'"' + b'\\"' * 500_000 + b"\\", b'"a' * 500_001])
def test_unfinished_texts_take_no_longer_than_others(body):
    """Quotation marks without end are refused in one pass: quadratic work would run into the test's timeout."""
    with pytest.raises(MalformedBody):
        check_json(body)
