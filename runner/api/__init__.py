"""The HTTP service of the daemon: routes over :class:`runner.supervisor.service.JobService`, problems, server-sent events.

Everything is under ``/api/v1`` and described at ``/api/v1/openapi.json``. Decides nothing about jobs itself.
"""
