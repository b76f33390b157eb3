"""What an entry of the audit trail says was done, in the words of the commands."""

from __future__ import annotations

from typing import Final

_DRY: Final = " (dry run)"
_METHODS: Final = {"DELETE": "delete", "PUT": "change", "PATCH": "change"}
_PLAIN: Final = {"POST jobs": "submit", "DELETE jobs": "delete", "PATCH jobs": "edit", "POST cancel": "cancel queued"}
_SINGULAR: Final = {"savepoints": "savepoint", "queues": "queue", "keys": "key", "workers": "workers", "executions": "run"}


def action_words(action: str) -> str:
    """``POST /jobs/{job}/savepoints/{number}/verify`` is ``savepoint verify``; what is no request stays as it is."""
    method, _, route = action.removesuffix(_DRY).partition(" ")
    if not route.startswith("/"):
        return action
    parts = [part for part in route.split("/") if part and not part.startswith("{")]
    return (_PLAIN.get(f"{method} {'/'.join(parts)}") or _composed(method, parts)) + (_DRY if action.endswith(_DRY) else "")


def _composed(method: str, parts: list[str]) -> str:
    inner = parts[1:] if len(parts) > 1 and parts[0] in {"jobs", "executions"} else parts
    words = [_SINGULAR.get(part, part) for part in inner]
    if method == "POST":
        return " ".join(words) or "submit"
    return " ".join((_METHODS.get(method, method.lower()), *words))
