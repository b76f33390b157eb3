"""What a worker takes of the machine, looked up without opening anything again."""

from __future__ import annotations

import psutil
import pytest

from runner.worker.own_use import OwnUse


def test_it_is_what_the_kernel_says():
    """Memory that is taken shows at once, processor time as it passes; both are what others see of the process."""
    use, process = OwnUse(), psutil.Process()
    before, spent = use.memory_bytes(), use.cpu_seconds()
    assert before == pytest.approx(process.memory_info().rss, rel=0.05)
    held = bytearray(64 * 1024 * 1024)
    held[::4096] = bytes(len(held[::4096])).replace(b"\0", b"x")
    assert use.memory_bytes() >= before + len(held) * 0.9
    times = process.cpu_times()
    assert use.cpu_seconds() > spent
    assert use.cpu_seconds() >= times.user + times.system - 0.02
