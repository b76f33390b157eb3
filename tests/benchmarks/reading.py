"""How fast texts are read, from text to resolved values, by kind of text.

    python -P tests/benchmarks/reading.py

CPU seconds of this process, the best of several runs: on a busy machine the others tell about the machine. The promise is
1 MB/s for a job file of a megabyte.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

from spec.document import Dialect, ReadOptions, read_text

RUNS = 5
PROMISE = 1.0  # megabytes a second
MEGABYTE = 1_000_000
SAMPLE = Path(__file__).parents[2] / "samples" / "flights.conf"


def _filled(line: str, before: str = "", after: str = "") -> str:
    """A megabyte of a line, numbered."""
    lines = (line.replace("#", str(number)) for number in range(MEGABYTE // len(line)))
    return f"{before}{''.join(lines)}{after}"


def _json() -> str:
    chance = random.Random(1)
    rows = [{"kind": "INSERT", "fields": [number, f"name {number}", chance.random(), True, None]} for number in range(7_500)]
    job = {"env": {}, "source": [{"plugin_name": "FakeSource", "rows": rows}], "sink": [{"plugin_name": "Console"}]}
    return json.dumps(job, indent=1)


def texts() -> dict[str, tuple[str, Dialect]]:
    """What is read: its name, the text and its dialect."""
    sample = SAMPLE.read_text(encoding="utf-8")
    row = '{ kind = INSERT, fields = [#, "name #", 2.5, true, null] }\n'
    dense = 'r# { a=#,b=2.5,c="t#",d=[1,2,x y,{e=5}],f.g=w,h=true }\n'
    reference = 'r# = ${base} { c = ${base.a}, d = "p"${base.b} }\n'
    return {
        "job files": (sample * (MEGABYTE // len(sample)), Dialect.SEATUNNEL),
        "rows of a FakeSource": (_filled(row, "source { FakeSource { rows = [\n", "] } }"), Dialect.SEATUNNEL),
        "dense text, 1.7 characters a token": (_filled(dense), Dialect.HOCON),
        "references": (_filled(reference, "base { a = 1, b = x }\n"), Dialect.HOCON),
        "JSON": (_json(), Dialect.JSON),
    }


def main() -> None:
    """Print the table."""
    print(f"{'text':36} {'size':>8} {'CPU':>9} {'speed':>11}   promise")
    for name, (text, dialect) in texts().items():
        seconds = min(_seconds(text, dialect) for _ in range(RUNS))
        speed = len(text) / MEGABYTE / seconds
        verdict = "kept" if speed >= PROMISE else "MISSED"
        print(f"{name:36} {len(text) / MEGABYTE:5.2f} MB {seconds:7.3f} s {speed:6.2f} MB/s   {PROMISE:g} MB/s {verdict}")


def _seconds(text: str, dialect: Dialect) -> float:
    started = time.process_time()
    document = read_text(text, "job.conf", ReadOptions(dialect=dialect))
    seconds = time.process_time() - started
    if document.root is None:
        raise SystemExit("the text could not be read")
    return seconds  # and only now the values are let go


if __name__ == "__main__":
    main()
