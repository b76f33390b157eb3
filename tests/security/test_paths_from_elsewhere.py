"""Which files those who come over TCP may name: what resolves to a place below the daemon's roots, and nothing else."""

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.home import Home
from runner.model import KeyScope
from runner.requests import SubmitRequest
from runner.supervisor.confinement import Confined, Confinement, check_path, confined
from runner.supervisor.submission import check_name, check_request
from runner.user_home import expanded
from spec.errors import UsageError
from tests.security.conftest import NAMELESS

PARTS = (
    *(
        "..",
        ".",
        "",
        "a",
        "b.csv",
        "out",
        "in",
        "loop",
        "%2e%2e",
        "%2f",
        "..%2f..",
        "..\\..",
        "\\",
        "~",
        "~root",
        "~nobody-there",
    ),
    *("C:", "con", "...", " ", "\u2025", "\uff0e\uff0e", "\n", "a\\..\\..", "x" * 300, "proc", "self", "root"),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A root with links in it that lead out, back in, and in circles, and a neighbour whose name begins like the root's."""
    base = tmp_path_factory.mktemp("places")
    root, elsewhere = base / "root", base / "root-2"
    (root / "a").mkdir(parents=True)
    elsewhere.mkdir()
    (root / "out").symlink_to(elsewhere)
    (root / "in").symlink_to(root / "a")
    (root / "loop").symlink_to(root / "loop")
    (root / "a" / "up").symlink_to("../..")
    (root / "a" / "deep").mkdir()
    (root / "short").symlink_to("a/deep")
    return root


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(PARTS), max_size=8), st.sampled_from(["", "{root}/", "{root}/a/", "/proc/self/root{root}/", "//"])
)
def test_what_is_allowed_stays_below_the_root(place, parts, start):
    """Whoever opens a path that was allowed is below the root: told by walking there as the system does."""
    text = start.replace("{root}", str(place)) + "/".join(parts)
    if not Confinement([place]).holds(text, str(place)):
        return
    named = place / expanded(text)  # as those do who open it: in `./~` the tilde is a name like any other
    for way in (named, Path(os.path.normpath(named))):  # as it stands, and as workers take it
        assert opened_below(way, place), text


def opened_below(way, root):
    """Whether the system ends up below the root on that way, or at its nearest directory that there is."""
    while not os.path.lexists(way):
        way = way.parent
    try:
        directory = os.open(way if way.is_dir() else way.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # a link in a circle opens nothing
        return True
    try:
        seen = Path(f"/proc/self/fd/{directory}").readlink()
    finally:
        os.close(directory)
    return seen.is_relative_to(root)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "/etc/passwd",
            "../root-2/x",
            "out/x",
            "a/up/root-2/x",
            "a/../../x",
            "~/x",
            "~root/x",
            "/proc/self/environ",
            "/proc/1/root/etc",
        ),
        *(
            "short/../../x",
            "a/up/../root/a",
            "x\0/../../etc",
            "/dev/fd/0",
            "in/../../x",
            "",
            "/",
            "//etc",
            "a/" + "../" * 40 + "etc/passwd",
        ),
    ],
)
def test_ways_out_of_the_root(place, text):
    """By name, by link, by the home of a user, by the system's own directories; the root's own name is no prefix."""
    with pytest.raises(Confined):
        Confinement([place / "a"] if text == "" else [place]).check(text, "it", str(place))


@pytest.mark.parametrize("place", [{"file": "/a\0b/x.conf"}, {"file": "/a/x\0.conf"}, {"base_directory": "/a\0b"}], ids=str)
async def test_a_job_file_lies_where_files_can_be(place):
    """A path with a NUL, which the operating system takes for none, is the fault of whoever sent it."""
    with pytest.raises(UsageError, match="NUL"):
        await check_request(SubmitRequest(text=job("Console {}"), **place))


