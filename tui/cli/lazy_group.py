"""A group whose commands are imported when they are used: `flowdeck ls` must not pay for `flowdeck check`."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click


class ReaderGone(Exception):
    """Whoever read stdout has gone."""


class LazyGroup(click.Group):
    """``lazy``: title of a part of the help page -> command name -> ``module:attribute``."""

    def __init__(self, *arguments: Any, lazy: Mapping[str, Mapping[str, str]], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._groups = lazy
        self._lazy = {name: place for commands in lazy.values() for name, place in commands.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order they were given: the order of the help page."""
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        if (place := self._lazy.get(cmd_name)) is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each part of the help page under its title, all with the same indentation."""
        width = max(len(name) for name in self._lazy)
        room = formatter.width - 6 - width
        for title, names in self._groups.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(width), command.get_short_help_str(room)) for name, command in found if command]
                )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raises :class:`ReaderGone` because click itself would make a broken pipe an exit code of 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest a command when there is none of the given name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not close:
                raise
            raise click.UsageError(f"{error.message.rstrip('.')}. Did you mean {close[0]}?", ctx) from error
