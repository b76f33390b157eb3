"""What can be wrong with a savepoint's directory."""

from __future__ import annotations

from spec.errors import FlowdeckError


class SavepointInvalid(FlowdeckError):
    """The directory is no savepoint, or not the one that was written: nothing is taken from it."""

    code = "savepoint-invalid"
    exit_code = 2


class SavepointNotWritten(FlowdeckError):
    """The directory could not be written; the savepoint itself is safe in the store."""

    code = "savepoint-not-written"
