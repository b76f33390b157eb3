"""`check --fix` and `check --diff`: the fixes of the findings go into the files, or are shown."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spec.check import CheckResult
from spec.checks.concealment import hidden_texts
from spec.fix.fixer import Fixed, fix_text
from spec.format.replacement import replace_text
from spec.position import MASK
from tui.cli.checking import Checker
from tui.cli.paths import STDIN
from tui.cli.terminal import clean_line

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file, what it said before, and what became of it."""

    path: str
    before: CheckResult
    fixed: Fixed

    @property
    def is_changed(self) -> bool:
        """Whether anything could be fixed."""
        return self.fixed.text != self.before.document.source.text

    def write(self) -> None:
        """Replace the file, whole or not at all. Raises UsageError when it was changed since it was read."""
        text = self.before.document.source.text
        mark = _BYTE_ORDER_MARK if _has_byte_order_mark(Path(self.path)) else ""
        replace_text(Path(self.path), text, mark + self.fixed.text)

    def difference(self) -> Iterator[str]:
        """A unified diff of what fixing changes, with secrets masked."""
        name = clean_line(self.before.document.source.name)
        secrets = {*hidden_texts(self.before.document.source), *hidden_texts(self.fixed.result.document.source)}
        lines = self.before.document.source.text.split("\n"), self.fixed.text.split("\n")
        for line in difflib.unified_diff(*lines, fromfile=name, tofile=f"{name} (fixed)", lineterm=""):
            for secret in secrets:
                line = line.replace(secret, MASK)
            yield f"{line}\n"


def fix_file(checker: Checker, path: str, *, unsafe: bool) -> FixedFile:
    """Check a file and fix its text, without writing it."""
    before = checker.check(path)
    return FixedFile(path, before, fix_text(before, lambda text: checker.check_text(text, path), unsafe=unsafe))


def _has_byte_order_mark(path: Path) -> bool:
    if str(path) == STDIN:
        return False
    with path.open("rb") as file:
        return file.read(3) == _BYTE_ORDER_MARK.encode()
