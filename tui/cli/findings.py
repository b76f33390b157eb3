"""What is wrong with a job file, told on stderr by the commands that want to do something with it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from spec.diagnostic import Diagnostic, Severity
from spec.render.text import render_text
from tui.cli.terminal import has_colour

_WIDTH = (120, 24)


def tell_findings(diagnostics: Sequence[Diagnostic]) -> None:
    """Each with its place, and after errors where the first is explained. Nothing, when there are none."""
    if not diagnostics:
        return
    width = shutil.get_terminal_size(_WIDTH).columns
    sys.stderr.write(render_text(diagnostics, colour=has_colour(sys.stderr), width=width))
    if worst := next((found for found in diagnostics if found.severity is Severity.ERROR), None):
        sys.stderr.write(f"  hint: flowdeck explain {worst.code} says more\n")
    sys.stderr.flush()
