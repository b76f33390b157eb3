"""The command palette: the commands of the program, the actions on the selected job, and every job by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.actions.registry import ACTIONS
from tui.screens.jobs import JobsScreen
from tui.settings.commands import COMMANDS, Group
from tui.themes import THEMES

_MOST_JOBS = 50


class Command(NamedTuple):
    """A line of the palette."""

    title: str
    help: str
    run: Callable[[], object]


class JobCommands(Provider):
    """Everything that can be done from the job list. Texts are never markup: a job may be called ``orders[/]``."""

    async def discover(self) -> Hits:
        """The commands, before anything is typed."""
        for command in self._commands():
            yield DiscoveryHit(Content(command.title), command.run, text=command.title, help=command.help)

    async def search(self, query: str) -> Hits:
        """Commands and jobs that fit."""
        matcher = self.matcher(query)
        jobs = 0
        for command in (*self._commands(), *self._jobs()):
            score = matcher.match(command.title)
            if score <= 0 or jobs >= _MOST_JOBS:
                continue
            jobs += command.title.startswith("go to ")
            yield Hit(score, matcher.highlight(command.title), command.run, text=command.title, help=command.help)

    def _commands(self) -> Iterator[Command]:
        screen = self.screen
        if not isinstance(screen, JobsScreen):
            return
        app = self.app
        view = screen.selected
        for action in ACTIONS:
            if view is not None:
                why = action.refusal(view) or action.help
                yield Command(
                    f"{action.title_of(view).lower()} {view.name}",
                    f"{screen.keymap.first(f'job.{action.id}')}  {why}",
                    partial(screen.action_act, action.id),
                )
        for number, title in enumerate(screen.inspector.titles, 1):
            key = screen.keymap.first(f"tab.{title.lower()}")
            yield Command(f"show {title.lower()}", f"{key}  tab of the inspector", partial(screen.action_tab, number))
        for command in COMMANDS.values():
            if command.group in {Group.FIND, Group.MOVE} and command.action and command.id not in {"palette", "view.back"}:
                yield Command(command.words, screen.keymap.shown(command.id), partial(screen.run_action, command.action))
        for theme in THEMES:
            word = theme.name.removeprefix("flowdeck-").replace("-", " ")
            yield Command(f"theme {word}", f"flowdeck's {word} colours", partial(setattr, app, "theme", theme.name))
        yield Command("theme …", "every theme there is", app.search_themes)
        yield Command("start the daemon", "when it was stopped", partial(app.run_action, "start_daemon"))
        yield Command("keys", f"{screen.keymap.shown('help')}  every key, searchable", screen.action_help)
        yield Command("quit", f"{screen.keymap.shown('view.back')}  jobs run on", partial(app.exit, 0))

    def _jobs(self) -> Iterator[Command]:
        screen = self.screen
        if isinstance(screen, JobsScreen):
            for view in screen.snapshot.jobs:
                yield Command(f"go to {view.name}", f"{view.state}  {view.id}", partial(screen.go_to, view.id))
