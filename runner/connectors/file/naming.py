"""How written files are called."""

from __future__ import annotations

import datetime
import re
import uuid

from runner.connectors.java_dates import java_time_directives
from runner.connectors.options import Options

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class FileNames:
    """``file_name_expression`` with ``${transactionId}``, ``${uuid}`` and ``${now}``, part number and suffix."""

    def __init__(self, options: Options, suffix: str) -> None:
        self._expression = options.text("file_name_expression", default="${transactionId}")
        pattern = options.text("filename_time_format", default="yyyy.MM.dd")
        self._time_format = java_time_directives(pattern, "filename_time_format", options)
        self._suffix = suffix
        if "${transactionId}" not in self._expression:
            raise options.error(
                "file_name_expression", "needs ${transactionId}, which makes every name unique", hint="${transactionId}_${now}"
            )
        unknown = set(_PLACEHOLDER.findall(self._expression)) - {"transactionId", "uuid", "now"}
        if unknown:
            raise options.error("file_name_expression", f"has unknown placeholders: {', '.join(sorted(unknown))}")
        if "/" in self._expression or "\0" in self._expression:
            raise options.error("file_name_expression", "is a file's name and cannot contain '/'")

    def name(self, transaction: str, part: int) -> str:
        """The name of part ``part`` of a transaction."""
        now = datetime.datetime.now().astimezone()
        values = {
            "transactionId": transaction,
            "uuid": str(uuid.uuid4()),
            "now": now.strftime(self._time_format.replace("%g", "%f")).replace("/", "-"),
        }
        return f"{_PLACEHOLDER.sub(lambda found: values[found[1]], self._expression)}_{part}{self._suffix}"
