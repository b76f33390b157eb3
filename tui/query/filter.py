"""The filter line.

    orders !test            words in name or id; ! excludes
    state:failed,running    a field contains one of these (states: by prefix, or active, ended)
    queue=nightly           a field is exactly this
    lag>5s rows>=1.5M       comparisons
    /^ord.*cdc$/            a pattern on the name;  error:/time.?out/  on a field
    label:team=x  "two words"

All conditions must hold. Reading never fails: what is not understood matches nothing, and ``problem`` says why.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from runner.model import Job
from tui.query.amounts import EXAMPLES, read_amount
from tui.query.fields import FIELDS, Field, Kind
from tui.query.terms import COMPARISONS, Compares, Contains, InState, Not, Nothing, Pattern, Term, Word, states_of

_PIECE: Final = re.compile(r"""(?:/(?:\\.|[^/\\])*/?|"[^"]*"?|[^\s"])+""")
_NAMED: Final = re.compile(r"(?P<field>[a-z]+)(?P<sign>>=|<=|>|<|:|=)(?P<value>.*)", re.DOTALL | re.IGNORECASE)
_LONGEST_PATTERN = 80
_REPEATED_GROUP: Final = re.compile(r"\)[*+{?]|\\[1-9]|\(\?P=")


class Filter(msgspec.Struct, frozen=True):
    """All conditions of a filter line; ``problem`` says what in it was not understood."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    problem: str = ""

    def accepts(self, job: Job, now: float = 0.0) -> bool:
        """Whether ``job`` meets every condition at the time ``now``."""
        return all(term.accepts(job, now) for term in self.terms)


class _Misread(ValueError):
    """What the person wrote makes no condition; the text says why."""


def parse(text: str) -> Filter:
    """Read a filter line."""
    terms: list[Term] = []
    problem = ""
    for piece in pieces(text):
        negated = piece.startswith("!") and len(piece) > 1
        try:
            term = _term(piece[1:] if negated else piece)
        except _Misread as error:
            problem = problem or str(error)
            terms.append(Nothing())
            continue
        terms.append(Not(term) if negated else term)
    return Filter(text.strip(), tuple(terms), problem)


def pieces(text: str) -> list[str]:
    """The conditions as they are written: blanks separate them, except inside quotes and patterns."""
    return [found[0] for found in _PIECE.finditer(text)]


def _term(piece: str) -> Term:
    if piece.startswith("/"):
        return Pattern(_pattern(piece))
    named = _NAMED.fullmatch(piece)
    if named is None:
        return Word(_plain(piece))
    field = FIELDS.get(named["field"].casefold())
    if field is None:
        raise _Misread(f"there is no field “{named['field']}”")
    return _condition(field, named["sign"], named["value"])


def _condition(field: Field, sign: str, value: str) -> Term:
    if sign in COMPARISONS:
        return _comparison(field, sign, value)
    if value.startswith("/"):
        return Pattern(_pattern(value), field)
    texts = tuple(text for text in _plain(value).split(",") if text)
    if field.kind is Kind.STATE:
        return _in_state(texts)
    if field.is_amount:
        return Compares(field, lambda found, wanted: found == wanted, _amount(field, value))
    return Contains(field, texts or ("",), exact=sign == "=")


def _in_state(prefixes: tuple[str, ...]) -> Term:
    for prefix in prefixes:
        if not states_of(prefix):
            raise _Misread(f"no state starts with “{prefix}”")
    return InState(frozenset().union(*map(states_of, prefixes or ("",))))


def _comparison(field: Field, sign: str, value: str) -> Term:
    if not field.is_amount:
        raise _Misread(f"{field.name} is no amount: write {field.name}:{value or 'text'}")
    return Compares(field, COMPARISONS[sign], _amount(field, value))


def _amount(field: Field, value: str) -> float:
    amount = read_amount(value, field.kind)
    if amount is None:
        raise _Misread(f"{field.name} takes {EXAMPLES[field.kind]}, not “{value}”")
    return amount


def _pattern(text: str) -> re.Pattern[str]:
    """What stands between the slashes. Patterns that could take long are refused: they would hold the screen up."""
    body = text[1:-1] if len(text) > 1 and text.endswith("/") else text[1:]
    if len(body) > _LONGEST_PATTERN or _REPEATED_GROUP.search(body) or len(re.findall(r"[*+}]", body)) > 3:
        raise _Misread("a pattern repeats single characters at most three times, and no groups")
    try:
        return re.compile(body, re.IGNORECASE)
    except (re.error, OverflowError) as error:
        raise _Misread(f"the pattern is not complete: {error}") from None


def _plain(text: str) -> str:
    return text.replace('"', "").casefold()
