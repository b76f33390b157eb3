"""A process that speaks as a daemon does about very many jobs, some of which change each second.

    python -P tests/benchmarks/crowd_daemon.py SOCKET JOBS CHANGES

``CHANGES`` of the jobs get other counters each second, and one of them another state; their deltas go to everyone who listens.
It prints ``ready`` when it listens, and runs until its standard input ends.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))
import sample_jobs
import stage_daemon

from runner.model import Event
from runner.states import ExecutionState

SECOND = 1.0
PAGE = 1000
"""Jobs per event of the present state, as the daemon itself divides it."""
_PASSING = (ExecutionState.RUNNING, ExecutionState.SAVEPOINTING)


def crowd(count: int) -> Iterator[Any]:
    """Jobs of which every third is over and every hundredth has failed."""
    for number in range(count):
        state = ExecutionState.RUNNING
        if number % 100 == 7:
            state = ExecutionState.FAILED
        elif number % 3 == 2:
            state = ExecutionState.FINISHED
        totals = sample_jobs._live(1000.0 + number, 990.0 + number, 1_000_000 + number, lag_seconds=number % 60)
        job_id = f"{number:012x}"
        yield sample_jobs.make_job(
            f"job-{number:05}",
            state,
            job_id=job_id,
            since=3600.0 + number,
            totals=totals,
            last=sample_jobs.checkpoint(job_id, 7, 40),
        )


class CrowdHandler(stage_daemon._Handler):
    """Tells of the changes as they are made instead of looking for them."""

    def _events(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(b": open\n\n")
            jobs = list(self.stage.present().values())
            for start in range(0, max(len(jobs), 1) if "snapshot=" in self.path else 0, PAGE):
                self._tell("snapshot", {"jobs": jobs[start : start + PAGE], "more": start + PAGE < len(jobs)})
            if "job=" not in self.path:  # of a single job there is nothing to tell
                self._changes([job["id"] for job in jobs if job["execution"]["state"] == "RUNNING"])
        self.close_connection = True

    def _changes(self, running: list[str]) -> None:
        chance = random.Random(1)
        for second in itertools.count(1):
            if self.server.closing.wait(SECOND):
                return
            changed = chance.sample(running, min(self.server.changes, len(running)))
            told = b"".join(self._change(job_id, second, chance, moves=not number) for number, job_id in enumerate(changed))
            self.wfile.write(told)
            self.wfile.flush()

    def _change(self, job_id: str, second: int, chance: random.Random, *, moves: bool) -> bytes:
        changes: dict[str, Any] = {
            "execution.totals.rows_in": 2_000_000 + second * 1000,
            "execution.totals.rows_out": 1_900_000 + second * 1000,
            "execution.totals.rows_in_per_second": chance.random() * 50_000,
            "execution.totals.rows_out_per_second": chance.random() * 50_000,
        }
        if moves:
            changes["execution.state"] = _PASSING[second % 2].value
        event = Event(revision=second, at=0.0, kind="job.changed", job_id=job_id, data={"version": second, "changes": changes})
        return b"event: job.changed\ndata: %b\n\n" % msgspec.json.encode(event)


class CrowdServer(stage_daemon._Server):
    """A program that ends while it is answered is no error."""

    changes = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet."""


def main(path: Path, jobs: int, changes: int) -> None:
    """Serve until told to end."""
    stage = stage_daemon.Stage()
    for job in crowd(jobs):
        stage.add(job)
        stage.series[job.id] = sample_jobs.sample_series(1000.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    server = CrowdServer(path, stage, sample_jobs.new_savepoint)
    server.RequestHandlerClass = CrowdHandler
    server.changes = changes
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
