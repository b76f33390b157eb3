"""What of a source's dataset need not be read: columns that nobody looks at, and rows that the engine can read by itself.

The engine's own plan of a query says which columns it asks for. A stage without a query hands on all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from runner.connectors.base import Sink, Source
from runner.dataset.engine import Engine
from runner.worker.plan import Plan
from runner.worker.stage import StageQuery
from spec.job import JobSpec, PluginSpec

STORED_ROWS = 1 << 20
"""Rows that are left where they are stored at once, if the sink's parts are not smaller."""


def narrow_sources(
    job: JobSpec, plan: Plan, queries: Sequence[StageQuery], sources: Mapping[str, Source], engine: Engine
) -> None:
    """Tell every source which of its columns are read. Sources and transforms that have something to do with rows that do not
    fit read them whole: what does not fit may be in any column."""
    if _tolerates((*job.sources, *job.transforms)):
        return
    for plugin in job.sources:
        stages = [queries[stage] for stage, _ in plan.readers.get(plugin.output or plugin.id, ())]
        if stages and all(stage.sql is not None for stage in stages):
            read = [engine.columns_read(stage.sql, stage.input_schema) for stage in stages if stage.sql is not None]
            sources[plugin.id].narrow(frozenset().union(*read))


def leave_stored(job: JobSpec, plan: Plan, sources: Mapping[str, Source], sinks: Mapping[str, Sink]) -> None:
    """Tell the sources whose rows one stage alone reads, and writes into files of its own, that rows may stay in their files.
    Not in a job that has something to do with rows that do not fit, nor where the rate at which rows are read is limited."""
    if _tolerates(job.plugins()) or job.env.rows_per_second or job.env.bytes_per_second:
        return
    for plugin in job.sources:
        readers = plan.readers.get(plugin.output or plugin.id, ())
        if len(readers) != 1:
            continue
        stage = plan.stages[readers[0][0]]
        sink = None if stage.sink is None else sinks[stage.sink.id]
        if sink is not None and sink.copies and len(stage.inputs) == 1:
            sources[plugin.id].leave_stored(min(STORED_ROWS, sink.part_limit.rows or STORED_ROWS))


def _tolerates(plugins: Iterable[PluginSpec]) -> bool:
    return any(plugin.error_policy.tolerates for plugin in plugins)
