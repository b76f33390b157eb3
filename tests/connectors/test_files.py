"""Which files are read, and how files become visible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from runner.connectors.base import OptionError, Pace, PluginContext, PluginError, TargetError
from runner.connectors.file.listing import list_files
from runner.connectors.file.marks import CommitMarks
from runner.connectors.file.source import MINIMUM_SPLIT_BYTES, LocalFileSource
from runner.connectors.file.staging import (
    discard,
    make_staging,
    publish,
    remove_empty,
    safe_name,
    staging_directory,
)
from runner.connectors.options import Options

MakeContext = Callable[..., PluginContext]
OPTIONS = Options({}, "LocalFile")


def put(root: Path, *names: str) -> None:
    """Files with one csv line each."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1\n")


def listed(root: Path, pattern: str | None = None) -> list[str]:
    """The names found below a directory."""
    return [str(file.path.relative_to(root)) for file in list_files(root, pattern, options=OPTIONS)]


def test_directories_are_read_with_everything_below(tmp_path: Path) -> None:
    """Sorted; hidden names, markers and empty files are passed over, staging of other jobs too."""
    put(tmp_path, "b.csv", "a/c.csv", "a/.hidden/d.csv", ".e.csv", "_SUCCESS", ".flowdeck-staging/x/f.csv", "a b/ü.csv")
    (tmp_path / "empty.csv").write_text("")
    assert listed(tmp_path) == ["a/c.csv", "a b/ü.csv", "b.csv"]
    assert listed(tmp_path / "a" / "c.csv") == ["."]


