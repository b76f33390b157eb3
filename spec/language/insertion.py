"""How a completion is written into the text: with quotes, operators and braces as the place and the dialect need them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from spec.document import Dialect
from spec.language.completion_item import Completion, Kind
from spec.language.cursor import Cursor
from spec.language.view import DocumentView
from spec.position import Span

_BARE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Insertion:
    """A place to insert at. ``span`` is the text replaced, ``quote`` what stands around it and stays; ``name_only``: the key
    there has its operator and value already."""

    view: DocumentView
    span: Span
    quote: str
    name_only: bool = False

    def block(self, name: str, kind: Kind, detail: str, documentation: str = "", *, is_list: bool = False) -> Completion:
        """``name { }`` on three lines, the caret on the second. The indentation of the line is the editor's business."""
        opening, closing = "[]" if is_list else "{}"
        operator = ": " if self._is_json else " "
        return self._key(name, kind, detail, documentation, f"{operator}{opening}\n  ", f"\n{closing}")

    def list(self, name: str, kind: Kind, detail: str, documentation: str) -> Completion:
        """``name = [ ]``."""
        return self._key(name, kind, detail, documentation, f"{self._operator}[", "]")

    def scalar(self, name: str, kind: Kind, detail: str, documentation: str, *, quoted: bool) -> Completion:
        """``name = ``, with quotes for a text."""
        quote = '"' if quoted else ""
        return self._key(name, kind, detail, documentation, f"{self._operator}{quote}", quote)

    def value(
        self,
        value: str | float,
        kind: Kind,
        detail: str,
        documentation: str = "",
        *,
        bare: bool = False,
    ) -> Completion:
        """A value; a text gets quotes unless it stands in some, or it is ``bare`` and needs none."""
        label = value if isinstance(value, str) else json.dumps(value)
        text = label
        if self.quote == '"':
            text = json.dumps(label, ensure_ascii=False)[1:-1]
        elif not self.quote and isinstance(value, str) and (self._is_json or not bare or not _BARE.fullmatch(value)):
            text = json.dumps(value, ensure_ascii=False)
        return Completion(label, kind, self.span, text, len(text), label, detail, documentation)

    def text(self, text: str, kind: Kind, detail: str) -> Completion:
        """Text that is written as it is."""
        return Completion(text, kind, self.span, text, len(text), text, detail)

    @property
    def _is_json(self) -> bool:
        return self.view.dialect is Dialect.JSON

    @property
    def _operator(self) -> str:
        return ": " if self._is_json else " = "

    def _key(self, name: str, kind: Kind, detail: str, documentation: str, before: str, after: str) -> Completion:
        if self.quote:
            quoted = json.dumps(name, ensure_ascii=False)
            span = self._with_quotes()
            written, typed = (quoted, quoted)
        else:
            span = self.span
            bare = _BARE_KEY.fullmatch(name) and not self._is_json
            written, typed = (name if bare else json.dumps(name, ensure_ascii=False)), name
        if self.name_only:
            before = after = ""
        text = written + before + after
        return Completion(name, kind, span, text, len(written) + len(before), typed, detail, documentation)

    def _with_quotes(self) -> Span:
        size = len(self.quote)
        closed = self.view.text.startswith(self.quote, self.span.end)
        return self.view.span(self.span.start - size, self.span.end + (size if closed else 0))


def insertion(view: DocumentView, cursor: Cursor, *, name_only: bool) -> Insertion:
    """The insertion at a cursor."""
    return Insertion(view, cursor.word, cursor.quote, name_only)
