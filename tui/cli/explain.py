"""The command explain: what a code, a plugin or an option means; also the codes with which work, requests and commands fail."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import click

from runner.failure_codes import FailureCode, failure_codes, find_failure
from spec.checks.suggestion import suggest
from spec.codes.registry import FAMILIES, family
from spec.errors import UsageError
from spec.explain.codes import code_data, code_list, code_page
from spec.explain.page import Page
from spec.explain.plugins import option_data, option_page, plugin_data, plugin_page
from spec.explain.topic import Topic, find_topic
from tui.cli.terminal import has_colour

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class _Explained:
    """What a word stands for. A code of a failure may be called like a plugin: then it is both."""

    topic: Topic = Topic()
    failures: tuple[FailureCode, ...] = ()


@click.command("explain", short_help="Explain a code, a plugin or an option.")
@click.argument("topic", metavar="[CODE|PLUGIN[.OPTION]]", required=False)
@click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="A page for people, or data."
)
def explain_command(*, topic: str | None, output: str) -> int:
    """Explain a code that check shows (J201) or that something fails with (worker-lost), a plugin (LocalFile), one of its
    options (LocalFile.path), or a setting of env (env.parallelism). Without an argument, list all codes.

    Exit code 0; 2 for a word that is none of these.
    """
    found = _find(topic) if topic else _everything()
    if output == "json":
        text = json.dumps({"format_version": FORMAT_VERSION, **_data(found)}, indent=2, ensure_ascii=False) + "\n"
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        text = _page(found, width, colour=has_colour(sys.stdout))
    sys.stdout.write(text)
    return 0


def _everything() -> _Explained:
    codes = tuple(code for letter in FAMILIES for code in family(letter))
    return _Explained(Topic(codes=codes), tuple(failure_codes().values()))


def _find(word: str) -> _Explained:
    failure = find_failure(word)
    try:
        return _Explained(find_topic(word), (failure,) if failure is not None else ())
    except UsageError as error:
        if failure is not None:
            return _Explained(failures=(failure,))
        near = suggest(word.lower(), failure_codes()).names
        if not near:
            raise
        raise UsageError(error.message, hint=f"did you mean {' or '.join(near)}?") from None


def _page(found: _Explained, width: int, *, colour: bool) -> str:
    page, topic = Page(width, colour=colour), found.topic
    if len(topic.codes) == 1:
        code_page(topic.codes[0], page, width)
    else:
        code_list(topic.codes, page)
    for document, option in topic.plugins:
        if option is None:
            plugin_page(document, page)
        else:
            option_page(document, option, page)
    if len(found.failures) == 1:
        _failure_page(found.failures[0], page)
    else:
        _failure_list(found.failures, page)
    return page.text()


def _failure_page(failure: FailureCode, page: Page) -> None:
    page.heading(f"{failure.code}: {failure.meaning}")
    page.paragraph(f"{failure.family}. What to do: {failure.remedy}.")


def _failure_list(failures: Iterable[FailureCode], page: Page) -> None:
    family_before = ""
    for failure in failures:
        if failure.family != family_before:
            family_before = failure.family
            page.heading(f"Failures: {failure.family.lower()}")
        page.term(failure.code, failure.meaning, 2)


def _data(found: _Explained) -> dict[str, Any]:
    failures = {"failures": [dataclasses.asdict(failure) for failure in found.failures]} if found.failures else {}
    return {**_topic_data(found.topic), **failures}


def _topic_data(topic: Topic) -> dict[str, Any]:
    if topic.codes:
        return {"codes": [code_data(code) for code in topic.codes]}
    if not topic.plugins:
        return {}
    if topic.plugins[0][1] is not None:
        return {"options": [option_data(document, option) for document, option in topic.plugins if option is not None]}
    return {"plugins": [plugin_data(document) for document, _ in topic.plugins]}
