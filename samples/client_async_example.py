"""Drive several jobs at the same time from an event loop, and listen to what happens meanwhile.

    python samples/client_async_example.py

The verbs are those of the blocking client, each to be awaited.
"""

import asyncio
from pathlib import Path

import flowdeck

JOB_FILE = Path(__file__).with_name("minimal.json")
NAMES = ("first", "second", "third")


async def main() -> None:
    """Submit the jobs at once, and tell what happens until all are over."""
    async with await flowdeck.AsyncClient.connect() as client, asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(tell(client))
        requests = [flowdeck.job_file(JOB_FILE, name=name) for name in NAMES]
        jobs = await asyncio.gather(*map(client.submit, requests))
        ended = await asyncio.gather(*(client.wait_until(job.id, flowdeck.is_over, timeout=60) for job in jobs))
        telling.cancel()
    for job in ended:
        if job.execution is not None:
            print(f"{job.name}: {job.execution.state} with {job.execution.totals.rows_out} rows")


async def tell(client: flowdeck.AsyncClient) -> None:
    """Print what happens from now on."""
    async with client.events(None) as events:
        async for event in events:
            if event.message:
                print(event.message)


if __name__ == "__main__":
    asyncio.run(main())
