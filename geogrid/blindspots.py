"""Blind spots (盲区): households and buildings in no grid, where they lie together, and how many people that concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid import counts
from geogrid.lattice import touching
from geogrid.proximity import near_groups
from geogrid.squares import SQUARE_M, whole_squares
from geogrid.suppression import is_small

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.facts import Facts

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

TOLERANCE_M = 1e-6
"""Working precision: the width of a crack that rounding leaves between neighbours."""

ROUND_TO = 10
"""What the public counts are rounded to, as those of coverage gaps."""

COUNTS = ("households", "persons", "buildings")
COLUMNS = (
    *("spot_id", "rank", "households", "persons", "aged_65", "children_0_14", "buildings"),
    *("unit_ids", "units", "area_ids", "nearest_grid_id", "distance_m", "household_rows", "building_rows", "geometry"),
)
PUBLIC_COLUMNS = ("spot_id", "rank", *COUNTS, "suppressed", "geometry")


class _Lost(NamedTuple):
    """All that lies in no grid: rows of households, then rows of buildings, and a point for each."""

    homes: Ints
    buildings: Ints
    xy: Floats

    @property
    def is_home(self) -> Flags:
        return np.arange(len(self.xy)) < len(self.homes)


def blind_spots(facts: Facts) -> gpd.GeoDataFrame:
    """Group what lies in no grid, and rank the groups by the people they concern.

    Households whose ``grid_id`` is NA, and buildings of which an inner point lies in no grid. Two of them are in one spot if they
    are within the profile's ``gap_distance_m`` of each other in a straight line, or if others link them. A household without a
    point is in no spot: nobody knows where it is.

    Parameters
    ----------
    facts : Facts
        The place.

    Returns
    -------
    GeoDataFrame
        For the office, most persons first, then most buildings, then most households, then from the west: `COLUMNS`. Counts of
        `geogrid.counts` and ``buildings``; ``unit_ids`` and ``units`` (names) of the units that its households name or that its
        points lie in, ``area_ids`` of the areas that its points lie in, ``nearest_grid_id`` and the ``distance_m`` to it;
        ``household_rows`` and ``building_rows`` are positions in the tables of the place. The geometry is made of whole squares
        of 100 m, as that of coverage gaps.
    """
    lost = _lost(facts)
    if not len(lost.xy):
        empty = {name: pd.Series(dtype=object) for name in COLUMNS[:-1]}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=facts.crs), crs=facts.crs)[list(COLUMNS)]
    group = _worst_first(facts, lost, near_groups(lost.xy, facts.profile.gap_distance_m))
    groups = int(group.max()) + 1
    homes = facts.households.iloc[lost.homes]
    of_home, of_building = group[lost.is_home], group[~lost.is_home]
    table = counts.group_totals(counts.measured(homes), of_home, groups)
    named = _units(facts, lost, group, groups)
    grid_id, distance = _nearest(facts, lost.xy, group, groups)
    table = table.assign(
        spot_id=[f"blind-{rank}" for rank in range(1, groups + 1)],
        rank=np.arange(1, groups + 1),
        buildings=np.bincount(of_building, minlength=groups),
        unit_ids=named["id"],
        units=named["name"],
        area_ids=_areas(facts, lost, group, groups),
        nearest_grid_id=grid_id,
        distance_m=distance,
        household_rows=_split(lost.homes, of_home, groups),
        building_rows=_split(lost.buildings, of_building, groups),
        geometry=whole_squares(lost.xy, group),
    )
    return gpd.GeoDataFrame(table[list(COLUMNS)], geometry="geometry", crs=facts.crs)


def public_spots(spots: gpd.GeoDataFrame, *, threshold: int = 10, unplaced: int = 0) -> gpd.GeoDataFrame:
    """Return what may be told of blind spots: rounded counts and whole squares, and nothing of small ones.

    A spot has no counts and no shape where it has 1 to ``threshold`` households or persons, or fewer than ``threshold``
    households more than squares, so that a square would tell one. Where the households in no grid that are in no such shape are
    few, no spot keeps its counts; and where even the shapes tell them, as every shape says that more than ``threshold`` live
    there, the smallest spots lose theirs. A spot of buildings alone concerns nobody known and keeps its shape.

    Parameters
    ----------
    spots : GeoDataFrame
        From `blind_spots`.
    threshold : int
        The largest small count.
    unplaced : int
        Households in no grid that are in no spot either.

    Returns
    -------
    GeoDataFrame
        `PUBLIC_COLUMNS`: the counts rounded to tens, NA where withheld; those without counts come last, by where they are, are
        ``suppressed`` and have no rank.
    """
    numbers = {column: spots[column].to_numpy(dtype=float, na_value=np.nan) for column in COUNTS}
    homes = numbers["households"]
    few = is_small(np.column_stack([homes, numbers["persons"]]), threshold)
    squares = np.rint(spots.area.to_numpy(dtype=float) / SQUARE_M**2)
    tiny = few | ((homes > 0) & (homes - squares < threshold))
    whole, is_told = _shapeless(homes, squares, tiny, threshold=threshold, unplaced=unplaced)
    uncounted = whole | (homes > 0) & (not is_told)
    shown = gpd.GeoDataFrame({"suppressed": uncounted}, geometry=spots.geometry.to_numpy(), crs=spots.crs)
    for column, values in numbers.items():
        hidden = uncounted | is_small(values[:, None], threshold) | np.isnan(values)
        rounded = np.rint(np.nan_to_num(values) / ROUND_TO) * ROUND_TO
        shown[column] = pd.Series(rounded.astype(np.int64), dtype="Int64").mask(hidden)
    shown.loc[whole, "geometry"] = None
    # A place between ranks would bound counts that are withheld.
    corners = spots.bounds.reset_index(drop=True)[uncounted].sort_values(["minx", "miny"], kind="stable")
    ordered = pd.concat([shown[~uncounted], shown.loc[corners.index]]) if uncounted.any() else shown
    number = ordered.groupby("suppressed", sort=False).cumcount() + 1
    last = ordered["suppressed"].to_numpy(dtype=bool)
    names = np.where(last, "blind-w", "blind-") + number.astype(str)
    return ordered.assign(spot_id=names, rank=number.astype("Int64").mask(last))[list(PUBLIC_COLUMNS)].reset_index(drop=True)


def _shapeless(homes: Floats, squares: Floats, tiny: Flags, *, threshold: int, unplaced: int) -> tuple[Flags, bool]:
    """Return which spots lose their shapes, and whether the counts of the others may be told.

    The number of all households in no grid may be public: less what the shapes tell at least, it bounds what is hidden.
    """
    whole, hidden = tiny.copy(), homes[tiny].sum() + unplaced
    is_told = not 1 <= hidden <= threshold
    least = np.maximum(threshold + 1, squares + threshold)
    drawn = [int(i) for i in np.argsort(homes, kind="stable") if homes[i] > 0 and not tiny[i]]
    while not is_told and drawn and homes.sum() + unplaced - least[drawn].sum() <= threshold:
        whole[drawn.pop(0)] = True
    return whole, is_told


def _lost(facts: Facts) -> _Lost:
    """Find what lies in no grid."""
    homes = facts.households
    placed = ~shapely.is_missing(homes.geometry.to_numpy()) & ~shapely.is_empty(homes.geometry.to_numpy())
    rows = np.flatnonzero(homes["grid_id"].isna().to_numpy(dtype=bool) & placed)
    xy = shapely.get_coordinates(homes.geometry.to_numpy()[rows])
    if facts.buildings is None or facts.buildings.empty:
        return _Lost(rows, np.zeros(0, dtype=np.int64), xy)
    shapes = facts.buildings.geometry.to_numpy()
    drawn = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_empty(shapes))
    inner = shapely.get_coordinates(shapely.point_on_surface(shapes[drawn]))
    outside = touching(inner.T, facts.grids.geometry.to_numpy(), tolerance=TOLERANCE_M).first < 0
    return _Lost(rows, drawn[outside], np.vstack([xy, inner[outside]]))


def _worst_first(facts: Facts, lost: _Lost, group: Ints) -> Ints:
    """Renumber groups by persons, buildings, households, and where they are."""
    persons = np.zeros(len(group))
    persons[lost.is_home] = facts.households["persons"].to_numpy(dtype=float, na_value=0.0)[lost.homes]
    rows = {"persons": persons, "buildings": ~lost.is_home, "homes": lost.is_home, "x": lost.xy[:, 0], "y": lost.xy[:, 1]}
    sums = {"persons": "sum", "buildings": "sum", "homes": "sum", "x": "min", "y": "min"}
    order = pd.DataFrame(rows).groupby(group).agg(sums).sort_values(list(sums), ascending=[False, False, False, True, True]).index
    return np.argsort(order.to_numpy(dtype=np.int64))[group]


def _units(facts: Facts, lost: _Lost, group: Ints, groups: int) -> dict[str, list[tuple[str, ...]]]:
    """Return ids and names of the units that the households of each group name, or that its points lie in."""
    if facts.units is None or facts.units.empty:
        return dict.fromkeys(("id", "name"), [()] * groups)
    at, unit = _inside(facts.units, lost.xy)
    ids = facts.units["unit_id"].to_numpy(dtype=object)
    named = facts.households.get("unit_id", pd.Series(pd.NA, index=facts.households.index)).to_numpy(dtype=object)[lost.homes]
    claimed = pd.Index(ids).get_indexer(named)
    pairs = np.column_stack([np.append(group[at], group[lost.is_home][claimed >= 0]), np.append(unit, claimed[claimed >= 0])])
    pairs = np.unique(pairs, axis=0)
    names = facts.units["name"].to_numpy(dtype=object) if "name" in facts.units else ids
    names = np.where(pd.isna(names), ids, names)
    return {"id": _split(ids[pairs[:, 1]], pairs[:, 0], groups), "name": _split(names[pairs[:, 1]], pairs[:, 0], groups)}


def _areas(facts: Facts, lost: _Lost, group: Ints, groups: int) -> list[tuple[str, ...]]:
    """Return the areas that the points of each group lie in."""
    if facts.areas is None or facts.areas.empty:
        return [()] * groups
    at, area = _inside(facts.areas, lost.xy)
    pairs = np.unique(np.column_stack([group[at], area]), axis=0)
    return _split(facts.areas["area_id"].to_numpy(dtype=object)[pairs[:, 1]], pairs[:, 0], groups)


def _inside(frame: gpd.GeoDataFrame, xy: Floats) -> tuple[Ints, Ints]:
    """Return pairs of points and of the polygons that they lie in."""
    at, polygon = shapely.STRtree(frame.geometry.to_numpy()).query(shapely.points(xy), predicate="intersects")
    land = shapely.get_dimensions(frame.geometry.to_numpy())[polygon] > 1
    return at[land], polygon[land]


def _nearest(facts: Facts, xy: Floats, group: Ints, groups: int) -> tuple[npt.NDArray[np.object_], Floats]:
    """Return the grid nearest to any point of each group, and how far it is; NA where there is no grid."""
    if facts.grids.empty:
        return np.full(groups, pd.NA, dtype=object), np.full(groups, np.nan)
    tree = shapely.STRtree(facts.grids.geometry.to_numpy())
    (at, grid), metres = tree.query_nearest(shapely.points(xy), all_matches=False, return_distance=True)
    best = pd.DataFrame({"group": group[at], "metres": metres, "grid": grid}).sort_values("metres", kind="stable")
    first = best.drop_duplicates("group").set_index("group").sort_index()
    return facts.grids["grid_id"].to_numpy(dtype=object)[first["grid"]], first["metres"].to_numpy(dtype=float).round(3)


def _split(values: npt.NDArray[np.object_] | Ints, group: Ints, groups: int) -> list[tuple[str, ...]]:
    """Return the values of each group, in the order in which they stand."""
    ends = np.cumsum(np.bincount(group, minlength=groups))[:-1]
    return [tuple(part.tolist()) for part in np.split(values[np.argsort(group, kind="stable")], ends)]
