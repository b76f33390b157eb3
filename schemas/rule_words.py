"""The rules of a schema in words: which options need, exclude or belong to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def rule_words(schema: Schema) -> tuple[str, ...]:
    """One sentence for each rule. What is always required is not among them: the option itself says so."""
    return tuple(dict.fromkeys(_rules(schema)))


def _rules(schema: Schema) -> Iterator[str]:
    if exclusive := _required_by(schema.get("oneOf", ())):
        yield f"Exactly one of {_listed(exclusive, 'and')} is given."
    if together := schema.get("not", {}).get("required"):
        yield f"{_listed(together, 'and')} exclude each other."
    yield from _bundles(schema.get("dependentRequired", {}))
    for rule in schema.get("allOf", ()):
        yield from _conditional(rule) if "if" in rule else _rules(rule)


def _required_by(branches: Iterable[Schema]) -> list[str]:
    return [name for branch in branches for name in branch.get("required", ())]


def _bundles(needed: Mapping[str, list[str]]) -> Iterator[str]:
    for name, others in needed.items():
        if all(name in needed.get(other, ()) for other in others):
            bundle = [each for each in needed if each == name or each in others]
            yield f"{_listed(bundle, 'and')} are given together or not at all."
        else:
            yield f"`{name}` needs {_listed(others, 'and')}."


def _conditional(rule: Schema) -> Iterator[str]:
    when = _condition(rule["if"])
    then = rule.get("then", {})
    if required := then.get("required"):
        yield f"{_listed(required, 'and')} {_are(required)} needed {when}."
    for name, option in then.get("properties", {}).items():
        if "enum" in option:
            yield f"`{name}` is {_alternatives(option['enum'])} {when}."
        elif "maxLength" in option:
            longest = option["maxLength"]
            yield f"`{name}` has at most {longest} character{'' if longest == 1 else 's'} {when}."


def _condition(condition: Schema) -> str:
    if unless := condition.get("not", {}).get("required"):
        return f"unless {_listed(unless, 'or')} is given"
    tests = [_test(name, rule) for name, rule in condition.get("properties", {}).items()]
    by_default = "" if "required" in condition else ", which is the default"
    return f"when {' and '.join(tests)}{by_default}"


def _test(name: str, rule: Schema) -> str:
    values = rule["enum"] if "enum" in rule else [rule["const"]]
    return f"`{name}` is {_alternatives(values)}"


def _alternatives(values: Iterable[Any]) -> str:
    return _joined([str(value).lower() if isinstance(value, bool) else str(value) for value in values], "or")


def _listed(names: Iterable[str], word: str) -> str:
    return _joined([f"`{name}`" for name in names], word)


def _joined(words: list[str], word: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {word} {words[-1]}"


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
