"""D3xx: where SeaTunnel's own reader would lose or change what the text says. flowdeck reads what it says, and warns."""

from __future__ import annotations

from spec.codes.entry import Code
from spec.diagnostic import Severity

_ENV = 'env { job.mode = "BATCH" }\n'
_FAKE = "FakeSource { schema { fields { id = int } } }"
_CONSOLE = "sink { Console { } }\n"
_SOURCE = f"source {{\n  {_FAKE}\n}}\n"

CODES = (
    Code(
        "D301",
        "section that is written twice",
        "SeaTunnel keeps only the last one and forgets the plugins of the others without a word.",
        bad=_ENV + _SOURCE + "sink { Console { } }\n" + "sink { Console { log.print.data = false } }\n",
        good=_ENV + _SOURCE + "sink {\n  Console { }\n  Console { log.print.data = false }\n}\n",
        severity=Severity.WARNING,
    ),
    Code(
        "D302",
        "include directly in a section",
        "SeaTunnel ignores an include that stands between the plugins of a section. Inside a plugin's block, or at the top of "
        "the file, it works.",
        bad=_ENV + f'source {{\n  include "source.conf"\n  {_FAKE}\n}}\n' + _CONSOLE,
        good=_ENV + _SOURCE + _CONSOLE,
        severity=Severity.WARNING,
    ),
    Code(
        "D303",
        "section that is written as a list",
        "SeaTunnel reads lists of plugins only from .json files; in a .conf file it makes something else of them.",
        bad=_ENV + "source = [\n  { plugin_name = FakeSource, schema { fields { id = int } } }\n]\n" + _CONSOLE,
        good=_ENV + _SOURCE + _CONSOLE,
        severity=Severity.WARNING,
    ),
    Code(
        "D304",
        "key with dots beside a block of the same name",
        "In a SeaTunnel file a.b is one key and not b inside a. Where both are written, the key with dots is read.",
        bad="env {\n  job { mode = STREAMING }\n  job.mode = BATCH\n}\n" + _SOURCE + _CONSOLE,
        good=_ENV + _SOURCE + _CONSOLE,
        severity=Severity.WARNING,
    ),
    Code(
        "D305",
        "option with the name of a section",
        "SeaTunnel takes any block named source, transform or sink for a section, wherever it stands, and makes a list of it.",
        bad="variables { source { a = 1 } }\n" + _ENV + _SOURCE + _CONSOLE,
        good="variables { origin { a = 1 } }\n" + _ENV + _SOURCE + _CONSOLE,
        severity=Severity.WARNING,
    ),
    Code(
        "D306",
        "append inside a section",
        "SeaTunnel forgets the earlier elements of a list when += stands inside a section.",
        bad=_ENV + _SOURCE + "sink {\n  Console {\n    plugin_input = [fake]\n    plugin_input += fake2\n  }\n}\n",
        good=_ENV + _SOURCE + _CONSOLE,
        severity=Severity.WARNING,
    ),
    Code(
        "D307",
        "plugin that is not a block",
        "A section holds plugins, each a name with a block. SeaTunnel would drop the name and keep the bare value.",
        bad=_ENV + "source { FakeSource = 5 }\n" + _CONSOLE,
        good=_ENV + _SOURCE + _CONSOLE,
        severity=Severity.WARNING,
    ),
    Code(
        "D308",
        "key that is written twice",
        "Of two values of one key the last one counts, and the first is forgotten without a word. Two blocks of one name are "
        "merged, and a second value that is a reference may be meant to override the first: neither is reported.",
        bad='env {\n  parallelism = 2\n  job.mode = "BATCH"\n  parallelism = 4\n}\n' + _SOURCE + _CONSOLE,
        good='env {\n  parallelism = 4\n  job.mode = "BATCH"\n}\n' + _SOURCE + _CONSOLE,
        severity=Severity.WARNING,
    ),
    Code(
        "D309",
        "block that is another plugin than its name says",
        "The key of a block in a section is the plugin's name, unless the block has a plugin_name of its own, which then "
        "counts. Two different names mislead whoever reads the file.",
        bad=_ENV + _SOURCE + "sink {\n  LocalFile {\n    plugin_name = Console\n  }\n}\n",
        good=_ENV + _SOURCE + _CONSOLE,
        severity=Severity.WARNING,
    ),
)
