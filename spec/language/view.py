"""One text as an editor sees it: parsed once, asked many times."""

from __future__ import annotations

from functools import cached_property

from spec.document import Dialect
from spec.language.outline import Outline, read_outline
from spec.position import SourceText, Span
from spec.resolver.dialect import PROFILES
from spec.syntax import kinds
from spec.syntax.readings import parse
from spec.syntax.tree import ArraySyntax, ObjectSyntax, SyntaxTree


class DocumentView:
    """A text, its tree and its outline. Immutable; made anew for each version of the text."""

    def __init__(self, source: SourceText, dialect: Dialect) -> None:
        self.source = source
        self.dialect = dialect
        self.separator = PROFILES[dialect].separator

    @property
    def text(self) -> str:
        """The whole text."""
        return self.source.text

    @cached_property
    def tree(self) -> SyntaxTree:
        """The syntax tree; broken text has one too."""
        return parse(self.source)

    @cached_property
    def outline(self) -> Outline:
        """The sections and plugins."""
        return read_outline(self.tree, self.separator)

    def span(self, start: int, end: int) -> Span:
        """A span of this text."""
        return Span(self.source, start, end)

    def reach(self, block: ObjectSyntax | ArraySyntax) -> int:
        """The last offset at which one writes in ``block``: its closing brace, or if it has none the next thing."""
        tokens, at = self.tree.tokens, block.end
        if block.closed:
            return tokens.starts[at - 1]
        while tokens.kinds[at] in kinds.TRIVIA:
            at += 1
        return tokens.starts[at]

    def token_at(self, offset: int) -> int | None:
        """The token that ``offset`` lies in or right behind; a token that begins there is preferred to one that ends there,
        unless it is only a sign or a line break. None in whitespace."""
        tokens = self.tree.tokens
        last = self._last_token_from(offset)
        if last > 0 and tokens.starts[last] == tokens.ends[last]:
            last -= 1  # the end of the text is a token too, an empty one
        here = last if tokens.starts[last] <= offset < tokens.ends[last] else None
        before = last - 1 if here is not None else last
        ends_here = before >= 0 and tokens.ends[before] == offset
        if here is not None and (tokens.kinds[here] in kinds.SIMPLE or not ends_here or tokens.starts[here] < offset):
            return here
        return before if ends_here else None

    def _last_token_from(self, offset: int) -> int:
        """The last token that starts at or before ``offset``."""
        starts = self.tree.tokens.starts
        low, high = 0, len(starts)
        while low < high:
            middle = (low + high) // 2
            if starts[middle] <= offset:
                low = middle + 1
            else:
                high = middle
        return max(low - 1, 0)
