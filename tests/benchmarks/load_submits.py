"""How many job files a second can be submitted: only stored, or started into a queue that is full."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from runner.client import Client
from runner.home import Home
from runner.requests import CancelQueuedRequest, SubmitRequest

_CLIENTS = 8
QUEUE = "full"


@dataclass(frozen=True, slots=True)
class Submitted:
    """``cpu``: seconds of the daemon's processor for each submit, without what it does anyway; ``slowest`` in seconds."""

    count: int
    seconds: float
    cpu: float
    slowest: float

    @property
    def rate(self) -> float:
        """Submits a second."""
        return self.count / self.seconds


def submit_many(
    home: Home, count: int, make: Callable[[int], SubmitRequest], cpu: Callable[[], float], idle: float
) -> Submitted:
    """Submit so many jobs, as several clients that each wait for every answer."""

    def work(client_number: int) -> float:
        slowest = 0.0
        with Client(home, timeout=120.0) as client:
            for number in range(client_number, count, _CLIENTS):
                asked = time.perf_counter()
                client.submit(make(number))
                slowest = max(slowest, time.perf_counter() - asked)
        return slowest

    before, began = cpu(), time.perf_counter()
    with ThreadPoolExecutor(_CLIENTS) as clients:
        slowest = max(clients.map(work, range(_CLIENTS)))
    seconds = time.perf_counter() - began
    return Submitted(count, seconds, max(0.0, (cpu() - before - idle * seconds) / count), slowest)


def stored(number: int) -> SubmitRequest:
    """A job that is only stored, another one each time."""
    return SubmitRequest(text=job_text(f"stored-{number}", number), start=False)


def queued(number: int) -> SubmitRequest:
    """A job that waits in a queue which lets none run."""
    return SubmitRequest(text=job_text(f"queued-{number}", number, f"job.queue = {QUEUE}"))


def fill_queue(client: Client) -> None:
    """Have the queue let no more than one job run, and that one not now."""
    client.limit_queue(QUEUE, 1)
    client.pause_queue(QUEUE)


def empty_queue(client: Client) -> None:
    """Cancel what waits."""
    client.cancel_queued(CancelQueuedRequest(queue=QUEUE))


def job_text(name: str, number: int, settings: str = "") -> str:
    """A small job whose SQL nobody has seen before."""
    return f"""
    env {{ job.mode = "BATCH", job.name = "{name}", {settings} }}
    source {{ FakeSource {{ plugin_output = "orders", row.num = 1000
      schema {{ fields {{ id = bigint, name = string, amount = double }} }} }} }}
    transform {{ Sql {{ plugin_input = "orders", plugin_output = "large"
      query = "SELECT id, upper(name) AS name FROM orders WHERE amount > {number}" }} }}
    sink {{ Console {{ plugin_input = "large", log.print.data = false }} }}
    """
