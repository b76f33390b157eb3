"""Secrets in job files: found, and never shown, whatever is wrong around them."""

from __future__ import annotations

import pytest

from spec.check import check_text
from spec.diagnostic import Diagnostic
from spec.document import ReadOptions
from spec.render.github import render_github
from spec.render.json_report import render_json
from spec.render.sarif import render_sarif
from spec.render.text import render_text

SECRET = "hunter2hunter2"


def job(sink: str, before: str = "") -> str:
    """A job for SeaTunnel that writes to a database."""
    return (
        f"env {{ }}\n{before}source {{ FakeSource {{ schema {{ fields {{ id = int }} }} }} }}\n"
        f'sink {{\n  Jdbc {{ url = "jdbc:x", driver = "d", {sink} }}\n}}\n'
    )


def check(text: str, name: str = "job.conf", **options: dict[str, str]) -> tuple[Diagnostic, ...]:
    """What a check for SeaTunnel finds."""
    return check_text(text, name, ReadOptions(**options), "seatunnel").diagnostics


def every_form(diagnostics: tuple[Diagnostic, ...]) -> str:
    """The findings in all forms of output."""
    narrow = render_text(diagnostics, width=40, wrap=True)
    return (
        narrow
        + render_text(diagnostics)
        + render_json(diagnostics, 1)
        + render_sarif(diagnostics, "1")
        + render_github(diagnostics)
    )


def found(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """The words about secrets in plain text."""
    return [diagnostic.message for diagnostic in diagnostics if diagnostic.code == "X601"]


@pytest.mark.parametrize(
    "text",
    [
        job(f'password = "{SECRET}"'),
        job(f"password = {SECRET}"),
        job(f'password = """{SECRET}"""'),
        job(f'password = "${{PASSWORD:{SECRET}}}"'),
        job("password = ${shared}", f'shared = "{SECRET}"\n'),
        job("password = ${a.b}", f'"a.b" = "{SECRET}"\n'),
        job(f"password = [{SECRET}]"),
    ],
)
def test_a_secret_option_with_text_of_its_own_is_told(text: str) -> None:
    """Once, and as a warning; also when the text comes in by a reference or is only a default."""
    diagnostics = check(text)
    assert found(diagnostics) == ['the "password" of Jdbc stands in the file in plain text']
    assert [one.severity for one in diagnostics if one.code == "X601"] == ["warning"]
    assert SECRET not in every_form(diagnostics)
    assert "********" in render_text(diagnostics)


@pytest.mark.parametrize(
    "text",
    [
        job("password = ${PASSWORD}"),
        job('password = "${PASSWORD}"'),
        job('password = ""'),
        job("password = null"),
        job("table = password"),
        job(f'password = "{SECRET}"').replace("env { }", "env { shade.identifier = base64 }"),
    ],
)
def test_what_is_no_secret_in_the_file_is_not_told(text: str) -> None:
    """Variables, nothing at all, columns and tables of that name, and what the job says is encrypted."""
    assert found(check(text, environment={"PASSWORD": "x"}, variables={"PASSWORD": "x"})) == []


def test_passwords_inside_of_addresses() -> None:
    """Each is told and hidden; the rest of the address stays readable."""
    text = job(f'x = 1, user = "mysql://root:{SECRET}@localhost/shop?password={SECRET}2&ssl=true"')
    diagnostics = check(text)
    assert found(diagnostics) == ['the password in the "user" of Jdbc stands in the file in plain text'] * 2
    shown = render_text(diagnostics)
    assert SECRET not in every_form(diagnostics)
    assert "root:********@localhost" in shown
    assert "?password=********&ssl=true" in shown


@pytest.mark.parametrize(
    "sink",
    [
        f'pasword = "{SECRET}"',
        f'password = "{SECRET}" password = 2',
        f'password = "{SECRET}',
        f"password = {SECRET}@x",
        f'password = "{SECRET}", @',
        f'"password" : "{SECRET}", password = {{ }}',
        f'password = {{ a = "{SECRET}" }}',
        f"password = [{'y' * 80}{SECRET}]",
        f'sasl.password = "{SECRET}"',
        f'api_key = "{SECRET}", password = 5, password = 6',
    ],
)
def test_no_other_finding_shows_it(sink: str) -> None:
    """Misspelt, of the wrong type, written twice, never closed, in need of quotes: the snippet and the words are masked."""
    for engine in ("seatunnel", "local"):
        diagnostics = check_text(job(sink), "job.conf", ReadOptions(), engine).diagnostics
        assert diagnostics
        assert SECRET not in every_form(diagnostics)


def test_a_short_secret_does_not_garble_the_words() -> None:
    """One letter stands in every other word: only where it stands alone it is masked."""
    diagnostics = check(job("password = [s]"))
    shown = render_text(diagnostics)
    assert "password = [********]" in shown
    assert '"password" must be a text' in shown


def test_a_secret_that_is_a_word_is_hidden_where_it_is_the_value() -> None:
    """The option's name must stay readable."""
    diagnostics = check(job("password = password"))
    assert found(diagnostics) == ['the "password" of Jdbc stands in the file in plain text']
    assert "password = ********" in render_text(diagnostics)


def test_values_of_variables_are_hidden_too() -> None:
    """-i is where secrets come from."""
    diagnostics = check(job("password = ${p}, batch_size = ${p}"), variables={"p": SECRET})
    assert found(diagnostics) == []
    assert [one.code for one in diagnostics if one.code == "J203"] == ["J203"]
    assert SECRET not in every_form(diagnostics)


def test_in_json_the_advice_is_json() -> None:
    """References stand in quotes there."""
    text = (
        '{"env": {}, "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"id": "int"}}}],'
        ' "sink": [{"plugin_name": "Jdbc", "url": "jdbc:x", "driver": "d", "password": "hunter2hunter2"}]}'
    )
    (advice,) = [one.notes for one in check(text, "job.json") if one.code == "X601"]
    assert advice == ('help: write "${PASSWORD}" in its place, and give it with -i PASSWORD=...',)


def test_columns_named_like_secrets_stay_readable() -> None:
    """A column's name gives nothing away; the type that is misspelt has to be seen."""
    text = "env { }\nsource { FakeSource { schema { fields { password = strin, token = int } } } }\nsink { Console { } }\n"
    diagnostics = check(text)
    assert [one.code for one in diagnostics] == ["T501"]
    assert "strin," in render_text(diagnostics)
