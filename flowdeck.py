"""The public names of flowdeck, for scripts and plugin authors. Everything else may move between versions.

Importing this module is cheap: each name is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.async_client import AsyncClient
    from runner.client import ApiError, Client, DaemonUnreachable, WaitTimeout
    from runner.endpoint import parse_server
    from runner.home import Home
    from runner.job_file import job_file
    from runner.model import Checkpoint, CheckpointKind, Cleanup, Event, Execution, Job, KeyScope
    from runner.operation import Effects, Operation
    from runner.requests import (
        CancelQueuedRequest,
        DecisionRequest,
        EditRequest,
        KeyRequest,
        LookRequest,
        PauseRequest,
        RecoverRequest,
        RestartRequest,
        RotateRequest,
        SavepointRequest,
        StartRequest,
        StopRequest,
        SubmitRequest,
        UpdateRequest,
        WorkersRequest,
    )
    from runner.states import ExecutionState
    from runner.transport import ErrorSpan
    from runner.waiting import is_over, is_running
    from spec.check import CheckResult, check_file, check_text
    from spec.document import Dialect, ReadOptions
    from spec.errors import FlowdeckError

__all__ = [
    "ApiError",
    "AsyncClient",
    "CancelQueuedRequest",
    "CheckResult",
    "Checkpoint",
    "CheckpointKind",
    "Cleanup",
    "Client",
    "DaemonUnreachable",
    "DecisionRequest",
    "Dialect",
    "EditRequest",
    "Effects",
    "ErrorSpan",
    "Event",
    "Execution",
    "ExecutionState",
    "FlowdeckError",
    "Home",
    "Job",
    "KeyRequest",
    "KeyScope",
    "LookRequest",
    "Operation",
    "PauseRequest",
    "ReadOptions",
    "RecoverRequest",
    "RestartRequest",
    "RotateRequest",
    "SavepointRequest",
    "StartRequest",
    "StopRequest",
    "SubmitRequest",
    "UpdateRequest",
    "WaitTimeout",
    "WorkersRequest",
    "check_file",
    "check_text",
    "is_over",
    "is_running",
    "job_file",
    "parse_server",
]

_PLACES = {
    "runner.async_client": ("AsyncClient",),
    "runner.client": ("ApiError", "Client", "DaemonUnreachable", "WaitTimeout"),
    "runner.endpoint": ("parse_server",),
    "runner.home": ("Home",),
    "runner.job_file": ("job_file",),
    "runner.model": ("Checkpoint", "CheckpointKind", "Cleanup", "Event", "Execution", "Job", "KeyScope"),
    "runner.operation": ("Effects", "Operation"),
    "runner.requests": (
        *("CancelQueuedRequest", "DecisionRequest", "EditRequest", "KeyRequest", "LookRequest", "PauseRequest"),
        *("RecoverRequest", "RestartRequest", "RotateRequest", "SavepointRequest", "StartRequest", "StopRequest"),
        *("SubmitRequest", "UpdateRequest", "WorkersRequest"),
    ),
    "runner.states": ("ExecutionState",),
    "runner.transport": ("ErrorSpan",),
    "runner.waiting": ("is_over", "is_running"),
    "spec.check": ("CheckResult", "check_file", "check_text"),
    "spec.document": ("Dialect", "ReadOptions"),
    "spec.errors": ("FlowdeckError",),
}
_MODULE_OF = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
