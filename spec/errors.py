"""The one small error hierarchy of flowdeck. Every room raises these; the faces render them."""

from __future__ import annotations


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


class UsageError(FlowdeckError):
    """The request itself cannot be carried out: a missing file, a wrong argument, an unusable environment."""

    code = "usage"
    exit_code = 2
