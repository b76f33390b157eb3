"""The home directories of users: one's own, and `~` in paths that people write. Flowdeck's home is in :mod:`runner.home`."""

from __future__ import annotations

import os
from pathlib import Path


def user_home() -> Path | None:
    """That of the user; None without one: in a container, say, whose user has no entry anywhere."""
    found = expanded("~")
    return found if found.is_absolute() else None


def expanded(path: Path | str) -> Path:
    """With `~` or `~name` at the beginning replaced by the home directory of the user, or of that one. Where there is none it
    stays as it is, an ordinary name that most probably does not exist: whoever uses it says so. (``Path.expanduser`` raises
    RuntimeError.)"""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - see above
