"""Drive a job from a script: submit it, watch it, take a savepoint, go on from there with another setting, compare.

    python samples/client_example.py

The daemon is started when there is none. The job is that of stream.conf under a name of its own.
"""

import sys
from pathlib import Path

import flowdeck

JOB_FILE = Path(__file__).with_name("stream.conf")
ROWS = 1000


def main() -> None:
    """One job's life."""
    request = flowdeck.job_file(JOB_FILE, name="scripted", overrides={"env.checkpoint.interval": "500"})
    with flowdeck.Client.connect() as client:
        try:
            job = client.submit(request)
        except flowdeck.ApiError as refused:
            sys.exit("\n".join(f"{at.file}:{at.line}:{at.column}: {at.message}" for at in refused.spans) or str(refused))

        job = client.wait_until(job.id, lambda seen: has_read(seen, ROWS), timeout=60)
        savepoint = client.savepoint(job.id, flowdeck.SavepointRequest(description="before it goes faster"))
        print(f"savepoint {savepoint.id} after {savepoint.rows_in} rows")

        faster = flowdeck.RestartRequest(restore=str(savepoint.id), overrides={"env.read_limit.rows_per_second": "5000"})
        job = client.restart(job.id, faster)
        job = client.wait_until(job.id, lambda seen: has_read(seen, ROWS + (savepoint.rows_in or 0)), timeout=60)

        client.stop(job.id, flowdeck.StopRequest(description="the script is done"))
        client.wait_until(job.id, flowdeck.is_over, timeout=60)
        compare(client, job.id)


def has_read(job: flowdeck.Job, rows: int) -> bool:
    """Whether the job's newest execution has read so much, what it was restored with included."""
    return flowdeck.is_running(job) and job.execution is not None and job.execution.totals.rows_in >= rows


def compare(client: flowdeck.Client, job_id: str) -> None:
    """What each execution did, and what was set for it."""
    for execution in reversed(client.executions(job_id)):
        generation = client.generation(job_id, execution.generation)
        rows, settings = execution.totals.rows_in, generation.overrides
        print(f"generation {execution.generation}: {execution.state} after {rows} rows with {settings}")


if __name__ == "__main__":
    main()
