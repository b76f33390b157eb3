"""Comments that silence findings: ``# flowdeck: ignore[G405]`` on the line or the one above, ``# flowdeck: ignore-file[M701]``.

Only warnings and notes can be silenced. An error is a reason why the job cannot run, and a comment does not change that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from spec.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from spec.position import SourceText, Span
from spec.syntax import kinds
from spec.syntax.tokens import tokenize

_MARK: Final = "flowdeck:"
_COMMENT: Final = re.compile(r"(?:#|//)+[ \t]*flowdeck:[ \t]*(?P<verb>ignore[\w-]*)[ \t]*(?:\[(?P<codes>[^\]\n]*)\])?")
_CODE: Final = re.compile(r"[^\s,]+")
_FAMILY: Final = "F"
# Whether these are found depends on the engine and on the environment, not on the file alone: they may be needed elsewhere.
_ELSEWHERE: Final = frozenset("EIT")


@dataclass(slots=True)
class _Silenced:
    """One code of one comment. ``line`` is the line it silences, None for the whole file."""

    code: str
    span: Span
    comment: Span
    line: int | None
    alone: bool
    used: bool = False


@dataclass(slots=True)
class _Comments:
    silenced: list[_Silenced] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


def suppress(diagnostics: Iterable[Diagnostic], sources: Iterable[SourceText]) -> list[Diagnostic]:
    """``diagnostics`` without those that comments in ``sources`` silence, and with what is wrong with these comments."""
    found = list(diagnostics)
    marked = [source for source in sources if _MARK in source.text]
    if not marked:
        return found
    comments = _Comments()
    for source in marked:
        _read(source, comments)
    kept = [diagnostic for diagnostic in found if not _is_silenced(diagnostic, comments)]
    broken = any(diagnostic.severity is Severity.ERROR for diagnostic in found)
    return [*kept, *comments.problems, *(() if broken else _unused(comments.silenced))]


def _is_silenced(diagnostic: Diagnostic, comments: _Comments) -> bool:
    matching = [entry for entry in comments.silenced if entry.code == diagnostic.code and _covers(entry, diagnostic)]
    for entry in matching:
        if diagnostic.severity is Severity.ERROR and not entry.used:
            comments.problems.append(_refused(entry, diagnostic))
        entry.used = True
    return bool(matching) and diagnostic.severity is not Severity.ERROR


def _covers(entry: _Silenced, diagnostic: Diagnostic) -> bool:
    if diagnostic.primary is None:
        return entry.line is None and entry.span.source.name == diagnostic.file
    span = diagnostic.primary.span
    return span.source is entry.span.source and entry.line in (None, span.start_position()[0])


# --- reading comments ---------------------------------------------------------------------------------------------------


def _read(source: SourceText, comments: _Comments) -> None:
    tokens = tokenize(source)
    for index, kind in enumerate(tokens.kinds):
        if kind != kinds.COMMENT:
            continue
        match = _COMMENT.match(source.text, tokens.starts[index], tokens.ends[index])
        if match is None:
            continue
        alone = index == 0 or tokens.kinds[index - 1] == kinds.NEWLINE
        _read_comment(source, match, comments, alone=alone)


def _read_comment(source: SourceText, match: re.Match[str], comments: _Comments, *, alone: bool) -> None:
    comment = Span(source, match.start(), match.end())
    if match["verb"] not in ("ignore", "ignore-file") or match["codes"] is None or not match["codes"].strip():
        comments.problems.append(_malformed(comment))
        return
    line = None if match["verb"] == "ignore-file" else _silenced_line(source, match.start(), alone=alone)
    start = match.start("codes")
    for code in _CODE.finditer(match["codes"]):
        span = Span(source, start + code.start(), start + code.end())
        name = code[0].upper()
        if (problem := _unknown(name, span)) is not None:
            comments.problems.append(problem)
        else:
            comments.silenced.append(_Silenced(name, span, comment, line, alone))


def _silenced_line(source: SourceText, at: int, *, alone: bool) -> int:
    """The comment's own line; for one that stands alone, the next line that is not a comment."""
    line = source.line_column(at)[0]
    if not alone:
        return line
    last = len(source.line_starts())
    while line < last:
        line += 1
        if not source.line(line).lstrip().startswith(("#", "//")):
            break
    return line


# --- what is wrong with them --------------------------------------------------------------------------------------------


def _malformed(comment: Span) -> Diagnostic:
    return _warning(
        "F901",
        "this comment silences nothing: it does not say which codes",
        comment,
        "codes are missing",
        notes=("help: write # flowdeck: ignore[CODE], or # flowdeck: ignore-file[CODE] for the whole file",),
    )


def _unknown(code: str, span: Span) -> Diagnostic | None:
    from spec.checks.suggestion import suggest
    from spec.codes.registry import all_codes

    if code in all_codes() and not code.startswith(_FAMILY):
        return None
    if code.startswith(_FAMILY) and code in all_codes():
        return _warning("F901", f"{code} cannot be silenced: it is about such comments", span, "not for comments")
    suggestion = suggest(code, all_codes())
    note = suggestion.note() if suggestion.certain else ("help: flowdeck explain lists all codes",)
    return _warning("F901", f'there is no code "{code}" to silence', span, "unknown code", notes=note)


def _refused(entry: _Silenced, diagnostic: Diagnostic) -> Diagnostic:
    secondary = (Label(diagnostic.primary.span, "the error"),) if diagnostic.primary else ()
    return _warning(
        "F902",
        f"{entry.code} is an error here, and an error cannot be silenced: the job could not run",
        entry.span,
        "has no effect",
        secondary=secondary,
        notes=("help: mend the error, and remove this comment",),
    )


def _unused(silenced: Iterable[_Silenced]) -> Iterator[Diagnostic]:
    entries = list(silenced)
    for entry in entries:
        if entry.used or entry.code[0] in _ELSEWHERE:
            continue
        siblings = [other for other in entries if other.comment == entry.comment]
        where = "in this file" if entry.line is None else f"on line {entry.line}"
        fix = Fix(f"remove {entry.code}" if len(siblings) > 1 else "remove the comment", (_removal(entry, siblings),))
        yield _warning("F903", f"nothing {where} is a {entry.code}", entry.span, "silences nothing", fix=fix)


def _removal(entry: _Silenced, siblings: list[_Silenced]) -> Edit:
    """Take out the code, or the whole comment when it is the only one (what else the comment says stays)."""
    from spec.fix.removal import removal

    if len(siblings) > 1:
        return removal(entry.span)
    source, start, end = entry.comment.source, entry.comment.start, entry.comment.end
    line_end = source.text.find("\n", end)
    rest = source.text[end : len(source.text) if line_end < 0 else line_end].strip()
    if rest:
        return Edit(Span(source, start, end), "#")
    if not entry.alone:
        start = len(source.text[:start].rstrip(" \t"))
        return Edit(Span(source, start, end), "")
    return removal(entry.comment)


def _warning(
    code: str,
    message: str,
    span: Span,
    label: str,
    *,
    secondary: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    fix: Fix | None = None,
) -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, message, span.source.name, Label(span, label), secondary, notes, fix)
