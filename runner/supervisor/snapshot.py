"""What a checkpoint keeps: positions, commit tokens, plugin state, counters, and whose they are. Data and its encoding."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from runner.model import RejectedRows
from runner.protocol import OperatorState, SinkToken, Split
from spec.errors import FlowdeckError
from spec.plan.compatibility import PluginIdentity

FORMAT = 1


class SnapshotUnreadable(FlowdeckError):
    """The stored state of a checkpoint is not one that this version can read."""

    code = "checkpoint-unreadable"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The content of one checkpoint. ``plugins`` holds the identity of every plugin of the job that took it, by id;
    ``sources`` are the ids of its sources. Counters are those of the whole execution up to the barrier."""

    format: int = FORMAT
    plugins: dict[str, PluginIdentity]
    sources: list[str]
    splits: list[Split]
    tokens: list[SinkToken]
    states: list[OperatorState]
    rows_in: int = 0
    rows_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rejected: tuple[RejectedRows, ...] = ()


def without(snapshot: Snapshot, plugins: Collection[str]) -> Snapshot:
    """The snapshot without the positions and states of some plugins; what their output has still to commit stays."""
    return msgspec.structs.replace(
        snapshot,
        plugins={name: identity for name, identity in snapshot.plugins.items() if name not in plugins},
        sources=[name for name in snapshot.sources if name not in plugins],
        splits=[split for split in snapshot.splits if split.source not in plugins],
        states=[state for state in snapshot.states if state.plugin not in plugins],
    )


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """For the store."""
    return _encoder.encode(snapshot)


def decode_snapshot(data: bytes) -> Snapshot:
    """The inverse of :func:`encode_snapshot`. Raises :class:`SnapshotUnreadable`."""
    try:
        snapshot = _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise SnapshotUnreadable(f"the state of the checkpoint cannot be read: {error}", hint="restore another one") from error
    if snapshot.format != FORMAT:
        raise SnapshotUnreadable(
            f"the state of the checkpoint has format {snapshot.format}, this version reads {FORMAT}",
            hint="restore it with the version of flowdeck that took it",
        )
    return snapshot
