"""From one text to another by edits of whole lines, so that the editor keeps cursor, folds and marks where nothing changed."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from spec.diagnostic import Edit
from spec.position import SourceText, Span

_MAXIMUM_LINES: Final = 5000  # comparing takes the square of the lines in the worst case


def line_edits(source: SourceText, wanted: str) -> list[Edit]:
    """Edits that make ``wanted`` of ``source``."""
    if source.text == wanted:
        return []
    old, new = source.text.splitlines(keepends=True), wanted.splitlines(keepends=True)
    if len(old) + len(new) > _MAXIMUM_LINES:
        return [Edit(Span(source, 0, len(source.text)), wanted)]
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    return [
        Edit(Span(source, starts[first], starts[last]), "".join(new[begin:end]))
        for tag, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
