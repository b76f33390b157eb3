"""Colours of the text output, in terminal escapes; off unless asked for."""

from __future__ import annotations

from dataclasses import dataclass

from spec.diagnostic import Severity

_SEVERITY = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_GUTTER = "1;34"
_HELP = "1;32"
_BOLD = "1"


@dataclass(frozen=True, slots=True)
class Palette:
    """Paints pieces of the output; the identity when ``colour`` is off."""

    colour: bool = False

    def severity(self, severity: Severity, text: str) -> str:
        """Text in the colour of a severity."""
        return self._paint(_SEVERITY[severity], text)

    def gutter(self, text: str) -> str:
        """Line numbers, bars and secondary marks."""
        return self._paint(_GUTTER, text)

    def help(self, text: str) -> str:
        """The word before a help line."""
        return self._paint(_HELP, text)

    def bold(self, text: str) -> str:
        """The message."""
        return self._paint(_BOLD, text)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text
