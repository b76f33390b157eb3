"""What a daemon is told of hot reload when it is started, beside the directories and files to watch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from spec.errors import UsageError
from spec.job import ReloadSettings

_TRUTH = {"true": True, "false": False}
_LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class ReloadOptions:
    """``watch_submitted``: the files that jobs are submitted from are watched, too. ``defaults`` count where a job file says
    nothing."""

    watch_submitted: bool = False
    defaults: ReloadSettings = ReloadSettings()

    def arguments(self) -> list[str]:
        """As arguments of a daemon's command line."""
        given = msgspec.to_builtins(self.defaults)
        settings = [f"--reload={name}={value}" for name, value in given.items() if value is not None]
        return [*(["--watch-submitted"] if self.watch_submitted else []), *settings]


def parse_settings(entries: Iterable[str]) -> ReloadSettings:
    """``OPTION=VALUE`` as on a command line, named as in a job file with or without ``reload.``. Raises :class:`UsageError`."""
    given: dict[str, object] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        option = name.strip().removeprefix("reload.")
        if not equals or option not in ReloadSettings.__struct_fields__:
            known = ", ".join(ReloadSettings.__struct_fields__)
            raise UsageError(f"{entry!r} is no setting of hot reload", hint=f"OPTION=VALUE, where OPTION is one of {known}")
        given[option] = _TRUTH.get(value.strip().lower(), value.strip())
    try:
        settings = msgspec.convert(given, ReloadSettings, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"a setting of hot reload is wrong: {error}", hint="`flowdeck explain env.reload.upgrade`") from None
    if settings.stable_after is not None and not 0 <= settings.stable_after <= _LONGEST:
        raise UsageError(f"stable_after is {settings.stable_after:g} s", hint=f"give 0 to {_LONGEST:g} seconds")
    return settings
