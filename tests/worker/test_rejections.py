"""Rejected rows in real workers: counted with the checkpoint that has them, written down exactly once, through kills."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

from spec.job import JobSpec

Coordinate = Callable[..., Coordinator]

ROWS = 4000
FIELDS = {"fields": {"id": "int", "text": "string"}}


def write_input(directory: Path, files: int = 2) -> None:
    """Files of rows of which every fifth has a text for its id; the texts are unique."""
    (directory / "in").mkdir()
    for number in range(files):
        rows = range(number * ROWS, (number + 1) * ROWS)
        lines = [f"{'bad' if row % 5 == 0 else row},t{row}\n" for row in rows]
        (directory / "in" / f"{number}.csv").write_text("".join(lines), encoding="utf-8")


def files_job(*, on_error: str, rate: int | None = None, parallelism: int = 1, **options: Any) -> JobSpec:
    """LocalFile csv to LocalFile json."""
    reading = {"path": "in", "file_format_type": "csv", "schema": FIELDS, "on_error": on_error, **options}
    return job(
        source("LocalFile", "lines", reading, parallelism=parallelism),
        sink("LocalFile", "lines", {"path": "out", "file_format_type": "json"}),
        rows_per_second=rate,
    )


def written(directory: Path, name: str) -> list[dict[str, Any]]:
    """All rows of the JSON files in a directory."""
    files = sorted((directory / name).glob("*.json"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def assert_exact(directory: Path, files: int = 2) -> None:
    """Each row is either in the output or a dead letter, once."""
    expected = {f"t{row}": row % 5 == 0 for row in range(files * ROWS)}
    good = Counter(row["text"] for row in written(directory, "out"))
    bad = Counter(row["row"].partition(",")[2] for row in written(directory, "dead-letters/test"))
    assert good == {text: 1 for text, is_bad in expected.items() if not is_bad}
    assert bad == {text: 1 for text, is_bad in expected.items() if is_bad}
    assert not list(directory.rglob(".flowdeck-staging"))


def test_dead_letters_tell_where_each_row_was(coordinate: Coordinate, tmp_path: Path) -> None:
    """Job, plugin, kind, reason, file, line, offset, text and checkpoint; one file per checkpoint and worker."""
    write_input(tmp_path)
    coordinator = coordinate(files_job(on_error="dead_letter"))
    coordinator.start()
    coordinator.run()
    assert_exact(tmp_path)
    letters = written(tmp_path, "dead-letters/test")
    assert len(list((tmp_path / "dead-letters" / "test").iterdir())) == 1
    one = next(letter for letter in letters if letter["row"] == "bad,t5")
    assert one == {
        "at_checkpoint": 1,
        "job": "test",
        "execution": "execution-1",
        "plugin": "lines",
        "kind": "cast",
        "reason": "column id: 'bad' is not an int",
        "file": str(tmp_path / "in" / "0.csv"),
        "line": 6,
        "offset": (tmp_path / "in" / "0.csv").read_bytes().index(b"bad,t5"),
        "row": "bad,t5",
    }
    [counted] = coordinator.checkpoint.rejected
    assert (counted.plugin, counted.kind, counted.rows) == ("lines", "cast", 2 * ROWS // 5)
    assert len(coordinator.checkpoint.rejections) == 20


def test_skipped_rows_are_counted_and_written_nowhere(coordinate: Coordinate, tmp_path: Path) -> None:
    """The good rows go on; the counters of the source say how many did not."""
    write_input(tmp_path)
    coordinator = coordinate(files_job(on_error="skip", parallelism=2), workers=2)
    coordinator.start()
    coordinator.run()
    assert len(written(tmp_path, "out")) == 2 * ROWS * 4 // 5
    assert not (tmp_path / "dead-letters").exists()
    [counted] = coordinator.checkpoint.rejected
    assert counted.rows == 2 * ROWS // 5


@pytest.mark.parametrize("moment", ["before barrier", "prepared", "completed", "committed"])
def test_kills_lose_no_rejection_and_repeat_none(coordinate: Coordinate, tmp_path: Path, moment: str) -> None:
    """Kill -9 of both workers at this moment of each of the first checkpoints, until the job is through."""
    write_input(tmp_path)
    coordinator = coordinate(files_job(on_error="dead_letter", rate=4000, parallelism=2), workers=2)
    coordinator.run_killed(moment, 3)
    assert_exact(tmp_path)
    [counted] = coordinator.checkpoint.rejected
    assert counted.rows == 2 * ROWS // 5


def test_an_aborted_checkpoint_leaves_its_rejections_to_the_next(coordinate: Coordinate, tmp_path: Path) -> None:
    """What was prepared for it is committed with the one after."""
    write_input(tmp_path)
    coordinator = coordinate(files_job(on_error="dead_letter", rate=8000))
    coordinator.start()
    coordinator.next_heartbeat()
    coordinator.abort_checkpoint(coordinator.prepare_checkpoint())
    coordinator.run()
    assert_exact(tmp_path)


def test_settlement_commits_what_is_complete_and_drops_the_rest(coordinate: Coordinate, tmp_path: Path) -> None:
    """An execution that ended between two checkpoints leaves no draft behind, and every letter of a complete checkpoint."""
    write_input(tmp_path)
    coordinator = coordinate(files_job(on_error="dead_letter", rate=4000))
    coordinator.start()
    coordinator.next_heartbeat()
    state = coordinator.prepare_checkpoint()
    coordinator.uncommitted[state.id] = state.tokens
    coordinator.next_heartbeat()
    coordinator.kill()
    assert coordinator.settle() == 0
    assert len(written(tmp_path, "dead-letters/test")) == sum(found.rows for found in state.rejected) > 0
    assert not list(tmp_path.rglob(".flowdeck-staging"))


@pytest.mark.parametrize(
    ("option", "problem"), [("on_error_limit", "more than 10 rows"), ("on_error_share", "a greater share")]
)
def test_a_limit_ends_the_job(coordinate: Coordinate, tmp_path: Path, option: str, problem: str) -> None:
    """More rejected rows than that are no accident: the failure is final and says where the last one was."""
    write_input(tmp_path)
    limit: dict[str, Any] = {option: 10 if option == "on_error_limit" else 0.1}
    coordinator = coordinate(files_job(on_error="skip", **limit))
    coordinator.start()
    with pytest.raises(JobFailed, match=problem) as failed:
        coordinator.run()
    assert failed.value.error.code == "too-many-rejected"
    assert failed.value.error.plugin == "lines"
    assert not failed.value.retriable


def test_rows_within_the_limit_are_rejected(coordinate: Coordinate, tmp_path: Path) -> None:
    """A share just above the truth passes."""
    write_input(tmp_path)
    coordinator = coordinate(files_job(on_error="skip", on_error_share=0.21, on_error_limit=2 * ROWS // 5))
    coordinator.start()
    coordinator.run()
    assert len(written(tmp_path, "out")) == 2 * ROWS * 4 // 5


def sql_job(*policies: str, query: str = "select id, cast(text as int) as n from made") -> JobSpec:
    """FakeSource-like rows from JSON, through two queries of which the second fails for some."""
    reading = {"path": "in", "file_format_type": "json", "schema": FIELDS}
    first, second = policies
    return job(
        source("LocalFile", "lines", reading),
        transform("Sql", "lines", "made", {"query": "select id, text, 10 / (id - 7) as x from lines", "on_error": first}),
        transform("Sql", "made", "kept", {"query": query, "on_error": second}),
        sink("LocalFile", "kept", {"path": "out", "file_format_type": "json"}),
    )


def write_documents(directory: Path) -> None:
    """Every tenth text is no number; the query of the first transform fails for nobody."""
    (directory / "in").mkdir()
    lines = [json.dumps({"id": row, "text": "x" if row % 10 == 3 else str(row)}) + "\n" for row in range(100)]
    (directory / "in" / "rows.json").write_text("".join(lines), encoding="utf-8")


def test_rows_on_which_a_query_fails_are_rejected(coordinate: Coordinate, tmp_path: Path) -> None:
    """The reason is the engine's, without our SQL; the row is told as JSON; the others go on in order."""
    write_documents(tmp_path)
    coordinator = coordinate(sql_job("fail", "dead_letter"))
    coordinator.start()
    coordinator.run()
    assert [row["id"] for row in written(tmp_path, "out")] == [row for row in range(100) if row % 10 != 3]
    letters = written(tmp_path, "dead-letters/test")
    assert [json.loads(letter["row"])["id"] for letter in letters] == list(range(3, 100, 10))
    assert {(letter["plugin"], letter["kind"]) for letter in letters} == {("kept", "sql")}
    assert "'x'" in letters[0]["reason"]
    assert "SELECT" not in letters[0]["reason"].upper().replace("SELECTED", "")


