"""The command init: job files to begin with."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import click

from spec.errors import UsageError
from spec.templates.catalogue import Template, template, template_names, templates
from tui.cli.paths import STDIN
from tui.cli.tables import Column, print_table
from tui.cli.terminal import say, write_data

_PLAIN_NAME = re.compile(r"[\w.-]+")


@click.command("init", short_help="Write a job file to begin with.")
@click.argument("name", metavar="[TEMPLATE]", required=False)
@click.option("--output", metavar="FILE", help="Where to write it; - for standard output. Default: TEMPLATE.conf, here.")
@click.option("--force", is_flag=True, help="Overwrite what exists.")
def init_command(name: str | None, *, output: str | None, force: bool) -> int:
    """Write the job file of a template, and the small data that it reads into data/ beside it. It runs as it is.

    Without TEMPLATE: list the templates.

    Exit code 0: written, or listed. 2: there is no such template, or a file exists already.
    """
    if name is None:
        if output is not None or force:
            raise UsageError("which template?", hint=f"templates: {', '.join(template_names())}")
        print_table([Column("TEMPLATE"), Column("", flexible=True)], [[found.name, found.title] for found in templates()])
        return 0
    chosen = _chosen(name)
    if output == STDIN:
        write_data(chosen.text)
        return 0
    file = _target(chosen, output)
    for path in _write(_files(chosen, file), force=force):
        say(f"wrote {path}")
    say(f"run it with: flowdeck run {file}")
    return 0


def _chosen(name: str) -> Template:
    found = template(name)
    if found is None:
        close = difflib.get_close_matches(name, template_names(), n=1)
        hint = f"did you mean {close[0]}?" if close else f"templates: {', '.join(template_names())}"
        raise UsageError(f"there is no template {name}", hint=hint)
    return found


def _target(chosen: Template, output: str | None) -> Path:
    path = Path(output or chosen.file_name)
    return path / chosen.file_name if path.is_dir() else path


def _files(chosen: Template, file: Path) -> dict[Path, bytes]:
    """What to write where. The comments of the job file name it as it is called now."""
    text = chosen.text.replace(chosen.file_name, file.name) if _PLAIN_NAME.fullmatch(file.name) else chosen.text
    return {file: text.encode(), **{file.parent / path: data for path, data in chosen.data.items()}}


def _write(files: dict[Path, bytes], *, force: bool) -> list[Path]:
    """Write all, or nothing when one of them exists with another content. Returns those that were not there already."""
    needed = {path: data for path, data in files.items() if not _holds(path, data)}
    existing = [str(path) for path in needed if path.is_symlink() or path.exists()]
    if existing and not force:
        raise UsageError(f"{' and '.join(existing)} exists already", hint="--force overwrites, --output writes elsewhere")
    for path, data in needed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb" if force else "xb") as stream:
            stream.write(data)
    return list(needed)


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
