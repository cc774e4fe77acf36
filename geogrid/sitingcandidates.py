"""Where sites may be: the candidates of a layer, or places made along the streets, each put on the street that leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geogrid.assign import assign
from geogrid.crs import to_wgs84
from geogrid.errors import InputError
from geogrid.graph import measure
from geogrid.travel import snap_to_streets
from geogrid.vertices import levels
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.graph import Places
    from geogrid.results import Network
    from geogrid.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DECIMALS = 7
"""Of degrees, a centimetre: a site is tried out where its record says it is, to the last bit."""
MOST_MADE = 20_000
NAMED = 8
"""How many candidates a message names."""
SLACK_M = 0.001
"""Room for rounding when two places are half the spacing apart."""
JUNCTION = 3
"""So many streets meet at a junction."""
COLUMNS = ("candidate_id", "name", "kind", "cost", "capacity", "grid_id", "lon", "lat", "street_m", "geometry")


@dataclass(frozen=True, eq=False)
class Candidates:
    """Where sites may be.

    Attributes
    ----------
    table : GeoDataFrame
        A row per candidate that can be reached, with `COLUMNS`, in the town's CRS: ``cost`` and ``capacity`` are NaN where not
        stated, ``grid_id`` NA outside all grids, ``street_m`` metres to the street, lon and lat WGS 84.
    stops : Places
        What it costs to come to each.
    source : {"layer", "streets"}
    too_far : DataFrame
        Candidates that lie too far from every street of the mode: candidate_id, name, street_m.
    """

    table: gpd.GeoDataFrame
    stops: Places
    source: Literal["layer", "streets"]
    too_far: pd.DataFrame

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.table)

    @property
    def notes(self) -> list[Text]:
        """Name the candidates that are too far from any street."""
        if self.too_far.empty:
            return []
        far = [f"{row.candidate_id} ({row.street_m:.0f} m)" for row in self.too_far.head(NAMED).itertuples()]
        return [_TOO_FAR.fill(n=len(self.too_far), ids=", ".join([*far, *(["…"] if len(self.too_far) > NAMED else [])]))]


def candidates_of(town: Town, service: str, layer: gpd.GeoDataFrame) -> Candidates:
    """Take candidates from a layer and put each on the streets of the service's mode.

    Parameters
    ----------
    town : Town
    service : str
        One of the town's.
    layer : GeoDataFrame
        As `geogrid.io.read_candidates` returns it: candidate_id, name, kind, cost, capacity; points in any CRS.

    Returns
    -------
    Candidates
        Those farther from every street than the town's limit are left out, and named.

    Raises
    ------
    InputError
        When no candidate is near a street.
    """
    found = _candidates(town, service, layer, "layer")
    if not len(found):
        raise InputError(_NONE_NEAR.fill(n=len(layer), limit=f"{town.settings.max_snap_m:g}"))
    return found


def candidates_along(town: Town, service: str, *, spacing_m: float) -> Candidates:
    """Make candidates at junctions, every so many metres along streets, and at their ends, inside the grids.

    Parameters
    ----------
    town : Town
    service : str
        Its mode says which streets count; bridges, tunnels and closed streets do not.
    spacing_m : float
        Metres between two along a street; none is nearer to another than half of that, junctions going first.

    Returns
    -------
    Candidates
        The same for the same streets, in whatever order and direction they come; numbered from west to east.

    Raises
    ------
    InputError
        When there are more than `MOST_MADE`, or none.
    """
    points, roads = _spots(town.of(service).network, town.roads, spacing_m)
    if len(points):
        shapely.prepare(inside := shapely.union_all(town.grids.geometry.to_numpy()))
        kept = shapely.intersects_xy(inside, points)
        points, roads = points[kept], [road for road, is_kept in zip(roads, kept, strict=True) if is_kept]
    rows = _apart(points, spacing_m / 2)
    if not 0 < len(rows) <= MOST_MADE:
        raise InputError((_TOO_MANY if len(rows) else _NONE_MADE).fill(n=len(rows), most=MOST_MADE, spacing=f"{spacing_m:g}"))
    rows = rows[_in_order(points[rows])]
    width = len(str(len(rows)))
    table = {"candidate_id": [f"P{n:0{width}d}" for n in range(1, len(rows) + 1)], "kind": "street"}
    names = _street_names(town.roads)
    said = ["/".join(dict.fromkeys(names[road] for road in roads[row] if road in names)) or None for row in rows]
    made = gpd.GeoDataFrame({**table, "name": said}, geometry=gpd.points_from_xy(*points[rows].T), crs=town.crs)
    return _candidates(town, service, made, "streets")


def _candidates(town: Town, service: str, layer: gpd.GeoDataFrame, source: Literal["layer", "streets"]) -> Candidates:
    table = _table(town, layer)
    placed = town.of(service)
    placement = snap_to_streets(table, placed.network, max_snap_m=town.settings.max_snap_m)
    table = table.assign(street_m=np.round(placement.leg_m, 1))
    near = np.flatnonzero(~placement.unreached)
    far = pd.DataFrame(table.loc[placement.unreached, ["candidate_id", "name", "street_m"]]).reset_index(drop=True)
    here = table.iloc[near].reset_index(drop=True)
    here = here.assign(grid_id=assign(here[["geometry"]], town.grids).grid_id)
    return Candidates(here[list(COLUMNS)], measure(placed.graph, placement.take(near)), source, far)


def _table(town: Town, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return candidates with all columns, standing exactly where their degrees say."""
    degrees = to_wgs84(layer).geometry
    lon, lat = (np.round(axis.to_numpy(), DECIMALS) for axis in (degrees.x, degrees.y))
    stated = {key: layer[key] if key in layer else pd.Series(np.nan, index=layer.index) for key in ("cost", "capacity")}
    ids = layer["candidate_id"].astype(str).to_numpy(dtype=object)
    columns = {
        "candidate_id": ids,
        "name": _filled(layer, "name", ids),
        "kind": _filled(layer, "kind", np.full(len(layer), "", dtype=object)),
        **{key: values.to_numpy(dtype=np.float64, na_value=np.nan) for key, values in stated.items()},
    }
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(town.crs)
    return gpd.GeoDataFrame({**columns, "lon": lon, "lat": lat}, geometry=points.to_numpy(), crs=town.crs)


def _filled(layer: gpd.GeoDataFrame, column: str, instead: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    if column not in layer:
        return instead
    given = layer[column].to_numpy(dtype=object)
    return np.where(pd.isna(given), instead, given)


# Along streets


def _spots(network: Network, roads: gpd.GeoDataFrame, spacing_m: float) -> tuple[Floats, list[tuple[str, ...]]]:
    """Return places with the streets that they lie on: junctions, then those between, then the ends of streets."""
    level = levels(roads)
    on_ground = set(roads["road_id"].astype(str).to_numpy()[(level[:, 1] == 0) & (level[:, 2] == 0)])
    open_ = np.isfinite(network.forward_m) | np.isfinite(network.backward_m)
    good = open_ & network.is_stop & np.array([str(road) in on_ground for road in network.road_id], dtype=bool)
    degree = _degrees(network, open_)
    ends = np.unique(np.concatenate([network.tail[good], network.head[good]]))
    junctions, last = ends[degree[ends] >= JUNCTION], ends[degree[ends] == 1]
    at_node = _streets_at(network, good)
    between, streets = _between(roads, {str(road) for road in network.road_id[good]} & on_ground, spacing_m)
    parts = [np.column_stack([network.x[nodes], network.y[nodes]]) for nodes in (junctions, last)]
    named = [[at_node[int(node)] for node in nodes] for nodes in (junctions, last)]
    return np.concatenate([parts[0], between, parts[1]]), [*named[0], *streets, *named[1]]


def _degrees(network: Network, open_: Bools) -> Ints:
    ends = np.concatenate([network.tail[open_], network.head[open_]])
    return np.bincount(ends, minlength=len(network.x)).astype(np.int64)


def _streets_at(network: Network, good: Bools) -> dict[int, tuple[str, ...]]:
    """Return the streets that meet at each node, in the order of their ids."""
    streets: dict[int, set[str]] = {}
    for ends in (network.tail, network.head):
        for node, road in zip(ends[good].tolist(), network.road_id[good], strict=True):
            streets.setdefault(node, set()).add(str(road))
    return {node: tuple(sorted(roads)) for node, roads in streets.items()}


def _between(roads: gpd.GeoDataFrame, usable: set[str], spacing_m: float) -> tuple[Floats, list[tuple[str, ...]]]:
    """Return places that cut each street into equal parts of about the spacing: the same from either end."""
    ids = roads["road_id"].astype(str).to_numpy()
    wanted = np.flatnonzero(np.isin(ids, sorted(usable)))
    lines, which = shapely.get_parts(roads.geometry.to_numpy()[wanted], return_index=True)
    parts = np.maximum(np.rint(shapely.length(lines) / spacing_m).astype(np.int64), 1)
    line = np.repeat(np.arange(len(lines)), parts - 1)
    step = np.arange(len(line)) - np.repeat(np.cumsum(parts - 1) - (parts - 1), parts - 1) + 1
    points = shapely.line_interpolate_point(lines[line], step / parts[line], normalized=True)
    xy = shapely.get_coordinates(points)
    order = _in_order(xy)
    return xy[order], [(ids[wanted[which[line[row]]]],) for row in order]


def _in_order(xy: Floats) -> Ints:
    """Return the order from west to east, to a millimetre, and from south to north."""
    return np.lexsort(np.round(xy, 3).T[::-1]).astype(np.int64)


def _apart(points: Floats, least_m: float) -> Ints:
    """Return which points to keep so that no two are nearer than so many metres, the first ones first."""
    squares: dict[tuple[int, int], list[int]] = {}
    cell = np.floor(points / least_m).astype(np.int64).tolist()
    xy, kept, square = points.tolist(), list[int](), (least_m - SLACK_M) ** 2
    for row, (column, line) in enumerate(cell):
        near = (each for i in (-1, 0, 1) for j in (-1, 0, 1) for each in squares.get((column + i, line + j), ()))
        x, y = xy[row]
        if all((xy[other][0] - x) ** 2 + (xy[other][1] - y) ** 2 >= square for other in near):
            squares.setdefault((column, line), []).append(row)
            kept.append(row)
    return np.array(kept, dtype=np.int64)


def _street_names(roads: gpd.GeoDataFrame) -> dict[str, str]:
    if "name" not in roads:
        return {}
    named = roads[roads["name"].notna() & roads["name"].ne("")]
    return dict(zip(named["road_id"].astype(str), named["name"].astype(str), strict=True))


_TOO_FAR = Text(
    "{n} 个候选点离所有可用街道过远，未用：{ids}；请核对位置",
    "{n} candidates are too far from every usable street and were left out: {ids}; check where they are",
)
_NONE_NEAR = Text(
    "{n} 个候选点都离街道超过 {limit} 米：请核对坐标和街道数据",
    "none of the {n} candidates is within {limit} m of a street: check their coordinates and the streets",
)
_NONE_MADE = Text(
    "网格内沿街找不到可作候选点的地方：请给出候选点图层",
    "there is no place for a candidate along the streets inside the grids: give a layer of candidates",
)
_TOO_MANY = Text(
    "间距 {spacing} 米会生成 {n} 个候选点，超过 {most}：请加大间距，或给出候选点图层",
    "a spacing of {spacing} m makes {n} candidates, more than {most}: make it larger, or give a layer of candidates",
)
