"""Compare two generations of a job: every difference by its path, with what it takes and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from schemas.loader import place_options
from spec.checks.secret_text import mask_passwords
from spec.job import JobSpec, PluginKind, PluginSpec
from spec.plan.change import Action, Change, Effect, Plan
from spec.plan.compatibility import breaches
from spec.position import MASK
from spec.redaction import Redaction

MASKED: Final = MASK
"""What stands in the place of a secret in a job that a daemon has handed out."""

_ENV_NAMES: Final = {
    "mode": "job.mode",
    "queue": "job.queue",
    "retention.executions": "job.retention.executions",
    "retention.days": "job.retention.days",
    "dead_letter_path": "dead_letter.path",
    "rows_per_second": "read_limit.rows_per_second",
    "bytes_per_second": "read_limit.bytes_per_second",
    "restart.kind": "restart.strategy",
    "checkpoint.minimum_pause": "min-pause",
}
_MILLISECONDS: Final = frozenset({"checkpoint.interval", "checkpoint.timeout", "checkpoint.minimum_pause"})
"""In the file; seconds in the resolved job."""
_LIVE: Final = frozenset({"checkpoint", "restart"})
"""The settings that only the supervisor looks at: what runs need not be restarted for them."""
_IGNORED: Final = frozenset({"reload", "labels", "retention"})
"""The settings that no execution looks at."""
_ADDED: Final = {
    PluginKind.SOURCE: "starts from its beginning",
    PluginKind.TRANSFORM: "changes the rows from here on",
    PluginKind.SINK: "gets the rows from here on, not those that were read before",
}
_REMOVED: Final = {
    PluginKind.SOURCE: "its positions would be lost",
    PluginKind.TRANSFORM: "rows from here on do without it",
    PluginKind.SINK: "what it has written stays",
}
_TARGETS: Final = frozenset({"path", "url", "host", "hosts", "database", "table", "topic", "index", "bucket"})
"""The options of sinks that say where rows go."""
_CHANGED: Final = {
    PluginKind.SOURCE: "holds for the rows from here on",
    PluginKind.TRANSFORM: "holds for the rows from here on",
    PluginKind.SINK: "holds for the rows from here on; what was written stays as it is",
}


def plan_new(job: JobSpec) -> Plan:
    """The plan for a job that does not exist yet."""
    added = (_added(plugin, Effect.NEW) for plugin in job.plugins())
    return Plan(Effect.NEW, tuple(added))


def plan_change(before: JobSpec, after: JobSpec, before_hash: str | None = None) -> Plan:
    """What it takes to go from ``before`` to ``after``.

    Values of ``before`` may be :data:`MASKED`; such a one counts as unchanged, so give ``before_hash``, the content hash of the
    job with its secrets: it tells whether one of them has changed.
    """
    if (before_hash or before.content_hash()) == after.content_hash():
        return Plan(Effect.NONE)
    hidden = Redaction((*before.concealed, *after.concealed))
    changes = tuple(_shown(change, hidden) for change in _Comparison(before, after).changes()) or (_hidden_change(),)
    return Plan(max((change.effect for change in changes), key=lambda effect: effect.weight), changes)


def _shown(change: Change, hidden: Redaction) -> Change:
    return replace(change, before=hidden.data(change.before), after=hidden.data(change.after))


def plan_move(plan: Plan, job: JobSpec) -> Plan:
    """``plan`` when the job file also goes to another directory, where its relative paths start: another input, perhaps."""
    breaking = [path for source in job.sources for path in _relative_places(source)]
    effect = Effect.BREAKING if breaking else Effect.RESTART
    why = "relative paths start in another directory" + (f", so the positions do not fit {breaking[0]}" if breaking else "")
    change = Change("(directory)", Action.CHANGE, effect, why)
    return Plan(max(plan.effect, effect, key=lambda found: found.weight), (*plan.changes, change))


class _Comparison:
    def __init__(self, before: JobSpec, after: JobSpec) -> None:
        self._before = before
        self._after = after
        self._breaches = {breach.path: breach.reason for breach in breaches(before, after)}

    def changes(self) -> Iterator[Change]:
        yield from self._environment()
        for kind in PluginKind:
            yield from self._section(kind)

    def _environment(self) -> Iterator[Change]:
        if self._before.name != self._after.name:
            why = "the job keeps its history under the new name"
            yield Change("env.job.name", Action.CHANGE, Effect.RESTART, why, self._before.name, self._after.name)
        before, after = msgspec.to_builtins(self._before.env), msgspec.to_builtins(self._after.env)
        for path, old, new in _differences(before, after, ""):
            old, new = (_in_milliseconds(value) if path in _MILLISECONDS else value for value in (old, new))
            effect, why = (Effect.SCALE, _rescaled(old, new)) if path == "parallelism" else _setting(path)
            in_place = path != "parallelism" and effect.weight <= Effect.SCALE.weight
            yield Change(f"env.{_env_name(path)}", Action.CHANGE, effect, why, old, new, in_place=in_place)

    def _section(self, kind: PluginKind) -> Iterator[Change]:
        before = {plugin.id: plugin for plugin in self._before.plugins() if plugin.kind is kind}
        after = {plugin.id: plugin for plugin in self._after.plugins() if plugin.kind is kind}
        for plugin in before.values():
            if plugin.id not in after:
                yield self._removed(plugin)
        for name, plugin in after.items():
            if name not in before:
                yield self._judged(_added(plugin, Effect.RESTART), name)
            elif before[name].name != plugin.name:
                yield self._replaced(before[name], plugin)
            else:
                yield from self._plugin(before[name], plugin)

    def _removed(self, plugin: PluginSpec) -> Change:
        change = Change(_path(plugin), Action.REMOVE, Effect.RESTART, _REMOVED[plugin.kind], before=plugin.name, is_plugin=True)
        return self._judged(change, plugin.id)

    def _replaced(self, old: PluginSpec, new: PluginSpec) -> Change:
        change = Change(_path(new), Action.CHANGE, Effect.RESTART, "another plugin", old.name, new.name, is_plugin=True)
        return self._judged(change, new.id)

    def _plugin(self, old: PluginSpec, new: PluginSpec) -> Iterator[Change]:
        path = _path(new)
        if old.inputs != new.inputs:
            yield Change(
                f"{path}.plugin_input", Action.CHANGE, Effect.RESTART, _CHANGED[new.kind], list(old.inputs), list(new.inputs)
            )
        inherited = old.parallelism == self._before.env.parallelism and new.parallelism == self._after.env.parallelism
        if old.parallelism != new.parallelism and not inherited:
            why = _rescaled(old.parallelism, new.parallelism)
            yield Change(f"{path}.parallelism", Action.CHANGE, Effect.SCALE, why, old.parallelism, new.parallelism)
        for option in dict.fromkeys((*old.options, *new.options)):
            yield from self._option(new, option, old.options.get(option), new.options.get(option))
        if old.index != new.index:
            why = "only its place in the file"
            places = old.index + 1, new.index + 1
            yield Change(f"{path} (place)", Action.CHANGE, Effect.IGNORE, why, *places, in_place=True)

    def _option(self, plugin: PluginSpec, option: str, old: Any, new: Any) -> Iterator[Change]:
        path = f"{_path(plugin)}.{option}"
        broken = path in self._breaches
        for inner, before, after in _differences(old, new, ""):
            effect = Effect.BREAKING if broken else Effect.RESTART
            why = "the saved positions belong to another input" if broken else _changed(plugin, option)
            yield Change(f"{path}.{inner}" if inner else path, _action(before, after), effect, why, before, after)

    def _judged(self, change: Change, plugin: str) -> Change:
        """The change of a whole plugin, BREAKING if the rule says so."""
        reason = self._breaches.get(f"source.{plugin}") or self._breaches.get(plugin)
        return change if reason is None else replace(change, effect=Effect.BREAKING, reason=reason)


def _relative_places(source: PluginSpec) -> Iterator[str]:
    for option in place_options(source.name):
        value = source.options.get(option)
        if isinstance(value, str) and not value.startswith("/") and "://" not in value:
            yield f"{_path(source)}.{option}"


def _added(plugin: PluginSpec, effect: Effect) -> Change:
    return Change(_path(plugin), Action.ADD, effect, _ADDED[plugin.kind], after=plugin.name, is_plugin=True)


def _hidden_change() -> Change:
    return Change("(a secret)", Action.CHANGE, Effect.RESTART, "its values are not shown", MASKED, MASKED)


def _path(plugin: PluginSpec) -> str:
    return f"{plugin.kind}.{plugin.id}"


def _action(before: Any, after: Any) -> Action:
    if before is None:
        return Action.ADD
    return Action.REMOVE if after is None else Action.CHANGE


def _changed(plugin: PluginSpec, option: str) -> str:
    if plugin.kind is PluginKind.SINK and option in _TARGETS:
        return "rows from here on go there, and those before stay where they are: no place has them all"
    return _CHANGED[plugin.kind]


def _env_name(path: str) -> str:
    return f"job.{path}" if path.startswith("labels.") else _ENV_NAMES.get(path, path)


def _setting(path: str) -> tuple[Effect, str]:
    if path == "workers":
        return Effect.SCALE, "workers join or leave at a checkpoint, while it runs"
    if path.partition(".")[0] in _IGNORED:
        return Effect.IGNORE, "no execution looks at it"
    if path.partition(".")[0] in _LIVE:
        return Effect.LIVE, "the supervisor goes by it from now on"
    return Effect.RESTART, "a setting of the whole job"


def _in_milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _rescaled(before: Any, after: Any) -> str:
    return f"the splits are shared out among {'more' if after > before else 'fewer'} readers, after a restart from a savepoint"


def _differences(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The paths at which two values differ, objects taken apart, lists not."""
    stack = [(path, before, after)]
    while stack:
        path, old, new = stack.pop()
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            names = dict.fromkeys((*old, *new))
            stack.extend((f"{path}.{name}" if path else name, old.get(name), new.get(name)) for name in reversed(names))
        elif not _same(old, new):
            yield path, old, new


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, str) and MASKED in old:
        return old == MASKED or (isinstance(new, str) and old == mask_passwords(new, MASKED))
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(value, new[name]) for name, value in old.items())
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)
