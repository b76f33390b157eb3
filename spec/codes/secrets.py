"""X6xx: secrets."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity


def _job(password: str) -> str:
    return (
        'env { job.mode = "BATCH" }\nsource { FakeSource { schema { fields { id = int } } } }\nsink {\n  Jdbc {\n'
        '    url = "jdbc:postgresql://localhost/shop"\n    driver = "org.postgresql.Driver"\n    user = "loader"\n'
        f"    password = {password}\n    database = shop\n    table = orders\n    generate_sink_sql = true\n  }}\n}}\n"
    )


def _query(secret: str) -> str:
    query = f"select sha256(id || {secret}) as mark from people"  # noqa: S608 - an example
    return _masking(f'Sql {{ plugin_input = "people", query = "{query}" }}')


def _replacement(secret: str) -> str:
    return _masking(f'Replace {{ replace_field = "name", pattern = "a", replacement = {secret} }}')


def _masking(transform: str) -> str:
    columns = "fields { id = int, name = string }"
    source = f'FakeSource {{ plugin_output = "people", schema {{ {columns} }} }}'
    return f'env {{ job.mode = "BATCH" }}\nsource {{ {source} }}\ntransform {{\n  {transform}\n}}\nsink {{ Console {{ }} }}\n'


CODES = (
    Code(
        "X601",
        "secret in plain text",
        "Whoever may read the file can read the secret, and so can everyone who ever gets a copy or the file's history. A "
        "variable keeps it out: its value comes from the environment or from -i when the job is read. A reference keeps it "
        'out of what flowdeck stores, too: the worker of the job looks "${{env:NAME}}" or "${{file:/run/secrets/x}}" up. '
        "flowdeck never shows the secret itself, in no message and no form of output.",
        bad=_job('"7hFqPz"'),
        good=_job("${?SHOP_PASSWORD}"),
        engine="seatunnel",
        severity=Severity.WARNING,
    ),
    Code(
        "X602",
        "reference to a secret that is none",
        'A reference names a variable of the worker\'s environment, "${{env:NAME}}", or a file by its absolute path, '
        '"${{file:/run/secrets/name}}", inside a text in quotes. Text that begins like one and is none would be used as it '
        "stands, as a password that is wrong. With one brace it is a placeholder, as SeaTunnel has them: the name of "
        "the variable is its default, and becomes the text; that is a warning.",
        bad=_query("'${{env:PEPPER'"),
        good=_query("'${{env:PEPPER}}'"),
    ),
    Code(
        "X603",
        "reference to a secret where none is put in",
        "The worker puts secrets into the options of plugins, just before they are opened. Settings of the job, the names of "
        "datasets and the names of files are needed before that or are visible to others, so they take none. In a query the "
        "value is a text and stands inside of single quotes, which it cannot leave. Other engines are handed the text as it "
        "stands, which is a warning.",
        bad=_query("${{env:PEPPER}}"),
        good=_query("'${{env:PEPPER}}'"),
    ),
    Code(
        "X604",
        "secret that the job is read with",
        "The value of a variable is put in when the job is submitted: the daemon gets to know the secret and keeps it with the "
        "job, sealed, for restarts. A reference is kept as it is written; every worker that starts looks the value up anew, so "
        "a changed password needs a restart and no new submission.",
        bad=_replacement("${MASK_SECRET}"),
        good=_replacement('"${{env:MASK_SECRET}}"'),
        environment=(("MASK_SECRET", "7hFqPz"),),
        severity=Severity.NOTE,
    ),
)
