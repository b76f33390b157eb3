"""The tree that pyhocon's converter walks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import ItemsView, Iterable
from typing import Any

from pyhocon import ConfigTree


class ExactTree(ConfigTree):  # type: ignore[misc] # pyhocon has no types
    """A tree whose keys are taken as they are: pyhocon's own splits them at dots when they are read."""

    def __init__(self, entries: Iterable[tuple[str, Any]]) -> None:
        super().__init__()
        for key, value in entries:
            OrderedDict.__setitem__(self, key, value)

    def __getitem__(self, key: str) -> Any:
        return OrderedDict.__getitem__(self, key)

    def items(self) -> ItemsView[str, Any]:
        """The entries, keys untouched."""
        return ItemsView(self)
