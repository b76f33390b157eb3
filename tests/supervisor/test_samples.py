"""Samples of the rows that pass: of each plugin, masked and bounded, without a trace in the output."""

from __future__ import annotations

import datetime
import queue
from functools import partial
from textwrap import dedent

import pyarrow as pa
import pytest

from runner.observation import NO_ROWS_SEEN
from runner.protocol import Sample
from runner.requests import PauseRequest, StopRequest, SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict, NotFound
from runner.worker.pipeline import Pipeline
from runner.worker.sampler import MAXIMUM_BYTES, MAXIMUM_TEXT, Sampler, describe
from spec.redaction import Redaction

RUNNING, STOPPED = ExecutionState.RUNNING, ExecutionState.STOPPED


def branching(directory, rate=2000):
    """A source, two transforms in one stage, a branch that lets no row through, two sinks."""
    return SubmitRequest(
        base_directory=str(directory),
        environment={"MARK_TOKEN": "hunter2"},
        text=dedent(
            f"""
            env {{ job.name = "branching", job.mode = "STREAMING", checkpoint.interval = 500, workers = 2
                   read_limit.rows_per_second = {rate} }}
            source {{ FakeSource {{
              plugin_output = "rows", row.num = 1000000000
              schema {{ fields {{ id = bigint, api_key = string, note = string }} }}
            }} }}
            transform {{
              Sql {{ plugin_input = "rows", plugin_output = "shaped"
                query = "select id // 2 as next, api_key, note || '"${{MARK_TOKEN}}"' as note from rows" }}
              Sql {{ plugin_input = "shaped", plugin_output = "twice", query = "select next % 2 as odd, api_key from shaped" }}
              Sql {{ plugin_input = "rows", plugin_output = "empty", query = "select id from rows where id < 0" }}
            }}
            sink {{
              LocalFile {{ plugin_input = "twice", path = "{directory}/out", file_format_type = "json" }}
              LocalFile {{ plugin_input = "empty", path = "{directory}/none", file_format_type = "json" }}
            }}
            """
        ),
    )


async def test_every_plugin_shows_what_leaves_it(flow, tmp_path):
    """Sources and transforms, within a stage too, and what reaches sinks; secrets are masked. At rest there is nothing to see,
    and what to do instead is said."""
    look = flow.service.observation
    job = await flow.service.submit(branching(tmp_path))
    await flow.progressed(job.id)
    found = {sample.plugin: sample for sample in await look.samples(job.id, None, 5)}
    assert set(found) == {"rows", "shaped", "twice", "empty", "sink-0-LocalFile", "sink-1-LocalFile"}
    assert found["rows"].columns == ("id", "api_key", "note")
    assert found["shaped"].columns == ("next", "api_key", "note")
    assert [len(found[name].records) for name in ("rows", "shaped", "twice", "sink-0-LocalFile")] == [5] * 4
    for before, after in zip(found["rows"].records, found["shaped"].records, strict=True):
        assert after.values["note"] == (before.values["note"] or "") + "********"
        assert after.values["api_key"] in {"********", None}
    assert found["sink-0-LocalFile"].records == found["twice"].records
    assert found["empty"].records == ()
    assert found["empty"].trouble == "these rows leave it empty"
    (one,) = await look.samples("branching", "shaped", 2)
    assert len(one.records) == 2
    with pytest.raises(NotFound, match="nothing"):
        await look.samples(job.id, "nothing", 2)
    await flow.service.stop(job.id, StopRequest())
    await flow.reach(job.id, STOPPED)
    with pytest.raises(Conflict, match="STOPPED: no rows pass") as refused:
        await look.samples(job.id, None, 5)
    assert "flowdeck restart branching" in refused.value.hint


async def test_few_rows_are_remembered_until_somebody_asks(flow, tmp_path):
    """A stream in which nothing happens any more still shows its last rows; several who ask at once are all answered."""
    look = flow.service.observation
    job = await flow.service.submit(branching(tmp_path, rate=5))
    await flow.progressed(job.id)
    await flow.service.pause(job.id, PauseRequest())
    await flow.reach(job.id, ExecutionState.PAUSED)
    first = {sample.plugin: sample for sample in await look.samples(job.id, None, 3)}
    assert first["rows"].records
    assert {sample.plugin: sample for sample in await look.samples(job.id, None, 3)} == first
    await flow.service.cancel(job.id)
    await flow.reach(job.id, ExecutionState.CANCELED)


