"""flowdeck as an installed application: the wheel works in an environment of its own, wherever it is called from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from zipfile import Path as ArchivePath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
pytestmark = pytest.mark.timeout(600)  # a wheel is built by tools that are fetched for it, beside other tests


def required(found: Distribution, extras: frozenset[str], known: set[str]) -> Iterator[Distribution]:
    """What the distribution asks for, and what that asks for, each once; as it is installed beside these tests."""
    for text in found.requires or ():
        wanted = Requirement(text)
        if wanted.marker is not None and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            continue
        if (key := f"{canonicalize_name(wanted.name)}{sorted(wanted.extras)}") not in known:
            known.add(key)
            other = distribution(wanted.name)
            yield other
            yield from required(other, frozenset(wanted.extras | {""}), known)


def link(found: Distribution, packages: Path) -> None:
    """Have the distribution's files in the directory, as links to those beside these tests."""
    for name in {file.parts[0] for file in found.files or () if file.parts[0] not in {"..", "__pycache__"}}:
        if not (packages / name).is_symlink():
            (packages / name).symlink_to(str(found.locate_file(name)))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` directory of a fresh environment that holds the built wheel and what the wheel asks for, nothing else."""
    directory = tmp_path_factory.mktemp("wheel")
    source = directory / "source"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in tracked:
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", directory, source], check=True, timeout=280)
    (wheel,) = directory.glob("flowdeck-*.whl")
    environment = directory / "environment"
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    (packages,) = environment.glob("lib/python*/site-packages")
    (metadata,) = (entry for entry in ArchivePath(wheel).iterdir() if entry.name.endswith(".dist-info"))
    for found in required(PathDistribution(metadata), frozenset({""}), set()):
        link(found, packages)
    subprocess.run([*pip, "--python", python, "install", "--no-compile", "--no-deps", wheel], check=True, timeout=280)
    subprocess.run([*pip, "--python", python, "check"], check=True, timeout=280)
    return environment / "bin"


def test_a_job_runs_from_a_directory_that_has_packages_of_the_same_names(installed: Path, tmp_path: Path) -> None:
    """A ``runner.py`` and a ``spec/`` in the working directory are not mistaken for flowdeck's own."""
    (tmp_path / "runner.py").write_text("raise SystemExit('the wrong runner')\n")
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "__init__.py").write_text("raise SystemExit('the wrong spec')\n")
    shutil.copy(SAMPLES / "minimal.json", tmp_path)
    with tempfile.TemporaryDirectory(prefix="fdw-") as home:
        done = subprocess.run(
            [installed / "flowdeck", "--home", home, "run", "minimal.json"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": ""},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 5
