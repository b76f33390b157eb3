"""Takes texts that nobody may see out of what is shown or written down: by their value, wherever they stand.

What is a secret is decided in :mod:`spec.job_secrets`; the job carries them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from spec.position import MASK

SHORTEST: Final = 4
"""A shorter secret would take too much with it; it is only hidden where it is the whole value of an option."""


class Redaction:
    """Puts a mask in the place of each of ``texts``, also as they are written inside addresses, JSON and SQL."""

    def __init__(self, texts: Iterable[str]) -> None:
        forms = {form for text in texts if len(text) >= SHORTEST for form in _forms(text)}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without them."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def data(self, value: Any) -> Any:
        """Plain data without them. Its depth is bounded by whoever read it."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.data(item) for key, item in value.items()}
        return [self.data(item) for item in value] if isinstance(value, list | tuple) else value


def _forms(text: str) -> tuple[str, ...]:
    escaped = msgspec.json.encode(text)[1:-1].decode()
    inside_sql = text.replace("'", "''"), text.replace("''", "'")
    return text, quote(text, safe=""), quote(text), escaped, repr(text)[1:-1], *inside_sql
