"""A text and what is known around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from spec.dataflow.schema import DatasetSchema
from spec.language.view import DocumentView

Datasets: TypeAlias = Mapping[str, DatasetSchema]


@dataclass(frozen=True, slots=True)
class Known:
    """``view`` is the text asked about, ``included`` the texts that it includes, ``datasets`` the columns of the job's datasets
    by their names; both are of the newest text that a check could read, and may be a little older than ``view``."""

    view: DocumentView
    included: tuple[DocumentView, ...] = ()
    datasets: Datasets = field(default_factory=dict)

    @property
    def views(self) -> tuple[DocumentView, ...]:
        """All the texts, the one asked about first."""
        return (self.view, *self.included)
