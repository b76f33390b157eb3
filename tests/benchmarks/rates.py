"""How exactly rate limits hold in a real worker: rows and bytes over ten seconds, for two parallel readers.

``python tests/benchmarks/rates.py``: one line per limit, with the difference in per cent.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "worker"))
from coordinator import Coordinator, ForkServer
from jobs import job, sink, source

SECONDS = 10.0
READERS = 2
LIMITS: tuple[dict[str, int], ...] = (
    {"rows_per_second": 1},
    {"rows_per_second": 100},
    {"rows_per_second": 50_000},
    {"rows_per_second": 1_000_000},
    {"bytes_per_second": 20_000},
    {"bytes_per_second": 10_000_000},
)


def measured(server: ForkServer, limit: dict[str, int]) -> tuple[float, float]:
    """What was read a second, between two heartbeats some ten seconds apart, and what was to be read."""
    options: dict[str, Any] = {"row.num": 10**9, "schema": {"fields": {"id": "bigint", "s": "string"}}}
    spec = job(
        source("FakeSource", "rows", options, parallelism=READERS),
        sink("Console", "rows", {"log.print.data": False}),
        interval=1.0,
        **limit,
    )
    with tempfile.TemporaryDirectory() as directory:
        coordinator = Coordinator(server, spec, Path(directory))
        coordinator.start()
        coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
        name = "rows_in" if "rows_per_second" in limit else "bytes_in"
        coordinator.next_heartbeat()
        began, first = time.monotonic(), getattr(coordinator.counters("rows"), name)
        while time.monotonic() - began < SECONDS:
            coordinator.take_checkpoint()
            coordinator.next_heartbeat()
        read = getattr(coordinator.counters("rows"), name) - first
        elapsed = time.monotonic() - began
        coordinator.kill()
    return read / elapsed, float(READERS * next(iter(limit.values())))


def main() -> None:
    """Print a line per limit."""
    server = ForkServer()
    for limit in LIMITS:
        found, wanted = measured(server, limit)
        print(f"{limit}: {found:,.1f} of {wanted:,.1f} a second, {100 * (found / wanted - 1):+.2f} %", flush=True)
    server.close()


if __name__ == "__main__":
    main()
