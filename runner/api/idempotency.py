"""Requests with an ``Idempotency-Key``: carried out once, and answered again when they are repeated, with the same answer.

Only answers of routes are kept: what was refused before (not let in, not understood) did nothing and may be tried again. A
route whose answer holds a secret takes no key: nothing of it is kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from litestar import Request, Response
from litestar.serialization import encode_json
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from runner.api.access import visitor_of
from runner.store.errors import StoreError
from runner.store.idempotency import RecordedAnswer, RecordedRequest
from runner.supervisor.keyed_request import KeyedRequest, KeyInUse, current_request, work_for
from runner.supervisor.repeats import Repeats
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_CLAIM: Final = "flowdeck.claim"
_KEY: Final = re.compile(r"[!-~]{1,255}")
_PATIENCE: Final = 30.0
_MAXIMUM_BODY: Final = 256 * 1024
_KEPT_HEADERS: Final = frozenset({"content-type", "location", "operation-location", "etag"})
# Nothing was begun: the request was not let in, not understood, or depended on something else.
_NOT_KEPT: Final = frozenset({400, 401, 403, 405, 408, 412, 413, 415, 429, 431})
_REPLAYABLE: Final = "replayable"
SECRET_ANSWER: Final = {_REPLAYABLE: False}
"""For a route whose answers must not be kept."""
_CLAIMS_LATE: Final = "claims_late"
CLAIMED_BY_ITS_WRITE: Final = {_CLAIMS_LATE: True}
"""For a route that does nothing before its first transaction: that puts the key on record."""


class InvalidKey(FlowdeckError):
    """The header is no key, or the route takes none."""

    code = "idempotency-key-refused"
    exit_code = 2


class KeyReused(FlowdeckError):
    """The key was used for another request."""

    code = "idempotency-key-reused"


class OutcomeUnknown(FlowdeckError):
    """The first request with that key failed halfway, or the daemon ended before it knew its answer."""

    code = "idempotency-outcome-unknown"


class AnswerGone(FlowdeckError):
    """The first request with that key was carried out, but its answer was too large to keep."""

    code = "idempotency-answer-gone"


@dataclass(eq=False)
class Claim:
    """A request that is carried out under a key of a principal."""

    request: KeyedRequest
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> tuple[str, str]:
        """What no other request may have at the same time."""
        return self.request.principal, self.request.key


class Idempotency:
    """The keys of one application."""

    def __init__(self, repeats: Repeats) -> None:
        self._repeats = repeats
        self._under_way: dict[tuple[str, str], Claim] = {}

    async def begin(self, request: Request[Any, Any, Any]) -> Response[bytes] | None:
        """The answer of a request that was carried out before. None: carry it out. Raises what speaks against both."""
        work_for(None)
        headers = request.headers.getall("idempotency-key", [])
        if not headers:
            return None
        key = headers[0]
        if len(headers) > 1 or _KEY.fullmatch(key) is None:
            raise InvalidKey("the header Idempotency-Key must be 1 to 255 printable characters without spaces")
        if not request.route_handler.opt.get(_REPLAYABLE, True):
            raise InvalidKey("the answer holds a secret, so it is not kept to be given again", hint="leave Idempotency-Key out")
        keyed = KeyedRequest(visitor_of(request.scope).name, key, await _fingerprint(request))
        claim = Claim(keyed)
        await self._wait_for_turn(claim)
        known = None
        if request.route_handler.opt.get(_CLAIMS_LATE, False) and not self._repeats.may_know(keyed.principal, key):
            work_for(keyed)
        else:
            try:
                known = await self._repeats.begin(keyed)
            except BaseException:
                self.release(claim)
                raise
        if known is None:
            request.scope[_CLAIM] = claim  # type: ignore[literal-required, typeddict-unknown-key, unused-ignore]
            return None
        self.release(claim)
        return _again(known, claim)

    async def finish(self, claim: Claim, answer: RecordedAnswer) -> None:
        """Keep the answer before it is sent, if it is one to keep. After a failure of our own nobody knows what was done before
        it: the request stays one without an answer, because to carry it out again could do it twice."""
        try:
            if answer.status in _NOT_KEPT:
                await self._repeats.forget(claim.request)
            elif answer.status < 500 and claim.request.answer != answer:
                await self._repeats.finish(claim.request, answer)
        except StoreError as error:
            _log.warning("an answer was not kept for its idempotency key: %s", error.message)
        finally:
            self.release(claim)

    def release(self, claim: Claim) -> None:
        """The request is over, or was not begun: who waits for it may go on."""
        if self._under_way.get(claim.name) is claim:
            del self._under_way[claim.name]
        claim.done.set()

    async def _wait_for_turn(self, claim: Claim) -> None:
        """Wait until no other request is carried out under the key."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while other := self._under_way.get(claim.name):
                    if other.request.fingerprint != claim.request.fingerprint:
                        raise _reused()
                    await other.done.wait()
        except TimeoutError as error:
            raise KeyInUse from error
        self._under_way[claim.name] = claim


