"""One call of the daemon's API as data: what is asked, and how the answer is read. Nothing here speaks HTTP.

A verb of a client makes one of these; :class:`runner.client.Client` or :class:`runner.async_client.AsyncClient` carries it
out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from runner.operation import Effects, Operation
from runner.struct_types import learnt
from runner.transport import Query, target_of
from spec.errors import FlowdeckError

T = TypeVar("T")
U = TypeVar("U")

READ = "GET"
LONG_SECONDS = 900.0
"""For what is answered when it is done: a savepoint may take as long as the job's checkpoint.timeout."""


@dataclasses.dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and the way to read its answer as a ``T``. ``path``: the segments below the API's prefix. ``seconds``: how long
    an answer may take, None: as long as the client's ``timeout``."""

    method: str
    path: tuple[str | int, ...]
    read: Callable[[bytes], T]
    query: Query = dataclasses.field(default_factory=dict)
    body: msgspec.Struct | None = None
    seconds: float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    accepted: tuple[int, ...] = ()
    """Statuses other than 2xx that are answers like any other."""

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing, so that it may be repeated at any time."""
        return self.method == READ

    @property
    def has_secret_answer(self) -> bool:
        """Whether the answer holds the secret of a key: nothing of it is kept, so the call cannot be known again."""
        return self.method == "POST" and self.path[:1] == ("keys",)

    @property
    def target(self) -> str:
        """The request target."""
        return target_of(*self.path, query=self.query)

    def then(self, change: Callable[[T], U]) -> Call[U]:
        """The same call, of whose answer ``change`` makes what is returned."""
        read = self.read
        return self.answered_by(lambda body: change(read(body)))

    def as_dry_run(self) -> Call[Effects]:
        """What the call would do: nothing is done."""
        asked = self.answered_by(reader(Effects))
        return dataclasses.replace(asked, query={**self.query, "dry_run": True}, seconds=None)

    def in_background(self) -> Call[Operation]:
        """The same call, answered at once by the operation that it began."""
        asked = self.answered_by(reader(Operation))
        return dataclasses.replace(asked, headers=(*self.headers, ("Prefer", "respond-async")), seconds=None)

    def after(self, token: str) -> Call[T]:
        """The same call for the page that begins there."""
        return dataclasses.replace(self, query={**self.query, "after": token})

    def answered_by(self, read: Callable[[bytes], U]) -> Call[U]:
        """The same call, whose answer is something else."""
        return Call(self.method, self.path, read, self.query, self.body, self.seconds, self.headers, self.accepted)


def reader(kind: type[T]) -> Callable[[bytes], T]:
    """How an answer is read that is a ``kind`` in JSON."""

    def read(body: bytes) -> T:
        try:
            return msgspec.json.decode(body, type=learnt(kind))
        except msgspec.DecodeError as error:
            raise FlowdeckError(
                f"the daemon's answer does not make sense to this client: {error}",
                code="protocol",
                hint="client and daemon may be of different versions: flowdeck down, then try again",
            ) from error

    return read


def get(kind: type[T], *path: str | int, query: Query | None = None) -> Call[T]:
    """Look at something."""
    return Call(READ, path, reader(kind), query or {})


def post(
    kind: type[T],
    *path: str | int,
    body: msgspec.Struct | None = None,
    query: Query | None = None,
    seconds: float | None = None,
    version: int | None = None,
) -> Call[T]:
    """Change something. ``version``: refused unless the job still has it."""
    return Call("POST", path, reader(kind), query or {}, body, seconds, expecting(version))


def expecting(version: int | None) -> tuple[tuple[str, str], ...]:
    """The header that has a write refused when somebody else was faster."""
    return () if version is None else (("If-Match", f'"{version}"'),)


def put(
    kind: type[T],
    *path: str | int,
    body: msgspec.Struct,
    query: Query | None = None,
    seconds: float | None = None,
    version: int | None = None,
) -> Call[T]:
    """Replace something."""
    return Call("PUT", path, reader(kind), query or {}, body, seconds, expecting(version))


def patch(
    kind: type[T], *path: str | int, body: msgspec.Struct, query: Query | None = None, version: int | None = None
) -> Call[T]:
    """Change parts of something."""
    return Call("PATCH", path, reader(kind), query or {}, body, headers=expecting(version))


def delete(*path: str | int, query: Query | None = None, version: int | None = None) -> Call[None]:
    """Remove something."""
    return Call("DELETE", path, _read_nothing, query or {}, headers=expecting(version))


def _read_nothing(_body: bytes) -> None:
    """The answer has no content."""
