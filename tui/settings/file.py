"""The settings file: TOML that a person writes, read once at the start. The program never writes it.

theme = "flowdeck-light"
symbols = "ascii"
[keys]
"job.savepoint" = "f5"
[views]
slow = "lag>5s state:active"
[contexts.production]
server = "https://jobs.example.org:8443"
key_file = "~/.config/flowdeck/production.key"
read_only = true
"""

from __future__ import annotations

import enum
import os
import re
from pathlib import Path
from typing import Any, Final

import msgspec

from runner.user_home import user_home
from spec.errors import UsageError
from tui.settings.keymap import Keymap, suggestion

_LARGEST = 256 * 1024
_UNKNOWN: Final = re.compile(r"unknown field `(?P<name>[^`]*)`(?: - at `\$(?P<place>[^`]*)`)?")
_CONTEXT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SettingsInvalid(UsageError):
    """The settings file cannot be used."""

    code = "settings-invalid"


class Symbols(enum.StrEnum):
    """What charts and marks are drawn with; AUTO takes what the terminal is likely to have."""

    AUTO = "auto"
    BRAILLE = "braille"
    ASCII = "ascii"


class Context(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A daemon to connect to: a home on this machine, or a server with the file that holds the key to it and, where the system
    does not know them, one with the certificates to trust (``ca_file``).

    With ``read_only`` the terminal UI changes nothing there. ``accent`` is the colour that tells this context from others.
    """

    home: str | None = None
    server: str | None = None
    key_file: str | None = None
    ca_file: str | None = None
    read_only: bool = False
    accent: str | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person has chosen. ``views`` are filters by name, ``keys`` keys by command (see :class:`Keymap`), ``themes``
    colours by the name of a theme of one's own (see :func:`tui.themes.custom.custom_theme`)."""

    theme: str = "auto"
    symbols: Symbols = Symbols.AUTO
    mouse: bool = True
    keys: dict[str, str] = {}
    views: dict[str, str] = {}
    contexts: dict[str, Context] = {}
    themes: dict[str, dict[str, str]] = {}

    @property
    def keymap(self) -> Keymap:
        """The keys, checked. Raises :class:`tui.settings.keymap.KeysInvalid`."""
        return Keymap.of(self.keys)


DEFAULTS: Final = Settings()


def settings_path() -> Path:
    """Where the file is looked for: ``FLOWDECK_SETTINGS``, else ``flowdeck/settings.toml`` in the user's configuration;
    a user without a home directory has none."""
    if named := os.environ.get("FLOWDECK_SETTINGS"):
        return Path(named)
    if base := os.environ.get("XDG_CONFIG_HOME"):
        return Path(base) / "flowdeck" / "settings.toml"
    home = user_home()
    return home / ".config" / "flowdeck" / "settings.toml" if home is not None else Path(os.devnull)


def read_settings(path: Path) -> Settings:
    """The settings of ``path``, or the defaults when there is no such file. Raises :class:`SettingsInvalid` with the place of
    what is wrong, and :class:`tui.settings.keymap.KeysInvalid`."""
    try:
        text = path.read_bytes()[: _LARGEST + 1]
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsInvalid(f"cannot read {path}: {error.strerror or error}") from error
    if len(text) > _LARGEST:
        raise SettingsInvalid(f"{path} is larger than {_LARGEST // 1024} KiB")
    found = _decoded(path, text)
    for name, context in found.contexts.items():
        _check_context(path, name, context)
    try:
        _ = found.keymap
    except UsageError as error:
        error.message = f"{path}: {error.message}"
        raise
    return found


def _decoded(path: Path, text: bytes) -> Settings:
    try:
        return msgspec.toml.decode(text, type=Settings)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"{path}: {_words(str(error))}", hint=_hint(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path} is no TOML: {error}") from error


def _words(message: str) -> str:
    """Msgspec's own words, with the place as TOML has it."""
    found = _UNKNOWN.search(message)
    if found is not None:
        place = (found["place"] or "").lstrip(".")
        return f"there is no setting {found['name']!r}{f' in [{place}]' if place else ''}"
    return message.replace("`$.", "`").replace("`$`", "the file")


def _hint(message: str) -> str:
    found = _UNKNOWN.search(message)
    if found is None:
        return ""
    kind: Any = Context if "contexts" in (found["place"] or "") else Settings
    return suggestion(found["name"], [field.name for field in msgspec.structs.fields(kind)])


def _check_context(path: Path, name: str, context: Context) -> None:
    if not _CONTEXT_NAME.fullmatch(name):
        raise SettingsInvalid(f"{path}: {name!r} is no name for a context", hint="letters, digits, dots, dashes")
    if (context.home is None) == (context.server is None):
        raise SettingsInvalid(f"{path}: the context {name} needs either a home or a server")
    for file in ("key_file", "ca_file"):
        if getattr(context, file) is not None and context.server is None:
            raise SettingsInvalid(f"{path}: the context {name} has a {file} but no server")
