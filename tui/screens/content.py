"""What each of the screens beside the job list says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tui.draw.line import Line, Span
from tui.widgets.linetable import LineTable
from tui.widgets.pane import Question


class Content:
    """What is in the tables (SHEETS, when there are several), what to ask for it, and what is said around it.

    NAME is what the application calls the screen, HEADLINE its title. Each question is asked again after PACE seconds. FOOT
    lines below the table tell of the row under the cursor. With FOLLOWS a cursor on the first row stays there when new rows
    come in above it.
    """

    NAME: ClassVar[str]
    HEADLINE: ClassVar[str]
    SHEETS: ClassVar[tuple[str, ...]] = ()
    PACE: ClassVar[float] = 1.0
    FOOT: ClassVar[int] = 0
    FOLLOWS: ClassVar[bool] = False

    def make_tables(self) -> Sequence[LineTable[Any]]:
        """The tables, one for each sheet."""
        raise NotImplementedError

    def rows(self, now: float) -> Sequence[Any] | None:
        """The rows of the sheet that is shown, before words are looked for; None while the daemon has not told them."""
        raise NotImplementedError

    def text_of(self, row: Any) -> str:
        """What words are looked for in."""
        raise NotImplementedError

    def job_of(self, row: Any) -> str:
        """The id of the job that a row is about; empty when it is about none."""
        raise NotImplementedError

    def tab_of(self, row: Any) -> str:  # noqa: ARG002 - for those whose rows lead to different tabs
        """The tab that tells more about a row."""
        return "Overview"

    def summary(self, now: float) -> Sequence[Span]:
        """Beside the title."""
        raise NotImplementedError

    def empty(self, now: float) -> Sequence[Line]:
        """Why there are no rows, and what to press."""
        raise NotImplementedError

    def head(self, now: float, cells: int) -> Sequence[Line]:  # noqa: ARG002 - for those that have one
        """Lines above the tables, where there is room."""
        return ()

    def foot(self, row: Any, now: float, cells: int) -> Sequence[Line]:  # noqa: ARG002 - for those that have one
        """FOOT lines about the row under the cursor."""
        return ()

    def questions(self, now: float) -> Sequence[Question]:  # noqa: ARG002 - for those that ask
        """What there is to ask; each key is asked again after PACE seconds."""
        return ()

    def told(self, key: str, value: Any, now: float) -> None:
        """An answer has come."""
