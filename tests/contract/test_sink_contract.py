"""What every sink promises the worker: what is prepared can be committed by anybody, at any time, as often as one likes; what
is not committed can be forgotten; and no row is visible twice, or lost, however an attempt ends.

Attempts that die are played in this process here (the sink is dropped as it is, nothing is closed);
``test_sink_kill_contract.py`` kills real workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cases import Seen, SinkCase, only_for
from every_type import comparable, every_type, ids_of, numbered
from plugin_bench import Bench, Prepared, SinkAttempt

from runner.connectors.base import Part, PluginContext, Sink
from schemas.loader import plugin_schema
from spec.job import PluginKind

SCHEMA = numbered(0).schema
EXACTLY_ONCE = "exactly-once"


class Stage:
    """One sink of one job: its attempts, and what can be seen of what they wrote."""

    def __init__(self, case: SinkCase, directory: Path, kind: type[Sink] | None = None, delivery: str | None = None) -> None:
        self.case = case
        self.bench = Bench(directory)
        self.delivery = delivery or declared_delivery(case)
        self.last_state: dict[str, Any] | None = None
        self._type = kind or case.type

    def attempt(self, restored: Prepared | None = None, schema: pa.Schema = SCHEMA, **where: int) -> SinkAttempt:
        """A worker begins; it is handed the states of the restore point."""
        states = [] if restored is None else restored.states
        return SinkAttempt(self.bench, self._type, self.case.plugin, self.case.options, schema, restored=states, **where)

    def committed(self, prepared: Prepared) -> None:
        """A checkpoint is complete and committed."""
        prepared.commit()
        self.last_state = prepared.state

    def settle(self) -> None:
        """The execution has ended early."""
        self._type.settle(self.bench.context(PluginKind.SINK, self.case.plugin, self.case.options, attempt=0))

    def seen(self, schema: pa.Schema = SCHEMA) -> Seen:
        """For the case to look at."""
        return Seen(self.bench.directory, self.bench.log.printed, self.last_state, schema)

    def ids(self) -> list[int]:
        """The ids that are visible, in order."""
        return sorted(self.case.ids(self.seen()))

    def check(self, *written: pa.Table) -> None:
        """All rows of ``written`` are visible: once, if that is what the sink promises, and never fewer times."""
        expected = sorted(ids_of(*written))
        check_delivery(self.delivery, self.ids(), expected if self.case.shows_ids else [0] * len(expected))

    def check_nothing_staged(self) -> None:
        """No unfinished output is left."""
        assert self.case.staged(self.bench.directory) == []


def declared_delivery(case: SinkCase) -> str:
    """As the sink's schema says it of these options."""
    schema = plugin_schema("sink", case.plugin)
    assert schema is not None
    return schema.delivery_with(case.options)


def check_delivery(delivery: str, found: list[int], expected: list[int]) -> None:
    """Nothing is lost, nothing is invented, and what is declared exactly-once is there once."""
    lost, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    assert not lost, f"lost: {lost}"
    assert set(found) <= set(expected), "rows that nobody wrote"
    assert delivery != EXACTLY_ONCE or not extra, f"declared {delivery}, and yet there more than once: {extra}"


@pytest.fixture
def stage(sink_case: SinkCase, tmp_path: Path) -> Stage:
    """A sink and its job's directory."""
    return Stage(sink_case, tmp_path)


def test_rows_are_visible_when_they_are_committed(stage: Stage) -> None:
    """All of them, and nothing is left staged; of an exactly-once sink none earlier."""
    attempt = stage.attempt()
    assert attempt.write(numbered(10), rows_per_batch=4) == 10
    prepared = attempt.prepare(1)
    assert stage.delivery != EXACTLY_ONCE or stage.ids() == []
    stage.committed(prepared)
    attempt.write(numbered(5, first=10))
    stage.committed(attempt.prepare(2, final=True))
    attempt.sink.close()
    stage.check(numbered(15))
    stage.check_nothing_staged()


def test_a_commit_may_be_repeated(stage: Stage) -> None:
    """Twice in a row, after later ones, and when the attempt is long over: nothing changes."""
    attempt = stage.attempt()
    attempt.write(numbered(10))
    first = attempt.prepare(1)
    first.commit()
    first.commit()
    attempt.write(numbered(10, first=10))
    second = attempt.prepare(2, final=True)
    stage.committed(second)
    attempt.sink.close()
    before = stage.ids()
    first.commit()
    second.commit()
    assert stage.ids() == before
    stage.check(numbered(20))
    stage.check_nothing_staged()


