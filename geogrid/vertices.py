"""Street lines vertex by vertex: their segments, their levels, where they cross, and new vertices put into them.

Shared by the steps that suspect, join and cut streets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

PRECISION_M = 1e-6
"""Vertices that round to the same micrometre are one place: the working precision in a projected CRS."""

NO = frozenset({"", "no", "false", "0", "0.0", "private", "否", "禁止", "n", "f"})
ON_THE_GROUND = NO | {"building_passage", "passage", "culvert"}
"""Values of ``tunnel`` that stay on the ground."""
CUT_ENDS = ("cut_start", "cut_end")
"""Columns of streets cut in two, about the first and the last vertex of each line.

"" is an end as it was drawn, `AT_VERTEX` a cut through a vertex that the street had, anything else a cut between two vertices:
the ends, in whole micrometres, of the segment that was cut. A cut is no end: the two parts stay joined as they were, and the cut
joins them to nothing else, such as a bridge to the street below.
"""
AT_VERTEX = "vertex"
MOST_MEETINGS = 200_000
"""A flood of a whole county with 50,000 vertices meets its streets some 10,000 times."""

USUAL_MEETINGS = 20
"""Of a segment of lines that may cross one another: itself, its neighbours, copies along one border, and some crossings."""

PAIRS_AT_ONCE = 4_000_000

LINE_TYPES = (
    int(shapely.GeometryType.LINESTRING),
    int(shapely.GeometryType.LINEARRING),
    int(shapely.GeometryType.MULTILINESTRING),
)


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight segments: ``line[i]`` is the line that segment i belongs to, ``number[i]`` counts them from the line's start.

    ``start`` and ``end`` are n × 2 coordinates.
    """

    line: Ints
    number: Ints
    start: Floats
    end: Floats

    def drawn(self) -> Geometries:
        """Return the segments as lines of two points."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)), dtype=object)


@dataclass(frozen=True, eq=False)
class Crossings:
    """Where two segments meet without sharing a vertex; both get the place ``xy``.

    Segments that lie on one another meet at the ends of what they share, so a pair may come twice.
    """

    first: Ints
    second: Ints
    xy: Floats


def segments(lines: Geometries) -> Segments:
    """Take lines apart; what is empty or missing has no segments.

    Examples
    --------
    >>> parts = segments(np.array([shapely.LineString([(0, 0), (1, 0), (1, 2)])]))
    >>> parts.number.tolist(), parts.end.tolist()
    ([0, 1], [[1.0, 0.0], [1.0, 2.0]])
    """
    xy, line = shapely.get_coordinates(lines, return_index=True)
    begin = np.flatnonzero(line[1:] == line[:-1])
    first = np.searchsorted(line, line[begin])
    return Segments(line[begin].astype(np.int64), begin - first, xy[begin], xy[begin + 1])


def single_lines(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return streets with a row for each single line, numbered anew; rows without geometry, which are no streets, are left out.

    Raises
    ------
    InputError
        A geometry is not a line, or a coordinate is not finite.
    """
    kinds = shapely.get_type_id(roads.geometry.to_numpy())
    wrong = ~np.isin(kinds, [-1, *LINE_TYPES])
    infinite = ~np.isfinite(shapely.get_coordinates(roads.geometry.to_numpy())).all()
    if wrong.any() or infinite:
        text = Text(
            "{n} 条街道的图形不是线，或坐标不是有限的数；请改为线，并检查坐标系（CRS）",
            "{n} streets are not lines, or a coordinate is not finite; redraw them as lines and check the CRS",
        )
        raise InputError(text.fill(n=int(wrong.sum())))
    return roads.explode(ignore_index=True)


def levels(roads: pd.DataFrame) -> Ints:
    """Return layer, bridge and tunnel of every street as an n × 3 array of whole numbers.

    Examples
    --------
    >>> levels(pd.DataFrame({"bridge": ["yes", None], "layer": [1, None]})).tolist()
    [[1, 1, 0], [0, 0, 0]]
    """
    layer = pd.to_numeric(_words(roads, "layer"), errors="coerce").fillna(0.0).to_numpy(dtype=float)
    bridge = ~_words(roads, "bridge").isin(NO).to_numpy(dtype=bool)
    tunnel = ~_words(roads, "tunnel").isin(ON_THE_GROUND).to_numpy(dtype=bool)
    return np.column_stack([np.clip(layer, -99, 99), bridge, tunnel]).astype(np.int64)


