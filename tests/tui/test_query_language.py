"""The filter language: fields, comparisons, patterns, completion; and the order of the list."""

from __future__ import annotations

import string
from types import ModuleType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model import Job
from tui.query.amounts import read_amount
from tui.query.complete import completions, hint
from tui.query.fields import FIELDS, Kind
from tui.query.filter import parse
from tui.query.order import RENEWED_EVERY, Arrangement, Order


@pytest.fixture
def jobs(samples: ModuleType) -> list[Job]:
    """The sample jobs, some of them with labels and queues of their own."""
    found: list[Job] = samples.sample_jobs()
    found[0] = msgspec.structs.replace(found[0], labels={"team": "sales", "tier": "1"}, queue="nightly")
    return found


def names(text: str, jobs: list[Job], now: float) -> set[str]:
    """The names that a filter lets through."""
    chosen = parse(text)
    assert chosen.problem == ""
    return {job.name for job in jobs if chosen.accepts(job, now)}


def test_a_field_is_searched_or_compared_whole(jobs: list[Job], samples: ModuleType) -> None:
    """A colon looks for a part of the field, an equals sign for all of it, a comma means either."""
    assert names("queue:night", jobs, samples.NOW) == {jobs[0].name}
    assert names("queue=night", jobs, samples.NOW) == set()
    assert names("queue=night,nightly", jobs, samples.NOW) == {jobs[0].name}
    assert names("label:team=sales", jobs, samples.NOW) == {jobs[0].name}
    assert names("!label:team=sales name:orders-cdc", jobs, samples.NOW) == {"orders-cdc"} - {jobs[0].name}


def test_several_states(jobs: list[Job], samples: ModuleType) -> None:
    """States are prefixes or groups, and several may be named."""
    both = names("state:failed", jobs, samples.NOW) | names("state:running", jobs, samples.NOW)
    assert names("state:fail,run", jobs, samples.NOW) == both
    assert both


@pytest.mark.parametrize("text", ["in>100k", "in>=100000", "in>0.1M", "!in<100k in>0"])
def test_amounts_are_compared_in_the_units_people_write(text: str, jobs: list[Job], samples: ModuleType) -> None:
    """SI prefixes count; what nobody knows fits no comparison."""
    fast = {
        job.name
        for job in jobs
        if job.execution and not job.execution.state.is_terminal and (job.execution.totals.rows_in_per_second or 0) > 100_000
    }
    assert fast
    assert names(text, jobs, samples.NOW) == fast


def test_times_are_those_of_now(jobs: list[Job], samples: ModuleType) -> None:
    """How long a job has been up is measured against the clock that is given."""
    assert names("up>1000d", jobs, samples.NOW) == set()
    live = {job.name for job in jobs if job.execution and job.execution.started_at and not job.execution.finished_at}
    assert names("up>1000d", jobs, samples.NOW + 2000 * 86400) == live


def test_a_pattern_is_found(jobs: list[Job], samples: ModuleType) -> None:
    """Slashes hold a pattern, with blanks if need be, on the name or on a field."""
    assert names("/^orders.*cdc$/", jobs, samples.NOW) == {"orders-cdc"}
    assert names("state:/^RUN/", jobs, samples.NOW) == names("state:running", jobs, samples.NOW)
    assert names("error:/duplicate key/", jobs, samples.NOW) <= {"payments-sync"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour:red", "there is no field “colour”"),
        ("lag>soon", "lag takes 5s, 3m or 2h, not “soon”"),
        ("memory>2 s:x", "there is no field “s”"),
        ("name>5", "name is no amount"),
        ("/[a/", "the pattern is not complete"),
        ("/(a+)+$/", "repeats single characters"),
        ("/" + "a" * 100 + "/", "repeats single characters"),
        ("state:run,flying", "no state starts with “flying”"),
    ],
)
def test_what_is_not_understood_is_said_and_shows_nothing(text: str, problem: str, jobs: list[Job]) -> None:
    """A condition that makes no sense hides everything, and the line says which one it is."""
    chosen = parse(text)
    assert problem in chosen.problem
    assert not any(chosen.accepts(job, 0.0) for job in jobs)


