"""Streets out of use: cut at the edge of a flood or of road works, and blocked inside.

Blocked streets stay in the network, so that everybody keeps their place on it; but nobody can pass along them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geogrid.crs import require_projected, require_same_crs
from geogrid.errors import InputError
from geogrid.results import Placement
from geogrid.vertices import (
    AT_VERTEX,
    CUT_ENDS,
    MOST_MEETINGS,
    NO,
    USUAL_MEETINGS,
    Segments,
    cut_ends,
    insert,
    levels,
    meetings,
    ordered_ends,
    places,
    segments,
    single_lines,
)
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.results import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

MOST_VERTICES = 500_000

AREAL = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))


def block(roads: gpd.GeoDataFrame, closures: gpd.GeoDataFrame, *, width_m: float = 5.0) -> gpd.GeoDataFrame:
    """Cut streets at the edge of closures and mark the parts inside as blocked.

    A line counts as far as ``width_m`` to each side; its ends are flat, so that a line drawn along a street closes that street
    exactly from end to end. A closure takes in every level, bridges and tunnels too, unless it says ``ground_only``: then
    streets with a bridge, a tunnel or a layer other than 0 stay open, as above a flood. A part that runs along the edge is
    inside. Both parts of a cut street get the same vertex, to the last bit; they stay joined to one another there, and the cut
    joins them to nothing else, whatever passes there: see ``vertices.CUT_ENDS``.

    Parameters
    ----------
    roads
        Streets in a projected CRS (metres). A column ``blocked`` from earlier closures is kept.
    closures
        Polygons or lines in the same CRS; ``ground_only`` ("yes" or "no") where they have it.
    width_m
        How far a line reaches to each side.

    Returns
    -------
    GeoDataFrame
        Streets in their order, a cut one as several rows with one road_id, the boolean column ``blocked``, and the columns
        ``CUT_ENDS`` which say what ends are cuts.

    Raises
    ------
    CrsError
        A CRS is missing or not in metres, or the two differ.
    InputError
        A street is not a line, a closure neither polygon nor line, or the width is not positive.

    Examples
    --------
    >>> street = gpd.GeoDataFrame({"road_id": ["a"]}, geometry=[shapely.LineString([(0, 0), (100, 0)])], crs=4548)
    >>> flood = gpd.GeoDataFrame(geometry=[shapely.box(40, -10, 60, 10)], crs=4548)
    >>> cut = block(street, flood)
    >>> cut.geometry.length.tolist(), cut["blocked"].tolist()
    ([40.0, 20.0, 40.0], [False, True, False])
    """
    require_projected(roads)
    require_same_crs(roads, closures)
    everywhere, ground = _areas(closures, width_m)
    lines = single_lines(roads)
    if "road_id" not in lines.columns:
        lines = lines.assign(road_id=lines.index.astype(str))
    drawn, inside, row, ends = lines.geometry.to_numpy(), _is_blocked(lines), np.arange(len(lines)), cut_ends(lines)
    for area, reached in ((everywhere, np.ones(len(lines), dtype=bool)), (ground, (levels(lines) == 0).all(axis=1))):
        cut = _cut(drawn, reached[row] & ~inside, area)
        ends = np.where(cut.ends == "", ends[cut.row], cut.ends)
        drawn, inside, row = cut.part, inside[cut.row] | cut.inside, row[cut.row]
    columns = dict(zip(CUT_ENDS, ends.T, strict=True))
    result = lines.iloc[row].reset_index(drop=True).assign(blocked=inside, **columns)
    return result.set_geometry(gpd.GeoSeries(drawn, index=result.index, crs=roads.crs))


def _is_blocked(roads: pd.DataFrame) -> Bools:
    """Return True for streets that an earlier closure blocked."""
    values = roads["blocked"].eq(True) if "blocked" in roads.columns else pd.Series(False, index=roads.index)  # noqa: FBT003
    return np.asarray(values, dtype=bool)


def _areas(closures: gpd.GeoDataFrame, width_m: float) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Return what is closed on every level, and what is closed on the ground only."""
    if not 0 < width_m < np.inf:
        text = Text(
            "封闭宽度 {value} 米无效；应为大于 0 的数，例如 5", "width_m {value} is not usable; give metres above 0, such as 5"
        )
        raise InputError(text.fill(value=width_m))
    single = closures.explode(ignore_index=True)
    parts = single.geometry.to_numpy()
    kind = shapely.get_type_id(parts)
    areal = np.isin(kind, AREAL)
    if not (areal | (kind == shapely.GeometryType.LINESTRING)).all():
        text = Text(
            "封闭范围必须是面或线；请删除或改画其他图形", "closures must be polygons or lines; remove or redraw what is not"
        )
        raise InputError(text)
    _require_untangled(parts)
    drawn = parts.copy()
    drawn[~areal] = shapely.buffer(parts[~areal], width_m, cap_style="flat", join_style="mitre")
    ground_only = _is_ground_only(single)
    return shapely.disjoint_subset_union_all(drawn[~ground_only]), shapely.disjoint_subset_union_all(drawn[ground_only])


