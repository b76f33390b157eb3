"""Which files are watched, and every way in which they are written, moved, deleted, and named alike."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from runner.reload import ReloadState
from runner.reload_options import ReloadOptions, parse_settings
from runner.requests import EditRequest, LookRequest, RestartRequest
from runner.states import ExecutionState
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.limits import Limits
from runner.supervisor.reloading import job_files
from runner.supervisor.reloading.file_reload import Look
from runner.supervisor.reloading.job_files import JobFiles
from runner.supervisor.reloading.settings import ReloadPolicy, policy
from runner.supervisor.supervisor import Supervisor
from spec.errors import UsageError
from spec.job import Approval, DeletedPolicy, ReloadSettings, UpgradeMode
from tests.supervisor.conftest import CopyJob, Flow
from tests.supervisor.watched_job import WatchedJob, reload_events, seen_in

S = ReloadState


def stream(directory: Path, **fields) -> CopyJob:
    """A job with little to read that stays up."""
    return CopyJob(directory, mode="STREAMING", rows=200, rows_per_second=None, **fields)


def rename_over(path: Path, text: str) -> None:
    """Beside it, then renamed: most editors."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    temporary.rename(path)


def truncate_and_write(path: Path, text: str) -> None:
    """In place, in two pieces, with an empty file in between."""
    with path.open("w") as file:
        os.fsync(file.fileno())
        file.write(text[:100])
        file.flush()
        file.write(text[100:])


def backup_and_write(path: Path, text: str) -> None:
    """The old one is moved away, the new one is made."""
    path.rename(path.with_suffix(".conf~"))
    path.write_text(text)


def same_time_and_size(path: Path, text: str) -> None:
    """With another content of the same length, and the time of before put back."""
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


STYLES = (rename_over, truncate_and_write, backup_and_write, same_time_and_size)


async def test_every_way_to_write_a_file_is_seen_once(opened, directory):
    """Renamed over, truncated and written, moved away and made, with the old time put back; touched is nothing."""
    watched = WatchedJob(directory / "jobs", stream(directory))
    async with opened(watched.directory) as flow:
        await watched.reach(flow, S.SYNCED)
        await flow.progressed("copy", 200)
        first = (await flow.service.job("copy")).execution
        for number, write in enumerate(STYLES):
            write(watched.path, watched.copy.but(interval=110 + number).text())
            record = await watched.reach(flow, S.SYNCED, seen=number + 2)
            assert (record.observed_generation, record.effect) == (number + 2, "live")
            spec = (await flow.service.generations("copy"))[-1].spec
            assert spec["env"]["checkpoint"]["interval"] == (110 + number) / 1000
        assert (await flow.service.job("copy")).execution.id == first.id


async def test_a_directory_that_is_replaced_at_once_is_seen(opened, directory):
    """As Kubernetes mounts files: each is a link through ``..data``, which is made to lead to another directory."""
    jobs = directory / "jobs"
    (jobs / "..1").mkdir(parents=True)
    (jobs / "..1" / "copy.conf").write_text(stream(directory).text())
    (jobs / "..data").symlink_to("..1")
    (jobs / "copy.conf").symlink_to("..data/copy.conf")
    async with opened(jobs) as flow:
        await seen_in(flow, jobs / "copy.conf", S.SYNCED, 1)
        (jobs / "..2").mkdir()
        (jobs / "..2" / "copy.conf").write_text(stream(directory, interval=150).text())
        (jobs / "..data_tmp").symlink_to("..2")
        (jobs / "..data_tmp").rename(jobs / "..data")
        (jobs / "..1" / "copy.conf").unlink()
        (jobs / "..1").rmdir()
        record = await seen_in(flow, jobs / "copy.conf", S.SYNCED, 2)
        assert record.effect == "live"
        assert [job.name for job in (await flow.service.jobs())[0]] == ["copy"]


async def test_a_renamed_file_is_the_same_job_and_a_copied_one_is_invalid(opened, directory):
    """Moved: it goes on without a restart. Copied: neither of the two is taken, each says where the other has the name, what
    runs runs on, and once one is gone the other is taken again."""
    watched = WatchedJob(directory / "jobs", stream(directory))
    moved, copied = watched.directory / "moved.conf", watched.directory / "copied.conf"
    async with opened(watched.directory) as flow:
        await watched.reach(flow, S.SYNCED)
        before = await flow.progressed("copy", 200)
        watched.path.rename(moved)
        await flow.until("copy", lambda job: job.file == str(moved))
        record = await seen_in(flow, moved, S.SYNCED, 1)
        assert record.job_id == before.id
        copied.write_text(watched.copy.text())
        clash = await seen_in(flow, copied, S.INVALID, 1)
        assert clash.diagnostics[0]["code"] == "name-taken"
        assert clash.diagnostics[0]["start"]["line"] == 3
        assert clash.diagnostics[0]["related"][0]["file"] == str(moved)
        other = await seen_in(flow, moved, S.INVALID, 1)
        assert other.diagnostics[0]["related"][0]["file"] == str(copied)
        job = await flow.service.job("copy")
        assert (job.execution.id, job.generation, job.execution.state) == (before.execution.id, 1, ExecutionState.RUNNING)
        copied.unlink()
        await seen_in(flow, moved, S.SYNCED, 1)
        states = [event.data["state"] for event in await reload_events(flow, moved)]
        assert "ORPHANED" not in states


