"""Streets joined where their file does not join them: crossings without a junction, and a planner's own paths."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geogrid.crs import require_projected, require_same_crs
from geogrid.errors import InputError
from geogrid.vertices import Segments, crossings, cut_ends, insert, levels, numbered, places, segments, single_lines
from geogrid.words import Text

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

PREFIX = "added-"
"""What the ids of added streets begin with: numbers of two files must not be taken for one street."""

ONE_PLACE_M = 0.01
"""Crossings nearer to each other than about this are counted as one."""

ENDS = ("start", "end")


@dataclass(frozen=True, eq=False)
class Joined:
    """Streets with a planner's own paths among them, and what became of the paths' ends.

    ``roads`` are the given ones in their order, then the added ones with ids ``added-…``. ``joined`` and ``loose`` hold a row
    for every end of an added path: road_id, end ("start" or "end"), to_road_id ("" for loose ends), metres (to the street that
    it joins or, when loose, to the nearest street that it might join; NaN without any) and the place. ``crossings`` counts the
    places where an added path was joined to what it crosses.
    """

    roads: gpd.GeoDataFrame
    joined: gpd.GeoDataFrame
    loose: gpd.GeoDataFrame
    crossings: int


def join_crossings(roads: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    """Put a common vertex wherever two streets of the same level cross or touch without one.

    Streets whose layer, bridge or tunnel differ are never joined.

    Parameters
    ----------
    roads
        Streets in a projected CRS (metres).

    Returns
    -------
    roads : GeoDataFrame
        One row per single line, numbered anew.
    count : int
        Places joined.

    Raises
    ------
    CrsError
        The CRS is missing or not in metres.
    InputError
        A geometry is not a line.

    Examples
    --------
    >>> cross = [shapely.LineString([(0, 0), (2, 2)]), shapely.LineString([(0, 2), (2, 0)])]
    >>> joined, count = join_crossings(gpd.GeoDataFrame(geometry=cross, crs=4548))
    >>> count, joined.geometry.to_wkt()[0]
    (1, 'LINESTRING (0 0, 1 1, 2 2)')
    """
    require_projected(roads)
    lines = single_lines(roads)
    return _cross_joined(lines, None)


def _cross_joined(lines: gpd.GeoDataFrame, of_interest: Bools | None) -> tuple[gpd.GeoDataFrame, int]:
    """Join crossings in which at least one line of interest takes part."""
    geometry = lines.geometry.to_numpy()
    parts = segments(geometry)
    level = numbered(levels(lines))[parts.line]
    found = crossings(parts, level, None if of_interest is None else of_interest[parts.line])
    both = np.concatenate([found.first, found.second])
    changed = insert(geometry, parts.line[both], parts.number[both], np.concatenate([found.xy, found.xy]))
    count = len(np.unique(np.floor(found.xy / ONE_PLACE_M), axis=0))
    return lines.set_geometry(gpd.GeoSeries(changed, index=lines.index, crs=lines.crs)), count


def add_streets(
    roads: gpd.GeoDataFrame, added: gpd.GeoDataFrame, *, within_m: float = 5.0, usable: Bools | None = None
) -> Joined:
    """Put a planner's own paths among the streets, and join them.

    An end of a path within ``within_m`` of a street is joined to the nearest place on it: the street gets a vertex there, and the
    path is led on to it. The street must be on the path's level; a path that is a bridge or tunnel may come down on any level,
    and any path may join another level at that street's end, as streets meet bridges. Paths may join each other. Where paths
    cross streets of the same level, or each other, they are joined.

    Parameters
    ----------
    roads
        The streets, in a projected CRS; road_id unless they are numbered by their index.
    added
        The paths, in the same CRS, with the same columns where they have them.
    within_m
        How far an end may lie from the street that it joins, inclusive, compared on metres rounded to 1 mm.
    usable
        Of each street, whether paths may be joined to it; all by default.

    Returns
    -------
    Joined

    Raises
    ------
    CrsError
        A CRS is missing or not in metres, or the two differ.
    InputError
        A geometry is not a line, the distance is negative, or a street is called like an added path (``added-…``).

    Examples
    --------
    >>> street = gpd.GeoDataFrame({"road_id": ["1"]}, geometry=[shapely.LineString([(0, 0), (100, 0)])], crs=4548)
    >>> path = gpd.GeoDataFrame({"road_id": ["1"]}, geometry=[shapely.LineString([(50, 3), (50, 40)])], crs=4548)
    >>> result = add_streets(street, path)
    >>> result.roads.geometry.to_wkt().tolist()
    ['LINESTRING (0 0, 50 0, 100 0)', 'LINESTRING (50 0, 50 3, 50 40)']
    >>> result.joined[["road_id", "end", "to_road_id", "metres"]].values.tolist(), result.loose["end"].tolist()
    ([['added-1', 'start', '1', 3.0]], ['end'])
    """
    _check(roads, added, within_m)
    may = np.ones(len(roads), dtype=bool) if usable is None else np.asarray(usable, dtype=bool)
    old = single_lines(_with_ids(roads, "").assign(**{_TARGET: may}))
    new = single_lines(_with_ids(added, PREFIX).assign(**{_TARGET: True}))
    _require_new_ids(old, new)
    together = pd.concat([old, new], ignore_index=True)
    lines = together.drop(columns=_TARGET)
    is_new = np.arange(len(lines)) >= len(old)
    links = _links(_Streets.of(lines, together[_TARGET].to_numpy(dtype=bool)), _ends(lines, np.flatnonzero(is_new)))
    near = np.round(links["metres"].to_numpy(dtype=float), 3) <= within_m
    linked, count = _cross_joined(_linked(lines, links[near]), is_new)
    return Joined(linked, _table(lines, links[near]), _table(lines, links[~near].assign(to=-1)), count)


_TARGET = "_may_be_joined"


@dataclass(frozen=True, eq=False)
class _Streets:
    """All lines as segments, drawn; the level of every line; the segments that may be joined to; each line's last segment.

    ``is_end`` (n × 2) says which ends of the lines are ends, and not where a closure cut a street.
    """

    parts: Segments
    drawn: Geometries
    level: Ints
    target: Ints
    last: Ints
    is_end: Bools

    @classmethod
    def of(cls, lines: gpd.GeoDataFrame, may: Bools) -> _Streets:
        parts = segments(lines.geometry.to_numpy())
        last = shapely.get_num_coordinates(lines.geometry.to_numpy()) - 2
        return cls(parts, parts.drawn(), levels(lines), np.flatnonzero(may[parts.line]), last, cut_ends(lines) == "")


def _check(roads: gpd.GeoDataFrame, added: gpd.GeoDataFrame, within_m: float) -> None:
    require_projected(roads)
    require_same_crs(roads, added)
    if not 0 <= within_m < np.inf:
        text = Text(
            "连接距离 {value} 米无效；应为不小于 0 的数，例如 5",
            "within_m {value} is not usable; give metres from 0 up, such as 5",
        )
        raise InputError(text.fill(value=within_m))


def _with_ids(roads: gpd.GeoDataFrame, prefix: str) -> gpd.GeoDataFrame:
    """Return streets with ids as text: their own, else their index."""
    own = roads["road_id"] if "road_id" in roads.columns else pd.Series(roads.index, index=roads.index)
    return roads.assign(road_id=[f"{prefix}{value}" for value in own.to_numpy(dtype=object)])


def _require_new_ids(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> None:
    """Refuse streets that are already called like added paths, as after adding the same file twice."""
    same = sorted(set(old["road_id"]) & set(new["road_id"]))
    if same:
        text = Text(
            "{n} 条街道的编号与新增街道相同（{ids}）；请改用别的编号，或不要重复添加",
            "{n} streets are called like added ones ({ids}); rename them, or do not add the same file twice",
        )
        raise InputError(text.fill(n=len(same), ids=", ".join(same[:5])))


def _ends(lines: gpd.GeoDataFrame, rows: Ints) -> pd.DataFrame:
    """Return both ends of lines that have any: row, end, x, y."""
    drawn = lines.geometry.to_numpy()[rows]
    present = ~(shapely.is_missing(drawn) | shapely.is_empty(drawn))
    rows, drawn = rows[present], drawn[present]
    at = [shapely.get_point(drawn, place) for place in (0, -1)]
    tables = [
        pd.DataFrame({"row": rows, "end": end, "x": shapely.get_x(points), "y": shapely.get_y(points)})
        for end, points in zip(ENDS, at, strict=True)
    ]
    return pd.concat(tables, ignore_index=True).sort_values(["row", "end"], ascending=[True, False], ignore_index=True)


def _links(streets: _Streets, ends: pd.DataFrame) -> pd.DataFrame:
    """Return for every end the nearest place that it may join: to (row), number (segment), to_x, to_y, metres (inf: none)."""
    points = shapely.points(ends[["x", "y"]].to_numpy(dtype=float))
    best = ends.assign(to=-1, number=-1, to_x=np.nan, to_y=np.nan, metres=np.inf)
    tree = shapely.STRtree(streets.drawn[streets.target])
    waiting, reach = np.arange(len(ends)), _FIRST_LOOK_M
    # The nearest segment may be one that the end must not join: look farther until each end has one that it may.
    while len(waiting) and reach < _FARTHEST_M:
        end, found = tree.query(points[waiting], predicate="dwithin", distance=reach)
        end, segment = waiting[end], streets.target[found]
        metres = shapely.distance(points[end], streets.drawn[segment])
        allowed = _may_join(streets, ends["row"].to_numpy()[end], points[end], segment, metres)
        _keep_nearest(best, streets, points, (end[allowed], segment[allowed], metres[allowed]))
        waiting, reach = waiting[np.isinf(best["metres"].to_numpy()[waiting])], reach * 4
    return best


_FIRST_LOOK_M, _FARTHEST_M = 5.0, 2_000.0
"""How far the nearest street of an end is looked for, at first and at most."""


def _may_join(streets: _Streets, row: Ints, points: Geometries, segment: Ints, metres: Floats) -> Bools:
    """Return True where an end may join a segment: of another line, on its level, from a bridge, or at that line's end."""
    parts, to = streets.parts, streets.parts.line[segment]
    to_start = shapely.distance(points, shapely.points(parts.start[segment]))
    to_end = shapely.distance(points, shapely.points(parts.end[segment]))
    at_first = (parts.number[segment] == 0) & (to_start <= metres) & streets.is_end[to, 0]
    at_last = (parts.number[segment] == streets.last[to]) & (to_end <= metres) & streets.is_end[to, 1]
    same = (streets.level[row] == streets.level[to]).all(axis=1)
    return np.asarray((row != to) & (same | streets.level[row].any(axis=1) | at_first | at_last))


