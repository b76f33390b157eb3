"""What a check found, and what a plan would change, as lines: as the command line shows them, in tones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runner.reload import PlannedChange
from spec.diagnostic import Diagnostic, Severity
from spec.plan.change import Action, Change, Effect
from spec.plan.text import plan_lines
from spec.render.escape import safe
from spec.render.text import render_text
from tui.draw.cells import fit, width, wrap
from tui.draw.line import Line, Span, Tone, fit_spans, line

_HEAD = re.compile(r"(?P<word>error|warning|note)(?P<code>\[[^\]]*\])(?P<rest>.*)")
_TONES = {"error": Tone.RED, "warning": Tone.AMBER, "note": Tone.MUTED}
_EFFECTS = {Effect.BREAKING: Tone.RED, Effect.RESTART: Tone.AMBER, Effect.SCALE: Tone.AMBER}
_MOST = 30
_ARROW = "--> "
_MOST_CHANGES = 200


def finding_lines(diagnostics: Sequence[Diagnostic], cells: int) -> list[Line]:
    """Each with its place, the line of the file and a caret; errors first."""
    ordered = sorted(diagnostics, key=lambda found: list(Severity).index(found.severity))
    lines: list[Line] = []
    for found in ordered[:_MOST]:
        tone = _TONES[str(found.severity)]
        texts = render_text([found], width=cells - 1, wrap=True).rstrip("\n").split("\n")
        lines += [Line(fit_spans(_spans(_with_its_end(text, cells - 1), tone), cells)) for text in texts]
        lines.append(Line())
    if len(ordered) > _MOST:
        lines.append(line(Span(f" and {len(ordered) - _MOST} more: flowdeck check shows all", Tone.MUTED)))
    return lines


def _with_its_end(text: str, cells: int) -> str:
    """Of a place that is too long the end: the file, the line and the column."""
    head, arrow, place = text.partition(_ARROW)
    room = cells - width(head) - len(_ARROW) - 1
    if not arrow or head.strip() or width(text) <= cells or room < 1:
        return text
    return f"{head}{arrow}…{place[-room:]}"


def _spans(text: str, tone: Tone) -> list[Span]:
    head = _HEAD.match(text)
    if head is not None:
        return [Span(f" {head['word']}{head['code']}", tone), Span(head["rest"], Tone.STRONG)]
    gutter, bar, rest = text.partition("|")
    if bar and not gutter.strip().strip("0123456789"):
        return [Span(f" {gutter}│", Tone.FAINT), Span(rest, tone if "^" in rest else Tone.TEXT)]
    return [Span(f" {text}", Tone.MUTED)]


def change_lines(changes: Sequence[PlannedChange], cells: int) -> list[Line]:
    """One line for each path, with the reason below it where both have no room beside each other, and longer values as a
    difference below that; the class of the change decides the tone."""
    shown = [list(plan_lines((_change(change),))) for change in changes[:_MOST_CHANGES]]
    parts = [(change, *_head_and_why(texts[0], change), texts[1:]) for change, texts in zip(changes, shown, strict=False)]
    widest = max((width(head) for _, head, _, _ in parts), default=0)
    beside = all(widest + 2 + width(why) <= cells for _, _, why, _ in parts)
    lines: list[Line] = []
    for change, head, why, rest in parts:
        tone = _EFFECTS.get(Effect(change.effect), Tone.TEXT)
        spans = [Span(fit(head, widest + 2) + why if beside else head, tone)]
        lines.append(Line(fit_spans(spans, cells)))
        if not beside:
            lines += [Line(fit_spans([Span(f"      {part}", Tone.MUTED)], cells)) for part in wrap(why, max(cells - 6, 10))]
        lines += [Line(fit_spans([Span(text, Tone.MUTED)], cells)) for text in rest]
    if len(changes) > _MOST_CHANGES:
        lines.append(line(Span(f"  and {len(changes) - _MOST_CHANGES} more: flowdeck plan shows all", Tone.MUTED)))
    return lines


def _head_and_why(text: str, change: PlannedChange) -> tuple[str, str]:
    """What changes, and the class of the change with its reason."""
    label = "" if change.effect == Effect.NEW else f"{change.effect:<8}  "
    why = f"{label}{safe(change.reason)}"
    return (text.removesuffix(why).rstrip(), why.strip()) if text.endswith(why) else (text, "")


def _change(change: PlannedChange) -> Change:
    return Change(change.path, Action(change.action), Effect(change.effect), change.reason, change.before, change.after)
