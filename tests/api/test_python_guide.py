"""docs/python.md and the example scripts do what they say, with a real daemon."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "python.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```\n\n```output\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def run(daemon, tmp_path_factory: pytest.TempPathFactory):
    """Runs Python beside a copy of the samples; what it printed."""
    directory = tmp_path_factory.mktemp("guide")
    for sample in (ROOT / "samples").iterdir():
        if sample.is_file():
            shutil.copy(sample, directory)

    def python(*arguments: str) -> str:
        environment = os.environ | {"FLOWDECK_HOME": str(daemon.home.path)}
        command = [sys.executable, "-W", "error", *arguments]
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=100)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return python


def test_every_block_has_its_output():
    """Each Python block of the guide is followed by what it prints."""
    assert len(BLOCKS) == GUIDE.count("```python") >= 5


@pytest.mark.parametrize(("code", "output"), BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_prints_what_the_guide_says(run, code, output):
    """The code runs as it stands and prints the block below it."""
    assert run("-c", code) == output


def test_every_verb_of_the_guide_exists():
    """The calls in the table are verbs of the client."""
    import flowdeck

    calls = {name for row in re.findall(r"^\|[^|]+\|([^|]+)\|$", GUIDE, re.MULTILINE) for name in re.findall(r"`(\w+)\(", row)}
    assert len(calls) > 20
    assert {name for name in calls if not hasattr(flowdeck.Client, name)} == set()


def test_the_example_drives_a_job(run):
    """Submit, watch, savepoint, restart from it with an override, compare."""
    told = run("client_example.py").splitlines()
    assert re.fullmatch(r"savepoint \d+ after \d+ rows", told[0])
    assert [line.split(" after ")[0] for line in told[1:]] == ["generation 1: STOPPED", "generation 2: STOPPED"]
    assert "'env.read_limit.rows_per_second': '5000'" in told[2]


def test_the_asynchronous_example_drives_several_jobs(run):
    """All three jobs end with all their rows, and what happened was told."""
    told = run("client_async_example.py").splitlines()
    assert sorted(told[-3:]) == [f"{name}: FINISHED with 5 rows" for name in ("first", "second", "third")]
    assert "second is FINISHED" in told
