"""Secrets that jobs are given, and where they are found afterwards: nowhere but in the memory of who uses them."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from runner.client import ApiError
from runner.requests import RestartRequest, SavepointRequest, SubmitRequest
from runner.store.asynchronous import AsyncStore
from runner.supervisor.generations import read_generation
from tests.api.conftest import Daemon
from tests.security.conftest import routes

SHELL, GIVEN, OVERRIDDEN, WATCHED = (f"canary-{word}-Zx81'q%" for word in ("shell", "given", "overridden", "watched"))
FILED, NAMED = (f"canary-{word}-Zx81'q%" for word in ("filed", "named"))
CANARIES = (SHELL, GIVEN, OVERRIDDEN, WATCHED, FILED)


def quoted(secret):
    """As it has to stand in the text of a query: the variable's value is put there as it is."""
    return secret.replace("'", "''")


JOB = """
env {
  job.name = "%NAME%", job.mode = "%MODE%", checkpoint.interval = 200, restart.attempts = 1, restart.delay = 0
  read_limit.rows_per_second = 200
}
source { FakeSource { plugin_output = "rows", row.num = %ROWS%, schema { fields { id = bigint } } } }
transform { Sql { plugin_input = "rows", plugin_output = "made", query = %QUERY% } }
sink { Console { plugin_input = "made" } }
"""
USES = '"select id from rows where id >= 0 or length(\'"${%SECRET%}"\') = 1"'
REFUSED = '"select cast(\'"${%SECRET%}"\' as integer) as id from rows"'
FAILS = '"select cast(\'"${%SECRET%}"\' || id as integer) as id from rows"'
ADDRESS = f"db://me:{quoted(OVERRIDDEN)}@host"
OVERRIDE = f"\"select cast('{ADDRESS}' || id as integer) as id from rows\""
STREAM = {"mode": "STREAMING", "rows": 1_000_000_000}


