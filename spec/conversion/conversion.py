"""Conversion of plain data to JSON, HOCON, YAML and properties."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass

from spec.conversion import hocon, properties, yaml
from spec.errors import FlowdeckError
from spec.value import Plain


class TargetFormat(enum.StrEnum):
    """What a document can be converted to."""

    JSON = "json"
    HOCON = "hocon"
    YAML = "yaml"
    PROPERTIES = "properties"


class ConversionError(FlowdeckError):
    """The document cannot be said in the target format."""

    code = "conversion"


@dataclass(frozen=True, slots=True)
class Converted:
    """The text, ending in a line break, and the JSON pointers of what the format cannot say and that is left out."""

    text: str
    left_out: tuple[str, ...] = ()


def convert(data: Plain, target: TargetFormat) -> Converted:
    """``data`` in the target format. Raises ConversionError when reading the result would not give the same data again."""
    try:
        return _convert(data, target)
    except (ValueError, RecursionError) as error:
        raise _refusal(target, str(error)) from error


def _convert(data: Plain, target: TargetFormat) -> Converted:
    if target is TargetFormat.PROPERTIES:
        return _to_properties(data)
    if target is TargetFormat.JSON:
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        back: Plain = json.loads(text)
    elif target is TargetFormat.HOCON:
        text = hocon.write(data)
        back = hocon.read(text)
    else:
        text = yaml.write(data)
        back = yaml.read(text)
    _compare(data, back, target)
    return Converted(text + "\n")


def _to_properties(data: Plain) -> Converted:
    if not isinstance(data, dict | list):
        raise _refusal(TargetFormat.PROPERTIES, "a single value has no key")
    wanted, left_out = properties.flatten(data)
    text = properties.write(data)
    if properties.read(text) != wanted:
        raise _refusal(TargetFormat.PROPERTIES, "two keys become the same, such as a.b and b inside a")
    return Converted(text + "\n" if text else "", tuple(left_out))


def _compare(data: Plain, back: Plain, target: TargetFormat) -> None:
    """As JSON text, which tells 1 from 1.0 and true, and one order of keys from another."""
    if json.dumps(data, allow_nan=False) != json.dumps(back, allow_nan=False):
        raise _refusal(target, "what was written does not read back the same")


def _refusal(target: TargetFormat, why: str) -> ConversionError:
    return ConversionError(f"the document cannot be written as {target}: {why}", hint="JSON can say everything: --to json")
