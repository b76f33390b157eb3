"""Which parts of the file system a request may name. Who uses the unix socket is the daemon's own user and may name everything;
who comes over TCP only what is below the daemon's roots.

Paths are compared as the operating system resolves them, links followed. Links that are changed afterwards lead a job nowhere:
its workers are held to the same roots by the kernel (:mod:`runner.worker.file_bounds`), where that can.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from runner.supervisor.sandbox import SECRET_DIRECTORIES
from runner.user_home import expanded
from spec.checks.path_names import names_a_path
from spec.errors import FlowdeckError
from spec.job import JobSpec, OnError
from spec.secret_references import ReferenceKind, references, texts_of


class Confined(FlowdeckError):
    """The request names a place that those who come this way may not use."""

    code = "path-not-allowed"


class Confinement:
    """What lies below ``roots``."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self.roots = tuple(Path(os.path.realpath(root)) for root in roots)

    def check(self, text: str, what: str, base: str = "") -> None:
        """Raise :class:`Confined` unless the path (from ``base`` on when it is relative) is below a root. Blocks."""
        if not self.holds(text, base):
            raise Confined(
                f"{what} {text!r} is outside of what this address may use",
                hint="flowdeck up --root DIR allows a directory to those who come over TCP; the unix socket is not confined",
            )

    def holds(self, text: str, base: str = "") -> bool:
        """Whether the path is below a root."""
        if "\0" in text:
            return False
        named = str(Path(base or os.sep) / expanded(text))
        try:
            # Workers take `a/..` away before they look whether a is a link; others do not.
            places = [Path(os.path.realpath(named)), Path(os.path.realpath(os.path.normpath(named)))]
        except OSError:  # on the way is what this user may not even look at
            return False
        return all(any(place.is_relative_to(root) for root in self.roots) for place in places)

    def check_job(self, job: JobSpec, base: str) -> None:
        """Raise :class:`Confined` when an option of the job names a file or directory elsewhere."""
        plugins = job.plugins()
        rejects = any(plugin.error_policy.action is OnError.DEAD_LETTER for plugin in plugins)
        if job.env.dead_letter_path is not None or rejects:
            self.check(job.env.dead_letter_path or ".", "dead_letter.path", base)
        for plugin in plugins:
            for name, text in _named_paths(plugin.options):
                self.check(text, f"the option {name} of {plugin.name}:", base)
        if not os.environ.get(SECRET_DIRECTORIES):  # which the worker goes by
            for path in _secret_files(job):
                self.check(path, "the file of a secret")


_current: contextvars.ContextVar[Confinement | None] = contextvars.ContextVar("confinement", default=None)


@contextlib.contextmanager
def confined(confinement: Confinement) -> Iterator[None]:
    """Hold what is done inside, and the tasks and threads that are started there, to ``confinement``."""
    token = _current.set(confinement)
    try:
        yield
    finally:
        _current.reset(token)


def may_name(text: str) -> bool:
    """Whether the request that is being worked on may name this path. Blocks."""
    confinement = _current.get()
    return confinement is None or confinement.holds(text)


def check_path(text: str, what: str) -> None:
    """Raise :class:`Confined` unless the request that is being worked on may name this path. Blocks."""
    if (confinement := _current.get()) is not None:
        confinement.check(text, what)


def check_job(job: JobSpec, base: str) -> None:
    """Raise :class:`Confined` unless the request that is being worked on may name every path of the job. Blocks."""
    if (confinement := _current.get()) is not None:
        confinement.check_job(job, base)


def confined_to() -> tuple[str, ...]:
    """The roots that the request that is being worked on is held to; none when it is not."""
    confinement = _current.get()
    return tuple(map(str, confinement.roots)) if confinement is not None else ()


def _secret_files(job: JobSpec) -> Iterator[str]:
    for plugin in job.plugins():
        for text in texts_of(plugin.options):
            yield from (found.name for found in references(text) if found.kind is ReferenceKind.FILE)


def _named_paths(options: Any) -> Iterator[tuple[str, str]]:
    """The texts in options that their names say are paths, lists of them included, at any depth."""
    stack: list[tuple[str, Any]] = [("", options)]
    while stack:
        name, value = stack.pop()
        if isinstance(value, dict):
            stack.extend((str(key), item) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend((name, item) for item in value)
        elif isinstance(value, str) and names_a_path(name):
            yield name, value
