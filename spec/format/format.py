"""Format a text: its canonical layout, or why it has none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spec.diagnostic import Diagnostic, Label, Severity
from spec.document import Dialect, ReadOptions, dialect_of
from spec.format.printer import print_tree
from spec.format.refusal import FormatRefused
from spec.format.sameness import says_the_same
from spec.position import SourceText, Span
from spec.syntax.codes import SyntaxCode
from spec.syntax.files import FILE_LIMIT, FileProblem, binary_problem, read_text_file
from spec.syntax.readings import parse
from spec.syntax.strict import check_json
from spec.syntax.tree import SyntaxTree


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and its canonical layout; ``text`` is None when ``diagnostics`` say why there is none."""

    source: SourceText
    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether the canonical layout differs from what was there."""
        return self.text is not None and self.text != self.source.text


def format_file(path: Path, dialect: Dialect | None = None) -> Formatted:
    """Format the file at ``path`` without touching it. Never raises for a file that cannot be read."""
    text = read_text_file(path)
    if isinstance(text, FileProblem):
        return _unreadable(SourceText(str(path), ""), text)
    return format_text(text, str(path), dialect)


def format_text(text: str, name: str, dialect: Dialect | None = None) -> Formatted:
    """Format ``text``. ``dialect`` None: by the name, as for a check. Text with syntax problems is not formatted.

    Raises :class:`FormatRefused` when the result would not say the same, or would itself be formatted differently.
    """
    source = SourceText(name, text)
    if len(text) > FILE_LIMIT:
        limit = FILE_LIMIT // (1024 * 1024)
        return _unreadable(source, FileProblem(SyntaxCode.TOO_LARGE, f"the text is larger than {limit} MiB"))
    if "\0" in text:
        return _unreadable(source, binary_problem(text.index("\0")))
    tree = parse(source)
    strict = () if tree.problems else check_json(tree)
    must_be_json = dialect_of(name, ReadOptions(dialect=dialect)) is Dialect.JSON
    if tree.problems or (must_be_json and strict):
        return Formatted(source, None, tree.problems or strict)
    # A text that is JSON stays JSON, whatever its file's name ends in.
    return Formatted(source, _format(tree, json=not strict))


def _format(tree: SyntaxTree, *, json: bool) -> str:
    text = print_tree(tree, json=json)
    if text == tree.source.text:
        return text
    again = parse(SourceText(tree.source.name, text))
    kept = not again.problems and says_the_same(tree, again) and not (json and check_json(again))
    if not kept or print_tree(again, json=json) != text:
        raise FormatRefused(tree.source.name)
    return text


def _unreadable(source: SourceText, problem: FileProblem) -> Formatted:
    notes = (problem.note,) if problem.note else ()
    primary = Label(Span(source, 0, 0)) if source.text else None
    return Formatted(
        source, None, (Diagnostic(str(problem.code), Severity.ERROR, problem.message, source.name, primary, notes=notes),)
    )
