"""Takes secrets out of what the checks say. (Snippets hide them by themselves: the source text knows them.)"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile

from spec.checks.secret_text import names_a_secret
from spec.diagnostic import Diagnostic, Fix, Label
from spec.position import MASK, SourceText, Span

_RECOGNISABLE = 6
_VARIABLE = "<-i>"


def conceal(diagnostics: Iterable[Diagnostic], secrets: Iterable[str] = ()) -> tuple[Diagnostic, ...]:
    """The diagnostics with every secret in their words masked: what their source texts hide, and ``secrets``. Fixes keep their
    edits: those only go into the file."""
    found = tuple(diagnostics)
    sources = {label.span.source: None for diagnostic in found for label in _labels(diagnostic)}
    hidden = {*secrets, *(text for source in sources for text in hidden_texts(source))}
    if not hidden:
        return found
    everywhere = {text for text in hidden if len(text) >= _RECOGNISABLE}
    for source in sources:
        if source.name == _VARIABLE:  # each use of a variable has a source text of its own
            _hide_all(source, everywhere)
    return tuple(_concealed(diagnostic, everywhere) for diagnostic in found)


def _hide_all(source: SourceText, secrets: Iterable[str]) -> None:
    for secret in secrets:
        at = source.text.find(secret)
        if at >= 0:
            source.hide(at, at + len(secret))


def hidden_texts(source: SourceText) -> tuple[str, ...]:
    """What must not be shown of a text."""
    return tuple(source.text[start:end] for start, end in source.hidden())


def reveals_secret(fix: Fix) -> bool:
    """Whether a program that gets the edits of ``fix`` would see a secret."""
    return any(secret in edit.text for edit in fix.edits for secret in hidden_texts(edit.span.source))


def _labels(diagnostic: Diagnostic) -> tuple[Label, ...]:
    return (diagnostic.primary, *diagnostic.secondary) if diagnostic.primary else diagnostic.secondary


def _concealed(diagnostic: Diagnostic, everywhere: set[str]) -> Diagnostic:
    touched = {text for label in _labels(diagnostic) for text in _touched(label.span)}
    if not everywhere and not touched:
        return diagnostic
    secrets = sorted({form for text in everywhere | touched for form in _forms(text)}, key=lambda form: (-len(form), form))
    fix = diagnostic.fix
    return replace(
        diagnostic,
        message=_masked(diagnostic.message, secrets),
        primary=_label(diagnostic.primary, secrets) if diagnostic.primary else None,
        secondary=tuple(_label(label, secrets) for label in diagnostic.secondary),
        notes=tuple(_masked(note, secrets) for note in diagnostic.notes),
        fix=replace(fix, title=_masked(fix.title, secrets)) if fix else None,
    )


def _forms(secret: str) -> tuple[str, ...]:
    """A secret as it stands in the file, and as messages quote it."""
    return secret, json.dumps(secret, ensure_ascii=False)[1:-1]


def _label(label: Label, secrets: list[str]) -> Label:
    return Label(label.span, _masked(label.message, secrets))


def _touched(span: Span) -> list[str]:
    return [span.source.text[start:end] for start, end in span.source.hidden() if start <= span.end and span.start <= end]


def _masked(words: str, secrets: list[str]) -> str:
    """``words`` without the secrets; of a long one the beginning counts, because messages cut long values."""
    for secret in secrets:
        if names_a_secret(secret):  # "password" is a word of the messages, too: there only what is quoted as a value counts
            words = words.replace(f'the text "{secret}"', f'the text "{MASK}"').replace(
                f'"{secret}" is not', f'"{MASK}" is not'
            )
        elif len(secret) > _RECOGNISABLE:
            words = _without_long(words, secret)
        else:
            words = _without_short(words, secret)
    return words


def _without_short(words: str, secret: str) -> str:
    """Only where it stands alone: a letter or two are in every other word."""
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, words)


def _without_long(words: str, secret: str) -> str:
    beginning = secret[:_RECOGNISABLE]
    at = words.find(beginning)
    while at >= 0:
        pairs = zip(words[at:], secret, strict=False)
        length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        words = words[:at] + MASK + words[at + length :]
        at = words.find(beginning, at + len(MASK))
    return words