def cut_ends(roads: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return the columns `CUT_ENDS` as an n × 2 array of text, "" where they are absent or empty.

    Examples
    --------
    >>> cut_ends(pd.DataFrame({"cut_start": ["vertex", None]})).tolist()
    [['vertex', ''], ['', '']]
    """
    nothing = pd.Series("", index=roads.index, dtype=object)
    columns = [roads[name].astype(object) if name in roads.columns else nothing for name in CUT_ENDS]
    return np.column_stack([column.where(column.notna(), "").to_numpy(dtype=object) for column in columns])


def numbered(level: Ints) -> Ints:
    """Return one number per different row of an array of levels."""
    return np.asarray(np.unique(level, axis=0, return_inverse=True)[1], dtype=np.int64).reshape(-1)


def _words(roads: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as lower-case text, "" where it is absent or empty."""
    if column not in roads.columns:
        return pd.Series("", index=roads.index, dtype=object)
    values = roads[column].astype(object)
    return values.where(values.notna(), "").map(lambda value: str(value).strip().lower())


def places(xy: Floats) -> Ints:
    """Return coordinates as whole micrometres."""
    return np.asarray(np.rint(xy / PRECISION_M), dtype=np.int64)


def ordered_ends(start: Floats, end: Floats) -> Ints:
    """Return the two ends of segments in whole micrometres, n × 4, the western (then southern) one first.

    Examples
    --------
    >>> ordered_ends(np.array([[1e-6, 0.0]]), np.array([[0.0, 5e-6]])).tolist()
    [[0, 5, 1, 0]]
    """
    one, other = places(start), places(end)
    turned = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    return np.hstack([np.where(turned[:, None], other, one), np.where(turned[:, None], one, other)])


def crossings(parts: Segments, level: Ints, of_interest: Bools | None = None) -> Crossings:
    """Find the segments of one level that meet without sharing a vertex there.

    Parameters
    ----------
    parts
        Segments.
    level
        A number of each segment's level; segments of different levels never meet.
    of_interest
        Of each segment; pairs without any such segment are left out. All by default.

    Returns
    -------
    Crossings
        In the order of the segments. A place within the working precision of a vertex is that vertex.

    Raises
    ------
    InputError
        They meet so often that streets would be cut to dust: a zigzag of 2,000 vertices crosses itself a million times.

    Examples
    --------
    >>> cross = segments(np.array([shapely.LineString([(0, 0), (2, 2)]), shapely.LineString([(0, 2), (2, 0)])]))
    >>> crossings(cross, np.array([0, 0])).xy.tolist(), len(crossings(cross, np.array([0, 1])).xy)
    ([[1.0, 1.0]], 0)
    """
    drawn = parts.drawn()
    ask = np.arange(len(drawn)) if of_interest is None else np.flatnonzero(of_interest)
    found, other = meetings(drawn[ask], drawn, most=MOST_MEETINGS + USUAL_MEETINGS * len(drawn))
    one, two = np.minimum(ask[found], other), np.maximum(ask[found], other)
    pair = np.unique(np.column_stack([one, two])[(one != two) & (level[one] == level[two])], axis=0)
    pair = pair[~_only_share_an_end(parts, pair)]
    xy, row = shapely.get_coordinates(shapely.intersection(drawn[pair[:, 0]], drawn[pair[:, 1]]), return_index=True)
    return _without_common_vertices(parts, pair[row], xy)


def _only_share_an_end(parts: Segments, pair: Ints) -> Bools:
    """Return True for pairs that share a vertex and do not lie on one another."""
    start, end = places(parts.start), places(parts.end)
    alone = np.zeros(len(pair), dtype=bool)
    for near, far in ((start, end), (end, start)):
        for there, away in ((start, end), (end, start)):
            shared = (near[pair[:, 0]] == there[pair[:, 1]]).all(axis=1)
            one, two = (far - near)[pair[:, 0]].astype(float), (away - there)[pair[:, 1]].astype(float)
            ahead = (one * two).sum(axis=1) > 0
            side = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
            # The shorter one's far end lies on the longer, to the working precision.
            on = side <= np.maximum(np.hypot(*one.T), np.hypot(*two.T))
            alone |= shared & ~(ahead & on)
    return alone


def _without_common_vertices(parts: Segments, pair: Ints, xy: Floats) -> Crossings:
    """Put places that are a vertex onto it, and drop those that are a vertex of both segments."""
    at = places(xy)
    snapped, is_vertex = xy.copy(), np.zeros((len(pair), 2), dtype=bool)
    for side in (1, 0):
        for ends in (parts.start, parts.end):
            vertex = ends[pair[:, side]]
            same = (np.abs(places(vertex) - at) <= 1).all(axis=1)
            snapped[same] = vertex[same]
            is_vertex[same, side] = True
    keep = ~is_vertex.all(axis=1)
    return Crossings(pair[keep, 0], pair[keep, 1], snapped[keep])


def meetings(streets: Geometries, edges: Geometries, *, most: int = MOST_MEETINGS) -> tuple[Ints, Ints]:
    """Find which segments of streets meet which edges of a border.

    Edge by edge: against a border of 100,000 vertices as a whole, every street would take as long as the whole of it.

    Parameters
    ----------
    streets, edges
        Lines of two points.
    most
        How often they may meet.

    Returns
    -------
    streets, edges
        Their numbers, a row for each pair, in the order of the streets.

    Raises
    ------
    InputError
        They meet more often: a fault, or malice. Streets would be cut to dust, and uniting such closures would take hours.

    Examples
    --------
    >>> cross = np.array([shapely.LineString([(0, 0), (2, 2)]), shapely.LineString([(0, 2), (2, 0)])])
    >>> [rows.tolist() for rows in meetings(cross[:1], cross[1:])]
    [[0], [0]]
    """
    tree, found, count = shapely.STRtree(edges), [np.empty((2, 0), dtype=np.int64)], 0
    step = max(16, PAIRS_AT_ONCE // max(len(edges), 1))
    for start in range(0, len(streets), step):
        pairs = tree.query(streets[start : start + step], predicate="intersects")
        found.append(pairs + np.array([[start], [0]]))
        count += pairs.shape[1]
        if count > most:
            text = Text(
                "线相交 {n} 次以上；请简化封闭范围或街道",
                "lines meet more than {n} times; simplify the closures or streets",
            )
            raise InputError(text.fill(n=most))
    street, edge = np.concatenate(found, axis=1)
    return street, edge


def insert(lines: Geometries, line: Ints, number: Ints, xy: Floats) -> Geometries:
    """Return lines with new vertices.

    Parameters
    ----------
    lines
        Single lines.
    line, number
        For each new vertex the line, and the segment of it, that the vertex lies on.
    xy
        Coordinates of the new vertices, n × 2; those at a vertex that the segment has already are left out.

    Returns
    -------
    array
        The lines, changed where a vertex was put in.

    Examples
    --------
    >>> old = np.array([shapely.LineString([(0, 0), (4, 0)])])
    >>> print(insert(old, np.array([0, 0]), np.array([0, 0]), np.array([[3.0, 0.0], [1.0, 0.0]]))[0])
    LINESTRING (0 0, 1 0, 3 0, 4 0)
    """
    touched, local = np.unique(line, return_inverse=True)
    old, owner = shapely.get_coordinates(lines[touched], return_index=True)
    before = np.searchsorted(owner, np.arange(len(touched)))[local] + number
    away = np.hypot(*(xy - old[before]).T)
    order = np.lexsort((away, before))
    before, xy = before[order], xy[order]
    new = _differing(old, before, xy)
    before, xy = before[new], xy[new]
    changed = lines.copy()
    if len(before):
        owners = np.insert(owner, before + 1, owner[before])
        changed[touched] = shapely.linestrings(np.insert(old, before + 1, xy, axis=0), indices=owners)
    return changed


def _differing(old: Floats, before: Ints, xy: Floats) -> Bools:
    """Return True for new vertices that are another place than their segment's ends and than the new vertex before them."""
    at, ends = places(xy), places(old)
    new = (at != ends[before]).any(axis=1) & (at != ends[before + 1]).any(axis=1)
    new[1:] &= (before[1:] != before[:-1]) | (at[1:] != at[:-1]).any(axis=1)
    return np.asarray(new)
