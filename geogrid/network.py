"""Streets as a graph: which of them may be walked, where they join, and in how many pieces they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.crs import require_projected
from geogrid.errors import InputError
from geogrid.modes import require_mode, street_use
from geogrid.results import Network
from geogrid.vertices import AT_VERTEX, CUT_ENDS, PRECISION_M, cut_ends, levels
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

    from geogrid.modes import Mode

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def build_network(
    roads: gpd.GeoDataFrame, *, mode: str = "walk", speed_kmh: float | None = None, leg_kmh: float | None = None
) -> Network:
    """Join the streets that a mode may use where they share a vertex.

    A vertex inside two lines joins them only if both have the same layer, bridge and tunnel, so a bridge does not join the street
    under it; the end of a line joins whatever passes there, on its own level if there is one, else on the nearest. Lines that
    cross without a shared vertex stay apart, and where a closure cut a street its parts join one another alone. Neither the order
    of the rows nor the direction of a line matters.

    Parameters
    ----------
    roads
        Streets: lines in a projected CRS (metres); road_id, layer, bridge, tunnel and what ``modes.street_use`` reads, where the
        file has them. Streets marked ``blocked`` keep their places, but nobody can pass along them.
    mode
        A key of ``modes.MODES``.
    speed_kmh
        The mode's pace, if not the one of its row.
    leg_kmh
        The walking pace of the straight legs to and from the street, of modes that do not walk all the way; the row's, if None.

    Returns
    -------
    Network
        Nodes are numbered from west to east, segments by their nodes; segments without length and repeats are left out. Of
        streets that lie on one another, each direction costs what the cheapest asks.

    Raises
    ------
    CrsError
        The CRS is missing or not in metres.
    InputError
        A geometry is not a line, a coordinate is not finite, a pace is not positive, or no street can be used.
    NotFoundError
        The mode does not exist.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> high_street, lane = LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, 0), (50, 40)])
    >>> roads = gpd.GeoDataFrame({"road_id": ["a", "b"]}, geometry=[high_street, lane], crs=4548)
    >>> build_network(roads).length_m.tolist()
    [50.0, 40.0, 50.0]
    """
    require_projected(roads)
    rule, use = require_mode(mode), street_use(roads, mode, speed_kmh=speed_kmh)
    pace, leg_factor = speed_kmh or rule.speed_kmh, _leg_factor(rule, speed_kmh, leg_kmh)
    slowness = pace / use["speed_kmh"].to_numpy(dtype=float)
    blocked = _is_blocked(roads)
    usable = roads.assign(
        forward=np.where(use["forward"].to_numpy(dtype=bool) & ~blocked, slowness, np.inf),
        backward=np.where(use["backward"].to_numpy(dtype=bool) & ~blocked, slowness, np.inf),
        is_stop=use["is_stop"].to_numpy(dtype=bool),
    )[use["reason"].eq("").to_numpy()]
    lines = _lines(usable)
    if lines.empty:
        raise _nothing_usable(len(roads), mode)
    vertices = _vertices(lines)
    node = _nodes(vertices, levels(lines))
    x, y = _first_of_each(node, vertices)
    segments = _segments(vertices, node, lines)
    if segments.empty:
        raise _nothing_usable(len(roads), mode)
    return Network(**_assemble(segments, x, y, roads.crs), mode=mode, speed_kmh=pace, leg_factor=leg_factor)


def _leg_factor(rule: Mode, speed_kmh: float | None, leg_kmh: float | None) -> float:
    if leg_kmh is not None and not 0 < leg_kmh < np.inf:
        text = Text("步行速度 {value} 公里/小时无效；应大于 0", "walking speed {value} km/h is not usable; give a number above 0")
        raise InputError(text.fill(value=leg_kmh))
    return rule.leg_factor(speed_kmh, leg_kmh)


def _is_blocked(roads: gpd.GeoDataFrame) -> Bools:
    """Return True for streets that a closure blocks."""
    return roads["blocked"].eq(True).to_numpy(dtype=bool) if "blocked" in roads.columns else np.zeros(len(roads), dtype=bool)  # noqa: FBT003


def _lines(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per single line, without empty ones."""
    roads = roads.loc[~(roads.geometry.isna() | roads.geometry.is_empty).to_numpy()]
    parts = roads.explode(ignore_index=True)
    kinds = set(parts.geom_type) - {"LineString", "LinearRing"}
    if kinds:
        text = Text(
            "街道图层里有 {kinds}；街道必须是线，请删除或改为线",
            "the streets hold {kinds}; streets must be lines: remove these or redraw them as lines",
        )
        raise InputError(text.fill(kinds=", ".join(sorted(kinds))))
    return parts


