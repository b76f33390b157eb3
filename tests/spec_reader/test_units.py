"""Durations and sizes with units, as HOCON has them."""

from __future__ import annotations

import pytest

from spec.check import check_text
from spec.diagnostic import Severity
from spec.document import ReadOptions
from spec.units import counted, duration, size

SECOND = 10**9


@pytest.mark.parametrize(
    "text",
    """
    1s|1 s|1second|1 seconds|   1    s   |1000|1000ms|1000 ms|1000  milliseconds |1000millisecond|1000milli|1000 millis
    |1000000us|1000000 micros|1000000micro|1000000 microseconds|1000000microsecond|1000000000ns|1000000000 nanoseconds
    |1000000000nano|0.01666666666666666666666m|0.01666666666666666666666 minutes|0.00027777777777777777777h
    |0.00027777777777777777777hour|1.1574074074074073e-05d|1.1574074074074073e-05  days|+1s|1.s|1e0 s
    """.strip()
    .replace("\n    ", "")
    .split("|"),
)
def test_a_second_in_every_unit(text: str) -> None:
    """A number without a unit counts milliseconds."""
    assert duration(text) == SECOND


@pytest.mark.parametrize(
    ("text", "nanoseconds"), [("1d", 86400 * SECOND), ("-2 m", -120 * SECOND), ("1.5us", 1500), ("0.5ns", 0), ("0", 0)]
)
def test_other_durations(text: str, nanoseconds: int) -> None:
    """Days, below zero, fractions."""
    assert duration(text) == nanoseconds


@pytest.mark.parametrize(
    "text", ["", " ", "s", "100 dollars", "1 00 seconds", "1S", "1 Second", "1s2", "--1s", "1e999s", "1.2.3s", "²s", "9" * 200]
)
def test_what_is_no_duration(text: str) -> None:
    """Unknown words, two numbers, too much."""
    assert duration(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "1048576",
        "1048576b",
        "1048576bytes",
        "1048576 byte",
        "   1048576  b  ",
        "1048576B",
        "1024k",
        "1024K",
        "1024Ki",
        "1024KiB",
        "1024 kibibytes",
        "1m",
        "1M",
        "1 M",
        "1Mi",
        "1MiB",
        "1 mebibytes",
        "1mebibyte",
        "0.0009765625g",
        "0.0009765625G",
        "0.0009765625Gi",
        "0.0009765625GiB",
        "0.0009765625 gibibyte",
    ],
)
def test_two_to_the_twentieth(text: str) -> None:
    """A letter alone is a power of two, as memory is counted."""
    assert size(text) == 1 << 20


@pytest.mark.parametrize(
    "text",
    [
        "1000000",
        "1000kB",
        "1000 kilobytes",
        "1MB",
        "1 megabyte",
        "1megabytes",
        ".001GB",
        ".001 gigabytes",
        ".001gigabyte",
    ],
)
def test_a_million(text: str) -> None:
    """A letter before B is a power of ten, as disks are counted."""
    assert size(text) == 10**6


@pytest.mark.parametrize(
    ("power", "letter", "decimal", "binary"), [(4, "T", "tera", "tebi"), (5, "P", "peta", "pebi"), (8, "Y", "yotta", "yobi")]
)
def test_large_sizes_are_exact(power: int, letter: str, decimal: str, binary: str) -> None:
    """Up to yottabytes, far beyond 64 bits."""
    assert [size(f"1{letter}{end}") for end in ("", "i", "iB", "B")] == [1024**power] * 3 + [1000**power]
    assert (size(f"1 {decimal}bytes"), size(f"1 {binary}bytes")) == (1000**power, 1024**power)
    assert size(f"{2**63 - 1} bytes") == 2**63 - 1


@pytest.mark.parametrize("text", ["", "B", "1 dollars", "1 00 bytes", "1kb", "1mb", "1KB", "1mib", "1s"])
def test_what_is_no_size(text: str) -> None:
    """Units are told by their case."""
    assert size(text) is None


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("30s", "milliseconds", 30_000),
        ("1.5 minutes", "seconds", 90),
        ("2h", "minutes", 120),
        ("1d", "days", 1),
        ("64MiB", "bytes", 64 << 20),
        ("100us", "milliseconds", None),
        ("500ms", "seconds", None),
        ("30", "milliseconds", None),
        ("30 apples", "milliseconds", None),
        ("30s", "bytes", None),
        ("30s", "rows", None),
    ],
)
def test_an_option_counts_in_its_own_unit(text: str, unit: str, expected: int | None) -> None:
    """Whole numbers of it only; a plain number is not for this room to read."""
    assert counted(text, unit) == expected


ENV = (
    "env {{ job.mode = BATCH, checkpoint.interval = {} }}\n"
    "source {{ FakeSource {{ schema {{ fields {{ id = int }} }} }} }}\nsink {{ Console {{ }} }}\n"
)


@pytest.mark.parametrize("written", ["30000", "30s", '"30 s"', "0.5m", "${wait}\nwait = 30 seconds"])
def test_an_option_takes_a_duration_where_it_counts_time(written: str) -> None:
    """In the unit of its schema; SeaTunnel's plain numbers mean what they always meant."""
    text = ENV.format(written) if "\n" not in written else ENV.format("${wait}") + "wait = 30 seconds\n"
    result = check_text(text, "job.conf", ReadOptions())
    assert result.job is not None
    assert result.job.env.checkpoint.interval == 30.0


@pytest.mark.parametrize(
    ("written", "engine", "code"), [("30s", "seatunnel", "E803"), ("30 apples", "local", "J203"), ("1us", "local", "J203")]
)
def test_a_unit_that_does_not_fit_is_refused(written: str, engine: str, code: str) -> None:
    """By the engine that takes numbers only, and where the word is no unit or the option cannot count so little."""
    found = check_text(ENV.format(written), "job.conf", ReadOptions(), engine).diagnostics
    assert [diagnostic.code for diagnostic in found if diagnostic.severity is Severity.ERROR] == [code]
