"""How much a document may grow by referring to itself."""

from __future__ import annotations

from typing import Final

from spec.errors import FlowdeckError
from spec.position import Span

OUTPUT_LIMIT: Final = 64 * 1024 * 1024
NODE_COST: Final = 64  # roughly what one value takes in memory, in bytes
SLOT_COST: Final = 96
REFERENCE_COST: Final = 32


class OutputTooLarge(FlowdeckError):
    """Substitution made more output than a document may have; ``span`` is the reference that went too far."""

    code = "output-too-large"

    def __init__(self, span: Span) -> None:
        super().__init__(f"references in this document make more than {OUTPUT_LIMIT // (1024 * 1024)} MiB of values")
        self.span = span


class Budget:
    """Counts the approximate bytes that references add to a document; the text's own values are bounded by its size."""

    def __init__(self, limit: int = OUTPUT_LIMIT) -> None:
        self._left = limit

    def spend(self, amount: int, span: Span) -> None:
        """Count ``amount`` more bytes, caused by ``span``; raise :class:`OutputTooLarge` when none are left."""
        self._left -= amount
        if self._left < 0:
            raise OutputTooLarge(span)
