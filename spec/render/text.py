"""Diagnostics for a person at a terminal: what, where with a caret under it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spec.diagnostic import Diagnostic, Label
from spec.position import SourceText
from spec.render.escape import safe
from spec.render.palette import Palette
from spec.render.snippet import snippet, span_marks

DEFAULT_WIDTH = 120


def render_text(diagnostics: Iterable[Diagnostic], *, colour: bool = False, width: int = DEFAULT_WIDTH) -> str:
    """All diagnostics, a blank line after each; the empty string for none. ``width`` is the terminal's, for long lines."""
    palette = Palette(colour)
    return "".join(f"{render_diagnostic(diagnostic, palette, width)}\n\n" for diagnostic in diagnostics)


def render_diagnostic(diagnostic: Diagnostic, palette: Palette, width: int = DEFAULT_WIDTH) -> str:
    """One diagnostic, without a line break at its end."""
    return "\n".join(_lines(diagnostic, palette, width))


def _lines(diagnostic: Diagnostic, palette: Palette, width: int) -> Iterator[str]:
    head = palette.severity(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")
    yield f"{head}{palette.bold(f': {safe(diagnostic.message)}')}"
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
    yield from _notes(diagnostic, gutter, palette, snippets=bool(groups))


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


def _notes(diagnostic: Diagnostic, gutter: int, palette: Palette, *, snippets: bool) -> Iterator[str]:
    notes = [*diagnostic.notes]
    if diagnostic.fix is not None and not any(note.startswith("help:") for note in notes):
        notes.append(f"help: {diagnostic.fix.title}")
    if notes and snippets:
        yield palette.gutter(f"{' ' * gutter} |")
    for note in notes:
        word, text = ("help", note.removeprefix("help:").lstrip()) if note.startswith("help:") else ("note", note)
        yield f"{' ' * gutter} {palette.gutter('=')} {palette.help(f'{word}:')} {safe(text)}"
