"""The bounds of requests and answers that both sides go by: the daemon refuses what is beyond them, its clients do not ask."""

from __future__ import annotations

MAXIMUM_BODY_BYTES = 2 * 1024 * 1024
MAXIMUM_PAGE = 1_000
MAXIMUM_LOG_LINES = 10_000
MAXIMUM_SAMPLED = 100
MAXIMUM_BUCKETS = 2_000
MAXIMUM_WINDOW_SECONDS = 400 * 86_400
SORT_PATTERN = "^(name|state|created|updated|started|ended)(:(asc|desc))?$"
"""How lists of jobs and executions may be ordered: by which field, and which way."""
ERROR_SORT_PATTERN = "^(last|first|count|code)(:(asc|desc))?$"
"""How errors may be ordered."""
