"""The templates: what there is, and what belongs to each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parent
_SUFFIX: Final = ".conf"
_DATA: Final = re.compile(r'"data/([\w.-]+)"')


@dataclass(frozen=True, slots=True)
class Template:
    """One template. ``title`` says what the job does; ``data`` are the files it reads, by their path beside the job file."""

    name: str
    title: str
    text: str
    data: dict[str, bytes]

    @property
    def file_name(self) -> str:
        """What the job file is called when nobody says otherwise."""
        return f"{self.name}{_SUFFIX}"


@cache
def template_names() -> tuple[str, ...]:
    """The names of all templates, sorted."""
    return tuple(sorted(path.stem for path in _ROOT.glob(f"*{_SUFFIX}")))


def template(name: str) -> Template | None:
    """The template of that name; None when there is none."""
    if name not in template_names():
        return None
    text = (_ROOT / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    title = text.partition("\n")[0].lstrip("# ")
    data = {f"data/{file}": (_ROOT / "data" / file).read_bytes() for file in dict.fromkeys(_DATA.findall(text))}
    return Template(name, title, text, data)


def templates() -> tuple[Template, ...]:
    """All templates, by name."""
    return tuple(found for name in template_names() if (found := template(name)) is not None)
