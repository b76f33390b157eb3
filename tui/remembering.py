"""What of the application is remembered of how the job list is looked at: views by name, hidden columns by context."""

from __future__ import annotations

from tui.placed import Placed
from tui.screens.viewing import Viewing
from tui.settings.file import Settings
from tui.settings.memory import Keeper, View


class Remembering(Placed):
    """An application with a memory."""

    keeper: Keeper
    settings: Settings

    @property
    def views(self) -> dict[str, View]:
        """Filters by name: those of the settings file, and those that were kept."""
        known = {**self.keeper.memory.views, **self.settings.views}
        return {name: View(view) if isinstance(view, str) else view for name, view in known.items()}

    def forget_view(self, name: str) -> None:
        """Of those that were kept."""
        self.keeper.change(views={known: view for known, view in self.keeper.memory.views.items() if known != name})

    def on_viewing_kept(self, message: Viewing.Kept) -> None:
        """Remember the view."""
        message.stop()
        self.keeper.change(views={**self.keeper.memory.views, message.name: message.view})

    def on_viewing_hid(self, message: Viewing.Hid) -> None:
        """Remember the columns of this context."""
        message.stop()
        hidden = {**self.keeper.memory.hidden_columns, self.context_name: tuple(sorted(message.titles))}
        self.keeper.change(hidden_columns=hidden)
