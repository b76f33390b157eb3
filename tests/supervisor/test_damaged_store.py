"""A daemon over a database of which checkpoints were lost: a job goes on from an older one only when somebody says so."""

from __future__ import annotations

import duckdb

from runner.requests import RestartRequest
from runner.states import ExecutionState
from runner.store import salvage_checks

FAILED, FINISHED = ExecutionState.FAILED, ExecutionState.FINISHED


async def test_a_job_that_lost_its_newest_checkpoint_waits_for_a_person(opened, copy):
    """The execution that was running ends with the reason and the command; from a checkpoint that is left, named by its number,
    the job goes on to its end."""
    job_file = copy.but(rows_per_second=6000)
    async with opened() as flow:
        job = await flow.service.submit(job_file.request())
        await flow.progressed(job.id, 3000)
    with duckdb.connect(str(flow.home.store_path)) as connection:  # as saving it after damage to the newest rows leaves it
        ((counter,),) = connection.execute('SELECT "checkpoint_counter" FROM "jobs"').fetchall()
        kept = [row[0] for row in connection.execute('SELECT "id" FROM "checkpoints" ORDER BY "id"').fetchall()]
        connection.execute('DELETE FROM "checkpoints" WHERE "id" > ?', [kept[0]])
        salvage_checks._doubt_checkpoints(connection)
    async with opened() as flow:
        failed = await flow.reach(job.id, FAILED)
        assert salvage_checks.LOST in failed.error.message
        assert f"checkpoint {counter}" in failed.error.message
        assert "--from" in failed.error.hint
        await flow.service.restart(job.id, RestartRequest(restore=str(kept[0])))
        again = await flow.reach(job.id, FINISHED)
        assert again.restored_from == kept[0]
        assert job_file.figures()[1] == job_file.rows
