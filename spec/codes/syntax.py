"""S0xx: files that cannot be read, and text that is not well-formed."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity

_JOB = (
    'env { job.mode = "BATCH" }\nsource {\n  FakeSource {\n    schema { fields { id = int } }\n  }\n}\nsink { Console { } }\n'
)
_JSON = (
    '{"env": {"job.mode": "BATCH"},\n "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"id": "int"}}}],\n'
    ' "sink": [{"plugin_name": "Console"}]}\n'
)


def _env(line: str) -> str:
    """The job with another ``env`` line in place of its mode."""
    return _JOB.replace('env { job.mode = "BATCH" }', f"env {{\n  {line}\n}}")


FILE_CODES = (
    Code("S001", "file that does not exist", "There is nothing at this path. Paths are relative to where the command runs."),
    Code("S002", "not a file", "A directory, a pipe or a device stands where a file is expected."),
    Code(
        "S003",
        "file that cannot be read",
        "The operating system refuses to open or read the file, most often for its permissions.",
    ),
    Code("S004", "file that is too large", "Job files are small. A file of this size is most likely data, not a job."),
    Code("S005", "binary file", "The file holds a zero byte, which text never does."),
    Code(
        "S006",
        "file that is not UTF-8",
        "Job files are read as UTF-8; in another encoding their characters cannot be told for sure.",
    ),
    Code("S007", "empty file", "The file has nothing in it. It may not have been saved."),
)

HOCON_CODES = (
    Code(
        "S010",
        "block that is never closed",
        "The file ends, or another block does, before the closing brace or bracket of this one.",
        bad=_JOB.replace("  }\n}\n", "  }\n", 1),
        good=_JOB,
    ),
    Code(
        "S011",
        "closing brace that opens nothing",
        "There are more closing braces or brackets than opening ones up to here.",
        bad=_JOB + "}\n",
        good=_JOB,
    ),
    Code(
        "S012",
        "field without a value",
        "Nothing follows the sign after the key.",
        bad=_env("job.mode ="),
        good=_env('job.mode = "BATCH"'),
    ),
    Code(
        "S013",
        "two fields without a separator",
        "Fields on one line are separated by commas.",
        bad=_env('"job.mode" = "BATCH" parallelism = 2'),
        good=_env('"job.mode" = "BATCH", parallelism = 2'),
    ),
    Code(
        "S014",
        "character that needs quotes",
        "Some characters mean something in HOCON and cannot stand in a key or value without quotes.",
        bad=_env("job.name = a@b"),
        good=_env('job.name = "a-b"'),
    ),
    Code(
        "S015",
        "string that is never closed",
        "A quoted string ends on the line it begins on; text over several lines stands between three quotes.",
        bad=_env('job.name = "orders'),
        good=_env('job.name = "orders"'),
    ),
    Code(
        "S016",
        "unknown escape",
        "After a backslash in a quoted string only the escapes of JSON are allowed. A backslash itself is written twice.",
        bad=_JOB.replace("Console { }", r'LocalFile { path = "c:\out", file_format_type = csv }'),
        good=_JOB.replace("Console { }", r'LocalFile { path = "c:\\out", file_format_type = csv }'),
    ),
    Code(
        "S017",
        "invalid path",
        "A key or reference is a path of words; a path cannot begin or end with its separator or have an empty piece.",
        bad=_env("job.name = ${a->->b}"),
        good=_env("job.name = orders"),
    ),
    Code(
        "S018",
        "reference that is never closed",
        "A reference is written ${name} on one line.",
        bad=_env("job.name = ${name"),
        good=_env("job.name = ${?name}"),
    ),
    Code(
        "S019",
        "key expected",
        "A field begins with its key.",
        bad=_env('= "BATCH"'),
        good=_env('job.mode = "BATCH"'),
    ),
    Code(
        "S020",
        "key without a sign after it",
        "A key is followed by = or : and a value, or by a block.",
        bad=_env("BATCH"),
        good=_env("job.mode = BATCH"),
    ),
    Code(
        "S021",
        "comma that separates nothing",
        "A comma stands between two fields or elements; one after the last is allowed, two in a row are not.",
        bad=_env("job.mode = BATCH,, parallelism = 1"),
        good=_env("job.mode = BATCH, parallelism = 1"),
    ),
    Code(
        "S022",
        "text after the end",
        "A document in outer braces ends with the closing one.",
        bad="{\n" + _JOB + "}\nx = 1\n",
        good="{\n" + _JOB + "}\n",
    ),
    Code("S023", "blocks nested too deeply", "Deeper nesting than this is never a job; what lies deeper is not read."),
    Code(
        "S024",
        "invalid include",
        "An include is followed by a file name in quotes.",
        bad="include common.conf\n" + _JOB,
        good=_JOB,
    ),
    Code(
        "S025",
        "control character",
        "A tab or another control character inside a quoted string has to be written as an escape.",
        bad=_env('job.name = "a\tb"'),
        good=_env('job.name = "a b"'),
    ),
    Code(
        "S026",
        "too many problems",
        "So much is wrong with the text that the rest of it is not looked at. It may not be a job file.",
    ),
    Code(
        "S027",
        "field in a list",
        "A list holds values. A list of fields is written as a list of blocks.",
        bad=_JOB.replace("Console { }", "Console { plugin_input = [ name = orders ] }"),
        good=_JOB.replace("Console { }", "Console { }"),
    ),
    Code(
        "S028",
        "mark of a merge conflict",
        "A merge left both sides in the file, between lines of <<<<<<<, ======= and >>>>>>>. Keep one of them.",
        bad=_env("<<<<<<< ours\n  parallelism = 1\n=======\n  parallelism = 2\n>>>>>>> theirs".replace("  ", "")).replace(
            "  <<", "<<"
        ),
        good=_env("parallelism = 1"),
    ),
)

HINT_CODES = (
    Code(
        "S040",
        "character that looks like another",
        "Typographic quotation marks and the wide signs of East Asian keyboards are letters to HOCON, and so are characters "
        "that cannot be seen. Most often they came in with text that was copied from a document. Single quotes are letters, "
        "too, and stay part of the text that they stand around; so does a semicolon at the end of a line.",
        bad=_env("job.name = “orders”"),
        good=_env('job.name = "orders"'),
        severity=Severity.WARNING,
    ),
    Code(
        "S041",
        "carriage return that ends no line",
        "Lines end with LF or CR LF. A carriage return alone is white space, so a comment before it goes on, and two fields "
        "around it stand on one line.",
        bad=_env("parallelism = 1 # one\r  job.mode = BATCH"),
        good=_env("parallelism = 1"),
        severity=Severity.WARNING,
    ),
    Code(
        "S042",
        "backslash that was swallowed",
        "In a quoted text a backslash and a letter stand for one character: \\b for a backspace, \\f for a form feed. In the "
        "midst of a word, as in a path of Windows, that is hardly what was meant.",
        bad=_JOB.replace("Console { }", r'LocalFile { path = "out\files", file_format_type = csv }'),
        good=_JOB.replace("Console { }", r'LocalFile { path = "out\\files", file_format_type = csv }'),
        severity=Severity.WARNING,
    ),
)

JSON_CODES = (
    Code(
        "S030",
        "comment in JSON",
        "JSON has no comments. A file that ends in .conf may have them.",
        bad="// a job\n" + _JSON,
        good=_JSON,
        file="job.json",
    ),
    Code(
        "S031",
        "comma after the last element in JSON",
        "In JSON a comma stands only between two elements.",
        bad=_JSON.replace('"Console"}]', '"Console"},]'),
        good=_JSON,
        file="job.json",
    ),
    Code(
        "S032",
        "key given twice in JSON",
        "Only one of the two values could count, and readers of JSON do not agree on which.",
        bad=_JSON.replace('{"job.mode": "BATCH"}', '{"job.mode": "BATCH", "job.mode": "BATCH"}'),
        good=_JSON,
        file="job.json",
    ),
    Code(
        "S033",
        "word without quotes in JSON",
        "In JSON keys and texts stand in double quotes.",
        bad=_JSON.replace('"Console"', "Console"),
        good=_JSON,
        file="job.json",
    ),
    Code(
        "S034",
        "document that is not an object",
        "A JSON document is an object or a list, and a job file is an object of env, source, transform and sink.",
        bad="5\n",
        good=_JSON,
        file="job.json",
    ),
    Code(
        "S035",
        "wrong sign after a key in JSON",
        "In JSON a colon stands between key and value.",
        bad=_JSON.replace('"env": ', '"env" = '),
        good=_JSON,
        file="job.json",
    ),
    Code(
        "S036",
        "invalid number in JSON",
        "JSON numbers have no leading zeros, no plus sign, and digits on both sides of the point.",
        bad=_JSON.replace('"BATCH"}', '"BATCH", "parallelism": 01}'),
        good=_JSON.replace('"BATCH"}', '"BATCH", "parallelism": 1}'),
        file="job.json",
    ),
    Code(
        "S037",
        "white space that JSON does not have",
        "JSON knows spaces, tabs and line breaks; other white space, such as a no-break space, is an error.",
        bad=_JSON.replace('"env": ', '"env":\u00a0'),
        good=_JSON,
        file="job.json",
    ),
    Code(
        "S038",
        "HOCON in JSON",
        "Includes, references and text between three quotes exist in HOCON only. A file that ends in .conf may have them.",
        bad=_JSON.replace('"BATCH"', "${mode}"),
        good=_JSON,
        file="job.json",
    ),
)

CODES = (*FILE_CODES, *HOCON_CODES, *JSON_CODES, *HINT_CODES)
