"""Exactly once under fire: kills, freezes, full disks and clock jumps at random instants, and exact outputs all the same.

``FLOWDECK_CHAOS_KILLS`` sets how many SIGKILLs must have hit, ``FLOWDECK_CHAOS_SEED`` what the choices are made from.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from campaign import Campaign
from copy_job import CopyJob, Numbers
from daemon_process import ChaosDaemon
from disturber import Clock, Disturbance, Disturber, SmallDisk, tampered_environment

KILLS = int(os.environ.get("FLOWDECK_CHAOS_KILLS", "25"))
SEED = int(os.environ.get("FLOWDECK_CHAOS_SEED", "20261122"))
IS_FULL = "FLOWDECK_CHAOS_KILLS" in os.environ
SECONDS = math.inf if IS_FULL else 12.0
"""A slow machine makes fewer kills in the shortened form."""

ROWS = 30_000 if IS_FULL else 12_000

WEIGHTS = {
    Disturbance.KILL_WORKER: 60.0,
    Disturbance.KILL_FORK_SERVER: 8.0,
    Disturbance.KILL_DAEMON: 9.0,
    Disturbance.KILL_STARTING_DAEMON: 3.0,
    Disturbance.FREEZE_WORKER: 8.0,
    Disturbance.FREEZE_WORKER_LONG: 0.5 if IS_FULL else 0.0,
    Disturbance.FREEZE_FORK_SERVER: 3.0,
    Disturbance.FREEZE_FORK_SERVER_LONG: 0.3 if IS_FULL else 0.0,
    Disturbance.FREEZE_DAEMON: 3.0,
    Disturbance.FREEZE_DAEMON_LONG: 0.2 if IS_FULL else 0.0,
    Disturbance.FILL_OUTPUT: 4.0,
    Disturbance.FILL_HOME: 2.0,
    Disturbance.JUMP_CLOCK: 5.0,
    Disturbance.SCALE: 6.0,
    Disturbance.PAUSE: 5.0,
}

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180 + 4 * KILLS)]


@pytest.fixture
def directory() -> Iterator[Path]:
    """A scratch directory with a short path (the daemon's socket lives below it)."""
    with tempfile.TemporaryDirectory(prefix="fdc-") as name:
        yield Path(os.path.realpath(name))


def small_disk(directory: Path, size: str, mounted: contextlib.ExitStack) -> SmallDisk | None:
    """A file system of that size at ``directory``; None, and a word about it, where this user may mount none."""
    directory.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        print("\nno disk gets full: that needs Linux and root, to mount a tmpfs")
        return None
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", directory], capture_output=True, check=False)
    if done.returncode:
        print(f"\nno disk gets full: that needs the right to mount a tmpfs: {done.stderr.decode().strip()}")
        return None
    mounted.callback(lambda: subprocess.run(["umount", "-l", directory], check=True))
    return SmallDisk(directory)


def every_kind(numbers: Numbers, output: Path) -> Iterator[CopyJob]:
    """Jobs without end, of every sink format with one worker and with three, and with two readers in one worker."""
    shapes = itertools.cycle([(1, 1), (3, 3), (1, 2), (3, 6)])
    sinks = itertools.cycle(["parquet", "csv", "json"])
    sources = itertools.cycle(["csv", "csv", "json", "json", "parquet"])
    for number in itertools.count(1):
        workers, parallelism = next(shapes)
        target = output / f"out-{number}"
        seconds = 3.0 if IS_FULL else 1.5
        yield CopyJob(f"copy-{number}", numbers, target, next(sources), next(sinks), workers, parallelism, seconds)


def test_every_output_is_exact_after_every_disturbance(directory: Path) -> None:
    """Several jobs under one daemon, checkpoints every 100 ms: workers, fork server and daemon are killed and frozen, disks get
    full and the clock jumps; no row is ever visible twice, each output is complete in the end, and nothing is left behind."""
    chooser = random.Random(SEED)
    numbers = Numbers(directory / "numbers", ROWS)
    numbers.write()
    with contextlib.ExitStack() as mounted:
        output, home = directory / "output", directory / "disk"
        output_disk, home_disk = small_disk(output, "24m", mounted), small_disk(home, "96m", mounted)
        clock = Clock(directory / "clock")
        daemon = ChaosDaemon(home / "home", clock.environment)
        disturber = Disturber(daemon, chooser, clock=clock, output=output_disk, home=home_disk)
        campaign = Campaign(daemon, disturber, every_kind(numbers, output), chooser, WEIGHTS)
        run(campaign, daemon)
    print("\n" + campaign.tally.table(SEED))
    assert not campaign.tally.violations
    assert campaign.tally.kills >= (KILLS if IS_FULL else 1)
    assert campaign.tally.jobs


def test_the_campaign_notices_a_broken_promise(directory: Path) -> None:
    """The negative control: with sinks that make output visible before its checkpoint is durable, a few kills show it."""
    numbers = Numbers(directory / "numbers", ROWS)
    numbers.write()
    chooser = random.Random(SEED)
    daemon = ChaosDaemon(directory / "home", tampered_environment(CHAOS_SABOTAGE="1"))
    campaign = Campaign(
        daemon,
        Disturber(daemon, chooser),
        every_kind(numbers, directory / "output"),
        chooser,
        {Disturbance.KILL_WORKER: 1.0},
        jobs_at_once=2,
    )
    daemon.start()
    try:
        campaign.disturb(60)
    finally:
        daemon.stop()
    assert any("more than once" in violation for violation in campaign.tally.violations)


def run(campaign: Campaign, daemon: ChaosDaemon) -> None:
    """From start to stop; what was done is printed when something is wrong."""
    daemon.start()
    try:
        campaign.disturb(KILLS, SECONDS)
        if not campaign.tally.violations:
            campaign.bring_to_the_end()
        daemon.stop()
        campaign.check_nothing_runs()
    except BaseException:
        print(f"\nseed {SEED}", *campaign.history, campaign.tally.table(SEED), sep="\n")
        daemon.kill()
        raise
    if campaign.tally.violations:
        print(f"\nseed {SEED}", *campaign.history, *campaign.tally.violations, sep="\n")
