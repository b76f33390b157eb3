"""What to do after a failure: whatever goes wrong, its hint names a command that exists."""

from __future__ import annotations

import re
import shlex

from runner.transport import ApiError
from spec.errors import FlowdeckError
from tui.cli.session import Session

_COMMAND = re.compile(r"\bflowdeck (?:-|[a-z])")
_PLACE = re.compile(r"(\bflowdeck [a-z]+(?: --?[a-z]\S*)*) JOB\b")
_OF_CODE = {
    "interrupted": "flowdeck ls shows the jobs that there are",
    "daemon-unreachable": "flowdeck status shows the daemon",
    "internal": "flowdeck status names the home, where daemon.log has the details",
    "forbidden": "flowdeck keys list shows the keys and what they allow",
    "unauthorized": "flowdeck keys add NAME makes a key, on the daemon's own machine",
}


def next_step(error: FlowdeckError, session: Session) -> str:
    """The error's hint, about the job that was named instead of just any; with a command when it has none."""
    hint = _PLACE.sub(lambda found: f"{found[1]} {shlex.quote(session.job)}", error.hint) if session.job else error.hint
    if _COMMAND.search(hint):
        return hint
    return joined(hint, _OF_CODE.get(error.code) or _about(error, session))


def joined(*parts: str) -> str:
    """Hints one after the other; a question ends as one."""
    return "; ".join(part for part in parts if part).replace("?; ", "? ")


def explanation(session: Session) -> str:
    """Where the running command is explained."""
    return f"{' '.join(('flowdeck', session.command)).strip()} --help explains the command"


def _about(error: FlowdeckError, session: Session) -> str:
    if session.job and isinstance(error, ApiError) and error.code != "not-found":
        return f"flowdeck show {shlex.quote(session.job)} tells about the job"
    return explanation(session)
