"""Why a text is left as it is although nothing is wrong with it."""

from __future__ import annotations

from spec.errors import FlowdeckError


class FormatRefused(FlowdeckError):
    """The formatted text would not say the same as the original, which therefore stays as it is."""

    code = "format-refused"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}: left as it is, because the formatted text would not say exactly the same",
            hint="this is a defect of flowdeck; please report it with the file",
        )
