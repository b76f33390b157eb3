"""Which of several readings of a text counts: a text whose braces do not balance can be read in more than one way."""

from __future__ import annotations

from typing import Final

from spec.position import SourceText, Span
from spec.syntax.codes import SyntaxCode
from spec.syntax.layout import Guide
from spec.syntax.parser import Parser
from spec.syntax.tokens import tokenize
from spec.syntax.tree import SyntaxTree

_UNBALANCED: Final = frozenset({SyntaxCode.UNCLOSED, SyntaxCode.STRAY_CLOSING})


def parse(source: SourceText) -> SyntaxTree:
    """The tree of any text. Problems are in ``problems``; the tree reprints to exactly ``source.text``.

    Where braces are missing or too many, the text is read again with an eye on its layout, which mostly tells where, and on
    the names of sections; the reading that finds the fewest problems counts.
    """
    tokens = tokenize(source)
    tree = Parser(tokens, Guide.NONE).run()
    if not any(problem.code in _UNBALANCED for problem in tree.problems):
        return tree
    guided, by_sections = (Parser(tokens, guide).run() for guide in (Guide.INDENTATION, Guide.SECTIONS))
    best = min((guided, by_sections, tree), key=_badness)
    if opening := _open_at_end(best):
        end = len(source.text)
        best.doubtful = Span(source, end if best is guided else opening.start, end)
    return best


def _badness(tree: SyntaxTree) -> tuple[int, bool]:
    return len(tree.problems), _open_at_end(tree) is not None


def _open_at_end(tree: SyntaxTree) -> Span | None:
    """Where the innermost block begins that is open at the end of the text, if one is."""
    for problem in tree.problems:
        if problem.code == SyntaxCode.UNCLOSED and problem.primary and not problem.primary.span.text:
            return problem.secondary[0].span
    return None