def test_what_an_aborted_checkpoint_prepared_goes_into_the_next(stage: Stage) -> None:
    """The tokens are carried on, as the worker's committer does, and committed with those of the next checkpoint."""
    attempt = stage.attempt()
    attempt.write(numbered(10))
    aborted = attempt.prepare(1)
    attempt.write(numbered(10, first=10))
    following = attempt.prepare(2, final=True)
    stage.committed(Prepared(following.sink, aborted.tokens + following.tokens, following.state))
    attempt.sink.close()
    stage.check(numbered(20))
    stage.check_nothing_staged()


def test_dying_before_the_checkpoint_is_durable(stage: Stage) -> None:
    """Written and prepared, but nobody knows: the next attempt forgets it and writes it all again."""
    dead = stage.attempt()
    dead.write(numbered(10))
    dead.prepare(1)
    dead.write(numbered(5, first=10))
    attempt = stage.attempt()
    attempt.sink.discard_staging()
    attempt.write(numbered(20))
    stage.committed(attempt.prepare(2, final=True))
    attempt.sink.close()
    stage.check(numbered(20))
    stage.check_nothing_staged()


def test_dying_between_durable_and_committed(stage: Stage) -> None:
    """The checkpoint counts: its tokens are committed by whoever comes next, and the rows after it are written again."""
    dead = stage.attempt()
    dead.write(numbered(10))
    durable = dead.prepare(1)
    dead.write(numbered(10, first=10))
    dead.prepare(2)
    attempt = stage.attempt(restored=durable)
    durable.commit()
    attempt.sink.discard_staging()
    attempt.write(numbered(10, first=10))
    stage.committed(attempt.prepare(3, final=True))
    attempt.sink.close()
    stage.check(numbered(20))
    stage.check_nothing_staged()


def test_dying_again_and_again(stage: Stage) -> None:
    """Five attempts, each dying after a checkpoint that is durable and one that is not."""
    durable: Prepared | None = None
    for number in range(5):
        attempt = stage.attempt(restored=durable)
        if durable is not None:
            durable.commit()
        attempt.sink.discard_staging()
        attempt.write(numbered(3, first=3 * number))
        durable = attempt.prepare(2 * number + 1)
        attempt.write(numbered(3, first=3 * number + 3))
        attempt.prepare(2 * number + 2)
    assert durable is not None
    last = stage.attempt(restored=durable)
    durable.commit()
    last.sink.discard_staging()
    last.write(numbered(3, first=15))
    stage.committed(last.prepare(100, final=True))
    last.sink.close()
    stage.check(numbered(18))
    stage.check_nothing_staged()


@only_for(lambda case: case.type.maximum_workers != 1)
def test_workers_of_one_attempt_do_not_get_in_each_others_way(stage: Stage) -> None:
    """Two of them write at once where the sink allows two, and each commits its own."""
    workers = [stage.attempt(worker=number, workers=2) for number in range(2)]
    workers[0].sink.discard_staging()
    for number, worker in enumerate(workers):
        worker.write(numbered(10, first=10 * number))
    prepared = [worker.prepare(1, final=True) for worker in workers]
    for each in reversed(prepared):
        stage.committed(each)
    for worker in workers:
        worker.sink.close()
    stage.check(numbered(20))
    stage.check_nothing_staged()


def test_discarding_keeps_what_is_committed(stage: Stage) -> None:
    """And what this attempt has staged itself."""
    former = stage.attempt()
    former.write(numbered(10))
    former.prepare(1).commit()
    former.write(numbered(7, first=10))
    attempt = stage.attempt(restored=None)
    attempt.write(numbered(10, first=10))
    attempt.sink.discard_staging()
    prepared = attempt.prepare(2, final=True)
    stage.committed(prepared)
    attempt.sink.close()
    if stage.case.shows_ids:
        stage.check(numbered(20))
    stage.check_nothing_staged()


def test_settling_drops_what_is_staged_and_keeps_what_is_committed(stage: Stage) -> None:
    """After an execution that ended early; also when there is nothing to settle, and again."""
    stage.settle()
    attempt = stage.attempt()
    attempt.write(numbered(10))
    stage.committed(attempt.prepare(1))
    if stage.delivery == EXACTLY_ONCE:
        attempt.write(numbered(5, first=10))
        attempt.prepare(2)
    for _ in range(2):
        stage.settle()
        stage.check(numbered(10))
        stage.check_nothing_staged()


