"""The one DuckDB file: jobs, generations, executions, checkpoints, metrics, events. Knows no HTTP and no processes."""
