"""JOB on the command line: what to say when there is no such job."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterator

from runner.client import ApiError, Client

_LOOKED_AT = 1000


@contextlib.contextmanager
def suggesting(client: Client, reference: str) -> Iterator[None]:
    """Add a did-you-mean to the daemon's "no such job" for ``reference``."""
    try:
        yield
    except ApiError as error:
        if error.code == "not-found":
            error.hint = _suggest(client, reference) or error.hint
        raise


def _suggest(client: Client, reference: str) -> str:
    """A job of a similar name; nothing when the job is there, and something of it is not."""
    lowered = {name.lower(): name for job in client.jobs(limit=_LOOKED_AT).jobs for name in (job.name, job.id)}
    if any(known.startswith(reference.lower()) for known in lowered):
        return ""
    close = difflib.get_close_matches(reference.lower(), lowered, n=1)
    return f"did you mean {lowered[close[0]]}? flowdeck ls lists the jobs" if close else ""
