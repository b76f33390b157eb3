"""A plan against a daemon: what it foretells of a job that runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warm_processes import WarmProcesses

JOB = """
env { job.name = "orders", job.mode = "BATCH" }
source { FakeSource { plugin_output = "rows", row.num = 5, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "rows" } }
"""


class Shell:
    """Runs `flowdeck` in one home."""

    def __init__(self, directory: Path, warm: WarmProcesses) -> None:
        self.directory = directory
        self._warm = warm

    def __call__(self, *arguments: str) -> str:
        """What a command that succeeds writes to stdout."""
        done = self._warm.run(["flowdeck", "--home", self.directory / "home", *arguments], self.directory)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path, warm: WarmProcesses) -> Iterator[Shell]:
    """A home with a daemon that has the job `orders`."""
    (tmp_path / "orders.conf").write_text(JOB)
    run = Shell(tmp_path, warm)
    run("submit", "orders.conf")
    try:
        yield run
    finally:
        run("down")


def test_the_plan_is_about_the_job_of_the_same_name(shell: Shell) -> None:
    """Unchanged, changed and new, as the daemon's generation says."""
    file = shell.directory / "orders.conf"
    assert shell("plan", "orders.conf") == "orders: none; the file means what generation 1 means\n"
    file.write_text(JOB.replace("row.num = 5", "row.num = 6"))
    changed = shell("plan", "orders.conf")
    assert changed.startswith("orders: breaking; a reload is refused and generation 1 runs on")
    assert "~ source.rows.row.num: 5 -> 6" in changed
    file.write_text(JOB.replace("Console {", "Console { log.print.data = false,"))
    assert "~ sink.sink-0-Console.log.print.data: true -> false" in shell("plan", "orders.conf")
    assert shell("plan", "orders.conf", "--name", "others").startswith("others: new; ")