def test_the_owner_is_not_confined(place):
    """Only what is done while a request from elsewhere is under way."""
    check_path("/etc/passwd", "it")
    with confined(Confinement([])), pytest.raises(Confined):
        check_path("/etc/passwd", "it")
    check_path("/etc/passwd", "it")


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PARTS), max_size=5).map("/".join)))
def test_ids_that_name_files_are_plain(text):
    """What the home makes of an id is a name right below its directory, or nothing."""
    home = Home("/nowhere")
    for make in (home.log_file, home.workers_file):
        try:
            path = make(text)
        except ValueError:
            continue
        assert path.parent in {home.logs, home.workers}
        assert "\0" not in str(path)
    try:
        check_name("it", text)
    except UsageError:
        return
    assert text.strip(". _-")
    assert set(text).isdisjoint("/\\\0\n\x1b%")


def job(sink, source='FakeSource { plugin_output = "rows", row.num = 2, schema { fields { id = bigint } } }', env=""):
    """A job file."""
    return f'env {{ job.name = "confined", job.mode = "BATCH", {env} }}\nsource {{ {source} }}\nsink {{ {sink} }}\n'


CONSOLE = 'Console { plugin_input = "rows" }'


SECRET_ROW = """schema { fields { a = string } }, rows = [ { kind = INSERT, fields = ["${{file:/etc/passwd}}"] } ]"""


def to_files(path):
    """A sink that writes there."""
    return f'LocalFile {{ plugin_input = "rows", path = "{path}", file_format_type = "json" }}'


def from_files(path):
    """A source that reads there."""
    schema = "schema { fields { a = string } }"
    return f'LocalFile {{ plugin_output = "rows", path = "{path}", file_format_type = "text", {schema} }}'


def test_jobs_from_elsewhere_name_files_below_the_roots(deck, unchanged, tmp_path):
    """What they read, what they write, where their dead letters go, what they include, where they start: all of it."""
    outside = tmp_path / "outside"
    link = deck.root / "link"
    link.symlink_to(tmp_path)
    letters = f'dead_letter.path = "{outside}"'
    refused = (
        {"text": job(to_files(outside))},
        {"text": job(to_files(f"{deck.root}/../x"))},
        {"text": job(to_files(f"{link}/x"))},
        {"text": job(to_files("relative"))},
        {"text": job(CONSOLE, from_files("/etc/passwd"))},
        {"text": job(CONSOLE, from_files(deck.home.store_path))},
        {"text": job(CONSOLE, env=letters)},
        {"text": job(CONSOLE, f'FakeSource {{ plugin_output = "rows", row.num = 2, {SECRET_ROW} }}')},
        {"text": job(CONSOLE), "base_directory": "/etc"},
        {"text": job(CONSOLE), "restore": str(tmp_path)},
        {"text": job(CONSOLE), "overrides": {"env.dead_letter.path": f'"{outside}"'}},
    )
    try:
        for request in refused:
            status, problem = deck.ask("POST", "/api/v1/jobs", json_of(request), key=KeyScope.ADMIN)
            assert (status, problem["code"]) == (403, "path-not-allowed"), (request, problem)
            assert "root:" not in str(problem)
        included = {"text": 'include "/etc/passwd"\n' + job(CONSOLE), "file": "/etc/x.conf"}
        status, problem = deck.ask("POST", "/api/v1/jobs", json_of(included), key=KeyScope.ADMIN)
        assert status == 422
        assert "root:" not in str(problem)
        for place in (str(outside), f"{deck.root}/../x", "relative"):
            target, body = f"/api/v1/jobs/{deck.job}/savepoints", json_of({"directory": place})
            assert deck.ask("POST", target, body, key=KeyScope.ADMIN)[0] in {400, 403, 409}
    finally:
        link.unlink()
    assert not outside.exists()


