"""Secrets that only the worker knows: it puts them in, says clearly when it cannot, and tells nobody what they are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

from runner.worker.failure import StageError
from runner.worker.secrets import SECRET_DIRECTORIES, job_with_secrets
from spec.job import JobSpec
from spec.redaction import Redaction

Coordinate = Callable[..., Coordinator]

SECRET = "canary-'Zx81\"q%"
ROWS = source("FakeSource", "rows", {"row.num": 2, "schema": {"fields": {"id": "bigint"}}})


def query(text: str) -> JobSpec:
    """A job of one query, whose result a file takes."""
    made = transform("Sql", "rows", "made", {"query": text})
    return job(ROWS, made, sink("LocalFile", "made", {"path": "out", "file_format_type": "csv"}))


def attempt(coordinator: Coordinator) -> None:
    """One attempt, to its end."""
    coordinator.start()
    coordinator.run()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file with a secret, as others make them: with a line break at its end."""
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    return file


def put_in(spec: JobSpec) -> str:
    """The query that a worker would run."""
    return str(job_with_secrets(spec)[0].transforms[0].options["query"])


def problem(spec: JobSpec) -> str:
    """Why a worker would not run it."""
    with pytest.raises(StageError) as caught:
        job_with_secrets(spec)
    assert caught.value.plugin == "made"
    assert getattr(caught.value.cause, "code", "") == "secret-missing"
    return str(caught.value.cause)


def test_a_query_with_a_secret_runs(tmp_path: Path, coordinate: Coordinate, secret: Path) -> None:
    """Quotes in the value end no text of the query; what the supervisor hears and keeps does not have it."""
    coordinator = coordinate(
        query(f"select id, md5('${{{{file:{secret}}}}}') as mark, length('x${{{{file:{secret}}}}}') as n from rows")
    )
    attempt(coordinator)
    lines = "".join(path.read_text() for path in (tmp_path / "out").glob("*")).split()
    assert len(lines) == 2
    assert all(line.endswith(f",{len(SECRET) + 1}") for line in lines)
    assert coordinator.last_prepared
    heard = [*coordinator.last_prepared, *coordinator.last_committed, *coordinator.log_lines()]
    assert b"canary" not in msgspec.json.encode(heard)


def test_a_failure_does_not_tell_the_secret(coordinate: Coordinate, secret: Path) -> None:
    """Neither to the supervisor nor in the log; the reference itself may be shown."""
    coordinator = coordinate(query(f"select cast('${{{{file:{secret}}}}}' || id as integer) as id from rows"))
    with pytest.raises(JobFailed) as caught:
        attempt(coordinator)
    assert "********" in caught.value.error.message
    assert "canary" not in caught.value.error.message + "".join(line.message for line in coordinator.log_lines())


def test_a_missing_secret_fails_before_anything_is_opened(tmp_path: Path, coordinate: Coordinate) -> None:
    """With the plugin, the reference and what to do; trying again would not help, and nothing was written."""
    coordinator = coordinate(query("select '${{env:FLOWDECK_TEST_NOWHERE}}' as id from rows"))
    with pytest.raises(JobFailed) as caught:
        attempt(coordinator)
    error = caught.value.error
    assert (error.code, error.plugin, caught.value.retriable) == ("secret-missing", "made", False)
    assert "${{env:FLOWDECK_TEST_NOWHERE}}" in error.message
    assert "FLOWDECK_WORKER_ENVIRONMENT=FLOWDECK_TEST_NOWHERE" in error.hint
    assert not (tmp_path / "out").exists()


