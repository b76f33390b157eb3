"""docs/editors.md: the settings in it are well-formed, start `flowdeck lsp`, and give the server only what it takes."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from spec.errors import UsageError
from tui.language_server.settings import Settings, include_directory, read_settings

DOCUMENT = (Path(__file__).parents[2] / "docs" / "editors.md").read_text()


def block(language):
    """The first block of code in that language."""
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    return found[1]


def test_helix():
    """The server is defined and used, also with the optional line."""
    settings = tomllib.loads(block("toml").replace("# config", "config"))
    server = settings["language-server"]["flowdeck"]
    assert [server["command"], *server["args"]] == ["flowdeck", "lsp"]
    assert read_settings(server["config"]).engine == "local"
    assert settings["language"][0]["language-servers"] == ["flowdeck"]


def test_vs_code():
    """The files are associated with the language that the server is for."""
    settings = json.loads(block("json"))
    assert [settings["glspc.server.command"], *settings["glspc.server.commandArguments"]] == ["flowdeck", "lsp"]
    assert read_settings(settings["glspc.server.initializationOptions"]) == Settings()
    assert set(settings["files.associations"].values()) == set(settings["glspc.server.languageId"])


def test_neovim():
    """The command and the file type stand in it."""
    lua = block("lua")
    assert 'cmd = { "flowdeck", "lsp" }' in lua
    assert '"hocon"' in lua
    assert lua.count("{") == lua.count("}")


@pytest.mark.parametrize(
    "options", [{"engin": "local"}, {"engine": "none"}, {"engine": 1}, {"variables": {"a": 1}}, [], "local"]
)
def test_what_is_no_setting(options):
    """A setting of another name, type or value is refused with words."""
    with pytest.raises(UsageError):
        read_settings(options)


def test_no_settings():
    """An editor need not set anything."""
    assert read_settings(None) == read_settings({}) == Settings("local", {})


def test_include_directory(tmp_path):
    """A document includes from its own directory, if that is in the workspace once links are followed; what is no file does
    not include at all."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for directory in (inside / "jobs", outside):
        directory.mkdir(parents=True)
    (inside / "link").symlink_to(outside)
    folders = [inside.as_uri()]
    assert include_directory((inside / "jobs" / "a.conf").as_uri(), folders) == inside / "jobs"
    assert include_directory((outside / "a.conf").as_uri(), folders) is None
    assert include_directory((inside / "link" / "a.conf").as_uri(), folders) is None
    assert include_directory((outside / "a.conf").as_uri(), []) == outside
    assert include_directory("untitled:Untitled-1", []) is None
