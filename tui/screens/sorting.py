"""The order of the jobs, chosen by key or by a click on a heading."""

from __future__ import annotations

from tui.query.fields import FIELDS
from tui.query.order import Arrangement, Order
from tui.screens.marking import Marking
from tui.widgets.columns import JOB_COLUMNS


class Sorting(Marking):
    """Mixed into the screen with the table of jobs."""

    _arrangement: Arrangement

    def action_sort(self, steps: int) -> None:
        """By the next column that can be sorted by; after the last comes the order by how the jobs stand."""
        fields = ["", *(column.field for column in JOB_COLUMNS if column.field)]
        at = fields.index(self._arrangement.order.field)
        self.sort(Order(fields[(at + steps) % len(fields)]))

    def action_sort_by(self, field: str) -> None:
        """By the column that was clicked; once more turns it round."""
        now = self._arrangement.order
        self.sort(Order(field, not now.reverse if now.field == field else False))

    def action_sort_reverse(self) -> None:
        """The other way round."""
        now = self._arrangement.order
        self.sort(Order(now.field, not now.reverse))

    def sort(self, order: Order) -> None:
        """In this order from now on."""
        self._arrangement.choose(order)
        field = FIELDS.get(order.field)
        self.jobs.sorted_by = order.field
        self.jobs.sorted_up = order.reverse if field is not None and field.is_amount else not order.reverse
        self.toast(f"Sorted by {field.words}." if field else "Sorted by how the jobs stand: failed first.")
        self.post_message(self.Nudge())
        self.redraw()

    def on_key(self) -> None:
        """While keys are pressed the rows stay where they are."""
        self._arrangement.touch()
