"""The command palette: the commands of the program, its screens, the actions on the selected job, every job by name, and pairs
like ``log orders``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.actions.registry import ACTIONS
from tui.data.clean import clean
from tui.query.pairs import jobs_called, split_pair, split_view
from tui.screens.jobs import JobsScreen
from tui.screens.visit import MainScreen, Visit
from tui.settings.commands import COMMANDS, Group
from tui.settings.file import Settings
from tui.settings.memory import Keeper, View
from tui.themes import THEMES

_MOST_JOBS = 50
_SURE = 1e6
"""The score of what was named by a word of its own: above everything that was only found to be like it."""


class Host(Protocol):
    """What the palette asks of the application that it is opened in."""

    settings: Settings
    keeper: Keeper

    @property
    def context_name(self) -> str:
        """The context that is shown; empty: the one of the command line."""
        ...

    @property
    def views(self) -> dict[str, View]:
        """Ways to look at the jobs, by name."""
        ...

    def forget_view(self, name: str) -> None:
        """Of those that were kept."""
        ...

    async def switch_context(self, name: str) -> None:
        """Show another daemon."""
        ...


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
        pairs = (*self._pairs(query), *self._views(query))
        for pair in pairs:
            yield Hit(_SURE, Content(pair.title), pair.run, text=pair.title, help=pair.help)
        there = {pair.title for pair in pairs}
        matcher = self.matcher(query)
        for command in (*self._commands(), *islice(self._jobs(query), _MOST_JOBS)):
            score = matcher.match(command.title)
            if score <= 0 or command.title in there:
                continue
            yield Hit(score, matcher.highlight(command.title), command.run, text=command.title, help=command.help)

    def _commands(self) -> Iterator[Command]:
        if isinstance(self.screen, JobsScreen):
            yield from self._of_jobs(self.screen)
        yield from self._screens()

    def _of_jobs(self, screen: JobsScreen) -> Iterator[Command]:
        """What the job list can do."""
        app = self.app
        offered = screen.offered
        refusals = offered.refusals() if offered is not None else {}
        for action in ACTIONS:
            if offered is not None:
                why = refusals[action.id] or action.help
                yield Command(
                    f"{offered.title_of(action).lower()} {offered.name}",
                    f"{screen.keymap.first(f'job.{action.id}')}  {why}",
                    partial(screen.run_action, f"act('{action.id}')"),
                )
        for number, title in enumerate(screen.inspector.titles, 1):
            key = screen.keymap.first(f"tab.{title.lower()}")
            yield Command(f"show {title.lower()}", f"{key}  tab of the inspector", partial(screen.action_tab, number))
        for command in COMMANDS.values():
            if command.group in {Group.FIND, Group.MOVE} and command.action and command.id not in {"palette", "view.back"}:
                yield Command(command.words, screen.keymap.shown(command.id), partial(screen.run_action, command.action))
        yield from self._view_commands()
        yield from self._context_commands()
        for theme in THEMES:
            word = theme.name.removeprefix("flowdeck-").replace("-", " ")
            yield Command(f"theme {word}", f"flowdeck's {word} colours", partial(setattr, app, "theme", theme.name))
        yield Command("theme …", "every theme there is", app.search_themes)
        yield Command("start the daemon", "when it was stopped", partial(app.run_action, "start_daemon"))
        yield Command("keys", f"{screen.keymap.shown('help')}  every key, searchable", screen.action_help)
        yield Command("quit", f"{screen.keymap.shown('view.back')}  jobs run on", partial(app.exit, 0))

    def _view_commands(self, beginning: str = "") -> Iterator[Command]:
        """To open one, and to forget one that was kept."""
        app = self._app
        for name, view in app.views.items():
            if beginning in name.casefold():
                yield Command(f"view {clean(name)}", clean(view.words), partial(self._open_view, view))
        if not beginning:
            for name in app.keeper.memory.views:
                yield Command(f"forget view {clean(name)}", "it is kept no longer", partial(self._forget_view, name))

    def _views(self, query: str) -> Iterator[Command]:
        """``v quiet``, and all of them for ``v`` alone."""
        beginning = split_view(query)
        if beginning is not None:
            yield from (command for command in self._view_commands(beginning) if command.title.startswith("view "))

    def _open_view(self, view: View) -> None:
        main = self._main
        while self.app.screen is not main:
            self.app.pop_screen()
        main.open_view(view)

    def _forget_view(self, name: str) -> None:
        self._app.forget_view(name)
        self.app.notify(f"The view {clean(name)} is forgotten.", markup=False)

    def _context_commands(self) -> Iterator[Command]:
        app = self._app
        for name, context in app.settings.contexts.items():
            if name != app.context_name:
                restriction = "read-only, " if context.read_only else ""
                where = clean(context.server or context.home or "")
                yield Command(f"context {name}", f"{restriction}{where}", partial(app.switch_context, name))
        if app.context_name:
            yield Command("context of the command line", "back to where this began", partial(app.switch_context, ""))

    @property
    def _app(self) -> Host:
        return cast("Host", self.app)

    def _screens(self) -> Iterator[Command]:
        """The screens beside the job list, by their names and what is on them."""
        keymap = self._main.keymap
        for command in COMMANDS.values():
            if command.id.startswith("go."):
                name, _, words = command.words.partition(": ")
                line = f"{keymap.shown(command.id)}  {words}"
                yield Command(f"go to {name}", line, partial(self.app.run_action, command.action.removeprefix("app.")))
        if not isinstance(self.screen, JobsScreen):
            yield Command("back to the jobs", keymap.shown("view.back"), partial(self.app.run_action, "back", self.screen))

    @property
    def _main(self) -> MainScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    def _pairs(self, query: str) -> Iterator[Command]:
        """A tab and a job: ``log orders``, ``ckpt pay``."""
        tab, rest = split_pair(query)
        if not tab:
            return
        for job in jobs_called(rest, [view.job for view in self._main.snapshot.jobs]):
            yield Command(f"{tab} {job.name}", f"{job.id}", partial(self._visit, job.id, tab))

    def _visit(self, job_id: str, tab: str) -> None:
        self.app.post_message(Visit(job_id, tab, getattr(self.screen, "NAME", "")))

    def _jobs(self, query: str) -> Iterator[Command]:
        """Those that fit. The matcher remembers whatever it is shown, so ten thousand jobs are not all shown to it."""
        main, letters = self._main, query.casefold()
        for view in main.snapshot.jobs:
            title = f"go to {view.name}"
            rest = iter(title.casefold())
            if all(letter in rest for letter in letters):
                run = partial(main.go_to, view.id) if self.screen is main else partial(self._visit, view.id, "")
                yield Command(title, f"{view.state}  {view.id}", run)
