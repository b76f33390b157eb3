"""Where the kernel finds what it shows of this process in ``/proc``. Linux only. What is to stand there is others' business."""

from __future__ import annotations

from pathlib import Path

# Where /proc/self/stat says that the arguments and the environment of a process are, counted after its name.
_ARGUMENTS = 45
_ENVIRONMENT = 47


def arguments_area() -> tuple[int, int]:
    """The addresses between which the kernel finds the arguments of this process."""
    return _area(_ARGUMENTS)


def environment_area() -> tuple[int, int]:
    """The addresses between which the kernel finds the environment that this process was started with."""
    return _area(_ENVIRONMENT)


def _area(first: int) -> tuple[int, int]:
    fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return int(fields[first]), int(fields[first + 1])
