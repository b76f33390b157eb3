"""Savepoints as directories: written when committed, carried to another home, refused when they are not what was written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from runner.home import Home
from runner.model import CheckpointKind, CheckpointStatus, SavepointPlace
from runner.requests import RestartRequest, SavepointRequest, StopRequest, SubmitRequest
from runner.savepoint.errors import SavepointInvalid, SavepointNotWritten
from runner.savepoint.reading import read_directory
from runner.savepoint.writing import state_entry, write_directory
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.snapshot import decode_snapshot, encode_snapshot
from runner.supervisor.supervisor import Supervisor

FINISHED, STOPPED = ExecutionState.FINISHED, ExecutionState.STOPPED


def job_text(path: str = "in/numbers.csv") -> str:
    """A job whose paths are relative to the directory that it is submitted with."""
    return f"""
    env {{ job.name = "carried", checkpoint.interval = 100, read_limit.rows_per_second = 12000 }}
    source {{ LocalFile {{
      plugin_output = "numbers", path = "{path}", file_format_type = "csv", skip_header_row_number = 1
      schema {{ fields {{ id = bigint, word = string }} }}
    }} }}
    sink {{ LocalFile {{ plugin_input = "numbers", path = "out", file_format_type = "parquet" }} }}
    """


@pytest.fixture
async def carried(flow, copy, directory) -> tuple[Path, Path]:
    """A place with input and output of a job that was stopped half way, and its savepoint's directory."""
    place = directory / "here"
    (place / "in").mkdir(parents=True)
    shutil.copy(copy.but(rows=9_000).source, place / "in" / "numbers.csv")
    job = await flow.service.submit(SubmitRequest(text=job_text(), base_directory=str(place)))
    await flow.progressed(job.id)
    await flow.service.stop(job.id, StopRequest(description="to be carried"))
    stopped = await flow.reach(job.id, STOPPED)

    async def written() -> str:
        async with flow.waiting():
            while True:
                (savepoint,) = await flow.service.savepoints(job.id)
                if savepoint.place is not None and savepoint.place.written_at is not None:
                    assert savepoint.id == stopped.savepoint_id
                    return savepoint.place.path
                await flow.a_moment()

    return place, Path(await written())


async def test_a_savepoint_is_carried_to_another_place_and_home(flow, copy, carried, directory):
    """Input, output and savepoint are moved and the first home is not there any more: the job goes on in another home exactly
    where it stopped, says where from, and its next checkpoints and savepoints are as any others."""
    place, savepoint = carried
    manifest = json.loads((savepoint / "manifest.json").read_text())
    assert (manifest["format"], manifest["job_name"], manifest["description"]) == (1, "carried", "to be carried")
    assert str(directory) not in (savepoint / "manifest.json").read_text()
    assert str(directory).encode() not in (savepoint / "state.msgpack").read_bytes()
    there = directory / "there"
    shutil.move(place, there)
    shutil.move(savepoint, directory / "brought")
    async with Supervisor.open(Home(directory / "other")) as other:
        text = job_text(path=str(there / "in" / "numbers.csv"))
        request = SubmitRequest(text=text, base_directory=str(there), restore=str(directory / "brought"))
        job = await other.service.submit(request)
        assert job.execution.restored_from == 1
        assert "imported from" in job.execution.restore_reason
        (imported,) = await other.service.savepoints(job.id)
        assert imported.origin.job_name == "carried"
        assert imported.rows_in == manifest["rows_in"] > 0
        await type(flow)(other).reach(job.id, FINISHED)
        later = [found for found in await other.service.checkpoints(job.id) if found.status is CheckpointStatus.COMMITTED]
        assert later[0].kind is CheckpointKind.FINAL
        assert later[0].id > imported.id
        again = await other.service.restart(job.id, RestartRequest(restore=str(directory / "brought")))
        assert again.execution.restored_from == imported.id, "one directory is taken in once"
        await other.service.cancel(job.id)
        await type(flow)(other).until(job.id, lambda seen: seen.execution.state.is_terminal)
    shutil.rmtree(copy.target, ignore_errors=True)
    out = copy.but(rows=9_000)
    shutil.move(there / "out", out.target)
    rows = out.figures()
    assert rows[1:] == (9_000, 8_999)


