"""The table of commands in docs/lifecycle.md is the one that the service obeys."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_documented_table_is_the_one_in_use():
    """Whoever changes the table runs tools/write_commands.py."""
    source = importlib.util.spec_from_file_location("write_commands", ROOT / "tools" / "write_commands.py")
    tool = importlib.util.module_from_spec(source)
    source.loader.exec_module(tool)
    text = tool.DOCUMENT.read_text()
    assert "| `stop` | STARTING RUNNING" in text
    assert tool.with_table(text) == text, "run: python tools/write_commands.py"
