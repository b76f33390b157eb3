"""Contexts for plugins under test."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from runner.connectors.base import PluginContext
from spec.job import JobMode, PluginKind, PluginSpec


def _load(path: Path) -> None:
    """Make a module importable under its own short name (test folders are no packages)."""
    if path.stem not in sys.modules:
        specification = importlib.util.spec_from_file_location(path.stem, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[path.stem] = module
        specification.loader.exec_module(module)


_load(Path(__file__).parent.parent / "contract" / "every_type.py")


class ListLog:
    """A log in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def write(self, level: str, message: str, *, plugin: str = "") -> None:
        """Keep one line."""
        self.lines.append((level, message))

    def output(self, messages: Sequence[str], *, plugin: str) -> None:
        """Keep output lines."""
        self.lines += [("output", message) for message in messages]


@pytest.fixture
def make_context(tmp_path: Path) -> Callable[..., PluginContext]:
    """``make_context(name, options)``: a plugin with these options, its base directory a temporary one."""

    def make(name: str, options: dict[str, Any], *, parallelism: int = 1, attempt: str = "e-1-1") -> PluginContext:
        plugin = PluginSpec(
            id="plugin", kind=PluginKind.SOURCE, name=name, index=0, options=options, output="rows", parallelism=parallelism
        )
        return PluginContext(
            plugin=plugin,
            mode=JobMode.BATCH,
            job_id="job-1",
            execution="execution-1",
            attempt=attempt,
            worker=0,
            workers=1,
            base_directory=tmp_path,
            log=ListLog(),
        )

    return make
