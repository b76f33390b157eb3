"""How busy the processors are does not depend on the thread that asks."""

from __future__ import annotations

import threading

from runner.supervisor.processor_use import ProcessorUse


def test_every_thread_is_told_of_the_time_since_the_last_look() -> None:
    """A thread that never looked is told what was done since another one did; what follows at once is told the same."""
    looks = iter([(10.0, 100.0), (10.0, 100.0), (13.0, 104.0), (13.0, 104.0), (13.0, 108.0)])
    moments = iter([0.0, 5.0, 5.0, 5.1, 9.0, 9.0, 12.0, 12.0])
    use = ProcessorUse(lambda: next(looks), lambda: next(moments))
    told: list[float] = []

    def ask() -> None:
        told.append(use.percent())

    for _ in range(5):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert told == [0.0, 75.0, 75.0, 75.0, 0.0]


def test_the_machine_is_asked() -> None:
    """Of the real one it is a share of everything."""
    assert 0.0 <= ProcessorUse().percent() <= 100.0
