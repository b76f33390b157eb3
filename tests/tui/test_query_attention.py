"""Why a job needs someone, how urgently, and what helps."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import msgspec
import pytest

from runner.model import CheckpointStatus, ErrorInfo, Job, ReloadStatus, Totals
from runner.states import ExecutionState as S
from tui.data.worries import REJECTIONS_WINDOW, Worries
from tui.query.attention import Known, Urgency, needs, reason
from tui.settings.commands import COMMANDS


def job(samples: ModuleType, state: S = S.RUNNING, **fields: Any) -> Job:
    """A job in one state since a minute and a half."""
    return samples.make_job("orders", state, job_id="a1", since=fields.pop("since", 90.0), **fields)  # type: ignore[no-any-return]


ERROR = ErrorInfo(code="sink-write", message="disk full\nmore of it")


@pytest.mark.parametrize(
    ("fields", "known", "words", "urgency"),
    [
        ({"state": S.FAILED, "error": ERROR}, Known(), "it failed", Urgency.NOW),
        ({"state": S.RESTARTING, "restarts": 5, "attempt": 6}, Known(), "again and again, 5 times", Urgency.NOW),
        ({"state": S.RESTARTING, "restarts": 1, "attempt": 2}, Known(), "restarting (attempt 2)", Urgency.SOON),
        ({"state": S.STOPPING}, Known(), "STOPPING for more than a minute", Urgency.NOW),
        ({"restarts": 4}, Known(), "runs again, after 4 restarts", Urgency.SOON),
        ({}, Known(interval=10.0), "no checkpoint since more than 3 intervals of 10 s", Urgency.SOON),
        ({}, Known(rejected=1200), "1,200 more rows were rejected", Urgency.SOON),
        ({"totals": Totals(lag_seconds=600.0)}, Known(), "10 min behind", Urgency.SOON),
        ({"totals": Totals(lag_rows=7_200_000, rows_in_per_second=100.0)}, Known(), "20 h behind", Urgency.SOON),
        ({}, Known(pressure=0.93), "wait 93 % of the time", Urgency.WATCH),
        ({"reload": ReloadStatus(outcome="pending_approval", at=0.0)}, Known(), "waits for approval", Urgency.SOON),
    ],
)
def test_every_reason(samples: ModuleType, fields: dict[str, Any], known: Known, words: str, urgency: Urgency) -> None:
    """Each trouble gives one reason with its urgency, and names commands that exist; what is to be watched needs nobody."""
    given = job(samples, **fields)
    (need,) = needs(given, samples.NOW, known)
    assert words in need.words
    assert need.urgency is urgency
    assert need.press
    assert set(need.press) <= set(COMMANDS)
    assert reason(given, samples.NOW, known) == ("" if urgency is Urgency.WATCH else need.words)


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ({}, Known()),
        ({"since": 20.0}, Known(interval=1.0)),  # not before half a minute
        ({}, Known(interval=40.0)),
        ({"state": S.PAUSED}, Known(interval=1.0, pressure=1.0)),
        ({"restarts": 4, "since": 7200.0}, Known()),
        ({"mode": "BATCH", "totals": Totals(lag_rows=10**9, rows_in_per_second=1.0)}, Known()),
        ({"state": S.FINISHED, "totals": Totals(lag_seconds=600.0)}, Known(interval=1.0, rejected=5)),
        ({"totals": Totals(lag_seconds=60.0)}, Known(rejected=0, pressure=0.5)),
    ],
)
def test_no_reason(samples: ModuleType, fields: dict[str, Any], known: Known) -> None:
    """What is in order, paused, or over by itself needs nobody."""
    assert needs(job(samples, **fields), samples.NOW, known) == ()


def test_the_most_urgent_comes_first(samples: ModuleType) -> None:
    """A job can need someone for several reasons."""
    given = job(
        samples,
        S.FAILED,
        error=ERROR,
        last=samples.checkpoint("a1", 7, 95, status=CheckpointStatus.FAILED, failure="no answer"),
        reload=ReloadStatus(outcome="invalid", at=1.0, message="1 error"),
    )
    found = needs(given, samples.NOW)
    assert [need.kind for need in found] == ["failed", "checkpoint", "reload"]
    assert [need.detail for need in found] == ["disk full", "no answer", "1 error"]


class Daemon:
    """Answers with the spec of a generation."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.asked = 0

    def generation(self, reference: str, number: int) -> Any:
        """As the client."""
        from runner.model import Generation

        self.asked += 1
        return Generation(job_id=reference, number=number, content_hash="", created_at=0.0, text="", spec=self.spec)


def test_rejected_rows_count_while_they_are_new(samples: ModuleType) -> None:
    """Rows rejected before this program started are old; later ones count for three minutes; a new execution begins anew."""
    worries, daemon = Worries(), Daemon({})
    given = job(samples, since=1.0)

    def seen(total: int, at: float) -> int | None:
        assert given.execution is not None
        execution = msgspec.structs.replace(given.execution, totals=Totals(rows_rejected=total))
        worries.look(daemon, [msgspec.structs.replace(given, execution=execution)], at)  # type: ignore[arg-type]
        return worries.known(given).rejected

    assert seen(100, 0.0) is None
    assert seen(100, 50.0) is None
    assert seen(130, 60.0) == 30
    assert seen(140, 200.0) == 40
    assert seen(140, 60.5 + REJECTIONS_WINDOW) == 10
    assert seen(140, 201.0 + REJECTIONS_WINDOW) is None
    assert seen(3, 500.0) is None


def test_the_interval_is_asked_for_once(samples: ModuleType) -> None:
    """Only of a job whose last checkpoint is not new, and once for each generation."""
    worries, daemon = Worries(), Daemon({"env": {"checkpoint": {"interval": 10.0}}})
    given = job(samples, last=samples.checkpoint("a1", 1, 20.0))
    worries.look(daemon, [given], samples.NOW)  # type: ignore[arg-type]
    assert worries.known(given) == Known()
    for later in (20.0, 21.0, 22.0):
        worries.look(daemon, [given], samples.NOW + later)  # type: ignore[arg-type]
    assert daemon.asked == 1
    assert "no checkpoint since" in reason(given, samples.NOW + 22.0, worries.known(given))
    odd = Worries()
    odd.look(Daemon({"env": {"checkpoint": {"interval": "soon"}}}), [given], samples.NOW + 60)  # type: ignore[arg-type]
    assert odd.known(given) == Known()
