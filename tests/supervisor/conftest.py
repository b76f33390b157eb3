"""A real supervisor with real workers on a home of its own, jobs that copy a CSV exactly once, and a look for leftovers."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import duckdb
import psutil
import pytest

from runner.home import Home
from runner.model import Execution, Job
from runner.requests import SubmitRequest
from runner.states import ExecutionState, check_transition
from runner.store.asynchronous import AsyncStore
from runner.supervisor import early_fork
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.journal import Journal
from runner.supervisor.limits import Limits
from runner.supervisor.supervisor import Supervisor
from tests.supervisor.forked_servers import ForkedServers

PATIENCE = 60.0


@dataclass(frozen=True)
class CopyJob:
    """``rows`` numbered rows of a CSV, or of several ``files`` (each is a split) -> FieldMapper -> part files.
    ``rows_per_second`` is per worker."""

    directory: Path
    name: str = "copy"
    rows: int = 16_000
    mode: str = "BATCH"
    interval: int | None = 100
    rows_per_second: int | None = 12_000
    workers: int = 1
    files: int = 1
    settings: str = "restart.attempts = 1000, restart.delay = 0"
    fields: str = "id = id, word = label"
    save_mode: str = "APPEND_DATA"

    @property
    def source(self) -> Path:
        """The CSV, or the directory of them, written on first use."""
        if self.files > 1:
            return self._several()
        path = self.directory / f"numbers-{self.rows}.csv"
        if not path.exists():
            rows = f"SELECT range AS id, 'w' || range AS word FROM range({self.rows})"
            duckdb.sql(f"COPY ({rows}) TO '{path}' (FORMAT csv, HEADER)")
        return path

    def _several(self) -> Path:
        path = self.directory / f"numbers-{self.rows}-{self.files}"
        if not path.exists():
            path.mkdir()
            for number in range(self.files):
                rows = f"SELECT range AS id, 'w' || range AS word FROM range({self.rows}) WHERE range % {self.files} = {number}"
                duckdb.sql(f"COPY ({rows}) TO '{path / f'{number:05}.csv'}' (FORMAT csv, HEADER)")
        return path

    @property
    def target(self) -> Path:
        """The directory of the part files."""
        return self.directory / f"out-{self.name}"

    def text(self) -> str:
        """The job file."""
        interval = "" if self.interval is None else f"checkpoint.interval = {self.interval}"
        limit = "" if self.rows_per_second is None else f"read_limit.rows_per_second = {self.rows_per_second}"
        return dedent(
            f"""
            env {{
              job.name = "{self.name}", job.mode = "{self.mode}", workers = {self.workers}
              {interval}
              {limit}
              {self.settings}
            }}
            source {{ LocalFile {{
              plugin_output = "numbers", path = "{self.source}", file_format_type = "csv", skip_header_row_number = 1
              schema {{ fields {{ id = bigint, word = string }} }}
            }} }}
            transform {{ FieldMapper {{
              plugin_input = "numbers", plugin_output = "shaped", field_mapper {{ {self.fields} }}
            }} }}
            sink {{ LocalFile {{
              plugin_input = "shaped", path = "{self.target}", file_format_type = "parquet"
              data_save_mode = "{self.save_mode}"
            }} }}
            """
        )

    def request(self, **fields: str) -> SubmitRequest:
        """The request that submits it."""
        return SubmitRequest(text=self.text(), base_directory=str(self.directory), **fields)

    def but(self, **fields: object) -> CopyJob:
        """The same job with other settings."""
        return dataclasses.replace(self, **fields)

    def figures(self) -> tuple[int, int, int]:
        """Rows, distinct ids and the highest id of the visible output."""
        if not any(self.target.glob("*.parquet")):
            return 0, 0, -1
        files = f"read_parquet('{self.target}/*.parquet', union_by_name = true)"
        return duckdb.sql(f"SELECT count(*), count(DISTINCT id), max(id) FROM {files}").fetchall()[0]

    def assert_exact(self) -> None:
        """Every row is there once, and nothing is staged."""
        assert self.figures() == (self.rows, self.rows, self.rows - 1)
        self.assert_nothing_staged()

    def assert_prefix(self) -> int:
        """The output is the first rows of the input, each once, and nothing is staged; how many (one worker only)."""
        count, distinct, highest = self.figures()
        assert count == distinct == highest + 1
        self.assert_nothing_staged()
        return count

    def assert_nothing_staged(self) -> None:
        """Only part files are left in the target."""
        assert [path for path in self.target.rglob("*") if path.suffix != ".parquet"] == []


class Flow:
    """A supervisor and the means to wait for what it does."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.service = supervisor.service
        self.home = supervisor.home

    async def until(self, reference: str, condition: Callable[[Job], bool], patience: float = PATIENCE) -> Job:
        """The job once the condition holds."""
        try:
            async with asyncio.timeout(patience):
                while not condition(job := await self.service.job(reference)):  # noqa: ASYNC110 - rates have no event
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"waited in vain; the job is {await self.service.job(reference)}")
        return job

    @staticmethod
    def waiting() -> asyncio.Timeout:
        """The patience of a loop around :meth:`a_moment`."""
        return asyncio.timeout(PATIENCE)

    @staticmethod
    async def a_moment() -> None:
        """Between two looks."""
        await asyncio.sleep(0.02)

    async def reach(self, reference: str, *states: ExecutionState, patience: float = PATIENCE) -> Execution:
        """The execution once it is in one of the states; fails when it ends in another."""

        def arrived(job: Job) -> bool:
            state = job.execution.state
            assert state in states or not state.is_terminal, job.execution
            return state in states

        return (await self.until(reference, arrived, patience)).execution

    async def progressed(self, reference: str, rows: int = 1) -> Job:
        """The job once a committed checkpoint of its execution holds so many rows."""
        return await self.until(
            reference,
            lambda job: (
                job.last_checkpoint is not None
                and job.last_checkpoint.execution_id == job.execution.id
                and (job.last_checkpoint.rows_in or 0) >= rows
                and job.last_checkpoint.committed_at is not None
            ),
        )

    async def running_workers(self, reference: str) -> tuple[int, ...]:
        """The worker pids of the job once it runs."""
        job = await self.until(
            reference, lambda job: job.execution.state is ExecutionState.RUNNING and bool(job.execution.worker_pids)
        )
        return job.execution.worker_pids