async def test_what_is_not_what_was_written_is_refused(flow, carried, directory):
    """Another byte, a missing file, a link, another format, other sources: one clear error each, and nothing is started."""
    place, savepoint = carried

    async def refused(directory: Path, match: str, error: type = SavepointInvalid, text: str | None = None) -> None:
        with pytest.raises(error, match=match):
            await flow.service.submit(
                SubmitRequest(text=text or job_text(), name="new", base_directory=str(place), restore=str(directory))
            )

    def copied(name: str) -> Path:
        return Path(shutil.copytree(savepoint, directory / name))

    flipped = copied("flipped")
    state = bytearray((flipped / "state.msgpack").read_bytes())
    state[-1] ^= 1
    (flipped / "state.msgpack").write_bytes(state)
    await refused(flipped, "SHA-256")
    (flipped / "state.msgpack").unlink()
    await refused(flipped, "cannot read")
    (flipped / "state.msgpack").symlink_to(savepoint / "state.msgpack")
    await refused(flipped, "symbolic link")
    newer = copied("newer")
    manifest = json.loads((newer / "manifest.json").read_text())
    (newer / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
    await refused(newer, "format 2")
    (newer / "manifest.json").write_text("[" * 100_000)
    await refused(newer, "manifest")
    (newer / "manifest.json").unlink()
    await refused(newer, "manifest.json")
    await refused(directory / "nowhere", "no savepoint")
    await refused(savepoint, "is gone", Conflict, job_text().replace('"numbers"', '"digits"'))
    assert (await flow.service.jobs())[1] == 1


async def test_a_savepoint_goes_where_it_is_asked_to(flow, copy, directory):
    """With a directory it is written there; a place that cannot be is refused before anything is taken."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    taken = await flow.service.savepoint(job.id, SavepointRequest(directory=str(directory / "mine"), description="mine"))
    assert (taken.place.path, taken.place.trouble) == (str(directory / "mine"), "")
    found = read_directory(directory / "mine")
    assert (found.manifest.number, found.digest) == (taken.id, taken.place.digest)
    assert taken.requested_by == "a savepoint request"
    for wrong in ("relative", str(directory / "mine"), str(directory / "no" / "parent"), str(copy.source)):
        with pytest.raises(SavepointNotWritten):
            await flow.service.savepoint(job.id, SavepointRequest(directory=wrong))
    assert len(await flow.service.savepoints(job.id)) == 1
    verdict = await flow.service.verify_savepoint(job.id, taken.id)
    assert verdict.problems == ()
    (directory / "mine" / "manifest.json").unlink()
    verdict = await flow.service.verify_savepoint(job.id, taken.id)
    assert "manifest.json" in verdict.problems[0]
    assert (await flow.service.savepoints(job.id))[0].place.trouble == verdict.problems[0]
    await flow.service.cancel(job.id)


async def test_what_a_crash_left_unwritten_is_written_by_the_next_daemon(opened, copy, home):
    """The directory of a committed savepoint is gone and its record says it is not written: the next daemon writes it, and
    removes those that no record names and those that are half written."""
    async with opened() as flow:
        job = await flow.service.submit(copy.request())
        await flow.progressed(job.id)
        taken = await flow.service.savepoint(job.id, SavepointRequest())
        await flow.service.stop(job.id, StopRequest(savepoint=False))
        await flow.reach(job.id, STOPPED)
    unwritten = SavepointPlace(path=taken.place.path)
    store = await AsyncStore.open(home.store_path)
    await store.write(lambda opened_store: opened_store.set_savepoint_place(job.id, taken.id, unwritten))
    await store.close()
    place = Path(taken.place.path)
    assert place == home.savepoint_directory(job.id, taken.id)
    shutil.copytree(place, place.with_name("77"))
    shutil.move(place, place.with_name(".flowdeck-savepoint-half"))
    async with opened() as flow:
        async with flow.waiting():
            while (await flow.service.savepoints(job.id))[0].place.written_at is None or place.with_name("77").exists():
                await flow.a_moment()
        assert read_directory(place).manifest.number == taken.id
        async with flow.waiting():
            while [path.name for path in place.parent.iterdir()] != [str(taken.id)]:
                await flow.a_moment()


async def test_a_savepoint_that_the_job_needs_is_deleted_by_force_only(flow, copy):
    """The only restore point stays without force; with force its state stays as a checkpoint, and its directory goes."""
    job = await flow.service.submit(copy.but(interval=None).request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0)
    taken = await flow.service.savepoint(job.id, SavepointRequest())
    with pytest.raises(Conflict, match="only point"):
        await flow.service.delete_savepoint(job.id, taken.id)
    assert read_directory(Path(taken.place.path)).manifest.number == taken.id
    await flow.service.delete_savepoint(job.id, taken.id, force=True)
    with pytest.raises(SavepointInvalid):
        read_directory(Path(taken.place.path))
    assert (await flow.service.checkpoints(job.id))[0].kind is CheckpointKind.PERIODIC
    await flow.service.cancel(job.id)


async def test_a_forged_savepoint_reads_nothing_outside(flow, carried, directory):
    """With checksums that are right, a position that names a file outside the source's path is refused by the source."""
    place, savepoint = carried
    found = read_directory(savepoint)
    snapshot = decode_snapshot(found.state)
    (split,) = snapshot.splits
    (directory / "secret.csv").write_bytes((place / "in" / "numbers.csv").read_bytes())
    forged = msgspec.structs.replace(split, data={**split.data, "file": "../../secret.csv"})
    state = encode_snapshot(msgspec.structs.replace(snapshot, splits=[forged]))
    manifest = msgspec.structs.replace(found.manifest, files=[state_entry(state)])
    write_directory(directory / "forged", manifest, state)
    text = job_text().replace('job.name = "carried"', 'job.name = "forged", restart.strategy = "none"')
    request = SubmitRequest(text=text, base_directory=str(place), restore=str(directory / "forged"))
    job = await flow.service.submit(request)
    failed = await flow.until(job.id, lambda seen: seen.execution.state.is_terminal)
    assert "not below" in failed.execution.error.message


async def test_savepoints_of_deleted_jobs(flow, carried):
    """They are listed, shown, verified, taken up by another job of the same name, and deleted, until their job is purged."""
    place, path = carried
    service = flow.service
    former = await service.job("carried")
    (savepoint,) = await service.savepoints("carried")
    assert await service.savepoints(deleted=True) == []
    with pytest.raises(NotFound, match="no deleted job 'carried'"):
        await service.savepoints("carried", deleted=True)
    await service.delete("carried")
    assert await service.savepoints() == []
    for found in (await service.savepoints(deleted=True), await service.savepoints("carried", deleted=True)):
        assert [kept.id for kept in found] == [savepoint.id]
    with pytest.raises(NotFound, match="is deleted"):
        await service.verify_savepoint("carried", savepoint.id)
    verdict = await service.verify_savepoint(former.id, savepoint.id, deleted=True)
    assert (verdict.problems, verdict.savepoint.place.path) == ((), str(path))
    again = await service.submit(SubmitRequest(text=job_text(), base_directory=str(place), restore=str(path)))
    execution = await flow.reach(again.id, FINISHED)
    assert (again.id != former.id, execution.totals.rows_in) == (True, 9_000)
    await service.delete_savepoint("carried", savepoint.id, force=True, deleted=True)
    with pytest.raises(NotFound, match="no savepoint"):
        await service.show_savepoint(former.id, savepoint.id, deleted=True)
    assert await service.savepoints(deleted=True) == []
    assert not path.exists()


async def test_what_deleting_a_savepoint_would_do(flow, carried):
    """The dry run tells what is kept and lost, and refuses what the deletion refuses; nothing is changed by it."""
    (savepoint,) = await flow.service.savepoints("carried")
    refused = await flow.service.deletion_of_savepoint("carried", savepoint.id, force=False)
    others = [one for one in await flow.service.checkpoints("carried") if one.id != savepoint.id and not one.failure]
    told = await flow.service.deletion_of_savepoint("carried", savepoint.id, force=True)
    assert (told.allowed, told.risk, told.action) == (True, "destructive", "delete-savepoint")
    assert f"savepoint {savepoint.id}, " in told.lost[0]
    assert told.lost[0].endswith(": to be carried")
    assert refused.allowed is bool(others)
    if others:
        assert f"{len(others)} other restore point" in told.kept[0]
        assert told.restore_point is not None
        assert told.restore_point.number == max(one.id for one in others)
    else:
        assert "the only point" in refused.reason
    assert [one.id for one in await flow.service.savepoints("carried")] == [savepoint.id]
    with pytest.raises(NotFound):
        await flow.service.deletion_of_savepoint("carried", 99_999)
