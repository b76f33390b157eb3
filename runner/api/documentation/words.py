"""What descriptions say in words: of tags, of parameters by name, and examples. No tag and no parameter lacks one."""

from __future__ import annotations

from typing import Any, Final

TAGS: Final = {
    "documentation": "The API about itself.",
    "daemon": "The daemon that owns a home directory.",
    "health": "Whether the parts of the daemon work. Needs no key.",
    "cluster": "The daemon, its machine and its workers as one, and statistics over all jobs.",
    "jobs": "Durable jobs: submit, list, look at, change, delete.",
    "control": "What a person does to a job: start, stop, pause, restart and so on. Each can be tried with `dry_run` first.",
    "checkpoints": "Checkpoints, and the savepoints that a person asked for.",
    "executions": "Runs of jobs. They are immutable once over, and all kept until retention removes them.",
    "operations": "Actions under way and done: phase, progress, outcome.",
    "queues": "How many jobs of a queue run at the same time.",
    "workers": "The processes that do a job's work.",
    "observation": "What a job shows while it runs: metrics, log, samples of rows, errors, events.",
    "reload": "Hot reload: what the daemon made of changed job files.",
    "keys": "The keys to the daemon's TCP address.",
    "audit": "Who did what, and why.",
}

PARAMETERS: Final = {
    "job": ("A job's id, a unique prefix of it, or its name.", "orders"),
    "execution": ("The id of an execution.", None),
    "execution_id": ("The id of an execution.", None),
    "operation": ("The id of an operation.", None),
    "operation_id": ("The id of an operation.", None),
    "number": ("The number: it counts up from 1 within its job or execution.", 1),
    "worker": ("The number of a worker within its execution.", 0),
    "component": ("A part of the daemon, as `GET /api/v1/health` lists them.", "store"),
    "name": ("The name, or for lists a part of it.", None),
    "state": ("Only those in this state; may be repeated.", None),
    "queue": ("Only those of this queue.", "default"),
    "label": ("Only those with this label, as `key=value`; may be repeated.", "team=web"),
    "deleted": ("Also what was deleted and not purged yet.", None),
    "limit": ("At most so many.", 100),
    "offset": ("Leave out so many at the beginning.", 0),
    "after": ("Go on after this: the `next` of an earlier answer.", None),
    "count": ("Also count everything that matches.", None),
    "kind": ("Only those of this kind.", None),
    "plugin": ("Only of this plugin.", None),
    "fingerprint": ("Only those of the group with this fingerprint.", None),
    "changes": ("Also what changes of jobs, field by field.", None),
    "series": ("Also the points of everything that was measured.", None),
    "window": ("A time until now: `1m`, `5m`, `1h`, `24h`, `7d`, or seconds.", "5m"),
    "buckets": ("How many points the window is cut into.", 120),
    "level": ("At least this severe: `debug`, `info`, `warning`, `error`; `output`: rows of Console sinks alone.", "warning"),
    "tail": ("The last ones rather than the first.", None),
    "since": ("From then on: epoch seconds, `2026-01-31T10:00:00Z`, or how long ago, `-5m`.", None),
    "until": ("Up to then; written like `since`.", None),
    "contains": ("Only what has this text in it.", None),
    "follow": ("Stay connected and send what comes, as server-sent events.", None),
    "snapshot": ("Begin with the present state.", None),
    "force": ("Also if something still needs it.", None),
    "purge": ("For good, with everything that is kept of it.", None),
    "dry_run": ("Do nothing; answer what would be done, what would be kept and lost, and what would be safer.", None),
    "action": ("Only this action, as `POST /jobs/{job}/stop`.", "POST /jobs/{job}/stop"),
    "reason": ("Why; kept in the audit trail.", "maintenance"),
    "who": ("Only what this one did: `unix:UID`, `key:NAME`, `reload` or `daemon`.", "key:scripts"),
    "Last-Event-ID": ("The revision of the last event that was received; the stream goes on after it.", 17),
    "Prefer": ("`respond-async`: answer 202 with the operation at once instead of waiting.", "respond-async"),
}
"""By name: a description, and an example or None. A handler's own words come first."""

_VERSION = r'(W/)?"[0-9]{1,18}(\.[!#-~]*)?"'
VERSIONS_PATTERN: Final = rf"^(\*|{_VERSION}( *, *{_VERSION})*)$"
KEY_PATTERN: Final = "^[!-~]{1,255}$"

CONDITIONAL_READ: Final = ("If-None-Match", "An entity tag of an earlier answer: 304 without a body when nothing has changed.")
CONDITIONAL_WRITE: Final = (
    "If-Match",
    (
        "An entity tag of the job, or its version in quotes: 412, and nothing is done, when the job has changed since. Only "
        "the part before the dot, the version, counts."
    ),
)
IDEMPOTENCY: Final = (
    "Idempotency-Key",
    (
        "A key of the client's own making, 1 to 255 printable characters. The same request with the same key is carried out "
        "once and answered again for 24 hours, also after the daemon's death; another request with it is refused with 422."
    ),
)

JOB_TEXT: Final = """env { job.name = "orders", job.mode = "BATCH" }
source { FakeSource { plugin_output = "rows", row.num = 5, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "rows" } }
"""

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "SubmitRequest": {"text": JOB_TEXT, "variables": {"day": "2026-01-31"}},
    "StopRequest": {"savepoint": True, "description": "before the upgrade", "timeout": 60},
    "PauseRequest": {"reason": "the database is being moved"},
    "SavepointRequest": {"description": "before the upgrade"},
    "RestartRequest": {"restore": "latest", "overrides": {"env.parallelism": "2"}},
    "RecoverRequest": {"cleanup": "errors"},
    "WorkersRequest": {"add": 1},
    "QueueRequest": {"limit": 4},
    "LookRequest": {"job": "orders", "retry": True},
    "DecisionRequest": {"observed_generation": 3, "reason": "the tables are ready"},
    "KeyRequest": {"name": "scripts", "scope": "operate"},
}
"""Bodies, by the name of their type."""

EVENT_STREAM: Final = """: open

id: 17
event: execution
data: {"revision":17,"at":1764000000.5,"kind":"execution","job_id":"...","execution_id":"...","message":"...","data":{}}

"""
