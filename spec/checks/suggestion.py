"""Did-you-mean: which known names a misspelt one may stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from spec.diagnostic import Applicability, Edit, Fix
from spec.position import Span

_SIMILAR = 0.68
_TRANSPOSED = 0.85  # cvs for csv
_CERTAIN = 0.8
_CLEARLY_BETTER = 0.08
_MAXIMUM_SUGGESTIONS = 3
_MAXIMUM_LENGTH = 128
_REMEMBERED = 8192  # similarities: many files have the same mistake


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Known names near a misspelt one, best first. ``certain`` is the only one that can be meant, if there is such a one."""

    names: tuple[str, ...] = ()
    certain: str | None = None

    def note(self) -> tuple[str, ...]:
        """The help line to show, or nothing."""
        if not self.names:
            return ()
        names = self.names[:1] if self.certain else self.names
        return ("help: did you mean " + " or ".join(f'"{name}"' for name in names) + "?",)

    def fix(self, span: Span | None, written: str) -> Fix | None:
        """The replacement of ``written`` at ``span``; None unless certain and the text there is just that name. Unsafe: only
        the author knows what was meant."""
        if self.certain is None or span is None or span.text.strip('"') != written:
            return None
        quote = '"' if span.text.startswith('"') else ""
        edits = (Edit(span, f"{quote}{self.certain}{quote}"),)
        return Fix(f'replace "{written}" by "{self.certain}"', edits, Applicability.UNSAFE)


def suggest(written: str, known: Iterable[str], taken: Collection[str] = ()) -> Suggestion:
    """The names of ``known`` that ``written`` may stand for. Case, dots, dashes and underscores count little; a name in
    ``taken`` (there already) is never certain."""
    if len(written) > _MAXIMUM_LENGTH:
        return Suggestion()
    similar = ((_similarity(written, name), name) for name in known)
    near = sorted((pair for pair in similar if pair[0] >= _SIMILAR), key=lambda pair: (-pair[0], pair[1]))[
        :_MAXIMUM_SUGGESTIONS
    ]
    if not near:
        return Suggestion()
    best, name = near[0]
    second = near[1][0] if len(near) > 1 else 0.0
    certain = best >= _CERTAIN and best - second >= _CLEARLY_BETTER and name not in taken
    return Suggestion(tuple(name for _, name in near), name if certain else None)


@lru_cache(_REMEMBERED)
def _similarity(written: str, name: str) -> float:
    same_letters = len(written) > len("id") and sorted(written.lower()) == sorted(name.lower())
    plain = _TRANSPOSED if same_letters else _ratio(written, name)
    return max(plain, _ratio(_bare(written), _bare(name)) - 0.01)


def _ratio(written: str, name: str) -> float:
    """How alike two texts are; 0 when certainly too little to matter, which most pairs are."""
    if 2 * min(len(written), len(name)) < _SIMILAR * (len(written) + len(name)):
        return 0.0
    matcher = SequenceMatcher(None, written, name)
    return matcher.ratio() if matcher.quick_ratio() >= _SIMILAR else 0.0


def _bare(name: str) -> str:
    return name.lower().replace(".", "").replace("_", "").replace("-", "")
