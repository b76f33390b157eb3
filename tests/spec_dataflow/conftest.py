"""Jobs of one source, some transforms and a sink, checked as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spec.check import CheckResult, check_text
from spec.diagnostic import Diagnostic
from spec.document import ReadOptions

CheckFlow = Callable[..., CheckResult]
Findings = Callable[..., list[Diagnostic]]

FIELDS = """
      id = int
      name = string
      price = "decimal(10, 2)"
      day = date
      moment = timestamp
      tags = "array<string>"
      attributes = "map<string, int>"
      address = { street = string, number = int }
      offset = bigint
"""


@pytest.fixture
def check_flow() -> CheckFlow:
    """``check_flow(transforms, sink, engine=, fields=)``: the check of a job that sends FIELDS through ``transforms``."""

    def check(transforms: str = "", sink: str = "Console { }", *, engine: str = "local", fields: str = FIELDS) -> CheckResult:
        text = (
            f"env {{ }}\nsource {{\n  FakeSource {{ schema {{ fields {{ {fields} }} }} }}\n}}\n"
            f"transform {{\n  {transforms}\n}}\nsink {{\n  {sink}\n}}\n"
        )
        return check_text(text, "job.conf", ReadOptions(), engine)

    return check


@pytest.fixture
def found(check_flow: CheckFlow) -> Findings:
    """The findings of :func:`check_flow` about types."""

    def find(*arguments: str, **options: str) -> list[Diagnostic]:
        result = check_flow(*arguments, **options)
        return [finding for finding in result.diagnostics if finding.code.startswith("T") or finding.code == "E805"]

    return find
