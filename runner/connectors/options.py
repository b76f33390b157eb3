"""Typed access to a plugin's options. Values come from job files: every accessor says which option is wrong and how."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from runner.connectors.base import OptionError

E = TypeVar("E", bound=enum.StrEnum)


class Options:
    """The options of one plugin. Several names for one option are tried in order (the canonical one first)."""

    def __init__(self, values: Mapping[str, Any], plugin: str) -> None:
        self._values = values
        self.plugin = plugin

    def raw(self, *names: str) -> Any:
        """The value as it stands, None when absent or null."""
        for name in names:
            value = self._values.get(name)
            if value is not None:
                return value
        return None

    def text(self, *names: str, default: str | None = None) -> str:
        """A string; required when there is no default."""
        value = self.raw(*names)
        if value is None:
            if default is None:
                raise self.error(names[0], "is required")
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        raise self.error(names[0], f"is a text, not {_kind(value)}")

    def optional_text(self, *names: str) -> str | None:
        """A string, or None when absent."""
        return None if self.raw(*names) is None else self.text(*names)

    def boolean(self, *names: str, default: bool) -> bool:
        """True or false, also as text in any case."""
        value = self.raw(*names)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        raise self.error(names[0], f"is true or false, not {value!r}")

    def integer(self, *names: str, default: int, minimum: int | None = None, maximum: int | None = None) -> int:
        """A whole number within bounds, also as text."""
        value = self.raw(*names)
        number = default if value is None else self._integer(names[0], value)
        if minimum is not None and number < minimum:
            raise self.error(names[0], f"is at least {minimum}, not {number}")
        if maximum is not None and number > maximum:
            raise self.error(names[0], f"is at most {maximum}, not {number}")
        return number

    def _integer(self, name: str, value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        try:
            return int(value)
        except (TypeError, ValueError):
            raise self.error(name, f"is a whole number, not {value!r}") from None

    def number(self, *names: str, default: float) -> float:
        """A number, also as text."""
        value = self.raw(*names)
        if value is None:
            return default
        try:
            return float(str(value))
        except ValueError:
            raise self.error(names[0], f"is a number, not {value!r}") from None

    def texts(self, *names: str) -> tuple[str, ...] | None:
        """A list of strings (a string is split at commas), or None when absent."""
        value = self.raw(*names)
        if value is None:
            return None
        if isinstance(value, str):
            return tuple(item.strip() for item in value.split(","))
        if isinstance(value, Sequence) and all(isinstance(item, str | int | float) for item in value):
            return tuple(str(item) for item in value)
        raise self.error(names[0], f"is a list of texts, not {_kind(value)}")

    def mapping(self, *names: str) -> dict[str, Any] | None:
        """An object, or None when absent."""
        value = self.raw(*names)
        if value is None:
            return None
        if isinstance(value, Mapping):
            return {str(key): entry for key, entry in value.items()}
        raise self.error(names[0], f"is an object, not {_kind(value)}")

    def objects(self, *names: str) -> list[Options] | None:
        """A list of objects, or None when absent."""
        value = self.raw(*names)
        if value is None:
            return None
        items = [value] if isinstance(value, Mapping) else value
        if isinstance(items, Sequence) and all(isinstance(item, Mapping) for item in items):
            return [Options(item, self.plugin) for item in items]
        raise self.error(names[0], f"is a list of objects, not {_kind(value)}")

    def choice(self, kind: type[E], *names: str, default: E | None = None) -> E:
        """One of the members of ``kind``, whatever its case; required when there is no default."""
        value = self.raw(*names)
        if value is None:
            if default is None:
                raise self.error(names[0], "is required")
            return default
        for member in kind:
            if str(value).lower() == member.value.lower():
                return member
        raise self.error(names[0], f"is one of {', '.join(member.value for member in kind)}, not {value!r}")

    def refuse(self, name: str, why: str, *, unless: Sequence[Any] = ()) -> None:
        """Raise when ``name`` is set to something the local engine does not do (and the value is none of ``unless``)."""
        value = self.raw(name)
        if value is None or any(str(value).lower() == str(allowed).lower() for allowed in unless):
            return
        raise self.error(name, f"is not supported by the local engine: {why}")

    def error(self, name: str, problem: str, *, hint: str = "") -> OptionError:
        """The error that option ``name`` has ``problem``."""
        return OptionError(f"{self.plugin}: option '{name}' {problem}", hint=hint)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list of other things"
    return repr(value)
