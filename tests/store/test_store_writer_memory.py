"""What the writer remembers between its transactions says nothing that a transaction has not stored."""

from __future__ import annotations

import pytest

from runner.audit import AuditEntry, AuditFilter, AuditOutcome
from runner.store.asynchronous import AsyncStore
from runner.store.idempotency import RecordedAnswer
from runner.store.metrics import MetricSample

START = 1_763_761_000.0
ENTRY = AuditEntry(at=1.0, who="unix:0", action="POST /jobs", outcome=AuditOutcome.DONE)


class Broken(Exception):
    """A transaction that does not come about."""


def fail(store):
    """Store something of everything that is remembered, and then do not."""
    store.append_audit([ENTRY] * 3)
    store.begin_request("unix:0", "lost", "f", START)
    raise Broken


async def audit_ids(store):
    """The ids of all entries, newest first."""
    return [entry.id for entry in await store.read(lambda s: s.audit_page(AuditFilter(), 100))]


async def test_the_audit_trail_counts_on_after_what_was_not_stored(store, database):
    """Ids follow each other, whatever was rolled back in between and however often the file was opened."""
    await store.write(lambda s: s.append_audit([ENTRY]))
    with pytest.raises(Broken):
        await store.write(fail)
    await store.write(lambda s: s.append_audit([ENTRY, ENTRY]))
    await store.close()
    again = await AsyncStore.open(database)
    await again.write(lambda s: s.append_audit([ENTRY]))
    assert await audit_ids(again) == [4, 3, 2, 1]
    await again.close()


async def test_a_request_that_was_rolled_back_begins_anew(store):
    """Nothing is known of it, and answers are kept as before."""
    with pytest.raises(Broken):
        await store.write(fail)
    assert await store.write(lambda s: s.begin_request("unix:0", "lost", "f", START)) is None
    answer = RecordedAnswer(status=200, headers=(), body=b"{}")
    await store.write(lambda s: s.finish_request("unix:0", "lost", answer))
    found = await store.write(lambda s: s.begin_request("unix:0", "lost", "f", START + 1))
    assert found.answer == answer


async def test_a_job_is_found_by_the_whole_of_its_name_only(store, make_job):
    """An id, a part of a name and the name of a deleted job are no names."""
    await store.write(lambda s: [s.insert_job(make_job("a1", name="first")), s.insert_job(make_job("b2", name="second"))])
    await store.write(lambda s: s.delete_job("b2"))
    found = [await store.read(lambda s, name=name: s.named_job(name)) for name in ("first", "a1", "fir", "second")]
    assert [job.id if job else None for job in found] == ["a1", None, None, None]


async def test_executions_whose_series_lie_apart_are_read_together(store):
    """The series of a third one lie between those of two: only the two are read, and drawn is what is asked for."""

    def samples(execution, value):
        return [
            MetricSample(START + second, execution, plugin, name, value)
            for second in range(4)
            for plugin, name in (("", "cpu_percent"), ("Sql[0]", "cpu_percent"), ("", "lag_rows"))
        ]

    for execution, value in (("e-1", 10.0), ("e-2", 1000.0), ("e-3", 20.0)):
        batch = samples(execution, value)
        await store.write(lambda s, batch=batch: s.append_metrics(batch))
    found = await store.read(lambda s: s.metric_window(["e-1", "e-3"], START, START + 4, 1, {"cpu_percent"}))
    assert [(series.name, series.plugin, series.points[0].value) for series in found.series] == [("cpu_percent", "", 15.0)]
    assert {key: (whole.mean, whole.lowest, whole.highest) for key, whole in found.sums.items()} == dict.fromkeys(
        [("cpu_percent", ""), ("cpu_percent", "Sql[0]"), ("lag_rows", "")], (15.0, 10.0, 20.0)
    )
