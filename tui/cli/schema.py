"""The command schema: JSON Schemas on stdout, of one plugin or of a whole job file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import click

from schemas.loader import KINDS, environment_schema, plugin_names, plugin_schema
from spec.errors import UsageError
from tui.cli.json_output import print_json

_ENV = "env"


@click.command("schema", short_help="Print a JSON Schema.")
@click.argument("plugin", metavar="[PLUGIN]", required=False)
@click.option("--kind", type=click.Choice(KINDS), help="The section, for a name that several sections have.")
def schema_command(plugin: str | None, *, kind: str | None) -> int:
    """Print the JSON Schema (2020-12) of PLUGIN, or of env, in the canonical form of its options.

    Without PLUGIN: the schema of a whole job file in JSON, in one document for editors. It accepts every spelling that a check
    accepts.

    Exit code 0: printed. 2: there is no such plugin, or several.
    """
    if plugin is None:
        if kind is not None:
            raise UsageError(
                "--kind goes with the name of a plugin", hint=f"flowdeck schema {plugin_names(kind)[0]} --kind {kind}"
            )
        from spec.bundle.job import job_bundle

        print_json(job_bundle())
    else:
        print_json(_one(plugin, kind))
    return 0


def _one(plugin: str, kind: str | None) -> Mapping[str, Any]:
    if plugin.lower() == _ENV and kind is None:
        return environment_schema()
    kinds = (kind,) if kind else KINDS
    found = {each: schema for each in kinds if (schema := plugin_schema(each, plugin)) is not None}
    if not found:
        raise UsageError(f"there is no {kind or 'plugin'} {plugin}", hint=_suggestion(plugin, kinds))
    if len(found) > 1:
        raise UsageError(f"{plugin} is a {' and a '.join(found)}", hint=f"say which: --kind {'|'.join(found)}")
    schema = next(iter(found.values()))
    return schema.document


def _suggestion(plugin: str, kinds: tuple[str, ...]) -> str:
    names = {name.lower(): name for kind in kinds for name in plugin_names(kind)}
    close = difflib.get_close_matches(plugin.lower(), names, n=1)
    return f"did you mean {names[close[0]]}?" if close else f"flowdeck schema lists all in its definitions ({len(names)} names)"
