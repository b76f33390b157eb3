"""Write the table of keys into docs/terminal-ui.md: python tools/write_keys.py"""

from __future__ import annotations

from pathlib import Path

from tui.settings.commands import COMMANDS, FIXED, Group
from tui.settings.keymap import Keymap, shown_key

DOCUMENT = Path(__file__).parents[1] / "docs" / "terminal-ui.md"
BEGIN, END = "<!-- keys: written by tools/write_keys.py -->\n", "<!-- end of keys -->\n"


def as_markdown() -> str:
    """A table for each group of commands, then the keys that are fixed."""
    keymap = Keymap.of({})
    parts = []
    for group in Group:
        listed = [command for command in COMMANDS.values() if command.group is group]
        rows = [
            f"| {_code(keymap.shown(command.id).split())} | {_text(command.words)} | `{command.id}` |" for command in listed
        ]
        title, _, more = group.value.partition("  ")
        parts.append(
            f"### {title.capitalize()}\n\n{f'{_sentence(more)}' if more else ''}| keys | what | id |\n|---|---|---|\n"
            + "\n".join(rows)
        )
    rows = [f"| {_code([shown_key(key)])} | {_text(words)} |" for key, words in FIXED.items()]
    parts.append("### Always\n\nThese cannot be given to other commands.\n\n| keys | what |\n|---|---|\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def with_table(text: str) -> str:
    """The document with the tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{as_markdown()}\n{END}{after}"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}.\n\n"


def _code(keys: list[str]) -> str:
    return " ".join(f"`{key}`".replace("|", "\\|") for key in keys)


def _text(words: str) -> str:
    return words.replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
