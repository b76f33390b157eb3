"""Filtering, ordering, and which jobs need someone."""

from __future__ import annotations

from types import ModuleType

import msgspec
import pytest

from runner.model import CheckpointStatus, DesiredState, Job, ReloadStatus
from runner.states import ExecutionState
from tui.query.attention import reason
from tui.query.filter import parse
from tui.query.order import order_key


def names(text: str, jobs: list[Job], now: float = 1_790_000_000.0) -> set[str]:
    """The names that a filter lets through."""
    chosen = parse(text)
    return {job.name for job in jobs if chosen.accepts(job, now)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ORDERS", {"orders-cdc"}),
        ("0f3a9c", {"orders-cdc"}),
        ("state:failed", {"payments-sync"}),
        ("state:run -cdc", {"orders-cdc"}),
        ("state:ended !state:finished", {"audit-archive", "geo-enrich", "payments-sync"}),
        ("state:active s !o", {"fx-rates", "users-full"}),
        ("zzz", set()),
    ],
)
def test_a_filter_finds(samples: ModuleType, text: str, found: set[str]) -> None:
    """Words are looked for in names and ids, states by prefix or group, and ! excludes."""
    assert names(text, samples.sample_jobs()) == found


def test_no_filter_shows_everything(samples: ModuleType) -> None:
    """An empty line hides nothing."""
    jobs = samples.sample_jobs()
    assert names("  ", jobs) == {job.name for job in jobs}


def test_an_unknown_state_is_reported(samples: ModuleType) -> None:
    """A state that does not exist matches nothing, and the filter says why."""
    assert parse("state:flying").problem == "no state starts with “flying”"
    assert names("state:flying", samples.sample_jobs()) == set()
    assert parse("state:running").problem == ""


def test_failed_first_then_live_then_ended(samples: ModuleType) -> None:
    """The order depends on how jobs stand; ended ones come last, the latest first."""
    ordered = [job.name for job in sorted(samples.sample_jobs(), key=order_key)]
    assert ordered[0] == "payments-sync"
    assert ordered[1:8] == sorted(ordered[1:8])
    assert ordered[8:] == ["sessions-parquet", "geo-enrich", "audit-archive"]


def test_the_order_does_not_depend_on_rates(samples: ModuleType) -> None:
    """Rows do not jump when numbers change."""
    job = samples.sample_jobs()[0]
    totals = msgspec.structs.replace(job.execution.totals, rows_in=1, rows_in_per_second=0.0)
    slower = msgspec.structs.replace(job, execution=msgspec.structs.replace(job.execution, totals=totals))
    assert order_key(slower) == order_key(job)


def test_reasons_to_look(samples: ModuleType) -> None:
    """Failed, restarting, stuck, a bad reload or a failed checkpoint need someone; a healthy job does not."""
    by_name = {job.name: job for job in samples.sample_jobs()}
    now = samples.NOW
    assert reason(by_name["payments-sync"], now) == "it failed"
    assert "restarting" in reason(by_name["mail-bounces"], now)
    assert "does not check" in reason(by_name["inventory-delta"], now)
    assert reason(by_name["orders-cdc"], now) == ""
    assert reason(by_name["clickstream-hourly"], now) == ""
    assert reason(by_name["clickstream-hourly"], now + 120) == "it has been SAVEPOINTING for more than a minute"
    canceled = msgspec.structs.replace(by_name["payments-sync"], desired_state=DesiredState.CANCELED)
    assert reason(canceled, now) == ""


def test_a_failed_checkpoint_needs_someone(samples: ModuleType) -> None:
    """A running job whose last checkpoint failed is not healthy."""
    job = samples.sample_jobs()[0]
    failed = samples.checkpoint(job.id, 813, 1, status=CheckpointStatus.FAILED)
    assert reason(msgspec.structs.replace(job, last_checkpoint=failed), samples.NOW) == "checkpoint #813 failed"
    blocked = msgspec.structs.replace(job, reload=ReloadStatus(outcome="blocked", at=0.0))
    assert "decision" in reason(blocked, samples.NOW)


def test_a_job_that_never_ran_can_be_shown(samples: ModuleType) -> None:
    """No execution yet: no reason, an order, and a state to filter by."""
    job = msgspec.structs.replace(samples.sample_jobs()[0], execution=None, last_checkpoint=None)
    assert reason(job, samples.NOW) == ""
    assert order_key(job)[0] == 1
    assert parse("state:created").accepts(job)
    assert ExecutionState.CREATED.value == "CREATED"
