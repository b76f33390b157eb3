"""`check --statistics`: how often each code was found, instead of the findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from spec.codes.registry import all_codes
from spec.render.json_report import FORMAT_VERSION
from tui.cli.checking import FileReport
from tui.cli.json_output import print_json
from tui.cli.tables import Column, print_table

_COLUMNS = (
    Column("FOUND", right=True, rank=0),
    Column("FILES", right=True, rank=3),
    Column("CODE", rank=0),
    Column("SEVERITY", rank=2),
    Column("TITLE", flexible=True, rank=1),
)


def tell_statistics(reports: Sequence[FileReport], output: str) -> None:
    """Print the codes that were found, the most frequent first, as a table or as JSON."""
    rows = statistics(reports)
    if output == "json":
        print_json({"format_version": FORMAT_VERSION, "files": len(reports), "statistics": rows})
    elif rows:
        cells = [(str(row["found"]), str(row["files"]), row["code"], row["severity"], row["title"]) for row in rows]
        print_table(_COLUMNS, cells)


def statistics(reports: Sequence[FileReport]) -> list[dict[str, Any]]:
    """For each code and severity how often it was found, and in how many files."""
    found = Counter((one.code, one.severity) for report in reports for one in report.diagnostics)
    files = Counter(pair for report in reports for pair in {(one.code, one.severity) for one in report.diagnostics})
    return [
        {
            "code": code,
            "severity": str(severity),
            "title": all_codes()[code].title,
            "found": count,
            "files": files[code, severity],
        }
        for (code, severity), count in sorted(found.items(), key=lambda item: (-item[1], item[0][0], str(item[0][1])))
    ]
