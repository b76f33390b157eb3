"""flowdeck explain: a page for every code, plugin and option, and docs/codes.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.loader import KINDS, environment_document, plugin_document, plugin_names
from spec.codes.entry import Code
from spec.codes.registry import FAMILIES, all_codes, family
from spec.explain.codes import code_data, code_page
from spec.explain.handbook import handbook
from spec.explain.page import Page
from spec.explain.plugins import option_page, plugin_page
from tui.cli.main import run_command_line

PAGE = Path(__file__).parents[2] / "docs" / "codes.md"
CODES = tuple(all_codes().values())


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command: exit code, stdout, stderr."""
    code = run_command_line(["explain", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_page_of_all_codes_is_up_to_date() -> None:
    """`python tools/write_codes.py` writes it."""
    assert PAGE.read_text() == handbook()


def test_every_code_belongs_to_a_family() -> None:
    """And the families have them all."""
    assert {code for letter in FAMILIES for code in (entry.code for entry in family(letter))} == set(all_codes())


@pytest.mark.parametrize("entry", CODES, ids=[entry.code for entry in CODES])
def test_the_page_of_a_code(entry: Code) -> None:
    """Title, reason and both examples; the words fit the terminal, and the data says the same."""
    page = Page(60, colour=False)
    code_page(entry, page, 60)
    text = page.text()
    assert text.startswith(f"{entry.code}: {entry.title}\n")
    assert " ".join(entry.why.split()) in " ".join(text.split())
    assert ("\nRight\n" in text) == bool(entry.bad)
    words = [line for line in text.splitlines() if not line.startswith(" ")]
    assert [line for line in words if len(line) > 60] == []
    assert code_data(entry)["why"] == entry.why


@pytest.mark.parametrize("kind", KINDS)
def test_every_plugin_and_option_has_a_page(kind: str) -> None:
    """Nothing in any schema is too much for it, and every line but for examples and names fits."""
    for name in plugin_names(kind):
        document = plugin_document(kind, name)
        assert document is not None
        page = Page(80, colour=False)
        plugin_page(document, page)
        text = page.text()
        for option in document.every_option():
            assert option.name in text
            one = Page(80, colour=False)
            option_page(document, option, one)
            assert option.path in one.text()


def test_the_settings_of_a_job() -> None:
    """The block env is explained like a plugin."""
    page = Page(80, colour=False)
    plugin_page(environment_document(), page)
    assert page.text().startswith("env\n")
    assert "checkpoint.interval" in page.text()


def test_what_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Codes, beginnings of codes, plugins in both sections or in one, options in any depth, settings with and without env."""
    for word, expected in {
        "j201": ["J201: unknown option\n", "What check says of it", "--unsafe-fixes"],
        "G4": ["G401", "G406"],
        "G": ["G401", "G406"],
        "localfile": ["source LocalFile\n", "\nsink LocalFile\n"],
        "sink.LocalFile": ["sink LocalFile\n"],
        "LocalFile.path": ["source LocalFile: path", "sink LocalFile: path", "Relative to the job file"],
        "FakeSource.schema.fields": ["source FakeSource: schema.fields"],
        "FakeSource.result_table_name": ["Also written: result_table_name"],
        "env": ["env\n", "job.mode"],
        "env.parallelism": ["env: parallelism"],
        "checkpoint.interval": ["env: checkpoint.interval", "Unit: milliseconds"],
        "Jdbc.password": ["A secret"],
    }.items():
        code, out, err = explain(capsys, word)
        assert (code, err) == (0, ""), word
        assert [piece for piece in expected if piece not in out] == [], word
    assert "source LocalFile" not in explain(capsys, "sink.LocalFile")[1]


def test_without_an_argument_all_codes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """By family, with severity and title."""
    code, out, _ = explain(capsys)
    assert code == 0
    for entry in CODES:
        assert f"{entry.code}  {entry.severity:<7}  {entry.title}\n" in out
    for title in FAMILIES.values():
        assert f"{title}\n" in out


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("LocalFil", "did you mean LocalFile?"),
        ("LocalFile.pth", "did you mean LocalFile.path?"),
        ("LocalFile.zzz", "flowdeck explain LocalFile lists its options"),
        ("J2O1", "did you mean J201"),
        ("env.paralelism", "did you mean env.parallelism?"),
        ("paralelism", "did you mean env.parallelism?"),
        ("Consol.format", "did you mean Console.format?"),
        ("qqqqqq", "flowdeck explain lists the codes"),
        ("sink.FakeSource", "flowdeck explain lists the codes"),
        ("x" * 5000, ""),
        ("../../etc/passwd", ""),
        ("\x1b[2J", ""),
    ],
)
def test_words_that_mean_nothing(capsys: pytest.CaptureFixture[str], word: str, hint: str) -> None:
    """Exit code 2, and what may have been meant; nothing drives the terminal."""
    code, out, err = explain(capsys, word)
    assert (code, out) == (2, "")
    assert hint in err
    assert "\x1b" not in err


def test_the_same_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON document, versioned."""
    found = json.loads(explain(capsys, "J201", "--output", "json")[1])
    assert found["format_version"] == 1
    (code,) = found["codes"]
    assert (code["code"], code["severity"], code["fix"]["applicability"]) == ("J201", "error", "unsafe")
    assert len(json.loads(explain(capsys, "--output", "json")[1])["codes"]) == len(CODES)
    plugins = json.loads(explain(capsys, "LocalFile", "--output", "json")[1])["plugins"]
    assert [plugin["kind"] for plugin in plugins] == ["source", "sink"]
    options = json.loads(explain(capsys, "LocalFile.path", "--output", "json")[1])["options"]
    assert [(option["plugin"], option["name"]) for option in options] == [("LocalFile", "path")] * 2
