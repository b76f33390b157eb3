"""What is remembered of the answers to queries is forgotten with the write that changes them."""

from __future__ import annotations

from runner.model import Attempt, ErrorInfo, RejectedRows, Rejection
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
