"""A scripted editor: talks to the real process of `flowdeck lsp` over its real standard input and output."""

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spec.check import check_text
from spec.document import Dialect, ReadOptions
from spec.language.known import Known
from spec.language.view import DocumentView
from spec.position import SourceText

COMMAND = Path(sys.executable).parent / "flowdeck"
PATIENCE = 60.0


class Editor:
    """One server process. Messages that arrive are kept; waiting is for a condition, never for a time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process = subprocess.Popen(
            [COMMAND, "lsp"], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._ids = itertools.count(1)
        self._arrived = threading.Condition()
        self.messages: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.capabilities: dict[str, Any] = {}

    # --- messages -------------------------------------------------------------------------------------------------------

    def send_bytes(self, body: bytes) -> None:
        """Any bytes as the body of a message."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def notify(self, method: str, params: Any) -> None:
        """A message without an answer."""
        self.send_bytes(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        """A request and its whole answer: `result` or `error` is in it."""
        identity = next(self._ids)
        self.send_bytes(json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}).encode())
        return self.wait(lambda message: message.get("id") == identity and "method" not in message)

    def request(self, method: str, params: Any = None) -> Any:
        """A request's result."""
        answer = self.ask(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The newest message that is wanted, once there is one."""
        with self._arrived:
            found: list[dict[str, Any]] = []

            def has_arrived() -> bool:
                found[:] = [message for message in reversed(self.messages) if wanted(message)][:1]
                return bool(found) or self.process.poll() is not None

            assert self._arrived.wait_for(has_arrived, PATIENCE), self.messages
            assert found, f"the server has gone: {self._last_words()}"
            return found[0]

    def _last_words(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            if header.lower().startswith(b"content-length:"):
                size = int(header.split(b":")[1])
                while stream.readline().strip():
                    pass
                message = json.loads(stream.read(size))
                with self._arrived:
                    self.messages.append(message)
                    self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    # --- what an editor does --------------------------------------------------------------------------------------------

    def start(self, *, folder: Path | None = None, options: Any = None, **capabilities: Any) -> Any:
        """Say hello."""
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": capabilities,
            "initializationOptions": options,
            "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name}] if folder else None,
        }
        result = self.request("initialize", params)
        self.capabilities = result["capabilities"]
        self.notify("initialized", {})
        return result

    def open(self, name: str, text: str, version: int = 1) -> str:
        """Open a document that need not exist, and return its address."""
        uri = (self.directory / name).as_uri()
        document = {"uri": uri, "languageId": "hocon", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def change(self, uri: str, version: int, *changes: dict[str, Any]) -> None:
        """Change a document."""
        identity = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": identity, "contentChanges": list(changes)})

    def diagnostics(self, uri: str, version: int | None = 1) -> list[dict[str, Any]]:
        """What the server says of this version of a document, once it does."""

        def is_wanted(message: dict[str, Any]) -> bool:
            params = message.get("params") or {}
            is_report = message.get("method") == "textDocument/publishDiagnostics"
            return is_report and params["uri"] == uri and params.get("version") == version

        found: list[dict[str, Any]] = self.wait(is_wanted)["params"]["diagnostics"]
        return found

    def at(self, method: str, uri: str, line: int, character: int, **more: Any) -> Any:
        """A request about a position."""
        position = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        return self.request(f"textDocument/{method}", {**position, **more})

    def stop(self) -> tuple[int, str]:
        """Say goodbye; the exit code and what is on stderr."""
        self.request("shutdown")
        self.notify("exit", None)
        return self.wait_for_exit()

    def wait_for_exit(self) -> tuple[int, str]:
        """The exit code and what is on stderr, once the process has ended."""
        assert self.process.stdin is not None
        assert self.process.stderr is not None
        errors = self.process.stderr.read().decode()
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code, errors

    def end(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    """An editor whose server has been started but not yet greeted."""
    started = Editor(tmp_path)
    yield started
    started.end()


def marked(text: str, dialect: Dialect = Dialect.SEATUNNEL) -> tuple[Known, int]:
    """A text for analysis, and the offset that `|` marks in it."""
    offset = text.index("|")
    text = text[:offset] + text[offset + 1 :]
    name = "job.json" if dialect is Dialect.JSON else "job.conf"
    result = check_text(text, name, ReadOptions(dialect=dialect))
    return Known(DocumentView(SourceText(name, text), dialect), (), result.datasets), offset


@pytest.fixture
def at() -> Callable[..., tuple[Known, int]]:
    """Read a text with a `|` in it."""
    return marked
