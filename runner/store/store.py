"""What may be asked of the store inside one transaction. A thin facade: each noun's module does the work.

Methods raise StoreError ``not-found`` for a record that must exist and does not, ``already-exists`` for one that must not.
Lists have the order that their docstring names.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from runner.audit import AuditEntry, AuditFilter
from runner.model import (
    ApiKey,
    Attempt,
    Event,
    Execution,
    Generation,
    Job,
    MetricSeries,
    RejectedRows,
    Rejection,
)
from runner.reload import WatchedFile
from runner.states import ExecutionState
from runner.store import (
    attempts,
    audit,
    events,
    executions,
    generations,
    idempotency,
    jobs,
    keys,
    latencies,
    leases,
    metrics,
    purge,
    queues,
    rejections,
    reloads,
    rollups,
)
from runner.store.attempts import AttemptTally, FailedAttempt
from runner.store.checkpoint_calls import CheckpointCalls
from runner.store.idempotency import RecordedAnswer, RecordedRequest
from runner.store.latencies import LatencyCell, LatencyWindow
from runner.store.leases import Lease
from runner.store.measured import ALWAYS, Lifetime
from runner.store.metrics import MeasuredWindow, MetricSample
from runner.store.operations import OperationRecords
from runner.store.pages import ALL, ExecutionFilter, JobFilter, Place
from runner.store.rejections import Rejected
from runner.store.sorting import Order, SortPlace


class Store(CheckpointCalls):
    """One transaction's access to the records. Made by AsyncStore for each call; not kept beyond it."""

    @property
    def operations(self) -> OperationRecords:
        """What was asked of the daemon."""
        return OperationRecords(self._session)

    # jobs

    def insert_job(self, job: Job) -> None:
        """Add a job. Its ``execution`` and ``last_checkpoint`` come from their own records. StoreError ``name-taken``
        when a job that is not deleted has the name, ``invalid-id`` when the id cannot be part of a file name."""
        jobs.insert(self._session, job)

    def update_job(self, job: Job) -> None:
        """Replace a job's record; a new name must be free (``name-taken``)."""
        jobs.update(self._session, job)

    def job(self, job_id: str) -> Job | None:
        """The job of exactly this id; None when there is none or it is deleted."""
        return jobs.get(self._session, job_id)

    def added_job(self, job_id: str) -> Job | None:
        """A job that this transaction has made, as it is now; None also when it would take a look at the table."""
        return jobs.added(self._session, job_id)

    def named_job(self, name: str) -> Job | None:
        """The job of exactly this name; None when there is none or it is deleted."""
        return jobs.named(self._session, name)

    def find_jobs(self, reference: str) -> list[Job]:
        """What ``reference`` may mean: the job of that id, else of that name, else all (at most 20) whose id starts with it."""
        return jobs.find(self._session, reference)

    def jobs(
        self,
        state: ExecutionState | str | None = None,
        name_contains: str | None = None,
        limit: int = 100,
        offset: int = 0,
        queue: str | None = None,
    ) -> tuple[list[Job], int]:
        """One page of jobs, newest first, and the number on all pages. ``state`` is that of the latest execution; the name is
        compared without regard to case."""
        wanted = JobFilter(states=(state,) if state else (), name=name_contains, queue=queue)
        return self.job_page(wanted, limit, offset), self.count_jobs(wanted)

    def job_page(self, wanted: JobFilter, limit: int = 100, offset: int = 0, after: Place | None = None) -> list[Job]:
        """Jobs that ``wanted`` describes, newest first: those after ``after``, without the first ``offset`` of them."""
        return jobs.page(self._session, wanted, limit, offset, after)

    def sorted_jobs(
        self, wanted: JobFilter, order: Order, limit: int = 100, offset: int = 0, after: SortPlace | None = None
    ) -> list[tuple[SortPlace, Job]]:
        """Jobs that ``wanted`` describes in another order, each with its place in it."""
        return jobs.sorted_page(self._session, wanted, order, limit, offset, after)

    def count_jobs(self, wanted: JobFilter) -> int:
        """How many jobs ``wanted`` describes."""
        return jobs.count(self._session, wanted)

    def deleted_job(self, reference: str) -> Job | None:
        """The deleted job of that id, else the one of that name that was deleted last; None when there is none."""
        return jobs.deleted(self._session, reference)

    def undelete_job(self, job_id: str) -> None:
        """Show a deleted job again; ``name-taken`` when another job has its name meanwhile."""
        jobs.undelete(self._session, job_id)

    def delete_job(self, job_id: str) -> None:
        """Hide a job; its name becomes free. Its records stay until :meth:`purge_jobs`."""
        jobs.delete(self._session, job_id)

    def purge_jobs(self, before: float) -> list[str]:
        """Forget the jobs that were deleted before ``before``, with their generations, executions, attempts, checkpoints and
        savepoints, unless an execution is unsettled; events stay. Returns their ids. Log files are not the store's: they
        remain."""
        return purge.purge_jobs(self._session, before)

    def purge_job(self, job_id: str) -> bool:
        """Forget a deleted job now, as :meth:`purge_jobs` does later; False when an execution of it is unsettled."""
        return purge.purge_job(self._session, job_id)

    # queues

    def queue_limits(self) -> dict[str, int]:
        """How many executions of each limited queue may run at the same time."""
        return queues.limits(self._session)

    def paused_queues(self) -> set[str]:
        """The names of the queues that are paused."""
        return queues.paused(self._session)

    def pause_queue(self, name: str, *, rests: bool) -> None:
        """Pause a queue, or let it go on."""
        queues.pause(self._session, name, rests=rests)

    def limit_queue(self, name: str, limit: int | None) -> None:
        """Limit a queue, or with None take its limit away."""
        queues.limit(self._session, name, limit)

    # keys

    def insert_key(self, key: ApiKey, digest: str) -> None:
        """Add an API key by the digest of its secret."""
        keys.insert(self._session, key, digest)

    def replace_key(self, key: ApiKey, digest: str) -> None:
        """Write an API key and the digest of its secret anew."""
        keys.replace(self._session, key, digest)

    def delete_key(self, name: str) -> None:
        """Forget an API key."""
        keys.delete(self._session, name)

    def keys_by_digest(self) -> dict[str, ApiKey]:
        """All API keys, by the digest of their secret."""
        return keys.by_digest(self._session)

    # watched files

    def put_reload(self, record: WatchedFile) -> None:
        """Keep what is known of a watched file and a job, instead of what was known before."""
        reloads.put(self._session, record)

    def add_reload(self, record: WatchedFile) -> None:
        """Keep the first record of a watched file and a job."""
        reloads.add(self._session, record)

    def remove_reload(self, file: str, job_id: str | None) -> None:
        """Forget a watched file and a job, if they are known."""
        reloads.remove(self._session, file, job_id)

    def watched_files(self, job_id: str | None = None) -> list[WatchedFile]:
        """What is known of all watched files, or of those of one job."""
        return reloads.every(self._session) if job_id is None else reloads.of_job(self._session, job_id)

    # idempotency keys

    def begin_request(self, principal: str, key: str, fingerprint: str, now: float) -> RecordedRequest | None:
        """What is on record of an idempotency key; None: nothing, and now there is that its request is under way."""
        return idempotency.begin(self._session, principal, key, fingerprint, now)

    def finish_request(self, principal: str, key: str, answer: RecordedAnswer) -> None:
        """Keep the answer of a request that was begun."""
        idempotency.finish(self._session, principal, key, answer)

    def forget_request(self, principal: str, key: str) -> None:
        """Keep nothing of a request that was begun."""
        idempotency.forget(self._session, principal, key)

    # audit trail

    def append_audit(self, entries: Sequence[AuditEntry]) -> list[int]:
        """Add entries, with ids that follow the last one's."""
        return audit.append(self._session, entries)

    def amend_audit(self, entry: AuditEntry) -> None:
        """Have the entry of this id say more."""
        audit.amend(self._session, entry)

    def audit_page(self, wanted: AuditFilter, limit: int) -> list[AuditEntry]:
        """The newest ``limit`` entries that are wanted, newest first."""
        return audit.page(self._session, wanted, limit)

    def prune_audit(self, *, keep: int, before: float) -> int:
        """Forget all but the newest ``keep``, and what is older than ``before``; how many."""
        return audit.prune(self._session, keep=keep, before=before)

    # generations

    def insert_generation(self, generation: Generation, job: bytes, source: bytes) -> None:
        """Add an immutable generation; ``job`` is the encoded JobSpec, ``source`` the encoded SubmitRequest."""
        generations.insert(self._session, generation, job, source)

    def generation(self, job_id: str, number: int) -> Generation | None:
        """One generation, None when there is none."""
        return generations.get(self._session, job_id, number)

    def generation_with_job(self, job_id: str, number: int) -> tuple[Generation, bytes] | None:
        """One generation and its encoded JobSpec, read at once; None when there is none."""
        return generations.shown(self._session, job_id, number)

    def generations(self, job_id: str, limit: int = ALL, offset: int = 0, after: Place | None = None) -> list[Generation]:
        """Generations of a job, oldest first: those after ``after``, without the first ``offset`` of them."""
        return generations.of_job(self._session, job_id, limit, offset, after)

    def generation_job(self, job_id: str, number: int) -> bytes:
        """The encoded JobSpec of a generation."""
        return generations.job(self._session, job_id, number)

    def generation_source(self, job_id: str, number: int) -> bytes:
        """The encoded SubmitRequest of a generation."""
        return generations.source(self._session, job_id, number)

    # rejected rows

    def record_rejections(
        self, job_id: str, execution_id: str, counts: Iterable[RejectedRows], samples: Sequence[Rejection]
    ) -> None:
        """Keep what an execution has rejected up to a checkpoint that is complete, and the newest of these rows."""
        rejections.record(self._session, job_id, execution_id, counts, samples)

    def rejected_rows(self, execution_id: str) -> list[RejectedRows]:
        """How many rows of each plugin and kind an execution has rejected, the most first."""
        return rejections.counts(self._session, execution_id)

    def rejections(self, job_id: str, plugin: str | None = None, kind: str | None = None, limit: int = 100) -> list[Rejection]:
        """The newest rejected rows of a job, newest first."""
        return rejections.samples(self._session, job_id, plugin, kind, limit)

    def all_rejected(self, job_id: str | None = None, execution_id: str | None = None, limit: int = 1000) -> list[Rejected]:
        """What was rejected, by execution, plugin and kind, the newest first: of one job, one execution, or all."""
        return rejections.every(self._session, job_id, execution_id, limit)

    # leases

    def take_lease(self, execution_id: str, owner: str, expires_at: float) -> int:
        """Give an execution's lease to ``owner``, whoever had it; the new epoch, higher than any before."""
        return leases.take(self._session, execution_id, owner, expires_at)

    def renew_leases(self, execution_ids: list[str], owner: str, expires_at: float) -> None:
        """Let those of these executions' leases that ``owner`` still has last longer."""
        leases.renew(self._session, execution_ids, owner, expires_at)

    def require_lease(self, execution_id: str, epoch: int) -> None:
        """StoreError ``lease-lost`` unless the execution's lease has this epoch."""
        leases.require(self._session, execution_id, epoch)

    def lease_epoch(self, execution_id: str) -> int:
        """The epoch that has the execution's lease, 0 when nobody has it."""
        return leases.epoch_of(self._session, execution_id)

    def release_lease(self, execution_id: str) -> None:
        """The execution is over."""
        leases.release(self._session, execution_id)

    def leases(self) -> list[Lease]:
        """All leases, by execution."""
        return leases.every(self._session)

    # executions and attempts

    def insert_execution(self, execution: Execution) -> None:
        """Add an execution; it becomes the one that its job shows."""
        executions.insert(self._session, execution)

    def update_execution(self, execution: Execution) -> None:
        """Replace an execution's record. IllegalTransition when its state differs from the stored one and may not follow it."""
        executions.update(self._session, execution)

    def execution(self, execution_id: str) -> Execution | None:
        """One execution, None when there is none."""
        return executions.get(self._session, execution_id)

    def executions(self, job_id: str, limit: int = 100, offset: int = 0) -> list[Execution]:
        """Executions of a job, newest first."""
        return executions.of_job(self._session, job_id, limit, offset)

    def execution_page(
        self, wanted: ExecutionFilter, limit: int = 100, offset: int = 0, after: Place | None = None
    ) -> list[tuple[float, Execution]]:
        """Executions that ``wanted`` describes, newest first, each with the time it is ordered by."""
        return executions.page(self._session, wanted, limit, offset, after)

    def sorted_executions(
        self, wanted: ExecutionFilter, order: Order, limit: int = 100, offset: int = 0, after: SortPlace | None = None
    ) -> list[tuple[SortPlace, Execution]]:
        """Executions that ``wanted`` describes in another order, each with its place in it."""
        return executions.sorted_page(self._session, wanted, order, limit, offset, after)

    def count_executions(self, wanted: ExecutionFilter) -> int:
        """How many executions ``wanted`` describes."""
        return executions.count(self._session, wanted)

    def unfinished_executions(self) -> list[Execution]:
        """Every execution that is not in a terminal state, oldest first."""
        return executions.unfinished(self._session)

    def unsettled_executions(self, job_id: str | None = None) -> list[Execution]:
        """Executions that are over and whose unfinished output is not removed yet, oldest first; of all jobs, deleted ones
        included, or of one."""
        return executions.unsettled(self._session, job_id)

    def prune_executions(self, keep: int, limit: int = 1000, *, days: float | None = None, now: float = 0.0) -> list[str]:
        """Forget at most ``limit`` executions that are over and settled beyond the newest ``keep`` of each job, or that ended
        more than ``days`` before ``now``, with attempts and metrics. What a job says of that counts over both. The newest one
        of each job stays; so do events and checkpoints. Returns their ids. Their log files remain."""
        return purge.prune_executions(self._session, keep, limit, days, now)

    def prune_generations(self, keep: int, limit: int = 1000) -> int:
        """Forget at most ``limit`` generations beyond the newest ``keep`` of each job that no execution, checkpoint or job
        refers to; how many went."""
        return purge.prune_generations(self._session, keep, limit)

    def execution_ids(self) -> set[str]:
        """The ids of all executions."""
        return executions.ids(self._session)

    def insert_attempt(self, attempt: Attempt) -> None:
        """Add an attempt."""
        attempts.insert(self._session, attempt)

    def update_attempt(self, attempt: Attempt) -> None:
        """Replace an attempt's record."""
        attempts.update(self._session, attempt)

    def attempts(self, execution_id: str, limit: int = ALL, offset: int = 0, after: Place | None = None) -> list[Attempt]:
        """Attempts of an execution, oldest first: those after ``after``, without the first ``offset`` of them."""
        return attempts.of_execution(self._session, execution_id, limit, offset, after)

    def failed_attempts(
        self, job_id: str | None = None, execution_id: str | None = None, limit: int = 1000
    ) -> list[FailedAttempt]:
        """Attempts that failed, newest first: of one job, one execution, or all."""
        return attempts.failed(self._session, job_id, execution_id, limit)

    # metrics

    def append_metrics(self, samples: Sequence[MetricSample]) -> None:
        """Add samples in the order of their time; best a thousand or more in one call."""
        metrics.append(self._session, samples)

    def metric_series(
        self, execution_ids: Iterable[str], names: Iterable[str] | None, since: float, until: float, buckets: int
    ) -> list[MetricSeries]:
        """The window ``[since, until)`` in ``buckets`` equal points (``at`` is a bucket's start), one series per name and
        plugin that has any, in the order of ``names`` (None: all). The executions are taken as runs of one job, one after
        the other.

        Counters come as per-second rates, gauges as means, both with the lowest and the highest. A bucket without a measurement
        is None; so is the interval across a counter's reset, and one longer than a minute (of ``rows_out`` five). Where samples
        were summed up already, and wherever a bucket is long enough for it, cells of 10 s, a minute or an hour are read
        instead: what is in a cell counts as spread evenly over it."""
        return metrics.series(self._session, execution_ids, names, since, until, buckets)

    def executions_since(self, job_id: str, since: float) -> dict[str, Lifetime]:
        """The ids of a job's executions that were not over at ``since``, each with when it was made and when it ended."""
        return executions.since(self._session, job_id, since)

    def attempt_tally(self, execution_ids: list[str], since: float) -> AttemptTally:
        """How many attempts of some executions were restarts, and how many failed, from ``since`` on."""
        return attempts.tally(self._session, execution_ids, since)

    def metric_window(
        self,
        execution_ids: Iterable[str],
        since: float,
        until: float,
        buckets: int,
        drawn: Container[str] | None = None,
        lifetime: Lifetime = ALWAYS,
    ) -> MeasuredWindow:
        """All metrics of the window ``[since, until)`` as a whole and, read at the same time, as :meth:`metric_series` has
        them: all, or those of the names ``drawn`` that are the executions' own. ``lifetime``: of them all together, for
        which there is less to look through."""
        return metrics.measured_window(self._session, execution_ids, since, until, buckets, drawn, lifetime)

    def append_latencies(self, cells: Iterable[LatencyCell]) -> None:
        """Add how long rows took; see :mod:`runner.store.latencies`."""
        latencies.append(self._session, cells)

    def latency_window(
        self, execution_ids: Sequence[str], since: float, until: float, points: int, lifetime: Lifetime = ALWAYS
    ) -> LatencyWindow:
        """How long the rows of the window ``[since, until)`` took, as a whole and in equal points. ``lifetime`` as in
        :meth:`metric_window`."""
        return latencies.window(self._session, execution_ids, since, until, points, lifetime)

    def tidy_metrics(self, now: float, steady: float | None = None) -> bool:
        """Do one bounded step of summing up the samples that are old enough at ``now``, or of dropping what is too old; False
        when nothing is due. Meant to be called until then, once a minute: that keeps the file's size flat. By ``steady``, a
        time that did not jump ahead, is judged what goes for good; what goes because it is summed up goes by ``now``."""
        return rollups.tidy(self._session, now, steady) or latencies.tidy(self._session, now, steady)

    # events

    def append_event(
        self,
        kind: str,
        job_id: str | None = None,
        execution_id: str | None = None,
        message: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> Event:
        """Add an event; its revision is one more than the last, also across restarts."""
        return events.append(self._session, kind, job_id, execution_id, message, data)

    def when_committed(self, action: Callable[[], None]) -> None:
        """Call ``action``, which must not raise, in the writer thread once the transaction is durable; never if it is not."""
        self._session.after_commit.append(action)

    def when_rolled_back(self, action: Callable[[], None]) -> None:
        """Call ``action``, which must not raise, in the writer thread once it is certain that the transaction is not stored."""
        self._session.after_rollback.append(action)

    def append_events(self, found: Sequence[Event]) -> list[Event]:
        """Add events in their order; each gets its revision."""
        return events.append_all(self._session, found)

    def revision(self) -> int:
        """That of the newest event, 0 before the first."""
        return events.newest(self._session)

    def events_since(self, revision: int, limit: int = 1000) -> list[Event]:
        """Events after ``revision``, oldest first."""
        return events.since(self._session, revision, limit)

    def prune_events(self, keep: int) -> int:
        """Drop all but the newest ``keep`` events (at least one stays); how many went."""
        return events.prune(self._session, keep)