def text(name, query, secret, mode="BATCH", rows=3):
    """A job file whose query has a secret in it."""
    whole = JOB.replace("%QUERY%", query.replace("%SECRET%", secret)).replace("%NAME%", name)
    return whole.replace("%MODE%", mode).replace("%ROWS%", str(rows))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A daemon that watches a directory of job files, with a secret of theirs in its environment."""
    watched = tmp_path_factory.mktemp("watched")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATCHED_PASSWORD", quoted(WATCHED))
        patch.setenv("NAMED_PASSWORD", NAMED)
        patch.setenv("FLOWDECK_WORKER_ENVIRONMENT", "NAMED_PASSWORD")
        running = Daemon(tmp_path_factory.mktemp("canary") / "home", "--watch", str(watched), "--listen", "127.0.0.1:0")
        running.watched = watched
        running.start()
        yield running
        assert running.stop() == 0


def found_in(content, canaries=CANARIES):
    """Which canaries are in there, in any of the ways that they are written."""
    words = {word.split("-Zx81")[0]: word for word in canaries}
    return [start for start in words if start.encode() in content]


@pytest.mark.timeout(300)
def test_secrets_are_found_nowhere(home, tmp_path):
    """Jobs that succeed, fail, are refused, restarted with overrides, reloaded and saved, with secrets from a shell, from
    -i, from an override and from the daemon's environment: no file of the home, no answer, event, line of a log, process or
    command tells them."""
    seen = []
    with home.client() as client, client.events(0) as feed:
        shell = {"SHELL_PASSWORD": quoted(SHELL)}
        works = client.submit(SubmitRequest(text=text("works", USES, "SHELL_PASSWORD"), environment=shell)).id
        given = {"GIVEN_SECRET": quoted(GIVEN)}
        fails = client.submit(SubmitRequest(text=text("fails", FAILS, "GIVEN_SECRET"), variables=given)).id
        stream = client.submit(SubmitRequest(text=text("stream", USES, "SHELL_PASSWORD", **STREAM), environment=shell)).id
        (home.watched / "watched.conf").write_text(text("watched", USES, "WATCHED_PASSWORD", **STREAM))
        home.wait_for(lambda: [job for job in client.jobs(name="watched").jobs if home.is_running(job)])
        home.wait_until(stream, home.is_running)
        client.savepoint(stream)
        seen += processes(home)
        (home.watched / "watched.conf").write_text(text("watched", FAILS, "WATCHED_PASSWORD", **STREAM))
        for overrides in (
            {"transform.Sql.query": REFUSED.replace("%SECRET%", "SHELL_PASSWORD")},
            {"transform.Sql.query": '"select cast('},
        ):
            with pytest.raises(ApiError) as refused:
                client.restart(stream, RestartRequest(overrides=overrides))
            seen.append(str(refused.value.problem).encode())
        bad = SubmitRequest(
            text=text("bad", USES, "SHELL_PASSWORD").replace("row.num = 3", "row.num = ${SHELL_PASSWORD}"), environment=shell
        )
        with pytest.raises(ApiError) as refused:
            client.submit(bad)
        seen.append(str(refused.value.problem).encode())
        assert home.wait_until(works, home.is_over).execution.state == "FINISHED"
        failed = home.wait_until(fails, home.is_over).execution
        assert failed.state == "FAILED"
        assert "********" in failed.error.message
        client.restart(works, RestartRequest(restore="none", overrides={"transform.Sql.query": OVERRIDE}))
        home.wait_until(works, home.is_over)
        home.wait_for(lambda: client.job("watched").reload is not None)
        assert client.job(works).execution.state == "FAILED"
        seen += answers(home, (works, fails, stream, "watched"))
        seen += [str(event).encode() for event in iter(lambda: feed.next_within(0.3), None)]
    seen += commands(home, tmp_path)
    assert len(seen) > 100
    for content in seen:
        assert found_in(content) == [], content[max(0, content.find(b"canary-") - 400) :][:800]
    for path in (path for path in home.home.path.rglob("*") if path.is_file()):
        assert found_in(path.read_bytes()) == [], path


@pytest.mark.timeout(300)
def test_secrets_that_are_referred_to_are_the_workers_alone(home, tmp_path):
    """Jobs that succeed, fail, are stopped with a savepoint and restarted, with secrets from a file and from a variable of the
    worker: what the daemon keeps, answers and says has the references only, also sealed; and when the file is gone, the
    execution says so before anything is written."""
    secret, out, saved = tmp_path / "secret", tmp_path / "out", tmp_path / "saved"
    secret.write_text(FILED + "\n")
    seen, jobs = [], {}
    with home.client() as client, client.events(0) as feed:
        for name, reference in (("filed", f"${{{{file:{secret}}}}}"), ("named", "${{env:NAMED_PASSWORD}}")):
            uses = f"\"select id from rows where id >= 0 or length('{reference}') = {len(FILED)}\""
            fails = f"\"select cast('{reference}' || id as integer) as id from rows\""
            jobs[f"{name}-fails"] = client.submit(SubmitRequest(text=text(f"{name}-fails", fails, ""))).id
            jobs[name] = client.submit(SubmitRequest(text=text(name, uses, "", **STREAM))).id
            failed = home.wait_until(jobs[f"{name}-fails"], home.is_over).execution
            assert (failed.state, "********" in failed.error.message) == ("FAILED", True), failed.error
            home.wait_until(jobs[name], home.is_running)
            assert reference in client.generation(jobs[name], 1).text
        seen += processes(home)
        client.savepoint(jobs["filed"], SavepointRequest(directory=str(saved)))
        client.stop(jobs["filed"])
        home.wait_until(jobs["filed"], home.is_over)
        secret.unlink()
        query = f"\"select '${{{{file:{secret}}}}}' as id from rows\""
        sink = f'LocalFile {{ path = "{out}", file_format_type = csv,'
        gone = text("gone", query, "").replace("Console {", sink)
        jobs["gone"] = client.submit(SubmitRequest(text=gone)).id
        over = home.wait_until(jobs["gone"], home.is_over).execution
        assert (over.state, over.error.code, over.error.plugin, over.attempt) == ("FAILED", "secret-missing", "made", 1)
        assert str(secret) in over.error.message
        assert not out.exists()
        client.cancel(jobs["named"])
        seen += answers(home, tuple(jobs.values()))
        events = [str(event).encode() for event in iter(lambda: feed.next_within(0.3), None)]
    files = [path for folder in (home.home.path, saved) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for content in (*seen, *events, *(path.read_bytes() for path in files)):
        assert found_in(content, (FILED, NAMED)) == []
    assert home.stop() == 0
    try:
        kept = asyncio.run(stored(home, jobs.values()))
    finally:
        home.start()
    assert len(kept) == 5
    assert found_in(repr(kept).encode(), (FILED, NAMED)) == []
    assert repr(kept).count("${{") >= 10


async def stored(home, jobs):
    """What the store has of the jobs, unsealed."""
    store = await AsyncStore.open(home.home.store_path)
    try:
        return [await store.read(lambda records, job=job: read_generation(records, job, 1)) for job in jobs]
    finally:
        await store.close()


def processes(home):
    """The arguments and the environment of all that runs, as the system shows them."""
    daemon = psutil.Process(home.process.pid)
    children = daemon.children(recursive=True)
    assert len(children) > 2
    found = [Path(f"/proc/{process.pid}/cmdline").read_bytes() for process in (daemon, *children)]
    return found + [Path(f"/proc/{process.pid}/environ").read_bytes() for process in (daemon, *children)]


def answers(home, jobs):
    """What every route answers that only looks, for each job."""
    found, asked = [], set()
    executions = [home.json("GET", f"/api/v1/jobs/{job}", status=200)["execution"]["id"] for job in jobs]
    for route, _ in routes("GET"):
        for job, execution in zip(jobs, executions, strict=True):
            target = route.replace("{job:str}", job).replace("{execution_id:str}", execution)
            target = target.replace("{number:int}", "1").replace("{name:str}", "x").replace("{component:str}", "store")
            if target in asked or target.endswith(("/events", "/follow")):
                continue
            asked.add(target)
            status, _, answer = home.request("GET", target)
            assert status < 500, (target, answer)
            found.append(answer)
    return found


def commands(home, directory):
    """What commands print about the jobs, and about one that is refused."""
    environment = os.environ | {"FLOWDECK_HOME": str(home.home.path), "SHELL_PASSWORD": quoted(SHELL)}
    file = directory / "bad.conf"
    file.write_text(text("bad", FAILS, "SHELL_PASSWORD").replace("row.num = 3", "row.num = ${SHELL_PASSWORD}"))
    found = []
    for arguments in (("errors", "fails"), ("submit", str(file))):
        done = subprocess.run(
            [sys.executable, "-c", "from tui.cli.main import main; main()", *arguments],
            env=environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        found.append(done.stdout + done.stderr)
    return found
