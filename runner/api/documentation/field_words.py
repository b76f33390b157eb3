"""What descriptions say of the fields of records: by the name of the field, or by record and field where it means something
else there. No field lacks words; a test sees to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_WORDS: Final = """
action: What was done or is asked for.
add: So many workers more.
after: What the new text says, secrets masked.
age_seconds: How long ago it was taken.
aligned_seconds: Of that, in the slowest worker, until the barrier had passed everything.
allowed: Whether it would be carried out now.
applied_generation: The number of the last content that was applied.
approved_generation: The number of the content that somebody approved.
at: When.
attempt: The attempt's number; each start of the workers is one.
attempts: The attempts, the first one first.
attempts_failed: Attempts that failed.
backpressure: How much the queues between plugins hold writers up.
backpressured: The share of its time, 0 to 1, for which it waited for the next plugin to take rows.
base_directory: Where relative paths start when there is no file: an absolute path.
before: What the present generation says, secrets masked.
birth: When the process was started.
blocked: Whether the change is refused: the saved state does not fit it.
bounds: How much there may be of what has a bound.
busy: The share of its time, 0 to 1, for which it worked.
bytes_in: Bytes read by sources.
bytes_in_per_second: Bytes read a second.
bytes_out: Bytes written by sinks.
bytes_out_per_second: Bytes written a second.
canceled: The executions that are canceled.
cause: Why the attempt was made.
changes: Each path that differs, and what its change takes.
checkpoint: The number of the checkpoint that made it durable.
checkpoints: The newest first.
checkpoints_committed: Checkpoints, savepoints among them, that every sink has committed.
checkpoints_failed: Checkpoints that failed.
cleanup: Which unfinished splits a recovery reads.
code: Stable, for programs.
columns: The names of the columns, in order.
committed_at: When every sink had committed.
committed_seconds: From then until every sink had committed.
completed_at: When the store had it.
components: Each part, by name.
content: A digest of the file's content with what it includes.
content_hash: A digest of the resolved job; equal ones are the same job.
controllers: The executions under control.
count: How many.
counts: How many rows were rejected, by plugin and kind.
cpu_percent: Processor time; 100 is one processor.
cpus: Processors that the daemon may use.
created_at: When it was made.
current_level: The share of time, 0 to 1, for which the writers to the most congested queue wait.
data: What there is to say of this kind of event, by name.
dataset: The name of what flows along the edge.
days: For so many days; null: no such bound.
decided_at: When it was decided; null: not yet.
deleted_at: When it was deleted; null: it is not.
delivery: What the sink promises: exactly-once or at-least-once.
description: What the person who asked for it wrote.
desired_state: What was asked of the job last.
detail: What happened, for people.
diagnostics: What the check says, as `flowdeck check --output json` does.
dialect: How the text is read: `seatunnel`, `hocon` or `json`.
digest: The SHA-256 of its manifest.
directory: The absolute path of a directory to write it to, which is not there yet; null: below the home.
disk_free: Free bytes on the disk of the home.
disk_total: The size of that disk.
does: What the command would do, in words.
duration: Seconds from beginning to end, as measured.
edge: The plugins at its two ends.
edges: What flows from which plugin to which.
effect: What the change takes, from the least to the most: `none`, `new`, `ignore`, `live`, `scale`, `restart`, `breaking`.
embedded: Whether it is the daemon inside of a `flowdeck run`.
end: When it ends.
ended_at: When it ended; null: it goes on.
entries: The newest first.
environment: Variables that the text refers to, as the client sees them.
error: What went wrong, with a code; null: nothing.
errors: Each fault, with its place.
events: How often the level rose above one half.
events_retained: So many events are on record.
execution: Its newest execution; null: it never ran.
execution_id: The id of the execution; null: it is about none.
executions: The newest first.
executions_canceled: Executions that ended CANCELED.
executions_created: Executions that were made.
executions_failed: Executions that ended FAILED.
executions_finished: Executions that ended FINISHED.
executions_retained: So many executions of a job are kept when they are over, unless it says otherwise.
executions_running: Executions that are under way now.
executions_stopped: Executions that ended STOPPED.
expires_at: When it opens nothing any more; null: never.
expires_in: Seconds for which it opens the door; null: for good.
failed_splits: The splits at which the attempt failed.
failure: Why it failed; null: it did not.
failures: Attempts that failed.
file: The absolute path of the file; null or empty: there is none.
files: Each file that is watched.
fill: How full the queue is, 0 to 1.
fingerprint: What all errors of the group have in common, as a digest.
finished: Those that have been read to their end.
finished_at: When it was over; null: it is not.
first_at: When the first one came.
flowdeck_version: The version of the program that wrote it.
former: The generation that ran before.
generation: The number of the generation.
generation_after: The job's generation after it.
generation_before: The job's generation before it.
generations: Each content of the file that was seen, and what became of it.
generations_retained: So many generations of a job are kept.
given_name: The name given by hand, which counts over the job file's; empty: the file's.
given_retention: What was said of the retention by hand.
groups: Errors that are the same but for details, together.
growth: What came to the counters within the window.
heard_ago: Seconds since its last message.
heartbeat: When its last message came.
highest: The highest value within the point's time.
hint: What to do next; may be empty.
history: The window in points, the oldest first.
home: The home directory.
hostname: The machine's name.
id: Its id.
idle: The share of its time, 0 to 1, for which it had nothing to do.
imported_at: When it was taken in.
in_place: Whether the job takes the change over while it runs.
includes: The files that it includes.
inputs: The datasets that it reads.
job: The job.
job_id: The id of the job; null: it is about none.
job_name: The name of the job.
jobs: The jobs.
jobs_created: Jobs that were made.
kept: What is still there afterwards, in words.
killed: The workers that were killed; of a dry run those that would be.
key: The key itself: no other answer has it.
keys: By name.
kind: Its kind.
labels: Labels, by key.
lag_rows: Rows that the source has and that are not read yet; null: it does not tell.
lag_seconds: How far behind its source the job is; null: it does not tell.
last: The newest one.
last_at: When the last one came.
last_checkpoint: Its newest checkpoint; null: there is none.
last_seconds: Seconds that the last one took.
last_used_at: When it was last used; null: never.
late_workers: Those that kept the others waiting, by number.
latency: How long rows took from being read to being durable and visible.
latency_p50: Half of the rows were durable within so many seconds of being read.
latency_p90: The same of 90 in 100 rows.
latency_p99: The same of 99 in 100 rows.
latency_p999: The same of 999 in 1000 rows.
latency_rows: Of so many rows the latencies are known.
left: What was named and left alone, and why.
left_behind: Plugins whose state at the restore point was not taken over.
level: The share of time, 0 to 1, for which writers wait.
limit: At most so many; null: no bound.
line: The number of the line, from 1.
lines: The oldest first.
links: Targets of requests, by name.
listening: The URL of its TCP address; empty: there is none.
load: The machine's load averages.
log_followers: So many may follow logs at the same time.
lost: What is gone afterwards, in words.
lowest: The lowest value within the point's time.
matters: Whether the daemon is down when this part is.
max: The greatest.
max_seconds: Seconds that the slowest one took.
mean: The mean.
mean_level: The mean of the level over the window.
mean_seconds: Seconds that they took in the mean.
memory_available: Bytes that programs can still have.
memory_bytes: Resident memory in bytes.
memory_total: The machine's memory in bytes.
message: What there is to say, for people.
metrics: Those of the last five minutes.
mode: `BATCH` or `STREAMING`.
more: Whether there is more at once.
name: Its name.
next: Send it back as `after` for what follows; null: that was all.
nodes: The machines; this one.
now: At this moment; null: it does not run.
number: Its number.
observed_at: When it was seen.
observed_generation: The number of the newest content that was seen.
offset: A place in bytes.
operations: The newest first.
options: Its options, secrets masked.
origin: Where it was taken in from; null: it was taken here.
outcome: How it ended; null: it has not.
output: The dataset that it writes; empty: none.
overrides: Values by path that replace those of the text, as HOCON.
p50: Half of the rows within so many seconds.
p90: 90 in 100 rows within so many seconds.
p95: 95 in 100 rows within so many seconds.
p99: 99 in 100 rows within so many seconds.
p999: 999 in 1000 rows within so many seconds.
parallelism: How many of it work side by side.
path: An absolute path.
pattern: The message with its numbers, names and places left out.
pause: Since when and why nothing is read; null: it is not paused.
paused: Whether nothing of it starts.
peak: The greatest between two measurements.
pending: Those that wait for a reader.
pending_generation: The number of the content that waits for approval; null: none does.
phase: How far it has come.
pid: The id of the process.
place: Its directory; null: a checkpoint has none.
plugin: The plugin's name; empty: all of it.
plugins: In the order of the data's way.
points: The oldest first.
position: Where in it.
prepared_seconds: Seconds until every worker was ready.
problems: What is wrong, in words; none: nothing.
progress: From 0 to 1; null: it is not known.
queue: The name of the queue.
queues: By name.
rate_per_minute: How many a minute.
readers_of_a_source: So many readers a source may have.
reading: Those that are being read.
reason: Why, in words.
records: The last ones.
recovers: The recovery in whose place it goes on.
rejected: Rows that were rejected up to the last complete checkpoint, counted.
reload: What hot reload last made of the job's file; null: nothing.
remote: The address or the process that the request came from.
remove: So many workers less.
requested_by: Who asked for it.
resolution: Seconds between two points.
resources: Of all its workers together.
restarting_as: The generation that the restart under way is to run, when it is a new one.
restarting_from: What the restart under way begins from; empty: none is under way.
restarts: Attempts that were not the first.
restore: `latest`, `none`, the id of a checkpoint, or the absolute path of a savepoint's directory.
restore_point: The checkpoint that the job can go on from.
restore_reason: Why it began there.
restored_from: The id of the checkpoint that it began from; null: from the beginning.
retention: How many executions that are over are kept, and for how long.
retry: Whether a content that was rejected is tried again.
revision: Grows by one with each event of the home.
risk: How much asking it needs: none, a word, or a word from somebody who has read what is lost.
rival: Another file that names the same job; empty: none.
row: Its text, cut when it is long.
rows: Rows.
rows_in: Rows read.
rows_in_per_second: Rows read a second.
rows_out: Rows written.
rows_out_per_second: Rows written a second.
rows_rejected: Rows that did not fit and were counted.
rows_to_read_again: Rows that were read after the restore point.
running: What is under way now.
safer: Other commands that do less harm.
sample: One of them, passwords masked.
samples: By plugin, sources first.
saved_seconds: From then until the store had it.
savepoint: Whether a savepoint is taken first.
savepoint_id: The savepoint that it ended with; null: none.
savepoints: The newest first.
savepoints_committed: Savepoints that every sink has committed.
scope: What the key allows.
seconds: Seconds.
series: Everything that was measured, by name and plugin.
since: Since when.
size: Bytes of state.
slowest_worker: The number of the worker that was ready last.
source: The plugin that reads.
spec: The resolved job, secrets masked.
split: The unit of source work.
splits: How many splits.
splits_finished: Splits that were read to their end.
splits_left_out: Unfinished splits that are left to a later recovery.
splits_processed: Splits that were read to their end.
splits_queued: Splits that wait for a reader.
stable_generation: The job's last generation that was observed to be stable; null: none was.
start: When it begins.
started_at: When it was started; null: not yet.
state: Its state.
state_since: Since when it is in that state.
status: How it is.
stopped: The execution that was stopped for it.
synced_seconds: Of that, in the slowest worker, until it was durable.
target: What it was about.
tasks: Each plugin, sources first.
text: The text of a job file.
timeout: Seconds that the savepoint may take; later the stop is given up and the job runs on. Null: it stops all the same.
title: The status in words.
total: How many there are in all; null: nobody counted.
totals: Counters since its first attempt.
triggered_at: When it was asked for.
trouble: What is in the way; empty: nothing.
type: A URN that names the code.
types: The types of the columns, in order.
unsettled: Why unfinished output is not removed yet; empty: nothing is left.
updated_at: When it changed last.
upgrade: The upgrade under way; null: none.
uptime: Seconds since it was started.
usual_seconds: How long it usually takes; null: nobody knows yet.
validate_only: Whether it is checked and nothing else.
value: What was measured; null: nothing was.
values: By column; null, a number, a truth value or a text.
variables: What `-i key=value` sets on the command line, by key.
verdict: What became of it; null: not decided.
verified_at: When its bytes were last read and found whole; null: never.
version: The version of the program.
version_after: The job's version after it.
version_before: The job's version before it.
waiting: The ids of jobs in the order of their turn.
waiting_since: Since when each of them waits.
wanted: How many there are to be.
watches_submitted: Whether the files of submitted jobs are watched, too.
watching: The directories and files that are watched.
who: Who did it: `unix:UID`, `key:NAME`, `anyone`, `reload` or `daemon`.
why: The reason, in words.
window: The stretch of time that was looked at.
window_end: The latencies are counted up to then.
window_start: The latencies are counted from then on.
worker: The number of the worker within its execution.
worker_pids: The ids of the workers' processes.
workers: How many workers, or each of them.
workers_active: Workers that are there.
workers_asked: How many workers were asked for by hand; null: as the job file says.
workers_disconnected: Workers that went away.
workers_joined: Workers that came.
workers_killed: Workers that somebody killed.
workers_of_an_execution: So many workers an execution may have.
workers_wanted: How many workers there are to be.
written_at: When it was written; null: it is not there yet.

