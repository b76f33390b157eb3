"""docs/cli.md is complete: every command, option and argument is in it, and no command that does not exist."""

import re
from pathlib import Path

import click

from tui.cli.main import COMMANDS, flowdeck

DOCUMENT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
SECTIONS = {
    match[1]: match[2]
    for match in re.finditer(r"^#{2,3} `flowdeck ?([a-z]*)`\n(.*?)(?=^##|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
}
COMMON = {"--home", "--server", "--ca", "--help", "-h"}


def command(name):
    """The click command of this name."""
    with click.Context(flowdeck) as context:
        found = flowdeck.get_command(context, name)
    assert found is not None
    return found


def parameters(name):
    """The parameters of a command, and of its subcommands."""
    found = command(name)
    parts = [found, *found.commands.values()] if isinstance(found, click.Group) else [found]
    return [parameter for part in parts for parameter in part.params]


def test_every_command_has_a_section():
    """A command without a section in docs/cli.md is not finished; a section without a command misleads."""
    assert set(SECTIONS) - {""} == set(COMMANDS)


def test_every_option_is_documented():
    """Every spelling of every option stands in the section of its command."""
    for name in COMMANDS:
        options = [option for option in parameters(name) if isinstance(option, click.Option)]
        spellings = {spelling for option in options for spelling in (*option.opts, *option.secondary_opts)} - COMMON
        missing = {spelling for spelling in spellings if f"`{spelling}" not in SECTIONS[name]}
        assert not missing, (name, missing)


def test_every_documented_option_exists():
    """An option in a section that the command does not have misleads."""
    for name in COMMANDS:
        known = {spelling for option in parameters(name) for spelling in option.opts}
        documented = set(re.findall(r"^- `(--?[a-z-]+)", SECTIONS[name], re.MULTILINE))
        assert documented <= known, (name, documented - known)


def test_the_group_options_are_documented():
    """The options of `flowdeck` itself."""
    spellings = {spelling for option in flowdeck.params for spelling in option.opts}
    assert {spelling for spelling in spellings if f"`{spelling}" not in DOCUMENT} == set()


def test_every_command_explains_itself():
    """Each command has a help text and a short one, and each option a help text."""
    for name in COMMANDS:
        found = command(name)
        assert found.help
        assert found.short_help
        for option in parameters(name):
            if isinstance(option, click.Option):
                assert option.help, (name, option.name)
