"""Column makers of scalar types: each makes any range of its rows, whatever was made before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runner.connectors.fake.random_words import RandomWords, Words, below, remainder, unit_interval
from runner.dataset import arrays
from runner.dataset.arrays import Column

_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
_CHARACTERS_PER_WORD = 8
_DAY_MICROSECONDS = 86_400_000_000
_DECIMAL_LIMB_DIGITS = 18
_SIXTEEN_BITS = (1 << 16) - 1


def _letter_pairs() -> npt.NDArray[np.uint16]:
    """For each 16-bit number two letters, so that one lookup makes two characters."""
    numbers = np.arange(1 << 16, dtype=np.uint32)
    pairs = np.empty((1 << 16, 2), dtype=np.uint8)
    pairs[:, 0] = _LETTERS[numbers % 52]
    pairs[:, 1] = _LETTERS[(numbers // 52) % 52]
    return pairs.view(np.uint16)[:, 0]


_LETTER_PAIRS = _letter_pairs()


class Maker(ABC):
    """Makes the values of one column. ``row_bytes`` estimates what a row takes."""

    row_bytes: int = 8

    @abstractmethod
    def make(self, start: int, count: int) -> Column:
        """The values of rows ``[start, start + count)``."""


class ConstantMaker(Maker):
    """The same value in every row (a column's declared default, or null)."""

    def __init__(self, value: Any, data_type: pa.DataType) -> None:
        self._value = value
        self._type = data_type
        self.row_bytes = max(8, len(str(value)))

    def make(self, start: int, count: int) -> Column:  # noqa: ARG002 - the same everywhere
        """``count`` times the value."""
        return arrays.repeated(self._value, self._type, count)


class NullMaker(Maker):
    """Nulls, for a column that nobody looks at."""

    def __init__(self, data_type: pa.DataType) -> None:
        self._type = data_type

    def make(self, start: int, count: int) -> Column:  # noqa: ARG002 - the same everywhere
        """``count`` nulls."""
        return arrays.nulls(self._type, count)


class TemplateMaker(Maker):
    """One of the given values, by chance."""

    def __init__(self, words: RandomWords, values: Sequence[Any], data_type: pa.DataType) -> None:
        self._words = words
        self._values = arrays.of(list(values), data_type)
        self.row_bytes = max(8, self._values.nbytes // len(values))

    def make(self, start: int, count: int) -> Column:
        """Chosen values."""
        indices = below(self._words.column(start, count), len(self._values))
        return arrays.chosen(self._values, indices.astype(np.int32))


class IntegerMaker(Maker):
    """Integers in [low, high)."""

    def __init__(self, words: RandomWords, low: int, high: int, data_type: pa.DataType) -> None:
        self._words = words
        self._low = low
        self._span = max(1, high - low)
        self._type = data_type

    def make(self, start: int, count: int) -> Column:
        """Uniform integers."""
        values = below(self._words.column(start, count), self._span).astype(np.int64) + self._low
        return arrays.from_numpy(values.astype(self._type.to_pandas_dtype(), copy=False), self._type)


class FloatMaker(Maker):
    """Numbers in [low, high)."""

    def __init__(self, words: RandomWords, low: float, high: float, data_type: pa.DataType) -> None:
        self._words = words
        self._low = low
        self._span = high - low
        self._type = data_type

    def make(self, start: int, count: int) -> Column:
        """Uniform numbers."""
        values = unit_interval(self._words.column(start, count)) * self._span + self._low
        return arrays.from_numpy(values.astype(self._type.to_pandas_dtype(), copy=False), self._type)


class BooleanMaker(Maker):
    """True or false."""

    row_bytes = 1

    def __init__(self, words: RandomWords) -> None:
        self._words = words

    def make(self, start: int, count: int) -> Column:
        """Coin flips."""
        return arrays.from_numpy((self._words.column(start, count) & np.uint64(1)).astype(np.bool_), pa.bool_())


class LettersMaker(Maker):
    """Strings (or bytes) of a fixed number of ASCII letters."""

    def __init__(self, seed: int, name: str, length: int, data_type: pa.DataType) -> None:
        self._words = RandomWords(seed, name, per_row=-(-length // _CHARACTERS_PER_WORD))
        self._length = length
        self._type = data_type
        self.row_bytes = length + 4

    def make(self, start: int, count: int) -> Column:
        """Random letters."""
        pairs = _LETTER_PAIRS[self._words.rows(start, count).view(np.uint16)]
        return arrays.fixed_strings(pairs.view(np.uint8)[:, : self._length], self._type)


class BytesMaker(Maker):
    """Random bytes of a fixed length (vectors of bits or half floats)."""

    def __init__(self, seed: int, name: str, length: int) -> None:
        self._words = RandomWords(seed, name, per_row=-(-length // 8))
        self._length = length
        self.row_bytes = length + 4

    def make(self, start: int, count: int) -> Column:
        """Random bytes."""
        return arrays.fixed_strings(self._words.rows(start, count).view(np.uint8)[:, : self._length], pa.binary())


class DecimalMaker(Maker):
    """Non-negative decimals with random digits (36 at most; further leading digits are zero)."""

    row_bytes = 16

    def __init__(self, seed: int, name: str, data_type: pa.DataType, precision: int) -> None:
        self._words = RandomWords(seed, name, per_row=2)
        self._type = data_type
        self._precision = precision

    def make(self, start: int, count: int) -> Column:
        """Random digits."""
        words = self._words.rows(start, count)
        precision = self._precision
        low = below(words[:, 0], 10 ** min(precision, _DECIMAL_LIMB_DIGITS))
        limbs = np.empty((count, 2), dtype=np.uint64)
        if precision <= _DECIMAL_LIMB_DIGITS:
            limbs[:, 0], limbs[:, 1] = low, 0
        else:
            high = below(words[:, 1], 10 ** min(precision - _DECIMAL_LIMB_DIGITS, _DECIMAL_LIMB_DIGITS))
            limbs[:, 0], limbs[:, 1] = _times_and_plus(high, 10**_DECIMAL_LIMB_DIGITS, low)
        return arrays.decimals(limbs, self._type)


def _times_and_plus(factor: Words, constant: int, addend: Words) -> tuple[Words, Words]:
    """``factor * constant + addend`` as 128 bits: (low, high)."""
    mask, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    f0, f1 = factor & mask, factor >> half
    c0, c1 = np.uint64(constant & 0xFFFFFFFF), np.uint64(constant >> 32)
    p00, p01, p10, p11 = f0 * c0, f0 * c1, f1 * c0, f1 * c1
    middle = (p00 >> half) + (p01 & mask) + (p10 & mask)
    low = (p00 & mask) | (middle << half)
    high = p11 + (p01 >> half) + (p10 >> half) + (middle >> half)
    total = low + addend
    return total, high + (total < low).astype(np.uint64)


class TemporalParts:
    """Random dates and times of day from the parts they may have: every date is worked out once, and looked up."""

    def __init__(self, dates: tuple[Sequence[int], ...], times: tuple[Sequence[int], ...]) -> None:
        # Whatever is named twice is one row of the table: else a long list of days would make it as long as it likes.
        (years, year), (months, month), (days, day) = (np.unique(np.array(part), return_inverse=True) for part in dates)
        self._days = _days_of(years, months, days)
        self._date_index = (year * len(months) * len(days), month * len(days), day)
        units = (3_600_000_000, 60_000_000, 1_000_000)
        self._times = [np.array(part, dtype=np.int64) * unit for part, unit in zip(times, units, strict=True)]

    def days(self, words: Words) -> npt.NDArray[np.int32]:
        """Days since 1970; a day that its month does not have becomes the month's last."""
        year, month, day = self._date_index
        index = _pick(year, words, 0) + _pick(month, words, 16) + _pick(day, words, 32)
        days: npt.NDArray[np.int32] = self._days[index]
        return days

    def microseconds(self, words: Words) -> npt.NDArray[np.int64]:
        """Microseconds since midnight (whole seconds)."""
        hours, minutes, seconds = self._times
        return _pick(hours, words, 0) + _pick(minutes, words, 16) + _pick(seconds, words, 32)


def _days_of(years: npt.NDArray[np.int64], months: npt.NDArray[np.int64], days: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The date of every combination, the day changing fastest."""
    month = ((years[:, None] - 1970) * 12 + months - 1).reshape(-1, 1)
    first = month.astype("datetime64[M]").astype("datetime64[D]")
    last = (month + 1).astype("datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    chosen = first + (days - 1).astype("timedelta64[D]")
    days_since: npt.NDArray[np.int32] = np.minimum(chosen, last).astype(np.int32).reshape(-1)
    return days_since


def _pick(values: npt.NDArray[np.int64], words: Words, shift: int) -> npt.NDArray[np.int64]:
    """By 16 bits of each word one of ``values``."""
    numbers = (words >> np.uint64(shift)).astype(np.uint16)
    if len(values) <= _SIXTEEN_BITS:
        numbers = remainder(numbers, np.uint16(len(values)))
    picked: npt.NDArray[np.int64] = values[numbers]
    return picked


class DateMaker(Maker):
    """Dates."""

    row_bytes = 4

    def __init__(self, words: RandomWords, parts: TemporalParts) -> None:
        self._words = words
        self._parts = parts

    def make(self, start: int, count: int) -> Column:
        """Random dates."""
        return arrays.from_numpy(self._parts.days(self._words.column(start, count)), pa.date32())


class TimeMaker(Maker):
    """Times of day."""

    def __init__(self, words: RandomWords, parts: TemporalParts) -> None:
        self._words = words
        self._parts = parts

    def make(self, start: int, count: int) -> Column:
        """Random times."""
        return arrays.from_numpy(self._parts.microseconds(self._words.column(start, count)), pa.time64("us"))


class TimestampMaker(Maker):
    """Timestamps."""

    def __init__(self, seed: int, name: str, parts: TemporalParts) -> None:
        self._words = RandomWords(seed, name, per_row=2)
        self._parts = parts

    def make(self, start: int, count: int) -> Column:
        """Random timestamps."""
        words = self._words.rows(start, count)
        values = self._parts.days(words[:, 0]) * np.int64(_DAY_MICROSECONDS) + self._parts.microseconds(words[:, 1])
        return arrays.from_numpy(values, pa.timestamp("us"))
