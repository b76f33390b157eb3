"""The command `flowdeck web`: what it refuses, and how it opens a browser."""

from __future__ import annotations

import importlib.util
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from spec.errors import UsageError
from tui.cli.main import run_command_line
from tui.settings.file import Context, Settings
from tui.web.server import PageServer, Serving
from tui.web.visit import LOOKING, Visit

OPEN = """
import asyncio, pathlib, sys
from tui.web.opening import Opening
opening = Opening(pathlib.Path(sys.argv[1]), "http://127.0.0.1:1/?token=<secret>")
found = asyncio.run(opening.show())
opening.close()
sys.exit(not found)
"""


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says before it exits with 2."""
    assert run_command_line(["web", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    return shown.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.0.0.1.example.org", ""])
def test_only_loopback_addresses_are_served(host: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An address that other machines reach is refused, with the tunnel that does the same."""
    said = refused(capsys, "--home", str(tmp_path), "--host", host)
    assert "not a loopback address" in said
    assert "ssh -L" in said


def test_a_missing_extra_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without textual-serve the error says which extra brings it."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "textual_serve" else found(name))
    assert "flowdeck[web]" in refused(capsys, "--home", str(tmp_path))


def test_what_is_wrong_is_told_before_a_page_is_opened(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A port that is taken, settings that cannot be read, a context that there is not, two daemons at once."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(capsys, "--home", str(tmp_path), "--port", str(taken.getsockname()[1]))
    assert "--port 0" in said
    monkeypatch.setenv("FLOWDECK_SETTINGS", str(tmp_path / "settings.toml"))
    assert "there is no context 'far'" in refused(capsys, "--home", str(tmp_path), "--context", "far")
    assert "either --context or --server" in refused(capsys, "--context", "far", "--server", "http://127.0.0.1:1")
    (tmp_path / "settings.toml").write_text("theme = 3\n")
    assert "theme" in refused(capsys, "--home", str(tmp_path))


async def test_a_loopback_address_of_the_other_kind(tmp_path: Path) -> None:
    """The printed address is one that browsers take, also for IPv6."""
    try:
        server = PageServer(Visit(tmp_path), Serving("::1", 0, 1), print)
    except UsageError:
        pytest.skip("needs IPv6")
    assert server.url.startswith("http://[::1]:")
    server.close()


def test_a_page_only_looks_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking is what a process does that is told nothing; a context that is read-only stays so; a key is in no argument."""
    far = Settings(contexts={"far": Context(home=str(tmp_path / "far"), read_only=True), "near": Context(home=str(tmp_path))})
    assert Visit(tmp_path).place(far).read_only == LOOKING
    assert Visit(tmp_path, context="near").place(far).read_only == LOOKING
    assert Visit(tmp_path, context="near", writes=True).place(far).read_only == ""
    assert Visit(tmp_path, context="far", writes=True).place(far).read_only == "the context far is read-only"
    assert Visit(tmp_path).arguments() == ["--home", str(tmp_path)]
    monkeypatch.setenv("FLOWDECK_API_KEY", "fd-canary")
    remote = Visit(tmp_path, "http://127.0.0.1:1", writes=True)
    assert remote.arguments() == ["--home", str(tmp_path), "--server", "http://127.0.0.1:1", "--write"]
    assert remote.place(far).server is not None


def test_a_browser_is_given_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    """The token is in no argument: the browser's argument is a file, private and gone afterwards, that leads to the address."""
    kept = tmp_path / "kept.html"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nfile=$(printf %s "$1" | cut -c8-)\ncp -p "$file" {kept}\n')
    browser.chmod(0o700)
    home = tmp_path / "h"
    environment = {**os.environ, "BROWSER": f"{browser} %s"}
    subprocess.run([sys.executable, "-c", OPEN, str(home)], env=environment, check=True, timeout=60)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert 'content="0; url=http://127.0.0.1:1/?token=&lt;secret&gt;"' in kept.read_text()
    assert list(home.iterdir()) == []
