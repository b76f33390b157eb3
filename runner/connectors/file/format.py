"""The file formats that LocalFile knows by name."""

from __future__ import annotations

import enum


class FileFormat(enum.StrEnum):
    """``file_format_type``; the value is also the word in a job file."""

    CSV = "csv"
    TEXT = "text"
    JSON = "json"
    PARQUET = "parquet"
    ORC = "orc"
    EXCEL = "excel"
    XML = "xml"
    BINARY = "binary"

    @property
    def suffix(self) -> str:
        """What the names of written files end with."""
        return {"text": ".txt", "excel": ".xlsx", "binary": ""}.get(self.value, f".{self.value}")


SUPPORTED = (FileFormat.CSV, FileFormat.TEXT, FileFormat.JSON, FileFormat.PARQUET)
"""What the local engine reads and writes."""
