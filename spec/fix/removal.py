"""The edit that takes a field out of a text, with what only belonged to it: its line, or a comma beside it."""

from __future__ import annotations

import re

from spec.diagnostic import Applicability, Edit, Fix
from spec.position import Span

_BEFORE = re.compile(r"[ \t]*\Z")
_AFTER = re.compile(r"[ \t]*,?[ \t]*\r?(?:\n|\Z)")
_COMMENT_AFTER = re.compile(r"[ \t]*,?[ \t]*(?=#|//)")
_COMMA_AFTER = re.compile(r"[ \t]*,[ \t]*")
_COMMA_BEFORE = re.compile(r"[ \t]*,[ \t]*\Z")


def removal_of(key: Span | None, value: Span, title: str, applicability: Applicability = Applicability.SAFE) -> Fix | None:
    """The fix that removes the field from ``key`` to ``value``; None when they do not stand next to each other in one text (the
    value came from elsewhere, or the key is a piece of a longer one)."""
    if key is None or key.source is not value.source or not key.end <= value.start:
        return None
    if not re.fullmatch(r"\s*(?:\+?=|:)?\s*", key.source.text[key.end : value.start]):
        return None
    return Fix(title, (removal(Span(key.source, key.start, value.end)),), applicability)


def removal(span: Span) -> Edit:
    """Remove ``span``: its whole lines where nothing else is on them, else with the comma that separates it."""
    text = span.source.text
    line = text.rfind("\n", 0, span.start) + 1
    alone_before = _BEFORE.match(text, line, span.start) is not None
    after = _AFTER.match(text, span.end)
    if alone_before and after:
        return Edit(Span(span.source, line, after.end()), "")
    if alone_before and (comment := _COMMENT_AFTER.match(text, span.end)):
        return Edit(Span(span.source, span.start, comment.end()), "")
    if comma := _COMMA_AFTER.match(text, span.end):
        return Edit(Span(span.source, span.start, comma.end()), "")
    before = _COMMA_BEFORE.search(text, line, span.start)
    start = before.start() if before else span.start
    return Edit(Span(span.source, start, span.end), "")
