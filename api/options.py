"""What stands after the options of the command line, taken apart: lists, values by service, places, changes of facilities."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.late import Late
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import shapely

    from geogrid import datum as datums
    from geogrid import settings, whatif
else:
    gpd, shapely = Late("geopandas"), Late("shapely")
    datums, settings, whatif = map(Late, ("geogrid.datum", "geogrid.settings", "geogrid.whatif"))

SEPARATORS = "[,，、;；]"
PLACE = re.compile(r"(?P<id>[^@]+)@(?P<lon>[^,，]+)[,，](?P<lat>[^:：]+)")
ADDED = re.compile(PLACE.pattern + r"[:：](?P<services>[^:：]+)(?:[:：](?P<name>.+))?")
SERVICE_SEPARATORS = "[+＋、;；]"
SPAN = re.compile(r"([0-9]{1,9})\s*[-–—~～至到]+\s*([0-9]{1,9})")


def listed(text: str) -> list[str]:
    """Return the parts of a list written with commas, Chinese ones too.

    Examples
    --------
    >>> listed("education， medical,")
    ['education', 'medical']
    """
    return [part.strip() for part in re.split(SEPARATORS, text) if part.strip()]


def datum_option(text: str) -> str | dict[str, str]:
    """Return what ``--datum`` says: one datum for every table, or one for each that is named.

    Examples
    --------
    >>> datum_option("gcj02"), datum_option("households=gcj02,grids=wgs84")
    ('gcj02', {'households': 'gcj02', 'grids': 'wgs84'})
    """
    if "=" not in text:
        return text.strip()
    pairs = [part.partition("=") for part in listed(text)]
    wrong = [name for name, _, _ in pairs if name.strip() not in settings.TABLES]
    if wrong or not all(value for _, _, value in pairs):
        message = Text(
            "--datum {text} 看不懂：请写 表=基准，表可选 {known}",
            "--datum {text} is not understood: write table=datum, with tables {known}",
        )
        raise InputError(message.fill(text=text, known=", ".join(settings.TABLES)))
    return {name.strip(): value.strip() for name, _, value in pairs}


def by_service(text: str) -> str | dict[str, str]:
    """Return a value for every service, or one for each that is named.

    Raises
    ------
    InputError
        A part without a service or a value, or a service that is named twice.

    Examples
    --------
    >>> by_service("walk"), by_service("medical=car，education=walk")
    ('walk', {'medical': 'car', 'education': 'walk'})
    """
    if "=" not in text:
        return text.strip()
    pairs = [[side.strip() for side in part.partition("=")[::2]] for part in listed(text)]
    names = [name for name, _ in pairs]
    if not all(name and value for name, value in pairs) or len(set(names)) < len(names):
        raise InputError(_BY_SERVICE.fill(text=text))
    return dict(pairs)


def minutes_by_service(text: str) -> float | dict[str, float]:
    """Return minutes for every service, or for each that is named.

    Raises
    ------
    InputError
        Not a number above 0, or not services with one number each.

    Examples
    --------
    >>> minutes_by_service("15"), minutes_by_service("medical=30,education=15")
    (15.0, {'medical': 30.0, 'education': 15.0})
    """
    said = by_service(text)
    return above_0(said) if isinstance(said, str) else {service: above_0(value) for service, value in said.items()}


def above_0(text: str) -> float:
    """Return a number above 0.

    Raises
    ------
    InputError
        It is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputError(_ABOVE_0.fill(text=text))
    return value


def span(text: str) -> tuple[int, int]:
    """Return the two whole numbers of a range, the smaller first.

    Raises
    ------
    InputError
        It is not written so.

    Examples
    --------
    >>> span("300-500"), span("300～500")
    ((300, 500), (300, 500))
    """
    found = SPAN.fullmatch(text.strip())
    if found is None or int(found[1]) > int(found[2]):
        raise InputError(_SPAN.fill(text=text))
    return int(found[1]), int(found[2])


def limits(text: str) -> list[float]:
    """Return the limits of bands, in minutes.

    Raises
    ------
    InputError
        There is none, or one is not a number above 0.

    Examples
    --------
    >>> limits("5,10，15")
    [5.0, 10.0, 15.0]
    """
    parts = listed(text)
    if not parts:
        raise InputError(_ABOVE_0.fill(text=text))
    return [above_0(part) for part in parts]


