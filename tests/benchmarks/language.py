"""How soon after a keystroke an editor has the diagnostics: `python -P tests/benchmarks/language.py`.

Types into a job file of 500 lines through the real protocol, over the standard input and output of a real `flowdeck lsp`, one
key at a time, and waits after each for the diagnostics of exactly that text. The server waits a moment for further keys before
it checks; the figures are given with that wait and without. ``FLOWDECK_BENCH_KEYS`` changes how many keys are pressed.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from spec.check import check_text
from spec.document import ReadOptions
from tui.language_server.diagnosing import DEBOUNCE_SECONDS

KEYS = int(os.environ.get("FLOWDECK_BENCH_KEYS", "300"))
BRANCHES = 9
COLUMNS = ("int", "string", "bigint", '"decimal(10, 2)"')
# Where keys are pressed, and which: each is deleted again with the next key.
PLACES = (
    ("row.num = 10", "0"),
    ("      WHERE c0", "x"),
    ('plugin_input = "rows3', "y"),
    ("        c7 = decimal"[:11], "z"),
    ("    include_fields = [c0", "q"),
    ('    path = "out/4', "/"),
    ("sink {\n", "}"),
    ('    file_format_type = "json', '"'),
)


def job_file() -> str:
    """A job of some 500 lines: sources with schemas, queries, filters and sinks, all wired."""
    parts = ['env {\n  job.name = "large"\n  job.mode = "BATCH"\n  parallelism = 2\n}\n\nsource {']
    for number in range(BRANCHES):
        columns = "\n".join(f"        c{index} = {COLUMNS[index % len(COLUMNS)]}" for index in range(24))
        parts.append(
            f'  FakeSource {{\n    plugin_output = "rows{number}"\n    row.num = 100\n    split.num = 2\n'
            f"    schema {{\n      fields {{\n{columns}\n      }}\n    }}\n  }}"
        )
    parts.append("}\n\ntransform {")
    parts.extend(_transforms(number) for number in range(BRANCHES))
    parts.append("}\n\nsink {")
    parts.extend(_sink(number) for number in range(BRANCHES))
    return "\n".join((*parts, "}\n"))


def _transforms(number: int) -> str:
    return (
        f'  Sql {{\n    plugin_input = "rows{number}"\n    plugin_output = "checked{number}"\n    query = """\n'
        f'      SELECT c0, c1, c2, c3, c0 * 2 AS doubled\n      FROM rows{number}\n      WHERE c0 > 5\n    """\n  }}\n'
        f'  Filter {{\n    plugin_input = "checked{number}"\n    plugin_output = "kept{number}"\n'
        "    include_fields = [c0, c1, doubled]\n  }"
    )


def _sink(number: int) -> str:
    return f'  LocalFile {{\n    plugin_input = "kept{number}"\n    path = "out/{number}"\n    file_format_type = "json"\n  }}'


class Session:
    """One server that is being typed at."""

    def __init__(self, directory: Path) -> None:
        self.uri = (directory / "large.conf").as_uri()
        self._version = 1
        self._process = subprocess.Popen(
            [Path(sys.executable).parent / "flowdeck", "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, identity=1)
        self._read()
        self._send("initialized", {})

    def open(self, text: str) -> float:
        """Open the document; the seconds until its diagnostics came."""
        document = {"uri": self.uri, "languageId": "hocon", "version": 1, "text": text}
        return self._timed("textDocument/didOpen", {"textDocument": document})

    def press(self, line: int, character: int, key: str) -> float:
        """Insert ``key`` (or, when it is empty, delete the character there); the seconds until the diagnostics came."""
        self._version += 1
        span = {"start": {"line": line, "character": character}, "end": {"line": line, "character": character + (not key)}}
        document = {"uri": self.uri, "version": self._version}
        return self._timed(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [{"range": span, "text": key}]}
        )

    def cpu_seconds(self) -> float:
        """The CPU seconds that the server has taken so far; they hardly depend on what else the machine does."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def close(self) -> None:
        """Say goodbye."""
        self._send("shutdown", None, identity=2)
        self._read()
        self._send("exit", None)
        self._process.wait(10)

    def _timed(self, method: str, params: dict[str, Any]) -> float:
        began = time.perf_counter()
        self._send(method, params)
        while True:
            message = self._read()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["version"] == self._version:
                return time.perf_counter() - began

    def _send(self, method: str, params: Any, identity: int | None = None) -> None:
        assert self._process.stdin is not None
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": identity} if identity else {})
        body = json.dumps(message).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        size = 0
        while line := stream.readline().strip():
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        message: dict[str, Any] = json.loads(stream.read(size))
        return message


def keystrokes(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, character and key, without end."""
    for place, key in itertools.cycle(PLACES):
        before = text[: text.index(place) + len(place)]
        line, character = before.count("\n"), len(before) - before.rfind("\n") - 1
        yield line, character, key
        yield line, character, ""


def main() -> None:
    """Measure and print."""
    text = job_file()
    findings = check_text(text, "large.conf", ReadOptions()).diagnostics
    if findings:
        raise SystemExit(f"the benchmark's job file is not clean: {findings[0].message}")
    checks = []
    for _ in range(20):
        began = time.perf_counter()
        check_text(text, "large.conf", ReadOptions())
        checks.append(time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as directory:
        session = Session(Path(directory))
        opened = session.open(text)
        for press in itertools.islice(keystrokes(text), 2 * len(PLACES)):
            session.press(*press)  # the first of each kind loads what it needs
        before = session.cpu_seconds()
        times = [session.press(*press) for press in itertools.islice(keystrokes(text), KEYS)]
        cpu = (session.cpu_seconds() - before) / len(times)
        session.close()
    print(f"a job file of {text.count(chr(10))} lines, {len(text):,} characters; {len(times)} keystrokes")
    print(f"check alone, without the protocol: median {statistics.median(checks) * 1000:.1f} ms")
    print(f"first diagnostics after opening:   {opened * 1000:.0f} ms")
    print(f"debounce:                          {DEBOUNCE_SECONDS * 1000:.0f} ms")
    print(f"CPU of the server per keystroke:   {cpu * 1000:.1f} ms")
    for name, waited in (("keystroke to diagnostics", 0.0), ("the same without the debounce", DEBOUNCE_SECONDS)):
        net = sorted(seconds - waited for seconds in times)
        p95 = net[int(len(net) * 0.95)]
        print(f"{name + ':':34} median {statistics.median(net) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms")


if __name__ == "__main__":
    main()