async def test_a_job_renamed_by_hand_follows_its_file(opened, directory):
    """Its name stays, and what the file says is free: another file of that name is another job, and neither is in the way."""
    small = stream(directory)
    first, second = WatchedJob(directory / "jobs", small), directory / "jobs" / "second.conf"
    async with opened(first.directory, observing=0.1) as flow:
        job_id = (await first.reach(flow, S.SYNCED)).job_id
        await flow.service.edit(job_id, EditRequest(name="mine"))
        second.write_text(small.text().replace("out-copy", "out-second"))
        other = await seen_in(flow, second, S.SYNCED, 1)
        assert other.job_id != job_id
        first.save(small.but(fields="id = id"))
        record = await first.reach(flow, S.SYNCED, seen=2)
        job = await flow.service.job(job_id)
        assert (record.job_id, record.job_name, job.name, job.generation) == (job_id, "mine", "mine", 2)
        assert (await flow.service.job("copy")).id == other.job_id


async def test_a_deleted_file_is_an_orphan_or_the_end_as_the_job_says(opened, directory):
    """Kept as it is; back again it is followed as before; with stop_with_savepoint the job is stopped and can go on later."""
    watched = WatchedJob(directory / "jobs", stream(directory))
    copy = watched.copy
    async with opened(watched.directory) as flow:
        await watched.reach(flow, S.SYNCED)
        before = await flow.progressed("copy", 200)
        watched.path.unlink()
        record = await seen_in(flow, watched.path, S.ORPHANED, 1)
        assert "left as it is" in record.message
        watched.save(copy.but(settings='reload.on_delete = "stop_with_savepoint"'))
        await watched.reach(flow, S.SYNCED, seen=2)
        assert (await flow.service.job("copy")).execution.id == before.execution.id
        watched.path.unlink()
        record = await seen_in(flow, watched.path, S.ORPHANED, 2)
        assert "the job is stopped" in record.message
        job = await flow.service.job("copy")
        assert (job.execution.state, job.desired_state) == (ExecutionState.STOPPED, "STOPPED")
        assert job.execution.savepoint_id is not None
        await flow.service.restart("copy", RestartRequest())
        await flow.reach("copy", ExecutionState.RUNNING)
        assert copy.figures() == (200, 200, 199)


async def test_trees_single_files_and_submitted_files_are_watched(home, directory):
    """Below a directory everything but what is hidden; one file alone; and, when asked for, the files that jobs come from."""
    tree, alone, elsewhere = directory / "tree", directory / "alone", directory / "elsewhere"
    for place in (tree / "a" / "b", tree / ".git", alone, elsewhere):
        place.mkdir(parents=True)
    small = CopyJob(directory, mode="BATCH", rows=10)
    for name, place in (("deep", tree / "a" / "b"), ("hidden", tree / ".git"), ("one", alone), ("other", alone)):
        (place / f"{name}.conf").write_text(small.but(name=name).text())
    (elsewhere / "sent.conf").write_text(small.but(name="sent").text())
    options = ReloadOptions(watch_submitted=True, defaults=parse_settings(["approval=manual"]))
    watch = [tree, alone / "one.conf"]
    async with Supervisor.open(home, watch=watch, reload=options, limits=Limits(observing=0.1)) as supervisor:
        flow = Flow(supervisor)
        for path in (tree / "a" / "b" / "deep.conf", alone / "one.conf"):
            await seen_in(flow, path, S.SYNCED, 1)
        request = small.but(name="sent").request(file=str(elsewhere / "sent.conf"))
        await flow.service.submit(request)
        await seen_in(flow, elsewhere / "sent.conf", S.SYNCED, 1)
        assert sorted(job.name for job in (await flow.service.jobs())[0]) == ["deep", "one", "sent"]
        (elsewhere / "sent.conf").write_text(small.but(name="sent", fields="id = id").text())
        await seen_in(flow, elsewhere / "sent.conf", S.PENDING_APPROVAL, 2)
        later = tree / "new" / "later.json"
        later.parent.mkdir()
        later.write_text("{")
        await seen_in(flow, later, S.INVALID, 1)


