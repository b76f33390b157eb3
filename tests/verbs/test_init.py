"""Templates: each is in the layout, has no findings, and runs to its end as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.client import Client
from runner.home import Home
from runner.model import Job
from runner.states import ExecutionState
from spec.check import check_file
from spec.document import ReadOptions
from spec.errors import UsageError
from spec.format.format import format_text
from spec.templates.catalogue import Template, template, template_names, templates
from tests.warm_processes import WarmProcesses
from tui.cli.main import flowdeck


def init(*arguments: str | Path) -> Result:
    """Run the command inside this process."""
    return CliRunner().invoke(flowdeck, ["init", *map(str, arguments)], standalone_mode=False)


def written(name: str, directory: Path) -> Path:
    """The job file of a template, written to ``directory``."""
    assert init(name, "--output", directory).return_value == 0
    return directory / f"{name}.conf"


@pytest.mark.parametrize("found", templates(), ids=template_names())
def test_every_template_is_clean(found: Template, tmp_path: Path) -> None:
    """No errors, no warnings, in the canonical layout, with a title and its data."""
    file = written(found.name, tmp_path)
    assert file.read_text() == found.text
    result = check_file(file, ReadOptions(include_root=tmp_path))
    assert [diagnostic.message for diagnostic in result.diagnostics if diagnostic.severity != "note"] == []
    assert result.job is not None
    assert format_text(found.text, found.file_name).text == found.text
    assert found.title
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(
        [found.file_name, *found.data]
    )
    assert found.text.count('path = "data/') == sum(found.text.count(f'"{path}"') for path in found.data)


def test_every_template_runs(tmp_path: Path, warm: WarmProcesses) -> None:
    """As a new user would do it: init, submit. All end by themselves but the stream, which is stopped with a savepoint."""
    files = [written(name, tmp_path).name for name in template_names()]

    def run(*arguments: str) -> str:
        done = warm.run(["flowdeck", "--home", tmp_path / "home", *arguments], tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("submit", *files)
    try:
        with Client(Home(tmp_path / "home")) as client:
            states = {name: client.wait_until(name, _has_ended_or_streams, 60).execution for name in template_names()}
            assert {name: execution.state for name, execution in states.items() if execution} == {
                name: ExecutionState.RUNNING if name == "stream" else ExecutionState.FINISHED for name in template_names()
            }
        assert f'"{ExecutionState.STOPPED}"' in run("stop", "stream", "--output", "json")
        assert run("savepoints", "stream")
    finally:
        run("down")
    assert list((tmp_path / "out" / "orders").glob("*.parquet"))


def _has_ended_or_streams(job: Job) -> bool:
    if job.execution is None:
        return False
    running = job.name == "stream" and job.execution.state is ExecutionState.RUNNING
    return job.execution.state.is_terminal or (running and job.execution.totals.rows_in > 0)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Neither the job file nor the data, unless asked for; and all or nothing."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "orders.csv").write_text("mine")
    refused = init("csv-to-parquet", "--output", tmp_path / "new.conf")
    assert isinstance(refused.exception, UsageError)
    assert not (tmp_path / "new.conf").exists()
    assert (tmp_path / "data" / "orders.csv").read_text() == "mine"
    assert init("csv-to-parquet", "--output", tmp_path / "new.conf", "--force").return_value == 0
    assert (tmp_path / "data" / "orders.csv").read_text().startswith("order_id,")
    assert "flowdeck run new.conf" in (tmp_path / "new.conf").read_text()


def test_two_templates_share_their_data(tmp_path: Path) -> None:
    """A file that is there already, with the same content, is in nobody's way."""
    written("csv-to-parquet", tmp_path)
    written("quality-checks", tmp_path)


def test_the_job_file_can_go_to_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written then."""
    monkeypatch.chdir(tmp_path)
    found = template("minimal")
    assert found is not None
    assert init("minimal", "--output", "-").stdout == found.text
    assert list(tmp_path.iterdir()) == []


def test_templates_are_listed_and_suggested() -> None:
    """Without a name all are shown; a wrong one gets a suggestion and cannot reach other files."""
    shown = init().stdout
    assert all(name in shown for name in template_names())
    assert getattr(init("minimol").exception, "hint", None) == "did you mean minimal?"
    assert isinstance(init("../templates/minimal").exception, UsageError)
    assert isinstance(init("--force").exception, UsageError)
