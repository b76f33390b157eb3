"""The series of metrics: what is remembered of them is what is stored, whoever asks."""

from __future__ import annotations

import pytest

from runner.store import series
from runner.store.metrics import MetricSample


def _samples(execution_id: str, names: tuple[str, ...], at: float = 100.0) -> list[MetricSample]:
    return [MetricSample(at, execution_id, "", name, 1.0) for name in names]


async def _series(store, *execution_ids: str) -> list[series.ExecutionSeries]:
    return await store.read(lambda found: series.of_executions(found._session, execution_ids))


async def test_executions_with_the_same_metrics_share_what_is_remembered(store):
    """Their numbers follow each other, and the list of what they measure is one object."""
    await store.write(lambda found: found.append_metrics(_samples("e-1", ("rows_in", "lag_rows"))))
    await store.write(lambda found: found.append_metrics(_samples("e-2", ("rows_in", "lag_rows"))))
    for _ in range(2):
        one, other = await _series(store, "e-1", "e-2")
        assert [(key.plugin, key.name, key.kind) for key in one.keys] == [("", "rows_in", "counter"), ("", "lag_rows", "gauge")]
        assert one.keys is other.keys
        assert isinstance(one.numbers, range)
        assert isinstance(other.numbers, range)
        assert not set(one.numbers) & set(other.numbers)


async def test_a_series_that_comes_later_is_found_with_its_own_number(store):
    """Another execution's came between, and somebody had asked before: the new one is there, and every sample is under its
    own."""
    await store.write(lambda found: found.append_metrics(_samples("e-1", ("rows_in",))))
    assert [len(found.keys) for found in await _series(store, "e-1", "nobody")] == [1, 0]
    await store.write(lambda found: found.append_metrics(_samples("e-2", ("rows_in",))))
    await store.write(lambda found: found.append_metrics([*_samples("e-1", ("cpu_percent", "rows_in"), 101.0)]))
    (found,) = await _series(store, "e-1")
    assert not isinstance(found.numbers, range)
    assert [key.name for key in found.keys] == ["rows_in", "cpu_percent"]
    of_window = await store.read(lambda view: view.metric_window(["e-1"], 100.0, 110.0, 1))
    assert {name for name, _ in of_window.sums} == {"rows_in", "cpu_percent"}
    assert {name for name, _ in (await store.read(lambda view: view.metric_window(["e-2"], 100.0, 110.0, 1))).sums} == set()


async def test_the_writer_finds_the_series_of_an_execution_that_it_has_forgotten(store):
    """After a write that failed nothing is remembered: the same series are used on, and no second one is made."""
    await store.write(lambda found: found.append_metrics(_samples("e-1", ("rows_in", "lag_rows"))))

    def fail(found) -> None:
        found.append_metrics(_samples("e-1", ("cpu_percent",), 101.0))
        raise LookupError("no")

    with pytest.raises(LookupError):
        await store.write(fail)
    await store.write(lambda found: found.append_metrics(_samples("e-1", ("lag_rows", "memory_bytes"), 102.0)))
    (found,) = await _series(store, "e-1")
    assert sorted(key.name for key in found.keys) == ["lag_rows", "memory_bytes", "rows_in"]
    assert len(set(found.numbers)) == 3
