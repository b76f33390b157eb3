"""A real daemon that listens on TCP, keys of every scope, exchanges byte by byte, and what must stay as it is."""

import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest

from runner.api.application import ROUTES
from runner.model import KeyScope
from runner.requests import KeyRequest, SubmitRequest
from tests.api.conftest import Daemon

WRITES = ("POST", "PUT", "PATCH", "DELETE")
NAMELESS = """
env { job.name = "kept", job.mode = "BATCH" }
source { FakeSource { plugin_output = "rows", row.num = 5, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "rows" } }
"""


def routes(*methods):
    """Method and path, as it stands in the API's description, of every route with one of these methods."""
    found = {(method, path) for handler in ROUTES for path in handler.paths for method in handler.http_methods}
    return sorted(("/api/v1" + path, method) for method, path in found if method in methods)


class Deck(Daemon):
    """A daemon with a TCP address, a root for those who come that way, and a job that has run."""

    def __init__(self, path, root):
        super().__init__(path, "--listen", "127.0.0.1:0", "--root", str(root))
        self.root = root
        self.keys = {}

    def start(self):
        """Start it, make a key of each scope, and run a job."""
        super().start()
        with self.client() as client:
            self.address = urlsplit(client.status().listening).netloc
            self.keys = {scope: client.add_key(KeyRequest(name=f"a {scope}", scope=scope)).key for scope in KeyScope}
            self.job = client.submit(SubmitRequest(text=NAMELESS)).id
        self.wait_until(self.job, self.is_over)

    @property
    def port(self):
        """Of the TCP address."""
        return int(self.address.rpartition(":")[2])

    def exchange(self, data, *, close=False):
        """What the TCP address answers to these bytes, until it closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), 20) as connection:
            connection.sendall(data)
            if close:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while part := connection.recv(65536):
                    answer += part
            except ConnectionResetError:
                pass
        return answer

    def ask(self, method, target, body=None, *, key=None, **headers):
        """One exchange over TCP: status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["X-API-KEY"] = self.keys[key]
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, target, body=body, headers=sent)
            response = connection.getresponse()
            answer = response.read()
            return response.status, json.loads(answer) if answer else None
        finally:
            connection.close()

    def everything(self):
        """All that the store says of jobs, executions, keys and queues."""
        found = {}
        for path in ("jobs", "queues", "savepoints", f"jobs/{self.job}/executions", f"jobs/{self.job}/generations"):
            found[path] = self.json("GET", f"/api/v1/{path}", status=200)
        found["checkpoints"] = self.json("GET", f"/api/v1/jobs/{self.job}/checkpoints", status=200)
        found["keys"] = [key | {"last_used_at": None} for key in self.json("GET", "/api/v1/keys", status=200)["keys"]]
        found["files"] = sorted(str(path) for path in (*self.home.savepoints.rglob("*"), *self.root.rglob("*")))
        return found


@pytest.fixture(scope="session")
def deck(tmp_path_factory):
    """One daemon for all tests of this folder; it must end well, whatever was done to it."""
    found = Deck(tmp_path_factory.mktemp("deck") / "home", tmp_path_factory.mktemp("root"))
    found.start()
    yield found
    assert found.stop() == 0
    log = found.home.daemon_log.read_text()
    assert "Traceback" not in log, log


@pytest.fixture(scope="module")
def unchanged(deck):
    """What the tests of a file do changes nothing."""
    before = deck.everything()
    yield
    assert deck.everything() == before
