"""What a request for features asks, read from its parameters: every value that cannot be used is refused with 400."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from api.errors import InvalidParameterError
from api.ogc.crs import LONLAT, Crs, read
from api.valuewords import any_of, shortened
from geogrid.crs import WGS84
from geogrid.errors import CrsError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_LIMIT = 100
OPEN = frozenset({"", ".."})
FLAT, HIGH = 4, 6
MOST_NUMBERS = 200
"""Characters of a number list that is looked at."""
WORLD = (-180.0, -90.0, 180.0, 90.0)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")
PIECES = 16
"""Into how many an edge of a box in another system is cut, for it is no straight line in longitude and latitude."""

WANTED = Text("参数 {name} 的值“{value}”不对：应为 {zh}", "{name} = {value!r} is not usable: expected {en}")


def refused(name: str, value: object, expected: Text) -> InvalidParameterError:
    """Return the error of a parameter with a value that cannot be used."""
    return InvalidParameterError(WANTED.fill(name=name, value=shortened(value), zh=expected.zh, en=expected.en))


def whole(name: str, value: str | None, default: int, *, least: int) -> int:
    """Return a whole number.

    Raises
    ------
    InvalidParameterError
        When it is none, or less than the least.

    Examples
    --------
    >>> whole("limit", "25", 10, least=1), whole("limit", None, 10, least=1)
    (25, 10)
    """
    if value is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < least:
        raise refused(name, value, Text(f"不小于 {least} 的整数", f"a whole number of at least {least}"))
    return int(value)


def one_of(name: str, value: str | None, known: Sequence[str], default: str) -> str:
    """Return a word of a few.

    Raises
    ------
    InvalidParameterError
        When it is none of them.
    """
    if value is None:
        return default
    if value not in known:
        raise refused(name, value, any_of(list(known)))
    return value


def crs_of(name: str, uri: str | None, known: Sequence[Crs]) -> Crs:
    """Return the system of an address; CRS84 for none.

    Raises
    ------
    InvalidParameterError
        When the collection is not offered in it.
    """
    if uri is None:
        return LONLAT
    found = next((each for each in known if each.uri == uri.strip("[]")), None)
    if found is None:
        raise refused(name, uri, Text("图层 crs 所列之一", "one of those that the collection lists as crs"))
    return found


def boxes(value: str, given: Crs) -> list[Any]:
    """Return the polygons, in longitude and latitude, of a ``bbox`` of 4 or 6 numbers: two where it crosses the 180th meridian.

    Raises
    ------
    InvalidParameterError
        When it is no such box.

    Examples
    --------
    >>> [box.bounds for box in boxes("170,-10,-170,10", LONLAT)]
    [(170.0, -10.0, 180.0, 10.0), (-180.0, -10.0, -170.0, 10.0)]
    """
    numbers = _numbers(value)
    ends = len(numbers) // 2
    low, high = numbers[:2], numbers[ends : ends + 2]
    is_high_wrong = len(numbers) == HIGH and numbers[2] > numbers[5]
    if given.is_swapped:
        low, high = low[::-1], high[::-1]
    crosses = given.crs.is_geographic and low[0] > high[0]
    if low[1] > high[1] or is_high_wrong or (low[0] > high[0] and not crosses):
        raise refused("bbox", value, Text("最小值在前", "the smaller values first"))
    if given.crs.is_geographic:
        spans = [(low[0], WORLD[2]), (WORLD[0], high[0])] if crosses else [(low[0], high[0])]
        return [shapely.box(west, low[1], east, high[1]) for west, east in spans]
    return [_unbent(shapely.box(*low, *high), given, value)]


def _numbers(value: str) -> list[float]:
    parts = [part.strip() for part in value.split(",")] if len(value) <= MOST_NUMBERS else []
    numbers = [float(part) for part in parts if NUMBER.fullmatch(part)]
    if len(numbers) != len(parts) or len(parts) not in (FLAT, HIGH) or not all(map(math.isfinite, numbers)):
        raise refused("bbox", value, Text("以逗号分开的 4 个或 6 个数", "4 or 6 numbers, separated by commas"))
    return numbers


def _unbent(box: Any, given: Crs, value: str) -> Any:
    west, south, east, north = box.bounds
    longest = max(east - west, north - south) / PIECES
    cut = shapely.segmentize(box, longest) if longest > 0 else box
    try:
        return read(cut, Crs(given.uri, given.crs), WGS84)
    except CrsError as error:
        raise refused("bbox", value, Text("坐标系范围内的数", "numbers within the range of its reference system")) from error


@dataclass(frozen=True)
class When:
    """The days that a request is about, both inclusive; None is open."""

    first: dt.date | None
    last: dt.date | None


def when(value: str, zone: dt.tzinfo) -> When:
    """Return the days of a ``datetime``: a day, a moment, or an interval of either, open with ``..`` or nothing.

    Raises
    ------
    InvalidParameterError
        When it is none, or ends before it begins.

    Examples
    --------
    >>> when("2024-05-01T20:00:00Z", dt.timezone(dt.timedelta(hours=8)))
    When(first=datetime.date(2024, 5, 2), last=datetime.date(2024, 5, 2))
    >>> when("../2024-05-01", dt.UTC)
    When(first=None, last=datetime.date(2024, 5, 1))
    """
    parts = value.split("/")
    if len(parts) == 1:
        day = _day(value, value, zone)
        return When(day, day)
    if len(parts) > 2:  # noqa: PLR2004 -- an interval has two ends
        raise _no_time(value)
    first, last = (None if part in OPEN else _day(part, value, zone) for part in parts)
    if first is not None and last is not None and first > last:
        raise _no_time(value)
    return When(first, last)


def _day(part: str, value: str, zone: dt.tzinfo) -> dt.date:
    try:
        if DAY.fullmatch(part):
            return dt.date.fromisoformat(part)
        if MOMENT.fullmatch(part):
            return dt.datetime.fromisoformat(part.upper()).astimezone(zone).date()
    except (ValueError, OverflowError) as error:
        raise _no_time(value) from error
    raise _no_time(value)


def _no_time(value: str) -> InvalidParameterError:
    return refused(
        "datetime",
        value,
        Text(
            "2024-05-01、2024-05-01T08:00:00Z 或以 / 分开的起止",
            "2024-05-01, 2024-05-01T08:00:00Z, or two of them with / between, the earlier first",
        ),
    )