def _require_untangled(parts: Geometries) -> None:
    """Refuse closures with so many vertices or crossings that uniting them would take hours and all memory; copies count once."""
    count = int(shapely.get_num_coordinates(parts).sum())
    if count > MOST_VERTICES:
        text = Text(
            "封闭范围共有 {n} 个顶点，最多 {most} 个；请简化（长边会按弯曲自动加点）",
            "the closures have {n} vertices, at most {most} are taken; simplify them (long edges get more of them, to bend)",
        )
        raise InputError(text.fill(n=count, most=MOST_VERTICES))
    _, once = np.unique(shapely.to_wkb(parts), return_index=True)
    areal = once[np.isin(shapely.get_type_id(parts[once]), AREAL)]
    lines = [shapely.get_parts(shapely.boundary(parts[areal])), parts[np.setdiff1d(once, areal)]]
    edges = segments(np.concatenate(lines)).drawn()
    meetings(edges, edges, most=MOST_MEETINGS + USUAL_MEETINGS * len(edges))


def _is_ground_only(closures: pd.DataFrame) -> Bools:
    if "ground_only" not in closures.columns:
        return np.zeros(len(closures), dtype=bool)
    values = closures["ground_only"].astype(object)
    words = values.where(values.notna(), "").map(lambda value: str(value).strip().lower())
    return np.asarray(~words.isin(NO), dtype=bool)


@dataclass(frozen=True, eq=False)
class _Cut:
    """Parts of lines in order, the line of each, whether it lies inside, and what its two ends are (``CUT_ENDS``)."""

    part: Geometries
    row: Ints
    inside: Bools
    ends: Geometries


def _cut(lines: Geometries, reached: Bools, area: shapely.Geometry) -> _Cut:
    """Cut the lines that may be reached where they enter and leave an area; the others stay whole."""
    shapely.prepare(area)
    touched = np.flatnonzero(reached & shapely.intersects(area, lines))
    split = _split(lines[touched], _with_border_vertices(lines[touched], area), area)
    split = replace(split, row=touched[split.row])
    # A line that only touches the border stays as it was drawn.
    entered = np.zeros(len(lines), dtype=bool)
    entered[split.row[split.inside]] = True
    whole, parts = np.flatnonzero(~entered), np.flatnonzero(entered[split.row])
    row = np.concatenate([whole, split.row[parts]])
    order = np.argsort(row, kind="stable")
    part = np.concatenate([lines[whole], split.part[parts]])[order]
    inside = np.concatenate([np.zeros(len(whole), dtype=bool), split.inside[parts]])[order]
    ends = np.concatenate([np.full((len(whole), 2), "", dtype=object), split.ends[parts]])[order]
    return _Cut(part, row[order], inside, ends)


def _with_border_vertices(lines: Geometries, area: shapely.Geometry) -> Geometries:
    """Put a vertex wherever a line meets the border."""
    parts, border = segments(lines), segments(shapely.get_parts(shapely.boundary(np.array([area]))))
    drawn, edges = parts.drawn(), border.drawn()
    met, edge = meetings(drawn, edges)
    xy, which = shapely.get_coordinates(shapely.intersection(drawn[met], edges[edge]), return_index=True)
    segment = met[which]
    return insert(lines, parts.line[segment], parts.number[segment], xy)


def _split(drawn: Geometries, lines: Geometries, area: shapely.Geometry) -> _Cut:
    """Split lines into runs of segments that lie inside or outside; each run ends with the vertex that the next begins with.

    A new vertex where a line only touches the border is left out again, so that it joins nothing that ends there. ``drawn`` are
    the same lines as they were before they got vertices at the border.
    """
    parts = segments(lines)
    middle = (parts.start + parts.end) / 2
    inside = np.asarray(shapely.intersects_xy(area, middle[:, 0], middle[:, 1]), dtype=bool)
    if not len(inside):
        return _Cut(np.empty(0, dtype=object), np.empty(0, dtype=np.int64), inside, np.empty((0, 2), dtype=object))
    new = np.append(True, (parts.line[1:] != parts.line[:-1]) | (inside[1:] != inside[:-1]))
    run, first = np.cumsum(new) - 1, np.flatnonzero(new)
    last = np.append(first[1:], len(new)) - 1
    is_old, joint = _joints(drawn, lines)
    # A line has one vertex more than segments: this is where each of them begins.
    kept = new | is_old[np.arange(len(new)) + parts.line]
    owner = np.concatenate([run[kept], np.arange(len(first))])
    order = np.argsort(owner, kind="stable")
    xy = np.concatenate([parts.start[kept], parts.end[last]])[order]
    ends = np.column_stack([joint[first + parts.line[first]], joint[last + parts.line[first] + 1]])
    return _Cut(np.asarray(shapely.linestrings(xy, indices=owner[order])), parts.line[first], inside[first], ends)


