"""May a job go on from a checkpoint that another generation took? Pure comparison of identities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.supervisor.errors import Conflict
from runner.supervisor.snapshot import PluginIdentity, Snapshot, identities
from spec.job import JobSpec


@dataclass(frozen=True, slots=True)
class Breach:
    """One reason why the state does not fit: the path in the job, and what is wrong with it."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def breaches(snapshot: Snapshot, job: JobSpec) -> list[Breach]:
    """Everything that forbids ``job`` to start from ``snapshot``; empty when it may.

    A source that is new starts from its beginning; a source that is gone would lose its positions, and one that reads something
    else would misread them. A transform or sink that is gone simply loses its state.
    """
    return compare(snapshot.plugins, snapshot.sources, identities(job))


def compare(before: Mapping[str, PluginIdentity], sources: list[str], after: Mapping[str, PluginIdentity]) -> list[Breach]:
    """:func:`breaches` on bare identities, for two generations that have no checkpoint between them."""
    found = [
        Breach(f"source.{name}", f"the source {before[name].name} is gone, and its positions would be lost")
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
        return [Breach(f"{section}{plugin}", f"was {before.name}, is {after.name}; they cannot share state")]
    if not is_source:
        return []
    names = sorted(before.position_options.keys() | after.position_options.keys())
    return [
        Breach(f"{section}{plugin}.{name}", f"was {old!r}, is {new!r}; the positions belong to another input")
        for name in names
        if (old := before.position_options.get(name)) != (new := after.position_options.get(name))
    ]


def require_compatible(snapshot: Snapshot, job: JobSpec, checkpoint: int) -> None:
    """Raise :class:`Conflict` naming every path that keeps ``job`` from going on from ``checkpoint``."""
    found = breaches(snapshot, job)
    if found:
        raise Conflict(
            f"the job cannot go on from checkpoint {checkpoint}: " + "; ".join(map(str, found)),
            hint="undo the change, or start from the beginning with --restore none",
        )
