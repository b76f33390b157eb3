"""From declared columns to makers, nested types included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from runner.connectors.fake.makers import (
    BooleanMaker,
    BytesMaker,
    ConstantMaker,
    DateMaker,
    DecimalMaker,
    FloatMaker,
    IntegerMaker,
    LettersMaker,
    Maker,
    TemplateMaker,
    TemporalParts,
    TimeMaker,
    TimestampMaker,
)
from runner.connectors.fake.random_words import RandomWords
from runner.connectors.fake.settings import FLOAT_MAXIMUM, INTEGER_MAXIMUM, FakeSettings
from runner.connectors.table_schema import Column as DeclaredColumn
from runner.connectors.values import typed_value
from runner.dataset import arrays
from runner.dataset.arrays import Column
from runner.dataset.arrow_types import arrow_type
from spec.types import ArrayType, DecimalType, FieldType, MapType, RowType, ScalarType


class ListMaker(Maker):
    """Lists of a fixed size."""

    def __init__(self, element: Maker, size: int, data_type: pa.DataType) -> None:
        self._element = element
        self._size = size
        self._type = data_type
        self.row_bytes = 4 + size * element.row_bytes

    def make(self, start: int, count: int) -> Column:
        """``size`` elements in every row."""
        offsets = np.arange(count + 1, dtype=np.int32) * np.int32(self._size)
        return arrays.lists(offsets, self._element.make(start * self._size, count * self._size), self._type)


class MapMaker(Maker):
    """Maps of a fixed size; of equal keys in one map only the first stays."""

    def __init__(self, key: Maker, value: Maker, size: int, data_type: pa.DataType) -> None:
        self._key = key
        self._value = value
        self._size = size
        self._type = data_type
        self.row_bytes = 4 + size * (key.row_bytes + value.row_bytes)

    def make(self, start: int, count: int) -> Column:
        """Up to ``size`` entries in every row."""
        keys = self._key.make(start * self._size, count * self._size)
        values = self._value.make(start * self._size, count * self._size)
        lengths = np.full(count, self._size, dtype=np.int64)
        kept = _first_of_each(keys, count, self._size)
        if kept is not None:
            lengths = kept.sum(axis=1)
            mask = pa.array(kept.reshape(-1))
            keys, values = keys.filter(mask), values.filter(mask)
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
        return arrays.maps(offsets, keys, values, self._type)


def _first_of_each(keys: Column, count: int, size: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]] | None:
    """Which keys to keep, shape (count, size); None when every key is the only one of its kind in its map."""
    if size < 2 or not count:
        return None
    codes = np.asarray(keys.dictionary_encode().indices).reshape(count, size)
    order = np.argsort(codes, axis=1, kind="stable")
    ordered = np.take_along_axis(codes, order, axis=1)
    repeated = ordered[:, 1:] == ordered[:, :-1]
    if not repeated.any():
        return None
    kept = np.ones((count, size), dtype=np.bool_)
    np.put_along_axis(kept, order[:, 1:], ~repeated, axis=1)
    return kept


class RowMaker(Maker):
    """Nested objects."""

    def __init__(self, names: Sequence[str], fields: Sequence[Maker]) -> None:
        self._names = list(names)
        self._fields = fields
        self.row_bytes = sum(field.row_bytes for field in fields)

    def make(self, start: int, count: int) -> Column:
        """Every field in every row."""
        return arrays.rows(self._names, [field.make(start, count) for field in self._fields], count)


class MakerFactory:
    """Makes makers for one FakeSource."""

    def __init__(self, settings: FakeSettings) -> None:
        self._settings = settings
        self._parts = TemporalParts(
            (settings.years, settings.months, settings.days), (settings.hours, settings.minutes, settings.seconds)
        )

    def column(self, column: DeclaredColumn) -> Maker:
        """The maker of a top-level column. Raises ValueMismatch for a default or template that is not of the type."""
        if column.default is not None:
            return ConstantMaker(typed_value(column.default, column.type), arrow_type(column.type))
        return self._maker(column.type, column.name, column.length, column.scale)

    def _maker(self, field_type: FieldType, name: str, length: int = 0, scale: int | None = None) -> Maker:
        settings = self._settings
        match field_type:
            case DecimalType():
                return self._decimal(field_type, name)
            case ArrayType(element):
                return ListMaker(self._maker(element, f"{name}[]"), settings.array_size, arrow_type(field_type))
            case MapType(key, value):
                makers = self._maker(key, f"{name}{{key}}"), self._maker(value, f"{name}{{value}}")
                return MapMaker(*makers, settings.map_size, arrow_type(field_type))
            case RowType(fields):
                return RowMaker(
                    [nested for nested, _ in fields], [self._maker(each, f"{name}.{nested}") for nested, each in fields]
                )
            case _:
                return self._scalar(field_type, name, length, scale)

    def _decimal(self, field_type: DecimalType, name: str) -> Maker:
        template = self._settings.templates.get("decimal")
        data_type = arrow_type(field_type)
        if template is None:
            return DecimalMaker(self._settings.seed, name, data_type, field_type.precision)
        values = [typed_value(value, field_type) for value in template]
        return TemplateMaker(RandomWords(self._settings.seed, name), values, data_type)

    def _scalar(self, scalar: ScalarType, name: str, length: int, scale: int | None) -> Maker:
        settings = self._settings
        template = settings.templates.get(str(scalar))
        words = RandomWords(settings.seed, name)
        if template is not None:
            return TemplateMaker(words, [typed_value(value, scalar) for value in template], arrow_type(scalar))
        if scalar in INTEGER_MAXIMUM:
            low, high = settings.ranges[scalar]
            return IntegerMaker(words, int(low), int(high), arrow_type(scalar))
        if scalar in FLOAT_MAXIMUM:
            return FloatMaker(words, *settings.ranges[scalar], arrow_type(scalar))
        if scalar in {ScalarType.STRING, ScalarType.BYTES}:
            default = settings.string_length if scalar is ScalarType.STRING else settings.bytes_length
            return LettersMaker(settings.seed, name, length or default, arrow_type(scalar))
        if scalar in _VECTORS:
            return self._vector(scalar, name, scale)
        return self._temporal_or_flag(scalar, name, words)

    def _temporal_or_flag(self, scalar: ScalarType, name: str, words: RandomWords) -> Maker:
        match scalar:
            case ScalarType.BOOLEAN:
                return BooleanMaker(words)
            case ScalarType.DATE:
                return DateMaker(words, self._parts)
            case ScalarType.TIME:
                return TimeMaker(words, self._parts)
            case ScalarType.TIMESTAMP:
                return TimestampMaker(self._settings.seed, name, self._parts)
            case _:
                return ConstantMaker(None, arrow_type(ScalarType.NULL))

    def _vector(self, scalar: ScalarType, name: str, scale: int | None) -> Maker:
        seed, dimension = self._settings.seed, scale or self._settings.vector_dimension
        floats = FloatMaker(RandomWords(seed, f"{name}[]"), 0.0, 1.0, pa.float32())
        if scalar is ScalarType.FLOAT_VECTOR:
            return ListMaker(floats, dimension, arrow_type(scalar))
        if scalar is ScalarType.SPARSE_FLOAT_VECTOR:
            keys = IntegerMaker(RandomWords(seed, f"{name}{{key}}"), 0, 1 << 20, pa.int32())
            return MapMaker(keys, floats, dimension, arrow_type(scalar))
        if scalar is ScalarType.BINARY_VECTOR:
            return BytesMaker(seed, name, (scale or self._settings.binary_vector_dimension) // 8)
        return BytesMaker(seed, name, dimension * 2)


_VECTORS = frozenset(
    {
        ScalarType.FLOAT_VECTOR,
        ScalarType.SPARSE_FLOAT_VECTOR,
        ScalarType.BINARY_VECTOR,
        ScalarType.FLOAT16_VECTOR,
        ScalarType.BFLOAT16_VECTOR,
    }
)