def test_files_and_depth_are_bounded(tmp_path, monkeypatch):
    """What is left out is said; links to directories, which may lead in circles, are not followed."""
    deep = tmp_path
    for number in range(job_files.DEEPEST + 2):
        deep = deep / f"d{number}"
        deep.mkdir()
        (deep / "job.conf").touch()
    (tmp_path / "d0" / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.conf")
    files = JobFiles([tmp_path])
    assert len(files.found()) == job_files.DEEPEST
    assert "not watched below" in files.problems[0]
    assert files.covers(str(tmp_path / "d0" / "absent.conf"))
    assert not files.covers(str(tmp_path / ".d" / "absent.conf"))
    assert not files.covers(str(tmp_path / "notes.txt"))
    monkeypatch.setattr(job_files, "MOST_FILES", 3)
    assert len(files.found()) == 3
    assert "more than 3" in files.problems[0]


def test_what_a_file_says_counts_before_what_the_daemon_was_told():
    """Each setting by itself; what nobody says is as usual."""
    defaults = parse_settings(["reload.approval=manual", "stable_after=7", "on_delete=stop_with_savepoint"])
    own = ReloadSettings(approval=Approval.AUTO, upgrade=UpgradeMode.STATELESS)
    found = policy(own, defaults)
    assert found == ReloadPolicy(Approval.AUTO, UpgradeMode.STATELESS, False, DeletedPolicy.STOP, 7.0)
    assert ReloadOptions(True, defaults).arguments() == [
        "--watch-submitted",
        "--reload=approval=manual",
        "--reload=on_delete=stop_with_savepoint",
        "--reload=stable_after=7.0",
    ]
    for wrong in ("approval", "approvel=manual", "approval=perhaps", "stable_after=-1", "stable_after=soon"):
        with pytest.raises(UsageError):
            parse_settings([wrong])


@pytest.mark.parametrize(("call", "state"), [("prepare_submission", S.UPGRADE_FAILED), ("named", S.INVALID)])
async def test_an_error_that_nobody_expects_leaves_no_file_in_passing(opened, directory, monkeypatch, call, state):
    """The file is refused with a word on the log; looked at once more, it is taken."""

    async def broken(*_: object) -> None:
        raise ArithmeticError("nobody expects this")

    watched = WatchedJob(directory / "jobs", stream(directory))
    with monkeypatch.context() as patched:
        patched.setattr(JobLifecycle, call, broken)
        async with opened(watched.directory) as flow:
            record = await watched.reach(flow, state)
            assert "the daemon's log" in record.message
            patched.undo()
            await flow.supervisor.reloader.look_again(LookRequest(retry=True))
            await seen_in(flow, watched.path, S.SYNCED, 1)


async def test_a_look_that_is_asked_for_when_another_ends_is_taken(opened, directory, monkeypatch):
    """In the very moment in which the one before it is over, too: no change of a file is passed over."""
    looks = []

    async def look(path: str, how: Look) -> None:
        looks.append(how)
        if len(looks) < 5:
            asyncio.get_running_loop().call_soon(flow.supervisor.reloader._look_at, path, Look.AGAIN)

    async with opened(directory / "jobs") as flow:
        monkeypatch.setattr(flow.supervisor.reloader._reload, "look", look)
        flow.supervisor.reloader._look_at(str(directory / "jobs" / "a.conf"), Look.CHANGED)
        async with flow.waiting():
            while len(looks) < 5:
                await flow.a_moment()


async def test_many_new_files_that_are_no_jobs_cost_one_write_each(opened, directory):
    """What each went through is told together, in its order, and the same once more under the next daemon: nothing."""
    place = directory / "jobs"
    place.mkdir()
    paths = [place / f"broken-{number}.conf" for number in range(20)]
    for path in paths:
        path.write_text("env {")
    async with opened(place) as flow:
        for path in paths:
            await seen_in(flow, path, S.INVALID, 1)
        for path in paths:
            events = await reload_events(flow, path)
            assert [(event.data["previous"], event.data["state"]) for event in events] == [
                (None, S.PARSING),
                (S.PARSING, S.VALIDATING),
                (S.VALIDATING, S.INVALID),
            ]
            first, *_, last = [event.revision for event in events]
            assert last == first + 2
    async with opened(place) as flow:
        (place / "later.conf").write_text("env {")
        await seen_in(flow, place / "later.conf", S.INVALID, 1)
        assert [len(await reload_events(flow, path)) for path in paths] == [3] * len(paths)