class Recording:
    """Around the application: has the answers of requests that claimed a key kept before they are sent."""

    def __init__(self, application: ASGIApp, idempotency: Idempotency) -> None:
        self._application = application
        self._idempotency = idempotency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered."""
        held: list[Message] = []

        async def keep(message: Message) -> None:
            claim = scope.get(_CLAIM)
            if not isinstance(claim, Claim):
                await send(message)
                return
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await self._idempotency.finish(claim, _recorded(held))
                for entry in held:
                    await send(entry)

        try:
            await self._application(scope, receive, keep)
        finally:
            if isinstance(claim := scope.get(_CLAIM), Claim) and not claim.done.is_set():
                # Nobody knows what it did: what is on record stays a request without an answer.
                self._idempotency.release(claim)


def _again(known: RecordedRequest, claim: Claim) -> Response[bytes]:
    if known.fingerprint != claim.request.fingerprint:
        raise _reused()
    answer = known.answer
    if answer is None:
        raise OutcomeUnknown(
            "nobody knows what became of the first request with this Idempotency-Key: it failed, or the daemon ended, halfway",
            hint="look whether it did what it was to do; then use a new key",
        )
    if len(answer.body) > _MAXIMUM_BODY:
        raise AnswerGone(
            "the request was carried out before; its answer was too large to be kept", hint="look at what it was about"
        )
    headers = {**dict(answer.headers), "Idempotency-Replayed": "true"}
    media_type = headers.pop("content-type", None)
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=media_type)


def _recorded(messages: list[Message]) -> RecordedAnswer:
    start = next(message for message in messages if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]]
    return _kept(start["status"], headers, body)


def _kept(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> RecordedAnswer:
    kept = tuple(sorted(header for header in headers if header[0] in _KEPT_HEADERS))
    # Of an answer that is too large one byte too much is enough to know it by.
    return RecordedAnswer(status=status, headers=kept, body=body[: _MAXIMUM_BODY + 1])


def recorded(status: int, headers: Mapping[str, str], content: object) -> RecordedAnswer:
    """What a route will answer, if it does so with ``content`` as JSON."""
    found = {"content-type": "application/json", **{name.lower(): value for name, value in headers.items()}}
    return _kept(status, found.items(), encode_json(content))


def have_answered(encode: Callable[[Any], RecordedAnswer]) -> None:
    """If the request of this task is one with a key, have the answer that ``encode`` makes kept with what it is made of. Should
    another one be sent after all, that takes its place before."""
    request = current_request()
    if request is not None:
        request.encode = encode


async def _fingerprint(request: Request[Any, Any, Any]) -> str:
    """A digest of all that tells one request from another."""
    digest = hashlib.blake2b(digest_size=32)
    target = request.scope.get("raw_path", b""), request.scope.get("query_string", b"")
    headers = [request.headers.get(name, "").encode("latin-1") for name in ("content-type", "if-match", "prefer")]
    for part in (request.method.encode(), *target, *headers, await request.body()):
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()


def _reused() -> KeyReused:
    return KeyReused("this Idempotency-Key was used for another request", hint="use a key of its own for each request")
