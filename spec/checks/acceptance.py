"""A quick answer to the usual question: is all of this valid? Most blocks of most job files are.

It decides the keywords that our schemas use as JSON Schema defines them, many times faster than the library and without
importing it. Whatever it does not accept, and whatever it cannot decide, goes to the library, which also says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], bool]
Maker: TypeAlias = Callable[[Any, Mapping[str, Any]], Check | None]

# Keywords that say nothing about what is valid, and those that another keyword's check looks at.
_SILENT = frozenset(("$schema", "title", "description", "default", "examples", "deprecated", "writeOnly", "then", "else"))


class _UndecidedError(Exception):
    """The library has to decide."""


class Acceptance:
    """One schema, ready to be asked. Its parts are prepared when they are first needed."""

    __slots__ = ("_checks", "_schema")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._checks: tuple[Check, ...] | None = None

    def accepts(self, value: Any) -> bool:
        """Whether ``value`` is certainly valid; False when it is not, or when only the library knows."""
        try:
            return self.is_valid(value)
        except _UndecidedError:
            return False

    def is_valid(self, value: Any) -> bool:
        """Whether ``value`` is valid."""
        if self._checks is None:
            self._checks = _checks_of(self._schema)
        return all(check(value) for check in self._checks)


def _checks_of(schema: Mapping[str, Any]) -> tuple[Check, ...]:
    checks = []
    for keyword, rule in schema.items():
        if keyword in _SILENT or keyword.startswith("x-"):
            continue
        maker = _MAKERS.get(keyword)
        if maker is None:
            raise _UndecidedError
        check = maker(rule, schema)
        if check is not None:
            checks.append(check)
    return tuple(checks)


def _type(rule: str | list[str], _schema: Mapping[str, Any]) -> Check:
    names = (rule,) if isinstance(rule, str) else tuple(rule)
    if len(names) == 1:
        return _TYPES[names[0]]
    tests = tuple(_TYPES[name] for name in names)
    return lambda value: any(test(value) for test in tests)


def _is_integer(value: Any) -> bool:
    if isinstance(value, float) and value.is_integer():
        raise _UndecidedError
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: Mapping[str, Check] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def _enum(rule: list[Any], _schema: Mapping[str, Any]) -> Check:
    if not all(isinstance(allowed, str) for allowed in rule):
        return _undecided
    allowed = frozenset(rule)
    return lambda value: isinstance(value, str) and value in allowed


def _const(rule: Any, _schema: Mapping[str, Any]) -> Check:
    if not isinstance(rule, str | bool):
        return _undecided
    return lambda value: type(value) is type(rule) and value == rule


def _undecided(_value: Any) -> bool:
    raise _UndecidedError


def _properties(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> Check:
    """``properties`` with ``patternProperties`` and ``additionalProperties``, which are about the same keys."""
    known = {name: Acceptance(option) for name, option in rule.items()}
    patterns = [(re.compile(pattern), Acceptance(option)) for pattern, option in schema.get("patternProperties", {}).items()]
    rest = schema.get("additionalProperties", True)
    other = Acceptance(rest).is_valid if isinstance(rest, Mapping) else lambda _value: bool(rest)

    def check(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        for key, item in value.items():
            option = known.get(key)
            if option is not None and not option.is_valid(item):
                return False
            matching = [acceptance for pattern, acceptance in patterns if pattern.search(key)] if patterns else ()
            if not all(acceptance.is_valid(item) for acceptance in matching):
                return False
            if option is None and not matching and not other(item):
                return False
        return True

    return check


def _about_keys(_rule: Any, schema: Mapping[str, Any]) -> Check | None:
    """``additionalProperties`` or ``patternProperties`` where there are no ``properties`` to look at them."""
    return None if "properties" in schema else _properties({}, schema)


def _required(rule: list[str], _schema: Mapping[str, Any]) -> Check:
    names = frozenset(rule)
    return lambda value: not isinstance(value, dict) or names <= value.keys()


def _dependent(rule: Mapping[str, list[str]], _schema: Mapping[str, Any]) -> Check:
    def check(value: Any) -> bool:
        return not isinstance(value, dict) or all(
            other in value for name, needed in rule.items() if name in value for other in needed
        )

    return check


def _items(rule: Mapping[str, Any], _schema: Mapping[str, Any]) -> Check:
    item = Acceptance(rule)
    return lambda value: not isinstance(value, list) or all(item.is_valid(each) for each in value)


def _unique(_rule: bool, _schema: Mapping[str, Any]) -> Check:  # noqa: FBT001 - the keyword's value
    def check(value: Any) -> bool:
        if not isinstance(value, list):
            return True
        if not all(isinstance(item, str) for item in value):
            raise _UndecidedError
        return len(set(value)) == len(value)

    return check


def _if(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> Check:
    condition, then, otherwise = (Acceptance(each) for each in (rule, schema.get("then", {}), schema.get("else", {})))
    return lambda value: (then if condition.is_valid(value) else otherwise).is_valid(value)


def _all_of(rule: list[Mapping[str, Any]], _schema: Mapping[str, Any]) -> Check:
    branches = tuple(Acceptance(each) for each in rule)
    return lambda value: all(branch.is_valid(value) for branch in branches)


def _any_of(rule: list[Mapping[str, Any]], _schema: Mapping[str, Any]) -> Check:
    branches = tuple(Acceptance(each) for each in rule)
    return lambda value: any(branch.is_valid(value) for branch in branches)


def _one_of(rule: list[Mapping[str, Any]], _schema: Mapping[str, Any]) -> Check:
    branches = tuple(Acceptance(each) for each in rule)
    return lambda value: sum(branch.is_valid(value) for branch in branches) == 1


def _not(rule: Mapping[str, Any], _schema: Mapping[str, Any]) -> Check:
    refused = Acceptance(rule)
    return lambda value: not refused.is_valid(value)


def _measure(kind: type | tuple[type, ...], measure: Callable[[Any], Any], *, least: bool) -> Maker:
    """A bound on a number, a length or a size."""

    def make(bound: Any, _schema: Mapping[str, Any]) -> Check:
        def check(value: Any) -> bool:
            if not isinstance(value, kind) or isinstance(value, bool):
                return True
            return bool(measure(value) >= bound) if least else bool(measure(value) <= bound)

        return check

    return make


def _pattern(rule: str, _schema: Mapping[str, Any]) -> Check:
    found = re.compile(rule).search
    return lambda value: not isinstance(value, str) or found(value) is not None


def _itself(value: Any) -> Any:
    return value


_MAKERS: Mapping[str, Maker] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "properties": _properties,
    "patternProperties": _about_keys,
    "additionalProperties": _about_keys,
    "required": _required,
    "dependentRequired": _dependent,
    "items": _items,
    "uniqueItems": _unique,
    "if": _if,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "pattern": _pattern,
    "minimum": _measure((int, float), _itself, least=True),
    "maximum": _measure((int, float), _itself, least=False),
    "minLength": _measure(str, len, least=True),
    "maxLength": _measure(str, len, least=False),
    "minItems": _measure(list, len, least=True),
    "maxItems": _measure(list, len, least=False),
    "minProperties": _measure(dict, len, least=True),
    "maxProperties": _measure(dict, len, least=False),
}
