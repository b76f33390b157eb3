"""J2xx: options and sections that do not fit their schema."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity

_ENV = 'env { job.mode = "BATCH" }\n'
_FAKE = _ENV + "source {\n  FakeSource {\n    schema { fields { id = int } }\n  }\n}\n"
_CONSOLE = "sink { Console { } }\n"
_REPLACE = '\n    replace_field = name\n    pattern = "[0-9]"\n    replacement = ""\n    is_regex = true\n'


def _source(options: str) -> str:
    return f"{_ENV}source {{\n  FakeSource {{\n    {options}\n    schema {{ fields {{ id = int }} }}\n  }}\n}}\n{_CONSOLE}"


def _transform(block: str) -> str:
    return f"{_FAKE}transform {{\n  {block}\n}}\n{_CONSOLE}"


CODES = (
    Code(
        "J201",
        "unknown option",
        "The plugin has no option of this name, so it would be ignored and the job would do something else than the file says. "
        "Most often it is misspelt, or belongs to another plugin. For SeaTunnel it is only a warning: its newer releases may "
        "know options that are not known here.",
        bad=_source("row.nums = 10"),
        good=_source("row.num = 10"),
    ),
    Code(
        "J202",
        "missing option",
        "The plugin cannot work without this option, and it has no default.",
        bad=_transform("Sql { }"),
        good=_transform('Sql { query = "SELECT id FROM fake" }'),
    ),
    Code(
        "J203",
        "wrong type",
        "The value is of another type than the option takes. Numbers and booleans may stand in quotes and a list may be a text "
        "with commas, but nothing else is converted.",
        bad=_source("row.num = many"),
        good=_source('row.num = "10"'),
    ),
    Code(
        "J204",
        "not one of the allowed values",
        "The option takes one of a few values, in any case of letters, and this is none of them.",
        bad='env { job.mode = "BATCHED" }\n' + _FAKE.removeprefix(_ENV) + _CONSOLE,
        good='env { job.mode = "batch" }\n' + _FAKE.removeprefix(_ENV) + _CONSOLE,
    ),
    Code(
        "J205",
        "out of range",
        "The value is too small, too large, empty or repeated where the option does not allow it.",
        bad=_source("split.num = 0"),
        good=_source("split.num = 1"),
    ),
    Code(
        "J206",
        "options that exclude each other",
        "Exactly one of these options has to be given: with several it is not clear which counts, with none there is nothing "
        "to do.",
        bad=_transform("Filter { include_fields = [id], exclude_fields = [name] }"),
        good=_transform("Filter { include_fields = [id] }"),
    ),
    Code(
        "J207",
        "option that needs another",
        "These options only mean something together.",
        bad=_transform("Copy { src_field = id }"),
        good=_transform("Copy { src_field = id, dest_field = id2 }"),
    ),
    Code(
        "J208",
        "option that another one's value makes necessary",
        "The value of one option asks for another option, which is missing.",
        bad=_transform(f"Replace {{{_REPLACE}  }}").replace("id = int", "name = string"),
        good=_transform(f"Replace {{{_REPLACE}    replace_first = false\n  }}").replace("id = int", "name = string"),
    ),
    Code(
        "J209",
        "value that is not allowed",
        "The value has the right type but not the form that the option asks for.",
        bad='env { job.name = "orders/2024" }\n' + _FAKE.removeprefix(_ENV) + _CONSOLE,
        good='env { job.name = "orders 2024" }\n' + _FAKE.removeprefix(_ENV) + _CONSOLE,
    ),
    Code(
        "J210",
        "unknown plugin",
        "No plugin of this name exists in this section. Case does not matter, everything else does.",
        bad=_FAKE + "sink { Consol { } }\n",
        good=_FAKE + "sink { Console { } }\n",
    ),
    Code(
        "J211",
        "plugin without a name",
        "Every entry of source, transform and sink says in plugin_name which plugin it is; in the block form the key says it.",
        bad='{"env": {}, "source": [{"row.num": 1}], "sink": [{"plugin_name": "Console"}]}',
        good='{"env": {}, "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"id": "int"}}}], '
        '"sink": [{"plugin_name": "Console"}]}',
        file="job.json",
    ),
    Code(
        "J212",
        "job without a source or sink",
        "A job reads from at least one source and writes to at least one sink.",
        bad=_FAKE,
        good=_FAKE + _CONSOLE,
    ),
    Code(
        "J213",
        "job without an env block",
        "SeaTunnel refuses a job file without env. flowdeck runs it as a batch job with the default settings.",
        bad=_FAKE.removeprefix(_ENV) + _CONSOLE,
        good=_FAKE + _CONSOLE,
        severity=Severity.WARNING,
    ),
    Code(
        "J214",
        "block that looks like a section",
        "Only env, source, transform and sink are sections. Any other top-level block is taken for a variable and has no "
        "effect of its own; a name this close to a section's is most likely a mistake. A job that runs here is refused when "
        "that can only be a transform or env block which the file lacks: it would run without it. SeaTunnel runs it.",
        bad=_FAKE + "transforms { Filter { include_fields = [id] } }\n" + _CONSOLE,
        good=_FAKE + "transform { Filter { include_fields = [id] } }\n" + _CONSOLE,
    ),
    Code(
        "J215",
        "setting that is given twice",
        "One setting is given under two of its names. Only one of them counts, the current name before the older one.",
        bad=_transform("Filter { include_fields = [id], fields = [id] }"),
        good=_transform("Filter { include_fields = [id] }"),
        severity=Severity.WARNING,
    ),
    Code(
        "J216",
        "file name that cannot be the job's name",
        "A job without job.name is named after its file, and this file's name has characters that a job's name cannot have.",
        bad=_FAKE + _CONSOLE,
        good='env { job.name = "orders" }\n' + _FAKE.removeprefix(_ENV) + _CONSOLE,
        file="orders (final).conf",
    ),
    Code(
        "J217",
        "regular expression that cannot be read",
        "The local engine has the regular expressions of RE2, which take the same time whatever the text: there is no "
        "look-around, no back reference and no possessive repetition. A worker would stop at this one.",
        bad=_transform(f"Replace {{{_REPLACE}    replace_first = false\n  }}")
        .replace("[0-9]", "[0-9")
        .replace("id = int", "name = string"),
        good=_transform(f"Replace {{{_REPLACE}    replace_first = false\n  }}").replace("id = int", "name = string"),
    ),
)
