"""References to secrets: what is one, where it may stand, and that it stays what it is until a worker puts the value in."""

import pytest

from runner.supervisor.public_spec import public_spec
from spec.check import check_text
from spec.document import ReadOptions
from spec.job_secrets import concealed_texts
from spec.plan.plan import plan_change
from spec.secret_references import put_in, put_in_query, references

JOB = """
env { job.mode = BATCH }
source { FakeSource { plugin_output = r, row.num = 2, schema { fields { id = int, v = string } } } }
transform { %s }
sink { Console { plugin_input = m } }
"""


def job(replacement, **given):
    """The check of a job whose Replace transform has this replacement."""
    text = (
        JOB % f"Replace {{ plugin_input = r, plugin_output = m, replace_field = v, pattern = a, replacement = {replacement} }}"
    )
    return check_text(text, "job.conf", ReadOptions(**given))


def query(text):
    """The codes that a check of a job with this query finds."""
    found = check_text(JOB % f'Sql {{ plugin_input = r, plugin_output = m, query = "{text}" }}', "job.conf", ReadOptions())
    return {diagnostic.code for diagnostic in found.diagnostics}


def test_a_reference_is_kept_as_it_is_written():
    """In the job, its hash, what is shown of it and what a change says; whatever the variable holds where the job is read."""
    first, again = (job('"x-${{env:PEPPER}}"', environment={"PEPPER": value}) for value in ("one", "two"))
    assert first.diagnostics == ()
    assert first.job.transforms[0].options["replacement"] == "x-${{env:PEPPER}}"
    assert first.job.content_hash() == again.job.content_hash()
    assert concealed_texts(first.job, ()) == ()
    assert public_spec(first.job)["transforms"][0]["options"]["replacement"] == "x-${{env:PEPPER}}"
    (change,) = plan_change(first.job, job('"${{file:/run/secrets/pepper}}"').job).changes
    assert (change.before, change.after) == ("x-${{env:PEPPER}}", "${{file:/run/secrets/pepper}}")


def test_a_secret_option_shows_its_reference_and_hides_its_text():
    """Also the password of an address; a text in the same place is a secret."""
    text = (
        "env { }\nsource { FakeSource { schema { fields { id = int } } } }\nsink { Jdbc { driver = d, user = u, query = q\n"
        'url = "db://me:${{env:PW}}@host/x", password = %s } }\n'
    )
    referred, written = (
        check_text(text % password, "job.conf", ReadOptions(), "seatunnel") for password in ('"${{env:PW}}"', '"hunter2h"')
    )
    assert [found.code for found in referred.diagnostics if found.code.startswith("X")] == [
        "X603",
        "X603",
    ]  # SeaTunnel has none
    assert "X601" in [found.code for found in written.diagnostics]
    options = [public_spec(result.job)["sinks"][0]["options"] for result in (referred, written)]
    assert [shown["password"] for shown in options] == ["${{env:PW}}", "********"]
    assert options[0]["url"] == "db://me:${{env:PW}}@host/x"
    assert concealed_texts(referred.job, ()) == ()


@pytest.mark.parametrize(
    "written",
    ["${{env:}}", "${{env:A-B}}", "${{env:A}", "${{file:relative}}", "${{file:/a/../b}}", "${{file:/a/}}", "${{env}}"],
)
def test_what_is_meant_as_a_reference_and_is_none(written):
    """An error, at the reference itself: used as a password it would only be wrong."""
    result = job(f'"ab{written}cd"')
    (found,) = result.diagnostics
    assert (found.code, result.job) == ("X602", None)
    assert found.primary.span.text.startswith("${{")


def test_one_brace_where_two_are_meant():
    """SeaTunnel's placeholder has a default; one like a variable's name or a file was most likely meant as a secret."""
    for written in ("${env:PEPPER}", "${file:/run/secrets/x}"):
        (found,) = job(f'"a-{written}"').diagnostics
        assert (found.code, found.severity) == ("X602", "warning")
        (edit,) = found.fix.edits
        assert (edit.span.text, edit.text) == (written, "${" + written[1:] + "}")
        assert job(f'"a-{written}"', variables={"env": "x", "file": "y"}).diagnostics == ()
    assert job('"${env:dev}"').diagnostics == ()


def test_other_programs_templates_stay():
    """Two braces with something else in them are text, and so are SeaTunnel's placeholders with their default."""
    result = job('"${{ github.sha }} ${env:dev}"')
    assert result.diagnostics == ()
    assert result.job.transforms[0].options["replacement"] == "${{ github.sha }} dev"


def test_in_a_query_a_reference_stands_in_single_quotes():
    """Elsewhere nothing is put in, neither in names nor in comments nor where backslashes count."""
    assert query("select id, '${{env:A}}-${{file:/b c}}' as v from r") == set()
    for refused in (
        "select id, e'${{env:A}}' as v from r",
        "select id from r -- ${{env:A}}",
        "select id as `${{env:A}}` from r",
    ):
        assert "X603" in query(refused)


@pytest.mark.parametrize(
    "text",
    [
        'env { dead_letter.path = "/x/${{env:A}}" }',
        'sink { LocalFile { path = "/x/${{file:/y}}", file_format_type = csv } }',
        'sink { LocalFile { path = "/x", file_name_expression = "${{env:A}}", file_format_type = csv } }',
        'transform { Sql { plugin_input = "${{env:A}}", query = "select 1" } }',
    ],
)
def test_where_no_secret_is_put_in(text):
    """What is needed before a worker runs, or seen by others."""
    assert "X603" in {found.code for found in check_text(text, "job.conf", ReadOptions()).diagnostics}


def test_advice_for_what_the_job_is_read_with():
    """A note, which keeps nothing from being submitted, for variables whose names say that they are secrets."""
    given = {"environment": {"MY_SECRET": "4711-4711", "COLOUR": "red"}}
    assert [(found.code, found.severity) for found in job("${MY_SECRET}", **given).diagnostics] == [("X604", "note")]
    assert job("${COLOUR}", **given).diagnostics == ()
    assert job("${MY_SECRET}", environment={"MY_SECRET": "${{env:OTHER}}"}).diagnostics == ()


def test_values_are_put_in_once_and_stay_texts():
    """A value that looks like a reference is none, and one with quotes ends no text of a query."""
    assert put_in("a${{env:X}}b${{ file:/y }}", lambda found: f"<{found.name}>${{{{env:Z}}}}") == (
        "a<X>${{env:Z}}b</y>${{env:Z}}"
    )
    assert put_in_query("select '${{env:X}}', \"it's\" -- '${{env:X}}'", lambda _: "o'; drop") == (
        "select 'o''; drop', \"it's\" -- '${{env:X}}'"
    )
    assert [str(found) for found in references("${{env:X}}${{ file:/a b }}")] == ["${{env:X}}", "${{file:/a b}}"]