def _keep_nearest(best: pd.DataFrame, streets: _Streets, points: Geometries, found: tuple[Ints, Ints, Floats]) -> None:
    """Write the nearest candidate (end, segment, metres) of every end into the table; the first segment among equals."""
    end, segment, metres = found
    order = np.lexsort((segment, metres, end))
    order = order[np.append(True, end[order][1:] != end[order][:-1])[: len(order)]]
    end, segment, metres = end[order], segment[order], metres[order]
    line = streets.drawn[segment]
    foot = shapely.line_interpolate_point(line, shapely.line_locate_point(line, points[end]))
    xy = np.column_stack([shapely.get_x(foot), shapely.get_y(foot)])
    for vertex in (streets.parts.end[segment], streets.parts.start[segment]):
        same = (np.abs(places(vertex) - places(xy)) <= 1).all(axis=1)
        xy[same] = vertex[same]
    best.loc[end, "to"], best.loc[end, "number"] = streets.parts.line[segment], streets.parts.number[segment]
    best.loc[end, "to_x"], best.loc[end, "to_y"], best.loc[end, "metres"] = xy[:, 0], xy[:, 1], metres


def _linked(lines: gpd.GeoDataFrame, links: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put the vertices into the streets, and lead the paths on to them."""
    xy = links[["to_x", "to_y"]].to_numpy(dtype=float)
    changed = insert(lines.geometry.to_numpy(), links["to"].to_numpy(), links["number"].to_numpy(), xy)
    for row, end, place, own in zip(links["row"], links["end"], xy, links[["x", "y"]].to_numpy(), strict=True):
        if (places(place) == places(own)).all():
            continue
        old = shapely.get_coordinates(changed[row])
        changed[row] = shapely.LineString([place, *old] if end == ENDS[0] else [*old, place])
    return lines.set_geometry(gpd.GeoSeries(changed, index=lines.index, crs=lines.crs))


def _table(lines: gpd.GeoDataFrame, links: pd.DataFrame) -> gpd.GeoDataFrame:
    ids = np.append(lines["road_id"].to_numpy(dtype=object), "")
    metres = links["metres"].to_numpy(dtype=float)
    return gpd.GeoDataFrame(
        {
            "road_id": ids[links["row"].to_numpy(dtype=np.int64)],
            "end": links["end"].to_numpy(dtype=object),
            "to_road_id": ids[links["to"].to_numpy(dtype=np.int64)],
            "metres": np.where(np.isfinite(metres), np.round(metres, 3), np.nan),
        },
        geometry=gpd.points_from_xy(links["x"], links["y"]),
        crs=lines.crs,
    )
