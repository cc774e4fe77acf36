"""Periods as tables write them (2026Q2, 2026年第二季度, 2026-10), in the order of time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMERALS = {"十二": "12", "十一": "11", "十": "10"} | {sign: str(n) for n, sign in enumerate("〇一二三四五六七八九")}
"""The numerals of months and quarters, the long ones first."""

HALVES = {"上半年": "1", "下半年": "2"}
_WRITTEN = re.compile("|".join((*HALVES, *NUMERALS)))
_PARTS = re.compile(r"\d+")


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