CancelQueuedRequest.jobs: Ids or names of jobs.
CancelQueuedRequest.name: Jobs of exactly this name.
CancelQueuedRequest.queue: All that waits in this queue.
Checkpoint.id: Its number, which grows within its job.
CheckpointSummary.failures: How many failed.
ClusterState.jobs: How many jobs there are.
ComponentHealth.detail: Figures, by name.
ComponentHealth.since: Since when it was seen like that.
DaemonStatus.jobs: How many jobs there are.
DaemonStatus.running: How many executions are under way.
DaemonStatus.worker_pids: The ids of all workers' processes.
Controller.attempt: The number of the attempt that runs.
Dataflow.running: Whether that generation runs.
DecisionRequest.observed_generation: The number of the content that is meant, and no other; null: the one that waits.
Edge.source: The id of the plugin that writes.
Edge.target: The id of the plugin that reads.
EditRequest.labels: Labels by key that are set; null takes one away.
EditRequest.name: A new name; null: that of the job file.
ErrorGroup.executions: In how many executions.
ErrorGroup.jobs: The names of the jobs.
Event.kind: What happened, as words joined by dots.
FleetWorker.name: The id of the execution, a slash, and its number.
Generation.text: The text that it came from, secrets masked.
HistoryPoint.at: When the point begins.
Job.version: Grows with every change of the job and of its newest execution.
JobDetails.generation: The resolved configuration, secrets masked.
JobMetrics.checkpoint: Checkpoints and savepoints within the window.
JobMetrics.errors: What went wrong within the window.
JobMetrics.rows_in: Rows read a second.
JobMetrics.rows_out: Rows written a second.
JobMetrics.bytes_in: Bytes read a second.
JobMetrics.bytes_out: Bytes written a second.
LogPage.next: The offset to read on from.
LookRequest.job: The id or name of a job; null: all watched files.
MetricPoint.at: When the point begins.
WorkerKillList.jobs: Whose they are, and how many of each job.
Node.workers: How many workers run on it.
Operation.queue: The queue that it is about; empty: none.
PlannedChange.path: The path in the resolved job.
Problem.status: The HTTP status.
Queue.running: The ids of jobs.
QueueRequest.limit: At most so many run at the same time; 0 lets none start, null takes the limit away.
RotateRequest.expires_in: Seconds for which the new key opens the door; null: for as long as the old one did.
RetentionSettings.executions: At most so many; null: no such bound.
SubmitRequest.file: Its absolute path, when it has one: includes and relative paths start there, and hot reload watches it.
SubmitRequest.labels: Labels to add, by key.
SubmitRequest.name: The job's name instead of the file's own.
SubmitRequest.start: Whether it is started; false: it is only stored.
Upgrading.target: The generation that is to run.
WorkersRequest.total: So many workers in all.
"""

FIELDS: Final[Mapping[str, str]] = dict(line.split(": ", 1) for line in _WORDS.splitlines() if line)
"""By ``field``, or by ``Record.field``, which comes first."""


def words_of(record: str, field: str) -> str:
    """What a field of a record is."""
    return FIELDS.get(f"{record}.{field}") or FIELDS[field]
