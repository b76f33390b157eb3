"""The walls of the house: imports point one way, and a face loads only what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_imports_point_one_way() -> None:
    """Every import contract of pyproject.toml holds."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("spec.check", {"textual", "duckdb", "pyarrow", "litestar", "runner"}),
        ("runner.client", {"textual", "duckdb", "pyarrow", "litestar", "uvicorn"}),
        ("runner.daemon", {"textual", "pyarrow", "numpy", "litestar", "uvicorn"}),
        ("tui.cli.main", {"textual", "duckdb", "pyarrow", "litestar", "uvicorn", "rich", "jsonschema"}),
        ("tui.app", {"duckdb", "pyarrow", "litestar", "uvicorn", "numpy", "httpx"}),
        ("flowdeck", {"textual", "duckdb", "pyarrow", "litestar", "jsonschema"}),
    ],
)
def test_a_face_loads_only_what_it_needs(module: str, forbidden: set[str]) -> None:
    """Importing the module in a fresh interpreter leaves the heavy libraries of other rooms alone."""
    program = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert forbidden.isdisjoint(done.stdout.split())


def test_no_file_holds_more_than_one_noun() -> None:
    """No module is longer than 500 lines."""
    modules = [path for room in ("schemas", "spec", "runner", "tui") for path in (ROOT / room).rglob("*.py")]
    assert {str(path.relative_to(ROOT)): count for path in modules if (count := _lines(path)) > 500} == {}


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())
