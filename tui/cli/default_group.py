"""A group of commands one of which is meant when none is said."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


class ListedByDefault(click.Group):
    """``savepoints [JOB]`` means ``savepoints list [JOB]``; only a first word that is a command of the group is one. A job of
    such a name has an id."""

    default = "list"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front that is meant without being said."""
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)  # a shell completes the first word: a command of the group, or a job
        known = {*self.commands, *ctx.help_option_names} - {self.default}
        return super().parse_args(ctx, args if args and args[0] in known else [self.default, *args])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands of the group, and what the one that is meant without being said takes."""
        arguments = [found for found in self.commands[self.default].params if isinstance(found, click.Argument)]
        offered = super().shell_complete(ctx, incomplete)
        return offered + [item for argument in arguments[:1] for item in argument.shell_complete(ctx, incomplete)]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of what is meant without being said are those of the group."""
        command = self.commands[self.default]
        with click.Context(command, parent=ctx, info_name=self.default) as inner:
            click.Command.format_options(command, inner, formatter)
        self.format_commands(ctx, formatter)
