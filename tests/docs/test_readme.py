"""The README is executed: every command it shows works, and every file it links to is there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warm_processes import WarmProcesses

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CONSOLE_BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def environment(warm: WarmProcesses) -> Iterator[dict[str, str]]:
    """The shell's environment with a flowdeck home of its own, and the daemon of that home stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="fdr-") as home:
        binaries = Path(sys.executable).parent
        environment = os.environ | {"FLOWDECK_HOME": home, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
        yield environment
        warm.run(["flowdeck", "down"], ROOT, environment)


@pytest.mark.parametrize("block", CONSOLE_BLOCKS, ids=lambda block: block.split("\n", 1)[0][2:40])
def test_every_command_of_the_readme_works(
    block: str, tmp_path: Path, environment: dict[str, str], warm: WarmProcesses
) -> None:
    """The commands of a console block, run one after the other beside a copy of the samples, all exit with 0."""
    shutil.copytree(ROOT / "samples", tmp_path / "samples", ignore=shutil.ignore_patterns("out"))
    for line in block.splitlines():
        command = shlex.split(line.removeprefix("$ "))
        if command[0] == "flowdeck":
            done = warm.run(command, tmp_path, environment)
        else:
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def test_the_example_job_of_the_readme_is_clean(tmp_path: Path, environment: dict[str, str]) -> None:
    """The job shown in the README has no findings."""
    (example,) = re.findall(r"```hocon\n(.*?)```", README, re.DOTALL)
    job = tmp_path / "example.conf"
    job.write_text(example)
    done = subprocess.run(["flowdeck", "check", job], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_link_of_the_readme_leads_somewhere() -> None:
    """Relative links and pictures name files of this repository."""
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
