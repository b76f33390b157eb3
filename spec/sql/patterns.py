"""Regular expressions as job files write them (Java's) for the engine (RE2, which takes linear time).

The two agree on what data jobs use; look-around, backreferences and possessive quantifiers do not exist in RE2 and are refused.
"""

from __future__ import annotations

import re

_META = frozenset(".^$|?*+()[]{}\\")
_REFERENCE = re.compile(r"\\(.)|\$(\d)", re.DOTALL)


def literal_of(pattern: str) -> str | None:
    """The one text that ``pattern`` matches, None when it is a real pattern."""
    text = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\" and position + 1 < len(pattern) and not pattern[position + 1].isalnum():
            text.append(pattern[position + 1])
            position += 2
        elif character in _META:
            return None
        else:
            text.append(character)
            position += 1
    return "".join(text)


def replacement_of(text: str) -> str:
    r"""A Java replacement (``$1`` is a group, a backslash escapes) as RE2's (``\1``)."""

    def one(found: re.Match[str]) -> str:
        escaped, group = found.groups()
        if group is not None:
            return f"\\{group}"
        return "\\\\" if escaped == "\\" else str(escaped)

    return _REFERENCE.sub(one, text)
