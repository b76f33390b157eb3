"""Plans: every difference between two generations by its path, and whether the saved state survives it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from spec.check import check_text
from spec.document import ReadOptions
from spec.job import JobSpec
from spec.plan.change import Action, Effect, Plan
from spec.plan.compatibility import breaches
from spec.plan.plan import MASKED, plan_change, plan_new
from spec.plan.text import plan_lines
from tui.cli.main import flowdeck

JOB = """
env { job.name = "orders", job.mode = "STREAMING", parallelism = 1, checkpoint.interval = 5000 }
source { LocalFile {
  plugin_output = "orders", path = "in", file_format_type = "json", schema { fields { id = int, name = string } }
} }
transform { Filter { plugin_input = "orders", plugin_output = "names", include_fields = ["name"] } }
sink { LocalFile { plugin_input = "names", path = "out", file_format_type = "json" } }
"""
SECOND_SINK = 'Console { plugin_input = "names" }\n'


def job(text: str) -> JobSpec:
    """The job of a text without errors."""
    result = check_text(text, "job.conf", ReadOptions())
    assert result.job is not None, result.diagnostics
    return result.job


def plan(*replacements: tuple[str, str]) -> Plan:
    """The plan for the job with pieces of its text replaced."""
    text = JOB
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return plan_change(job(JOB), job(text))


def test_layout_and_order_of_keys_change_nothing() -> None:
    """A text that means the same has an empty plan."""
    assert plan(('job.mode = "STREAMING", parallelism = 1', "parallelism : 1 # one\n job.mode = STREAMING")) == Plan(
        Effect.NONE
    )


CHANGES = [
    (("parallelism = 1", "parallelism = 4"), "env.parallelism", Effect.SCALE),
    (("parallelism = 1", "parallelism = 1, workers = 4"), "env.workers", Effect.SCALE),
    (("checkpoint.interval = 5000", "checkpoint.interval = 1000"), "env.checkpoint.interval", Effect.LIVE),
    (("parallelism = 1", "parallelism = 1, min-pause = 2000"), "env.min-pause", Effect.LIVE),
    (
        ("parallelism = 1", "parallelism = 1, checkpoint.tolerated_failures = 9"),
        "env.checkpoint.tolerated_failures",
        Effect.LIVE,
    ),
    (('path = "in"', 'path = "other"'), "source.orders.path", Effect.BREAKING),
    (('["name"]', '["name", "id"]'), "transform.names.include_fields", Effect.RESTART),
    (('path = "out"', 'path = "elsewhere"'), "sink.sink-0-LocalFile.path", Effect.RESTART),
    (('job.name = "orders"', 'job.name = "sales"'), "env.job.name", Effect.RESTART),
    (
        ('plugin_output = "orders", path', 'parallelism = 3, plugin_output = "orders", path'),
        "source.orders.parallelism",
        Effect.SCALE,
    ),
]


@pytest.mark.parametrize(("replacement", "path", "effect"), CHANGES, ids=[change[1] for change in CHANGES])
def test_a_change_has_its_path_and_effect(replacement: tuple[str, str], path: str, effect: Effect) -> None:
    """One edit is one change, and the plan is as weighty as it."""
    found = plan(replacement)
    assert [(change.path, change.effect) for change in found.changes] == [(path, effect)]
    assert found.effect is effect
    assert found.changes[0].reason


def test_a_renamed_source_loses_its_positions() -> None:
    """The dataset's name is the identity of the state: another name is another source, and the old positions would be lost."""
    found = plan(('plugin_output = "orders"', 'plugin_output = "sales"'), ('plugin_input = "orders"', 'plugin_input = "sales"'))
    assert found.effect is Effect.BREAKING
    assert [(change.action, change.path, change.effect) for change in found.changes] == [
        (Action.REMOVE, "source.orders", Effect.BREAKING),
        (Action.ADD, "source.sales", Effect.RESTART),
        (Action.CHANGE, "transform.names.plugin_input", Effect.RESTART),
    ]


def test_another_plugin_under_the_same_name_is_breaking() -> None:
    """A transform cannot read the state of another kind of transform."""
    found = plan(("Filter { plugin_input", "Copy { plugin_input"), ('include_fields = ["name"]', "fields { copy = name }"))
    assert [(change.path, change.effect) for change in found.changes] == [("transform.names", Effect.BREAKING)]
    assert next(plan_lines(found.changes)).startswith("  ~ transform.names (Filter -> Copy)  breaking  ")
    assert "cannot share state" in found.changes[0].reason


def test_plugins_come_and_go() -> None:
    """A sink that is added or removed takes a restart, and the reason says what that means for rows."""
    added = plan(("sink { LocalFile", f"sink {{ {SECOND_SINK} LocalFile"))
    assert (Action.ADD, "sink.sink-0-Console") in [(change.action, change.path) for change in added.changes]
    assert added.effect is Effect.RESTART


def test_only_what_the_rule_forbids_is_breaking() -> None:
    """The plan and the daemon never disagree: a plan is breaking if and only if the daemon would refuse the reload."""
    before = job(JOB)
    for replacement, _, _ in CHANGES:
        after = job(JOB.replace(*replacement))
        assert (plan_change(before, after).effect is Effect.BREAKING) == bool(breaches(before, after))


