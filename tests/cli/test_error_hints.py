"""Whatever goes wrong, the message ends with what to do, and the command that it names exists."""

import re
import shlex

import pytest

from runner.replies import Problem
from runner.transport import ApiError
from spec.errors import FlowdeckError
from tui.cli.main import COMMANDS
from tui.cli.next_step import next_step
from tui.cli.session import Session

NAMED = re.compile(r"\bflowdeck (--?[a-z]+|[a-z]+)")

WITHOUT_A_DAEMON = [
    "", "nosuch", "chek x", "ls --nosuch", "ls --limit 0", "ls --state X", "ls --output xml", "show", "--home FILE ls",
    "--server foo ls", "--server http://127.0.0.1:1 ls", "--server http://127.0.0.1:1 status", "completion tcsh",
    "run missing.conf", "run bad.conf", "submit", "submit missing.conf", "submit bad.conf",
    "submit batch.conf stream.conf --name x", "submit batch.conf -i x", "submit batch.conf --dialect foo",
    "restart x --from yesterday", "restart x --set y", "metrics x --window 0", "logs x --level shouting",
    "logs x --tail 0", "queues --limit 3", "queues q --limit x", "workers x --add 1 --total 2", "savepoints --delete 1",
    "savepoints verify x/y", "keys add x --scope y", "up --listen foo", "up --watch missing", "explain nope",
    "schema nope", "init nope", "graph missing.conf", "graph bad.conf", "convert missing.conf --to json",
    "plan missing.conf", "fmt missing.conf", "recover x --cleanup some",
]  # fmt: skip
WITH_A_DAEMON = [
    *(f"{command} streem" for command in (
        "show", "stop", "cancel", "pause", "resume", "savepoint", "restart", "recover", "rm", "logs", "errors", "metrics",
        "checkpoints", "savepoints", "workers",
    )),
    "show nobody", "pause batch", "resume batch", "savepoint batch", "workers batch --add 1", "recover stream", "recover batch",
    "rm stream", "restart stream --from 999", "restart stream --from ./missing", "restart stream --set env.foo=1",
    "restart stream --set sorce.0.x=1", "workers stream --remove 1", "workers stream --total 99",
    "savepoints stream --delete 99", "savepoints verify 7", "savepoints verify batch/7", "savepoints delete nobody/3",
    "savepoint stream --to .", "savepoint stream --to missing/x", "submit batch.conf --restore 77",
    "submit batch.conf --restore ./missing", "run batch.conf --restore 77", "keys remove nobody", "keys add a/b",
    "up --watch .", "up --listen 127.0.0.1:0",
]  # fmt: skip


def check(refused) -> None:
    """It failed, in one message, with a hint that names a command."""
    assert refused.returncode in {1, 2}, refused
    assert re.search(r"^error", refused.stderr, re.MULTILINE), refused.stderr
    hints = re.findall(r"^  hint: (.*)$", refused.stderr, re.MULTILINE)
    assert hints, refused.stderr
    named = [found[1] for hint in hints for found in NAMED.finditer(hint)]
    assert named, refused.stderr
    assert {name for name in named if not name.startswith("-")} <= set(COMMANDS), hints


@pytest.mark.parametrize("line", WITHOUT_A_DAEMON)
def test_what_needs_no_daemon(flowdeck, line):
    """Wrong usage, files that are not there or not right, daemons that cannot be reached."""
    (flowdeck.directory / "bad.conf").write_text("source { FakeSorce {} }\n")
    (flowdeck.directory / "FILE").write_text("")
    check(flowdeck(*shlex.split(line), status=None))


@pytest.mark.parametrize("line", WITH_A_DAEMON)
def test_what_the_daemon_refuses(served, line):
    """Jobs that are not there, states that do not allow it, things of jobs that are not there."""
    check(served(*shlex.split(line), status=None))


def test_a_savepoint_that_is_not_there_is_wrong_usage(served):
    """As a job is that is not there, whether the savepoint's job is named or not; the hint lists those that are."""
    assert "hint: flowdeck savepoints lists them" in served("savepoints", "show", "99", status=2).stderr
    assert "hint: `flowdeck savepoints stream` lists what it has" in served("savepoints", "show", "stream/99", status=2).stderr


def test_the_job_that_was_named_is_in_the_hint():
    """A hint about any job is about this one; what names no command gets one."""
    session = Session(command="pause", job="my job")
    refusal = {"type": "x", "title": "x", "status": 409, "detail": "no", "code": "conflict"}
    told = next_step(ApiError(Problem(**refusal, hint="`flowdeck show JOB` tells the job's state")), session)
    assert told == "`flowdeck show 'my job'` tells the job's state"
    assert next_step(ApiError(Problem(**refusal)), session) == "flowdeck show 'my job' tells about the job"
    asked = next_step(FlowdeckError("no", hint="did you mean this?"), session)
    assert asked == "did you mean this? flowdeck pause --help explains the command"
    assert next_step(FlowdeckError("no", hint="mend it"), session) == "mend it; flowdeck pause --help explains the command"
