"""The data plane, inside a worker process: splits, stages, barriers and the sinks' two-phase commit."""
