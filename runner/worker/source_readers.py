"""The reader threads of one source in this worker, as the control thread sees them: one split queue, one set of counters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runner.protocol import Barrier, PluginCounters, Split
from runner.worker.reader import Reader
from runner.worker.split_queue import SplitQueue


class SourceReaders:
    """The ``readers`` (threads) of one source, which share ``splits``."""

    def __init__(self, splits: SplitQueue, readers: Sequence[Reader]) -> None:
        self.readers = tuple(readers)
        self._splits = splits

    @property
    def splits_heard(self) -> int:
        """How many splits the source has been given so far."""
        return self._splits.heard

    @property
    def splits_finished(self) -> int:
        """How many splits have been read to their end."""
        return self._splits.finished

    @property
    def drained(self) -> bool:
        """Told that nothing is left, and everything given has been read."""
        return self._splits.drained

    def assign(self, split: Split) -> None:
        """Read ``split`` too."""
        self._splits.add(split)

    def exhaust(self) -> None:
        """No further split is known of."""
        self._splits.exhaust()

    def barrier(self, barrier: Barrier) -> None:
        """Put ``barrier`` into every reader's stream."""
        for reader in self.readers:
            reader.barrier(barrier)

    def completed(self, splits: list[Split]) -> None:
        """A checkpoint with these splits is durable."""
        for reader in self.readers:
            reader.completed(splits)

    def held(self) -> list[Split]:
        """The splits that have been begun and that no durable checkpoint has as finished."""
        return [split for reader in self.readers for split in reader.held()]

    def read_on(self, checkpoint: int) -> None:
        """``checkpoint``, which was to stop the readers, will not happen."""
        for reader in self.readers:
            reader.read_on(checkpoint)

    def pause(self) -> None:
        """Read nothing until ``resume``; barriers still pass."""
        for reader in self.readers:
            reader.pause()

    def resume(self) -> None:
        """Read again after ``pause``."""
        for reader in self.readers:
            reader.resume()

    def close(self) -> None:
        """End the threads at their next step."""
        for reader in self.readers:
            reader.close()

    def counters(self) -> PluginCounters:
        """The sums over the readers; seconds are those of all threads."""
        counted = [reader.counters() for reader in self.readers]
        sums: dict[str, Any] = {name: sum(each[name] for each in counted) for name in counted[0]}
        return PluginCounters(plugin=self.readers[0].id, **sums)
