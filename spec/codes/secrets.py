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


CODES = (
    Code(
        "X601",
        "secret in plain text",
        "Whoever may read the file can read the secret, and so can everyone who ever gets a copy or the file's history. A "
        "variable keeps it out: its value comes from the environment or from -i when the job starts. flowdeck never shows the "
        "secret itself, in no message and no form of output.",
        bad=_job('"7hFqPz"'),
        good=_job("${?SHOP_PASSWORD}"),
        engine="seatunnel",
        severity=Severity.WARNING,
    ),
)
