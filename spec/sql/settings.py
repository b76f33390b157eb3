"""The engine's settings that give SQL its meaning and keep it inside: the same where queries are checked and where they run."""

from __future__ import annotations

from typing import Final

MEANING: Final = (
    "ieee_floating_point_ops = false",
    "TimeZone = 'UTC'",
    "integer_division = true",
)
"""What an expression computes."""

CONFINED: Final = (
    "enable_progress_bar = false",
    "python_enable_replacements = false",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
)
"""No variable of Python, no extension, no output. External access is left for each to close, after its own directories."""
