"""What is remembered of the answers to queries is forgotten with the write that changes them."""

from __future__ import annotations

import msgspec

from runner.model import Attempt, CheckpointStatus, ErrorInfo, Generation, RejectedRows, Rejection
from runner.states import ExecutionState
from runner.store import known_answers
from runner.store.known_answers import KnownAnswers
from runner.store.metrics import MetricSample


async def _with_executions(store, make_job, make_execution):
    def work(found):
        found.insert_job(make_job())
        for number in (1, 2):
            found.insert_execution(make_execution(f"e-{number}", state=ExecutionState.FINISHED, finished_at=10.0))

    await store.write(work)


def _attempt(number: int, execution_id: str = "e-1", *, failed: bool = True) -> Attempt:
    error = ErrorInfo(code="io-error", message=f"no {number}") if failed else None
    return Attempt(execution_id=execution_id, number=number, started_at=100.0 + number, ended_at=200.0 + number, error=error)


async def test_failures_are_read_again_when_there_are_others(store, make_job, make_execution):
    """Another failed attempt, one that turns out to have failed, and executions that go: each shows at once, in all lists."""
    await _with_executions(store, make_job, make_execution)

    async def failures() -> list[list[tuple[str, int]]]:
        asked = [await store.read(lambda s: s.failed_attempts())]
        asked.append(await store.read(lambda s: s.failed_attempts("job-1")))
        asked.append(await store.read(lambda s: s.failed_attempts(execution_id="e-1")))
        assert asked[0] == await store.write(lambda s: s.failed_attempts())
        return [[(each.attempt.execution_id, each.attempt.number) for each in found] for found in asked]

    assert await failures() == [[], [], []]
    await store.write(lambda s: s.insert_attempt(_attempt(1)))
    await store.write(lambda s: s.insert_attempt(_attempt(2, "e-2", failed=False)))
    assert await failures() == [[("e-1", 1)], [("e-1", 1)], [("e-1", 1)]]
    assert (await store.read(lambda s: s.attempt_tally(["e-1", "e-2"], 0.0))).failures == 1
    await store.write(lambda s: s.update_attempt(_attempt(2, "e-2")))
    assert await failures() == [[("e-2", 2), ("e-1", 1)], [("e-2", 2), ("e-1", 1)], [("e-1", 1)]]
    tally = await store.read(lambda s: s.attempt_tally(["e-1", "e-2"], 0.0))
    assert (tally.failures, tally.restarts) == (2, 1)
    assert await store.write(lambda s: s.prune_executions(1)) == ["e-1"]
    assert await failures() == [[("e-2", 2)], [("e-2", 2)], []]
    assert (await store.read(lambda s: s.attempt_tally(["e-1"], 0.0))).failures == 0


async def test_rejected_rows_are_read_again_when_there_are_more(store, make_job, make_execution):
    """Every count is the newest one."""
    await _with_executions(store, make_job, make_execution)
    for rows in (3, 5):
        counted = RejectedRows(plugin="p", kind="cast", rows=rows, first_at=1.0, last_at=2.0)
        sample = Rejection(plugin="p", kind="cast", reason=f"{rows}", row="x", at=2.0)
        await store.write(lambda s, c=counted, r=sample: s.record_rejections("job-1", "e-1", [c], [r]))
        (found,) = await store.read(lambda s: s.all_rejected())
        assert (found.counted.rows, found.newest and found.newest.reason) == (rows, str(rows))
    await store.write(lambda s: s.prune_executions(1))
    assert await store.read(lambda s: s.all_rejected()) == []


async def test_a_metric_that_is_new_is_seen_at_once(store, make_job, make_execution):
    """The list of an execution's metrics is remembered until there is another one, or none."""
    await _with_executions(store, make_job, make_execution)

    async def names() -> list[str]:
        series = await store.read(lambda s: s.metric_series(["e-1"], None, 0.0, 100.0, 10))
        return [found.name for found in series]

    assert await names() == []
    for number, name in enumerate(("lag_rows", "queue_fill"), 1):
        await store.write(lambda s, name=name: s.append_metrics([MetricSample(50.0, "e-1", "", name, 1.0)]))
        assert len(await names()) == number
    await store.write(lambda s: s.prune_executions(1))
    assert await names() == []


