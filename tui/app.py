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
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.screen import Screen

from runner.home import Home
from spec.errors import UsageError
from tui.data.daemon import READ_TIMEOUT, WRITE_TIMEOUT, Door
from tui.data.feed import Feed
from tui.data.lane import Lane
from tui.data.models import Link, LinkState
from tui.data.snapshot import Snapshot
from tui.draw.signs import likely_braille
from tui.driver import PromptDriver
from tui.palette import JobCommands
from tui.screens.acting import Acting
from tui.screens.directory import SCREENS
from tui.screens.toosmall import TooSmallScreen, is_too_small
from tui.screens.visit import MainScreen, Visit
from tui.screens.watcher import Watcher
from tui.settings.file import DEFAULTS, Settings, SettingsInvalid, Symbols, read_settings, settings_path
from tui.settings.keymap import suggestion
from tui.tabs.checkpoints import Checkpoints
from tui.tabs.dag import Dag
from tui.tabs.errors import Errors
from tui.tabs.logs import Logs
from tui.tabs.overview import Overview
from tui.tabs.savepoints import Savepoints
from tui.tabs.spec import Spec
from tui.themes import DARK, LIGHT, THEMES
from tui.widgets.bindings import bound

if TYPE_CHECKING:
    from tui.screens.beside import Means

TABS = {
    "Overview": Overview,
    "Checkpoints": Checkpoints,
    "Savepoints": Savepoints,
    "Logs": Logs,
    "Errors": Errors,
    "DAG": Dag,
    "Spec": Spec,
}
_WRITERS = 4
_IDLE_PACE = 3.0


class FlowdeckApp(App[int]):
    """The terminal UI of one home. ``clock`` says what time it is: epoch seconds.

    When no daemon runs, one is started unless ``start_daemon`` is False.
    """

    CSS_PATH = ["styles/app.tcss", "styles/jobs.tcss", "styles/dialog.tcss", "styles/beside.tcss"]
    COMMANDS = {JobCommands}
    BINDINGS = [bound("suspend", "suspend_process")]
    TITLE = "flowdeck"

    class Looked(Message):
        """The feed has a snapshot; posted by its thread."""

        def __init__(self, snapshot: Snapshot) -> None:
            super().__init__()
            self.snapshot = snapshot

    def __init__(
        self,
        home: Home,
        clock: Callable[[], float] = time.time,
        *,
        start_daemon: bool = True,
        settings: Settings = DEFAULTS,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.keys = settings.keymap
        self.set_keymap(self.keys.rebound())
        self.door = Door(home)
        self.clock = clock
        self.snapshot = Snapshot(Link(LinkState.CONNECTING, clock()))
        self.feed = Feed(self.door, lambda snapshot: self._hand_over(snapshot), clock, start_daemon=start_daemon)
        self._reading = Lane(self.door, "reading", READ_TIMEOUT)
        self._acting = Lane(self.door, "acting", WRITE_TIMEOUT, threads=_WRITERS)
        self.animation_level = "none"
        self.plain_signs = _plain_signs(settings.symbols)
        self.set_class(self.plain_signs, "-plain-signs")
        for theme in THEMES:
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = self._chosen_theme()

    def _chosen_theme(self) -> str:
        """The theme of the settings; without one, the one that fits the terminal's background."""
        chosen = self.settings.theme
        if chosen == "auto":
            return (LIGHT if _light_terminal() else DARK).name
        if chosen not in self.available_themes:
            hint = suggestion(chosen, self.available_themes)
            raise SettingsInvalid(f"{settings_path()}: there is no theme {chosen!r}", hint=hint)
        return chosen

    def get_driver_class(self) -> type[Driver]:
        """Ours instead of Textual's own, unless the environment names another."""
        chosen = super().get_driver_class()
        return PromptDriver if chosen is LinuxDriver else chosen

    def get_default_screen(self) -> Screen[None]:
        """The job list."""
        return MainScreen(
            self.door, self.snapshot, TABS, (self._reading, self._acting), self.clock, self.keys, self.feed.arrangement
        )

    def on_mount(self) -> None:
        """Begin to look; a terminal is restored also when the process is asked to end."""
        self.feed.start()
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit, 0)

    def on_unmount(self) -> None:
        """Let the threads go; none is waited for."""
        self.feed.stop()
        self._reading.stop()
        self._acting.stop()

    def _hand_over(self, snapshot: Snapshot) -> None:
        self.post_message(self.Looked(snapshot))

    def on_flowdeck_app_looked(self, message: Looked) -> None:
        """Tell every screen, also the covered ones."""
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

        return Means(self.door, self._reading, self._acting, self.clock, self.keys, self.feed.events, lambda: self.snapshot)

    def on_visit(self, message: Visit) -> None:
        """From a row of another screen to its job; back leads there again."""
        message.stop()
        jobs = next(screen for screen in self.screen_stack if isinstance(screen, MainScreen))
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


def run(home: Home) -> int:
    """Show the terminal UI of ``home`` until the person leaves; returns the process's exit status.

    Starts a daemon when none runs. Raises :class:`spec.errors.UsageError` when there is no terminal to draw on.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the terminal UI needs a terminal",
            code="no-terminal",
            hint="in scripts use the commands: flowdeck ls, flowdeck show JOB, flowdeck logs JOB",
        )
    app = FlowdeckApp(home, settings=read_settings(settings_path()))
    app.run()
    return app.return_code or 0


def _plain_signs(wanted: Symbols) -> bool:
    """Whether charts and marks are drawn in ASCII."""
    if wanted is Symbols.AUTO:
        return not likely_braille(locale.getencoding(), os.environ.get("TERM", ""))
    return wanted is Symbols.ASCII


def _light_terminal() -> bool:
    """Terminals that tell their colours in COLORFGBG end it with the background's number: 7 and 15 are light."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}
