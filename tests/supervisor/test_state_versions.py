"""A savepoint carries the version of each plugin's state: another one than this flowdeck reads is refused with the reason."""

import msgspec
import pytest

from runner.requests import RestartRequest, StopRequest
from runner.savepoint.reading import read_directory
from runner.savepoint.writing import state_entry, write_directory
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict
from runner.supervisor.snapshot import decode_snapshot, encode_snapshot
from spec.plan.compatibility import PluginIdentity, compare


@pytest.mark.parametrize(("before", "after", "said"), [(3, 1, "newer than"), (1, 2, "not read by")])
def test_another_version_does_not_fit(before, after, said):
    """A newer and an older one, of sources and of others; the same one fits."""
    former, present = {"a": PluginIdentity("Sql", {}, before)}, {"a": PluginIdentity("Sql", {}, after)}
    for sources, path in (([], "a"), (["a"], "source.a")):
        (breach,) = compare(former, sources, present)
        assert breach.path == path
        assert said in breach.reason
        assert f"version {before}" in breach.reason
    assert compare(former, ["a"], former) == []


async def test_a_savepoint_of_another_version_is_refused(flow, copy, directory):
    """One whose source keeps its positions in a newer form is not taken up; the job can still go on from its own."""
    job = (await flow.service.submit(copy.but(mode="STREAMING").request())).id
    await flow.progressed(job)
    await flow.service.stop(job, StopRequest())
    await flow.reach(job, ExecutionState.STOPPED)
    (savepoint,) = await flow.service.savepoints(job)
    verdict = await flow.service.verify_savepoint(job, savepoint.id)
    found = read_directory(directory / "home" / "savepoints" / job / str(savepoint.id))
    assert verdict.savepoint.place.path == str(directory / "home" / "savepoints" / job / str(savepoint.id))
    newer = {**found.manifest.plugins}
    newer["numbers"] = msgspec.structs.replace(newer["numbers"], state_version=2)
    state = encode_snapshot(msgspec.structs.replace(decode_snapshot(found.state), plugins=newer))
    path = directory / "newer"
    write_directory(path, msgspec.structs.replace(found.manifest, plugins=newer, files=[state_entry(state)]), state)
    with pytest.raises(Conflict, match=r"source\.numbers: its state has version 2, which is newer than"):
        await flow.service.restart(job, RestartRequest(restore=str(path)))
    await flow.service.restart(job, RestartRequest())
    await flow.reach(job, ExecutionState.RUNNING)
