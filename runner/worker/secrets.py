"""Puts secrets into a job: the one place where a reference (:mod:`spec.secret_references`) becomes a value.

It happens in the worker, just before its plugins are made. The job that comes out of here is never sent or written anywhere;
its ``concealed`` has every value, so whatever the worker says of it is masked.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from runner.connectors.base import file_error
from runner.worker.failure import blame
from spec.errors import FlowdeckError
from spec.job import JobSpec, PluginSpec
from spec.secret_references import ReferenceKind, SecretReference, is_query, put_in, put_in_query, refers, texts_of
from spec.syntax.files import opened_path

SECRET_DIRECTORIES: Final = "FLOWDECK_WORKER_SECRETS"  # noqa: S105 - a name
"""Directories, with colons between them, below which files with secrets lie; without it they may lie anywhere."""
MAXIMUM_BYTES: Final = 64 * 1024
_SHORTEST_LINE_HIDDEN: Final = 8


class SecretMissing(FlowdeckError):
    """A secret that the job refers to is not there, or is not the worker's to read."""

    code = "secret-missing"


def job_with_secrets(job: JobSpec) -> tuple[JobSpec, tuple[str, ...]]:
    """``job`` with the values of its references, and what must not be seen of them. Raises StageError with SecretMissing for
    the first that has none; the job itself when it refers to nothing."""
    if not any(refers(text) for plugin in job.plugins() for text in texts_of(plugin.options)):
        return job, ()
    finder = _Finder(job.confined_to)
    found = msgspec.structs.replace(
        job,
        sources=tuple(map(finder.plugin, job.sources)),
        transforms=tuple(map(finder.plugin, job.transforms)),
        sinks=tuple(map(finder.plugin, job.sinks)),
    )
    hidden = tuple(dict.fromkeys(text for value in finder.values() for text in _recognisable(value)))
    return msgspec.structs.replace(found, concealed=tuple(dict.fromkeys((*hidden, *job.concealed)))), hidden


class _Finder:
    """Looks every reference up once."""

    def __init__(self, roots: Iterable[str]) -> None:
        chosen = os.environ.get(SECRET_DIRECTORIES, "").split(os.pathsep)
        self._directories = [os.path.realpath(name) for name in chosen if name] or [os.path.realpath(root) for root in roots]
        self._found: dict[tuple[ReferenceKind, str], str] = {}

    def values(self) -> Iterable[str]:
        """All that was found."""
        return self._found.values()

    def plugin(self, plugin: PluginSpec) -> PluginSpec:
        with blame(plugin.id):
            options = {
                name: _replaced(value, put_in_query if is_query(plugin.kind, plugin.name, name) else put_in, self._value)
                for name, value in plugin.options.items()
            }
        return msgspec.structs.replace(plugin, options=options)

    def _value(self, reference: SecretReference) -> str:
        key = reference.kind, reference.name
        if key not in self._found:
            self._found[key] = _variable(reference) if reference.kind is ReferenceKind.ENV else self._file(reference)
        return self._found[key]

    def _file(self, reference: SecretReference) -> str:
        try:
            content = self._read(reference)
        except OSError as error:
            raise SecretMissing(
                f"{file_error(error, reference.name, 'read').message}, to which {reference} refers",
                hint="the worker reads it as the daemon's user, anew whenever the job starts",
            ) from error
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise SecretMissing(f"the file that {reference} refers to is not UTF-8") from error
        text = text.removesuffix("\n").removesuffix("\r")
        if not text or "\0" in text:
            raise SecretMissing(f"the file that {reference} refers to {'holds binary data' if text else 'is empty'}")
        return text

    def _read(self, reference: SecretReference) -> bytes:
        descriptor = os.open(reference.name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            self._check(descriptor, reference)
            with os.fdopen(os.dup(descriptor), "rb") as file:
                content = file.read(MAXIMUM_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(content) > MAXIMUM_BYTES:
            raise SecretMissing(f"the file that {reference} refers to is larger than {MAXIMUM_BYTES} bytes")
        return content

    def _check(self, descriptor: int, reference: SecretReference) -> None:
        """Of the file that was opened, and not of what bears its name by now."""
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SecretMissing(f"{reference} refers to what is no plain file")
        if status.st_uid not in (0, os.geteuid()) or status.st_mode & stat.S_IWOTH:
            raise SecretMissing(
                f"others may change the file that {reference} refers to",
                hint="it has to belong to the daemon's user or to root, and nobody else may write to it (chmod o-w)",
            )
        opened = opened_path(descriptor, Path(reference.name))
        if self._directories and not any(opened.is_relative_to(directory) for directory in self._directories):
            raise SecretMissing(
                f"{reference} leads out of the directories that secrets may come from",
                hint=f"{SECRET_DIRECTORIES} names them; who submits over TCP without that may only use what is below --root",
            )


def _variable(reference: SecretReference) -> str:
    value = os.environ.get(reference.name)
    if value:
        return value
    raise SecretMissing(
        f"{reference} refers to a variable that {'is empty' if value == '' else 'the worker does not have'}",
        hint=f"start the daemon with {reference.name} and FLOWDECK_WORKER_ENVIRONMENT={reference.name} in its environment, "
        "or refer to a file",
    )


def _replaced(value: Any, into: Callable[..., str], found: Callable[[SecretReference], str]) -> Any:
    if isinstance(value, str):
        return into(value, found)
    if isinstance(value, dict):
        return {name: _replaced(item, into, found) for name, item in value.items()}
    return [_replaced(item, into, found) for item in value] if isinstance(value, list) else value


def _recognisable(value: str) -> tuple[str, ...]:
    """The value, and of one with several lines (a key, say) every longer line: logs and errors are cut into lines."""
    lines = [line.strip() for line in value.splitlines()]
    return (value, *(line for line in lines if len(line) >= _SHORTEST_LINE_HIDDEN)) if len(lines) > 1 else (value,)
