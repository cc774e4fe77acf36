"""Days as offices write them, read as ISO text."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

_DAY = re.compile(r"([0-9]{4})(?:[-/.]|年)([0-9]{1,2})(?:[-/.]|月)([0-9]{1,2})日?")
_PACKED_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_LONGEST = 40


def iso_date(value: str) -> str | None:
    """Return a day as ISO text, with the time of day where one is stated; None for what is no date.

    Parameters
    ----------
    value : str
        Such as 2026-07-01, 2026/7/1, 2026.7.1, 20260701 or 2026年7月1日, a time after it or not. Midnight is no time: it is what
        a spreadsheet adds to a day.

    Examples
    --------
    >>> [iso_date(value) for value in ("2026年7月1日", "2026/7/1 0:00:00", "2026-07-01T08:30", "20260230", "soon")]
    ['2026-07-01', '2026-07-01', '2026-07-01T08:30:00', None, None]
    """
    if len(value) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", value).strip()
    found = _DAY.match(text) or _PACKED_DAY.match(text)
    if found is None:
        return None
    rest = text[found.end() :].strip(" Tt")
    try:
        day = dt.date(*map(int, found.groups()))
        time = dt.time.fromisoformat(rest.zfill(len(rest) + (rest[1:2] == ":"))) if rest else dt.time()
    except ValueError:
        return None
    return dt.datetime.combine(day, time).isoformat() if time.replace(tzinfo=None) != dt.time() else day.isoformat()
