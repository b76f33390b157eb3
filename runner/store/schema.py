"""The tables. ``record`` columns hold the whole record as JSON; the columns beside it are what queries filter, join and order
by, always written in the same statement.

Only jobs and executions, small and looked up by id, have a primary key: the single writer checks the other identities itself.
A change to a table is a new migration (runner/store/migrations.py), never an edit here.
"""

from __future__ import annotations

VERSION_1: tuple[str, ...] = (
    """
    CREATE TABLE "jobs" (
        "id" VARCHAR PRIMARY KEY,
        "name" VARCHAR NOT NULL,
        "created_at" DOUBLE NOT NULL,
        "deleted_at" DOUBLE,
        "checkpoint_counter" BIGINT NOT NULL DEFAULT 0, -- the highest checkpoint id ever given out
        "execution_id" VARCHAR,                         -- the latest execution, and copies of what a list of jobs shows of it
        "execution_state" VARCHAR,
        "execution" VARCHAR,
        "record" VARCHAR NOT NULL
    )
    """,
    """
    CREATE TABLE "generations" (
        "job_id" VARCHAR NOT NULL,
        "number" INTEGER NOT NULL,
        "record" VARCHAR NOT NULL,
        "job" BLOB NOT NULL,                            -- the resolved job, JSON
        "source" BLOB NOT NULL                          -- the request that it came from
    )
    """,
    """
    CREATE TABLE "executions" (
        "id" VARCHAR PRIMARY KEY,
        "job_id" VARCHAR NOT NULL,
        "state" VARCHAR NOT NULL,
        "created_at" DOUBLE NOT NULL,
        "finished_at" DOUBLE,
        "record" VARCHAR NOT NULL
    )
    """,
    """
    CREATE TABLE "attempts" (
        "execution_id" VARCHAR NOT NULL,
        "number" INTEGER NOT NULL,
        "record" VARCHAR NOT NULL
    )
    """,
    """
    CREATE TABLE "checkpoints" (
        "job_id" VARCHAR NOT NULL,
        "id" BIGINT NOT NULL,
        "kind" VARCHAR NOT NULL,
        "status" VARCHAR NOT NULL,
        "record" VARCHAR NOT NULL,
        "state" BLOB,                                   -- small states; a large one is in "state_file"
        "state_file" VARCHAR,                           -- a name inside the checkpoints directory
        "state_size" BIGINT,
        "state_sha256" VARCHAR
    )
    """,
    """
    CREATE SEQUENCE "series_numbers"                    -- a number is never used again: old samples may outlive their series
    """,
    """
    CREATE TABLE "series" (
        "id" INTEGER NOT NULL,
        "execution_id" VARCHAR NOT NULL,
        "plugin" VARCHAR NOT NULL,
        "name" VARCHAR NOT NULL,
        "kind" VARCHAR NOT NULL                         -- counter or gauge
    )
    """,
    """
    CREATE TABLE "samples" (
        "ts" TIMESTAMP NOT NULL,                        -- UTC; rows are appended in this order, queries bound it
        "series" INTEGER NOT NULL,
        "value" DOUBLE NOT NULL
    )
    """,
    """
    CREATE TABLE "events" (
        "revision" BIGINT NOT NULL,
        "record" VARCHAR NOT NULL
    )
    """,
)

VERSION_2: tuple[str, ...] = (
    """
    ALTER TABLE "jobs" ADD COLUMN "queue" VARCHAR DEFAULT 'default'
    """,
    """
    CREATE TABLE "queues" (
        "name" VARCHAR NOT NULL,
        "limit" INTEGER NOT NULL                        -- a queue without a row has no limit
    )
    """,
)

VERSION_3: tuple[str, ...] = (
    """
    CREATE TABLE "keys" (
        "name" VARCHAR NOT NULL,
        "digest" VARCHAR NOT NULL,                      -- SHA-256 of the key, which has 256 random bits
        "record" VARCHAR NOT NULL
    )
    """,
)

_CELLS = """
    CREATE TABLE "{table}" (
        "ts" TIMESTAMP NOT NULL,                        -- UTC, the cell's start
        "series" INTEGER NOT NULL,
        "total" DOUBLE NOT NULL,                        -- a gauge's sum, a counter's growth
        "weight" DOUBLE NOT NULL,                       -- a gauge's samples, a counter's measured seconds
        "lowest" DOUBLE NOT NULL,
        "highest" DOUBLE NOT NULL
    )
"""
VERSION_4: tuple[str, ...] = (
    """
    CREATE TABLE "resolutions" (
        "seconds" INTEGER NOT NULL,                     -- the length of a cell, 0: samples
        "since" BIGINT NOT NULL,                        -- microseconds: older rows were dropped
        "until" BIGINT NOT NULL                         -- microseconds: later cells are not made yet
    )
    """,
    """
    INSERT INTO "resolutions" VALUES (0, 0, 0), (10, 0, 0), (60, 0, 0), (3600, 0, 0)
    """,
    *(_CELLS.format(table=table) for table in ("samples_10s", "samples_1m", "samples_1h")),
)