@given(st.text(alphabet=string.printable, max_size=60))
def test_reading_a_filter_never_fails(text: str) -> None:
    """Whatever is typed gives a filter, which can be asked, and completions that begin with it."""
    job = Job(id="1", name="a", mode="BATCH", desired_state="RUNNING", generation=1, created_at=0, updated_at=0)  # type: ignore[arg-type]
    parse(text).accepts(job, 1.0)
    assert all(line.startswith(text[: text.rfind(" ") + 1]) for line in completions(text, [job]))
    hint(text)


@given(st.sampled_from([Kind.COUNT, Kind.SECONDS, Kind.BYTES]), st.integers(0, 10**9))
def test_plain_numbers_are_amounts_of_every_kind(kind: Kind, number: int) -> None:
    """A number without a unit is itself."""
    assert read_amount(str(number), kind) == number


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("5s", Kind.SECONDS, 5),
        ("250ms", Kind.SECONDS, 0.25),
        ("2h", Kind.SECONDS, 7200),
        ("1.5k", Kind.COUNT, 1500),
        ("80%", Kind.COUNT, 80),
        ("512MB", Kind.BYTES, 512e6),
        ("1GiB", Kind.BYTES, 2**30),
        ("5s", Kind.COUNT, None),
        ("", Kind.COUNT, None),
        ("-1", Kind.COUNT, None),
    ],
)
def test_amounts_with_units(text: str, kind: Kind, amount: float | None) -> None:
    """Each kind has its own units, and refuses those of others."""
    assert read_amount(text, kind) == amount


def test_completion_goes_on_with_what_exists(jobs: list[Job]) -> None:
    """Fields, then their values: states, queues, labels, names; several values after commas too."""
    assert completions("sta", jobs)[0] == "state:"
    assert "state:running" in completions("state:ru", jobs)
    assert "x state:failed,running" in completions("x state:failed,ru", jobs)
    assert completions("!queue:n", jobs) == ["!queue:nightly"]
    assert completions("label:te", jobs) == ["label:team=sales"]
    assert "lag>" in completions("la", jobs)
    assert "orders-cdc" in completions("ord", jobs)
    assert completions("", jobs) == completions("name ", jobs) == []


def test_a_hint_explains_the_field() -> None:
    """While a field is typed its meaning is shown, with how amounts are written."""
    assert hint("x lag>") == "seconds behind its source (lag>5s, 3m or 2h)"
    assert hint("queue:a") == FIELDS["queue"].words
    assert hint("nothing") == hint("lag>5s ") == ""


@pytest.mark.parametrize("field", list(FIELDS))
@pytest.mark.parametrize("reverse", [False, True])
def test_an_order_loses_no_job_and_puts_the_unknown_last(
    field: str, reverse: bool, jobs: list[Job], samples: ModuleType
) -> None:
    """Ordering by any field keeps all jobs; those without a value come last, whichever way it goes."""
    arranged = Order(field, reverse).arranged(jobs, samples.NOW)
    assert sorted(job.id for job in arranged) == sorted(job.id for job in jobs)
    unknown = [FIELDS[field].read(job, samples.NOW) is None for job in arranged]
    assert unknown == sorted(unknown)


class Ticking:
    """A clock that stands until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_rows_stay_while_keys_are_pressed(jobs: list[Job]) -> None:
    """The order is renewed at most every two seconds, and not within two seconds of a key."""
    ticking = Ticking()
    arrangement = Arrangement(ticking)
    arrangement.choose(Order("name"))
    first = arrangement.arrange(jobs, 0.0)
    renamed = [msgspec.structs.replace(job, name="0" if job.id == first[-1].id else job.name) for job in jobs]
    ticking.now += RENEWED_EVERY / 2
    assert [job.id for job in arrangement.arrange(renamed, 0.0)] == [job.id for job in first]
    arrangement.touch()
    ticking.now += RENEWED_EVERY / 2
    assert [job.id for job in arrangement.arrange(renamed, 0.0)] == [job.id for job in first]
    ticking.now += RENEWED_EVERY / 2
    assert arrangement.arrange(renamed, 0.0)[0].id == first[-1].id


def test_a_new_job_stands_at_the_end_until_the_order_is_renewed(jobs: list[Job]) -> None:
    """What has just come does not push what is being looked at away; what is gone leaves no gap."""
    arrangement = Arrangement(Ticking())
    arrangement.arrange(jobs[1:], 0.0)
    assert arrangement.arrange(jobs, 0.0)[-1].id == jobs[0].id
    assert len(arrangement.arrange(jobs[:3], 0.0)) == 3
