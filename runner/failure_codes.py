"""What the codes mean with which work, requests and commands fail, and what to do: for people who ask. The codes of findings in
job files are in :mod:`spec.codes`. Who raises an error says more, about the case at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class FailureCode:
    """One code: where it comes from, what it means, what to do about it."""

    code: str
    family: str
    meaning: str
    remedy: str


FORMER: Final[Mapping[str, str]] = MappingProxyType({"internal-error": "internal"})
"""Codes that older versions wrote into their records, and what they are called now."""

_FAMILIES: Final = {
    "The work of a job": """
assert: a sink Assert found that a rule of the job does not hold | look at the rows that the message shows, correct them or
  the rule
attempt-failed: an attempt failed for a reason that has no code of its own | the message has the reason
checkpoint-corrupt: a checkpoint's saved state is not what was written, so nothing can go on from it | restart from another
  checkpoint or savepoint: `flowdeck checkpoints JOB`
checkpoint-unreadable: a checkpoint was written in a form that this version does not read | use the version that wrote it, or
  restart from another one
checkpoints-failing: checkpoints failed one after the other until the attempt was given up | `flowdeck checkpoints JOB` says
  why each of them failed
columns: columns have names that differ only in case, or a row has another number of values than there are columns | name them
  apart, or correct the schema or the row
commit-timeout: a sink did not commit within the time that checkpoints may take | look at the sink's target;
  checkpoint.timeout gives it more time
control-lost: the part of the daemon that looked after the execution had ended | nothing: it goes on from its last checkpoint
daemon-died: the daemon ended, and its workers with it | nothing: the next daemon goes on from the last checkpoint
data: a row or a file holds what does not fit | correct it, or let the job go on without it with on_error
file: a file cannot be read or written | the message has the system's reason: rights, a full disk, a directory in the way
file-changed: a file was changed while it was being read, or worked on | write files under another name and rename them when
  they are complete
file-missing: a file that the job reads is not there | put it there or correct the path
lease-lost: another daemon has taken the execution over | nothing: that one goes on with it
memory: a worker had less memory than its work needs | give it more with resources.memory, or take less at once
missing-field: a transform names a column that its input does not have | correct the name, or what comes before it
option: an option of a plugin has a value that it cannot have, or one that does not work here | correct the job file;
  `flowdeck explain PLUGIN` lists its options
overtaken: something else was asked of the job before this came about | look what it does now: `flowdeck show JOB`
plugin: a plugin cannot start or go on | the message has the reason
protocol-violation: a worker said what it must not say at that moment: a defect of a connector or of flowdeck | please report
  it
savepoint-failed: the savepoint that was asked for was not made | `flowdeck checkpoints JOB` says why
secret-missing: a secret that the job refers to is not there for the worker | set the variable, or put the file where the
  daemon looks
sql: the engine refuses a query, or it fails for a row | correct the query, or the rows that it fails at
start-timeout: a worker did not get ready in time | the machine is overloaded, or a source does not answer; it is tried again
target: the place that a sink writes to is not as the job asks for | put it in order, or choose another data_save_mode
too-many-rejected: more rows did not fit than on_error_limit or on_error_share tolerates | `flowdeck errors JOB` shows them
union: the inputs of a plugin do not have the same columns | make them alike with a transform each
unknown-plugin: the engine that runs the job has no such plugin | `flowdeck schema` lists the plugins and where they run
unsupported-type: a column has a type that datasets do not have | convert it in the source's query or schema
worker-killed: somebody ended the worker process on purpose | nothing: the execution goes on from its last checkpoint
worker-lost: a worker process ended without a word: killed, out of memory, or a crash | `flowdeck logs JOB` and the system's
  log say more
worker-silent: a worker process was alive and said nothing for too long, so it was ended | look whether a source or sink hangs
workers-missing: not all of the workers that were asked for came | look at the machine's processors and memory
""",
    "Rows that are rejected": """
