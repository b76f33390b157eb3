"""Builds a job's readers and stages: types flow from the sources through the bound queries to the sinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from runner.connectors.base import PluginContext, PluginError, Sink, Source
from runner.connectors.registry import sink_class, source_class
from runner.dataset.arrow_types import canonical_schema, describe
from runner.dataset.engine import Engine, EngineLimits
from runner.protocol import EdgeLevel, PluginCounters
from runner.worker.budget import Budget
from runner.worker.compiler import Compiler
from runner.worker.failure import blame
from runner.worker.flow import StageFlow
from runner.worker.gate import Gate
from runner.worker.ledger import Ledger
from runner.worker.meter import Meter
from runner.worker.narrowing import leave_stored, narrow_sources
from runner.worker.outlet import Outlet
from runner.worker.pace import read_pace
from runner.worker.parallelism import reader_count
from runner.worker.plan import Plan, StagePlan
from runner.worker.rate import RateLimit
from runner.worker.reader import Reader
from runner.worker.rejections import Rejections
from runner.worker.screen import Screen
from runner.worker.sink_screen import SinkScreen
from runner.worker.source_readers import SourceReaders
from runner.worker.split_queue import SplitQueue
from runner.worker.stage import OutletEnd, SinkEnd, Stage, StageEnd, StageQuery
from spec.job import JobSpec, PluginSpec


@dataclass(frozen=True, slots=True)
class ReaderHooks:
    """What readers tell the control side."""

    request_split: Callable[[str], None]
    drained: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Edge:
    """Where one plugin's rows wait for another: these channels of a gate."""

    producer: str
    consumer: str
    gate: Gate
    channels: range

    def level(self) -> EdgeLevel:
        """As it is now."""
        fill, blocked = self.gate.level(self.channels)
        return EdgeLevel(
            producer=self.producer, consumer=self.consumer, fill=fill, blocked_seconds=blocked, writers=len(self.channels)
        )


@dataclass(slots=True)
class Pipeline:
    """Everything that runs in threads, by plugin id."""

    engine: Engine | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    sinks: dict[str, Sink] = field(default_factory=dict)
    readers: dict[str, SourceReaders] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    links: list[Edge] = field(default_factory=list)
    meters: list[Meter] = field(default_factory=list)

    def drained(self) -> bool:
        """All sources have been told that nothing is left, and what they were given has been read."""
        return all(readers.drained for readers in self.readers.values())

    def edges(self) -> list[EdgeLevel]:
        """How full the queues are."""
        return [edge.level() for edge in self.links]

    def counters(self) -> list[PluginCounters]:
        """The counters of all plugins whose counters are known."""
        for stage in self.stages:
            stage.account()
        for meter in self.meters:
            sink = self.sinks.get(meter.plugin)
            written = sink.written_bytes() if sink is not None else None
            if written is not None:
                meter.bytes_out = max(meter.bytes_out, written)
        return [readers.counters() for readers in self.readers.values()] + [meter.counters() for meter in self.meters]


