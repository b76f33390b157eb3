"""What is new in a spec, line by line: the generation that runs against the one before, the newest, and that of the newest
savepoint. Secrets are masked on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from runner.client import Client
from runner.model import Checkpoint, Job
from tui.draw.hocon import coloured
from tui.draw.line import Line, Span, Tone, line

_AROUND = 3
"""Equal lines that are shown around a change."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two generations with the words for each, the older one first."""

    old: int
    new: int
    words: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found: the ``step``-th of ``count`` pairs with the lines of both texts; without ``words`` there is none."""

    step: int
    count: int
    words: str = ""
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    def lines(self) -> list[Line]:
        """What is new, below the words for it."""
        changes = list(changed_lines("\n".join(self.old), "\n".join(self.new)))
        same = line(Span("   the same text; values from outside may differ", Tone.MUTED))
        return [line(Span(f" {self.words}", Tone.STRONG)), *(changes or [same])]


def pairs(job: Job, number: int, savepoints: Sequence[Checkpoint]) -> list[Pair]:
    """What the generation ``number``, which runs or ran last, can be compared with; ``savepoints``: the newest first."""
    over = job.execution is not None and job.execution.state.is_terminal
    here = f"generation {number}, which {'ran last' if over else 'runs'}"
    found = []
    if number > 1:
        found.append(Pair(number - 1, number, f"generation {number - 1} → {here}"))
    if job.generation > number:
        found.append(Pair(number, job.generation, f"{here} → generation {job.generation}, the newest"))
    newest = next(iter(savepoints), None)
    if newest is not None and newest.generation not in {number, number - 1}:
        found.append(Pair(newest.generation, number, f"generation {newest.generation} of savepoint #{newest.id} → {here}"))
    return found


def compare(client: Client, job: Job, number: int, step: int) -> Comparison:
    """The ``step``-th pair, from 1 on. Asks the daemon; raises what the client raises."""
    found = pairs(job, number, client.savepoints(job.id))
    if step > len(found):
        return Comparison(step, len(found))
    pair = found[step - 1]
    old, new = (tuple(client.generation(job.id, one).text.split("\n")) for one in (pair.old, pair.new))
    return Comparison(step, len(found), pair.words, old, new)


def changed_lines(old: str, new: str) -> Iterator[Line]:
    """What went with ``-`` and what came with ``+``, with their neighbours and the line numbers; nothing for equal texts."""
    sources = old.split("\n"), new.split("\n")
    spans = coloured(old), coloured(new)
    digits = len(str(max(map(len, sources))))
    for group in SequenceMatcher(None, *sources).get_grouped_opcodes(_AROUND):
        yield Line()
        for kind, *ends in group:
            sides = ((1, " ", ends[2:]),) if kind == "equal" else ((0, "-", ends[:2]), (1, "+", ends[2:]))
            for side, sign, (first, last) in sides:
                for index in range(first, last):
                    yield _signed(sign, index + 1, digits, spans[side][index])


def _signed(sign: str, number: int, digits: int, spans: Sequence[Span]) -> Line:
    tone = {"+": Tone.ACCENT_STRONG, "-": Tone.AMBER_STRONG}.get(sign, Tone.FAINT)
    shown = spans if sign != " " else [Span(span.text, Tone.MUTED) for span in spans]
    return line(Span(f" {sign} {number:>{digits}} ", tone), Span("│ ", Tone.FAINT), *shown)