def test_paths_begin_at_the_job_or_at_a_home(
    make_context: MakeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path begins at the job's directory, ``~`` is a user's home, and a name of nobody's is an ordinary one; with a
    NUL it is no path."""
    monkeypatch.setenv("HOME", "/home/of/mine")
    resolve = make_context("LocalFile", {}).resolve
    assert resolve("a/../b") == tmp_path / "b"
    assert resolve("~/b") == Path("/home/of/mine/b")
    assert resolve("~nobody-of-this-name/b") == tmp_path / "~nobody-of-this-name" / "b"
    with pytest.raises(OptionError, match="NUL"):
        resolve("a\0b")


def test_names_are_matched_whole(tmp_path: Path) -> None:
    """A regular expression that takes linear time."""
    put(tmp_path, "orders_1.csv", "orders_22.csv", "orders_1.csv.bak", "x/orders_3.csv")
    assert listed(tmp_path, r"orders_\d\.csv") == ["orders_1.csv", "x/orders_3.csv"]
    assert listed(tmp_path, "(o+)+x") == []
    with pytest.raises(OptionError, match="file_filter_pattern"):
        listed(tmp_path, "*.csv")


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    """An empty directory is none."""
    with pytest.raises(PluginError, match="does not exist"):
        listed(tmp_path / "nope")
    assert listed(tmp_path) == []


def source_of(make_context: MakeContext, *, parallelism: int = 1, **options: Any) -> LocalFileSource:
    """A csv source of one column."""
    values = {"file_format_type": "csv", "schema": {"fields": {"id": "int"}}, **options}
    return LocalFileSource(make_context("LocalFile", values, parallelism=parallelism), duckdb.connect(":memory:"))


def test_directories_named_like_assignments_are_columns(tmp_path: Path, make_context: MakeContext) -> None:
    """They come after the file's columns; a column of the schema with the same name is the file's."""
    put(tmp_path, "in/day=2024-01-05/kind=a%20b/x.csv", "in/day=__HIVE_DEFAULT_PARTITION__/kind=c/y.csv")
    source = source_of(make_context, path="in")
    assert source.schema().names == ["id", "day", "kind"]
    rows = [row for split in source.splits() for batch in source.read(split, Pace()) for row in batch.data.to_pylist()]
    assert rows == [{"id": 1, "day": "2024-01-05", "kind": "a b"}, {"id": 1, "day": None, "kind": "c"}]
    assert source_of(make_context, path="in", parse_partition_from_path=False).schema().names == ["id"]
    put(tmp_path, "in/other/z.csv")
    mixed = source_of(make_context, path="in")
    with pytest.raises(PluginError, match=r"no day=\.\.\. directory"):
        [list(mixed.read(split, Pace())) for split in mixed.splits()]


def test_large_files_are_cut_for_parallel_readers(tmp_path: Path, make_context: MakeContext) -> None:
    """Into pieces of some size, with ids that stay the same; one reader takes files whole."""
    line = f"{'1' * 9}\n"
    (tmp_path / "large.csv").write_text(line * (3 * MINIMUM_SPLIT_BYTES // len(line) + 1))
    put(tmp_path, "small.csv")
    assert len(source_of(make_context, path=".").splits()) == 2
    splits = source_of(make_context, path=".", parallelism=2).splits()
    assert [split.id for split in splits] == ["large.csv#0", "large.csv#1", "large.csv#2", "small.csv#0"]
    assert splits[0].data["end"] == splits[1].data["begin"]


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    """A job's staging directory, with one file in it."""
    directory = staging_directory(tmp_path / "out", "job/../1")
    make_staging(directory)
    (directory / "a-1.csv").write_text("new")
    return directory


def test_names_of_jobs_are_harmless(tmp_path: Path, staging: Path) -> None:
    """No name leads out of the directory."""
    assert staging.parent == tmp_path / "out" / ".flowdeck-staging"
    assert [safe_name(name) for name in ("..", ".", "", "a/b", "ok-1")] == ["_..", "_.", "_", "a_b", "ok-1"]


def test_publishing_twice_is_publishing_once(tmp_path: Path, staging: Path) -> None:
    """Directories on the way are made, and what is published stays."""
    final = tmp_path / "out" / "k=1" / "x.csv"
    for _ in range(2):
        publish([(staging / "a-1.csv", final)], staging)
    assert final.read_text() == "new"
    remove_empty(staging)
    assert not staging.parent.exists()


def test_nothing_is_overwritten(tmp_path: Path, staging: Path) -> None:
    """A file of somebody else under the final name stops the job."""
    final = tmp_path / "out" / "x.csv"
    final.write_text("old")
    with pytest.raises(TargetError, match="is there already"):
        publish([(staging / "a-1.csv", final)], staging)
    assert final.read_text() == "old"


def test_a_published_file_that_is_gone_is_noticed(tmp_path: Path, staging: Path) -> None:
    """Neither staged nor final: rows would be missing."""
    with pytest.raises(TargetError, match="was written and is gone"):
        publish([(staging / "b-1.csv", tmp_path / "out" / "x.csv")], staging)


def test_a_file_that_was_taken_after_its_commit_is_not_missed(tmp_path: Path, staging: Path) -> None:
    """Who reads the target may move a file away before it is written down that it is committed: the mark of the commit tells.
    Marks hide nothing that was not committed, and go with the attempt."""
    marks = CommitMarks(staging, "a-", "w0")
    final = tmp_path / "out" / "x.csv"
    mark, later = marks.prepare(1), marks.prepare(2)
    publish([(staging / "a-1.csv", final)], staging, mark)
    marks.commit(1)
    final.unlink()
    publish([(staging / "a-1.csv", final)], staging, mark)
    with pytest.raises(TargetError, match="was written and is gone"):
        publish([(staging / "a-2.csv", final)], staging, later)
    marks.remove_all()
    remove_empty(staging)
    assert not staging.parent.exists()


def test_only_other_attempts_staging_is_dropped(tmp_path: Path, staging: Path) -> None:
    """Links are removed and not followed."""
    outside = tmp_path / "outside"
    put(outside, "mine.csv")
    (staging / "old-dir").mkdir()
    (staging / "old-dir" / "x.csv").write_text("old")
    (staging / "old-link").symlink_to(outside)
    discard(staging, keep_prefix="a-")
    assert [entry.name for entry in staging.iterdir()] == ["a-1.csv"]
    assert (outside / "mine.csv").exists()
    discard(staging, keep_prefix=None)
    assert not staging.parent.exists()
    discard(staging, keep_prefix=None)
