"""The settings file, the keys in it, and what the program remembers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spec.errors import UsageError
from tui.settings.commands import COMMANDS, FIXED
from tui.settings.file import Settings, read_settings, settings_path
from tui.settings.keymap import Keymap, KeysInvalid
from tui.settings.memory import Memory, recall, remember


def test_no_file_means_defaults(tmp_path: Path) -> None:
    """A first start needs no file."""
    assert read_settings(tmp_path / "none.toml") == Settings()


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """Theme, keys, views and contexts."""
    path = tmp_path / "settings.toml"
    path.write_text(
        'theme = "flowdeck-light"\n[keys]\n"job.savepoint" = "f5 S"\n[views]\nslow = "lag>5s"\n'
        '[contexts.far]\nserver = "https://far.example.org:8443"\nkey_file = "k"\nread_only = true\n'
    )
    found = read_settings(path)
    assert found.theme == "flowdeck-light"
    assert found.keymap.keys("job.savepoint") == ("f5", "S")
    assert found.views == {"slow": "lag>5s"}
    assert found.contexts["far"].read_only


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("thme = 1", "there is no setting 'thme'", "did you mean theme?"),
        ("theme = 1", "`theme`", ""),
        ('symbols = "emoji"', "emoji", ""),
        ("[contexts.x]\nhme = 'a'", "there is no setting 'hme'", "did you mean home?"),
        ("[contexts.x]\nread_only = true", "needs either a home or a server", ""),
        ("[contexts.x]\nhome = 'a'\nkey_file = 'k'", "has a key_file but no server", ""),
        ("[contexts.'a b']\nhome = 'a'", "is no name for a context", ""),
        ("theme = ", "is no TOML", ""),
        ("[keys]\n'job.stp' = 'x'", "there is no command 'job.stp'", "did you mean job.stop?"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, message: str, hint: str, tmp_path: Path) -> None:
    """The file, the setting and what was meant."""
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        read_settings(path)
    assert str(path) in caught.value.message
    assert hint in caught.value.hint


def test_the_file_is_looked_for_where_people_keep_theirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment names it, or the directory it is in."""
    monkeypatch.delenv("FLOWDECK_SETTINGS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings_path() == tmp_path / "flowdeck" / "settings.toml"
    monkeypatch.setenv("FLOWDECK_SETTINGS", str(tmp_path / "mine.toml"))
    assert settings_path() == tmp_path / "mine.toml"


def test_the_default_keys_do_not_clash() -> None:
    """Every key has one meaning, and no control key writes."""
    assert Keymap.of({}).keys("job.cancel") == ("X",)
    assert not any(key.startswith("ctrl+") for command in COMMANDS.values() if command.writes for key in command.keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"job.savepoint": "X"}, "is given to job.cancel, but it is for: job.savepoint"),
        ({"filter.edit": "escape"}, "the key esc is given to filter.edit"),
        ({"job.cancel": "ctrl+k"}, "pressed by habit"),
        ({"job.cancel": "sh!ft"}, "is no key"),
    ],
)
def test_keys_that_cannot_be_are_refused(keys: dict[str, str], message: str) -> None:
    """Two meanings for one key, fixed keys, control keys that write, and what is no key."""
    with pytest.raises(KeysInvalid, match=re.escape(message)):
        Keymap.of(keys)


def test_keys_may_be_swapped_and_taken_away() -> None:
    """Two commands may trade keys; a command may have none; signs stand for their names."""
    keymap = Keymap.of({"job.savepoint": "X", "job.cancel": "S", "copy.id": "", "filter.edit": "f /"})
    assert keymap.first("job.cancel") == "S"
    assert keymap.shown("copy.id") == ""
    assert keymap.keys("filter.edit") == ("f", "slash")
    assert keymap.shown("filter.edit") == "f /"
    assert keymap.rebound()["copy.id"] == ""


def test_fixed_keys_belong_to_no_command() -> None:
    """What always means the same is not bound a second time."""
    assert not any(key in FIXED for command in COMMANDS.values() for key in command.keys)


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    """Written whole, read back; damage and a directory that is not there only mean a first start."""
    path = tmp_path / "memory.json"
    remember(path, Memory(sort="lag", hidden_columns={"": ("ROWS",)}))
    assert recall(path) == Memory(sort="lag", hidden_columns={"": ("ROWS",)})
    assert list(tmp_path.iterdir()) == [path]
    path.write_text('{"sort": 3')
    assert recall(path) == Memory()
    remember(tmp_path / "none" / "memory.json", Memory())
    assert recall(tmp_path / "none" / "memory.json") == Memory()
