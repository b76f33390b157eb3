"""From a job to stages: which plugins run fused in one query, and where data fans out or unites.

A stage is a maximal chain of transforms between fan-out points and unions, with the sink at its end if there is one. Pure
planning: nothing is opened here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spec.job import JobSpec, PluginSpec


@dataclass(slots=True)
class StagePlan:
    """One thread's work: read the union of ``inputs``, run ``transforms``, then write ``sink`` or hand on ``output``."""

    inputs: tuple[str, ...]
    transforms: list[PluginSpec] = field(default_factory=list)
    sink: PluginSpec | None = None

    @property
    def output(self) -> str | None:
        """The dataset that other stages read, None when the stage ends in a sink."""
        return None if self.sink is not None else self.transforms[-1].output

    @property
    def first(self) -> str:
        """The plugin that takes the input."""
        return self.transforms[0].id if self.transforms else self.name

    @property
    def name(self) -> str:
        """For threads and messages."""
        return self.sink.id if self.sink is not None else self.transforms[-1].id


@dataclass(frozen=True, slots=True)
class Plan:
    """All stages, producers before consumers, and for every dataset the (stage, input) pairs that read it."""

    stages: tuple[StagePlan, ...]
    readers: dict[str, tuple[tuple[int, int], ...]]

    def channels(self, stage: int, writers: Mapping[str, int]) -> tuple[int, ...]:
        """How many channels each input of a stage has, when ``writers`` says how many threads write a dataset (1 if not)."""
        return tuple(writers.get(dataset, 1) for dataset in self.stages[stage].inputs)

    def edges(self, stage: int, writers: Mapping[str, int]) -> list[tuple[str, range]]:
        """The inputs of a stage: for each dataset, the channels that it comes through."""
        counts = self.channels(stage, writers)
        firsts = [sum(counts[:position]) for position in range(len(counts))]
        return [
            (dataset, range(first, first + count))
            for dataset, first, count in zip(self.stages[stage].inputs, firsts, counts, strict=True)
        ]

    def outlets(self, dataset: str, writers: Mapping[str, int]) -> list[list[tuple[int, int]]]:
        """For every thread that writes ``dataset``, the (stage, channel) pairs that it writes to: a channel of its own each."""
        made: list[list[tuple[int, int]]] = [[] for _ in range(writers.get(dataset, 1))]
        for stage, position in self.readers.get(dataset, ()):
            first = sum(self.channels(stage, writers)[:position])
            for writer, channels in enumerate(made):
                channels.append((stage, first + writer))
        return made


def plan_stages(job: JobSpec) -> Plan:
    """Cut ``job`` into stages."""
    consumers: dict[str, int] = {}
    for plugin in (*job.transforms, *job.sinks):
        for dataset in plugin.inputs:
            consumers[dataset] = consumers.get(dataset, 0) + 1
    stages: list[StagePlan] = []
    producing: dict[str, StagePlan] = {}
    for plugin in (*job.transforms, *job.sinks):
        stage = _stage_to_extend(plugin, producing, consumers)
        if stage is None:
            stage = StagePlan(inputs=plugin.inputs)
            stages.append(stage)
        if plugin.output is None:
            stage.sink = plugin
        else:
            stage.transforms.append(plugin)
            producing[plugin.output] = stage
    return Plan(tuple(stages), _readers(stages))


def _stage_to_extend(plugin: PluginSpec, producing: dict[str, StagePlan], consumers: dict[str, int]) -> StagePlan | None:
    if len(plugin.inputs) != 1 or consumers[plugin.inputs[0]] != 1:
        return None
    return producing.get(plugin.inputs[0])


def _readers(stages: list[StagePlan]) -> dict[str, tuple[tuple[int, int], ...]]:
    readers: dict[str, list[tuple[int, int]]] = {}
    for number, stage in enumerate(stages):
        for position, dataset in enumerate(stage.inputs):
            readers.setdefault(dataset, []).append((number, position))
    return {dataset: tuple(pairs) for dataset, pairs in readers.items()}
