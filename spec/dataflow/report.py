"""How findings about columns are told: what is missing, where the columns come from, and what may be meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from spec.checks.canonical import Origin, Path
from spec.checks.findings import Findings
from spec.checks.suggestion import suggest
from spec.checks.wiring import Node
from spec.dataflow.schema import Schema
from spec.diagnostic import Applicability, Fix, Label, Severity
from spec.position import Span

_SHOWN_WIDTH = 66


@dataclass(frozen=True, slots=True)
class Reporter:
    """Adds findings about one plugin. ``local``: the job is checked for the local engine, whose every limit is known."""

    node: Node
    findings: Findings
    local: bool

    def origin(self, *path: str | int) -> Origin:
        """Where the option at ``path`` was written."""
        return self.node.canonical.origin(path)

    @property
    def _origin_word(self) -> str:
        return "schema" if self.node.kind == "source" else "input"

    def missing_column(self, name: str, schema: Schema, path: Path, *, key: bool = False) -> str | None:
        """T503: the option at ``path`` names a column (by its key, if ``key``) that ``schema`` does not have. The one that must
        be meant, if there is such a one."""
        origin = self.origin(*path)
        at = origin.key_span if key and origin.key_span else origin.value
        suggestion = suggest(name, schema.names)
        self.findings.add(
            "T503",
            f'the {self.node} reads a column "{name}", which its {self._origin_word} does not have',
            at,
            label="no such column",
            secondary=made_label(schema),
            notes=suggestion.note() or column_note(schema),
            fix=unsafe(suggestion.fix(at if isinstance(at, Span) else at.span, name)),
            pointer=origin.pointer,
        )
        return suggestion.certain

    def twice(self, name: str, path: Path, *, key: bool = False, first: Span | None = None) -> None:
        """T504: the option at ``path`` gives a second column the name ``name``; ``first`` is where the other one gets it."""
        origin = self.origin(*path)
        self.findings.add(
            "T504",
            f'the {self.node} makes two columns "{name}"',
            origin.key_span if key and origin.key_span else origin.value,
            label="second column of this name",
            secondary=[Label(first, "first one")] if first else (),
            notes=(
                "help: give one of them another name" + ("; upper and lower case make no difference" if self.local else ""),
            ),
            pointer=origin.pointer,
        )

    def problem(
        self,
        code: str,
        message: str,
        at: Origin | Span,
        *,
        label: str = "",
        schema: Schema | None = None,
        notes: Iterable[str] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Any other finding; ``schema`` is the input's, to point at."""
        self.findings.add(
            code,
            message,
            at.value if isinstance(at, Origin) else at,
            label=label,
            severity=severity,
            secondary=made_label(schema) if schema else (),
            notes=tuple(notes),
            pointer=at.pointer if isinstance(at, Origin) else self.node.plugin.element.pointer,
        )


def made_label(schema: Schema) -> tuple[Label, ...]:
    """Points at where the columns come from."""
    words = f'the columns of "{schema.dataset}" come from here' if schema.dataset else "its columns come from here"
    return (Label(schema.made_at, words),)


def column_note(schema: Schema) -> tuple[str, ...]:
    """The columns there are, as far as they fit on a line."""
    if not schema.columns:
        return ()
    shown: list[str] = []
    width = 0
    for name in schema.names:
        width += len(name) + 2
        if shown and width > _SHOWN_WIDTH:
            return (f"columns: {', '.join(shown)} and {len(schema.columns) - len(shown)} more",)
        shown.append(name)
    return (f"columns: {', '.join(shown)}",)


def unsafe(fix: Fix | None) -> Fix | None:
    """A fix that only a person can judge."""
    return None if fix is None else replace(fix, applicability=Applicability.UNSAFE)
