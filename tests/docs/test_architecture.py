"""The page for readers of the code leads to files that are there, and names every room."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
LINKED = {(ROOT / "docs" / target).resolve() for target in re.findall(r"\]\(([^)#]+)\)", PAGE)}
_PARTS = {"actions", "draw", "query", "screens", "settings", "styles", "tabs", "themes", "widgets"}
"""Of the terminal UI: one room together."""


def test_every_link_leads_somewhere() -> None:
    """Whoever moves a file moves the link to it."""
    assert LINKED
    assert [str(path) for path in LINKED if not path.exists()] == []


def test_every_room_is_named() -> None:
    """A package of the runner and the terminal UI that is new gets its line."""
    rooms = {path.parent for top in ("runner", "tui") for path in (ROOT / top).glob("*/__init__.py")}
    missing = {room for room in rooms - LINKED if room.name not in _PARTS}
    assert rooms
    assert sorted(str(room.relative_to(ROOT)) for room in missing) == []