def test_secrets_that_were_masked_count_as_unchanged_but_are_not_forgotten() -> None:
    """The daemon hands out jobs without secrets; only the content hash tells that one has changed."""
    before = job(JOB)
    sink = msgspec.structs.replace(before.sinks[0], options={**before.sinks[0].options, "password": "hunter2"})
    secret = msgspec.structs.replace(before, sinks=(sink,))
    masked = msgspec.structs.replace(
        secret, sinks=(msgspec.structs.replace(sink, options={**sink.options, "password": MASKED}),)
    )
    assert plan_change(masked, secret, secret.content_hash()).effect is Effect.NONE
    changed = plan_change(masked, secret, before.content_hash())
    assert [change.path for change in changed.changes] == ["(a secret)"]
    shown = "\n".join(plan_lines(plan_change(before, secret).changes))
    assert "hunter2" not in shown
    assert "password" in shown


def test_passwords_in_urls_are_masked() -> None:
    """They are part of a longer text, which is shown without them."""
    shown = "\n".join(plan_lines(plan(('path = "out"', 'path = "sftp://me:hunter2@host/out"')).changes))
    assert "hunter2" not in shown
    assert f"sftp://me:{MASKED}@host/out" in shown


def test_long_values_are_shown_by_line() -> None:
    """Of a query of several lines only those that changed have a sign, and control characters are visible escapes."""
    lines = "SELECT id,\n  name\nFROM orders"
    text = JOB.replace('Filter { plugin_input = "orders", plugin_output = "names", include_fields = ["name"] }', "Sql { @ }")
    old, new = (
        job(text.replace("@", f'plugin_input = "orders", plugin_output = "names", query = """{query}"""'))
        for query in (lines, lines.replace("  name", "  'a\x1b' AS name"))
    )
    shown = list(plan_lines(plan_change(old, new).changes))
    assert list(plan_lines(plan_change(old, new).changes))[1] == "        SELECT id,"
    assert "      - " + "  name" in shown
    assert "      + " + "  'a\\x1b' AS name" in shown
    assert "        SELECT id," in shown


def test_a_dataset_may_have_dots_in_its_name() -> None:
    """An option is told from a plugin all the same."""
    text = JOB.replace('"names"', '"names.of.orders"')
    gone = text.replace('["name"]', '["id"]')
    shown = list(plan_lines(plan_change(job(text), job(gone)).changes))
    assert shown == [
        '  ~ transform.names.of.orders.include_fields: ["name"] -> ["id"]  restart   holds for the rows from here on'
    ]


def test_a_new_job_is_all_additions() -> None:
    """Without anything to compare with, each plugin is new."""
    assert {change.effect for change in plan_new(job(JOB)).changes} == {Effect.NEW}
    assert len(plan_new(job(JOB)).changes) == 3


def command(*arguments: str | Path, home: Path) -> Result:
    """Run the command inside this process."""
    return CliRunner().invoke(flowdeck, ["--home", str(home), "plan", *map(str, arguments)], standalone_mode=False)


def test_the_command_compares_two_files(tmp_path: Path) -> None:
    """Text for people, JSON for programs; exit 0 also for a breaking change."""
    old, new = tmp_path / "old.conf", tmp_path / "new.conf"
    old.write_text(JOB)
    new.write_text(JOB.replace('path = "in"', 'path = "in2"'))
    shown = command(old, new, home=tmp_path)
    assert shown.return_value == 0
    assert shown.stdout.startswith("orders: breaking; ")
    assert '~ source.orders.path: "in" -> "in2"' in shown.stdout
    record = json.loads(command(old, new, "--output", "json", home=tmp_path).stdout)
    assert record["compared_with"] == {"file": str(old)}
    assert [(change["path"], change["before"], change["after"]) for change in record["changes"]] == [
        ("source.orders.path", "in", "in2")
    ]


def test_the_exit_code_tells_whether_something_changes(tmp_path: Path) -> None:
    """With --detailed-exitcode 0 is nothing, 2 a change, 1 no plan, as scripts know it from infrastructure tools."""
    old, new, broken = (tmp_path / name for name in ("old.conf", "new.conf", "broken.conf"))
    old.write_text(JOB)
    new.write_text(JOB.replace("5000", "1000"))
    broken.write_text("env {")
    assert command(old, old, "--detailed-exitcode", home=tmp_path).return_value == 0
    changed = command(old, new, "--detailed-exitcode", home=tmp_path)
    assert changed.return_value == 2
    assert changed.stdout.startswith("orders: live; a reload lets the old one run on")
    assert getattr(command(old, broken, "--detailed-exitcode", home=tmp_path).exception, "exit_code", None) == 1


def test_the_command_without_a_daemon(tmp_path: Path) -> None:
    """It starts none: the job is new."""
    file = tmp_path / "job.conf"
    file.write_text(JOB)
    done = command(file, home=tmp_path / "home")
    assert done.return_value == 0
    assert done.stdout.startswith("orders: new; ")
    assert "no daemon is running" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_file_with_errors_has_no_plan(tmp_path: Path) -> None:
    """The diagnostics are shown, and the exit code is 2."""
    file = tmp_path / "job.conf"
    file.write_text(JOB.replace("include_fields", "include_feilds"))
    done = command(file, home=tmp_path)
    assert getattr(done.exception, "exit_code", None) == 2
    assert "include_feilds" in done.stderr
