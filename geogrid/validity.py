"""Which closures are in force on a day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

PERIOD = ("valid_from", "valid_to")


def in_force(closures: gpd.GeoDataFrame, on: dt.date) -> gpd.GeoDataFrame:
    """Return the closures that hold on a day: from ``valid_from`` on, up to but without ``valid_to``; blank is without end.

    Parameters
    ----------
    closures
        With the columns valid_from and valid_to as text (2026-07-01) where they are known.
    on
        The day, in the place's own time zone.

    Raises
    ------
    InputError
        A date is not one.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> flood = gpd.GeoDataFrame({"valid_to": ["2026-07-03"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4548)
    >>> len(in_force(flood, dt.date(2026, 7, 2))), len(in_force(flood, dt.date(2026, 7, 3)))
    (1, 0)
    """
    first, last = (_dates(closures, column) for column in PERIOD)
    holds = [(start or on) <= on and (stop is None or on < stop) for start, stop in zip(first, last, strict=True)]
    return closures[np.array(holds, dtype=bool)]


def of_day(closures: gpd.GeoDataFrame, on: dt.date | None, *, time_zone: str) -> tuple[gpd.GeoDataFrame, tuple[Text, ...]]:
    """Return the closures that hold on a day, by default today, and say how many do not.

    Parameters
    ----------
    closures
        As for `in_force`.
    on
        The day; None means today.
    time_zone
        Of the place, such as Asia/Shanghai: it says what day it is there.

    Returns
    -------
    closures : GeoDataFrame
    notes : tuple of Text
        None where no closure has a date.

    Raises
    ------
    InputError
        A date is not one, or there is no such time zone.
    """
    day = on or today(time_zone)
    held = in_force(closures, day)
    dated = any(date is not None for column in PERIOD for date in _dates(closures, column))
    said = _OF_DAY.fill(day=day.isoformat(), n=len(held), rest=len(closures) - len(held))
    return held, (said,) if dated else ()


def today(time_zone: str) -> dt.date:
    """Return what day it is in a time zone.

    Raises
    ------
    InputError
        There is no such time zone.

    Examples
    --------
    >>> 0 <= (today("Asia/Shanghai") - today("America/New_York")).days <= 1
    True
    """
    try:
        return dt.datetime.now(ZoneInfo(time_zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        text = Text(
            "没有时区“{zone}”：请在配置的 time_zone 里写如 Asia/Shanghai",
            "there is no time zone {zone!r}: write one such as Asia/Shanghai as time_zone in the profile",
        )
        raise InputError(text.fill(zone=time_zone)) from error


def _dates(closures: pd.DataFrame, column: str) -> list[dt.date | None]:
    """Return a column as dates, None where it is absent or blank; what follows the day (a time) does not count."""
    values = closures[column] if column in closures.columns else [None] * len(closures)
    found: list[dt.date | None] = []
    for value in values:
        text = "" if value is None or pd.isna(value) else str(value).strip()[:10]
        try:
            found.append(dt.date.fromisoformat(text.replace("/", "-")) if text else None)
        except ValueError as error:
            message = Text(
                "{column} 的值“{value}”不是日期；请写成 2026-07-01 的形式",
                "{column} is {value!r}, expected a date such as 2026-07-01",
            )
            raise InputError(message.fill(column=column, value=str(value)[:40])) from error
    return found


_OF_DAY = Text(
    "按 {day} 计：{n} 处封闭有效，{rest} 处不在有效期内，未计",
    "on {day}, {n} closures are in force; {rest} are not and do not count",
)