def test_variables_are_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """At any depth of the options; an empty one counts as missing, and a value is not looked at again."""
    monkeypatch.setenv("FLOWDECK_TEST_SECRET", "${{env:HOME}}")
    made = source("FakeSource", "rows", {"rows": [{"kind": "INSERT", "fields": [1, "a${{ env:FLOWDECK_TEST_SECRET }}"]}]})
    found, hidden = job_with_secrets(job(made))
    assert found.sources[0].options["rows"][0]["fields"] == [1, "a${{env:HOME}}"]
    assert hidden == found.concealed == ("${{env:HOME}}",)
    monkeypatch.setenv("FLOWDECK_TEST_SECRET", "")
    assert "empty" in problem(query("select '${{env:FLOWDECK_TEST_SECRET}}'"))
    plain = query("select 1")
    assert job_with_secrets(plain) == (plain, ())


def test_which_files_hold_secrets(tmp_path: Path, secret: Path) -> None:
    """Plain ones of bounded size, with text in them, that nobody else can change."""
    assert put_in(query(f"'${{{{file:{secret}}}}}'")) == "'" + SECRET.replace("'", "''") + "'"
    secret.chmod(0o602)
    assert "others may change" in problem(query(f"'${{{{file:{secret}}}}}'"))
    for content, words in ((b"", "empty"), (b"\n", "empty"), (b"a\0b", "binary"), (b"\xff", "UTF-8"), (b"x" * 70000, "larger")):
        (tmp_path / "other").write_bytes(content)
        assert words in problem(query(f"'${{{{file:{tmp_path}/other}}}}'"))
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("pipe", "no plain file"), ("", "no plain file"), ("nowhere", "No such file")):
        path = f"{tmp_path}/{name}" if name else str(tmp_path)
        assert words in problem(query(f"'${{{{file:{path}}}}}'"))


def test_files_with_secrets_may_be_confined(tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the directories that the daemon was told, or to those of who submitted the job; links count as what they lead to, as
    they are when the file is opened."""
    inside, link = tmp_path / "inside", tmp_path / "inside" / "link"
    (inside / "..data").mkdir(parents=True)
    (inside / "..data" / "own").write_text("own-secret")
    (inside / "own").symlink_to("..data/own")
    link.symlink_to(secret)
    confined = msgspec.structs.replace(query(f"'${{{{file:{link}}}}}'"), confined_to=(str(inside),))
    assert "leads out" in problem(confined)
    own = msgspec.structs.replace(query(f"'${{{{file:{inside}/own}}}}'"), confined_to=(str(inside),))
    assert put_in(own) == "'own-secret'"
    monkeypatch.setenv(SECRET_DIRECTORIES, f"/nowhere:{tmp_path}")
    assert "canary" in put_in(confined)
    monkeypatch.setenv(SECRET_DIRECTORIES, "/nowhere")
    assert "leads out" in problem(query(f"'${{{{file:{secret}}}}}'"))


def test_the_lines_of_a_key_are_hidden_one_by_one(secret: Path) -> None:
    """For what prints a key prints it line by line."""
    secret.write_text("-----BEGIN KEY-----\nMIIEvQIBADANBg\nab\n")
    _, hidden = job_with_secrets(query(f"'${{{{file:{secret}}}}}'"))
    assert Redaction(hidden).text("cannot parse MIIEvQIBADANBg, ab") == "cannot parse ********, ab"


PRINTS = """
import os, sys
from runner.worker.printed import masked_output
with masked_output(("canary-4711", "zweite-Ü")):
    print("python says canary-4711")
    os.write(2, b"native code says canary-")
    os.write(2, "4711 and zweite-Ü\\xff\\n".encode("utf-8", "replace"))
    os.write(2, b"bad \\xff bytes\\nno end")
    raise ValueError("canary-4711 is wrong")
"""


def test_what_is_printed_is_masked() -> None:
    """By Python, by native code, in pieces, by an exception that nobody catches; nothing of it is lost."""
    done = subprocess.run([sys.executable, "-c", PRINTS], capture_output=True, timeout=60, check=False)
    printed = done.stdout + done.stderr
    assert b"canary" not in printed
    assert b"zweite" not in printed
    assert done.stderr.count(b"********") >= 4
    assert b"bad \xff bytes\nno end" in done.stderr
    assert b"ValueError: ******** is wrong" in done.stderr
    assert done.returncode == 1
