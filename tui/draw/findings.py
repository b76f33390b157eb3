"""What a check found, and what a plan would change, as lines: as the command line shows them, in tones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runner.reload import PlannedChange
from spec.diagnostic import Diagnostic, Severity
from spec.plan.change import Action, Change, Effect
from spec.plan.text import plan_lines
from spec.render.text import render_text
from tui.draw.line import Line, Span, Tone, fit_spans, line

_HEAD = re.compile(r"(?P<word>error|warning|note)(?P<code>\[[^\]]*\])(?P<rest>.*)")
_TONES = {"error": Tone.RED, "warning": Tone.AMBER, "note": Tone.MUTED}
_EFFECTS = {Effect.BREAKING: Tone.RED, Effect.RESTART: Tone.AMBER, Effect.SCALE: Tone.AMBER}
_MOST = 30
_MOST_CHANGES = 200


def finding_lines(diagnostics: Sequence[Diagnostic], cells: int) -> list[Line]:
    """Each with its place, the line of the file and a caret; errors first."""
    ordered = sorted(diagnostics, key=lambda found: list(Severity).index(found.severity))
    lines: list[Line] = []
    for found in ordered[:_MOST]:
        tone = _TONES[str(found.severity)]
        texts = render_text([found], width=cells - 1, wrap=True).rstrip("\n").split("\n")
        lines += [Line(fit_spans(_spans(text, tone), cells)) for text in texts]
        lines.append(Line())
    if len(ordered) > _MOST:
        lines.append(line(Span(f" and {len(ordered) - _MOST} more: flowdeck check shows all", Tone.MUTED)))
    return lines


def _spans(text: str, tone: Tone) -> list[Span]:
    head = _HEAD.match(text)
    if head is not None:
        return [Span(f" {head['word']}{head['code']}", tone), Span(head["rest"], Tone.STRONG)]
    gutter, bar, rest = text.partition("|")
    if bar and not gutter.strip().strip("0123456789"):
        return [Span(f" {gutter}│", Tone.FAINT), Span(rest, tone if "^" in rest else Tone.TEXT)]
    return [Span(f" {text}", Tone.MUTED)]


def change_lines(changes: Sequence[PlannedChange], cells: int) -> list[Line]:
    """One line for each path, longer values as a difference below it; the class of the change decides the tone."""
    lines: list[Line] = []
    for change in changes[:_MOST_CHANGES]:
        tone = _EFFECTS.get(Effect(change.effect), Tone.TEXT)
        first, *rest = plan_lines((_change(change),))
        lines.append(Line(fit_spans([Span(first, tone)], cells)))
        lines += [Line(fit_spans([Span(text, Tone.MUTED)], cells)) for text in rest]
    if len(changes) > _MOST_CHANGES:
        lines.append(line(Span(f"  and {len(changes) - _MOST_CHANGES} more: flowdeck plan shows all", Tone.MUTED)))
    return lines


def _change(change: PlannedChange) -> Change:
    return Change(change.path, Action(change.action), Effect(change.effect), change.reason, change.before, change.after)
