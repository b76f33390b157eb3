"""The keys to the daemon's TCP address."""

from __future__ import annotations

from litestar import delete, get, post

from runner.api.access import ADMIN_ONLY
from runner.api.gateway import Gateway
from runner.api.idempotency import SECRET_ANSWER
from runner.replies import KeyList, NewKey
from runner.requests import KeyRequest, RotateRequest


@get("/keys", summary="List keys", tags=["keys"], opt=ADMIN_ONLY)
async def keys(gateway: Gateway) -> KeyList:
    """Names and scopes, never the keys themselves."""
    return KeyList(keys=gateway.keys.all())


@post("/keys", summary="Make a key", tags=["keys"], opt=ADMIN_ONLY | SECRET_ANSWER)
async def add(gateway: Gateway, data: KeyRequest) -> NewKey:
    """The answer is the only one that has the key."""
    return await gateway.keys.add(data)


@post(
    "/keys/{name:str}/rotate", status_code=200, summary="Give a key a new secret", tags=["keys"], opt=ADMIN_ONLY | SECRET_ANSWER
)
async def rotate(gateway: Gateway, name: str, data: RotateRequest | None = None) -> NewKey:
    """The answer is the only one that has the new secret; the old one opens nothing any more."""
    return await gateway.keys.rotate(name, data or RotateRequest())


@delete("/keys/{name:str}", summary="Remove a key", tags=["keys"], opt=ADMIN_ONLY)
async def remove(gateway: Gateway, name: str) -> None:
    """From now on it opens nothing."""
    await gateway.keys.remove(name)


ROUTES = (keys, add, rotate, remove)
