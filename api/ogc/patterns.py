"""Patterns of LIKE as regular expressions that take no longer for a text that does not match than for one that does."""

from __future__ import annotations

import re

from api.errors import InvalidParameterError
from geogrid.words import Text

MOST_ANYTHING = 4
"""Of % in one pattern: more are of no use to anybody."""
TOO_MANY = Text("LIKE 中的 % 太多：最多 {n} 个", "LIKE has too many %: at most {n}")


def pattern_of(like: str) -> re.Pattern[str]:
    """Return what a pattern with % and _ means.

    What stands between two % is looked for once, where it comes first, and never again further on (an atomic group).

    Raises
    ------
    InvalidParameterError
        When there are too many %.

    Examples
    --------
    >>> [bool(pattern_of("%a_%b").fullmatch(each)) for each in ("xacab", "xab", "aab", "ab")]
    [True, False, True, False]
    """
    parts = re.findall(r"\\.|%+|_|[^\\%_]+|\\", like, flags=re.DOTALL)
    if sum(part.startswith("%") for part in parts) > MOST_ANYTHING:
        raise InvalidParameterError(TOO_MANY.fill(n=MOST_ANYTHING))
    told = [""]
    for part in parts:
        if part[0] == "%":
            told.append("")
        else:
            told[-1] += "." if part == "_" else re.escape(part[1:] if part[0] == "\\" else part)
    first, between, last = told[0], told[1:-1], told[1:][-1:]
    return re.compile(first + "".join(f"(?>.*?{each})" for each in between) + "".join(f".*{each}" for each in last), re.DOTALL)
