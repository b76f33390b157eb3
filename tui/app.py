"""The application: wires the feed, the themes and the screens together, and knows nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import locale
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.screen import Screen

from runner.home import Home
from spec.errors import FlowdeckError, UsageError
from tui.contexts import Place, place_of
from tui.data.daemon import READ_TIMEOUT, WRITE_TIMEOUT, Door
from tui.data.feed import Feed
from tui.data.lane import Lane
from tui.data.models import Link, LinkState
from tui.data.snapshot import Snapshot
from tui.draw.signs import likely_braille
from tui.driver import PromptDriver
from tui.palette import JobCommands
from tui.placed import check_accent
from tui.query.order import Order
from tui.remembering import Remembering
from tui.screens.acting import Acting
from tui.screens.directory import SCREENS
from tui.screens.toosmall import TooSmallScreen, is_too_small
from tui.screens.visit import MainScreen, Visit
from tui.screens.watcher import Watcher
from tui.settings.file import DEFAULTS, Settings, SettingsInvalid, Symbols, read_settings, settings_path
from tui.settings.keymap import suggestion
from tui.settings.memory import NAME, Keeper
from tui.tabbing import tab_makers
from tui.tabs.overview import Overview
from tui.themes import DARK, LIGHT, THEMES
from tui.themes.custom import custom_theme
from tui.widgets.bindings import bound

if TYPE_CHECKING:
    from tui.screens.beside import Means

_WRITERS = 4
_READERS = 2
"""A question that takes long (for records that pass) holds up no dialog."""
_IDLE_PACE = 3.0


class FlowdeckApp(Remembering):
    """The terminal UI of one daemon at a time. ``clock`` says what time it is: epoch seconds.

    When the home's daemon does not run, it is started unless ``start_daemon`` is False.
    """

    CSS_PATH = ["styles/app.tcss", "styles/jobs.tcss", "styles/dialog.tcss", "styles/beside.tcss"]
    COMMANDS = {JobCommands}
    BINDINGS = [bound("suspend", "suspend_process")]
    TITLE = "flowdeck"

    class Looked(Message):
        """The feed has a snapshot; posted by its thread."""

        def __init__(self, feed: Feed, snapshot: Snapshot) -> None:
            super().__init__()
            self.feed = feed
            self.snapshot = snapshot

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts: after an hour in an editor there are thousands."""
            return isinstance(message, FlowdeckApp.Looked)

    def __init__(
        self,
        place: Place | Home,
        clock: Callable[[], float] = time.time,
        *,
        start_daemon: bool = True,
        settings: Settings = DEFAULTS,
    ) -> None:
        super().__init__(place if isinstance(place, Place) else Place(place))
        self._first_place = self.place
        self._start_daemon = start_daemon
        self._switches = 0
        self.settings = settings
        self.keys = settings.keymap
        self.set_keymap(self.keys.rebound())
        self.clock = clock
        self.keeper = Keeper(self.place.home.path / NAME)
        self._go_through(self.place)
        self.animation_level = "none"
        self.plain_signs = _plain_signs(settings.symbols)
        self.set_class(self.plain_signs, "-plain-signs")
        for theme in (*THEMES, *(custom_theme(name, colours) for name, colours in settings.themes.items())):
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = self._chosen_theme()

    def _go_through(self, place: Place) -> None:
        """Everything that belongs to one daemon, for this one."""
        self.place = place
        self.door = Door(place.home, place.server, place.read_only)
        self.snapshot = Snapshot(Link(LinkState.CONNECTING, self.clock()))
        self.feed = feed = Feed(
            self.door, lambda seen: self._hand_over(feed, seen), self.clock, start_daemon=self._start_daemon
        )
        self.feed.arrangement.choose(Order(self.keeper.memory.sort, self.keeper.memory.reverse))
        self._reading = Lane(self.door, "reading", READ_TIMEOUT, threads=_READERS)
        self._acting = Lane(self.door, "acting", WRITE_TIMEOUT, threads=_WRITERS)

    def _let_go(self) -> None:
        """Of the daemon; no thread is waited for."""
        self.feed.stop()
        self._reading.stop()
        self._acting.stop()

    async def switch_context(self, name: str) -> None:
        """Show another daemon; empty: the one of the command line. Nothing of the former one stays on the screen, and nothing
        that was asked there is answered here."""
        try:
            place = place_of(name, self.settings, self._first_place.home) if name else self._first_place
            check_accent(place)
        except FlowdeckError as error:
            self.notify(f"{error.message}\n{error.hint}", title="No other context", severity="error", markup=False)
            return
        if self._first_place.read_only:
            place = place.looking_only()
        self._let_go()
        self._go_through(place)
        while len(self.screen_stack) > 1:
            self.pop_screen()
        left = [self.get_screen(known) for known in SCREENS if self.is_screen_installed(known)]
        for beside in left:
            self.uninstall_screen(beside)
        former, self._switches = self.current_mode, self._switches + 1
        self.add_mode(f"daemon-{self._switches}", self.get_default_screen)
        await self.switch_mode(f"daemon-{self._switches}")
        if former != self.DEFAULT_MODE:
            await self.remove_mode(former)
        for beside in left:  # one that was closed before would stay in the application otherwise, with its timers
            if beside.is_attached:
                await beside.remove()
        self.refresh_css(animate=False)
        self.feed.start()

    def _chosen_theme(self) -> str:
        """The theme of the settings; without one, the one of last time, or the one that fits the terminal's background."""
        chosen = self.settings.theme
        if chosen == "auto" and self.keeper.memory.theme in self.available_themes:
            return self.keeper.memory.theme
        if chosen == "auto":
            return (LIGHT if _light_terminal() else DARK).name
        if chosen not in self.available_themes:
            hint = suggestion(chosen, self.available_themes)
            raise SettingsInvalid(f"{settings_path()}: there is no theme {chosen!r}", hint=hint)
        return chosen

    def refresh_css(self, animate: bool = True) -> None:  # noqa: FBT001, FBT002 - Textual's own
        """Before there is a screen, the theme's colours only are taken over: the rules are read with the screen."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def get_driver_class(self) -> type[Driver]:
        """Ours instead of Textual's own, unless the environment names another."""
        chosen = super().get_driver_class()
        return PromptDriver if chosen is LinuxDriver else chosen

    def get_default_screen(self) -> Screen[None]:
        """The job list."""
        tabs = tab_makers(self.door, self.feed.events, lambda: self.keeper.memory.window)
        lanes, hidden = (self._reading, self._acting), self.keeper.memory.hidden_columns.get(self.context_name, ())
        return MainScreen(self.door, self.snapshot, tabs, lanes, self.clock, self.keys, self.feed.arrangement, hidden)

    def on_mount(self) -> None:
        """Begin to look; a terminal is restored also when the process is asked to end."""
        self.feed.start()
        self.theme_changed_signal.subscribe(self, lambda theme: self.keeper.change(theme=theme.name))
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit, 0)

    def on_unmount(self) -> None:
        """Let the threads go; none is waited for."""
        self._let_go()
        self.keeper.close()

    def _hand_over(self, feed: Feed, snapshot: Snapshot) -> None:
        self.post_message(self.Looked(feed, snapshot))

    def on_overview_widened(self, message: Overview.Widened) -> None:
        """Remember it."""
        self.keeper.change(window=message.window)

    def on_flowdeck_app_looked(self, message: Looked) -> None:
        """Tell every screen, also the covered ones."""
        if message.feed is not self.feed:
            return  # what another daemon said last
        self.snapshot = message.snapshot
        if not self.is_running:
            return  # the screens are being taken down
        for screen in self.screen_stack:
            if isinstance(screen, Watcher):
                screen.saw(message.snapshot)

    def on_acting_nudge(self, message: Acting.Nudge) -> None:
        """Something was changed."""
        message.stop()
        self.feed.nudge()
        order = self.feed.arrangement.order
        if (order.field, order.reverse) != (self.keeper.memory.sort, self.keeper.memory.reverse):
            self.keeper.change(sort=order.field, reverse=order.reverse)

    def action_show(self, name: str) -> None:
        """One of the screens beside the job list, in place of the one that is shown."""
        if not self.is_screen_installed(name):
            self.install_screen(SCREENS[name](self._means()), name)
        if self.screen is self.get_screen(name):
            return
        if isinstance(self.screen, MainScreen):
            self.push_screen(name)
        else:
            self.switch_screen(name)

    def _means(self) -> Means:
        from tui.screens.beside import Means  # not needed for the first paint

        main = self._main
        return Means(
            door=self.door,
            reading=self._reading,
            acting=self._acting,
            clock=self.clock,
            keymap=self.keys,
            events=self.feed.events,
            latest=lambda: self.snapshot,
            under_way=main.under_way,
            done=main.done,
        )

    @property
    def _main(self) -> MainScreen:
        return next(screen for screen in self.screen_stack if isinstance(screen, MainScreen))

    def on_visit(self, message: Visit) -> None:
        """From a row of another screen to its job; back leads there again."""
        message.stop()
        jobs = self._main
        while self.screen is not jobs:
            self.pop_screen()
        jobs.visit(message.job_id, message.tab, message.back)

    def action_retry(self) -> None:
        """Connect now; before the first connection that may start a daemon."""
        self.feed.retry(start=self.snapshot.taken_at is None)

    def action_start_daemon(self) -> None:
        """Connect now, and start a daemon when none runs."""
        self.feed.retry(start=True)

    def on_app_blur(self) -> None:
        """Nobody looks: look less often."""
        self.feed.pace(_IDLE_PACE)

    def on_app_focus(self) -> None:
        """Somebody looks."""
        self.feed.pace(1.0)

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while the terminal is too small."""
        covered = any(isinstance(screen, TooSmallScreen) for screen in self.screen_stack)
        if is_too_small(event.size.width, event.size.height):
            if not covered:
                self.push_screen(TooSmallScreen())
        elif covered and isinstance(self.screen, TooSmallScreen):
            self.pop_screen()


def run(place: Place | Home, context: str = "", *, read_only: bool = False) -> int:
    """Show the terminal UI until the person leaves; returns the process's exit status. With the name of a ``context`` its
    daemon is shown instead of the one at ``place``; with ``read_only`` nothing is changed anywhere.

    Starts the home's daemon when it does not run. Raises :class:`spec.errors.UsageError` when there is no terminal to draw on,
    and what is wrong with the settings.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the terminal UI needs a terminal",
            code="no-terminal",
            hint="in scripts use the commands: flowdeck ls, flowdeck show JOB, flowdeck logs JOB",
        )
    settings = read_settings(settings_path())
    chosen = place if isinstance(place, Place) else Place(place)
    if context:
        chosen = place_of(context, settings, chosen.home)
        check_accent(chosen)
    app = FlowdeckApp(chosen.looking_only() if read_only else chosen, settings=settings)
    app.run(mouse=settings.mouse)
    return app.return_code or 0


def _plain_signs(wanted: Symbols) -> bool:
    """Whether charts and marks are drawn in ASCII."""
    if wanted is Symbols.AUTO:
        return not likely_braille(locale.getencoding(), os.environ.get("TERM", ""))
    return wanted is Symbols.ASCII


def _light_terminal() -> bool:
    """Terminals that tell their colours in COLORFGBG end it with the background's number: 7 and 15 are light."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}
