"""Errors as a client sees them: of a job, of an execution, of all."""

from __future__ import annotations

from runner.replies import ErrorOverview, ErrorReport
from runner.supervisor.error_pages import ErrorPage
from runner.supervisor.error_report import ErrorFilter, read_error_overview, read_error_report
from runner.supervisor.observation_base import ObservationBase


class ErrorView(ObservationBase):
    """What can be asked about what went wrong."""

    async def errors(self, reference: str, wanted: ErrorFilter, page: ErrorPage) -> ErrorReport:
        """Of a job: a page of its rejected rows and failed attempts."""
        job = await self._lifecycle.require(reference)
        return await self._journal.read(lambda store: read_error_report(store, job, wanted, page))

    async def execution_errors(self, execution_id: str, wanted: ErrorFilter, page: ErrorPage) -> ErrorReport:
        """The same of one execution."""
        job = await self._job_of(execution_id)
        return await self._journal.read(lambda store: read_error_report(store, job, wanted, page, execution_id))

    async def all_errors(self, wanted: ErrorFilter, page: ErrorPage) -> ErrorOverview:
        """Of all jobs, in groups."""
        return await self._journal.read(lambda store: read_error_overview(store, wanted, page))
