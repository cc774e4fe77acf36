"""Periods as tables write them (2026Q2, 2026年第二季度, 2026-10), in one way and in the order of time."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMERALS = {"十二": "12", "十一": "11", "十": "10"} | {sign: str(n) for n, sign in enumerate("〇一二三四五六七八九")}
"""The numerals of months and quarters, the long ones first."""

HALVES = {"上半年": "1", "下半年": "2"}
_WRITTEN = re.compile("|".join((*HALVES, *NUMERALS)))
_PARTS = re.compile(r"\d+")
_NUMERALS = re.compile("|".join(NUMERALS))
_YEAR = r"(?P<year>(?:19|20)\d\d)(?:年度?)?[-/.]?"
_SHAPES = {
    "{year}": re.compile(_YEAR),
    "{year}H{n}": re.compile(_YEAR + r"(?:H0?(?P<h>\d+)|(?P<half>[上下])半年)", re.IGNORECASE),
    "{year}Q{n}": re.compile(_YEAR + r"(?:Q0?(?P<q>\d+)|第?0?(?P<n>\d+)季度?)", re.IGNORECASE),
    "{year}-{n:02}": re.compile(_YEAR + r"第?(?P<n>\d{1,2})月?份?"),
}
"""How a year, a half, a quarter and a month are written, once their numerals are digits; their one way of writing."""

LARGEST = {"{year}": 0, "{year}H{n}": 2, "{year}Q{n}": 4, "{year}-{n:02}": 12}
_QUARTER = "季度"
_BEGINS_WITH_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST = 40


def one_period(written: str) -> str | None:
    """Return a period in the one way in which all tables write it; None for what is no period.

    Parameters
    ----------
    written : str
        A year, or a half, quarter or month of one, the year first. Other periods that begin with a year stay as they are.

    Examples
    --------
    >>> [one_period(each) for each in ("2026年第二季度", "2026Q2", "2026 年 2 季度", "2026-Q2")]
    ['2026Q2', '2026Q2', '2026Q2', '2026Q2']
    >>> [one_period(each) for each in ("2026年上半年", "2026年9月", "2026年度", "2026年第三次评定")]
    ['2026H1', '2026-09', '2026', '2026年第三次评定']
    >>> [one_period(each) for each in ("第二季度", "2026年第五季度", "2026-13", "soon")]
    [None, None, None, None]
    """
    text = "".join(unicodedata.normalize("NFKC", written).split())
    digits = _NUMERALS.sub(lambda found: NUMERALS[found.group()], text[: _LONGEST + 1])
    if len(text) > _LONGEST or not _BEGINS_WITH_YEAR.match(digits):
        return None
    for form, shape in _SHAPES.items():
        if found := shape.fullmatch(digits):
            return _written(form, found.groupdict())
    return None if _QUARTER in digits else written.strip()


def _written(form: str, parts: dict[str, str | None]) -> str | None:
    """Return a period in its one way, None where its year has no such part."""
    half = {"上": "1", "下": "2"}.get(parts.get("half") or "")
    number = int(next(filter(None, (half, *(parts.get(key) for key in "hqn"))), 0))
    is_known = (number > 0) == (LARGEST[form] > 0) and number <= LARGEST[form]
    return form.format(year=parts["year"], n=number) if is_known else None


def period_key(period: str) -> tuple[tuple[int, ...], str]:
    """Return what sorts periods by time: their numbers in the order in which they stand, then the text.

    Periods of one table must be written in one way, the year first.

    Examples
    --------
    >>> period_key("2026年第二季度"), period_key("2026Q2")
    (((2026, 2), '2026年第二季度'), ((2026, 2), '2026Q2'))
    """
    digits = _WRITTEN.sub(lambda found: {**HALVES, **NUMERALS}[found.group()], period)
    return tuple(int(part) for part in _PARTS.findall(digits)), period


def in_order(periods: Iterable[str]) -> tuple[str, ...]:
    """Return periods by time, each once.

    Examples
    --------
    >>> in_order(["2026年三季度", "2026年二季度", "2026年一季度"])
    ('2026年一季度', '2026年二季度', '2026年三季度')
    >>> in_order(["2026-10", "2026-9", "2026-9"])
    ('2026-9', '2026-10')
    """
    return tuple(sorted(set(periods), key=period_key))