cast: a value is not of the type that the schema declares | correct the value or the schema
encoding: there is a byte that is not UTF-8 | write the file in UTF-8
parse: what stands there is no record of the format | correct the line; docs/errors.md says what belongs to one
rule: the row breaks a rule that the sink Assert was given | correct the row or the rule
unwritable: a sink has no place for a value of the row | the reason names the column and why
""",
    "Requests": """
already-exists: there is one of that name already | choose another name
bad-request: this is no HTTP request, or one that two readers could see differently | send well-formed HTTP/1.1
body-too-large: the body of the request has more than 2 MiB | send less
check-timeout: to check the job file takes too long | make it simpler
conflict: the job's state, or something else that is going on, does not allow it | the hint says what to do instead
daemon-ends: the daemon was shut down before the request was done | send it again: the next daemon goes on
forbidden: the key's scope is too narrow, or the request comes by a wrong name or from a web page elsewhere | use a key of a
  wider scope
head-too-large: the request line and the headers have more than 32 KiB | send less
idempotency-answer-gone: the first request with this key was carried out, and its answer was too large to keep | look what
  became of it
idempotency-key-in-use: the first request with this key is not answered yet | wait, then send it again
idempotency-key-refused: the header is no key, or the route takes none | use 1 to 255 printable characters, or leave it out
idempotency-key-reused: the key was used for another request | use a key of its own for each request
idempotency-outcome-unknown: nobody knows what became of the first request with this key | look what it did, then use a new
  key
illegal-transition: what is asked for does not follow from the state that there is | look at the state first: `flowdeck show
  JOB`
internal: a defect of flowdeck | `daemon.log` in the home, or the job's log, has the details; please report it
invalid-dialect: there is no such dialect | use `seatunnel`, `hocon` or `json`
invalid-id: this cannot be an id | use the id that a list shows
invalid-label: this is no label | write key=value in letters, digits, dots, dashes and underscores
invalid-name: this cannot be a name | use 1 to 128 letters, digits, spaces, dots, dashes and underscores
invalid-override: the path of an override leads nowhere, or its value cannot be read | `flowdeck restart --help` has the
  grammar
invalid-path: this is no path that can be used here | use an absolute path
invalid-request: a parameter or field has the wrong type, is unknown, is missing or is there twice | `errors` of the answer
  says which
invalid-retention: so long or so many cannot be kept | give positive numbers
invalid-token: what `after` says is no place in this list | pass what `next` of the page before said, or begin without it
malformed-body: the body is not JSON, has a name twice, or is nested too deeply | correct the body
method-not-allowed: the path does not take this method | the header Allow lists those that it takes
method-not-implemented: no path takes this method | use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS
name-taken: the name belongs to another job | choose another one, or delete that job
no-such-route: there is nothing at this path | `GET /api/v1/openapi.json` lists the routes
not-found: there is no such job, execution, generation or checkpoint | the command's list shows what there is
path-not-allowed: a path is outside of what this address may use | `flowdeck up --root DIR` allows a directory
precondition-failed: the job has changed since you looked | look again, then decide
precondition-unsupported: If-Match is about something that has no version | leave it out
request-timeout: the head or the body of the request did not come in time | send it faster
savepoint-invalid: the directory is no whole savepoint | `flowdeck savepoints verify DIR` says what is wrong
savepoint-not-written: the savepoint's directory could not be written | the message has the system's reason
spec-invalid: the job file has errors | `flowdeck check FILE` shows them
timeout: what was waited for did not happen in time | look how far it is, and wait longer
too-many-requests: more requests, streams or wrong keys came than one may send | wait as long as Retry-After says
unauthorized: there is no key, or one that opens nothing | `flowdeck keys add NAME` makes one
unsupported-media-type: the body is of a type that the route does not take | declare `Content-Type: application/json`
usage: the request or command cannot be carried out as it is | the message says why
""",
    "Hot reload": """
reload-blocked: the saved state does not fit the changed file, or somebody discarded the change | `flowdeck reload JOB` says
  what does not fit
reload-failed: neither the changed file nor the generation before it works | the message has the command that goes on from
  what is kept
