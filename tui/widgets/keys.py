"""The person's own keys, for words on the screen: the only place that a key's letter comes from."""

from __future__ import annotations

from textual.dom import DOMNode

from tui.settings.keymap import Keymap

_DEFAULT = Keymap()


def keymap_of(node: DOMNode) -> Keymap:
    """The keys of the program that a widget is in."""
    found = getattr(node.app, "keys", _DEFAULT)
    return found if isinstance(found, Keymap) else _DEFAULT


def key_of(node: DOMNode, command: str) -> str:
    """The first key of a command as people know it; empty when it has none."""
    return keymap_of(node).first(command)