def test_a_job_without_rows(stage: Stage) -> None:
    """Checkpoints with nothing in them, a part without batches, one of an empty batch: no error, no rows, nothing staged."""
    attempt = stage.attempt()
    stage.committed(attempt.prepare(1))
    assert attempt.write_batches([]) == 0
    stage.committed(attempt.prepare(2))
    assert attempt.write_batches(numbered(0).to_batches() or [pa.RecordBatch.from_pylist([], schema=SCHEMA)]) == 0
    stage.committed(attempt.prepare(3, final=True))
    attempt.sink.close()
    assert stage.ids() == []
    stage.check_nothing_staged()


def test_empty_batches_among_others(stage: Stage) -> None:
    """They change nothing."""
    empty = pa.RecordBatch.from_pylist([], schema=SCHEMA)
    batches = numbered(6).to_batches(2)
    attempt = stage.attempt()
    assert attempt.write_batches([empty, batches[0], empty, empty, *batches[1:], empty]) == 6
    stage.committed(attempt.prepare(1, final=True))
    stage.check(numbered(6))


def test_every_type_arrives(stage: Stage) -> None:
    """Every value that the sink can hold, nulls included, whatever the batches are cut like."""
    table = stage.case.holds(every_type())
    for rows_per_batch in (1 << 16, 3):
        attempt = stage.attempt(schema=table.schema)
        assert attempt.write(table, rows_per_batch) == table.num_rows
        stage.committed(attempt.prepare(rows_per_batch, final=True))
    seen = stage.seen(table.schema)
    assert len(stage.case.ids(seen)) == (2 * table.num_rows if stage.case.shows_ids else table.num_rows)
    if stage.case.read is not None:
        assert comparable(stage.case.read(seen)) == sorted(2 * comparable(table), key=lambda text: (len(text), text))


def test_closing_raises_nothing(stage: Stage) -> None:
    """At any time, and more than once."""
    stage.attempt().sink.close()
    attempt = stage.attempt()
    attempt.write(numbered(3))
    attempt.sink.close()
    stage.committed(attempt.prepare(1, final=True))
    attempt.sink.close()
    attempt.sink.close()
    stage.check(numbered(3))


class BoldSink(Sink):
    """A sink that shows rows at once and calls that exactly-once."""

    shown: list[int] = []

    def write(self, part: Part) -> int:
        """Show them."""
        ids = ids_of(*part.batches())
        self.shown.extend(ids)
        return len(ids)


class ForgetfulSink(BoldSink):
    """A sink that shows every other row."""

    def write(self, part: Part) -> int:
        """Show some of them."""
        ids = ids_of(*part.batches())
        self.shown.extend(ids[::2])
        return len(ids)


@pytest.mark.parametrize(
    ("wrong", "delivery", "act", "complaint"),
    [
        (BoldSink, EXACTLY_ONCE, test_dying_before_the_checkpoint_is_durable, "more than once"),
        (BoldSink, EXACTLY_ONCE, test_dying_between_durable_and_committed, "more than once"),
        (ForgetfulSink, "at-least-once", test_rows_are_visible_when_they_are_committed, "lost"),
    ],
)
def test_a_wrong_declaration_is_noticed(
    wrong: type[BoldSink], delivery: str, act: Callable[[Stage], None], complaint: str, tmp_path: Path
) -> None:
    """The negative control: a sink that does not do what it declares does not pass."""
    wrong.shown = []
    stage = Stage(SinkCase("Console", "wrong", {}, ids=lambda seen: list(wrong.shown)), tmp_path, wrong, delivery)
    with pytest.raises(AssertionError, match=complaint):
        act(stage)


def test_with_an_honest_declaration_the_same_sink_passes(tmp_path: Path) -> None:
    """What is promised is what is asked for."""
    BoldSink.shown = []
    case = SinkCase("Console", "honest", {}, ids=lambda seen: list(BoldSink.shown))
    test_dying_before_the_checkpoint_is_durable(Stage(case, tmp_path, BoldSink, "at-least-once"))


def test_contexts_tell_attempts_apart(tmp_path: Path) -> None:
    """What the suite plays are different attempts of one execution, as sinks are told."""
    bench = Bench(tmp_path)
    contexts: list[PluginContext] = [bench.context(PluginKind.SINK, "Console", {}, attempt=number) for number in (1, 2)]
    assert len({context.attempt for context in contexts}) == 2
    assert len({context.execution for context in contexts}) == 1
