"""The spec toolkit: job files as text, values with positions, diagnostics and the resolved :class:`~spec.job.JobSpec`.

Knows nothing of processes, DuckDB files, HTTP or Textual. Imports only :mod:`schemas`.
"""