VERSION_5: tuple[str, ...] = (
    """
    CREATE TABLE "leases" (
        "execution_id" VARCHAR NOT NULL,
        "owner" VARCHAR NOT NULL,                       -- a process's identity, JSON
        "epoch" BIGINT NOT NULL,
        "expires_at" DOUBLE NOT NULL                    -- seconds since the owner's boot
    )
    """,
    """
    CREATE TABLE "epochs" ("last" BIGINT NOT NULL)      -- one row at most: the highest epoch that was given out
    """,
)

VERSION_6: tuple[str, ...] = (
    """
    CREATE TABLE "rejections" (
        "job_id" VARCHAR NOT NULL,
        "execution_id" VARCHAR NOT NULL,
        "plugin" VARCHAR NOT NULL,
        "kind" VARCHAR NOT NULL,
        "record" VARCHAR NOT NULL                       -- how many rows, and when
    )
    """,
    """
    CREATE TABLE "rejection_samples" (                  -- the newest rows of each job, plugin and kind
        "job_id" VARCHAR NOT NULL,
        "execution_id" VARCHAR NOT NULL,
        "plugin" VARCHAR NOT NULL,
        "kind" VARCHAR NOT NULL,
        "record" VARCHAR NOT NULL
    )
    """,
)

VERSION_7: tuple[str, ...] = (
    """
    ALTER TABLE "jobs" ADD COLUMN "version" BIGINT DEFAULT 1 -- grows with every change of the job or of its latest execution
    """,
    """
    ALTER TABLE "jobs" ADD COLUMN "labels" VARCHAR[] DEFAULT []  -- key=value
    """,
)

VERSION_8: tuple[str, ...] = (
    """
    CREATE TABLE "latencies" (
        "ts" TIMESTAMP NOT NULL,                        -- UTC, the cell's start
        "seconds" INTEGER NOT NULL,                     -- the cell's length
        "execution_id" VARCHAR NOT NULL,
        "buckets" INTEGER[] NOT NULL,                   -- of runner.latency.LatencyHistogram, ascending
        "counts" BIGINT[] NOT NULL                      -- the rows in each
    )
    """,
)

VERSION_9: tuple[str, ...] = (
    """
    CREATE TABLE "reloads" (
        "file" VARCHAR NOT NULL,                        -- a watched job file
        "job_id" VARCHAR NOT NULL,                      -- empty: no job comes from it yet
        "record" VARCHAR NOT NULL
    )
    """,
)

VERSION_10: tuple[str, ...] = (
    """
    CREATE TABLE "idempotency" (
        "principal" VARCHAR NOT NULL,                   -- who sent the request: keys are theirs
        "key" VARCHAR NOT NULL,
        "fingerprint" VARCHAR NOT NULL,                 -- a digest of the request
        "begun_at" DOUBLE NOT NULL,
        "size" BIGINT NOT NULL,                         -- of the answer
        "answer" BLOB                                   -- MessagePack; NULL while it is not known
    )
    """,
)

VERSION_11: tuple[str, ...] = (
    """
    CREATE TABLE "audit" (
        "id" BIGINT NOT NULL,                           -- grows by one; rows are never changed
        "at" DOUBLE NOT NULL,
        "job_id" VARCHAR,
        "target" VARCHAR NOT NULL,
        "who" VARCHAR NOT NULL,
        "action" VARCHAR NOT NULL,
        "record" VARCHAR NOT NULL
    )
    """,
)

VERSION_12: tuple[str, ...] = (
    """
    CREATE TABLE "paused_queues" ("name" VARCHAR NOT NULL)
    """,
    """
    CREATE TABLE "operations" (
        "id" VARCHAR NOT NULL,
        "kind" VARCHAR NOT NULL,
        "job_id" VARCHAR,
        "started_at" DOUBLE NOT NULL,
        "finished_at" DOUBLE,
        "outcome" VARCHAR,
        "record" VARCHAR NOT NULL
    )
    """,
    """
    ALTER TABLE "jobs" ADD COLUMN "kept_executions" INTEGER -- of this job; null: as many as the daemon keeps of each
    """,
    """
    ALTER TABLE "jobs" ADD COLUMN "kept_days" DOUBLE
    """,
)
