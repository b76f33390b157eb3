"""The lines of the spec tab: numbered source text, diagnostics at their lines, and the banner of hot reload."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from runner.model import ReloadStatus
from runner.reload import ReloadState, WatchedFile
from tui.draw.cells import width, wrap
from tui.draw.findings import change_lines
from tui.draw.hocon import coloured
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import clock_time

Diagnostics = Sequence[Mapping[str, Any]]
_AGAIN = "save the file again to retry"
_SAYS = {
    "invalid": ("✗", Tone.RED_STRONG, "the file changed and does not check", _AGAIN),
    "blocked": (
        "✗",
        Tone.RED_STRONG,
        "the file changed in a way that a reload cannot take",
        "E edits it, or start it anew with it",
    ),
    "failed": ("✗", Tone.RED_STRONG, "the reload of the file failed, and nothing runs", "R restores it"),
    "rolled_back": ("✗", Tone.RED_STRONG, "the file changed, did not work, and was rolled back", _AGAIN),
    "upgrade_failed": ("✗", Tone.RED_STRONG, "the file changed and could not be taken over", _AGAIN),
    "orphaned": ("!", Tone.AMBER_STRONG, "the file is gone, or is another job now", "put it back to go on from it"),
    "pending_approval": ("!", Tone.AMBER_STRONG, "the file changed, and waits for your word", ""),
    "parsing": ("◐", Tone.AMBER_STRONG, "the file changed and is being read", ""),
    "validating": ("◐", Tone.AMBER_STRONG, "the file changed and is being checked", ""),
    "planning": ("◐", Tone.AMBER_STRONG, "the file changed and is being compared", ""),
    "upgrading": ("◐", Tone.AMBER_STRONG, "the file changed and is being taken over", ""),
    "rolling_back": ("◐", Tone.AMBER_STRONG, "the file changed, did not work, and is being rolled back", ""),
}
SILENT = "synced"
"""The outcome that needs no banner."""
_MOST = 5
"""Diagnostics spelled out in the banner."""


def numbered(text: str, diagnostics: Diagnostics, on_disk: Sequence[str]) -> list[Line]:
    """Every line of ``text`` with its number. A diagnostic of the file on disk stands under its line where both agree."""
    sources = text.split("\n")
    digits = max(len(str(len(sources))), 2)
    marks = _marks(diagnostics, sources, on_disk)
    lines: list[Line] = []
    for number, spans in enumerate(coloured(text), 1):
        gutter = Span(f" {number:>{digits}} ", Tone.RED if number in marks else Tone.FAINT)
        lines.append(line(gutter, Span("│ ", Tone.FAINT), *spans))
        lines += [_mark(found, digits) for found in marks.get(number, ())]
    return lines


def banner(
    reload: ReloadStatus, watched: WatchedFile | None, on_disk: Sequence[str], stays: str, cells: int, keys: tuple[str, str]
) -> list[Line]:
    """What hot reload made of the file, what stays as it is, each diagnostic with its line on disk, and what would change; the
    ``keys`` that apply and discard a change that waits."""
    sign, tone, says, then = _SAYS.get(reload.outcome, ("!", Tone.AMBER_STRONG, reload.outcome, ""))
    lines = [
        line(Span(f" {sign} {says}", tone), Span(f" at {clock_time(reload.at)}", Tone.MUTED)),
        line(Span(f"   {'; '.join(part for part in (stays, then) if part)}", Tone.MUTED)),
    ]
    if reload.message:
        lines += [line(Span(f"   {part}")) for part in wrap(reload.message, max(cells - 4, 10))]
    for found in list(reload.diagnostics)[:_MOST]:
        lines += _spelled(found, on_disk, cells)
    if len(reload.diagnostics) > _MOST:
        lines.append(line(Span(f"   and {len(reload.diagnostics) - _MOST} more: flowdeck check shows all", Tone.MUTED)))
    if watched is not None and watched.changes:
        lines += [Line(), *change_lines(watched.changes, cells)]
    if watched is not None and waits(watched):
        apply, discard = (Span(f"   {key}", Tone.ACCENT_STRONG) for key in keys)
        lines += [Line(), line(apply, Span(" apply it", Tone.MUTED), discard, Span(" leave the job as it is", Tone.MUTED))]
    return [*lines, line(Span(" " + "─" * (cells - 2), Tone.FAINT))]


def waits(watched: WatchedFile) -> bool:
    """Whether a change waits for somebody's word."""
    return watched.state is ReloadState.PENDING_APPROVAL


def _spelled(found: Mapping[str, Any], on_disk: Sequence[str], cells: int) -> list[Line]:
    number, column = position(found, "start")
    where = f"line {number}, column {column}" if number else "whole file"
    lines = [line(Span(f"   {found.get('code', '')} ", Tone.RED), Span(where, Tone.MUTED))]
    lines += [line(Span(f"   {part}")) for part in wrap(str(found.get("message", "")), max(cells - 4, 10))]
    if 0 < number <= len(on_disk):
        source = on_disk[number - 1]
        lines.append(line(Span(f"   {number:>4} │ ", Tone.FAINT), *coloured(source)[0]))
        label = str(found.get("label") or "")
        carets = Span(f"{'^' * _length(found, source)} {label}", Tone.RED)
        lines.append(line(Span(" " * 10 + " " * width(source[: column - 1])), carets))
    for note in found.get("notes") or ():
        lines += [line(Span(f"   {part}", Tone.MUTED)) for part in wrap(str(note), max(cells - 4, 10))]
    return lines


def _length(found: Mapping[str, Any], source: str) -> int:
    line_number, column = position(found, "start")
    end_line, end_column = position(found, "end")
    end = end_column if end_line == line_number else len(source) + 1
    return max(1, min(end - column, len(source) - column + 1))


def _marks(diagnostics: Diagnostics, sources: Sequence[str], on_disk: Sequence[str]) -> dict[int, list[Mapping[str, Any]]]:
    marks: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for found in diagnostics:
        number = position(found, "start")[0]
        if 0 < number <= len(sources) and number <= len(on_disk) and sources[number - 1] == on_disk[number - 1]:
            marks[number].append(found)
    return marks


def _mark(found: Mapping[str, Any], digits: int) -> Line:
    column = position(found, "start")[1]
    words = f"▲ {found.get('code', '')} {str(found.get('message', '')).splitlines()[0] if found.get('message') else ''}"
    return line(Span(" " * (digits + 2)), Span("│ ", Tone.FAINT), Span(" " * (column - 1)), Span(words, Tone.RED))


def position(found: Mapping[str, Any], end: str) -> tuple[int, int]:
    """The 1-based line and column of a diagnostic's ``start`` or ``end``; zeros when it has none."""
    where = found.get(end)
    if not isinstance(where, Mapping):
        return 0, 0
    return int(where.get("line") or 0), max(int(where.get("column") or 1), 1)
