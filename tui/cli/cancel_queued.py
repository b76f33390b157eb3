"""Cancel what waits for its turn: of a queue, of a name, or of one job."""

from __future__ import annotations

from runner.replies import CanceledList
from runner.requests import CancelQueuedRequest
from spec.errors import UsageError
from tui.cli.json_output import print_json
from tui.cli.session import Session
from tui.cli.terminal import say, write_data


def cancel_queued(
    session: Session, job: str | None, queue: str | None, name: str | None, reason: str | None, output: str, *, dry_run: bool
) -> int:
    """Cancel it and list it, or with ``dry_run`` only list it. Raises UsageError unless exactly one of the three is given."""
    if sum(given is not None for given in (job, queue, name)) != 1:
        raise UsageError("name one job, or --queue Q, or --name NAME", hint="flowdeck cancel --help explains the command")
    request = CancelQueuedRequest(queue=queue, name=name)
    with session.client() as client:
        return _tell(client.cancel_queued(request, reason=reason, dry_run=dry_run), output, dry_run=dry_run)


def _tell(canceled: CanceledList, output: str, *, dry_run: bool) -> int:
    if output == "json":
        print_json(canceled)
        return 0
    for execution in canceled.canceled:
        write_data(f"{execution.job_name}: {'would be canceled' if dry_run else execution.state}\n")
    for left in canceled.left:
        say(f"{left.job} is left alone: {left.why}")
    if not canceled.canceled and not canceled.left:
        say("nothing waits there")
    return 0
