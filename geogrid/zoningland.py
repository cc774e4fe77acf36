"""Villages and possible centres of a place, and how far they are from each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial.distance import cdist

from geogrid.assign import assign
from geogrid.errors import InputError
from geogrid.facts import matching
from geogrid.graph import prepare
from geogrid.network import build_network
from geogrid.pairs import pairs_within
from geogrid.travel import snap_to_streets
from geogrid.words import Text
from geogrid.zoningrule import FACILITIES, STRAIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geogrid.profile import Profile
    from geogrid.zoningrule import ZoneRule

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

MAX_SNAP_M = 1_000.0
"""How far the inner point of a village or a centre may be from a street."""
LOOK = 3.0
"""Ways along streets are looked for up to so many radii, so that it can be said how far too far a village is."""
BORDER_M = 1e-3
"""Villages with a shorter common border meet in a corner only."""


@dataclass(frozen=True, eq=False)
class Centres:
    """Where a centre may be: ``rows`` has ``centre_id``, ``name`` and points, ``home`` the position of the village around each.

    ``left_out`` counts facilities that lie in no village.
    """

    rows: gpd.GeoDataFrame
    home: Ints
    left_out: int = 0


def villages_of(areas: gpd.GeoDataFrame, households: gpd.GeoDataFrame, profile: Profile, rule: ZoneRule) -> gpd.GeoDataFrame:
    """Return the villages of a place with who lives there.

    Parameters
    ----------
    areas : GeoDataFrame
        ``area_id``, ``name``, ``level``, ``parent_id``; polygons in metres.
    households : GeoDataFrame
        Points in the same CRS, with ``persons``.
    profile : Profile
    rule : ZoneRule

    Returns
    -------
    GeoDataFrame
        ``village_id``, ``name``, ``within_id``, ``households``, ``persons``, ``zone_today`` in the order of the ids, RangeIndex:
        ``within_id`` is the area that a zone may not leave ("" where there is no such bound, or no such area around),
        ``zone_today`` the zone that it is in now, or "".

    Raises
    ------
    InputError
        When there are no such areas.
    """
    levels = {level: _of_level(areas, profile, level) for level in (rule.village, rule.within, rule.zone) if level}
    own = areas[areas["area_id"].isin(levels[rule.village])].sort_values("area_id", ignore_index=True)
    if own.empty:
        raise InputError(_NO_VILLAGES.fill(level=profile.level(rule.village).names[0]))
    parents = dict(zip(areas["area_id"], areas["parent_id"], strict=True))
    live = assign(households[["geometry"]].reset_index(drop=True), _as_grids(own)).grid_id
    persons = households["persons"].astype("float64").fillna(0.0).reset_index(drop=True)
    people = persons.groupby(live).sum()
    table = {
        "village_id": own["area_id"].astype(str),
        "name": own["name"].astype(str),
        "within_id": [_around(each, parents, levels.get(rule.within, frozenset())) for each in own["area_id"]],
        "households": own["area_id"].map(live.value_counts()).fillna(0).astype("int64"),
        "persons": own["area_id"].map(people).fillna(0).astype("int64"),
        "zone_today": [_around(each, parents, levels.get(rule.zone, frozenset())) for each in own["area_id"]],
    }
    return gpd.GeoDataFrame(table, geometry=own.geometry.to_numpy(), crs=areas.crs)


def _of_level(areas: gpd.GeoDataFrame, profile: Profile, level: str) -> frozenset[str]:
    """Return the ids of the areas of a level, by any of its names; of a level that the profile lacks by its id."""
    known = next((each for each in profile.levels if each.id == level), None)
    names = (level,) if known is None else known.select or known.names
    return frozenset(areas.loc[matching(areas, {"level": names}), "area_id"])


def _as_grids(own: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return own.rename(columns={"area_id": "grid_id"})[["grid_id", "geometry"]]


def _around(area: str, parents: Mapping[str, Any], wanted: frozenset[str]) -> str:
    """Return the first of the wanted areas above an area, "" where there is none; a ring ends where it began."""
    seen: set[str] = set()
    at: Any = parents.get(area)
    while isinstance(at, str) and at and at not in seen:
        if at in wanted:
            return at
        seen.add(at)
        at = parents.get(at)
    return ""


def inner_points(villages: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the point of each village that distances are measured from: as the standard on zones measures them."""
    points: gpd.GeoSeries = villages.geometry.representative_point()
    return points