async def test_the_checkpoints_of_a_job_are_those_that_there_are(store, make_job, make_checkpoint):
    """Each step of a checkpoint, a savepoint that it becomes, and its end show at once, however many are asked for."""
    await store.write(lambda s: s.insert_job(make_job()))

    async def shown() -> list[tuple[int, str]]:
        few, many = [await store.read(lambda s, n=n: s.checkpoints("job-1", limit=n)) for n in (3, 1000)]
        assert few == many[:3]
        return [(found.id, found.kind[0] + found.status[:3]) for found in many]

    assert await shown() == []
    first = make_checkpoint(1)
    await store.write(lambda s: s.insert_checkpoint(first))
    assert await shown() == [(1, "pin_")]
    complete = msgspec.structs.replace(first, status=CheckpointStatus.COMPLETED)
    await store.write(lambda s: s.complete_checkpoint(complete, b"state"))
    assert await shown() == [(1, "pcom")]
    committed = await store.write(lambda s: s.mark_committed("job-1", 1, 5.0))
    assert [committed] == await store.read(lambda s: s.checkpoints("job-1"))
    await store.write(lambda s: s.keep_checkpoint("job-1", 1, "kept"))
    await store.write(lambda s: s.insert_checkpoint(make_checkpoint(2)))
    await store.write(lambda s: s.fail_checkpoint("job-1", 2, "late", 6.0))
    assert await shown() == [(2, "pfai"), (1, "scom")]
    await store.write(lambda s: s.delete_checkpoint("job-1", 2))
    assert await shown() == [(1, "scom")]


async def test_the_executions_of_a_window_are_those_that_there_are(store, make_job, make_execution):
    """One that begins, that ends, or that is forgotten shows at once."""
    await store.write(lambda s: s.insert_job(make_job()))

    async def since(at: float) -> dict[str, float | None]:
        found = await store.read(lambda s: s.executions_since("job-1", at))
        return {execution_id: lifetime.over for execution_id, lifetime in found.items()}

    assert await since(0.0) == {}
    await store.write(lambda s: s.insert_execution(make_execution("e-1")))
    assert await since(50.0) == {"e-1": None}
    ended = make_execution("e-1", state=ExecutionState.CANCELED, finished_at=20.0)
    await store.write(lambda s: s.update_execution(ended))
    await store.write(lambda s: s.insert_execution(make_execution("e-2")))
    assert (await since(10.0), await since(20.0)) == ({"e-1": 20.0, "e-2": None}, {"e-2": None})
    assert await store.write(lambda s: s.prune_executions(1)) == ["e-1"]
    assert await since(10.0) == {"e-2": None}


async def test_a_generation_is_read_as_it_was_stored(store, make_job):
    """Old ones and the newest by turns, until they are forgotten; those of a job that is gone are gone."""
    await store.write(lambda s: s.insert_job(make_job()))

    async def shown() -> list[bytes | None]:
        found = [await store.read(lambda s, n=n: s.generation_with_job("job-1", n)) for n in (1, 2, 1)]
        return [None if each is None else each[1] for each in found]

    for number, expected in ((1, [b"1", None, b"1"]), (2, [b"1", b"2", b"1"])):
        made = Generation(job_id="job-1", number=number, content_hash="h", created_at=1.0, text="", spec={})
        await store.write(lambda s, made=made: s.insert_generation(made, str(made.number).encode(), b"{}"))
        assert await shown() == expected
    await store.write(lambda s: s.update_job(make_job(generation=2)))
    assert await store.write(lambda s: s.prune_generations(1)) == 1
    assert await shown() == [None, b"2", None]
    await store.write(lambda s: s.delete_job("job-1"))
    assert await store.write(lambda s: s.purge_job("job-1"))
    assert await shown() == [None, None, None]


def test_an_answer_that_may_be_too_old_is_not_remembered(monkeypatch):
    """What a snapshot found that began before the last change is not, nor more than so many answers."""
    monkeypatch.setattr(known_answers, "ANSWERS", 3)
    answers = KnownAnswers()
    before = answers.mark()
    answers.touch(["a"])
    answers.put(before, "a", "old")
    assert answers.get("a") is None
    answers.put(answers.mark(), "a", "new")
    assert answers.get("a") == "new"
    for number in range(10):
        answers.put(answers.mark(), number, [number])
    assert [answers.get(key) for key in ("a", 0, 9)] == [None, None, [9]]
    monkeypatch.setattr(known_answers, "ITEMS", 5)
    answers.put(answers.mark(), "some", [1, 2, 3])
    answers.put(answers.mark(), "many", range(6))
    assert [answers.get(key) for key in (9, "some", "many")] == [None, None, None]
    answers.put(answers.mark(), "few", [1])
    assert answers.get("few") == [1]
    answers.touch(range(10, 20))
    answers.put(before, 10, "old")
    answers.put(before, "a", "older than anything that is known of changes")
    assert answers.get(10) is None
    assert answers.get("a") is None
