"""Parameters that several routes share, with their bounds."""

from __future__ import annotations

from typing import Annotated

from litestar.params import HeaderParameter, PathParameter, QueryParameter

from runner.bounds import ERROR_SORT_PATTERN, MAXIMUM_BUCKETS, MAXIMUM_LOG_LINES, MAXIMUM_PAGE, MAXIMUM_SAMPLED, SORT_PATTERN

Limit = Annotated[int, QueryParameter(ge=1, le=MAXIMUM_PAGE)]
OptionalLimit = Annotated[
    int | None, QueryParameter(ge=1, le=MAXIMUM_PAGE, description="At most so many; all of them when it is left out.")
]
SampleLimit = Annotated[int, QueryParameter(ge=1, le=MAXIMUM_SAMPLED)]
LineLimit = Annotated[int, QueryParameter(ge=1, le=MAXIMUM_LOG_LINES)]
_LARGEST = 2**63 - 1
Number = Annotated[int, PathParameter(ge=0, le=2**31 - 1)]
Offset = Annotated[int, QueryParameter(ge=0, le=_LARGEST)]
OptionalOffset = Annotated[int | None, QueryParameter(ge=0, le=_LARGEST)]
_REVISION = "Begin with what came after this revision."
OptionalRevision = Annotated[int | None, QueryParameter(ge=0, le=_LARGEST, description=_REVISION)]
LastEventId = Annotated[int | None, HeaderParameter(name="Last-Event-ID", ge=0, le=_LARGEST)]
WindowText = Annotated[str, QueryParameter(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?[smhd]?$")]
OptionalTime = Annotated[str | None, QueryParameter(max_length=40)]
OptionalBuckets = Annotated[int | None, QueryParameter(ge=1, le=MAXIMUM_BUCKETS)]
Deleted = Annotated[bool, QueryParameter(name="deleted", description="Of a job that is deleted.")]
DryRun = Annotated[bool, QueryParameter(name="dry_run")]
Reason = Annotated[str | None, QueryParameter(max_length=1000)]
Prefer = Annotated[str | None, HeaderParameter(name="Prefer", max_length=200)]
_SORT = (
    "In which order: by `name`, `state`, `created`, `updated`, `started` or `ended`; with `:asc` or `:desc` behind it. Texts go"
    " from A to Z and times from now back when that is left out. The newest first without it. With `after` it stays the same."
)
Sort = Annotated[
    str | None,
    QueryParameter(name="sort", pattern=SORT_PATTERN, description=_SORT),
]
_ERROR_SORT = (
    "In which order: by `last` or `first` (when that error of a group was), `count` or `code`; with `:asc` or `:desc` behind"
    " it. Codes go from A to Z, all else down when that is left out. By `last` without it. With `after` it stays the same."
)
ErrorSort = Annotated[str | None, QueryParameter(name="sort", pattern=ERROR_SORT_PATTERN, description=_ERROR_SORT)]
PageToken = Annotated[str | None, QueryParameter(name="after", max_length=1000)]
