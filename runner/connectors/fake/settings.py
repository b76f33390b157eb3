"""The options that shape FakeSource's values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.connectors.options import Options
from spec.types import ScalarType

INTEGER_MAXIMUM = {
    ScalarType.TINYINT: (1 << 7) - 1,
    ScalarType.SMALLINT: (1 << 15) - 1,
    ScalarType.INT: (1 << 31) - 1,
    ScalarType.BIGINT: (1 << 63) - 1,
}
FLOAT_MAXIMUM = {ScalarType.FLOAT: 3.4028234663852886e38, ScalarType.DOUBLE: 1.7976931348623157e308}

DEFAULT_YEAR = 2025
"""Where SeaTunnel takes the current year: the clock must not change what a restored job makes."""


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """All value options, validated. ``ranges``: [minimum, maximum) per numeric type; ``templates``: values to choose from."""

    seed: int
    ranges: dict[ScalarType, tuple[float, float]]
    templates: dict[str, tuple[Any, ...]]
    string_length: int
    bytes_length: int
    array_size: int
    map_size: int
    vector_dimension: int
    binary_vector_dimension: int
    years: tuple[int, ...]
    months: tuple[int, ...]
    days: tuple[int, ...]
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]


def read_settings(options: Options) -> FakeSettings:
    """The settings of one FakeSource. Raises OptionError."""
    return FakeSettings(
        seed=options.integer("seed", default=0, minimum=0),
        ranges={scalar: _range(options, scalar) for scalar in (*INTEGER_MAXIMUM, *FLOAT_MAXIMUM)},
        templates=_templates(options),
        string_length=options.integer("string.length", default=5, minimum=1, maximum=1_000_000),
        bytes_length=options.integer("bytes.length", default=5, minimum=1, maximum=1_000_000),
        array_size=options.integer("array.size", default=5, minimum=0, maximum=100_000),
        map_size=options.integer("map.size", default=5, minimum=0, maximum=100_000),
        vector_dimension=options.integer("vector.dimension", default=4, minimum=1, maximum=100_000),
        binary_vector_dimension=options.integer("binary.vector.dimension", default=8, minimum=8, maximum=100_000),
        years=_parts(options, "date.year.template", (DEFAULT_YEAR,), 1, 9999),
        months=_parts(options, "date.month.template", tuple(range(1, 13)), 1, 12),
        days=_parts(options, "date.day.template", tuple(range(1, 29)), 1, 31),
        hours=_parts(options, "time.hour.template", tuple(range(24)), 0, 23),
        minutes=_parts(options, "time.minute.template", tuple(range(60)), 0, 59),
        seconds=_parts(options, "time.second.template", tuple(range(60)), 0, 59),
    )


def _range(options: Options, scalar: ScalarType) -> tuple[float, float]:
    low_name, high_name = f"{scalar}.min", f"{scalar}.max"
    low: float
    high: float
    if scalar in INTEGER_MAXIMUM:
        bound = INTEGER_MAXIMUM[scalar]
        low = options.integer(low_name, default=0, minimum=0, maximum=bound)
        high = options.integer(high_name, default=bound, minimum=0, maximum=bound)
    else:
        low = options.number(low_name, default=0.0)
        high = options.number(high_name, default=FLOAT_MAXIMUM[scalar])
        if not 0.0 <= low <= FLOAT_MAXIMUM[scalar] or not 0.0 <= high <= FLOAT_MAXIMUM[scalar]:
            raise options.error(low_name, f"and '{high_name}' are between 0 and {FLOAT_MAXIMUM[scalar]}")
    if low > high:
        raise options.error(low_name, f"is larger than '{high_name}': {low} > {high}")
    return low, high


def _templates(options: Options) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for name in ("string", "decimal", *INTEGER_MAXIMUM, *FLOAT_MAXIMUM):
        values = options.raw(f"{name}.template")
        if values is None:
            if str(options.raw(f"{name}.fake.mode")).lower() == "template":
                raise options.error(f"{name}.template", "is required when the mode is template")
            continue
        if not isinstance(values, list | tuple) or not values:
            raise options.error(f"{name}.template", "is a list with at least one value")
        found[str(name)] = tuple(values)
    return found


def _parts(options: Options, name: str, default: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    values = options.raw(name)
    if values is None or values == []:
        return default
    if not isinstance(values, list | tuple) or not all(isinstance(value, int) and low <= value <= high for value in values):
        raise options.error(name, f"is a list of whole numbers from {low} to {high}")
    return tuple(values)