def test_jobs_from_elsewhere_may_use_the_roots(deck):
    """And a job file from another machine is a text: it runs, whatever the name of its file means there."""
    text = job(to_files(deck.root / "result"))
    status, made = deck.ask(
        "POST", "/api/v1/jobs", json_of({"text": text, "file": "/elsewhere/of/them/x.conf"}), key=KeyScope.OPERATE
    )
    assert status == 201, made
    over = deck.wait_until(made["id"], deck.is_over)
    assert over.execution.state == "FINISHED", over.execution.error
    assert list((deck.root / "result").rglob("*.json"))
    shutil.rmtree(deck.root / "result")
    with deck.client() as client:
        client.delete(made["id"])


def json_of(value):
    """As a request's body."""
    return json.dumps(value)


def test_a_plan_for_who_may_only_read_stands_alone(deck):
    """It is told, but reads nothing of the machine: neither a file beside the job's own, nor the daemon's variables."""
    beside = deck.root / "beside.conf"
    beside.write_text('beside = "found beside"\n')
    labels = "job.labels { file = ${?beside}, home = ${?HOME} }, job.mode"
    text = 'include "beside.conf"\n' + NAMELESS.replace("job.mode", labels)
    body = json_of({"text": text, "file": str(deck.root / "kept.conf")})
    target = f"/api/v1/jobs/{deck.job}/plan"
    secrets = {"found beside", os.environ["HOME"]}
    status, told = deck.ask("POST", target, body, key=KeyScope.OPERATE)
    assert (status, {secret for secret in secrets if secret in str(told)}) == (200, secrets), told
    _, told = deck.ask("POST", target, body, key=KeyScope.READ)
    assert [secret for secret in secrets if secret in str(told)] == []
    beside.unlink()
    number = deck.json("GET", f"/api/v1/jobs/{deck.job}", status=200)["generation"]
    same = deck.json("GET", f"/api/v1/jobs/{deck.job}/generations/{number}", status=200)["text"]
    status, told = deck.ask("POST", target, json_of({"text": same}), key=KeyScope.READ)
    assert (status, told["effect"]) == (200, "none")


def test_who_may_only_read_validates_and_submits_nothing(deck):
    """A validation is answered as for everybody, but for files beside the job file, and leaves nothing on record."""
    beside = deck.root / "beside.conf"
    beside.write_text('beside = "found beside"\n')
    text = NAMELESS.replace("job.mode", "job.labels { file = ${?beside} }, job.mode").replace('"kept"', '"looked at"')
    request = {"text": 'include "beside.conf"\n' + text, "file": str(deck.root / "looked.conf"), "validate_only": True}
    status, told = deck.ask("POST", "/api/v1/jobs", json_of(request), key=KeyScope.OPERATE)
    assert (status, told["name"], told["labels"]) == (200, "looked at", {"file": "found beside"})
    status, told = deck.ask("POST", "/api/v1/jobs", json_of(request), key=KeyScope.READ)
    assert "found beside" not in str(told)
    status, told = deck.ask("POST", "/api/v1/jobs", json_of(request | {"text": text}), key=KeyScope.READ)
    assert (status, told["name"], told["job_id"], told["labels"]) == (200, "looked at", None, {})
    relative = text.replace("Console { ", 'LocalFile { path = "out", file_format_type = "json", ')
    assert deck.ask("POST", "/api/v1/jobs", json_of(request | {"text": relative}), key=KeyScope.READ)[0] == 200
    status, told = deck.ask("POST", "/api/v1/jobs", json_of(request | {"text": "source {"}), key=KeyScope.READ)
    assert (status, told["code"]) == (422, "spec-invalid")
    beside.unlink()
    for body in ({"text": text}, {"text": text, "validate_only": False}, {"text": text, "start": False}):
        status, told = deck.ask("POST", "/api/v1/jobs", json_of(body), key=KeyScope.READ)
        assert (status, told["code"]) == (403, "forbidden")
    assert [job["name"] for job in deck.json("GET", "/api/v1/jobs?name=looked", status=200)["jobs"]] == []
    with deck.client() as client:
        mine = [entry.outcome for entry in client.audit(who=f"key:a {KeyScope.READ}", action="POST /jobs", limit=1000).entries]
    assert set(mine) == {"refused"}
