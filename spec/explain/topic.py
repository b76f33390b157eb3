"""Finds what a word stands for: a code, the codes of a family, a plugin, an option; or says what may have been meant."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.loader import KINDS, OptionDocument, PluginDocument, environment_document, plugin_document, plugin_names
from spec.checks.suggestion import suggest
from spec.codes.entry import Code
from spec.codes.registry import all_codes, family, find_code
from spec.errors import UsageError


@dataclass(frozen=True, slots=True)
class Topic:
    """What a page is about: codes, or plugins (several of one name), each with the option that was asked for, if one was."""

    codes: tuple[Code, ...] = ()
    plugins: tuple[tuple[PluginDocument, OptionDocument | None], ...] = ()


def find_topic(word: str) -> Topic:
    """The topic of ``word``: ``J201``, ``J2``, ``LocalFile``, ``sink.LocalFile``, ``LocalFile.path``, ``env.parallelism``; an
    option of ``env`` alone will do. Case does not matter. Raises UsageError, with what may have been meant, for other words."""
    if (code := find_code(word)) is not None:
        return Topic(codes=(code,))
    if len(word) < 4 and (codes := family(word.upper())):
        return Topic(codes=codes)
    documents, option = _documents(word)
    if documents and not option:
        return Topic(plugins=tuple((document, None) for document in documents))
    found = tuple((document, known) for document in documents if (known := document.option(option)))
    if found:
        return Topic(plugins=found)
    if documents:
        raise _unknown_option(documents, option)
    if (setting := environment_document().option(word)) is not None:
        return Topic(plugins=((environment_document(), setting),))
    raise _unknown(word)


def _documents(word: str) -> tuple[tuple[PluginDocument, ...], str]:
    """The plugins that ``word`` begins with, and the option that follows."""
    kind, dot, rest = word.partition(".")
    kinds: tuple[str, ...] = KINDS
    if kind.lower() in KINDS and dot:
        kinds, word = (kind.lower(),), rest
    name, _, option = word.partition(".")
    if name.lower() == "env":
        return (environment_document(),), option
    documents = (plugin_document(kind, name) for kind in kinds)
    return tuple(document for document in documents if document is not None), option


def _unknown_option(documents: tuple[PluginDocument, ...], option: str) -> UsageError:
    known = list(dict.fromkeys(known.path for document in documents for known in document.every_option()))
    suggestion = suggest(option, known)
    name = documents[0].name
    hint = f"did you mean {_or([f'{name}.{path}' for path in suggestion.names])}?" if suggestion.names else ""
    return UsageError(f'{name} has no option "{option}"', hint=hint or f"flowdeck explain {name} lists its options")


def _unknown(word: str) -> UsageError:
    name, dot, option = word.partition(".")
    plugins = dict.fromkeys(plugin for kind in KINDS for plugin in plugin_names(kind))
    near = [f"{plugin}{dot}{option}" for plugin in suggest(name, plugins).names]
    near += suggest(word.upper(), all_codes()).names if len(word) == 4 else ()
    near += [f"env.{path}" for path in suggest(word, [known.path for known in environment_document().every_option()]).names]
    hint = f"did you mean {_or(near[:3])}?" if near else "flowdeck explain lists the codes, flowdeck schema the plugins"
    return UsageError(f'"{word}" is no code, plugin or option', hint=hint)


def _or(names: list[str]) -> str:
    return " or ".join(names)
