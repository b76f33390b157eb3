"""The one function that says where an attempt starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.restore import LATEST, NONE, choose_restore_point

COMPLETE = {CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}


def checkpoint(number: int, status: CheckpointStatus, execution: str, kind=CheckpointKind.PERIODIC) -> Checkpoint:
    """A record of one job."""
    return Checkpoint(
        id=number, job_id="job", execution_id=execution, generation=1, kind=kind, status=status, triggered_at=float(number)
    )


CHECKPOINTS = st.lists(
    st.builds(
        checkpoint,
        st.integers(1, 12),
        st.sampled_from(CheckpointStatus),
        st.sampled_from(["first", "second", "third"]),
        st.sampled_from(CheckpointKind),
    ),
    unique_by=lambda found: found.id,
)
WANTED = st.one_of(st.just(NONE), st.just(LATEST), st.integers(1, 12).map(str))


@given(CHECKPOINTS, WANTED, st.sampled_from([None, "first", "second", "new"]))
def test_the_choice_is_complete_newest_and_said(checkpoints, wanted, execution):
    """Own progress wins; then exactly what was asked for; never something unfinished, never a silent fallback."""
    complete = [found for found in checkpoints if found.status in COMPLETE]
    own = [found for found in complete if found.execution_id == execution]
    try:
        choice = choose_restore_point(checkpoints, wanted, execution)
    except Conflict:
        assert not own
        asked = [found for found in checkpoints if str(found.id) == wanted]
        assert (wanted == LATEST and not complete) or (asked and asked[0].status not in COMPLETE)
        return
    except NotFound:
        assert not own
        assert wanted not in {str(found.id) for found in checkpoints}
        return
    assert choice.reason
    if own:
        assert choice.checkpoint == max(own, key=lambda found: found.id)
    elif wanted == NONE:
        assert choice.checkpoint is None
    elif wanted == LATEST:
        assert choice.checkpoint == max(complete, key=lambda found: found.id)
    else:
        assert str(choice.id) == wanted
    assert choice.checkpoint is None or choice.checkpoint.status in COMPLETE


@given(CHECKPOINTS, WANTED, st.randoms())
def test_the_order_of_the_records_does_not_matter(checkpoints, wanted, random):
    """The same records in another order give the same choice."""

    def outcome(records):
        try:
            return choose_restore_point(records, wanted, "first")
        except (Conflict, NotFound) as error:
            return error.message

    shuffled = list(checkpoints)
    random.shuffle(shuffled)
    assert outcome(checkpoints) == outcome(shuffled)


@pytest.mark.parametrize("wanted", ["", "x", "-1", "1.5", "\u0661", "latest "])
def test_what_is_no_restore_point_is_refused(wanted):
    """Anything but none, latest and a number is an error, not the beginning."""
    with pytest.raises(NotFound):
        choose_restore_point([], wanted)