@dataclass(frozen=True)
class _Vertices:
    """All vertices of all lines, line after line; ``place`` numbers their positions from west to east.

    ``joint`` is 0 but where a closure cut a segment in two: equal numbers there are parts of one segment, or of one drawn twice
    on one level.
    """

    x: Floats
    y: Floats
    line: Ints
    place: Ints
    is_last: Bools
    is_end: Bools
    joint: Ints


def _vertices(lines: gpd.GeoDataFrame) -> _Vertices:
    xy, line = shapely.get_coordinates(lines.geometry.array, return_index=True)
    if not np.isfinite(xy).all():
        text = Text(
            "{n} 个街道顶点的坐标不是有限的数；请检查坐标系（CRS）是否写对",
            "{n} street vertices have coordinates that are not finite; check that the file's CRS is right",
        )
        raise InputError(text.fill(n=int((~np.isfinite(xy)).any(axis=1).sum())))
    change = line[1:] != line[:-1]
    is_first, is_last = np.append(True, change), np.append(change, True)
    x, y = xy[:, 0], xy[:, 1]
    is_cut, joint = _cuts(lines, is_first, is_last)
    return _Vertices(x, y, line.astype(np.int64), _places(x, y), is_last, (is_first | is_last) & ~is_cut, joint)


def _cuts(lines: gpd.GeoDataFrame, is_first: Bools, is_last: Bools) -> tuple[Bools, Ints]:
    """Return, of every vertex, whether a closure cut the line there, and the joint, see ``vertices.CUT_ENDS``."""
    if not set(CUT_ENDS) & set(lines.columns):
        return np.zeros(len(is_first), dtype=bool), np.zeros(len(is_first), dtype=np.int64)
    said = np.full(len(is_first), "", dtype=object)
    said[is_first], said[is_last] = cut_ends(lines).T
    number, texts = pd.factorize(said)
    none = np.isin(texts, ["", AT_VERTEX])
    return said != "", np.where(none[number], 0, number + 1)


def _places(x: Floats, y: Floats) -> Ints:
    """Return the number of each position, from west to east and then from south to north."""
    key = np.rint(np.column_stack([x, y]) / PRECISION_M).astype(np.int64)
    order = np.lexsort((key[:, 1], key[:, 0]))
    is_new = np.ones(len(key), dtype=bool)
    is_new[1:] = (key[order[1:]] != key[order[:-1]]).any(axis=1)
    place = np.empty(len(key), dtype=np.int64)
    place[order] = np.cumsum(is_new) - 1
    return place


