"""Several readers of one source in one worker: one queue of splits, a channel each, barriers that nothing holds up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coordinator import Coordinator
from jobs import job, sink, source

from runner.connectors.base import Batch, Pace, PluginContext, Source
from runner.dataset.engine import Engine
from runner.model import CheckpointKind
from runner.protocol import Barrier, Pause, Resume, Split, SplitAssigned
from runner.worker.dead_letters import DeadLetters
from runner.worker.gate import Gate, GateClosed
from runner.worker.ledger import CheckpointRecord, Ledger
from runner.worker.log import WorkerLog
from runner.worker.outlet import Outlet
from runner.worker.parallelism import reader_count
from runner.worker.plan import plan_stages
from runner.worker.rate import RateLimit
from runner.worker.reader import Reader
from runner.worker.rejections import Rejections
from runner.worker.source_readers import SourceReaders
from runner.worker.split_queue import SplitQueue
from spec.job import JobMode, JobSpec

Coordinate = Callable[..., Coordinator]

FIELDS = {"schema": {"fields": {"id": "bigint", "s": "string"}}}


def split(name: str, **data: object) -> Split:
    """A split of the source ``rows``."""
    return Split(source="rows", id=name, data=dict(data))


def test_every_idle_reader_asks_once() -> None:
    """What comes goes to whoever asks first; after the last word nobody asks, until a split comes all the same."""
    requests: list[str] = []
    drained: list[bool] = []
    queue = SplitQueue(lambda: requests.append("?"), lambda: drained.append(True))
    assert [queue.take(0), queue.take(0), queue.take(1)] == [None, None, None]
    assert len(requests) == 2
    queue.add(split("a"))
    taken = queue.take(1)
    assert taken is not None
    assert taken.id == "a"
    assert queue.take(0) is None
    assert len(requests) == 2
    queue.exhaust()
    assert not queue.drained
    assert queue.take(0) is None
    queue.finish()
    assert (queue.drained, len(drained), len(requests)) == (True, 1, 2)
    queue.add(split("left behind"))
    assert not queue.drained
    assert [each.id for each in queue.waiting()] == ["left behind"]
    assert queue.take(0) is not None
    assert queue.take(1) is None
    assert len(requests) == 3
    queue.finish()
    assert not queue.drained
    queue.exhaust()
    assert (queue.drained, queue.heard, queue.finished) == (True, 2, 2)


def test_readers_have_channels_of_their_own() -> None:
    """In every stage that reads their dataset, behind the channels of the inputs before."""
    spec = job(
        source("FakeSource", "a", {}, parallelism=3),
        source("FakeSource", "b", {}),
        sink("Console", ("b", "a"), {}, name_as="s1"),
        sink("Console", "a", {}, name_as="s2"),
    )
    plan = plan_stages(spec)
    writers = {"a": 3, "b": 1}
    assert [plan.channels(stage, writers) for stage in range(2)] == [(1, 3), (3,)]
    assert plan.outlets("a", writers) == [[(0, 1), (1, 0)], [(0, 2), (1, 1)], [(0, 3), (1, 2)]]
    assert plan.outlets("b", writers) == [[(0, 0)]]


@pytest.mark.parametrize(("parallelism", "workers", "count"), [(1, 1, 1), (3, 1, 3), (3, 2, 2), (1, 3, 1), (1000, 1, 64)])
def test_parallel_readers_are_spread_over_the_workers(parallelism: int, workers: int, count: int) -> None:
    """Rounded up, and never without limit."""
    assert reader_count(parallelism, workers) == count


class Numbers(Source):
    """A split of ``rows`` batches of one row of 8 bytes."""

    def schema(self) -> pa.Schema:
        """One number."""
        return pa.schema([("n", pa.int64())])

    def splits(self) -> list[Split]:
        """Tests hand them out."""
        return []

    def read(self, split: Split, pace: Pace) -> Iterator[Batch]:
        """One row after the other."""
        for number in range(split.data["rows"]):
            yield Batch(pa.record_batch({"n": pa.array([number], pa.int64())}), {"row": number + 1}, 8)


class Bench:
    """Real readers of a :class:`Numbers` over one gate that holds ``capacity`` bytes; nobody reads the gate."""

    def __init__(self, directory: Path, *, readers: int, capacity: int) -> None:
        log = WorkerLog(directory / "log", worker=0, attempt=1)
        plugin = source("FakeSource", "rows", {})
        context = PluginContext(
            plugin=plugin,
            mode=JobMode.BATCH,
            job_id="j",
            execution="e",
            attempt="1",
            worker=0,
            workers=1,
            base_directory=directory,
            log=log,
        )
        self.records: list[CheckpointRecord] = []
        self.gate = Gate(readers, capacity)
        ledger = Ledger({"rows": readers}, [], self.records.append)
        self.queue = SplitQueue(lambda: None, lambda: None)
        numbers = Numbers(context, Engine([]).cursor())
        outlets = [Outlet([(self.gate, number)]) for number in range(readers)]
        made = job(plugin)
        letters = DeadLetters(made, directory, job_id="j", execution="e", attempt="1", worker=0)
        rejections = Rejections(made, letters)
        self.group = SourceReaders(
            self.queue,
            [
                Reader(
                    numbers,
                    number,
                    self.queue,
                    outlet,
                    ledger,
                    pace=Pace(),
                    rate=RateLimit(None, None),
                    rejections=rejections.port(),
                )
                for number, outlet in enumerate(outlets)
            ],
        )
        self._threads = [threading.Thread(target=self._run, args=(reader,), daemon=True) for reader in self.group.readers]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _run(reader: Reader) -> None:
        with pytest.raises(GateClosed):
            reader.run()

    def close(self) -> None:
        """End the threads."""
        self.gate.close()
        self.group.close()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it; whatever changes it wakes the readers' lock or the gate's."""
        done = threading.Event()
        for _ in range(2000):
            if condition():
                return
            done.wait(0.005)
        raise TimeoutError


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Makes benches and ends their threads."""
    made: list[Bench] = []

    def make(*, readers: int, capacity: int) -> Bench:
        made.append(Bench(tmp_path, readers=readers, capacity=capacity))
        return made[-1]

    yield make
    for each in made:
        each.close()


def barrier(number: int, *, stop: bool = False) -> Barrier:
    """Checkpoint ``number``."""
    return Barrier(execution="e", attempt=1, epoch=1, worker=0, checkpoint=number, kind=CheckpointKind.PERIODIC, stop=stop)


def taken(gate: Gate) -> list[int]:
    """What is in the gate: numbers of rows, and barriers as minus their checkpoint."""
    found = []
    while (item := gate.take(timeout=0.0)) is not None:
        found.append(-item.checkpoint if isinstance(item, Barrier) else int(item.column(0)[0].as_py()))
    return found


def test_a_blocked_reader_passes_a_barrier_at_once(bench: Callable[..., Bench]) -> None:
    """The batch that there is no room for comes after it, and the position is the one before it."""
    made = bench(readers=1, capacity=16)
    made.group.assign(split("a", rows=5))
    made.until(lambda: made.gate.waiting_bytes() == 16)
    made.group.barrier(barrier(1))
    made.until(lambda: bool(made.records))
    [record] = made.records
    assert record.splits["rows"] == [Split(source="rows", id="a", data={"rows": 5}, position={"row": 2})]
    assert record.rows_in == 2
    found = taken(made.gate)
    made.group.exhaust()
    while not made.queue.drained:
        found += taken(made.gate)
    assert found + taken(made.gate) == [0, 1, -1, 2, 3, 4]
    assert made.group.counters().backpressured_seconds > 0


def test_a_paused_reader_passes_barriers_and_reads_nothing(bench: Callable[..., Bench]) -> None:
    """Also when the pause comes before the first split; resuming goes on where it was."""
    made = bench(readers=1, capacity=1000)
    made.group.pause()
    made.group.assign(split("a", rows=3))
    made.group.barrier(barrier(1))
    made.until(lambda: bool(made.records))
    assert made.records[0].splits["rows"] == [Split(source="rows", id="a", data={"rows": 3})]
    assert taken(made.gate) == [-1]
    made.group.resume()
    made.group.exhaust()
    made.until(lambda: made.queue.drained)
    assert taken(made.gate) == [0, 1, 2]


def test_a_stop_holds_for_all_readers_until_it_is_given_up(bench: Callable[..., Bench]) -> None:
    """Splits that wait are reported as they are; after the checkpoint failed, they are read."""
    made = bench(readers=2, capacity=10_000)
    made.group.barrier(barrier(1, stop=True))
    made.until(lambda: len(made.records) == 1)
    made.group.assign(split("a", rows=2))
    made.group.barrier(barrier(2, stop=True))
    made.until(lambda: len(made.records) == 2)
    assert made.records[1].splits["rows"] == [Split(source="rows", id="a", data={"rows": 2})]
    made.group.read_on(1)
    assert taken(made.gate) == [-1, -2]
    made.group.read_on(2)
    made.group.exhaust()
    made.until(lambda: made.queue.drained)
    assert taken(made.gate) == [0, 1]
    made.group.barrier(barrier(3))
    made.until(lambda: len(made.records) == 3)
    [reported] = made.records[2].splits["rows"]
    assert (reported.finished, reported.position) == (True, {"row": 2})
    made.group.completed([reported])
    made.group.barrier(barrier(4))
    made.until(lambda: len(made.records) == 4)
    assert made.records[3].splits["rows"] == []
    assert made.records[3].drained


def parallel_job(**env: Any) -> JobSpec:
    """Three readers of FakeSource, five splits each."""
    options = {"row.num": 1500, "split.num": 5, **FIELDS}
    out = sink("LocalFile", "rows", {"path": "out", "file_format_type": "parquet"})
    return job(source("FakeSource", "rows", options, parallelism=3), out, **env)


def ids(directory: Path) -> list[int]:
    """All ids of the output, sorted."""
    found: list[Any] = sorted(pq.read_table(directory / "out").column("id").to_pylist())
    return found


def test_parallel_readers_survive_kills(tmp_path: Path, coordinate: Coordinate) -> None:
    """The output of three readers in one worker is exact from any checkpoint on, and the counters are their sums."""
    coordinator = coordinate(parallel_job(rows_per_second=3000, interval=0.2))
    coordinator.start()
    for _ in range(3):
        coordinator.take_checkpoint()
    coordinator.kill()
    coordinator.start()
    coordinator.take_checkpoint()
    coordinator.prepare_checkpoint()
    coordinator.kill()
    again = coordinate(parallel_job())
    again.attempt, again.next_checkpoint, again.checkpoint = coordinator.attempt, 100, coordinator.checkpoint
    again.start()
    again.run()
    found = ids(tmp_path)
    assert len(found) == len(set(found)) == 4500
    assert all(state.finished for state in again.checkpoint.splits["rows"].values())


def test_a_paused_worker_takes_checkpoints(tmp_path: Path, coordinate: Coordinate) -> None:
    """Nothing is read between Pause and Resume, and a split that comes meanwhile undoes the last word about splits."""
    coordinator = coordinate(parallel_job(rows_per_second=1000, interval=0.2))
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    coordinator.send_all(Pause)
    paused = coordinator.take_checkpoint()
    again = coordinator.take_checkpoint()
    assert paused.rows_in == again.rows_in < 4500
    coordinator.send_all(Resume)
    coordinator.run(interval=0.2)
    assert len(ids(tmp_path)) == 4500


def test_a_drained_worker_takes_another_split(tmp_path: Path, coordinate: Coordinate) -> None:
    """Its heartbeats say how many splits it has heard of, so that an old one is not believed."""
    coordinator = coordinate(parallel_job())
    coordinator.start()
    coordinator.wait_until(coordinator.drained)
    [handle] = coordinator.handles
    assert handle.heartbeat is not None
    assert (handle.heartbeat.splits_heard, handle.heartbeat.splits_finished) == (15, 15)
    more = {"begin": 10_000, "rows": 100, "now": "2026-01-01T00:00:00"}
    coordinator.send_all(SplitAssigned, split=split("more", **more))
    coordinator.wait_until(lambda: bool(handle.heartbeat and handle.heartbeat.drained and handle.heartbeat.splits_heard == 16))
    coordinator.finish()
    assert len(ids(tmp_path)) == 4600
