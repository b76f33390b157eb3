"""Completion: the scripts for the shells, and what they are told."""

import os
import shutil
import signal
import subprocess
import time

import pytest


def completed(command, *words, **environment):
    """What bash would offer for the last of the words."""
    line = " ".join(("flowdeck", *words))
    asked = {"_FLOWDECK_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    found = command(status=None, **asked, **environment)
    assert found.stderr == ""
    return {offer.partition(",")[2] for offer in found.stdout.split()}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_are_what_the_shell_understands(flowdeck, shell):
    """The shell itself reads the script without complaint; it asks `flowdeck` by the variable that it answers to."""
    script = flowdeck("completion", shell).stdout
    assert "_FLOWDECK_COMPLETE" in script
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here to read it")
    read = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=60)
    assert (read.returncode, read.stderr) == (0, "")


def test_commands_and_options_are_offered(flowdeck):
    """Without a daemon, and without starting one."""
    assert completed(flowdeck, "re") >= {"restart", "resume"}
    assert "--set" in completed(flowdeck, "restart", "--")
    assert completed(flowdeck, "ls", "--output", "js") == {"json"}
    assert completed(flowdeck, "keys", "ad") == {"add"}
    assert completed(flowdeck, "show", "") == set()
    assert not flowdeck.home.path.exists()


def test_jobs_are_offered(served):
    """Names of the home's jobs, of the one that --home names too; a server that does not answer offers nothing."""
    assert completed(served, "show", "") == {"batch", "stream"}
    assert completed(served, "stop", "st") == {"stream"}
    elsewhere = {"FLOWDECK_HOME": os.devnull}
    assert completed(served, "--home", str(served.home.path), "show", "b", **elsewhere) == {"batch"}
    assert completed(served, "show", "", FLOWDECK_SERVER="http://127.0.0.1:1") == set()


def test_what_the_daemon_knows_is_offered(served):
    """Queues, labels, savepoints with and without their job, restore points, workers, states."""
    savepoint = served.json("savepoint", "stream")
    served("label", "stream", "team=sales")
    assert completed(served, "ls", "--queue", "") == {"default"}
    assert completed(served, "queues", "def") == {"default"}
    assert completed(served, "ls", "--label", "te") == {"team=sales"}
    assert completed(served, "ls", "--state", "pau") == {"paused"}
    assert completed(served, "savepoints", "verify", "str") == {f"stream/{savepoint['id']}"}
    assert completed(served, "restart", "stream", "--from", "") == {"latest", "none", str(savepoint["id"])}
    (worker,) = served.json("workers")["workers"]
    assert completed(served, "workers", "kill", worker["name"][:4]) == {worker["name"]}
    assert completed(served, "workers", "ki") == {"kill"}
    assert completed(served, "savepoints", "") == {"show", "verify", "delete", "batch", "stream"}
    assert completed(served, "savepoints", "stream", "--dele") == {"--delete", "--deleted"}


def test_a_daemon_that_does_not_answer_is_not_waited_for(served):
    """A prompt comes back in time: the daemon is stopped in its tracks, and nothing is offered."""
    pid = served.home.holder()
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert completed(served, "show", "") == set()
        assert time.monotonic() - began < 20  # one second's patience, on a machine that is busy with other tests
    finally:
        os.kill(pid, signal.SIGCONT)
