"""The worker process: obeys the supervisor's messages and keeps the pipeline's threads.

The main thread reads the socket and nothing else that can take long. All other threads are daemons: when the supervisor goes,
the process ends at once and commits nothing; whatever was not committed is staging that the next attempt drops.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pyarrow as pa

from runner.connectors.base import PluginContext
from runner.dataset.engine import EngineLimits
from runner.model import FailedSplit
from runner.observation import PluginSample
from runner.protocol import (
    Abort,
    Barrier,
    Complete,
    Enumerate,
    NoMoreSplits,
    Pause,
    PluginCounters,
    Recover,
    Resume,
    Sample,
    Settle,
    SplitAssigned,
    Start,
    SupervisorMessage,
)
from runner.worker.allocator import keep_batches
from runner.worker.budget import share_out
from runner.worker.committer import CommittedCheckpoint, Committer, PreparedCheckpoint, commit_token
from runner.worker.dead_letters import DeadLetters
from runner.worker.failure import StageError, blame, describe_failure, with_place
from runner.worker.file_bounds import bound_job
from runner.worker.gate import GateClosed
from runner.worker.heartbeat import Heartbeat
from runner.worker.ledger import CheckpointRecord, Ledger
from runner.worker.link import Link, LinkClosed, LinkError
from runner.worker.log import WorkerLog
from runner.worker.memory import MemoryWatch
from runner.worker.pipeline import Pipeline, PipelineBuilder, ReaderHooks, readers_by_source
from runner.worker.plan import plan_stages
from runner.worker.printed import masked_output
from runner.worker.priority import stand_back
from runner.worker.rejections import Rejections
from runner.worker.reporter import Reporter
from runner.worker.sampler import Sampler
from runner.worker.secrets import job_with_secrets
from runner.worker.settlement import settle
from runner.worker.spill import SpillDirectory
from spec.job import PluginSpec
from spec.redaction import Redaction

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_ABANDONED = 3
"""The supervisor closed the connection before the work was done."""


def run_worker(connection: socket.socket) -> int:
    """Serve one supervisor until it is done with this worker; the process's exit status (0, 1 after Failed, 3 abandoned).

    Threads may still be running when it returns: the caller ends the process with ``os._exit``.
    """
    link = Link(connection)
    try:
        first = link.receive()
    except LinkClosed:
        return EXIT_ABANDONED
    match first:
        case Start():
            return _work(link, first)
        case Settle():
            return EXIT_OK if settle(link, first) else EXIT_FAILED
        case _:
            raise LinkError(f"the first message is Start or Settle, not {type(first).__name__}")


def _work(link: Link, start: Start) -> int:
    try:
        job = job_with_secrets(start.job)[0]
    except StageError as error:
        return _refuse(link, start, error)
    bound_job(start)
    with masked_output(job.concealed):
        return Worker(link, msgspec.structs.replace(start, job=job)).serve()


def _refuse(link: Link, start: Start, error: StageError) -> int:
    """A secret is missing: nothing is opened."""
    info, retriable = describe_failure(error, Redaction(start.job.concealed))
    log = WorkerLog(Path(start.log_file), worker=start.worker, attempt=start.attempt)
    log.write("error", f"{info.message} ({info.hint})" if info.hint else info.message, plugin=info.plugin or "")
    with contextlib.suppress(LinkClosed):
        Reporter(link, start).failed(info, retriable=retriable)
    return EXIT_FAILED


class Worker:
    """One attempt's worker."""

    def __init__(self, link: Link, start: Start) -> None:
        self._link = link
        self._start = start
        self._reporter = Reporter(link, start)
        self._hidden = Redaction(start.job.concealed)
        self._log = WorkerLog(Path(start.log_file), worker=start.worker, attempt=start.attempt, hidden=self._hidden)
        self._readers = readers_by_source(start.job, start.workers)
        self._plan = plan_stages(start.job)
        self._budget = share_out(
            start.job.env.resources,
            psutil.virtual_memory().total,
            workers=start.workers,
            gates=len(self._plan.stages),
            readers=sum(self._readers.values()),
        )
        self._memory = MemoryWatch(self._budget)
        self._spill = SpillDirectory(start)
        self._ending = threading.Lock()
        self._exit: int | None = None
        self._heartbeat = Heartbeat(self._counters, self._beat, start.patience)
        self._letters = DeadLetters(
            start.job,
            Path(start.base_directory),
            job_id=start.job_id,
            execution=start.execution,
            attempt=attempt_name(start),
            worker=start.worker,
        )
        self._rejections = Rejections(start.job, self._letters, start.rejected, self._hidden)
        self._committer = Committer(
            start.worker,
            {plugin.id: plugin.name for plugin in start.job.sinks},
            self._rejections,
            prepared=self._after_prepare,
            not_prepared=self._after_failed_prepare,
            committed=self._after_commit,
            aborted=self._after_abort,
        )
        self._ledger = Ledger(self._readers, [plugin.id for plugin in start.job.sinks], self._committer.add)
        self._pipeline = Pipeline()
        self._sampler = Sampler(self._pipeline, (), self._sampled, self._hidden)

    def serve(self) -> int:
        """Run to the end; the exit status."""
        try:
            stand_back(self._start.job.env.resources.nice)
            keep_batches(self._budget)
            self._spawn("heartbeat", self._heartbeat.run)
            self._build()
            self._reporter.ready()
            while True:
                self._obey(self._link.receive())
        except LinkClosed:
            return EXIT_ABANDONED if self._exit is None else self._exit
        except Exception as error:  # noqa: BLE001 - the process boundary: the failure is reported, then the process ends
            self._fail(error)
            return EXIT_FAILED
        finally:
            self._close()

    def _build(self) -> None:
        start = self._start
        hooks = ReaderHooks(request_split=self._reporter.request_split, drained=self._heartbeat.now)
        limits = self._engine_limits()
        builder = PipelineBuilder(
            start.job,
            self._plan,
            self._readers,
            self._budget,
            limits,
            context=self._context,
            ledger=self._ledger,
            hooks=hooks,
            rejections=self._rejections,
        )
        self._pipeline = builder.build()
        self._sampler = Sampler(self._pipeline, self._plan.stages, self._sampled, self._hidden)
        for sink_id, sink in self._pipeline.sinks.items():
            states = [state.data for state in start.states if state.plugin == sink_id]
            if states:
                with blame(sink_id):
                    sink.restore(states)
        self._spawn("committer", self._committer.run)
        for stage in self._pipeline.stages:
            self._spawn(f"stage {stage.plugin}", stage.run)
        for source, group in self._pipeline.readers.items():
            for number, reader in enumerate(group.readers):
                self._spawn(f"reader {number} of {source}", reader.run)
        origin = f"from checkpoint {start.checkpoint}" if start.checkpoint else "from the beginning"
        self._log.write("info", f"worker {start.worker} is ready to read {origin}, one of {start.workers}")

    def _engine_limits(self) -> EngineLimits:
        threads = self._start.job.env.resources.threads
        pa.set_cpu_count(threads)
        self._spill.create()
        return EngineLimits(
            memory=self._budget.engine_bytes,
            threads=threads,
            spill=self._spill.path,
            spill_bytes=self._spill.most_bytes(self._start.workers),
        )

    def _context(self, plugin: PluginSpec) -> PluginContext:
        start = self._start
        return PluginContext(
            plugin=plugin,
            mode=start.job.env.mode,
            job_id=start.job_id,
            execution=start.execution,
            attempt=attempt_name(start),
            worker=start.worker,
            workers=start.workers,
            base_directory=Path(start.base_directory),
            log=self._log,
        )

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        threading.Thread(target=self._guard, args=(work,), name=name, daemon=True).start()

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (GateClosed, LinkClosed):
            return
        except BaseException as error:  # noqa: BLE001 - a thread's boundary: the failure is reported to the supervisor
            self._fail(error)

    def _obey(self, message: SupervisorMessage) -> None:
        if not self._reporter.is_addressed_by(message):
            self._log.write("warning", f"refused a {type(message).__name__} of another attempt or epoch")
            return
        readers = self._pipeline.readers
        match message:
            case Recover():
                self._recover(message)
            case Enumerate():
                self._enumerate()
            case SplitAssigned(split=split):
                readers[split.source].assign(split)
            case NoMoreSplits(source=source):
                readers[source].exhaust()
            case _:
                self._obey_reading(message)

    def _obey_reading(self, message: SupervisorMessage) -> None:
        groups = self._pipeline.readers.values()
        match message:
            case Pause():
                for group in groups:
                    group.pause()
            case Resume():
                for group in groups:
                    group.resume()
            case Sample():
                self._sampler.ask(message)
            case Barrier():
                self._ledger.heard(message)
                for group in groups:
                    group.barrier(message)
            case Complete(checkpoint=checkpoint):
                self._committer.complete(checkpoint)
            case Abort(checkpoint=checkpoint):
                self._committer.abort(checkpoint)
            case _:
                raise LinkError(f"a {type(message).__name__} out of turn")

    def _recover(self, message: Recover) -> None:
        for token in message.tokens:
            commit_token(token)
        self._spill.remove_others()
        for sink_id, sink in self._pipeline.sinks.items():
            with blame(sink_id):
                sink.discard_staging()
                if message.fresh:
                    sink.prepare_target()
        self._letters.discard_staging()
        self._reporter.recovered()

    def _enumerate(self) -> None:
        splits = []
        for source_id, source in self._pipeline.sources.items():
            with blame(source_id):
                splits.extend(source.splits())
        self._reporter.enumerated(splits)

    def _after_prepare(self, prepared: PreparedCheckpoint) -> None:
        # Counters first: those of a last checkpoint would otherwise never be heard.
        self._heartbeat.beat()
        self._reporter.prepared(prepared)

    def _after_failed_prepare(self, record: CheckpointRecord, error: StageError) -> None:
        info, _ = describe_failure(error, self._hidden)
        self._log.write("warning", f"checkpoint {record.barrier.checkpoint} fails: {info.message}", plugin=info.plugin or "")
        self._reporter.not_prepared(record.barrier.checkpoint, info)

    def _after_commit(self, committed: CommittedCheckpoint) -> None:
        record = committed.record
        for source, splits in record.splits.items():
            self._pipeline.readers[source].completed(splits)
        for sink_id, sink in self._pipeline.sinks.items():
            with blame(sink_id):
                sink.committed(record.barrier.checkpoint)
        if record.barrier.stop and not record.barrier.leaves:
            for sink_id, sink in self._pipeline.sinks.items():
                with blame(sink_id):
                    sink.close()
            self._letters.close()
        self._reporter.committed(committed)
        if record.barrier.stop:
            self._end(EXIT_OK)

    def _after_abort(self, record: CheckpointRecord) -> None:
        if record.barrier.stop:
            for group in self._pipeline.readers.values():
                group.read_on(record.barrier.checkpoint)

    def _counters(self) -> list[PluginCounters]:
        counters = self._pipeline.counters()
        rejected = dict(self._rejections.counts())
        for counter in counters:
            counter.rows_rejected = rejected.pop(counter.plugin, 0)
        return counters + [PluginCounters(plugin=plugin, rows_rejected=rows) for plugin, rows in rejected.items()]

    def _beat(self, counters: list[PluginCounters], cpu_seconds: float, memory_bytes: int) -> None:
        self._memory.look(memory_bytes, time.monotonic())
        readers = tuple(self._pipeline.readers.values())
        heard = sum(group.splits_heard for group in readers)  # before drained: a split that comes in between makes this old
        self._reporter.heartbeat(
            counters,
            cpu_seconds=cpu_seconds,
            memory_bytes=memory_bytes,
            drained=bool(readers) and self._pipeline.drained(),
            splits_heard=heard,
            splits_finished=sum(group.splits_finished for group in readers),
            edges=self._pipeline.edges(),
        )

    def _fail(self, error: BaseException) -> None:
        """Report the first failure and end; later ones are its echoes."""
        info, retriable = describe_failure(error, self._hidden)
        with self._ending:
            if self._exit is not None:
                return
            self._exit = EXIT_FAILED
        self._log.write("error", info.message + (f" ({info.hint})" if info.hint else ""), plugin=info.plugin or "")
        splits = self._failed_splits(error, info.position)
        # First the cause: another worker may fail over a directory that is removed here.
        with contextlib.suppress(LinkClosed):
            self._reporter.failed(info if retriable else with_place(info, splits), retriable=retriable, splits=splits)
        for sink in self._pipeline.sinks.values():
            sink.close()
        self._letters.close()
        self._link.wake()

    def _sampled(self, request: int, samples: list[PluginSample]) -> None:
        with contextlib.suppress(LinkClosed):
            self._reporter.sampled(request, samples)

    def _failed_splits(self, error: BaseException, position: str | None) -> list[FailedSplit]:
        """The split that could not be read; for a failure elsewhere all whose rows may have been the cause."""
        if isinstance(error, StageError) and error.split is not None:
            return [FailedSplit(source=error.plugin, split=error.split, position=position)]
        groups = list(self._pipeline.readers.values())
        return [FailedSplit(source=split.source, split=split.id) for group in groups for split in group.held()]

    def _end(self, status: int) -> None:
        with self._ending:
            if self._exit is None:
                self._exit = status
        self._link.wake()

    def _close(self) -> None:
        self._heartbeat.close()
        self._committer.close()
        for gate in self._pipeline.gates:
            gate.close()
        for group in self._pipeline.readers.values():
            group.close()
        self._spill.remove()


def attempt_name(start: Start) -> str:
    """Unique among all processes that ever run the execution."""
    return f"{start.execution}-{start.attempt}-{start.epoch}"
