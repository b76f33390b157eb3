"""What a savepoint's directory says of itself, and how that text is read: it may come from anywhere."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from runner.savepoint.errors import SavepointInvalid
from spec.plan.compatibility import PluginIdentity

FORMAT: Final = 1
MANIFEST_NAME: Final = "manifest.json"
STATE_NAME: Final = "state.msgpack"
MAXIMUM_MANIFEST_BYTES: Final = 16 * 1024 * 1024
MAXIMUM_STATE_BYTES: Final = 256 * 1024 * 1024

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST_TEXT = 4096


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the directory besides the manifest: what it has to be."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A savepoint, described for people and for the one who restores it. ``job_id``, ``execution_id`` and ``number`` are those
    of the home that took it; ``spec`` is its generation with secrets masked; ``plugins`` and ``sources`` say whose the
    positions are. Counters are those of the whole execution up to the barrier."""

    format: int
    flowdeck_version: str
    job_id: str
    job_name: str
    generation: int
    execution_id: str
    number: int
    description: str
    created_at: float
    committed_at: float
    rows_in: int
    rows_out: int
    bytes_in: int
    bytes_out: int
    splits: int
    plugins: dict[str, PluginIdentity]
    sources: list[str]
    spec: dict[str, Any]
    files: list[FileEntry]

    def file(self, name: str) -> FileEntry:
        """The entry of that name. Raises :class:`SavepointInvalid`."""
        found = [entry for entry in self.files if entry.name == name]
        if len(found) != 1:
            raise SavepointInvalid(f"the manifest does not name exactly one file {name}")
        return found[0]


def encode_manifest(manifest: Manifest) -> bytes:
    """As indented JSON: people read it too."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    """The inverse of :func:`encode_manifest`, for a text of unknown origin. Raises :class:`SavepointInvalid`."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise SavepointInvalid(
                f"the savepoint has format {head.format}, this version reads {FORMAT}",
                hint=f"restore it with the version of flowdeck that took it ({_short(head.flowdeck_version)})",
            )
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SavepointInvalid(f"{MANIFEST_NAME} is not a savepoint's manifest: {_short(str(error))}") from error
    _check(manifest)
    return manifest


class _Head(msgspec.Struct, frozen=True):
    format: int
    flowdeck_version: str = ""


def _check(manifest: Manifest) -> None:
    counters = (manifest.rows_in, manifest.rows_out, manifest.bytes_in, manifest.bytes_out, manifest.splits, manifest.number)
    if min(counters) < 0 or max(counters) >= 2**63 or manifest.generation < 1:
        raise SavepointInvalid("the manifest has counters that cannot be")
    texts = (manifest.job_id, manifest.job_name, manifest.execution_id, manifest.description, manifest.flowdeck_version)
    if max(map(len, texts)) > _LONGEST_TEXT:
        raise SavepointInvalid("the manifest has texts that are too long")
    state = manifest.file(STATE_NAME)
    if len(manifest.files) != 1:
        raise SavepointInvalid("the manifest names files that a savepoint does not have")
    if not _DIGEST.fullmatch(state.sha256):
        raise SavepointInvalid(f"the manifest has no SHA-256 of {STATE_NAME}")
    if not 0 <= state.size <= MAXIMUM_STATE_BYTES:
        raise SavepointInvalid(f"{STATE_NAME} is to have {state.size} bytes; at most {MAXIMUM_STATE_BYTES} are read")


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "..."
