"""Find and read included files, inside one directory tree and within bounds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from spec.diagnostic import Label, Severity
from spec.position import SourceText, Span
from spec.resolver.codes import ResolveCode
from spec.resolver.findings import Findings
from spec.resolver.nodes import Via
from spec.syntax.codes import SyntaxCode
from spec.syntax.files import FileProblem, read_text_file
from spec.syntax.strings import decode_raw, decode_string
from spec.syntax.tree import IncludeSyntax

INCLUDE_DEPTH: Final = 16
INCLUDE_FILES: Final = 64
INCLUDE_CHARACTERS: Final = 16 * 1024 * 1024
# A name without a suffix stands for all of these that exist; what a later one says wins.
_GUESSED_SUFFIXES: Final = (".properties", ".json", ".conf")
_INSIDE: Final = "help: copy the file into that directory"
_NO_LOOP: Final = "help: move what both need into a third file, and include that"


@dataclass(slots=True, eq=False)
class Included:
    """One included text, where it lies and the include statements that led to it, outermost first."""

    source: SourceText
    path: Path
    via: Via
    chain: tuple[Path, ...]

    @property
    def is_json(self) -> bool:
        """Whether JSON's grammar applies to it."""
        return self.path.suffix.lower() == ".json"

    @property
    def is_properties(self) -> bool:
        """Whether it is lines of ``key = text`` as Java writes them."""
        return self.path.suffix.lower() == ".properties"


@dataclass(slots=True, eq=False)
class Includer:
    """Reads included files below ``root`` (symbolic links are followed before the check). None: includes are refused."""

    root: Path | None
    findings: Findings
    inclusions: dict[SourceText, Via] = field(default_factory=dict)
    """The texts that were included, each with the include statements that first led to it, outermost first."""
    _texts: dict[Path, SourceText] = field(default_factory=dict)
    _includes: int = 0
    _characters: int = 0

    def load(self, syntax: IncludeSyntax, span: Span, name_token: str, parent: Included) -> list[Included]:
        """The texts that an include in ``parent`` names, the strongest last; a finding says why one cannot be read."""
        name = decode_raw(name_token) if name_token.startswith('"""') else decode_string(name_token)
        if self._refused(syntax, span, name, len(parent.chain)):
            return []
        texts: list[Included] = []
        for path in self._locate(syntax, span, name, parent):
            source = None if self._loops(path, span, parent) else self._read(path, span, name)
            if source is not None:
                via = (*parent.via, span)
                self.inclusions.setdefault(source, via)
                texts.append(Included(source, path, via, (*parent.chain, path)))
        return texts

    def _read(self, path: Path, span: Span, name: str) -> SourceText | None:
        """The text of a file; read once, however often it is included."""
        self._includes += 1
        if path in self._texts:
            return self._texts[path]
        text = read_text_file(path, beneath=self.root)
        if isinstance(text, FileProblem):
            self.findings.add(ResolveCode.INCLUDE_UNREADABLE, span, f"cannot include {name!r}: {text.message}")
            return None
        self._characters += len(text)
        if self._characters > INCLUDE_CHARACTERS:
            message = f"the included files are larger than {INCLUDE_CHARACTERS // (1024 * 1024)} MiB together"
            self.findings.add(ResolveCode.INCLUDE_TOO_MANY, span, message)
            return None
        source = self._texts[path] = SourceText(str(path), text)
        return source

    def _refused(self, syntax: IncludeSyntax, span: Span, name: str, depth: int) -> bool:
        """Refuse what is never read, whatever the file system says."""
        add = self.findings.add
        if syntax.kind in ("url", "classpath"):
            note = "include a file instead; nothing is ever fetched"
            add(ResolveCode.INCLUDE_REFUSED, span, f"include {syntax.kind}(...) is not supported", notes=(note,))
        elif self.root is None:
            add(ResolveCode.INCLUDE_REFUSED, span, "includes are not allowed here")
        elif not _is_file_name(name):
            add(SyntaxCode.BAD_INCLUDE, span, "an include needs a file name")
        elif depth > INCLUDE_DEPTH:
            add(ResolveCode.INCLUDE_TOO_MANY, span, f"includes are nested more than {INCLUDE_DEPTH} deep")
        elif self._includes >= INCLUDE_FILES:
            add(ResolveCode.INCLUDE_TOO_MANY, span, f"more than {INCLUDE_FILES} includes")
        else:
            return False
        return True

    def _locate(self, syntax: IncludeSyntax, span: Span, name: str, parent: Included) -> list[Path]:
        """The real paths of the files that exist, when all of them lie below the root."""
        wanted = parent.path.parent / name
        found = [wanted] if _is_there(wanted) else []
        if not found and not syntax.kind and wanted.name and wanted.suffix not in _GUESSED_SUFFIXES:
            guesses = (wanted.with_name(wanted.name + suffix) for suffix in _GUESSED_SUFFIXES)
            found = [path for path in guesses if _is_there(path)]
        if not all(map(self._is_inside, found or [wanted])):
            message = f"{name!r} lies outside of the directory that includes are confined to"
            self.findings.add(ResolveCode.INCLUDE_OUTSIDE, span, message, notes=(f"the directory is {self.root}", _INSIDE))
            return []
        if not found:
            self._missing(syntax, span, name)
        return [Path(os.path.realpath(path)) for path in found]

    def _is_inside(self, path: Path) -> bool:
        if self.root is None:
            return False
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root))

    def _missing(self, syntax: IncludeSyntax, span: Span, name: str) -> None:
        if syntax.required:
            self.findings.add(ResolveCode.INCLUDE_MISSING, span, f"there is no file {name!r} to include")
            return
        message = f"there is no file {name!r} to include; the include is ignored"
        notes = (f'write include required("{name}") to make this an error',)
        self.findings.add(ResolveCode.INCLUDE_MISSING, span, message, severity=Severity.WARNING, notes=notes)

    def _loops(self, path: Path, span: Span, parent: Included) -> bool:
        if path not in parent.chain:
            return False
        outer = tuple(Label(step, "included from here") for step in parent.via)
        self.findings.add(ResolveCode.INCLUDE_LOOP, span, f"{path.name} includes itself", secondary=outer, notes=(_NO_LOOP,))
        return True


def _is_there(path: Path) -> bool:
    return os.path.lexists(path) and not os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for odd names


def _is_file_name(name: str) -> bool:
    """Whether the file system can be asked for ``name`` at all."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return bool(name) and "\0" not in name