def test_values_are_masked_cut_and_bounded():
    """Whatever the types: by the name of a column or a field, passwords in addresses, the job's secrets wherever they stand
    (also where a long text is cut), many rows, deep values."""
    rows = pa.RecordBatch.from_pylist(
        [
            {
                "id": number,
                "password": "hunter2",
                "nested": {"user": "bob", "token": "hunter2", "deep": [{"a": [{"secret_key": "hunter2"}]}]},
                "url": "jdbc://bob:hunter2@host/db",
                "long": "x" * 5000,
                "raw": b"\x00\xff",
                "ratio": float("nan"),
                "at": datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC),
                "none": None,
                "control": "\x1b[31m",
                "said": f"{'y' * (MAXIMUM_TEXT - 4)}canary",
                "map": {"canary": 1},
            }
            for number in range(1000)
        ]
    )
    sample = describe("p", rows, Redaction(["canary"]))
    assert "hunter2" not in str(sample)
    assert "cana" not in str(sample)
    last = sample.records[-1].values
    assert (last["id"], last["raw"], last["ratio"], last["none"]) == (999, "00ff", "nan", None)
    assert last["nested"]["user"] == "bob"
    assert len(last["long"]) == MAXIMUM_TEXT + 1
    assert last["control"] == "\x1b[31m"
    assert last["at"].startswith("2026-01-31")
    assert 10 < len(sample.records) < 1000
    assert len(str(sample.records)) < 3 * MAXIMUM_BYTES
    assert describe("p", None, Redaction([])).trouble


def test_dates_that_python_has_not_are_shown_all_the_same():
    """``infinity``, years with five digits and nanoseconds, in columns, lists and records; the other values are as ever."""
    moments = pa.array([2**63 - 1, 5], pa.int64()).cast(pa.timestamp("us"))
    columns = {
        "at": moments,
        "day": pa.array([10**7, 0], pa.int32()).cast(pa.date32()),
        "fine": pa.array([1, 2], pa.int64()).cast(pa.timestamp("ns")),
        "list": pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), moments),
        "record": pa.StructArray.from_arrays([moments], names=["at"]),
        "map": pa.MapArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.array(["k", "k"]), moments),
        "number": pa.array([7, 8]),
    }
    first, second = (record.values for record in describe("p", pa.record_batch(columns), Redaction([])).records)
    assert (first["day"], first["number"]) == ("29349-01-26", 7)
    for value in (first["at"], first["list"][0], first["record"]["at"], first["map"][0][1]):
        assert "9223372036854775807" in value
    assert second["at"] == second["record"]["at"] == "1970-01-01 00:00:00.000005"
    assert second["fine"].endswith(".000000002")


def test_a_sample_that_cannot_be_taken_is_answered_and_the_next_one_is(monkeypatch):
    """Whatever goes wrong in the sampler's thread: nobody waits for it, and it is there for who asks next."""
    answers = queue.Queue()
    pipeline = Pipeline(sources={"made": None})
    sampler = Sampler(pipeline, (), lambda *answer: answers.put(answer), Redaction(["canary"]))

    def broken(*_):
        raise ZeroDivisionError("of the canary")

    monkeypatch.setattr("runner.worker.sampler.describe", broken)
    ask = partial(Sample, execution="e", attempt=1, epoch=1, worker=0, rows=3, seconds=0.0)
    sampler.ask(ask(request=1))
    number, (sample,) = answers.get(timeout=60)
    assert (number, sample.plugin, "ZeroDivisionError" in sample.trouble, "canary" in sample.trouble) == (
        1,
        "made",
        True,
        False,
    )
    monkeypatch.undo()
    sampler.ask(ask(request=2))
    number, (sample,) = answers.get(timeout=60)
    assert (number, sample.trouble) == (2, NO_ROWS_SEEN)
