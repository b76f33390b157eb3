"""How much a document may grow by referring to itself."""

from __future__ import annotations

from typing import Final

from spec.errors import FlowdeckError
from spec.position import Span

OUTPUT_LIMIT: Final = 64 * 1024 * 1024
NODE_COST: Final = 160  # roughly what one value takes in memory, in bytes
SLOT_COST: Final = 256
ITEM_COST: Final = 72
REFERENCE_COST: Final = 64
DRAWN_COST: Final = 16  # a look at what a reference brought in
AGAIN_COST: Final = 1024  # an evaluation that must be done again elsewhere; bounds what tangled cycles cost in time


class Endless(FlowdeckError):
    """References make a value that contains itself; ``span`` is a reference on the way."""

    code = "endless-value"

    def __init__(self, span: Span) -> None:
        super().__init__(f"`{span.text}` stands inside the value that it refers to")
        self.span = span


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
