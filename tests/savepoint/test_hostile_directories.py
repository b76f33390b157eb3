"""A savepoint's directory from anywhere: read whole, or refused with one clear error, whatever is in it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.savepoint.errors import SavepointInvalid, SavepointNotWritten
from runner.savepoint.manifest import FORMAT, MAXIMUM_STATE_BYTES, FileEntry, Manifest, decode_manifest, encode_manifest
from runner.savepoint.reading import read_directory
from runner.savepoint.writing import check_place, remove_directory, remove_unfinished, state_entry, write_directory
from runner.supervisor.confinement import Confined

STATE = b"positions" * 100


def manifest(**fields: object) -> Manifest:
    """The manifest of a small savepoint."""
    values = {
        "format": FORMAT, "flowdeck_version": "1", "job_id": "j", "job_name": "job", "generation": 1, "execution_id": "e",
        "number": 3, "description": "", "created_at": 1.0, "committed_at": 2.0, "rows_in": 1, "rows_out": 1, "bytes_in": 1,
        "bytes_out": 1, "splits": 1, "plugins": {}, "sources": [], "spec": {}, "files": [state_entry(STATE)],
    }  # fmt: skip
    return Manifest(**(values | fields))


def test_written_once_and_read_as_it_was(tmp_path):
    """What is written is what is read; writing it again changes nothing; something else in its place is never overwritten."""
    path = tmp_path / "deep" / "er"
    digest = write_directory(path, manifest(), STATE)
    found = read_directory(path)
    assert (found.digest, found.manifest, found.state) == (digest, manifest(), STATE)
    assert write_directory(path, manifest(description="later"), STATE) == digest
    assert sorted(each.name for each in path.parent.iterdir()) == ["er"]
    with pytest.raises(SavepointNotWritten):
        write_directory(path, manifest(number=4), STATE)
    (tmp_path / "file").write_text("mine")
    for taken in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SavepointNotWritten):
            write_directory(taken, manifest(), STATE)
    assert (tmp_path / "file").read_text() == "mine"
    assert not list(tmp_path.rglob(".flowdeck-savepoint-*"))
    (path / "mine").write_text("notes")
    remove_directory(path)
    remove_directory(path)
    assert [each.name for each in path.iterdir()] == ["mine"]


def test_whether_a_directory_may_be_read_is_asked_when_it_is_open(tmp_path):
    """With the place where it is, whatever link was followed to it; nothing is read of one that is refused."""
    write_directory(tmp_path / "real", manifest(), STATE)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    asked = []
    read_directory(tmp_path / "link", asked.append)
    assert asked == [tmp_path / "real"]
    (tmp_path / "real" / "manifest.json").unlink()

    def refuse(place):
        raise Confined(str(place))

    with pytest.raises(Confined):
        read_directory(tmp_path / "link", refuse)


def test_a_place_that_cannot_be_is_known_before(tmp_path):
    """Relative, taken, without a parent, a link: each refused; a new or an empty directory is fine."""
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for wrong in (Path("relative"), tmp_path / "file", tmp_path / "full", tmp_path / "no" / "parent", tmp_path / "link"):
        with pytest.raises(SavepointNotWritten):
            check_place(wrong)
    check_place(tmp_path / "new")
    check_place(tmp_path / "empty")
    write_directory(tmp_path / "empty", manifest(), STATE)
    half = tmp_path / "job" / ".flowdeck-savepoint-1"
    half.mkdir(parents=True)
    remove_unfinished(tmp_path)
    assert not half.exists()


@pytest.mark.parametrize("name", ["a\0b", "a\0/b", "a" * 300, "a/" * 3000], ids=["a NUL", "a NUL above", "long", "deep"])
def test_a_name_that_no_file_system_has_is_refused(tmp_path, name):
    """Whether it is to be written or read, by the error of that, so that neither a request nor a task ends in another one."""
    path = tmp_path / name
    with pytest.raises(SavepointNotWritten, match="cannot write a savepoint"):
        check_place(path)
    with pytest.raises(SavepointNotWritten, match="cannot write the savepoint"):
        write_directory(path, manifest(), STATE)
    with pytest.raises(SavepointInvalid, match="is no savepoint"):
        read_directory(path)


@pytest.mark.parametrize("name", ["manifest.json", "state.msgpack"])
def test_only_plain_files_inside_are_read(tmp_path, name):
    """A link, a directory or a pipe in the place of a file is refused and not waited for."""
    path = tmp_path / "s"
    write_directory(path, manifest(), STATE)
    kept = (path / name).read_bytes()
    (tmp_path / "outside").write_bytes(kept)
    for make in (
        lambda: (path / name).symlink_to(tmp_path / "outside"),
        lambda: (path / name).mkdir(),
        lambda: os.mkfifo(path / name),
    ):
        (path / name).rmdir() if (path / name).is_dir() else (path / name).unlink()
        make()
        with pytest.raises(SavepointInvalid, match=name):
            read_directory(path)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"format": 2}, "format 2"),
        ({"files": []}, "exactly one"),
        ({"files": [state_entry(STATE), FileEntry(name="../x", size=1, sha256="0" * 64)]}, "does not have"),
        ({"files": [state_entry(STATE), state_entry(STATE)]}, "exactly one"),
        ({"files": [FileEntry(name="state.msgpack", size=MAXIMUM_STATE_BYTES + 1, sha256="0" * 64)]}, "at most"),
        ({"files": [FileEntry(name="state.msgpack", size=-1, sha256="0" * 64)]}, "at most"),
        ({"files": [FileEntry(name="state.msgpack", size=1, sha256="no")]}, "SHA-256"),
        ({"rows_in": -1}, "counters"),
        ({"number": 2**63}, "counters"),
        ({"job_name": "x" * 5000}, "too long"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(fields, match):
    """Sizes, counters, names and formats that no savepoint has."""
    with pytest.raises(SavepointInvalid, match=match):
        decode_manifest(encode_manifest(manifest(**fields)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_are_read_whole_or_refused(tmp_path, data):
    """One byte or a piece of either file changed, anything in the place of the manifest: the very savepoint, or one error."""
    path = tmp_path / "s"
    if not path.exists():
        write_directory(path, manifest(), STATE)
    text = encode_manifest(manifest())
    junk = st.one_of(st.binary(max_size=200), st.sampled_from([b"[" * 50_000, b'{"format":1}', b"null", b'{"format":"1"}']))
    if data.draw(st.booleans()):
        content = data.draw(junk)
    else:
        at = data.draw(st.integers(0, len(text) - 1))
        content = text[:at] + data.draw(st.binary(max_size=4)) + text[at + data.draw(st.integers(0, 40)) :]
    (path / "manifest.json").write_bytes(content)
    refused = None
    try:
        found = read_directory(path)
    except SavepointInvalid as error:
        refused = error
    if refused is not None:
        assert str(path) in refused.message
        assert len(refused.message) < 1000
    else:
        assert found.state == STATE
        assert msgspec.json.decode(content, type=Manifest) == found.manifest
