"""What the supervisor and a worker say to each other over their socketpair.

Frames are a 4-byte big-endian length and one msgpack message. Every message carries execution, attempt and epoch; the
receiver refuses any other epoch (a worker of an earlier attempt cannot speak for this one).

The conversation of one worker::

    supervisor: Start                       worker: Ready
    [worker 0 only]  Recover                        Recovered   (commit tokens again, drop other attempts' staging)
    [worker 0 only, fresh start] Enumerate          Enumerated  (all splits of all sources)
                                                    SplitRequest(source)   <- whenever a reader is idle
    SplitAssigned | NoMoreSplits (BATCH only)
    Barrier(checkpoint)                             Prepared(checkpoint, splits, tokens, states)
    Complete(checkpoint)                            Committed(checkpoint)
    ... Heartbeat with the counters, twice a second or, while nothing is counted, once; Failed once at most
    Barrier(stop=True): read nothing after it; after its Complete commit, answer Committed, then exit 0.

Barrier(stop=True) may go to one worker of several, which leaves that way; the others get the same barrier without stop and run
on. A worker that joins later gets the number that follows, a Start without states, and neither Recover nor Enumerate.

NoMoreSplits is for all readers of the source in the worker, and holds until a SplitAssigned of that source comes all the same
(another worker has left its splits behind): then the readers are not drained any more, and who is idle asks again.

Pause stops reading at the next batch boundary, until Resume; each may come when it is the case already, also right after
Start. A paused worker passes barriers, commits and beats as ever, and may be told to stop.

Sample may come at any time after the work has begun; Sampled is its answer, and nothing else depends on either.

A worker that sees end of file exits at once without committing anything.
"""

from __future__ import annotations

import struct
from typing import Any, TypeAlias

import msgspec

from runner.model import CheckpointKind, ErrorInfo, FailedSplit, RejectedRows, Rejection
from runner.observation import PluginSample
from spec.job import JobSpec

FRAME_HEADER = struct.Struct(">I")
MAXIMUM_FRAME = 256 * 1024 * 1024


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of source work. ``id`` is unique within the source and stable for the same input. ``data`` says what to read,
    ``position`` where to go on (both defined by the connector; plain data)."""

    source: str
    id: str
    data: dict[str, Any]
    position: dict[str, Any] | None = None
    finished: bool = False


class SinkToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a sink needs to commit one checkpoint, idempotently, in this process or a later one. ``connector`` is the
    plugin's name: the token can be committed even when the job file no longer has the sink."""

    sink: str
    connector: str
    data: dict[str, Any]


class OperatorState(msgspec.Struct, frozen=True, kw_only=True):
    """State of one plugin on one worker that a checkpoint keeps besides positions and tokens (Assert's counters, say)."""

    plugin: str
    worker: int
    data: dict[str, Any]


class PluginCounters(msgspec.Struct, kw_only=True):
    """Monotonic counters of one plugin since this worker started. Seconds are those of all its ``threads`` together."""

    plugin: str
    rows_in: int = 0
    rows_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rows_rejected: int = 0
    busy_seconds: float = 0.0
    idle_seconds: float = 0.0
    backpressured_seconds: float = 0.0
    threads: int = 1


class EdgeLevel(msgspec.Struct, frozen=True, kw_only=True):
    """How full the queue between two plugins is: ``fill`` from 0 to 1 (full: ``producer`` has to wait, which is backpressure),
    and for how many seconds the ``writers`` threads that write to it have waited since this worker started, all together."""

    producer: str
    consumer: str
    fill: float
    blocked_seconds: float
    writers: int = 1


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    execution: str
    attempt: int
    epoch: int
    worker: int


# supervisor -> worker


class Start(_Message, frozen=True, kw_only=True):
    """Build the pipeline. ``states`` are those of the restore point, all workers' (a plugin merges them), and none for a worker
    that joins later; ``checkpoint`` is the id of the restore point, 0 for a fresh start, ``rejected`` what was rejected up to
    it. ``log_file`` is appended to, one JSON object a line. ``patience``: a worker that says nothing for so many seconds is
    given up."""

    job: JobSpec
    job_id: str
    workers: int
    checkpoint: int
    states: list[OperatorState]
    log_file: str
    base_directory: str
    rejected: tuple[RejectedRows, ...] = ()
    patience: float = 10.0


class Settle(_Message, frozen=True, kw_only=True):
    """Instead of Start, to a worker that runs nothing: commit these tokens again and drop everything else that is staged for
    the sinks of ``job``. The answer is Recovered or Failed."""

    job: JobSpec
    job_id: str
    tokens: list[SinkToken]
    log_file: str
    base_directory: str


class Recover(_Message, frozen=True, kw_only=True):
    """Before anything else of an attempt: commit these tokens again and drop every other staging output of the job's sinks.
    ``fresh``: the execution has no restore point, so save modes (drop data, error when data exists) apply now."""

    tokens: list[SinkToken]
    fresh: bool


class Enumerate(_Message, frozen=True, kw_only=True):
    """List the splits of all sources."""


class SplitAssigned(_Message, frozen=True, kw_only=True):
    """Read this split, from its position."""

    split: Split


class NoMoreSplits(_Message, frozen=True, kw_only=True):
    """The source has nothing left for this worker, unless a SplitAssigned of it follows."""

    source: str