def test_a_rejected_row_may_have_a_date_that_python_has_not(coordinate: Coordinate, tmp_path: Path) -> None:
    """``infinity``, or a year with five digits, in a row that is rejected for another reason: it is told as a text."""
    (tmp_path / "in").mkdir()
    moments = pa.array([2**63 - 1, 0, 10**18], pa.int64()).cast(pa.timestamp("us"))
    pq.write_table(pa.table({"text": ["x", "1", "2"], "at": moments}), tmp_path / "in" / "rows.parquet")
    coordinator = coordinate(
        job(
            source("LocalFile", "made", {"path": "in", "file_format_type": "parquet"}),
            transform(
                "Sql", "made", "kept", {"query": "select cast(text as int) as n, at from made", "on_error": "dead_letter"}
            ),
            sink("LocalFile", "kept", {"path": "out", "file_format_type": "parquet"}),
        )
    )
    coordinator.start()
    coordinator.run()
    (letter,) = written(tmp_path, "dead-letters/test")
    row = json.loads(letter["row"])
    assert (row["text"], "9223372036854775807" in row["at"]) == ("x", True)
    (file,) = (tmp_path / "out").glob("*.parquet")
    assert pq.read_table(file).column("n").to_pylist() == [1, 2]


def test_a_transform_that_tolerates_nothing_still_fails_the_job(coordinate: Coordinate, tmp_path: Path) -> None:
    """Though another one of the same chain tolerates errors: the failure is blamed on the one whose query it is."""
    write_documents(tmp_path)
    coordinator = coordinate(sql_job("skip", "fail"))
    coordinator.start()
    with pytest.raises(JobFailed) as failed:
        coordinator.run()
    assert failed.value.error.plugin == "kept"


def test_rows_that_fail_for_several_reasons_are_counted_once(coordinate: Coordinate, tmp_path: Path) -> None:
    """A row is blamed on the first transform that fails for it."""
    write_documents(tmp_path)
    query = "select cast(text as int) as n, if(id = 50, error('no'), id) as id from made"
    coordinator = coordinate(sql_job("skip", "skip", query=query))
    coordinator.start()
    coordinator.run()
    assert [(found.plugin, found.rows) for found in coordinator.checkpoint.rejected] == [("kept", 11)]


def test_enumeration_survives_a_quote_that_is_never_closed(coordinate: Coordinate, tmp_path: Path) -> None:
    """Cutting a file into splits tolerates what reading it tolerates."""
    (tmp_path / "in").mkdir()
    good = "".join(f"{row},t{row}\n" for row in range(700_000))
    (tmp_path / "in" / "big.csv").write_text(good + '1,"never\n2,last\n', encoding="utf-8")
    coordinator = coordinate(files_job(on_error="skip", parallelism=2))
    coordinator.start()
    coordinator.run()
    assert coordinator.checkpoint.rows_in == 700_001
    assert [found.rows for found in coordinator.checkpoint.rejected] == [1]
    assert len(coordinator.checkpoint.splits["lines"]) > 1
