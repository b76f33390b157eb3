"""The one small error hierarchy of flowdeck. Every room raises these; the faces render them."""

from __future__ import annotations

import copyreg
from typing import Any


class FlowdeckError(Exception):
    """A problem that a person can act on.

    ``code`` is stable and machine-readable (kebab-case), ``message`` says what happened, ``hint`` says what to do next.
    ``exit_code`` is what the command line exits with (1: the work failed, 2: usage, input or environment).
    """

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, whatever its class is made of: an error has to reach the parent of the process in which it was raised."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class UsageError(FlowdeckError):
    """The request itself cannot be carried out: a missing file, a wrong argument, an unusable environment."""

    code = "usage"
    exit_code = 2