class Barrier(_Message, frozen=True, kw_only=True):
    """Take checkpoint ``checkpoint``. With ``stop`` nothing is read after it. ``leaves``: this worker alone stops, and what it
    shares with the others (staging directories) stays as it is."""

    checkpoint: int
    kind: CheckpointKind
    stop: bool
    leaves: bool = False


class Complete(_Message, frozen=True, kw_only=True):
    """Checkpoint ``checkpoint`` is durable: commit the sinks."""

    checkpoint: int


class Abort(_Message, frozen=True, kw_only=True):
    """Checkpoint ``checkpoint`` will not happen. What was prepared for it stays prepared and goes into the next one."""

    checkpoint: int


class Pause(_Message, frozen=True, kw_only=True):
    """Read nothing from the next batch boundary on; everything else goes on."""


class Resume(_Message, frozen=True, kw_only=True):
    """Read again."""


class Sample(_Message, frozen=True, kw_only=True):
    """Show the last ``rows`` that left each plugin; wait at most ``seconds`` for some to come by. The answer is Sampled."""

    request: int
    rows: int
    seconds: float


# worker -> supervisor


class Ready(_Message, frozen=True, kw_only=True):
    """The pipeline stands; ``pid`` is the worker's."""

    pid: int


class Recovered(_Message, frozen=True, kw_only=True):
    """The answer to Recover."""


class Enumerated(_Message, frozen=True, kw_only=True):
    """The answer to Enumerate."""

    splits: list[Split]


class SplitRequest(_Message, frozen=True, kw_only=True):
    """A reader of ``source`` is idle."""

    source: str


class Prepared(_Message, frozen=True, kw_only=True):
    """Everything up to the barrier is processed and durable under staging names. ``splits``: every split this worker was
    given since the last Prepared or still holds, with its position or ``finished``. ``drained``: this worker has been told
    NoMoreSplits for every source and has read all it was given. ``rows_in`` and ``rows_out``: what its sources had read and its
    sinks written up to the barrier, since this worker started; ``rejected``: what its plugins had rejected by then.
    ``rejections`` are the newest of those since the last Prepared."""

    checkpoint: int
    splits: list[Split]
    tokens: list[SinkToken]
    states: list[OperatorState]
    rows_in: int
    rows_out: int
    drained: bool
    rejected: tuple[RejectedRows, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    alignment_seconds: float = 0.0
    """From the barrier's arrival until it had passed everything."""
    prepare_seconds: float = 0.0
    """From then on until all was durable."""


class NotPrepared(_Message, frozen=True, kw_only=True):
    """Instead of Prepared: this worker cannot prepare ``checkpoint`` now, and has lost nothing by that. It waits for the Abort;
    what belongs to the checkpoint goes into the next one."""

    checkpoint: int
    error: ErrorInfo


class Committed(_Message, frozen=True, kw_only=True):
    """All sinks of this worker have committed ``checkpoint``, which took ``commit_seconds``. ``latency``: how long its rows
    took from being read to now, as the counts of a :class:`runner.latency.LatencyHistogram`."""

    checkpoint: int
    commit_seconds: float = 0.0
    latency: dict[int, int] = {}


class Heartbeat(_Message, frozen=True, kw_only=True):
    """Alive, with counters. ``cpu_seconds`` since start, ``memory_bytes`` resident. ``drained`` as in Prepared: the
    supervisor then takes the final checkpoint.

    ``splits_heard``: how many SplitAssigned have arrived, counted before ``drained`` is looked at; the supervisor believes
    ``drained`` when it has sent no more than that. ``splits_finished``: how many splits have been read to their end.
    """

    counters: list[PluginCounters]
    cpu_seconds: float
    memory_bytes: int
    drained: bool
    splits_heard: int = 0
    splits_finished: int = 0
    edges: list[EdgeLevel] = []


class Sampled(_Message, frozen=True, kw_only=True):
    """The answer to Sample."""

    request: int
    samples: list[PluginSample]


class Failed(_Message, frozen=True, kw_only=True):
    """The worker cannot go on; it exits after this. ``retriable`` False: another attempt would fail the same way. ``splits``:
    the one that could not be read, or all that it was working on when something else failed."""

    error: ErrorInfo
    retriable: bool
    splits: tuple[FailedSplit, ...] = ()


SupervisorMessage: TypeAlias = (
    Start | Settle | Recover | Enumerate | SplitAssigned | NoMoreSplits | Barrier | Complete | Abort | Pause | Resume | Sample
)
WorkerMessage: TypeAlias = (
    Ready | Recovered | Enumerated | SplitRequest | Prepared | NotPrepared | Committed | Heartbeat | Sampled | Failed
)

_supervisor_decoder: msgspec.msgpack.Decoder[SupervisorMessage] = msgspec.msgpack.Decoder(SupervisorMessage)
_worker_decoder: msgspec.msgpack.Decoder[WorkerMessage] = msgspec.msgpack.Decoder(WorkerMessage)
_encoder = msgspec.msgpack.Encoder()


def encode_frame(message: SupervisorMessage | WorkerMessage) -> bytes:
    """The message with its length in front."""
    body = _encoder.encode(message)
    return FRAME_HEADER.pack(len(body)) + body


def decode_supervisor_message(body: bytes) -> SupervisorMessage:
    """What a worker received."""
    return _supervisor_decoder.decode(body)


def decode_worker_message(body: bytes) -> WorkerMessage:
    """What the supervisor received."""
    return _worker_decoder.decode(body)
