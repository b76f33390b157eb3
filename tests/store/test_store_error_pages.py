"""Pages of errors: every list comes as it is without pages, in any order, whatever comes or goes meanwhile."""

import msgspec
import pytest

from runner.model import Attempt, ErrorInfo, RejectedRows, Rejection
from runner.supervisor.error_pages import LATEST, ErrorField, ErrorOrder, ErrorPage, error_order_of
from runner.supervisor.error_report import ErrorFilter, read_error_overview, read_error_report
from spec.errors import UsageError

LISTS = ("rows", "failures", "groups")
CODES = ("worker-lost", "timeout", "a-code")


def failed(number, at, code, message):
    """An attempt that failed."""
    error = ErrorInfo(code=code, message=message)
    times = {"started_at": at - 0.5, "ended_at": at}
    return Attempt(execution_id="e1", number=number, error=error, **times)


@pytest.fixture
async def job(store, make_job, make_execution):
    """A job with failures of three codes, and rejected rows, some of which are the same in everything that is known of them."""

    def fill(store):
        store.insert_job(make_job("j1"))
        store.insert_execution(make_execution("e1", "j1"))
        for number in range(1, 24):
            letters = chr(96 + number) * 3  # a message of its own: a group of its own, but for the first ones
            message = "the same" if number < 8 else f"{letters} is missing"
            store.insert_attempt(failed(number, 100.0 + number, CODES[number % 3], message))
        rows = [
            Rejection(plugin="rows", kind=kind, reason="no number", row=f"x{number // 3}", at=50.0 + number // 6)
            for kind in ("cast", "parse")
            for number in range(12)
        ]
        counts = [RejectedRows(plugin="rows", kind=kind, rows=12, first_at=50.0, last_at=51.0) for kind in ("cast", "parse")]
        store.record_rejections("j1", "e1", counts, rows)
        return store.job("j1")

    return await store.write(fill)


def walked(store, job, limit, order, execution_id=None):
    """All lists, page by page."""
    found, after = {name: [] for name in LISTS}, None
    while True:
        page = read_error_report(store, job, ErrorFilter(), ErrorPage(limit, 0, order, after), execution_id)
        assert page.counts != ()
        for name in LISTS:
            found[name] += getattr(page, name)
        if (after := page.next) is None:
            return found


@pytest.mark.parametrize("text", [None, "last:asc", "first", "count", "count:asc", "code", "code:desc"])
async def test_pages_are_the_list(store, job, text):
    """Each record once, in order, whatever the length of a page; equal ones the newest first; of an execution the same."""
    order = error_order_of(text)

    def check(store):
        whole = read_error_report(store, job, ErrorFilter(), ErrorPage(1000, 0, order))
        assert whole.next is None
        assert (len(whole.rows), len(whole.failures), len(whole.groups)) == (24, 23, 2 + 3 + 16)
        expected = {name: list(getattr(whole, name)) for name in LISTS}
        for limit in (1, 5, 23):
            assert walked(store, job, limit, order) == expected
        assert walked(store, job, 7, order, "e1") == expected
        assert read_error_report(store, job, ErrorFilter(), ErrorPage(3, 4, order)).failures == whole.failures[4:7]
        ats = [failure.at for failure in whole.failures]
        match order.field:
            case ErrorField.LAST | ErrorField.FIRST:
                assert ats == sorted(ats, reverse=order.descending)
            case ErrorField.COUNT:
                counts = [group.count for group in whole.groups]
                assert counts == sorted(counts, reverse=order.descending)
                assert ats == sorted(ats, reverse=True)
            case ErrorField.CODE:
                codes = [group.code for group in whole.groups]
                assert codes == sorted(codes, reverse=order.descending)
                assert [row.kind for row in whole.rows] == sorted((row.kind for row in whole.rows), reverse=order.descending)
        overview = read_error_overview(store, ErrorFilter(), ErrorPage(1000, 0, order))
        assert (overview.groups, overview.failures) == (whole.groups, whole.failures)

    await store.read(check)


async def test_what_comes_meanwhile_shifts_nothing(store, job):
    """A failure that is new, and one that makes another of the group at which the page ended, are not on the pages behind."""
    page = await store.read(lambda store: read_error_report(store, job, ErrorFilter(), ErrorPage(4)))
    whole = await store.read(lambda store: read_error_report(store, job, ErrorFilter(), ErrorPage(1000)))
    last = page.groups[-1]
    at_last = next(failure for failure in page.failures if failure.error.message == last.sample)

    def add(store):
        store.insert_attempt(failed(40, 900.0, last.code, at_last.error.message))
        store.insert_attempt(failed(41, 901.0, "new", "new"))

    await store.write(add)
    rest = await store.read(lambda store: read_error_report(store, job, ErrorFilter(), ErrorPage(1000, after=page.next)))
    assert page.groups + rest.groups == whole.groups
    assert page.failures + rest.failures == whole.failures
    assert page.rows + rest.rows == whole.rows


async def test_a_place_is_of_one_order(store, job):
    """In another order, or in another list, it is refused."""
    page = await store.read(lambda store: read_error_report(store, job, ErrorFilter(), ErrorPage(2)))
    for order in (ErrorOrder(ErrorField.LAST, descending=False), ErrorOrder(ErrorField.CODE)):
        with pytest.raises(UsageError) as refused:
            ErrorPage(2, 0, order, page.next)
        assert refused.value.code == "invalid-token"
    for token in ("", "no token", msgspec.json.encode(["x"]).decode()):
        with pytest.raises(UsageError):
            ErrorPage(2, 0, LATEST, token)


def test_how_an_order_of_errors_is_written():
    """A direction, or the one that suits the field."""
    assert error_order_of(None) == error_order_of("last") == LATEST
    assert error_order_of("code") == ErrorOrder(ErrorField.CODE, descending=False)
    assert error_order_of("count:asc") == ErrorOrder(ErrorField.COUNT, descending=False)
