"""Random sequences of every command from several clients, while workers, the fork server and the daemon die: the transition
table is never violated, no two answers contradict each other, nothing is left behind, the output is exact.

``FLOWDECK_LIFECYCLE_EXAMPLES`` sets how many daemons live such a life, ``FLOWDECK_LIFECYCLE_STEPS`` how long, and
``FLOWDECK_LIFECYCLE_SEED`` which lives: the same ones each time when it is not given. ``make lifecycle`` sets all three. When
an example fails, its steps, answers and events are printed in order with their times; ``FLOWDECK_LIFECYCLE_SHRINK=1`` then
also looks for a shorter one, which takes as long as it takes: a daemon's life is not the same twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from machine import LifecycleMachine

EXAMPLES = int(os.environ.get("FLOWDECK_LIFECYCLE_EXAMPLES", "3"))
STEPS = int(os.environ.get("FLOWDECK_LIFECYCLE_STEPS", "35"))
SEED = int(os.environ.get("FLOWDECK_LIFECYCLE_SEED", "808"))
PHASES = (Phase.generate, Phase.shrink) if os.environ.get("FLOWDECK_LIFECYCLE_SHRINK") else (Phase.generate,)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120 + 120 * EXAMPLES)]


@pytest.fixture
def summary() -> Iterator[None]:
    """Prints what was done, in the end."""
    yield
    print(f"\n{LifecycleMachine.tally.table()}")


@pytest.mark.usefixtures("summary")
def test_lifecycle_model() -> None:
    """Whatever is asked at once and whoever dies meanwhile, every answer and every record fits the model."""
    run_state_machine_as_test(
        seed(SEED)(LifecycleMachine),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )
