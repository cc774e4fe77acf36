"""Why is this household covered, or not: its ways to the nearest facilities, with minutes, streets and the straight line beside.

An explanation names a household and shows where it lives: it is for the office only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.coverage import cover
from geogrid.crs import to_wgs84
from geogrid.errors import InputError, NotFoundError
from geogrid.modes import MODES
from geogrid.plain import both
from geogrid.reasons import reason
from geogrid.route import routes
from geogrid.settings import LATER, NOW
from geogrid.totals import offers
from geogrid.travel import minutes_within
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt
    from pyproj import CRS

    from geogrid.results import Placement
    from geogrid.route import Part, Route
    from geogrid.town import Placed, Town

LEGS = ("to_street", "along", "from_street")
COORDINATE_DECIMALS = 7
"""About a centimetre."""


@dataclass(frozen=True)
class Leg:
    """A part of a way: to the street, along the streets, or from the street; ``geometry`` in the town's CRS."""

    kind: str
    metres: float
    minutes: float
    geometry: shapely.LineString


@dataclass(frozen=True)
class Street:
    """A street passed on the way; ``name`` is "" where the file has none."""

    road_id: str
    name: str
    metres: float


@dataclass(frozen=True)
class Way:
    """The way to one facility.

    ``minutes`` is the travel time that the check uses, ``metres`` the true length of the way, legs included, ``straight_m`` the
    straight line from door to door and ``ratio`` the way as a multiple of it (None where the two are one place).
    """

    facility_id: str
    name: str
    minutes: float
    metres: float
    straight_m: float
    ratio: float | None
    legs: tuple[Leg, ...]
    streets: tuple[Street, ...]
    place: shapely.Point


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a household is covered by a service or not.

    Attributes
    ----------
    household_id, service : str
    service_name : Text
    when : "now" or "later"
        Whether planned facilities count.
    mode : str
        How the service is reached, at ``pace_kmh``.
    cutoff_min : float
        Minutes, inclusive.
    status : str
        covered, uncovered or unreached, as in the check.
    reason : Text
        The status in words.
    street_m : float
        Straight distance from the household to the nearest street.
    ways : tuple of Way
        To the nearest facilities, nearest first; empty where there is no way.
    home : Point
        Where the household lives, in ``crs``.
    """

    household_id: str
    service: str
    service_name: Text
    when: str
    mode: str
    pace_kmh: float
    cutoff_min: float
    status: str
    reason: Text
    street_m: float
    ways: tuple[Way, ...]
    home: shapely.Point
    crs: CRS

    def to_features(self) -> dict[str, Any]:
        """Return GeoJSON in WGS 84: the household, and for each way its legs and its facility; in words and figures besides.

        Returns
        -------
        dict
            A FeatureCollection. Features have ``kind`` (household, to_street, along, from_street, facility) and ``way`` (position
            among ``ways``; null for the household); the fields of the explanation stand beside them (foreign members, RFC 7946).
        """
        shapes, rows = self._shapes()
        features = [
            {"type": "Feature", "properties": row, "geometry": shape.__geo_interface__}
            for row, shape in zip(rows, shapes, strict=True)
        ]
        return {"type": "FeatureCollection", "features": features, **self.summary}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Return everything but the geometry, as JSON holds it: metres to 0.1 m, minutes to 0.01."""
        return {
            "household_id": self.household_id,
            "service": self.service,
            "service_name": both(self.service_name),
            "when": self.when,
            "mode": self.mode,
            "mode_name": both(MODES[self.mode].name),
            "pace_kmh": self.pace_kmh,
            "cutoff_min": self.cutoff_min,
            "status": self.status,
            "reason": both(self.reason),
            "street_m": round(self.street_m, 1),
            "ways": [_summary(way) for way in self.ways],
        }

    def _shapes(self) -> tuple[npt.NDArray[np.object_], list[dict[str, Any]]]:
        """Return the geometries in degrees, and the properties of each."""
        rows: list[dict[str, Any]] = [{"kind": "household", "way": None, "household_id": self.household_id}]
        shapes: list[shapely.Geometry] = [self.home]
        for position, way in enumerate(self.ways):
            about = {"way": position, "facility_id": way.facility_id}
            rows += [{"kind": leg.kind, **about, "metres": round(leg.metres, 1)} for leg in way.legs]
            rows.append({"kind": "facility", **about, "name": way.name})
            shapes += [*(leg.geometry for leg in way.legs), way.place]
        degrees = to_wgs84(gpd.GeoDataFrame(geometry=shapes, crs=self.crs)).geometry.to_numpy()
        return shapely.transform(degrees, lambda xy: np.round(xy, COORDINATE_DECIMALS)), rows

    def _repr_html_(self) -> str:
        """Show the ways as a table in a notebook, in both languages."""
        titles = ["设施 facility", "分钟 minutes", "米 metres", "直线 straight", "倍 ratio", "街道 streets"]
        rows = [
            (
                way.name,
                f"{way.minutes:.1f}",
                f"{way.metres:,.0f}",
                f"{way.straight_m:,.0f}",
                "" if way.ratio is None else f"{way.ratio:.2f}",
                " → ".join(street.name or street.road_id for street in way.streets),
            )
            for way in self.ways
        ]
        head = f"{self.household_id} · {self.service_name.zh} {self.service_name.en}"
        said = f"{self.reason.zh} {self.reason.en}"
        return f"<p><b>{escape(head)}</b><br>{escape(said)}</p>{pd.DataFrame(rows, columns=titles).to_html(index=False)}"


def _summary(way: Way) -> dict[str, Any]:
    return {
        "facility_id": way.facility_id,
        "name": way.name,
        "minutes": round(way.minutes, 2),
        "metres": round(way.metres, 1),
        "straight_m": round(way.straight_m, 1),
        "ratio": None if way.ratio is None else round(way.ratio, 2),
        "legs": [{"kind": leg.kind, "metres": round(leg.metres, 1), "minutes": round(leg.minutes, 2)} for leg in way.legs],
        "streets": [{"road_id": s.road_id, "name": s.name, "metres": round(s.metres, 1)} for s in way.streets],
    }


def explain(town: Town, household_id: str, service: str, *, when: str = NOW, count: int = 3) -> Explanation:
    """Say why a household is covered by a service or not, and show the ways to its nearest facilities.

    Parameters
    ----------
    town : Town
        From a check (``Report.town``), or opened from its folder (`town.open_town`).
    household_id : str
        As in the households' table.
    service : str
        A service of the check.
    when : "now" or "later"
        "later" counts planned facilities too.
    count : int
        How many facilities at most.

    Returns
    -------
    Explanation

    Raises
    ------
    NotFoundError
        The household or the service does not exist.
    InputError
        ``when`` is neither of the two, or the count is below 1.

    Examples
    --------
    >>> import geogrid
    >>> from tests.builders import paper_town
    >>> town = geogrid.check(**paper_town()).town
    >>> explanation = explain(town, "H060", "medical")
    >>> explanation.status, [(way.name, way.minutes, round(way.metres)) for way in explanation.ways]
    ('uncovered', [('西卫生室', 17.22, 1435)])
    >>> explanation.reason.en
    'the nearest facility, 西卫生室, is 17.2 minutes away: more than 15'
    """
    household = _household(town, household_id)
    _require_known(town, service, when)
    placed = town.of(service)
    offering = np.flatnonzero(offers(town.facilities, service, when, town.settings))
    found = _ways(town, placed, service, (household, offering), count)
    speed, cutoff = town.settings.speed_kmh[service], town.settings.cutoff_min[service]
    status = _status(placed, household, found, {"cutoff_min": cutoff, "speed_kmh": speed})
    return Explanation(
        household_id=household_id,
        service=service,
        service_name=town.settings.profile.services[service].name,
        when=when,
        mode=town.settings.mode[service],
        pace_kmh=speed,
        cutoff_min=cutoff,
        status=status,
        reason=reason(town, service, (household, offering), status=status, nearest=found[0][1] if found else None),
        street_m=float(placed.at_home.leg_m[household]),
        ways=tuple(way for _, way in found),
        home=town.households.geometry.iloc[household],
        crs=town.crs,
    )


