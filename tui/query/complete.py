"""What the last condition of a filter line may become: fields, states, and the values that the jobs have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from runner.model import Job
from runner.states import ExecutionState
from tui.query.amounts import EXAMPLES
from tui.query.fields import FIELDS, Field, Kind
from tui.query.filter import pieces
from tui.query.terms import GROUPS

MOST = 50
_NAMED: Final = re.compile(r"(?P<head>!?(?P<field>[a-z]+)[:=])(?P<values>(?:[^,]*,)*)(?P<typed>[^,]*)", re.IGNORECASE)
_VALUE_FIELDS = frozenset({"queue", "label", "mode", "name"})


def completions(text: str, jobs: Sequence[Job]) -> list[str]:
    """Whole filter lines that begin with ``text`` and go on with something that exists, the likeliest first, at most
    :data:`MOST`. Jobs' own names come last."""
    found = pieces(text)
    if not found or text[-1:].isspace():
        return []
    last = found[-1]
    before = text[: len(text) - len(last)]
    unique = dict.fromkeys(before + one for one in _of_piece(last, jobs))
    return [line for line in unique if line != text][:MOST]


def agreed(lines: Sequence[str]) -> str:
    """What all of the lines begin with."""
    first, last = min(lines), max(lines)
    return next((first[:place] for place, letter in enumerate(first) if last[place : place + 1] != letter), first)


def hint(text: str) -> str:
    """What the field that is being typed means, and how its amounts are written; empty when there is none."""
    last = (pieces(text) or [""])[-1].lstrip("!")
    name = re.split("[:=<>]", last, maxsplit=1)[0].casefold()
    field = FIELDS.get(name)
    if field is None or text[-1:].isspace():
        return ""
    if field.is_amount:
        return f"{field.words} ({field.name}>{EXAMPLES[field.kind]})"
    return ", ".join(filter(None, (field.words, field.also)))


def _of_piece(piece: str, jobs: Sequence[Job]) -> Iterator[str]:
    named = _NAMED.fullmatch(piece)
    if named is None:
        mark = "!" if piece.startswith("!") else ""
        typed = piece.removeprefix("!").casefold()
        if typed:
            yield from (mark + name + _sign(field) for name, field in FIELDS.items() if name.startswith(typed))
            yield from (mark + job.name for job in jobs if job.name.casefold().startswith(typed) and " " not in job.name)
        return
    field = FIELDS.get(named["field"].casefold())
    if field is not None:
        typed = named["typed"].casefold()
        start = named["head"] + named["values"]
        yield from (start + value for value in _values(field, jobs) if value.casefold().startswith(typed))


def _sign(field: Field) -> str:
    return ">" if field.is_amount else ":"


def _values(field: Field, jobs: Sequence[Job]) -> Iterable[str]:
    if field.kind is Kind.STATE:
        return [*GROUPS, *(state.value.casefold() for state in ExecutionState)]
    if field.name not in _VALUE_FIELDS:
        return ()
    if field.name == "label":
        return sorted({f"{key}={value}" for job in jobs for key, value in job.labels.items()})
    return sorted({str(field.read(job, 0.0)) for job in jobs})
