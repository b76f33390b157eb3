"""Lists in another order: as one would sort them, page by page, whatever is missing, and by whatever field."""

import random

import msgspec
import pytest

from runner.states import ExecutionState
from runner.store.pages import ExecutionFilter, JobFilter
from runner.store.sorting import USUAL, Order, SortField, order_of

STATES = (ExecutionState.RUNNING, ExecutionState.FAILED, ExecutionState.FINISHED)


def fill(chance, make_job, make_execution):
    """Jobs and executions of which many have the same values, and some have none."""

    def write(store):
        for number in range(30):
            name = chance.choice(["Orders", "orders", "alpha", "Zeta"]) + f" {number % 7} {number}"
            at = float(chance.randrange(4))
            store.insert_job(make_job(f"j{number:02}", name=name, created_at=at, updated_at=at + chance.random()))
            for run in range(chance.randrange(3)):
                state = chance.choice(STATES)
                made = make_execution(f"e{number:02}-{run}", f"j{number:02}", job_name=name, created_at=at + run)
                times = {
                    "started_at": chance.choice([None, 5.25, 7.1]),
                    "finished_at": chance.choice([8.5, 9.75]) if state.is_terminal else None,
                    "state_since": chance.choice([1.5, 2.5, 100.125, 1e16, 1e-7]),
                    "phase": '"started_at":3,"state_since":4,"finished_at":5,"job_name":"z"',
                }
                store.insert_execution(msgspec.structs.replace(made, state=state, **times))

    return write


def value_of_job(job, field):
    """What a job is ordered by."""
    execution = job.execution
    match field:
        case SortField.NAME:
            return job.name.lower()
        case SortField.CREATED:
            return job.created_at
        case SortField.UPDATED:
            return max(job.updated_at, execution.state_since if execution else 0)
    if execution is None:
        return None
    return {"state": str(execution.state), "started": execution.started_at, "ended": execution.finished_at}[field]


def value_of_execution(execution, field):
    """What an execution is ordered by."""
    return {
        "name": execution.job_name.lower(),
        "state": str(execution.state),
        "created": execution.created_at,
        "updated": execution.state_since,
        "started": execution.started_at,
        "ended": execution.finished_at,
    }[field]


def in_order(records, order, value):
    """As Python sorts them: by value, those without one last, then by id."""
    known = sorted((one for one in records if value(one, order.field) is not None), key=lambda one: one.id)
    known.sort(key=lambda one: value(one, order.field), reverse=order.descending)
    return known + sorted((one for one in records if value(one, order.field) is None), key=lambda one: one.id)


def walk(read, length):
    """The records of all pages of this length."""
    found, after = [], None
    while page := read(length, after):
        found += [record for _, record in page]
        after = page[-1][0]
    return found


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("field", list(SortField))
async def test_every_order_is_that_of_the_values(store, make_job, make_execution, field, descending):
    """All at once, page by page, and with a filter: each record once, equal ones by their ids, those without a value last."""
    await store.write(fill(random.Random(3), make_job, make_execution))
    order = Order(field, descending)

    def check(store):
        jobs = store.job_page(JobFilter(), 100)
        expected = in_order(jobs, order, value_of_job)
        for length in (1, 4, 100):
            assert walk(lambda n, after: store.sorted_jobs(JobFilter(), order, n, 0, after), length) == expected
        assert [job for _, job in store.sorted_jobs(JobFilter(), order, 5, 7)] == expected[7:12]
        failed = JobFilter(states=(ExecutionState.FAILED,))
        assert [job for _, job in store.sorted_jobs(failed, order)] == [
            job for job in expected if job.execution is not None and job.execution.state is ExecutionState.FAILED
        ]
        every = [execution for _, execution in store.execution_page(ExecutionFilter(), 1000)]
        expected = in_order(every, order, value_of_execution)
        for length in (3, 1000):
            walked = walk(lambda n, after: store.sorted_executions(ExecutionFilter(), order, n, 0, after), length)
            assert walked == expected

    await store.read(check)


def test_how_an_order_is_written():
    """A direction, or the one that suits the field; nothing is the usual order."""
    assert order_of(None) == order_of("created") == order_of("created:desc") == USUAL
    assert order_of("name") == order_of("name:asc") == Order(SortField.NAME, descending=False)
    assert str(order_of("ended")) == "ended:desc"
    assert str(order_of("state:desc")) == "state:desc"
