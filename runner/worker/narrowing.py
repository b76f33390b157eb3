"""Which columns of a source's dataset anybody looks at: the others need not be read.

The engine's own plan of a query says which columns it asks for. A stage without a query hands on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.connectors.base import Source
from runner.dataset.engine import Engine
from runner.worker.plan import Plan
from runner.worker.stage import StageQuery
from spec.job import JobSpec, OnError


def narrow_sources(
    job: JobSpec, plan: Plan, queries: Sequence[StageQuery], sources: Mapping[str, Source], engine: Engine
) -> None:
    """Tell every source which of its columns are read. A job that has something to do with rows that do not fit reads them
    whole: what does not fit may be in any column."""
    if any(plugin.error_policy.action is not OnError.FAIL for plugin in job.plugins()):
        return
    for plugin in job.sources:
        stages = [queries[stage] for stage, _ in plan.readers.get(plugin.output or plugin.id, ())]
        if stages and all(stage.sql is not None for stage in stages):
            read = [engine.columns_read(stage.sql, stage.input_schema) for stage in stages if stage.sql is not None]
            sources[plugin.id].narrow(frozenset().union(*read))
