"""Times as people write them on the command line."""

from __future__ import annotations

import re

_AGO = re.compile(r"[0-9.]+[smhd]")


def moment_of(text: str | None) -> str | None:
    """The time as the daemon reads it: what is so long ago (``5m``) has a sign in front there, which a shell takes for an
    option."""
    return f"-{text}" if text is not None and _AGO.fullmatch(text) else text
