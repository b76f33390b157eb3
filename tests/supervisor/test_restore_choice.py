"""The one function that says where an attempt starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from runner.supervisor.errors import CheckpointDamaged, Conflict, NotFound
from runner.supervisor.restore import LATEST, NONE, choose_restore_point
from spec.job import DamagePolicy

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
        assert ("passed over" in choice.reason) == (bool(complete) and execution is None)
    elif wanted == LATEST:
        assert choice.checkpoint == max(complete, key=lambda found: found.id)
    else:
        assert str(choice.id) == wanted
    assert choice.checkpoint is None or choice.checkpoint.status in COMPLETE


@given(
    CHECKPOINTS, WANTED, st.sampled_from([None, "first", "second"]), st.sets(st.integers(1, 12)), st.sampled_from(DamagePolicy)
)
def test_damage_is_refused_or_passed_over_and_said(checkpoints, wanted, execution, damaged, policy):
    """With a damaged candidate: the same choice as without damage, or an error that names it; by the policy an older one of the
    same kind of candidates, whose reason names every one that was passed over; never the beginning."""

    def damage(found):
        return "its bytes differ" if found.id in damaged else ""

    try:
        sound = choose_restore_point(checkpoints, wanted, execution)
    except (Conflict, NotFound) as error:
        with pytest.raises(type(error)):
            choose_restore_point(checkpoints, wanted, execution, policy=policy, damage=damage)
        return
    message = ""
    try:
        choice = choose_restore_point(checkpoints, wanted, execution, policy=policy, damage=damage)
    except CheckpointDamaged as error:
        message = error.message
    if message:
        assert sound.id in damaged
        assert f"checkpoint {sound.id}," in message
        assert "its bytes differ" in message
        return
    if sound.id not in damaged:
        assert choice == sound
        return
    assert policy is DamagePolicy.FALL_BACK
    assert choice.checkpoint is not None
    assert choice.id not in damaged
    assert choice.id < sound.id
    assert [number for number, _ in choice.damaged] == sorted((number for number, _ in choice.damaged), reverse=True)
    assert {sound.id} <= {number for number, _ in choice.damaged} <= damaged
    assert all(f"{number} (its bytes differ)" in choice.reason for number, _ in choice.damaged)
    assert sound.checkpoint.execution_id != execution or choice.checkpoint.execution_id == execution


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


@pytest.mark.parametrize("wanted", ["", "x", "-1", "1.5", "\u0661", "latest ", pytest.param("9" * 5000, id="long")])
def test_what_is_no_restore_point_is_refused(wanted):
    """Anything but none, latest and a number is an error, not the beginning."""
    with pytest.raises(NotFound):
        choose_restore_point([], wanted)
