"""I1xx: references and includes."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity

# Beside the job.
_COMMON = (("common.conf", 'job_name = "orders"\n'),)
_REST = "source {\n  FakeSource {\n    schema { fields { id = int } }\n  }\n}\nsink { Console { } }\n"
_QUERY = (
    "env {{ }}\nsource {{\n  FakeSource {{\n    schema {{ fields {{ id = int }} }}\n  }}\n}}\n"
    "transform {{\n  Sql {{ query = {} }}\n}}\nsink {{ Console {{ }} }}\n"
)


def _env(line: str) -> str:
    return f"env {{\n  {line}\n}}\n{_REST}"


CODES = (
    Code(
        "I101",
        "reference to something that is not defined",
        "Neither the file, nor -i, nor the environment has a value of this name. ${?name} is for values that may be missing.",
        bad=_env("job.name = ${nobody_defines_this}"),
        good=_env("job.name = ${?nobody_defines_this}"),
    ),
    Code(
        "I102",
        "reference that leads back to itself",
        "To know the value one would have to know the value.",
        bad="a = ${b}\nb = ${a}\n" + _env("parallelism = 1"),
        good="a = 1\nb = ${a}\n" + _env("parallelism = 1"),
    ),
    Code(
        "I103",
        "pieces that cannot be joined",
        "Pieces on one line are joined to one value: texts with texts, lists with lists, blocks with blocks. A forgotten comma "
        "or line break also looks like this.",
        bad=_env("job.name = orders { a = 1 }"),
        good=_env('job.name = "orders"'),
    ),
    Code(
        "I104",
        "document that grows too large",
        "References to references multiply; here they would make more than memory should hold.",
    ),
    Code("I105", "values nested too deeply", "Deeper nesting, or a longer chain of references, than a job file ever needs."),
    Code(
        "I106",
        "reserved variable",
        "The engine fills in this name for every table, so it cannot be given with -i.",
    ),
    Code(
        "I107",
        "variable that is not used",
        "SeaTunnel looks into the environment before it looks at -i, so the environment variable of the same name wins.",
        severity=Severity.WARNING,
    ),
    Code(
        "I108",
        "append to something that is no list",
        "The sign += appends an element to a list; the key holds something else.",
        bad="a = 1\na += 2\n" + _env("parallelism = 1"),
        good="a = [1]\na += 2\n" + _env("parallelism = 1"),
    ),
    Code(
        "I110",
        "included file that does not exist",
        "HOCON passes over a missing include, which is seldom what was meant. include required(...) makes it an error.",
        bad='include "comon.conf"\n' + _env("parallelism = 1"),
        good='include "common.conf"\n' + _env("parallelism = 1"),
        beside=_COMMON,
        severity=Severity.WARNING,
    ),
    Code(
        "I111",
        "include that is not supported",
        "Only files are included: nothing is ever fetched from a network, and text that does not come from a file has no "
        "includes.",
        bad='include url("http://localhost/common.conf")\n' + _env("parallelism = 1"),
        good=_env("parallelism = 1"),
    ),
    Code(
        "I112",
        "include outside of the job's directory",
        "A job file may include what lies in its own directory and below, so that a file from elsewhere cannot read what it "
        "should not.",
        bad='include "../common.conf"\n' + _env("parallelism = 1"),
        good='include "common.conf"\n' + _env("parallelism = 1"),
        beside=_COMMON,
    ),
    Code(
        "I113",
        "include that includes itself",
        "The file includes itself, directly or by way of others.",
        bad='include "job.conf"\n' + _env("parallelism = 1"),
        good='include "common.conf"\n' + _env("parallelism = 1"),
        beside=_COMMON,
    ),
    Code("I114", "too many includes", "More files, deeper nesting or more text than a job file ever needs."),
    Code(
        "I115", "included file that cannot be read", "The file is there, but it is not text or the operating system refuses it."
    ),
    Code(
        "I116",
        "placeholder that nobody fills",
        'HOCON puts values in the place of ${name} outside of quotes only. Inside of them "${name}" is a placeholder as '
        'SeaTunnel has them: -i name=value fills it, else a default as in "${name:default}". Without either, the text stays as '
        "it is, and a path with it names a file that is hardly there.",
        bad=_QUERY.format('"select id from rows where id > ${least}"'),
        good=_QUERY.format('"select id from rows where id > ${least:10}"'),
        severity=Severity.WARNING,
    ),
)
