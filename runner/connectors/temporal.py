"""Dates, times and timestamps as text: the forms that are recognised without being told.

Dates: yyyy-MM-dd, yyyy/MM/dd, yyyy.MM.dd, yyyyMMdd, yyyy年MM月dd日. Timestamps: such a date, a space or ``T``, and HH:mm:ss
with an optional fraction; or 14 digits. Times: HH:mm:ss with an optional fraction. Fractions are kept to the microsecond.
"""

from __future__ import annotations

import datetime
import re

_DATE = (
    r"(?P<year>\d{4})(?:-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})|/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})|\.(?P<m3>\d{1,2})\.(?P<d3>\d{1,2})"
    r"|(?P<m4>\d{2})(?P<d4>\d{2})|年(?P<m5>\d{1,2})月(?P<d5>\d{1,2})日)"
)
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
_DIGITS = r"(?P<hour2>\d{2})(?P<minute2>\d{2})(?P<second2>\d{2})"
_DATE_PATTERN = re.compile(_DATE)
_TIME_PATTERN = re.compile(_TIME)
_TIMESTAMP_PATTERN = re.compile(rf"{_DATE}(?:(?:[ T]{_TIME})?|{_DIGITS})")


def parse_date(text: str) -> datetime.date | None:
    """The date that ``text`` is, None when it is none."""
    found = _DATE_PATTERN.fullmatch(text.strip())
    return None if found is None else _date(found)


def parse_time(text: str) -> datetime.time | None:
    """The time of day that ``text`` is, None when it is none."""
    found = _TIME_PATTERN.fullmatch(text.strip())
    return None if found is None else _time(found)


def parse_timestamp(text: str) -> datetime.datetime | None:
    """The timestamp that ``text`` is (a date alone is its midnight), None when it is none."""
    found = _TIMESTAMP_PATTERN.fullmatch(text.strip())
    if found is None:
        return None
    date, time = _date(found), _time(found)
    return None if date is None or time is None else datetime.datetime.combine(date, time)


def _date(found: re.Match[str]) -> datetime.date | None:
    month = next(filter(None, (found[f"m{form}"] for form in range(1, 6))))
    day = next(filter(None, (found[f"d{form}"] for form in range(1, 6))))
    try:
        return datetime.date(int(found["year"]), int(month), int(day))
    except ValueError:
        return None


def _time(found: re.Match[str]) -> datetime.time | None:
    groups = found.groupdict()
    hour = groups.get("hour") or groups.get("hour2") or "0"
    minute = groups.get("minute") or groups.get("minute2") or "0"
    second = groups.get("second") or groups.get("second2") or "0"
    fraction = (groups.get("fraction") or "").ljust(6, "0")[:6]
    try:
        return datetime.time(int(hour), int(minute), int(second), int(fraction))
    except ValueError:
        return None
