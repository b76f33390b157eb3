"""The command explain: what a code, a plugin or an option means."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

import click

from spec.codes.registry import FAMILIES, family
from spec.explain.codes import code_data, code_list, code_page
from spec.explain.page import Page
from spec.explain.plugins import option_data, option_page, plugin_data, plugin_page
from spec.explain.topic import Topic, find_topic
from tui.cli.terminal import has_colour

FORMAT_VERSION = 1


@click.command("explain", short_help="Explain a code, a plugin or an option.")
@click.argument("topic", metavar="[CODE|PLUGIN[.OPTION]]", required=False)
@click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="A page for people, or data."
)
def explain_command(*, topic: str | None, output: str) -> int:
    """Explain a code that check shows (J201), a plugin (LocalFile), one of its options (LocalFile.path), or a setting of env
    (env.parallelism). Without an argument, list all codes.

    Exit code 0; 2 for a word that is none of these.
    """
    found = find_topic(topic) if topic else Topic(codes=tuple(code for letter in FAMILIES for code in family(letter)))
    if output == "json":
        text = json.dumps({"format_version": FORMAT_VERSION, **_data(found)}, indent=2, ensure_ascii=False) + "\n"
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        text = _page(found, width, colour=has_colour(sys.stdout))
    sys.stdout.write(text)
    return 0


def _page(topic: Topic, width: int, *, colour: bool) -> str:
    page = Page(width, colour=colour)
    if len(topic.codes) == 1:
        code_page(topic.codes[0], page, width)
    else:
        code_list(topic.codes, page)
    for document, option in topic.plugins:
        if option is None:
            plugin_page(document, page)
        else:
            option_page(document, option, page)
    return page.text()


def _data(topic: Topic) -> dict[str, Any]:
    if topic.codes:
        return {"codes": [code_data(code) for code in topic.codes]}
    if topic.plugins[0][1] is not None:
        return {"options": [option_data(document, option) for document, option in topic.plugins if option is not None]}
    return {"plugins": [plugin_data(document) for document, _ in topic.plugins]}
