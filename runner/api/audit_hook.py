"""Puts every write of the API into the audit trail: who asked, for what, why, and how it ended. Once, around all routes."""

from __future__ import annotations

import re
import time
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from runner.api.access import Visitor, visitor_of
from runner.api.gateway import Gateway
from runner.audit import AuditEntry, AuditOutcome
from runner.model import Job
from runner.supervisor.audited_request import AuditedRequest, audited_as
from runner.transport import API_PREFIX
from spec.errors import FlowdeckError

ASKS_ONLY: Final = "flowdeck.asks_only"
"""Where a route says in the ASGI scope that the request asks what would be done, if its address does not say so."""
_WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_MAXIMUM_KEPT: Final = 64 * 1024
_MAXIMUM_REASON: Final = 500
_MAXIMUM_TARGET: Final = 300
_JOB_PATH = re.compile(re.escape(API_PREFIX) + r"/jobs/(?P<job>[^/]+)(?:/.*)?")
_TYPE = re.compile(r":\w+}")


class _Asked(msgspec.Struct):
    """What of a body is for the audit trail; everything else is nobody's business here."""

    reason: str = ""


class _Answered(msgspec.Struct):
    """What of an answer is for the audit trail."""

    id: Any = None
    name: Any = None
    generation: Any = None
    version: Any = None
    code: Any = ""


class AuditHook:
    """Around the application. Looking and asking for what would be done are no writes; who may not even ask is on record."""

    def __init__(self, application: ASGIApp, gateway: Gateway) -> None:
        self._application = application
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered, and put it on record."""
        if scope.get("method") not in _WRITING:
            await self._application(scope, receive, send)
            return
        former = await self._job(str(scope["path"]))
        watch = _Watch(receive, send)
        request = AuditedRequest(lambda: _begun(scope, watch, former))
        try:
            with audited_as(request):
                await self._application(scope, watch.receive, watch.send)
        finally:
            template = scope.get("path_template")
            if template and not (_only_asks(scope, str(template)) and _outcome(watch.status) is AuditOutcome.DONE):
                await self._gateway.audit.record(_entry(scope, str(template), visitor_of(scope), watch, former), request)

    async def _job(self, path: str) -> Job | None:
        match = _JOB_PATH.fullmatch(path)
        if match is None:
            return None
        try:
            return await self._gateway.service.job(match["job"])
        except FlowdeckError:  # there is none: the route says so
            return None


class _Watch:
    """Keeps the beginning of what goes in and out."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.status: int | None = None
        self.body = b""
        self.answer = b""
        self.repeated = False

    async def receive(self) -> HTTPReceiveMessage:
        """Read on."""
        message: Any = await self._receive()
        if message["type"] == "http.request" and len(self.body) < _MAXIMUM_KEPT:
            self.body += message.get("body", b"")
        return message  # type: ignore[no-any-return]

    async def send(self, message: Message) -> None:
        """Send on."""
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            self.repeated = any(name.lower() == b"idempotency-replayed" for name, _ in message["headers"])
        elif message["type"] == "http.response.body" and len(self.answer) < _MAXIMUM_KEPT:
            self.answer += message.get("body", b"")
        await self._send(message)


def _begun(scope: Scope, watch: _Watch, former: Job | None) -> AuditEntry:
    """What is known when something is changed for the request, and not yet how it ends. In any thread."""
    entry = _entry(scope, str(scope.get("path_template", scope["path"])), visitor_of(scope), watch, former)
    return msgspec.structs.replace(entry, outcome=AuditOutcome.DONE, status=None, code="")


def _entry(scope: Scope, template: str, visitor: Visitor, watch: _Watch, former: Job | None) -> AuditEntry:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=100)
    asked = _decode(watch.body, _Asked)
    answered = _decode(watch.answer, _Answered)
    is_job = isinstance(answered.generation, int) and isinstance(answered.id, str)
    target = "/".join(str(value) for value in scope.get("path_params", {}).values()) or next(iter(query.get("queue", ())), "")
    reason = asked.reason or next(iter(query.get("reason", ())), "")
    dry_run = " (dry run)" if query.get("dry_run") == ["true"] else ""
    repeated = " (answered again)" if watch.repeated else ""
    return AuditEntry(
        at=time.time(),
        who=visitor.name,
        action=f"{scope['method']} {_TYPE.sub('}', template.removeprefix(API_PREFIX))}{dry_run}{repeated}",  # type: ignore[typeddict-item]
        target=(target or (str(answered.name) if is_job else ""))[:_MAXIMUM_TARGET],
        job_id=former.id if former is not None else str(answered.id) if is_job else None,
        reason=reason[:_MAXIMUM_REASON],
        remote=visitor.remote,
        outcome=_outcome(watch.status),
        status=watch.status,
        code=str(answered.code)[:100] if (watch.status or 500) >= 400 else "",
        generation_before=former.generation if former is not None else None,
        generation_after=answered.generation if is_job else None,
        version_before=former.version if former is not None else None,
        version_after=answered.version if is_job and isinstance(answered.version, int) else None,
    )


def _only_asks(scope: Scope, template: str) -> bool:
    """Whether the request asks what would be done: dialogs do so every few seconds."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=100)
    return query.get("dry_run") == ["true"] or template.endswith("/plan") or scope.get(ASKS_ONLY) is True


def _outcome(status: int | None) -> AuditOutcome:
    if status is None or status >= 500:
        return AuditOutcome.FAILED
    return AuditOutcome.DONE if status < 400 else AuditOutcome.REFUSED


def _decode(body: bytes, kind: Any) -> Any:
    """The wanted fields of a JSON object; the defaults for everything else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return kind()
