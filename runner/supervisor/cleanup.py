"""Which splits an execution reads that recovers a job: all that are not finished, those at which an attempt failed, or the
others. What is decided here depends on nothing that the execution itself does, so each of its attempts decides the same."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import Cleanup, Execution
from runner.protocol import Split
from runner.store.store import Store
from runner.supervisor.errors import Conflict
from runner.supervisor.snapshot import Snapshot

_EXECUTIONS = 1000


@dataclass(frozen=True, slots=True)
class SplitChoice:
    """``failed``: the splits, as (source, id), at which an attempt of a former execution failed."""

    cleanup: Cleanup = Cleanup.ALL
    failed: frozenset[tuple[str, str]] = frozenset()

    def takes(self, split: Split) -> bool:
        """Whether the split is to be read, if it is not finished."""
        has_failed = (split.source, split.id) in self.failed
        return self.cleanup is Cleanup.ALL or has_failed is (self.cleanup is Cleanup.ERRORS)


def read_split_choice(store: Store, job_id: str, cleanup: Cleanup, before: Execution | None = None) -> SplitChoice:
    """The choice of the execution ``before``, or of one that is yet to be created: it knows the failures of those before it,
    back to the one that began from the beginning. One that has taken the place of a recovery chooses as that one did."""
    failed: set[tuple[str, str]] = set()
    older = before is None
    anchor = (before.recovers or before.id) if before is not None else ""
    for execution in store.executions(job_id, _EXECUTIONS, 0):
        if older:
            for attempt in store.attempts(execution.id):
                failed.update((split.source, split.split) for split in attempt.failed_splits)
            if execution.restored_from is None and execution.cleanup is None:
                break
        older = older or execution.id == anchor
    return SplitChoice(cleanup, frozenset(failed))


def require_work(choice: SplitChoice, snapshot: Snapshot | None, name: str) -> None:
    """Raise :class:`Conflict` when the choice takes no split. ``snapshot`` None: nothing is durable, and what splits there are
    is not known yet."""
    if snapshot is None:
        if choice.cleanup is Cleanup.ERRORS and not choice.failed:
            raise Conflict(f"the job {name} did not fail at any split", hint=f"flowdeck recover {name} reads all that is left")
        return
    unfinished = [split for split in snapshot.splits if not split.finished]
    if not unfinished:
        raise Conflict(
            f"there is nothing to recover: every split of {name} has been read to its end",
            hint=f"flowdeck restart {name} --from none reads everything again",
        )
    if not any(choice.takes(split) for split in unfinished):
        other = Cleanup.PENDING if choice.cleanup is Cleanup.ERRORS else Cleanup.ERRORS
        count = f"{len(unfinished)} split{'s are' if len(unfinished) > 1 else ' is'} not finished"
        what = "at none of them an attempt failed" if choice.cleanup is Cleanup.ERRORS else "an attempt failed at each of them"
        raise Conflict(f"{count}, and {what}", hint=f"flowdeck recover {name} --cleanup {other} takes them")
