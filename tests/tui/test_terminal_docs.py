"""docs/terminal-ui.md has the keys that there are, and pictures that exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "terminal-ui.md"


def test_the_keys_are_those_of_the_program() -> None:
    """Written by tools/write_keys.py; run it when this fails."""
    spec = importlib.util.spec_from_file_location("write_keys", ROOT / "tools" / "write_keys.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = DOCUMENT.read_text(encoding="utf-8")
    assert tool.with_table(text) == text


def test_every_picture_exists() -> None:
    """In the document and in the README."""
    for document in (DOCUMENT, ROOT / "README.md"):
        text = document.read_text(encoding="utf-8")
        pictures = re.findall(r"\(((?:docs/)?screenshots/[^)]+\.svg)\)", text)
        assert pictures
        assert [name for name in pictures if not (document.parent / name).exists()] == []