def added(text: str, *, datum: str = "wgs84") -> whatif.Change:
    """Return the facility that ``--add`` describes: its id, place, services, and a name if it has one.

    Parameters
    ----------
    text : str
        ``ID@lon,lat:service+service:name``.
    datum : str
        Of the degrees: wgs84, gcj02 or bd09.

    Raises
    ------
    InputError
        It is not written so.

    Examples
    --------
    >>> added("N1@115.2,31.05:medical+day_care:新站")
    Change(kind='add', facility_id='N1', name='新站', services=('medical', 'day_care'), lon=115.2, lat=31.05)
    """
    found = ADDED.fullmatch(text.strip())
    if found is None:
        raise InputError(_ADD.fill(text=text))
    services = [part.strip() for part in re.split(SERVICE_SEPARATORS, found["services"]) if part.strip()]
    place = _degrees(text, found, datum)
    return whatif.Change.of({"kind": "add", "facility_id": found["id"], "name": found["name"], "services": services, **place})


def moved(text: str, *, datum: str = "wgs84") -> whatif.Change:
    """Return the move that ``--move`` describes: the facility's id and its new place.

    Parameters
    ----------
    text : str
        ``ID@lon,lat``.
    datum : str
        Of the degrees: wgs84, gcj02 or bd09.

    Raises
    ------
    InputError
        It is not written so.

    Examples
    --------
    >>> moved("F1@115.2,31.05")
    Change(kind='move', facility_id='F1', name='', services=(), lon=115.2, lat=31.05)
    """
    found = PLACE.fullmatch(text.strip())
    if found is None:
        raise InputError(_MOVE.fill(text=text))
    return whatif.Change.of({"kind": "move", "facility_id": found["id"], **_degrees(text, found, datum)})


def _degrees(text: str, found: re.Match[str], datum: str) -> dict[str, float]:
    """Return a place in WGS 84; what cannot be degrees is refused before it is converted."""
    try:
        lon, lat = float(found["lon"]), float(found["lat"])
    except ValueError as error:
        raise InputError(_PLACE.fill(text=text)) from error
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees
        raise InputError(_PLACE.fill(text=text))
    if datum == "wgs84":
        return {"lon": lon, "lat": lat}
    there = datums.convert_datum(gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs=4326), datum).geometry.iloc[0]
    return {"lon": round(float(there.x), 7), "lat": round(float(there.y), 7)}


def changes_asked(
    *, add: Sequence[str], move: Sequence[str], close: Sequence[str], reopen: Sequence[str], datum: str = "wgs84"
) -> list[whatif.Change]:
    """Return the changes that options ask for, in the order in which they are made: moves, openings, closings, additions.

    Examples
    --------
    >>> asked = changes_asked(add=["N1@115,31:medical"], move=[], close=["F1"], reopen=["F2"])
    >>> [change.kind for change in asked]
    ['open', 'close', 'add']
    """
    return [
        *(moved(text, datum=datum) for text in move),
        *(whatif.Change("open", text.strip()) for text in reopen),
        *(whatif.Change("close", text.strip()) for text in close),
        *(added(text, datum=datum) for text in add),
    ]


_BY_SERVICE = Text(
    "“{text}”看不懂：请写一个值，或按服务写，如 medical=30,education=15，每项服务一次",
    "{text!r} is not understood: write one value, or service=value such as medical=30,education=15, each service once",
)
_SPAN = Text(
    "“{text}”看不懂：请写两个整数，小的在前，如 300-500",
    "{text!r} is not understood: write two whole numbers, the smaller first, such as 300-500",
)
_ABOVE_0 = Text("“{text}”不对：应为大于 0 的数字", "{text!r} is not usable: expected a number above 0")
_ADD = Text(
    "--add {text} 看不懂：请写 编号@经度,纬度:服务+服务:名称，如 N1@115.20,31.05:medical+day_care:新站",
    "--add {text} is not understood: write ID@lon,lat:service+service:name, such as N1@115.20,31.05:medical+day_care:New",
)
_MOVE = Text(
    "--move {text} 看不懂：请写 编号@经度,纬度，如 F001@115.20,31.05",
    "--move {text} is not understood: write ID@lon,lat, such as F001@115.20,31.05",
)
_PLACE = Text(
    "{text}：@ 后面应为经度,纬度（度），如 115.20,31.05",
    "{text}: expected longitude,latitude in degrees after @, such as 115.20,31.05",
)