@pytest.fixture
def directory() -> Iterator[Path]:
    """A scratch directory with a short path: sockets live below it."""
    with tempfile.TemporaryDirectory(prefix="fds-") as name:
        yield Path(os.path.realpath(name))


@pytest.fixture
def home(directory: Path) -> Home:
    """A home that nobody uses yet."""
    return Home(directory / "home")


@pytest.fixture
def copy(directory: Path) -> CopyJob:
    """A job that takes two seconds."""
    return CopyJob(directory)


@pytest.fixture(scope="session")
def forked_servers() -> Iterator[ForkedServers]:
    """Fork servers of which none imports anything any more."""
    found = ForkedServers()
    yield found
    found.close()


@pytest.fixture
def opened(home: Home, forked_servers: ForkedServers) -> Iterator[Callable[..., contextlib.AbstractAsyncContextManager[Flow]]]:
    """Opens supervisors on the home, one after the other; when the test is over no process and no note of one is left."""

    @contextlib.asynccontextmanager
    async def open_flow(*watch: Path, **limits: float) -> AsyncIterator[Flow]:
        forked_servers.have_one_ready()
        async with Supervisor.open(home, watch=watch, limits=Limits(**limits)) as supervisor:
            yield Flow(supervisor)
            for event in await supervisor.service.observation.events_since(0):
                if event.kind == "execution.state":
                    check_transition(ExecutionState(event.data["previous"]), ExecutionState(event.data["state"]))

    others = set(psutil.Process().children(recursive=True))  # of other tests' fixtures that live longer
    yield open_flow
    early_fork.dismiss()  # where a supervisor could not open
    assert set(psutil.Process().children(recursive=True)) <= others
    assert list(home.workers.iterdir()) == []
    assert not home.socket_path.exists()
    assert home.holder() is None


@pytest.fixture
async def flow(opened) -> AsyncIterator[Flow]:
    """A supervisor that has nothing to do yet."""
    async with opened() as opened_flow:
        yield opened_flow


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """The journal of a home without a daemon."""
    home = Home(tmp_path / "home")
    home.create()
    store = await AsyncStore.open(home.store_path)
    yield Journal(store, EventBus(), ExecutionLog(home))
    await store.close()
