"""Query parameters that several routes share, with their bounds."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from runner.bounds import MAXIMUM_BUCKETS, MAXIMUM_LOG_LINES, MAXIMUM_PAGE

Limit = Annotated[int, QueryParameter(ge=1, le=MAXIMUM_PAGE)]
LineLimit = Annotated[int, QueryParameter(ge=1, le=MAXIMUM_LOG_LINES)]
Offset = Annotated[int, QueryParameter(ge=0)]
OptionalOffset = Annotated[int | None, QueryParameter(ge=0)]
OptionalRevision = Annotated[int | None, QueryParameter(ge=0)]
WindowText = Annotated[str, QueryParameter(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?[smhd]?$")]
OptionalTime = Annotated[str | None, QueryParameter(max_length=40)]
OptionalBuckets = Annotated[int | None, QueryParameter(ge=1, le=MAXIMUM_BUCKETS)]
