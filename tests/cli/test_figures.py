"""Numbers as people read them."""

import pytest

from tui.cli import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0"), (7, "7"), (7.25, "7.2"), (999, "999"), (1000, "1k"), (1234, "1.23k"), (999_999, "1M"),
     (12_345_678, "12.3M"), (123_456_789, "123M"), (5e9, "5G"), (2e15, "2000T")],
)  # fmt: skip
def test_count(value, text):
    """Three significant digits and a scale; unknown is a dash, zero is zero."""
    assert figures.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0 B"), (512, "512 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (10 * 1024**2, "10 MiB"),
     (123 * 1024**2, "123 MiB"), (3 * 1024**4, "3 TiB")],
)  # fmt: skip
def test_size(value, text):
    """Bytes in powers of 1024."""
    assert figures.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0ms"), (0.034, "34ms"), (0.9999, "1.0s"), (3.21, "3.2s"), (59.96, "1m00s"), (83, "1m23s"),
     (3599.7, "1h00m"), (7325, "2h02m"), (90_061, "1d1h"), (-5, "0ms")],
)  # fmt: skip
def test_duration(value, text):
    """Two units at most; a clock that went backwards is zero."""
    assert figures.duration(value) == text


def test_exact_and_rate():
    """Exact counts have separators; rates a unit."""
    assert figures.exact(1_234_567) == "1,234,567"
    assert figures.exact(None) == "-"
    assert figures.rate(None) == "-"
    assert figures.rate(2000) == "2k/s"
