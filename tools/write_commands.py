"""Write the table of commands into docs/lifecycle.md: python tools/write_commands.py"""

from __future__ import annotations

from pathlib import Path

from runner.supervisor.commands import as_markdown

DOCUMENT = Path(__file__).parents[1] / "docs" / "lifecycle.md"
BEGIN, END = "<!-- commands: written by tools/write_commands.py -->\n", "<!-- end of commands -->\n"


def with_table(text: str) -> str:
    """The document with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{as_markdown()}\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(with_table(DOCUMENT.read_text()))
