"""Which daemon the terminal UI is about: the one of the command line, or one that the settings file names."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from runner.endpoint import Endpoint, parse_server
from runner.home import Home
from runner.user_home import expanded
from spec.errors import UsageError
from tui.settings.file import Context, Settings, settings_path
from tui.settings.keymap import suggestion

_LONGEST_KEY = 4096
ASKED = "this was opened to look only (--read-only)"


class ContextInvalid(UsageError):
    """There is no such context, or it cannot be used."""

    code = "context-invalid"


class Place(msgspec.Struct, frozen=True):
    """A daemon: of a home on this machine, or at ``server``. ``read_only`` says why nothing is changed there; empty: it is not
    so. ``name`` and ``accent`` are those of the context; both are empty for the one of the command line."""

    home: Home
    server: Endpoint | None = None
    name: str = ""
    accent: str = ""
    read_only: str = ""

    def looking_only(self) -> Place:
        """The same, without changing anything."""
        return msgspec.structs.replace(self, read_only=self.read_only or ASKED)


def place_of(name: str, settings: Settings, home: Home) -> Place:
    """The context of this name; what is remembered of a server is kept in ``home``. Reads its key: blocks a moment. Raises
    :class:`ContextInvalid`."""
    context = settings.contexts.get(name)
    if context is None:
        raise ContextInvalid(f"there is no context {name!r} in {settings_path()}", hint=_known(name, settings.contexts))
    reason = f"the context {name} is read-only" if context.read_only else ""
    accent = context.accent or ""
    if context.home is not None:
        return Place(Home(expanded(context.home)), None, name, accent, reason)
    key = "" if context.key_file is None else read_key(expanded(context.key_file))
    authority = context.ca_file or os.environ.get("FLOWDECK_CA", "")
    return Place(home, parse_server(context.server or "", key, str(expanded(authority)) if authority else ""), name,
                 accent, reason)  # fmt: skip


def read_key(path: Path) -> str:
    """The key that a file holds on its only line. One that others may read is refused. Raises :class:`ContextInvalid`."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise ContextInvalid(f"others may read the key in {path}", hint=f"chmod 600 {path}")
            return file.read(_LONGEST_KEY).decode("ascii").strip()
    except OSError as error:
        raise ContextInvalid(f"cannot read the key in {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ContextInvalid(f"{path} holds no key", hint="flowdeck keys add NAME makes keys") from error


def _known(name: str, contexts: Mapping[str, Context]) -> str:
    return suggestion(name, contexts) if contexts else "name it there: [contexts.NAME], with a home or a server"
