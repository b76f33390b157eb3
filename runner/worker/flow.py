"""Counters of the plugins that run fused in one stage.

Inside one query nothing can be counted, but transforms that keep every row tell the counts of their neighbours. What cannot be
known that way is not reported at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.worker.meter import Meter


class StageFlow:
    """The meters of one stage's plugins. ``transforms``: ids, and whether each keeps all rows; ``sink``: its id, if any.

    Times are those of the stage's thread and the same for all its plugins.
    """

    def __init__(self, transforms: Sequence[tuple[str, bool]], sink: str | None) -> None:
        meters = [Meter(plugin=plugin) for plugin, _ in transforms]
        changing = [index for index, (_, keeps) in enumerate(transforms) if not keeps]
        first, last = (changing[0], changing[-1]) if changing else (len(meters), -1)
        self.sink = Meter(plugin=sink) if sink is not None else None
        ends = [self.sink] if self.sink is not None else []
        self._in_live = meters[: first + 1] + (ends if not changing else [])
        self._out_live = meters[:first]
        self._in_late = meters[last + 1 :] + ends if changing else []
        self._out_late = (meters[last:] if first == last else meters[last + 1 :]) + ends if changing else ends
        self._meters = meters + ends
        unknown = set(range(first, last + 1)) if first < last else set()
        self.meters = [meter for index, meter in enumerate(self._meters) if index not in unknown]
        """The meters that are complete, in the order of the plugins."""

    def read(self, rows: int, size: int) -> None:
        """The stage took a batch in."""
        for meter in self._in_live:
            meter.rows_in += rows
        for meter in self._out_live:
            meter.rows_out += rows
        if self._meters:
            self._meters[0].bytes_in += size

    def wrote(self, rows: int, refused: int = 0) -> None:
        """A part is written: so many rows came out of the query and were written, and others were ``refused`` by the sink."""
        for meter in self._in_late:
            meter.rows_in += rows + refused
        for meter in self._out_late:
            meter.rows_out += rows if meter is self.sink else rows + refused

    def spent(self, *, busy: float, idle: float, backpressured: float) -> None:
        """Seconds of the stage's thread, whoever counts them."""
        for meter in self._meters:
            meter.busy_seconds += busy
            meter.idle_seconds += idle
            meter.backpressured_seconds += backpressured