def _household(town: Town, household_id: str) -> int:
    """Return the position of a household."""
    found = np.flatnonzero((town.households["household_id"] == household_id).to_numpy(dtype=bool))
    if not len(found):
        raise NotFoundError(_NO_HOUSEHOLD.fill(id=str(household_id)[:80]))
    return int(found[0])


def _require_known(town: Town, service: str, when: str) -> None:
    if service not in town.settings.services:
        raise NotFoundError(_NO_SERVICE.fill(service=str(service)[:80], known=", ".join(town.settings.services)))
    if when not in WHENS:
        raise InputError(_NO_WHEN.fill(when=when, known=", ".join(WHENS)))


def _ways(
    town: Town, placed: Placed, service: str, who: tuple[int, npt.NDArray[np.int64]], count: int
) -> list[tuple[Route, Way]]:
    household, offering = who
    found = routes(
        placed.graph,
        _rows(placed.at_home, np.array([household])),
        _rows(placed.at_facility, offering),
        facility_ids=town.facilities["facility_id"].to_numpy()[offering],
        count=count,
    )
    names = _street_names(town.roads, {stretch.road_id for route in found for stretch in route.streets})
    home, speed = town.households.geometry.iloc[household], town.settings.speed_kmh[service]
    return [(route, _way(route, home, town.facilities.iloc[offering[route.facility]], names, speed)) for route in found]


def _way(route: Route, home: shapely.Point, facility: pd.Series, names: Mapping[str, str], speed_kmh: float) -> Way:
    place = facility["geometry"]
    lines = {
        "to_street": [home.coords[0][:2], route.xy[0]],
        "along": route.xy,
        "from_street": [route.xy[-1], place.coords[0][:2]],
    }
    straight = float(shapely.distance(home, place))
    return Way(
        facility_id=str(facility["facility_id"]),
        name=str(facility["name"]),
        minutes=_minutes(route.cost_m, speed_kmh),
        metres=route.metres,
        straight_m=straight,
        ratio=route.metres / straight if straight > 0 else None,
        legs=tuple(_leg(kind, getattr(route, kind), lines[kind], speed_kmh) for kind in LEGS),
        streets=tuple(Street(s.road_id, names.get(s.road_id, ""), s.metres) for s in route.streets),
        place=place,
    )


def _leg(kind: str, part: Part, line: Any, speed_kmh: float) -> Leg:
    return Leg(kind, part.metres, _minutes(part.cost_m, speed_kmh), shapely.LineString(line))


def _minutes(metres: float, speed_kmh: float) -> float:
    return float(minutes_within(np.array([metres]), speed_kmh)[0])


def _rows(placement: Placement, rows: npt.NDArray[np.int64]) -> Placement:
    return type(placement)(placement.segment[rows], placement.along_m[rows], placement.leg_m[rows])


def _street_names(roads: gpd.GeoDataFrame, wanted: Iterable[str]) -> dict[str, str]:
    """Return the names of some streets; without a column of ids a street goes by its row, as in the network."""
    if "name" not in roads:
        return {}
    ids = (roads["road_id"] if "road_id" in roads else roads.index.to_series()).astype(str)
    found = (ids.isin(list(wanted)) & roads["name"].notna()).to_numpy()
    return dict(zip(ids[found], roads["name"][found].astype(str), strict=True))


def _status(placed: Placed, household: int, found: list[tuple[Route, Way]], limits: Mapping[str, float]) -> str:
    """Return the household's status by the check's own rule."""
    reason = "unreached" if placed.at_home.segment[household] < 0 else ""
    metres = found[0][0].cost_m if found else np.nan
    status = cover(pd.DataFrame({"metres": [metres], "reason": [reason]}), **limits)
    return str(status.iloc[0])


WHENS = (NOW, LATER)
_NO_HOUSEHOLD = Text("没有编号为“{id}”的住户：请核对住户编号", "there is no household {id!r}: check its id")
_NO_SERVICE = Text("没有服务“{service}”：可选 {known}", "there is no service {service!r}: choose {known}")
_NO_WHEN = Text("时间“{when}”无效：可选 {known}", "when = {when!r} is not usable: choose {known}")
