"""How written files are called."""

from __future__ import annotations

import datetime
import re
import uuid

from runner.connectors.options import Options

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_JAVA_TIME = re.compile(r"yyyy|MM|dd|HH|mm|ss|SSS|'[^']*'|[^A-Za-z']+|.")
_STRFTIME = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


class FileNames:
    """``file_name_expression`` with ``${transactionId}``, ``${uuid}`` and ``${now}``, part number and suffix."""

    def __init__(self, options: Options, suffix: str) -> None:
        self._expression = options.text("file_name_expression", default="${transactionId}")
        self._time_format = options.text("filename_time_format", default="yyyy.MM.dd")
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
        java_time(self._time_format, options)
        self._options = options

    def name(self, transaction: str, part: int) -> str:
        """The name of part ``part`` of a transaction."""
        now = datetime.datetime.now().astimezone()
        values = {
            "transactionId": transaction,
            "uuid": str(uuid.uuid4()),
            "now": java_time(self._time_format, self._options, now).replace("/", "-"),
        }
        return f"{_PLACEHOLDER.sub(lambda found: values[found[1]], self._expression)}_{part}{self._suffix}"


def java_time(pattern: str, options: Options, now: datetime.datetime | None = None) -> str:
    """``now`` in a Java date pattern of yyyy MM dd HH mm ss SSS and literals. Raises OptionError for other letters."""
    moment = now or datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    pieces = []
    for token in _JAVA_TIME.findall(pattern):
        if token in _STRFTIME:
            pieces.append(moment.strftime(_STRFTIME[token]))
        elif token == "SSS":  # noqa: S105 - milliseconds, not a secret
            pieces.append(f"{moment.microsecond // 1000:03}")
        elif token.startswith("'"):
            pieces.append(token.strip("'") or "'")
        elif token.isalpha():
            raise options.error("filename_time_format", f"has a letter that is not known: '{token}' in '{pattern}'")
        else:
            pieces.append(token)
    return "".join(pieces)
