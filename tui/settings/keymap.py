"""Which keys run which command: the defaults with a person's remapping, checked.

Checked here because Textual does not: a key given to two commands silently takes it away from one of them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from spec.errors import UsageError
from tui.settings.commands import COMMANDS, FIXED

_NAME: Final = re.compile(r"(?:(?:ctrl|shift|alt)\+)*(?:[a-z]+(?:_[a-z]+)*|[A-Za-z0-9]|f1?[0-9]|f2[0-4])")
_NAMES: Final = {
    "!": "exclamation_mark", '"': "quotation_mark", "#": "number_sign", "$": "dollar_sign", "%": "percent_sign",
    "&": "ampersand", "'": "apostrophe", "(": "left_parenthesis", ")": "right_parenthesis", "*": "asterisk", "+": "plus",
    ",": "comma", "-": "minus", ".": "full_stop", "/": "slash", ":": "colon", ";": "semicolon", "<": "less_than_sign",
    "=": "equals_sign", ">": "greater_than_sign", "?": "question_mark", "@": "at", "[": "left_square_bracket",
    "\\": "backslash", "]": "right_square_bracket", "^": "circumflex_accent", "_": "underscore", "`": "grave_accent",
    "{": "left_curly_bracket", "|": "vertical_line", "}": "right_curly_bracket", "~": "tilde", " ": "space",
}  # fmt: skip
_SHOWN: Final = {name: sign for sign, name in _NAMES.items() if sign != " "} | {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "pgup", "pagedown": "pgdn", "escape": "esc",
}  # fmt: skip


class KeysInvalid(UsageError):
    """The ``[keys]`` of the settings file cannot be used."""

    code = "keys-invalid"


class Keymap(msgspec.Struct, frozen=True):
    """The keys of every command, in Textual's names. Made by :meth:`of`."""

    changed: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, wanted: Mapping[str, str]) -> Keymap:
        """From a mapping of command ids to keys, separated by blanks (``"f5 S"``; empty: no key). Raises :class:`KeysInvalid`
        for a command or a key that does not exist, a key with two meanings, and a control key that would write."""
        changed = {command: tuple(_key(command, text) for text in keys.split()) for command, keys in wanted.items()}
        for command in changed:
            _require_known(command)
        made = cls(changed)
        made._check_owners()
        made._check_writes()
        return made

    def keys(self, command: str) -> tuple[str, ...]:
        """The keys of a command."""
        return self.changed.get(command, COMMANDS[command].keys)

    def shown(self, command: str) -> str:
        """They as people know them: ``j ↓``; empty when there is none."""
        return " ".join(shown_key(key) for key in self.keys(command))

    def first(self, command: str) -> str:
        """The first of them as people know it."""
        return next((shown_key(key) for key in self.keys(command)), "")

    def rebound(self) -> dict[str, str]:
        """What Textual has to be told: ids to keys separated by commas."""
        return {command: ",".join(keys) for command, keys in self.changed.items()}

    def _check_owners(self) -> None:
        everywhere: dict[str, str] = {}
        by_place: dict[str, dict[str, str]] = {"": everywhere}
        for command in sorted(COMMANDS, key=lambda one: COMMANDS[one].place):  # those that hold everywhere come first
            place = COMMANDS[command].place
            owners = by_place.setdefault(place, _not_hidden(everywhere)) if place else everywhere
            for key in self.keys(command):
                owner = FIXED.get(key, owners.get(key))
                if owner is not None:
                    raise KeysInvalid(
                        f"the key {shown_key(key)} is given to {command}, but it is for: {_meaning(owner)}",
                        hint="give one of the two another key in [keys]",
                    )
                owners[key] = command

    def _check_writes(self) -> None:
        for command, keys in self.changed.items():
            for key in keys:
                if COMMANDS[command].writes and key.startswith("ctrl+"):
                    raise KeysInvalid(
                        f"{command} changes a job, and {key} is pressed by habit in other programs",
                        hint="give it a capital letter or a function key",
                    )


def shown_key(key: str) -> str:
    """A key as people know it: ``/``, ``↓``, ``ctrl+z``."""
    *held, last = key.split("+")
    return "+".join((*held, _SHOWN.get(last, last)))


def _not_hidden(everywhere: Mapping[str, str]) -> dict[str, str]:
    """The keys that mean the same in every tab: those that write. A tab may give any other a meaning of its own."""
    return {key: command for key, command in everywhere.items() if COMMANDS[command].writes}


def _meaning(owner: str) -> str:
    return f"{owner}, {COMMANDS[owner].words}" if owner in COMMANDS else owner


def _key(command: str, text: str) -> str:
    *held, last = text.split("+") if len(text) > 1 else [text]
    name = "+".join((*held, _NAMES.get(last, last)))
    if not _NAME.fullmatch(name):
        raise KeysInvalid(
            f"{text!r} of {command} is no key", hint="keys are written like these: S f5 / ctrl+r pagedown, separated by blanks"
        )
    return name


def _require_known(command: str) -> None:
    if command not in COMMANDS:
        raise KeysInvalid(f"there is no command {command!r}", hint=suggestion(command, COMMANDS))


def suggestion(given: str, known: Iterable[str]) -> str:
    """The closest of the known names, or all of them."""
    names = list(known)
    close = difflib.get_close_matches(given, names, n=1)
    return f"did you mean {close[0]}?" if close else f"they are: {', '.join(names)}"
