"""The forms for programs: JSON, SARIF 2.1.0, GitHub annotations."""

from __future__ import annotations

import json
from typing import Any

from spec.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from spec.position import SourceText, Span
from spec.render.github import render_github
from spec.render.json_report import diagnostic_to_dict, render_json
from spec.render.sarif import render_sarif

SOURCE = SourceText("jobs/a b.conf", 'env {\n  job.mod = "BATCH"\n}\n')
KEY = Span(SOURCE, 8, 15)
FOUND = Diagnostic(
    "J201",
    Severity.WARNING,
    'unknown option "job.mod"',
    SOURCE.name,
    Label(KEY, "no such option"),
    secondary=(Label(Span(SOURCE, 0, 3), "in here"),),
    notes=("help: did you mean?",),
    fix=Fix("rename it", (Edit(KEY, "job.mode"),)),
    pointer="/env/job.mod",
)
WHOLE = Diagnostic("S001", Severity.ERROR, "there is no file", "missing.conf")


def test_one_diagnostic_as_data() -> None:
    """Every part is there, lines and columns from 1."""
    assert diagnostic_to_dict(FOUND) == {
        "code": "J201",
        "severity": "warning",
        "message": 'unknown option "job.mod"',
        "file": "jobs/a b.conf",
        "start": {"line": 2, "column": 3},
        "end": {"line": 2, "column": 10},
        "label": "no such option",
        "related": [
            {"file": "jobs/a b.conf", "start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 4}, "message": "in here"}
        ],
        "pointer": "/env/job.mod",
        "notes": ["help: did you mean?"],
        "fix": {
            "title": "rename it",
            "applicability": "safe",
            "edits": [
                {
                    "file": "jobs/a b.conf",
                    "start": {"line": 2, "column": 3},
                    "end": {"line": 2, "column": 10},
                    "text": "job.mode",
                }
            ],
        },
    }
    whole = diagnostic_to_dict(WHOLE)
    assert (whole["start"], whole["end"], whole["fix"]) == (None, None, None)


def test_the_json_report() -> None:
    """A versioned envelope; only ASCII, so no terminal escape survives in it."""
    evil = Diagnostic("J201", Severity.ERROR, "\x1b[31m\u202e", "a")
    text = render_json([FOUND, evil], files=2)
    report = json.loads(text)
    assert (report["format_version"], report["files"], len(report["diagnostics"])) == (1, 2, 2)
    assert text.isascii()
    assert "\x1b" not in text


def test_the_sarif_report() -> None:
    """One run with rules, results, regions, related places and fixes, as SARIF 2.1.0 names them."""
    report: dict[str, Any] = json.loads(render_sarif([FOUND, WHOLE, FOUND], "1.2.3"))
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("flowdeck", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["J201", "S001"]
    assert driver["rules"][0]["shortDescription"]["text"] == "unknown option"
    first, whole, _ = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("J201", 0, "warning")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "jobs/a%20b.conf"
    assert place["region"] == {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 10}
    assert first["relatedLocations"][0]["message"]["text"] == "in here"
    replacement = first["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "job.mode"
    assert "region" not in whole["locations"][0]["physicalLocation"]
    assert whole["level"] == "error"


def test_github_annotations() -> None:
    """One workflow command a diagnostic, with what would end a property or a message encoded."""
    odd = Diagnostic("J203", Severity.NOTE, "50%\nof it", "a,b:c.conf")
    assert render_github([FOUND, WHOLE, odd]) == (
        "::warning file=jobs/a b.conf,line=2,endLine=2,col=3,endColumn=10,title=J201::"
        'unknown option "job.mod"%0Ahelp: did you mean?\n'
        "::error file=missing.conf,title=S001::there is no file\n"
        "::notice file=a%2Cb%3Ac.conf,title=J203::50%25%0Aof it\n"
    )
