"""The walls inside the package, and what starting it may import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui

ROOT = Path(tui.__file__).parent
FORBIDDEN = {
    "draw": ("textual", "tui.data", "tui.actions", "tui.query", "tui.widgets", "tui.tabs", "tui.screens"),
    "settings": ("textual", "tui.data", "tui.draw", "tui.actions", "tui.query", "tui.widgets", "tui.tabs", "tui.screens"),
    "plain": ("textual", "tui.actions", "tui.widgets", "tui.tabs", "tui.screens"),
    "query": ("textual", "tui.data", "tui.actions", "tui.widgets", "tui.tabs", "tui.screens"),
    "data": ("textual", "tui.actions", "tui.widgets", "tui.tabs", "tui.screens"),
    "actions": ("textual", "tui.widgets", "tui.tabs", "tui.screens"),
    "widgets": ("tui.tabs", "tui.screens", "tui.app", "tui.palette"),
    "tabs": ("tui.screens", "tui.app", "tui.palette"),
    "screens": ("tui.app", "tui.palette"),
}
ROOMS = sorted(FORBIDDEN)


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, type-checking imports left out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    hidden = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield node.module or ""


def is_inside(module: str, package: str) -> bool:
    """Whether ``module`` is ``package`` or in it."""
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_know_only_what_they_may(room: str) -> None:
    """Pure rooms import no Textual; nobody looks towards the screens except the application."""
    files = sorted((ROOT / room).glob("*.py"))
    assert files
    wrong = [
        f"{file.name}: {module}"
        for file in files
        for module in imports(file)
        if any(is_inside(module, package) for package in FORBIDDEN[room])
    ]
    assert wrong == []


def test_tabs_do_not_know_each_other() -> None:
    """A tab imports no other tab, only the modules that carry its own name."""
    for file in (ROOT / "tabs").glob("*.py"):
        for module in imports(file):
            if is_inside(module, "tui.tabs"):
                assert module.removeprefix("tui.tabs.").startswith(file.stem.partition("_")[0]), (file.name, module)


def test_only_the_client_leads_to_the_runner() -> None:
    """Of the runner the screens see its client, its home and its records."""
    records = (
        *("audit", "cluster", "model", "observation", "operation"),
        *("reload", "replies", "requests", "states", "struct_types", "user_home"),
    )
    allowed = ("runner.client", "runner.endpoint", "runner.home", "runner.verbs.call", *(f"runner.{name}" for name in records))
    for room in (*ROOMS, "."):
        for file in (ROOT / room).glob("*.py"):
            for module in imports(file):
                assert not is_inside(module, "runner") or module in allowed, (file.name, module)


def test_files_are_small() -> None:
    """One idea per file: none is longer than 350 lines."""
    long = [
        file.name for room in (*ROOMS, ".") for file in (ROOT / room).glob("*.py") if len(file.read_text().splitlines()) > 350
    ]
    assert long == []


def test_markup_is_off_everywhere() -> None:
    """Toasts say markup=False, and nothing is given to a widget that would parse it."""
    for file in (path for room in (*ROOMS, ".") for path in (ROOT / room).glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name == "notify":
                assert any(keyword.arg == "markup" for keyword in call.keywords), file.name
            assert name not in ("Static", "Label", "RichLog", "Log", "DataTable", "Markdown"), file.name
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not names & {"border_title", "border_subtitle", "from_markup"}, file.name


def test_starting_imports_nothing_heavy() -> None:
    """The first paint waits for Textual and the client, not for the engine, a web framework, or what is behind a key."""
    heavy = ["duckdb", "pyarrow", "numpy", "httpx", "litestar", "uvicorn", "aiohttp", "plotext", "psutil", "jsonschema"]
    heavy += ["pyhocon", "watchfiles", "pygments", "tui.screens.confirm", "tui.screens.restore"]
    heavy += ["schemas", "spec.checks", "spec.graph", "spec.plan", "spec.render", "tui.draw.findings", "tui.draw.hocon"]
    heavy += [f"tui.tabs.{name}" for name in ("checkpoints", "dag", "errors", "events", "logs", "spec")]
    code = f"import sys, tui.app; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
