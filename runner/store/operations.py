"""Operations: what was asked of the daemon, how far it has come and how it ended."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

from collections.abc import Iterable, Sequence

from runner.operation import Operation, OperationOutcome
from runner.store.pages import Place
from runner.store.session import Session, decode_record, encode_record

_ORDER = 'ORDER BY "started_at" DESC, "id"'
_USUAL = """
    SELECT median("seconds") FROM (
        SELECT "finished_at" - "started_at" AS "seconds" FROM "operations"
        WHERE "job_id" IS NOT DISTINCT FROM ? AND "kind" = ? AND "outcome" = ? ORDER BY "started_at" DESC LIMIT ?
    )
"""
_TYPICAL = 15
"""How many of the last operations of a kind say how long one usually takes."""


class OperationRecords:
    """The operations that one transaction sees."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, operations: Sequence[Operation]) -> None:
        """Keep these operations in the place of what was known of them."""
        if not operations:
            return
        ids = [operation.id for operation in operations]
        self._session.change('DELETE FROM "operations" WHERE "id" = ANY(?::VARCHAR[])', ids)
        self._session.change(
            """
            INSERT INTO "operations" ("id", "kind", "job_id", "started_at", "finished_at", "outcome", "record")
            SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::DOUBLE[]),
                unnest(?::DOUBLE[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])
            """,
            ids,
            [operation.kind for operation in operations],
            [operation.job_id for operation in operations],
            [operation.started_at for operation in operations],
            [operation.finished_at for operation in operations],
            [operation.outcome and str(operation.outcome) for operation in operations],
            [encode_record(operation) for operation in operations],
        )

    def get(self, operation_id: str) -> Operation | None:
        """One operation, None when it is not known (any more)."""
        row = self._session.row('SELECT "record" FROM "operations" WHERE "id" = ?', operation_id)
        return decode_record(Operation, row[0]) if row else None

    def page(
        self,
        *,
        job_id: str | None = None,
        kind: str | None = None,
        is_open: bool | None = None,
        limit: int = 100,
        after: Place | None = None,
    ) -> list[Operation]:
        """Operations, newest first; ``is_open``: only those that are under way, or only those that are over."""
        # Only what is asked for, as every condition costs; of many, which ones first, then their records.
        asked: list[tuple[str, dict[str, object]]] = [
            ('"job_id" = $job', {"job": job_id}),
            ('"kind" = $kind', {"kind": kind}),
            ('("finished_at" IS NULL) = $open', {"open": is_open}),
            (
                '("started_at" < $at OR ("started_at" = $at AND "id" > $last))',
                {"at": after.at, "last": after.id} if after else {},
            ),
        ]
        chosen = [(text, values) for text, values in asked if values and None not in values.values()]
        where = " AND ".join(text for text, _ in chosen) or "true"
        if job_id is None:
            where = f'rowid IN (SELECT rowid FROM "operations" WHERE {where} {_ORDER} LIMIT $limit)'
        statement = f'SELECT "record" FROM "operations" WHERE {where} {_ORDER} LIMIT $limit'
        parameters = {name: value for _, values in chosen for name, value in values.items()}
        rows = self._session.named_rows(statement, {**parameters, "limit": limit})
        return [decode_record(Operation, row[0]) for row in rows]

    def usual_seconds(self, job_id: str | None, kind: str) -> float | None:
        """How long the last operations of this kind took the job (None: those of no job) when they succeeded; None before the
        first."""
        row = self._session.row(_USUAL, job_id, kind, str(OperationOutcome.SUCCEEDED), _TYPICAL)
        return float(row[0]) if row and row[0] is not None else None

    def prune(self, keep: int) -> int:
        """Forget all but the newest ``keep`` operations, and none that is under way; how many went."""
        return self._session.change(
            """
            DELETE FROM "operations" WHERE "finished_at" IS NOT NULL
            AND "id" NOT IN (SELECT "id" FROM "operations" ORDER BY "started_at" DESC, "id" LIMIT ?)
            """,
            keep,
        )

    def forget_jobs(self, job_ids: Iterable[str]) -> None:
        """Forget the operations of these jobs."""
        self._session.change('DELETE FROM "operations" WHERE "job_id" = ANY(?::VARCHAR[])', list(job_ids))
