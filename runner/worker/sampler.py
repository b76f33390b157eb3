"""Samples of the rows that leave each plugin, taken when somebody asks.

What leaves a source, or a stage for another one, is found in the queues between them. Inside a stage's query nothing can be
seen, so the transforms are applied to the few rows that were found before it, step by step, away from the stage's thread.
Until somebody asks it costs one comparison for each batch.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from runner.dataset.arrays import from_the_start
from runner.dataset.engine import INPUT, Engine
from runner.dataset.python_values import python_rows
from runner.dataset.stored_rows import Rows
from runner.observation import NO_ROWS_SEEN, PluginSample, SampledRecord
from runner.protocol import Sample
from runner.worker.failure import sql_message
from runner.worker.gate import Gate
from runner.worker.pipeline import Edge, Pipeline
from runner.worker.plan import StagePlan
from runner.worker.verdicts import Step
from spec.checks.secret_text import mask_passwords, names_a_secret
from spec.errors import FlowdeckError
from spec.position import MASK
from spec.redaction import Redaction

MAXIMUM_TEXT: Final = 256
MAXIMUM_COLUMNS: Final = 200
MAXIMUM_BYTES: Final = 64 * 1024
_DEPTH: Final = 4
_ELEMENTS: Final = 20
_LOOK_INTERVAL: Final = 0.02


class Sampler:
    """Answers one request after the other; one that comes while another is under way is answered by the same look. What is
    ``hidden`` is masked wherever it stands."""

    def __init__(
        self,
        pipeline: Pipeline,
        stages: Sequence[StagePlan],
        answer: Callable[[int, list[PluginSample]], None],
        hidden: Redaction,
    ) -> None:
        self._pipeline = pipeline
        self._stages = tuple(stages)
        self._hidden = hidden
        self._answer = answer
        self._lock = threading.Lock()
        self._asked: list[Sample] = []
        self._at_work = False

    def ask(self, request: Sample) -> None:
        """Have a thread take the samples, and answer."""
        with self._lock:
            self._asked.append(request)
            if self._at_work:
                return
            self._at_work = True
        threading.Thread(target=self._work, name="sampler", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                asked, self._asked = self._asked, []
                if not asked:
                    self._at_work = False
                    return
            samples = self._taken(max(request.rows for request in asked), max(request.seconds for request in asked))
            for request in asked:
                self._answer(request.request, [_newest(sample, request.rows) for sample in samples])

    def _taken(self, rows: int, seconds: float) -> list[PluginSample]:
        try:
            return self._take(rows, seconds)
        except Exception as error:  # noqa: BLE001 - a thread's boundary: whoever asks is answered, and the next one is heard
            trouble = self._hidden.text(f"these rows cannot be shown: {type(error).__name__}: {error}")[:MAXIMUM_TEXT]
            return [PluginSample(plugin=source, trouble=trouble) for source in self._pipeline.sources]

    def _take(self, rows: int, seconds: float) -> list[PluginSample]:
        gates = self._pipeline.gates
        for gate in gates:
            gate.keep_last(everything=True)
        try:
            deadline = time.monotonic() + seconds
            while not all(gate.has_last() for gate in gates) and time.monotonic() < deadline:
                time.sleep(_LOOK_INTERVAL)
            # Who reads the same rows shall show the same rows: those of a plugin are taken from one of its readers' queues.
            edges = {edge.producer: edge for edge in reversed(self._pipeline.links)}
            found = {producer: _last_rows(edge.gate, edge.channels, rows) for producer, edge in edges.items()}
        finally:
            for gate in gates:
                gate.keep_last(everything=False)
        return self._described(found)

    def _described(self, found: Mapping[str, pa.RecordBatch | None]) -> list[PluginSample]:
        hidden = self._hidden
        samples = {source: describe(source, found.get(source), hidden) for source in self._pipeline.sources}
        for number, stage in enumerate(self._stages):
            edges = [edge for edge in self._pipeline.links if edge.gate is self._pipeline.gates[number]]
            rows = _united(found, edges)
            for sample in _of_stage(self._pipeline.engine, stage, self._pipeline.stages[number].steps, rows, hidden):
                samples.setdefault(sample.plugin, sample)
        return list(samples.values())


def _last_rows(gate: Gate, channels: range, rows: int) -> pa.RecordBatch | None:
    """The last rows that have come through some channels, copied, so that no batch is held by them."""
    left, parts = rows, []
    for batch in itertools.chain.from_iterable(map(_read, gate.last(channels))):
        part = batch.slice(max(0, batch.num_rows - left))
        parts.append(part)
        left -= part.num_rows
        if left <= 0:
            break
    if not parts:
        return None
    copied = pa.Table.from_batches(parts).take(pa.array(range(sum(part.num_rows for part in parts)), pa.int64()))
    return from_the_start(copied.combine_chunks().to_batches()[0]) if copied.num_rows else None


def _read(rows: Rows) -> list[pa.RecordBatch]:
    """The rows, or the last of those that are still in their file; none when that cannot be read, which its stage will say."""
    if isinstance(rows, pa.RecordBatch):
        return [rows]
    try:
        return list(deque(rows.batches(), maxlen=1))
    except (FlowdeckError, pa.ArrowException, OSError):
        return []


def _united(found: Mapping[str, pa.RecordBatch | None], edges: Iterable[Edge]) -> pa.RecordBatch | None:
    """What reaches a stage: rows of the first of its inputs that has any."""
    return next((rows for edge in edges if (rows := found[edge.producer]) is not None), None)


def _of_stage(
    engine: Engine | None, stage: StagePlan, steps: Sequence[Step], rows: pa.RecordBatch | None, hidden: Redaction
) -> list[PluginSample]:
    """What leaves each transform of the stage, and what reaches its sink."""
    samples, last = [], rows
    for step in steps:
        if rows is None or engine is None:
            samples.append(PluginSample(plugin=step.plugin, trouble=NO_ROWS_SEEN))
            continue
        try:
            last = _applied(engine, step, rows)
        except duckdb.Error as error:
            trouble = hidden.text(f"these rows fail: {sql_message(error)}")
            samples.append(PluginSample(plugin=step.plugin, trouble=trouble[:MAXIMUM_TEXT]))
            last = None
        else:
            samples.append(describe(step.plugin, last, hidden))
    if stage.sink is not None:
        samples.append(describe(stage.sink.id, last, hidden))
    return samples


def _applied(engine: Engine, step: Step, rows: pa.RecordBatch) -> pa.RecordBatch:
    cursor = engine.cursor()
    try:
        cursor.register(INPUT, pa.Table.from_batches([rows]))
        made: pa.Table = cursor.sql(step.sql).to_arrow_table()
        cursor.unregister(INPUT)
    finally:
        cursor.close()
    batches = made.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=made.schema)


def describe(plugin: str, rows: pa.RecordBatch | None, hidden: Redaction) -> PluginSample:
    """The rows as a sample, within its bounds: secrets and what is ``hidden`` masked, long values cut, older rows left out."""
    if rows is None or not rows.num_rows:
        return PluginSample(plugin=plugin, trouble=NO_ROWS_SEEN if rows is None else "these rows leave it empty")
    shown = rows.select(rows.schema.names[:MAXIMUM_COLUMNS])
    records: list[SampledRecord] = []
    size = 0
    for row in reversed(python_rows(shown)):
        record = SampledRecord(values={hidden.text(name): _shown(name, value, _DEPTH, hidden) for name, value in row.items()})
        size += sum(len(name) + len(str(value)) for name, value in record.values.items())
        if size > MAXIMUM_BYTES and records:
            break
        records.append(record)
    return PluginSample(
        plugin=plugin,
        columns=tuple(hidden.text(name) for name in shown.schema.names),
        types=tuple(hidden.text(str(kind))[:MAXIMUM_TEXT] for kind in shown.schema.types),
        records=tuple(reversed(records)),
    )


def _shown(name: str, value: Any, depth: int, hidden: Redaction) -> Any:
    """A value as it may be seen; ``name`` is that of its column or field."""
    if value is None:
        return None
    if names_a_secret(name):
        return MASK
    if isinstance(value, bool | int) and abs(value) < 1 << 63:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict | list | tuple):
        return _nested(name, value, depth, hidden)
    text = value.hex() if isinstance(value, bytes) else str(value)
    start = hidden.text(text[: 4 * MAXIMUM_TEXT])
    return _cut(mask_passwords(start, MASK), len(text) > 4 * MAXIMUM_TEXT)


def _nested(name: str, value: Any, depth: int, hidden: Redaction) -> Any:
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        fields = list(value.items())[:_ELEMENTS]
        return {hidden.text(str(key)): _shown(str(key), item, depth - 1, hidden) for key, item in fields}
    if isinstance(value, tuple) and len(value) == 2:  # an entry of a map
        return [_shown(name, value[0], depth - 1, hidden), _shown(str(value[0]), value[1], depth - 1, hidden)]
    return [_shown(name, item, depth - 1, hidden) for item in value[:_ELEMENTS]]


def _cut(text: str, is_cut: bool) -> str:  # noqa: FBT001 - it is what the text is
    return text[:MAXIMUM_TEXT] + "…" if is_cut or len(text) > MAXIMUM_TEXT else text


def _newest(sample: PluginSample, rows: int) -> PluginSample:
    if len(sample.records) <= rows:
        return sample
    return PluginSample(plugin=sample.plugin, columns=sample.columns, types=sample.types, records=sample.records[-rows:])
