"""The hooks that pre-commit reads run commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import click

from tui.cli.main import COMMANDS, flowdeck

HOOKS = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text()


def test_every_hook_runs_a_command() -> None:
    """Each with its files as arguments; a hook must not ask for what the command does not have."""
    entries = re.findall(r"^  entry: flowdeck ([a-z]+)$", HOOKS, re.MULTILINE)
    assert entries == ["check", "fmt"]
    assert HOOKS.count("- id: ") == len(entries)
    with click.Context(flowdeck) as context:
        for name in entries:
            command = flowdeck.get_command(context, name)
            assert name in COMMANDS
            assert command is not None
            assert any(isinstance(one, click.Argument) and one.nargs == -1 for one in command.params)


def test_the_hooks_find_job_files() -> None:
    """Those below directories named jobs, in all three endings."""
    (pattern,) = set(re.findall(r"^  files: (.*)$", HOOKS, re.MULTILINE))
    for path in ("jobs/a.conf", "etl/jobs/x/b.hocon", "jobs/c.json"):
        assert re.search(pattern, path)
    for path in ("nginx.conf", "package.json", "jobs/readme.md"):
        assert not re.search(pattern, path)
