"""Requests made up from the served OpenAPI document, against a real daemon with a running job: no server error, and every
answer is as the document says.

``FLOWDECK_FUZZ_SECONDS`` and ``FLOWDECK_FUZZ_SEED`` make it a longer run of other requests (``make fuzz-api``). What does not
end by itself (event streams) and what ends the daemon is left out.
"""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.client import ApiError
from runner.endpoint import DaemonUnreachable
from runner.requests import SubmitRequest

HOOKS = Path(__file__).parent / "fuzzing"
ENDLESS = "/(events|logs/follow|shutdown)$"
STREAM = """
env { job.name = "stream", job.mode = "STREAMING", checkpoint.interval = 5000, read_limit.rows_per_second = 20 }
source { FakeSource { plugin_output = "rows", row.num = 1000000000, schema { fields { id = bigint, name = string } } } }
sink { Console { plugin_input = "rows" } }
"""
# What a command does is the same by its job and by its execution: a short run asks by the job only.
BY_EXECUTION = (
    "/executions/{execution_id}/(cancel|pause|recover|restart|resume|savepoints|start|stop|workers|logs|errors|metrics)$"
)
# A job file is taken in the same ways by what submits, replaces and plans it: a short run submits only, and tries one method
# that a route does not have.
SHORT_SETTINGS = """
[phases.coverage]
unexpected-methods = ["TRACE"]
"""
WITH_A_JOB_FILE = ("post_jobs_job_plan", "put_jobs_job")
# A valid request may still be refused for what it says: a job file with errors, a state that does not allow it.
SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "422", "429", "504"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "412", "415", "422", "429", "431"]
"""


class Forwarder:
    """A TCP port that leads to a daemon's unix socket: the tools speak TCP, and over it the daemon would count requests."""

    def __init__(self, socket_path):
        self._socket_path = socket_path
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="forwarder")

    def __enter__(self):
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._forward, "127.0.0.1", 0), self._loop)
        self._server = server.result(10)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    async def _close(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _forward(self, reader, writer):
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(str(self._socket_path))
            await asyncio.gather(self._pump(reader, inner_writer), self._pump(inner_reader, writer))
        except asyncio.CancelledError:
            writer.close()

    async def _pump(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # either side may close whenever it likes
        finally:
            writer.close()


class Keeper:
    """Whatever the requests do to the jobs stream and batch: brings them back, so that there is something to ask about."""

    def __init__(self, daemon, texts, directory):
        self._daemon, self._texts, self._directory = daemon, texts, directory
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper")

    def __enter__(self):
        self.restore()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(60)

    def restore(self):
        """Have the stream run and the batch exist."""
        with self._daemon.client() as client:
            for name, text in self._texts.items():
                with contextlib.suppress(ApiError, DaemonUnreachable):
                    if not self._is_there(client, name):
                        client.submit(SubmitRequest(text=text, base_directory=str(self._directory)))

    def _keep(self):
        while not self._over.wait(1.0):
            self.restore()

    @staticmethod
    def _is_there(client, name):
        try:
            execution = client.job(name).execution
        except ApiError:
            return False
        return name == "batch" or (execution is not None and not execution.state.is_terminal)


@pytest.mark.timeout(3600)
def test_requests_made_up_from_the_document(fresh_daemon, batch_text, tmp_path):
    """Every route, every parameter, valid and not: the document tells the truth, and nothing breaks the daemon."""
    settings = tmp_path / "schemathesis.toml"
    seconds = os.environ.get("FLOWDECK_FUZZ_SECONDS")
    settings.write_text(SETTINGS if seconds else SETTINGS + SHORT_SETTINGS)
    left_out = ENDLESS if seconds else f"{ENDLESS}|{BY_EXECUTION}"
    extent = ["--phases", "examples,coverage,fuzzing", "--max-time", seconds]
    if not seconds:
        extent = ["--phases", "coverage,fuzzing", "--max-examples", "1"]
        extent += itertools.chain.from_iterable(("--exclude-operation-id", name) for name in WITH_A_JOB_FILE)
    texts = {"stream": STREAM, "batch": batch_text}
    with Forwarder(fresh_daemon.home.socket_path) as url, Keeper(fresh_daemon, texts, tmp_path):
        command = [
            *(Path(sys.executable).parent / "st", "--config-file", settings, "run", f"{url}/api/v1/openapi.json"),
            *("--exclude-path-regex", left_out, "--checks", "all", "--exclude-checks", "ignored_auth,missing_required_header"),
            *("--seed", os.environ.get("FLOWDECK_FUZZ_SEED", "1"), *extent),
            *("--request-timeout", "60", "--warnings", "off", "--no-color", "--generation-database", "none"),
            "--continue-on-failure",
        ]
        environment = {**os.environ, "FLOWDECK_FUZZ_URL": url, "SCHEMATHESIS_HOOKS": "schemathesis_hooks"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HOOKS), os.environ.get("PYTHONPATH")]))
        found = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-30_000:] + found.stderr[-3_000:]
    assert fresh_daemon.json("GET", "/api/v1/status", status=200)["pid"] == fresh_daemon.process.pid
