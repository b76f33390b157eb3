"""When a command looks for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tui.cli.garbage import look_again, put_off


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the collector of this process as it was."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.enable()


def test_what_there_is_by_then_is_never_looked_at() -> None:
    """Garbage is looked for again once that was put off, but not in what importing has made."""
    put_off()
    assert not gc.isenabled()
    look_again()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_nothing_changes_where_it_was_not_put_off() -> None:
    """A command inside another program leaves the program's collector alone."""
    before = gc.get_freeze_count(), gc.get_threshold()
    look_again(seldom=True)
    assert (gc.get_freeze_count(), gc.get_threshold()) == before