def _joints(drawn: Geometries, lines: Geometries) -> tuple[Bools, Geometries]:
    """Say of every vertex of lines whether ``drawn``, the lines as they were, has it, and what a cut there is (``CUT_ENDS``)."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    is_old = _is_among(xy, shapely.get_coordinates(drawn))
    number = np.arange(len(xy))
    before = np.maximum.accumulate(np.where(is_old, number, 0))
    after = np.minimum.accumulate(np.where(is_old, number, len(xy) - 1)[::-1])[::-1]
    joint = np.full(len(xy), AT_VERTEX, dtype=object)
    new = np.flatnonzero(~is_old)
    joint[new] = [" ".join(map(str, ends)) for ends in ordered_ends(xy[before[new]], xy[after[new]]).tolist()]
    is_end = np.append(True, line[1:] != line[:-1]) | np.append(line[1:] != line[:-1], True)
    joint[is_end[: len(joint)]] = ""
    return is_old, joint


def _is_among(xy: Floats, old: Floats) -> Bools:
    """Return which vertices are the old ones, in order; a new one is never where the next old one is."""
    waiting = iter(map(tuple, places(old).tolist()))
    expected, found = next(waiting, None), np.zeros(len(xy), dtype=bool)
    for row, place in enumerate(map(tuple, places(xy).tolist())):
        if place == expected:
            found[row], expected = True, next(waiting, None)
    return found


def kept_places(before: Network, after: Network, placement: Placement) -> Placement:
    """Return the same places on a network whose streets were only cut or blocked.

    Nobody is placed anew: who stood on a segment that is still whole stands there unchanged to the last bit, and who stood on one
    that was cut stands at the same spot of one of its parts; at a cut on the part that is open, of equals on the lowest number.

    Parameters
    ----------
    before, after
        The networks of one mode before and after ``block``.
    placement
        Places on ``before``.

    Returns
    -------
    Placement
        On ``after``, in the same order.

    Raises
    ------
    InputError
        A place's street is not in the second network.

    Examples
    --------
    >>> from geogrid.network import build_network
    >>> street = gpd.GeoDataFrame({"road_id": ["a"]}, geometry=[shapely.LineString([(0, 0), (100, 0)])], crs=4548)
    >>> cut = block(street, gpd.GeoDataFrame(geometry=[shapely.box(40, -10, 60, 10)], crs=4548))
    >>> home = Placement(np.array([0]), np.array([75.0]), np.array([3.0]))
    >>> moved = kept_places(build_network(street), build_network(cut), home)
    >>> moved.segment.tolist(), moved.along_m.tolist()
    ([2], [15.0])
    """
    same = _same_segments(before, after)
    on = placement.segment >= 0
    segment = np.where(on, same[np.where(on, placement.segment, 0)], -1)
    along = placement.along_m.copy()
    lost = np.flatnonzero(on & (segment < 0))
    parts = np.setdiff1d(np.arange(len(after.tail)), same)
    segment[lost], along[lost] = _on_parts(before, after, parts, (placement.segment[lost], placement.along_m[lost]))
    return Placement(segment=segment, along_m=along, leg_m=placement.leg_m)


def _ends(network: Network) -> Ints:
    """Return the ends of every segment in whole micrometres, n × 4."""
    at = places(np.column_stack([network.x, network.y]))
    return np.hstack([at[network.tail], at[network.head]])


def _same_segments(before: Network, after: Network) -> Ints:
    """Return the number of each segment in the other network, -1 where it was cut."""
    columns = ["x", "y", "to_x", "to_y"]
    old, new = (pd.DataFrame(_ends(network), columns=columns).assign(road=network.road_id) for network in (before, after))
    # Nodes are numbered by their place, so a segment runs the same way in both.
    new = new.assign(number=np.arange(len(new))).drop_duplicates([*columns, "road"])
    return np.asarray(old.merge(new, how="left", on=[*columns, "road"])["number"].fillna(-1), dtype=np.int64)


def _on_parts(before: Network, after: Network, parts: Ints, spots: tuple[Ints, Floats]) -> tuple[Ints, Floats]:
    """Return segment and distance along it of spots on segments that were cut."""
    segment, along = spots
    if not len(segment):
        return segment, along
    old, new = _drawn(before, np.arange(len(before.tail))), _drawn(after, parts)
    points = shapely.line_interpolate_point(old[segment], along)
    spot, found = shapely.STRtree(new).query(points, predicate="dwithin", distance=SAME_SPOT_M)
    fits = before.road_id[segment[spot]] == after.road_id[parts[found]]
    spot, found = spot[fits], found[fits]
    closed = ~(np.isfinite(after.forward_m) | np.isfinite(after.backward_m))[parts[found]]
    order = np.lexsort((found, closed, spot))
    spot, found = spot[order], found[order]
    first = np.append(True, spot[1:] != spot[:-1])[: len(spot)]
    if int(first.sum()) < len(segment):
        text = Text(
            "{n} 个位置不在封闭后的路网上；请用同一份街道计算",
            "{n} places are on no street of the second network; use the same streets",
        )
        raise InputError(text.fill(n=len(segment) - int(first.sum())))
    found = found[first]
    return parts[found], np.minimum(shapely.line_locate_point(new[found], points), after.length_m[parts[found]])


SAME_SPOT_M = 1e-5
"""A cut street's parts leave the old line by less than this."""


def _drawn(network: Network, rows: Ints) -> Geometries:
    ends = [np.column_stack([network.x[at], network.y[at]]) for at in (network.tail[rows], network.head[rows])]
    return Segments(rows, rows, ends[0], ends[1]).drawn()
