"""Read one ``include`` line in any of its forms."""

from __future__ import annotations

import re
from typing import Final

from spec.syntax import kinds
from spec.syntax.tokens import Tokens
from spec.syntax.tree import IncludeSyntax

_FORM: Final = re.compile(r"(?P<required>required\()?(?:(?P<kind>file|url|classpath)\()?")


def read_include(tokens: Tokens, first: int, end: int) -> IncludeSyntax | None:
    """The include in tokens ``[first, end)``, which start with the word ``include``; None when it has no legal form.

    Legal are ``include "name"``, ``file("name")``, ``url("...")``, ``classpath("...")``, and ``required(...)`` around each.
    """
    names = [index for index in range(first + 1, end) if tokens.kinds[index] in (kinds.STRING, kinds.RAW_STRING)]
    if len(names) != 1:
        return None
    name = names[0]
    before = "".join(tokens.text(index) for index in range(first + 1, name) if tokens.kinds[index] not in kinds.TRIVIA)
    after = "".join(tokens.text(index) for index in range(name + 1, end))
    form = _FORM.fullmatch(before)
    if form is None or after != ")" * before.count("("):
        return None
    return IncludeSyntax(first, end, name, form["kind"] or "", form["required"] is not None)
