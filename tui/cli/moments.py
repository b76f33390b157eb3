"""Times as people write them on the command line."""

from __future__ import annotations

import math
import re

import click

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class Patience(click.ParamType[float]):
    """``30s`` as seconds: how long something may take. Without a unit it is seconds."""

    name = "time"

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> float:
        """The seconds, at most a day of them."""
        text = str(value)
        number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "s")
        try:
            seconds = float(number) * _UNITS[unit]
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= 86_400:
            self.fail(f"{text!r} is not how long something may take: write 30s, 5m or 1h", parameter, context)
        return seconds


_AGO = re.compile(r"[0-9.]+[smhd]")


def moment_of(text: str | None) -> str | None:
    """The time as the daemon reads it: what is so long ago (``5m``) has a sign in front there, which a shell takes for an
    option."""
    return f"-{text}" if text is not None and _AGO.fullmatch(text) else text