reload-invalid: the changed file has errors; what ran runs on | `flowdeck check FILE` shows them
reload-rolled-back: the changed file did not work, and the generation before it runs again | the message has the reason
reload-upgrade-failed: the savepoint before the change failed; what ran runs on | `flowdeck checkpoints JOB` says why
unreadable: the job file cannot be read | the message has the system's reason
""",
    "The daemon, its home and its database": """
daemon-did-not-start: a daemon was started and ended again | the message and `daemon.log` in the home say why
daemon-unreachable: nobody answers in this home, or at that address | `flowdeck status` shows whether a daemon is up
fork-server: no worker process could be started | the message has the system's reason: processes, memory, a full disk
home-locked: another daemon has this home | use that one, or end it with `flowdeck down`
home-unusable: the home cannot be made, or others may read it | the message names the directory and its rights
listen-failed: the address cannot be listened on | choose another port
listen-refused: other machines would reach the address without a key or without TLS | `flowdeck keys add NAME`,
  --tls-certificate; --insecure if it has to be
protocol: two parts of the program do not understand each other | they may be of different versions: `flowdeck down`, then try
  again
store-closed: the database is closed, because the daemon ends | try again: the next daemon opens it
store-corrupt: the database is damaged | the hint has the commands that move it aside; what can be saved is saved
store-failed: the database refused a statement: a defect of flowdeck | `daemon.log` has the details; please report it
store-foreign: the database holds other tables than flowdeck's | choose another home
store-locked: another process has the database open | end that process
store-migration-failed: the database could not be brought to this version | the message has the reason; the file is as it was
store-newer: the database was written by a newer version | use that version
store-sealed: the key to what is sealed in the database is another one, or is gone | put the key file back
store-timeout: the database was too busy | try again
store-unavailable: the database cannot be written or read | look at the disk of the home, and its rights
tls-files: the certificate or its key cannot be used | the message says which and why
unexpected-answer: whoever answers there is no flowdeck daemon | look at the address
workers-not-noted: the processes of workers could not be noted in the home, so none was started | look at the disk of the home
""",
    "Commands": """
context-invalid: the context is not there, or cannot be used | look at the contexts in the file of settings
conversion: the document cannot be written in that format without changing what it says | the message names the value
endless-value: references in the job file make a value that contains itself | cut one of them
error: something failed for a reason that has no code of its own | the message has the reason
field-type: this is no type of a column | docs and `flowdeck explain LocalFile.schema` list the types
format-refused: the formatted text would not say the same, so the file stays as it is | please report it
interrupted: the command was interrupted | `flowdeck ls` shows what runs
keys-invalid: the file of the terminal UI's keys has a mistake | the message has the line
no-completion: there is no completion for this shell | use bash, zsh or fish
no-terminal: the terminal UI needs a terminal | run it in one; commands work without
not-started: the daemon took the job and did not start it | `flowdeck show JOB` says why
output-too-large: references in the job file make more text than a document may have | write less of them
program-unusable: the pager or editor cannot be run | set PAGER or EDITOR
read-only: nothing may be changed from here | leave --read-only out
rename-refused: the name cannot be changed here, or not to that | the message says why
settings-invalid: the file of settings has a mistake | the message has the line
web-address: the address for the browser cannot be had | choose another port
web-full: all places for browsers are taken | close one
web-refused: the browser's request is not answered: wrong address, origin or key | open the address that the command prints
""",
}


@cache
def failure_codes() -> Mapping[str, FailureCode]:
    """All of them, by code."""
    return MappingProxyType({found.code: found for family, lines in _FAMILIES.items() for found in _read(family, lines)})


def find_failure(word: str) -> FailureCode | None:
    """The entry of a code, also of one that is called otherwise now; None when there is none."""
    word = word.lower()
    return failure_codes().get(FORMER.get(word, word))


def _read(family: str, lines: str) -> list[FailureCode]:
    found = []
    for line in lines.replace("\n  ", " ").strip().splitlines():
        code, _, rest = line.partition(": ")
        meaning, _, remedy = rest.partition(" | ")
        found.append(FailureCode(code, family, meaning, remedy))
    return found
