"""Diagnostics for a person at a terminal: what, where with a caret under it, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from spec.diagnostic import Diagnostic, Label
from spec.position import SourceText
from spec.render.escape import safe
from spec.render.palette import Palette
from spec.render.snippet import snippet, span_marks

DEFAULT_WIDTH = 120

_MINIMUM_WORDS = 30


def render_text(
    diagnostics: Iterable[Diagnostic], *, colour: bool = False, width: int = DEFAULT_WIDTH, wrap: bool = False
) -> str:
    """All diagnostics, a blank line after each; the empty string for none. ``width`` is the terminal's: lines of source are cut
    to it, and with ``wrap`` the words are wrapped at it (not for what is searched by line)."""
    palette = Palette(colour)
    return "".join(f"{render_diagnostic(diagnostic, palette, width, wrap=wrap)}\n\n" for diagnostic in diagnostics)


def render_diagnostic(diagnostic: Diagnostic, palette: Palette, width: int = DEFAULT_WIDTH, *, wrap: bool = False) -> str:
    """One diagnostic, without a line break at its end."""
    return "\n".join(_lines(diagnostic, palette, width, wrap=wrap))


def _lines(diagnostic: Diagnostic, palette: Palette, width: int, *, wrap: bool) -> Iterator[str]:
    words = width if wrap else None
    head = f"{diagnostic.severity}[{diagnostic.code}]"
    first, *more = _wrapped(safe(diagnostic.message), words, len(head) + 2)
    yield f"{palette.severity(diagnostic.severity, head)}{palette.bold(f': {first}')}"
    yield from (f"{' ' * (len(head) + 2)}{palette.bold(line)}" for line in more)
    groups = _by_source(diagnostic)
    gutter = max(
        (len(str(line)) for labels in groups.values() for label, _ in labels for line in _line_numbers(label)), default=1
    )
    if not groups:
        yield f"{' ' * gutter}{palette.gutter('-->')} {safe(diagnostic.file)}"
    for index, (source, labels) in enumerate(groups.items()):
        line, column = labels[0][0].span.start_position()
        arrow = "-->" if index == 0 else ":::"
        yield f"{' ' * gutter}{palette.gutter(arrow)} {safe(source.name)}:{line}:{column}"
        marks = [mark for label, primary in labels for mark in span_marks(label, primary=primary)]
        yield from snippet(source, marks, width - gutter - 3, gutter, diagnostic.severity, palette)
    yield from _notes(diagnostic, gutter, palette, words, snippets=bool(groups))


def _by_source(diagnostic: Diagnostic) -> dict[SourceText, list[tuple[Label, bool]]]:
    """Labels by the text they stand in, that of the primary label first."""
    groups: dict[SourceText, list[tuple[Label, bool]]] = {}
    if diagnostic.primary is not None:
        groups[diagnostic.primary.span.source] = [(diagnostic.primary, True)]
    for label in diagnostic.secondary:
        groups.setdefault(label.span.source, []).append((label, False))
    return groups


def _line_numbers(label: Label) -> tuple[int, int]:
    return label.span.start_position()[0], label.span.end_position()[0]


def _wrapped(text: str, width: int | None, indent: int) -> list[str]:
    """``text`` in lines that fit beside an indent; ``width`` None: on one line."""
    if width is None or indent + len(text) <= width:
        return [text]
    return textwrap.wrap(text, max(width - indent, _MINIMUM_WORDS), break_long_words=False, break_on_hyphens=False) or [""]


def _notes(diagnostic: Diagnostic, gutter: int, palette: Palette, width: int | None, *, snippets: bool) -> Iterator[str]:
    notes = [*diagnostic.notes]
    if diagnostic.fix is not None and not any(note.startswith("help:") for note in notes):
        notes.append(f"help: {diagnostic.fix.title}")
    if notes and snippets:
        yield palette.gutter(f"{' ' * gutter} |")
    for note in notes:
        word, text = ("help", note.removeprefix("help:").lstrip()) if note.startswith("help:") else ("note", note)
        indent = gutter + len(f" = {word}: ")
        first, *more = _wrapped(safe(text), width, indent)
        yield f"{' ' * gutter} {palette.gutter('=')} {palette.help(f'{word}:')} {first}"
        yield from (f"{' ' * indent}{line}" for line in more)
