"""What a parameter of a request or a field of its body may be, in words for who got it wrong."""

from __future__ import annotations

import difflib
import enum
import re
import types
import typing
from collections.abc import Iterator
from typing import Any, Final

from litestar.typing import FieldDefinition

from runner.api.documentation import words

_LARGEST_TOLD: Final = 10**12
_TOLD: Final = 64
_EXPECTED = re.compile(r"`(?P<types>[a-z]+(?: \| [a-z]+)*)`")
_NAMES: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def words_for(name: str, field: FieldDefinition) -> str:
    """What the parameter of that name, which is declared like this, may be; empty when any text is."""
    members = tuple(members_of(field.annotation))
    if choices := choices_of(members):
        return "one of " + ", ".join(choices)
    if bool in members:
        return "true or false"
    for kind, noun in ((int, "a whole number"), (float, "a number")):
        if kind in members:
            return noun + _bounds(field.kwarg_definition)
    _description, example = words.PARAMETERS.get(name, ("", None))
    if getattr(field.kwarg_definition, "pattern", None) and example is not None:
        return f"like {example}"
    longest = getattr(field.kwarg_definition, "max_length", None)
    return "" if longest is None else f"a text of at most {longest} characters"


def members_of(annotation: Any) -> Iterator[Any]:
    """The types of a union, of a list's entries, and of what is annotated."""
    if typing.get_origin(annotation) in (types.UnionType, typing.Union, list, tuple, typing.Annotated):
        for member in typing.get_args(annotation):
            yield from members_of(member)
    else:
        yield annotation


def choices_of(members: tuple[Any, ...]) -> tuple[str, ...]:
    """The values of the enumeration among the types; none when there is none."""
    kinds = [kind for kind in members if isinstance(kind, type) and issubclass(kind, enum.Enum)]
    return tuple(str(choice.value) for kind in kinds for choice in kind)


def suggestion(value: str, choices: tuple[str, ...]) -> str:
    """The choice that was meant, whatever its case; else all of them."""
    by_lower = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(value[:_TOLD].lower(), by_lower, n=1)
    return f"did you mean {by_lower[close[0]]}?" if close else "write one of " + ", ".join(choices)


def in_words(message: str) -> str:
    """What msgspec says of a value, without the names of Python's types."""

    def said(match: re.Match[str]) -> str:
        names = match["types"].split(" | ")
        return " or ".join(_NAMES.get(name, f"`{name}`") for name in names)

    return _EXPECTED.sub(said, message.replace("Expected", "expected").replace("Invalid enum value", "no such value:"))


def told(value: str) -> str:
    """A value as it is quoted in an answer: cut when it is long."""
    return repr(value if len(value) <= _TOLD else value[:_TOLD] + "...")


def _bounds(declared: Any) -> str:
    least, most = getattr(declared, "ge", None), getattr(declared, "le", None)
    if least is None:
        return ""
    return f" of {least} or more" if most is None or most > _LARGEST_TOLD else f" from {least} to {most:.0f}"
