"""Coverage gaps: where uncovered households lie together, how many people that concerns, and how far the nearest facility is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geogrid import counts
from geogrid.crs import label, require_projected
from geogrid.errors import CrsError, InputError
from geogrid.linkage import street_groups
from geogrid.results import Gaps, Placement
from geogrid.squares import SQUARE_M, whole_squares
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.results import Network

LATTICE_M = SQUARE_M
"""Gaps are drawn as whole squares of this width, on whole multiples of it."""

COLUMNS = (
    "gap_id",
    "service",
    "households",
    "persons",
    "aged_65",
    "children_0_14",
    "grid_ids",
    "nearest_facility_id",
    "nearest_facility",
    "minutes",
    "geometry",
)
MEMBER_COLUMNS = ("household", "service", "gap_id")

UNCOVERED = "uncovered"

Ints = npt.NDArray[np.int64]


class _Town(NamedTuple):
    """What the gaps of all services share."""

    network: Network
    placement: Placement
    households: gpd.GeoDataFrame
    distance_m: float


def coverage_gaps(
    network: Network,
    placement: Placement,
    households: gpd.GeoDataFrame,
    nearest: Mapping[str, pd.DataFrame],
    *,
    distance_m: float = 200.0,
) -> Gaps:
    """Group the uncovered households of each service, and rank the groups by the people they concern.

    Two uncovered households are in one gap if they are within ``distance_m`` of each other along the streets, legs included, or
    if others link them; households at the same coordinates always are. The grouping is exact (see `geogrid.linkage`).

    Parameters
    ----------
    network
        Streets.
    placement
        Where the households stand on them, in their order.
    households
        Points in the network's CRS: household_id, persons, aged_65 and children_0_14 where known, and the computed grid_id.
    nearest
        For each service a row per household, in their order: ``status``, and of the nearest facility, computed without a cutoff,
        ``minutes``, ``facility_id`` and ``facility_name`` (NA without a path); see `name_facilities`.
    distance_m
        Largest distance of a link in metres, inclusive, compared on metres rounded to 1 mm.

    Returns
    -------
    Gaps
        All services together, most persons first, then most households; ``gap_id`` is the service and the rank within it. Of
        equal gaps the one with the smallest household_id comes first. ``nearest_facility`` is the one that is nearest for most of
        the gap's households (of equals the smallest id), ``minutes`` the median of those that have a path.

    Raises
    ------
    CrsError
        If the households are not in the network's projected CRS.
    InputError
        If the tables have different lengths, an uncovered household is not on any street, or the distance is negative.

    Examples
    --------
    >>> from geogrid.network import build_network
    >>> from geogrid.results import Placement
    >>> street = build_network(gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (900, 0)])], crs=4548))
    >>> along = np.array([0.0, 150.0, 500.0])
    >>> rows = {"household_id": ["1", "2", "3"], "persons": [3, 2, 4], "grid_id": ["A", "B", "B"]}
    >>> homes = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(along, np.full(3, 20.0)), crs=4548)
    >>> far = pd.DataFrame({"status": "uncovered", "minutes": [18.0, 20.0, 25.0], "facility_id": "F", "facility_name": "Clinic"})
    >>> on_street = Placement(np.zeros(3, dtype=int), along, np.full(3, 20.0))
    >>> gaps = coverage_gaps(street, on_street, homes, {"medical": far})
    >>> gaps.table[["gap_id", "households", "persons", "grid_ids", "nearest_facility", "minutes"]]
          gap_id  households  persons grid_ids nearest_facility  minutes
    0  medical-1           2        5   (A, B)           Clinic     19.0
    1  medical-2           1        4     (B,)           Clinic     25.0
    """
    town = _Town(network, placement, households, distance_m)
    _check(town, nearest)
    found = [_of_service(town, service, trips) for service, trips in nearest.items() if (trips["status"] == UNCOVERED).any()]
    if not found:
        nothing = gpd.GeoDataFrame({name: [] for name in COLUMNS}, geometry="geometry", crs=households.crs)
        return Gaps(nothing, pd.DataFrame({name: [] for name in MEMBER_COLUMNS}))
    table = pd.concat([gaps.table for gaps in found])
    worst_first = table.sort_values(["persons", "households"], ascending=False, kind="stable", ignore_index=True)
    return Gaps(worst_first, pd.concat([gaps.members for gaps in found], ignore_index=True))


def merged(parts: Sequence[Gaps], services: Sequence[str]) -> Gaps:
    """Put the gaps of services that are reached along different streets together, ranked as one.

    Parameters
    ----------
    parts
        From `coverage_gaps`, each service in one of them; at least one.
    services
        All of the services, in the order that breaks ties.

    Returns
    -------
    Gaps
        All gaps, most persons first, then most households, then in the order of the services.
    """
    if len(parts) == 1:
        return parts[0]
    number = {service: position for position, service in enumerate(services)}
    table = pd.concat([gaps.table for gaps in parts if len(gaps.table)] or [parts[0].table])
    order = table["service"].map(number)
    ranked = table.assign(_order=order).sort_values(["persons", "households", "_order"], ascending=[False, False, True])
    members = pd.concat([gaps.members for gaps in parts if len(gaps.members)] or [parts[0].members])
    ordered = members.assign(_order=members["service"].map(number)).sort_values("_order", kind="stable")
    return Gaps(ranked.drop(columns="_order").reset_index(drop=True), ordered.drop(columns="_order").reset_index(drop=True))


def name_facilities(nearest: pd.DataFrame, facilities: pd.DataFrame) -> pd.DataFrame:
    """Put id and name of the nearest facility beside its position.

    Parameters
    ----------
    nearest
        A row per household: ``facility``, its position in ``facilities``, -1 for none.
    facilities
        ``facility_id`` and ``name``.

    Returns
    -------
    DataFrame
        ``nearest`` with ``facility_id`` and ``facility_name``, NA for none.

    Examples
    --------
    >>> facilities = pd.DataFrame({"facility_id": ["F1", "F2"], "name": ["Clinic", "Hospital"]})
    >>> name_facilities(pd.DataFrame({"facility": [1, -1]}), facilities)
       facility facility_id facility_name
    0         1          F2      Hospital
    1        -1         NaN           NaN
    """
    position = nearest["facility"].to_numpy()
    ids, names = (pd.array(facilities[column], dtype="str").take(position, allow_fill=True) for column in ("facility_id", "name"))
    return nearest.assign(facility_id=ids, facility_name=names)


def _of_service(town: _Town, service: str, nearest: pd.DataFrame) -> Gaps:
    """Find the gaps of a service that leaves households uncovered, numbered from the worst."""
    chosen = np.flatnonzero(nearest["status"] == UNCOVERED)
    homes, trips = town.households.iloc[chosen], nearest.iloc[chosen]
    at = Placement(town.placement.segment[chosen], town.placement.along_m[chosen], town.placement.leg_m[chosen])
    xy = shapely.get_coordinates(np.asarray(homes.geometry))
    group = _worst_first(street_groups(town.network, at, xy, distance_m=town.distance_m), homes)
    groups = int(group.max()) + 1
    names = np.array([f"{service}-{rank}" for rank in range(1, groups + 1)], dtype=object)
    table = counts.group_totals(counts.measured(homes), group, groups).join(_usual_facility(trips, group))
    table = table.assign(
        gap_id=names,
        service=service,
        grid_ids=_grids(homes["grid_id"], group, groups),
        minutes=pd.Series(trips["minutes"].to_numpy(dtype=float)).groupby(group).median(),
        geometry=whole_squares(xy, group),
    )
    members = pd.DataFrame({"household": homes.index, "service": service, "gap_id": names[group]})
    return Gaps(gpd.GeoDataFrame(table[list(COLUMNS)], geometry="geometry", crs=town.households.crs), members)


def _worst_first(group: Ints, homes: pd.DataFrame) -> Ints:
    """Renumber groups by persons, households and smallest household_id."""
    sizes = pd.DataFrame(
        {"persons": homes["persons"].to_numpy(dtype=float), "id": homes["household_id"].astype("str").to_numpy()}
    )
    ranked = sizes.groupby(group).agg(persons=("persons", "sum"), households=("persons", "size"), id=("id", "min"))
    order = ranked.sort_values(["persons", "households", "id"], ascending=[False, False, True]).index
    return np.argsort(order.to_numpy(dtype=np.int64))[group]


def _usual_facility(trips: pd.DataFrame, group: Ints) -> pd.DataFrame:
    """Return the facility that is nearest for most households of each group, of equals the smallest id; NA without a path."""
    known = trips[["facility_id", "facility_name"]].assign(group=group).dropna(subset="facility_id")
    votes = known.groupby(["group", "facility_id"], observed=True).agg(
        households=("group", "size"), name=("facility_name", "first")
    )
    usual = votes.reset_index().sort_values(["households", "facility_id"], ascending=[False, True]).drop_duplicates("group")
    usual = usual.rename(columns={"facility_id": "nearest_facility_id", "name": "nearest_facility"})
    return usual.set_index("group")[["nearest_facility_id", "nearest_facility"]]


def _grids(grid_id: pd.Series, group: Ints, groups: int) -> list[tuple[str, ...]]:
    """List the grids of each group's households in order; those outside all grids add none."""
    pairs = pd.DataFrame({"group": group, "grid_id": grid_id.to_numpy(dtype=object)}).dropna().drop_duplicates()
    pairs = pairs.sort_values(["group", "grid_id"])
    ends = np.cumsum(np.bincount(pairs["group"], minlength=groups))
    return [tuple(part) for part in np.split(pairs["grid_id"].to_numpy(dtype=object), ends[:-1])]


def _check(town: _Town, nearest: Mapping[str, pd.DataFrame]) -> None:
    """Refuse tables that do not belong together."""
    crs = require_projected(town.households)
    if crs != town.network.crs:
        message = Text(
            "住户表的坐标系是 {homes}，路网的是 {streets}，两者必须相同。请用 geogrid.crs.project 转换。",
            "the households are in {homes}, the streets in {streets}; both must be in the same CRS: use geogrid.crs.project",
        )
        raise CrsError(message.fill(homes=label(crs), streets=label(town.network.crs)))
    if not (math.isfinite(town.distance_m) and town.distance_m >= 0):
        message = Text(
            "缺口分组距离为 {value} 米，应为不小于 0 的数。", "the gap distance is {value} m, expected a number of at least 0"
        )
        raise InputError(message.fill(value=town.distance_m))
    for service, trips in nearest.items():
        _check_trips(town, service, trips)


def _check_trips(town: _Town, service: str, trips: pd.DataFrame) -> None:
    """Refuse travel times that are not those of the households."""
    rows = (len(town.households), len(town.placement.segment), len(trips))
    if len(set(rows)) > 1:
        message = Text(
            "{service}：住户 {rows[0]} 行，街道位置 {rows[1]} 行，出行时间 {rows[2]} 行，应逐行对应。请用同一张住户表计算。",
            "{service}: {rows[0]} households, {rows[1]} places on streets, {rows[2]} travel times, expected the same number; "
            "compute them from one table",
        )
        raise InputError(message.fill(service=service, rows=rows))
    lost = int(((trips["status"] == UNCOVERED).to_numpy() & town.placement.unreached).sum())
    if lost:
        message = Text(
            "{service}：有 {n} 户离街道太远，却标为“未覆盖”，应为 unreached。请用 cover 计算状态。",
            "{service}: {n} households too far from any street are called uncovered, expected unreached; use the status of cover",
        )
        raise InputError(message.fill(service=service, n=lost))
