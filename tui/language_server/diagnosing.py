"""Diagnostics while typing: soon, off the event loop, never of an outdated text, and never two checks of a document at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from spec.check import CheckResult
from spec.dataflow.schema import DatasetSchema
from tui.language_server.documents import Documents, OpenDocument

DEBOUNCE_SECONDS: Final = 0.02

Check = Callable[[OpenDocument], CheckResult]
Publish = Callable[[OpenDocument, CheckResult], None]


class Diagnosing:
    """Checks documents after they change and hands the results on; remembers the newest result of each.

    One thread checks: what is waiting there for a document is dropped when the document changes, and the result of a check
    that was overtaken while it ran is not published.
    """

    def __init__(self, documents: Documents, check: Check, publish: Publish, failed: Callable[[BaseException], None]) -> None:
        self._documents = documents
        self._check = check
        self._publish = publish
        self._failed = failed
        self._thread = ThreadPoolExecutor(1, "check")
        self._waiting: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._results: dict[str, tuple[OpenDocument, CheckResult]] = {}
        self._datasets: dict[str, Mapping[str, DatasetSchema]] = {}

    def changed(self, uri: str) -> None:
        """The document changed (or what it includes did): check it soon."""
        self._waiting.add(uri)
        if uri not in self._tasks:
            task = self._tasks[uri] = asyncio.create_task(self._diagnose(uri))
            task.add_done_callback(lambda done: self._ended(uri, done))

    def _ended(self, uri: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(uri) is task:
            del self._tasks[uri]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    def closed(self, uri: str) -> None:
        """Forget the document."""
        self._results.pop(uri, None)
        self._datasets.pop(uri, None)
        self._waiting.discard(uri)
        if task := self._tasks.pop(uri, None):
            task.cancel()

    def newest(self, uri: str) -> CheckResult | None:
        """The newest result, which may be of an older text."""
        found = self._results.get(uri)
        return found[1] if found else None

    def datasets(self, uri: str) -> Mapping[str, DatasetSchema]:
        """The columns of the document's datasets, by the newest check that got so far: while one types, not every text can be
        read."""
        return self._datasets.get(uri, {})

    async def result(self, document: OpenDocument) -> CheckResult:
        """The result for exactly this text, checked now if it was not yet."""
        if task := self._tasks.get(document.uri):
            await asyncio.wait({task})  # most likely it checks just this text
        found = self._results.get(document.uri)
        if found and found[0] is document:
            return found[1]
        return await self._run(document)

    def _run(self, document: OpenDocument) -> Awaitable[CheckResult]:
        return asyncio.get_running_loop().run_in_executor(self._thread, self._check, document)

    async def _diagnose(self, uri: str) -> None:
        while uri in self._waiting:
            await asyncio.sleep(DEBOUNCE_SECONDS)
            self._waiting.discard(uri)
            document = self._documents.get(uri)
            if document is None:
                return
            result = await self._run(document)
            if uri not in self._waiting:
                self._results[uri] = (document, result)
                if result.datasets:
                    self._datasets[uri] = result.datasets
                self._publish(document, result)

    def shutdown(self) -> None:
        """Check no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
