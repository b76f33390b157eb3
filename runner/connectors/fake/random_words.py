"""Random numbers that can be had for any row without making those before it.

Philox is a counter-based generator: word ``i`` of a stream depends on nothing but the key and ``i``.
"""

from __future__ import annotations

import zlib
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_WORDS_PER_COUNTER = 4
_MASK = (1 << 64) - 1

_Unsigned = TypeVar("_Unsigned", np.uint16, np.uint64)


class RandomWords:
    """The stream of one column: ``per_row`` 64-bit words for every row. Streams of different names are independent."""

    def __init__(self, seed: int, name: str, per_row: int = 1) -> None:
        self._key = (seed & _MASK) | ((zlib.crc32(name.encode()) + (len(name) << 32)) << 64)
        self.per_row = per_row

    def rows(self, start: int, count: int) -> Words:
        """The words of rows ``[start, start + count)``, shape (count, per_row)."""
        first = start * self.per_row
        needed = count * self.per_row
        generator = np.random.Philox(key=self._key, counter=first // _WORDS_PER_COUNTER)
        skip = first % _WORDS_PER_COUNTER
        raw: Words = generator.random_raw(skip + needed)
        return raw[skip:].reshape(count, self.per_row)

    def column(self, start: int, count: int) -> Words:
        """The first word of each row."""
        words: Words = self.rows(start, count)[:, 0]
        return words


def unit_interval(words: Words) -> npt.NDArray[np.float64]:
    """Uniform doubles in [0, 1)."""
    return (words >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))


def below(words: Words, bound: int) -> Words:
    """Uniform integers in [0, bound); ``bound`` is at least 1. The bias of the remainder is below bound / 2**64."""
    return remainder(words, np.uint64(bound))


def remainder(numbers: npt.NDArray[_Unsigned], divisor: _Unsigned) -> npt.NDArray[_Unsigned]:
    """``numbers % divisor``, by way of the quotient: NumPy divides whole vectors at once, but finds remainders one by one."""
    remainders: npt.NDArray[_Unsigned] = numbers - numbers // divisor * divisor
    return remainders