def _nodes(vertices: _Vertices, level_of_lines: Ints) -> Ints:
    """Return the node of every vertex: its place, split into storeys where lines of different level pass through it."""
    known, level_of_line = np.unique(level_of_lines, axis=0, return_inverse=True)
    level = level_of_line.reshape(-1)[vertices.line]
    storey = np.zeros(len(level), dtype=np.int64)
    passing = np.unique((vertices.place * len(known) + level)[~vertices.is_end & (vertices.joint == 0)])
    places, count = np.unique(passing // len(known), return_counts=True)
    crossings = places[count > 1]
    through: dict[int, list[int]] = {int(place): [] for place in crossings}
    for key in passing[np.isin(passing // len(known), crossings)]:
        through[int(key) // len(known)].append(int(key) % len(known))
    at_crossing = np.isin(vertices.place, crossings)
    on_its_own = at_crossing | (vertices.joint > 0)
    storey[on_its_own] = level[on_its_own]
    for end in np.flatnonzero(at_crossing & vertices.is_end):
        storey[end] = _nearest_level(known, level[end], through[int(vertices.place[end])])
    key = (vertices.place * len(known) + storey) * (int(vertices.joint.max(initial=0)) + 1) + vertices.joint
    node: Ints = np.unique(key, return_inverse=True)[1]
    return node


def _nearest_level(known: Ints, own: int, through: list[int]) -> int:
    """Return the level that an end joins: its own if a line passes there on it, else the one fewest layers away."""
    if own in through:
        return own
    return min(through, key=lambda level: (abs(int(known[level][0] - known[own][0])), level))


def _first_of_each(node: Ints, vertices: _Vertices) -> tuple[Floats, Floats]:
    """Return the nodes' coordinates: of their westernmost, then southernmost vertex, whatever the order of the rows."""
    order = np.lexsort((vertices.y, vertices.x, node))
    first = order[np.unique(node[order], return_index=True)[1]]
    return vertices.x[first], vertices.y[first]


def _ids(lines: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    column = lines["road_id"] if "road_id" in lines.columns else pd.Series(lines.index, index=lines.index)
    return np.asarray(column.astype(str), dtype=object)


def _segments(vertices: _Vertices, node: Ints, lines: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the distinct segments with length, sorted: tail < head, the smallest road_id of repeats, the least cost each way."""
    start = np.flatnonzero(~vertices.is_last)
    ends, line = np.column_stack([node[start], node[start + 1]]), vertices.line[start]
    turned = ends[:, 0] > ends[:, 1]
    forward, backward = lines["forward"].to_numpy()[line], lines["backward"].to_numpy()[line]
    table = pd.DataFrame(
        {
            "tail": ends.min(axis=1),
            "head": ends.max(axis=1),
            "road_id": _ids(lines)[line],
            "forward": np.where(turned, backward, forward),
            "backward": np.where(turned, forward, backward),
            "is_stop": lines["is_stop"].to_numpy()[line],
        }
    )
    table = table[table["tail"] != table["head"]].sort_values(["tail", "head", "road_id"], ignore_index=True)
    first = ~table.duplicated(["tail", "head"])
    merged = table[first].reset_index(drop=True)
    if len(merged) < len(table):
        for column, best in (("forward", np.minimum), ("backward", np.minimum), ("is_stop", np.logical_or)):
            merged[column] = best.reduceat(table[column].to_numpy(), np.flatnonzero(first))
    return merged


def _nothing_usable(streets: int, mode: str) -> InputError:
    text = Text(
        "{n} 条街道中没有一条可供“{mode}”使用；请检查 highway、access、foot、closed 各列，并提供有长度的街道线",
        "none of the {n} streets can be used by mode {mode!r}; check the columns highway, access, foot and closed, and give "
        "lines that have a length",
    )
    return InputError(text.fill(n=streets, mode=mode))


def _assemble(segments: pd.DataFrame, x: Floats, y: Floats, crs: CRS) -> dict[str, Any]:
    """Return what a network is made of: nodes in use numbered without holes, segments measured, connected pieces found."""
    ends = segments[["tail", "head"]].to_numpy()
    used, renumbered = np.unique(ends, return_inverse=True)
    tail, head = renumbered.reshape(-1, 2).astype(np.int64).T
    x, y = x[used], y[used]
    length_m = np.hypot(x[head] - x[tail], y[head] - y[tail])
    forward, backward = segments["forward"].to_numpy(), segments["backward"].to_numpy()
    passable = np.isfinite(forward) | np.isfinite(backward)
    return {
        "crs": crs,
        "x": x,
        "y": y,
        "tail": tail,
        "head": head,
        "length_m": length_m,
        "road_id": segments["road_id"].to_numpy(dtype=object),
        "component": _components(len(used), tail[passable], head[passable]),
        "forward_m": length_m * forward,
        "backward_m": length_m * backward,
        "is_stop": segments["is_stop"].to_numpy(dtype=bool),
    }


def _components(nodes: int, tail: Ints, head: Ints) -> Ints:
    """Return the connected piece of every node: most nodes first, the westernmost first among equals."""
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(nodes, nodes))
    count, label = connected_components(graph, directed=False)
    first = np.unique(label, return_index=True)[1]
    order = np.lexsort((first, -np.bincount(label, minlength=count)))
    number: Ints = np.argsort(order)[label]
    return number
