"""What operations are called: generators of clients make their functions' names of it. They do not change within a version of
the API. Where the Python client has the verb, the name is that verb's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NAMES: Final = """
GET / get_root
GET /openapi.json get_openapi
GET /docs get_documentation
GET /status get_status
POST /shutdown shut_down
GET /health get_health
GET /health/{component} get_component_health
GET /cluster get_cluster
GET /cluster/statistics get_statistics
GET /metrics get_metrics_text
POST /jobs submit_job
GET /jobs list_jobs
GET /jobs/{job} get_job
PUT /jobs/{job} update_job
PATCH /jobs/{job} edit_job
DELETE /jobs/{job} delete_job
POST /jobs/{job}/undelete undelete_job
GET /jobs/{job}/generations list_generations
GET /jobs/{job}/generations/{number} get_generation
GET /jobs/{job}/plan get_dataflow
POST /jobs/{job}/plan plan_change
GET /jobs/{job}/details get_details
GET /keys list_keys
POST /keys add_key
POST /keys/{name}/rotate rotate_key
DELETE /keys/{name} remove_key
GET /audit list_audit_entries
POST /jobs/{job}/start start_job
POST /jobs/{job}/stop stop_job
POST /jobs/{job}/cancel cancel_job
POST /jobs/{job}/pause pause_job
POST /jobs/{job}/resume resume_job
POST /jobs/{job}/restart restart_job
POST /jobs/{job}/recover recover_job
POST /jobs/{job}/workers scale_job
POST /jobs/{job}/savepoints take_savepoint
POST /executions/{execution_id}/start start_execution
POST /executions/{execution_id}/stop stop_execution
POST /executions/{execution_id}/cancel cancel_execution
POST /executions/{execution_id}/pause pause_execution
POST /executions/{execution_id}/resume resume_execution
POST /executions/{execution_id}/restart restart_execution
POST /executions/{execution_id}/recover recover_execution
POST /executions/{execution_id}/workers scale_execution
POST /executions/{execution_id}/savepoints take_savepoint_of_execution
GET /jobs/{job}/checkpoints list_checkpoints
GET /savepoints list_savepoints
GET /jobs/{job}/savepoints/{number} get_savepoint
DELETE /jobs/{job}/savepoints/{number} delete_savepoint
POST /jobs/{job}/savepoints/{number}/verify verify_savepoint
GET /reload get_reload_report
POST /reload look_again
GET /jobs/{job}/reload get_watched_file
POST /jobs/{job}/reload/apply apply_reload
POST /jobs/{job}/reload/discard discard_reload
GET /executions list_executions
GET /jobs/{job}/executions list_executions_of_job
GET /executions/{execution_id} get_execution
GET /executions/{execution_id}/attempts list_attempts
GET /executions/{execution_id}/checkpoints list_checkpoints_of_execution
GET /operations list_operations
GET /operations/{operation_id} get_operation
GET /queues list_queues
GET /queues/{name} get_queue
PUT /queues/{name} change_queue
DELETE /queues/{name} delete_queue
POST /cancel cancel_queued
GET /workers list_workers
GET /jobs/{job}/workers list_workers_of_job
GET /executions/{execution_id}/workers list_workers_of_execution
DELETE /workers/{execution_id}/{worker} kill_worker
DELETE /workers kill_workers
GET /jobs/{job}/metrics get_metrics
GET /executions/{execution_id}/metrics get_metrics_of_execution
GET /jobs/{job}/logs get_logs
GET /executions/{execution_id}/logs get_logs_of_execution
GET /jobs/{job}/logs/follow follow_logs
GET /executions/{execution_id}/logs/follow follow_logs_of_execution
GET /jobs/{job}/samples get_samples
GET /events follow_events
GET /errors get_errors
GET /jobs/{job}/errors get_errors_of_job
GET /executions/{execution_id}/errors get_errors_of_execution
"""

OPERATION_NAMES: Final[Mapping[tuple[str, str], str]] = {
    (method, path): name for method, path, name in (line.split() for line in _NAMES.splitlines() if line)
}
"""By method and path, the path below the API's prefix."""