def centres_of(villages: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame | None, rule: ZoneRule) -> Centres:
    """Return where centres may be: the inner points of the villages, or facilities that offer what a centre does.

    Raises
    ------
    InputError
        When facilities are asked for and none offers it inside a village.
    """
    if rule.centres != FACILITIES:
        rows = {"centre_id": villages["village_id"], "name": villages["name"]}
        return Centres(
            gpd.GeoDataFrame(rows, geometry=inner_points(villages).to_numpy(), crs=villages.crs), np.arange(len(villages))
        )
    known = facilities if facilities is not None else gpd.GeoDataFrame({"facility_id": [], "services": []}, geometry=[])
    wanted = matching(known, {"services": rule.services}) if rule.services else np.ones(len(known), dtype=bool)
    usable = known[wanted & known.geometry.notna().to_numpy()].sort_values("facility_id", ignore_index=True)
    if usable.empty:
        raise InputError(_NO_CENTRES.fill(services=", ".join(rule.services) or "-"))
    own = villages.rename(columns={"village_id": "grid_id"})[["grid_id", "geometry"]]
    around = assign(usable[["geometry"]], own).grid_id
    inside = around.notna().to_numpy()
    if not inside.any():
        raise InputError(_NO_CENTRES.fill(services=", ".join(rule.services) or "-"))
    home = pd.Index(villages["village_id"]).get_indexer(around[inside])
    rows = usable[inside].rename(columns={"facility_id": "centre_id"})[["centre_id", "name", "geometry"]]
    return Centres(rows.reset_index(drop=True), home.astype(np.int64), int((~inside).sum()))


def ways_m(
    villages: gpd.GeoDataFrame, centres: Centres, rule: ZoneRule, *, roads: gpd.GeoDataFrame | None, profile: Profile
) -> Floats:
    """Return the metres between each centre and each village (centres × villages), as the rule measures them.

    Straight lines are what the standard on a zone's radius measures. Along streets they are those of the way from the village to
    the centre at the mode's pace; infinite beyond `LOOK` radii and where there is no street within `MAX_SNAP_M`.

    Raises
    ------
    InputError
        When ways along streets are asked for and there are no streets.
    """
    inner = inner_points(villages)
    if rule.along == STRAIGHT:
        return np.asarray(cdist(_places(centres.rows.geometry), _places(inner)))
    if roads is None or roads.empty:
        raise InputError(_NO_STREETS)
    paces = {"speed_kmh": profile.pace_kmh(rule.along), "leg_kmh": profile.walking_speed_kmh}
    graph = prepare(build_network(roads, mode=rule.along, **paces))
    homes, stops = (
        snap_to_streets(gpd.GeoDataFrame(geometry=np.asarray(points), crs=villages.crs), graph.network, max_snap_m=MAX_SNAP_M)
        for points in (inner, centres.rows.geometry)
    )
    pairs = pairs_within(graph, homes, stops, limit_m=LOOK * rule.radius_m)
    ways = np.full((len(centres.home), len(villages)), np.inf)
    ways[pairs.facility, pairs.household] = pairs.metres
    return ways


def _places(points: gpd.GeoSeries) -> Floats:
    return np.asarray(shapely.get_coordinates(points.to_numpy()), dtype=np.float64)


def beside(villages: gpd.GeoDataFrame) -> Bools:
    """Return which villages share a border (villages × villages).

    Raises
    ------
    InputError
        When villages are points.

    Examples
    --------
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 1, 3, 2)]
    >>> beside(gpd.GeoDataFrame(geometry=squares, crs=4548)).astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    shapes = villages.geometry.to_numpy()
    if (shapely.get_dimensions(shapes) < 2).any():  # noqa: PLR2004 - polygons
        raise InputError(_NO_POLYGONS)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=BORDER_M)
    near = one < other
    one, other = one[near], other[near]
    shared = shapely.length(shapely.intersection(shapely.boundary(shapes[one]), shapely.boundary(shapes[other]))) > BORDER_M
    found = np.zeros((len(shapes), len(shapes)), dtype=bool)
    found[one[shared], other[shared]] = True
    return found | found.T


_NO_VILLAGES = Text(
    "区域表中没有层级为“{level}”的区域；请先导入村（社区）的边界。",
    "there are no areas of level {level!r}; import the boundaries of the villages first.",
)
_NO_CENTRES = Text(
    "村内没有提供 {services} 的设施可作中心；请导入设施，或用 --centres villages。",
    "no facility that offers {services} lies in a village; import facilities, or use --centres villages.",
)
_NO_STREETS = Text(
    "没有街道，不能沿街量距离；请导入街道，或用 --along straight。",
    "there are no streets to measure along; import them, or use --along straight.",
)
_NO_POLYGONS = Text(
    "村是点，没有边界，不能要求连片；请提供村界，或去掉 --touching。",
    "villages are points without borders and cannot be asked to touch; give their boundaries, or leave out --touching.",
)
