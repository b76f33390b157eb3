"""May a job go on from the state that another generation left? Pure comparison of identities; the only place with the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.loader import place_options, position_options
from spec.job import JobSpec, PluginKind, PluginSpec

STATE_VERSIONS: Mapping[tuple[PluginKind, str], int] = {}
"""The version of the form in which a plugin keeps its state or positions, of those that have changed it since version 1. Who
changes it so that an older state cannot be read any more, raises it here."""


class PluginIdentity(msgspec.Struct, frozen=True):
    """What a plugin's state belongs to: the plugin's name, for a source the options that give its positions a meaning, and the
    version of the form that the state has."""

    name: str
    position_options: dict[str, Any] = {}
    state_version: int = 1


@dataclass(frozen=True, slots=True)
class Breach:
    """One reason why the state does not fit: the path in the job, what is wrong, and the id of the plugin whose state it is."""

    path: str
    reason: str
    plugin: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def identities(job: JobSpec) -> dict[str, PluginIdentity]:
    """The identity of every plugin of the job, by plugin id."""
    return {plugin.id: _identity(plugin) for plugin in job.plugins()}


def breaches(before: JobSpec, after: JobSpec) -> list[Breach]:
    """Everything that forbids ``after`` to go on from what ``before`` has read and written; empty when it may."""
    return compare(identities(before), [source.id for source in before.sources], identities(after))


def moved(before: Mapping[str, PluginIdentity], after: Mapping[str, PluginIdentity]) -> dict[str, PluginIdentity]:
    """``before`` with its inputs where ``after`` has them: for a state that comes from another machine, whose positions hold
    for the same files in another place."""
    return {name: _moved(identity, after[name]) if name in after else identity for name, identity in before.items()}


def _moved(before: PluginIdentity, after: PluginIdentity) -> PluginIdentity:
    if before.name != after.name:
        return before
    places = {name: after.position_options[name] for name in place_options(after.name) if name in after.position_options}
    options = {**before.position_options, **places} if before.position_options else {}
    return msgspec.structs.replace(before, position_options=options)


def compare(before: Mapping[str, PluginIdentity], sources: Sequence[str], after: Mapping[str, PluginIdentity]) -> list[Breach]:
    """:func:`breaches` on bare identities, as a checkpoint keeps them; ``sources`` are the ids of the sources before.

    A source that is new starts from its beginning; a source that is gone would lose its positions, and one that reads something
    else would misread them. A transform or sink that is gone simply loses its state.
    """
    found = [
        Breach(f"source.{name}", f"the source {before[name].name} is gone, and its positions would be lost", name)
        for name in sources
        if name not in after
    ]
    for name, identity in before.items():
        if name in after:
            found.extend(_plugin_breaches(name, identity, after[name], name in sources))
    return found


def _plugin_breaches(plugin: str, before: PluginIdentity, after: PluginIdentity, is_source: bool) -> list[Breach]:  # noqa: FBT001
    section = "source." if is_source else ""
    if before.name != after.name:
        return [Breach(f"{section}{plugin}", f"was {before.name}, is {after.name}; they cannot share state", plugin)]
    if before.state_version != after.state_version:
        return [Breach(f"{section}{plugin}", _other_version(before.state_version, after.state_version), plugin)]
    if not is_source:
        return []
    names = sorted(before.position_options.keys() | after.position_options.keys())
    return [
        Breach(f"{section}{plugin}.{name}", f"was {old!r}, is {new!r}; the positions belong to another input", plugin)
        for name in names
        if (old := before.position_options.get(name)) != (new := after.position_options.get(name))
    ]


def _other_version(before: int, after: int) -> str:
    """Why a state of the form ``before`` is not read."""
    which = "newer than" if before > after else "older than, and not read by,"
    return (
        f"its state has version {before}, which is {which} that of this flowdeck, {after}: restore it with the one that took it"
    )


def _identity(plugin: PluginSpec) -> PluginIdentity:
    names = position_options(plugin.name) if plugin.kind is PluginKind.SOURCE else ()
    version = STATE_VERSIONS.get((plugin.kind, plugin.name), 1)
    return PluginIdentity(plugin.name, {name: plugin.options.get(name) for name in names}, version)