class PipelineBuilder:
    """Opens one job's plugins, binds its queries and connects its gates; starts no thread.

    ``readers``: how many reader threads each source has here.
    """

    def __init__(
        self,
        job: JobSpec,
        plan: Plan,
        readers: Mapping[str, int],
        budget: Budget,
        limits: EngineLimits,
        context: Callable[[PluginSpec], PluginContext],
        ledger: Ledger,
        hooks: ReaderHooks,
        rejections: Rejections,
    ) -> None:
        self._job = job
        self._writers = {source.output or source.id: readers[source.id] for source in job.sources}
        self._contexts = {plugin.id: context(plugin) for plugin in job.plugins()}
        self._ledger = ledger
        self._hooks = hooks
        self._rejections = rejections
        self._plan = plan
        self._budget = budget
        self._limits = limits
        self._schemas: dict[str, pa.Schema] = {}

    def build(self) -> Pipeline:
        """The pipeline. Raises StageError naming the plugin that cannot start."""
        compiler = Compiler(self._job.transforms, Engine(self._directories(), self._limits, readable=self._readable()))
        pipeline = Pipeline(compiler.engine)
        for plugin in self._job.sources:
            with blame(plugin.id):
                self._open_source(pipeline, plugin, compiler.engine)
        queries = [self._bind(stage, compiler) for stage in self._plan.stages]
        narrow_sources(self._job, self._plan, queries, pipeline.sources, compiler.engine)
        compiler.engine.lock()
        channels = [sum(self._plan.channels(number, self._writers)) for number in range(len(queries))]
        pipeline.gates = [Gate(count, self._budget.gate_bytes) for count in channels]
        pipeline.links = [edge for number, gate in enumerate(pipeline.gates) for edge in self._edges(number, gate)]
        for stage, query, gate in zip(self._plan.stages, queries, pipeline.gates, strict=True):
            with blame(stage.name):
                self._add_stage(pipeline, stage, query, gate, compiler)
        leave_stored(self._job, self._plan, pipeline.sources, pipeline.sinks)
        for plugin in self._job.sources:
            self._add_readers(pipeline, plugin)
        return pipeline

    def _edges(self, stage: int, gate: Gate) -> Iterator[Edge]:
        producers = {plugin.output: plugin.id for plugin in (*self._job.sources, *self._job.transforms)}
        for dataset, channels in self._plan.edges(stage, self._writers):
            yield Edge(producers.get(dataset, dataset), self._plan.stages[stage].first, gate, channels)

    def _directories(self) -> list[str]:
        found: set[str] = set()
        for plugin in self._job.sinks:
            with blame(plugin.id):
                found.update(map(str, sink_class(plugin.name).directories(self._contexts[plugin.id])))
        return sorted(found)

    def _readable(self) -> list[str]:
        found: set[str] = set()
        for plugin in self._job.sources:
            with blame(plugin.id):
                found.update(source_class(plugin.name).readable(self._contexts[plugin.id]))
        return sorted(found)

    def _open_source(self, pipeline: Pipeline, plugin: PluginSpec, engine: Engine) -> None:
        source = source_class(plugin.name)(self._contexts[plugin.id], engine.cursor())
        pipeline.sources[plugin.id] = source
        schema = canonical_schema(source.schema())
        folded = [name.casefold() for name in schema.names]
        twice = [name for name in schema.names if folded.count(name.casefold()) > 1]
        if twice:
            raise PluginError(f"the columns {', '.join(twice)} differ only in case at most", code="columns")
        self._schemas[plugin.output or plugin.id] = schema

    def _bind(self, stage: StagePlan, compiler: Compiler) -> StageQuery:
        with blame(stage.transforms[0].id if stage.transforms else stage.name):
            input_schema = self._union(stage.inputs)
        query = compiler.compile(stage.transforms, input_schema)
        if stage.output is not None:
            self._schemas[stage.output] = query.output_schema
        return query

    def _union(self, inputs: tuple[str, ...]) -> pa.Schema:
        schemas = [self._schemas[dataset] for dataset in inputs]
        for dataset, schema in zip(inputs, schemas, strict=True):
            if not schema.equals(schemas[0]):
                raise PluginError(
                    f"the inputs '{inputs[0]}' and '{dataset}' have different columns",
                    hint=f"{inputs[0]}: {describe(schemas[0])}; {dataset}: {describe(schema)}",
                    code="union",
                )
        return schemas[0]

    def _add_stage(self, pipeline: Pipeline, stage: StagePlan, query: StageQuery, gate: Gate, compiler: Compiler) -> None:
        flow = StageFlow(
            [(plugin.id, compiler.keeps_rows(plugin)) for plugin in stage.transforms], stage.sink.id if stage.sink else None
        )
        end: StageEnd
        port = self._rejections.port()
        screen = sink_screen = None
        if stage.sink is not None:
            sink = sink_class(stage.sink.name)(self._contexts[stage.sink.id], query.output_schema)
            pipeline.sinks[stage.sink.id] = sink
            end = SinkEnd(sink, self._ledger)
            if stage.sink.error_policy.tolerates and (refusals := sink.refusals()):
                sink_screen = SinkScreen(compiler.engine.cursor(), stage.sink.id, refusals, query.output_schema, port)
        else:
            [outlet] = self._outlets(pipeline, stage.output)
            end = OutletEnd(outlet)
        if any(step.tolerates for step in query.steps):
            screen = Screen(compiler.engine.cursor(), query.steps, port)
        pipeline.stages.append(
            Stage(
                stage.name,
                compiler.engine.cursor(),
                gate,
                query,
                end,
                flow,
                rejections=port,
                screen=screen,
                sink_screen=sink_screen,
            )
        )
        pipeline.meters.extend(flow.meters)

    def _add_readers(self, pipeline: Pipeline, plugin: PluginSpec) -> None:
        env = self._job.env
        queue = SplitQueue(lambda: self._hooks.request_split(plugin.id), self._hooks.drained)
        pipeline.readers[plugin.id] = SourceReaders(
            queue,
            [
                Reader(
                    pipeline.sources[plugin.id],
                    number,
                    queue,
                    outlet,
                    self._ledger,
                    pace=read_pace(env, self._budget.batch_bytes),
                    rate=RateLimit(env.rows_per_second, env.bytes_per_second),
                    rejections=self._rejections.port(),
                )
                for number, outlet in enumerate(self._outlets(pipeline, plugin.output or plugin.id))
            ],
        )

    def _outlets(self, pipeline: Pipeline, dataset: str | None) -> list[Outlet]:
        """One for each thread that writes the dataset."""
        return [
            Outlet([(pipeline.gates[stage], channel) for stage, channel in channels])
            for channels in self._plan.outlets(dataset or "", self._writers)
        ]


def readers_by_source(job: JobSpec, workers: int) -> dict[str, int]:
    """How many reader threads each source has in one of ``workers`` workers."""
    return {source.id: reader_count(source.parallelism, workers) for source in job.sources}
