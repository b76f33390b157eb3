"""A sink that cannot prepare now: the checkpoint fails, nothing is lost, and the next one has it all."""

from __future__ import annotations

import contextlib
import os
import queue
import resource
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from jobs import job, sink, source

from runner.connectors.base import NotPrepared, PluginContext
from runner.connectors.file.sink import FileSegment, LocalFileSink, WrittenFile
from runner.connectors.file.staging import make_staging
from runner.model import CheckpointKind
from runner.protocol import Barrier
from runner.worker.committer import Committer
from runner.worker.dead_letters import DeadLetters
from runner.worker.gate import GateClosed
from runner.worker.ledger import CheckpointRecord
from runner.worker.rejections import Rejections
from spec.job import JobMode


class SilentLog:
    """A log that nobody reads."""

    def write(self, level: str, message: str, *, plugin: str = "") -> None:
        """Drop it."""

    def output(self, messages: Any, *, plugin: str) -> None:
        """Drop them."""


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """This process may open no file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.open("/", os.O_RDONLY)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def target(tmp_path: Path) -> LocalFileSink:
    """A sink that writes below the temporary directory."""
    plugin = sink("LocalFile", "rows", {"path": str(tmp_path / "out"), "file_format_type": "json"})
    context = PluginContext(
        plugin=plugin, mode=JobMode.BATCH, job_id="job", execution="e", attempt="e-1-1", worker=0, workers=1,
        base_directory=tmp_path, log=SilentLog(),
    )  # fmt: skip
    opened = LocalFileSink(context, pa.schema([pa.field("id", pa.int64())]))
    make_staging(opened.staging)
    return opened


def segment(target: LocalFileSink, text: str) -> FileSegment:
    """What the sink wrote between two barriers: one file."""
    staged = target.staging / f"{text}.json"
    staged.write_text(text)
    return FileSegment(target, [WrittenFile(staged, "", 0)])


def record(number: int, written: FileSegment) -> CheckpointRecord:
    """A checkpoint whose barrier has passed the sink."""
    barrier = Barrier(execution="e", attempt=1, epoch=1, worker=0, checkpoint=number, kind=CheckpointKind.PERIODIC, stop=False)
    return CheckpointRecord(barrier, segments={"sink": written})


def test_a_file_that_cannot_be_opened_is_prepared_later(target):
    """Without a free file descriptor nothing has been tried: the same segment can be prepared afterwards."""
    written = segment(target, "one")
    with no_more_files(), pytest.raises(NotPrepared):
        written.prepare(1)
    assert len(written.prepare(1).tokens) == 1


def test_a_checkpoint_that_cannot_be_prepared_goes_into_the_next(target, tmp_path):
    """Two checkpoints fail, the third has what was written for all three, each under a name of its own, and shows it."""
    said: queue.Queue[tuple[str, Any]] = queue.Queue()
    spec = job(source("FakeSource", "rows", {}), target.context.plugin)
    letters = DeadLetters(spec, tmp_path, job_id="job", execution="e", attempt="e-1-1", worker=0)
    committer = Committer(
        0,
        {"sink": "LocalFile"},
        Rejections(spec, letters),
        prepared=lambda prepared: said.put(("prepared", prepared)),
        not_prepared=lambda failed, error: said.put(("not prepared", (failed.barrier.checkpoint, error.plugin))),
        committed=lambda done: said.put(("committed", done.record.barrier.checkpoint)),
        aborted=lambda failed: said.put(("aborted", failed.barrier.checkpoint)),
    )

    def work() -> None:
        with contextlib.suppress(GateClosed):
            committer.run()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        written = {1: segment(target, "one"), 2: segment(target, "two")}
        with no_more_files():
            for number in written:
                committer.add(record(number, written[number]))
                assert said.get(timeout=60) == ("not prepared", (number, "sink"))
                committer.abort(number)
                assert said.get(timeout=60) == ("aborted", number)
        committer.add(record(3, segment(target, "three")))
        kind, prepared = said.get(timeout=60)
        assert (kind, len(prepared.tokens)) == ("prepared", 3)
        assert not list((tmp_path / "out").glob("*.json"))
        committer.complete(3)
        assert said.get(timeout=60) == ("committed", 3)
        assert sorted(path.read_text() for path in (tmp_path / "out").glob("*.json")) == ["one", "three", "two"]
    finally:
        committer.close()
        thread.join(60)
