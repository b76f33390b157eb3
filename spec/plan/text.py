"""A plan as text for people: a line for each path, longer values as a difference by line. Secrets are masked."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from spec.checks.secret_text import mask_passwords, names_a_secret
from spec.plan.change import Action, Change, Effect
from spec.plan.plan import MASKED
from spec.render.escape import safe, text_width
from spec.secret_references import refers

_SIGNS: Final = {Action.ADD: "+", Action.REMOVE: "-", Action.CHANGE: "~"}
_SHORT: Final = 24
_LONGEST: Final = 60
_AROUND: Final = 2
_MOST_LINES: Final = 2000


def shown_value(path: str, value: Any) -> Any:
    """``value`` as anybody may see it: without secrets, going by the path and by what the value looks like."""
    if names_a_secret(path.rpartition(".")[2]) and value is not None:
        return value if isinstance(value, str) and refers(value) else MASKED
    if isinstance(value, dict):
        return {key: shown_value(f"{path}.{key}", inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown_value(path, item) for item in value]
    return mask_passwords(value, MASKED) if isinstance(value, str) else value


def plan_lines(changes: tuple[Change, ...]) -> Iterator[str]:
    """The changes, one after the other, aligned."""
    heads = [_head(change) for change in changes]
    widest = max((text_width(head) for head in heads if text_width(head) <= _LONGEST), default=0)
    for change, head in zip(changes, heads, strict=True):
        label = "" if change.effect is Effect.NEW else f"{change.effect:<8}  "
        yield f"  {head}{' ' * (widest - text_width(head))}  {label}{safe(change.reason)}"
        if not change.is_plugin and _short(change) is None:
            yield from _values(change)


def _head(change: Change) -> str:
    head = f"{_SIGNS[change.action]} {safe(change.path)}"
    if not change.is_plugin:
        return head + (_short(change) or "")
    names = [str(name) for name in (change.before, change.after) if name is not None]
    return f"{head} ({safe(' -> '.join(names))})"


def _short(change: Change) -> str | None:
    """Both values behind the path, if they are short enough."""
    texts = [_text_lines(shown_value(change.path, value)) for value in (change.before, change.after)]
    if any(len(lines) > 1 or len(line) > _SHORT for lines in texts for line in lines):
        return None
    return ": " + safe(" -> ".join(lines[0] if lines else "nothing" for lines in texts))


def _values(change: Change) -> Iterator[str]:
    """The values as a difference by line, with what stays the same around it."""
    before, after = (_text_lines(shown_value(change.path, value)) for value in (change.before, change.after))
    if max(len(before), len(after)) > _MOST_LINES:
        yield f"      {len(before)} lines -> {len(after)} lines"
        return
    headings = 3  # two with the names of files, and the position of the first difference
    for line in islice(difflib.unified_diff(before, after, n=_AROUND, lineterm=""), headings, None):
        shown = "..." if line.startswith("@") else f"{line[0]} {safe(line[1:])}"
        yield f"      {shown}".rstrip()


def _text_lines(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.strip("\n").split("\n") if "\n" in value else [json.dumps(value, ensure_ascii=False)]
    return [json.dumps(value, ensure_ascii=False)]
