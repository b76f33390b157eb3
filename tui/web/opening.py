"""Opening the page in the person's browser.

A browser is started with an address as its argument, which every user of the machine can read. So it is given a file that
nobody else can, which leads to the address.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import tempfile
import webbrowser
from pathlib import Path


class Opening:
    """Of one address. The file is kept in ``directory``, which is made if it is not there, until it is closed."""

    def __init__(self, directory: Path, url: str) -> None:
        self._directory = directory
        self._url = url
        self._file: Path | None = None

    async def show(self) -> bool:
        """Whether a browser was found."""
        return await asyncio.to_thread(self._show)

    def _show(self) -> bool:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="web-", suffix=".html", dir=self._directory)  # readable by the owner only
        self._file = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            url = html.escape(self._url)
            file.write(f'<!DOCTYPE html><meta http-equiv="refresh" content="0; url={url}"><a href="{url}">flowdeck</a>\n')
        return webbrowser.open(self._file.as_uri())

    def close(self) -> None:
        """Leave no file behind."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
