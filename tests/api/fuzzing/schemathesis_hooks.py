"""What schemathesis (in a process of its own) has to know of the daemon that it talks to: what there is, so that not every
request ends with 404; and to try most commands only, so that the running job runs on."""

from __future__ import annotations

import json
import os
import time
import urllib.request
import uuid
from typing import Any

import schemathesis

_JOBS = ("stream", "batch")
_FRESH_SECONDS = 1.0
_DONE = int(os.environ.get("FLOWDECK_FUZZ_DONE", "16"))
"""One of so many commands is carried out, the others are only tried."""


class Known:
    """The ids that the daemon has at the moment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._asked = 0.0
        self._ids: dict[str, list[str]] = {}

    def of(self, parameter: str) -> list[str]:
        """What may stand in a parameter of the path."""
        if time.monotonic() - self._asked > _FRESH_SECONDS:
            self._ids = {"job": list(_JOBS), "execution_id": self._executions(), "operation_id": self._operations()}
            self._asked = time.monotonic()
        return self._ids.get(parameter, [])

    def _executions(self) -> list[str]:
        return [found["execution"]["id"] for found in self._ask("jobs?limit=5")["jobs"] if found["execution"]]

    def _operations(self) -> list[str]:
        return [found["id"] for found in self._ask("operations?limit=3")["operations"]]

    def _ask(self, target: str) -> Any:
        with urllib.request.urlopen(f"{self._url}/api/v1/{target}", timeout=60) as answer:
            return json.load(answer)


_known = Known(os.environ["FLOWDECK_FUZZ_URL"])


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Mostly something that is there."""
    if not isinstance(path_parameters, dict):
        return path_parameters
    return {name: _of_known(name, value) for name, value in path_parameters.items()}


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """Mostly no more than a try, where that is possible."""
    properties = {parameter.name for parameter in context.operation.query} if context.operation is not None else set()
    if "dry_run" in properties and (query is None or isinstance(query, dict)):
        query = dict(query or {})
        if "dry_run" not in query and _weight(json.dumps(query, default=str)) % _DONE:
            query["dry_run"] = "true"
    return query


@schemathesis.hook
def map_headers(context: Any, headers: Any) -> Any:
    """A key of its own for each request: one key for two of them is a mistake, and refused."""
    if isinstance(headers, dict) and isinstance(headers.get("Idempotency-Key"), str):
        headers["Idempotency-Key"] = uuid.uuid4().hex
    return headers


@schemathesis.serializer("application/hocon")
def hocon(context: Any, value: Any) -> bytes:
    """A job file's text."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


def _of_known(name: str, value: Any) -> Any:
    weight = _weight(str(value))
    known = _known.of(name)
    return known[weight % len(known)] if known and weight % 5 else value


def _weight(text: str) -> int:
    return sum(map(ord, text)) + len(text)
