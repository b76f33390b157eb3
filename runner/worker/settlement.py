"""What a worker does that runs nothing: it puts the outputs of an execution that is over in order.

It opens neither sources nor sinks, so an input that is gone or a column that does not fit keeps nothing from being tidied.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from runner.connectors.base import PluginContext
from runner.connectors.registry import sink_class
from runner.protocol import Settle
from runner.worker.committer import commit_token
from runner.worker.dead_letters import drop_dead_letters
from runner.worker.failure import StageError, blame, describe_failure
from runner.worker.file_bounds import bound_job
from runner.worker.link import Link, LinkClosed
from runner.worker.log import WorkerLog
from runner.worker.printed import masked_output
from runner.worker.reporter import Reporter
from runner.worker.secrets import job_with_secrets
from runner.worker.spill import SpillDirectory
from spec.job import JobSpec, PluginSpec
from spec.redaction import Redaction


def settle(link: Link, order: Settle) -> bool:
    """Obey ``order`` and answer; False when it could not be done."""
    reporter = Reporter(link, order)
    missing: StageError | None = None
    job = msgspec.structs.replace(order.job, sources=(), transforms=())
    try:
        job = job_with_secrets(job)[0]
    except StageError as error:
        missing = error
    bound_job(order)
    hidden = Redaction(job.concealed)
    log = WorkerLog(Path(order.log_file), worker=order.worker, attempt=order.attempt, hidden=hidden)
    with contextlib.suppress(LinkClosed), masked_output(job.concealed):
        try:
            _settle(order, job, log, missing)
        except Exception as error:  # noqa: BLE001 - the process boundary: the failure is reported, then the process ends
            info, retriable = describe_failure(error, hidden)
            log.write("error", info.message, plugin=info.plugin or "")
            reporter.failed(info, retriable=retriable)
            return False
        reporter.recovered()
    return True


def _settle(order: Settle, job: JobSpec, log: WorkerLog, missing: StageError | None) -> None:
    """What needs no secrets of sinks is done also when one of them is ``missing``."""
    for token in order.tokens:  # before anything is dropped: what they name is staged too
        commit_token(token)
    SpillDirectory(order).remove_all()
    if missing is not None:
        raise missing
    for plugin in job.sinks:
        with blame(plugin.id):
            sink_class(plugin.name).settle(_context(order, plugin, log))
    drop_dead_letters(order.job, order.job_id, Path(order.base_directory))


def _context(order: Settle, plugin: PluginSpec, log: WorkerLog) -> PluginContext:
    return PluginContext(
        plugin=plugin,
        mode=order.job.env.mode,
        job_id=order.job_id,
        execution=order.execution,
        attempt=f"{order.execution}-{order.attempt}-{order.epoch}",
        worker=order.worker,
        workers=1,
        base_directory=Path(order.base_directory),
        log=log,
    )
