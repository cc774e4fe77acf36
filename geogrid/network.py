"""Streets as a graph: which of them may be walked, where they join, and in how many pieces they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.crs import require_projected
from geogrid.errors import InputError, NotFoundError
from geogrid.results import Network
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from pyproj import CRS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PRECISION_M = 1e-6
"""Vertices that round to the same micrometre are one place: the working precision in a projected CRS."""

YES = frozenset({"yes", "true", "1", "1.0", "是", "y", "t"})
ALLOWED = YES | {"designated", "permissive", "official", "public", "允许"}
FORBIDDEN = frozenset({"no", "false", "0", "0.0", "private", "否", "禁止", "n", "f"})
PRIVATE = frozenset({"no", "private", "禁止", "私有"})
CLOSED = YES | {"closed", "封闭"}
GROUND_PASSAGES = frozenset({"building_passage", "passage", "culvert"})
"""Values of ``tunnel`` that stay on the ground."""


@dataclass(frozen=True)
class Mode:
    """What one way of moving may use: a row of ``MODES``.

    ``column`` holds the mode's own permission, which overrides ``access`` and the classes of ``by_permission``; streets of the
    classes ``never`` cannot be used at all (OpenStreetMap's wiki, "OSM tags for routing/Access restrictions"; and the plain
    Chinese names an office writes).
    """

    column: str
    by_permission: frozenset[str]
    never: frozenset[str]


MODES: Mapping[str, Mode] = {
    "walk": Mode(
        column="foot",
        by_permission=frozenset({"motorway", "motorway_link", "trunk", "trunk_link", "高速公路", "高速", "快速路"}),
        never=frozenset(
            {"construction", "proposed", "planned", "abandoned", "disused", "razed", "demolished", "raceway", "busway"}
            | {"bus_guideway", "rest_area", "services", "via_ferrata", "在建", "规划", "废弃"},
        ),
    ),
}


def build_network(roads: gpd.GeoDataFrame, *, mode: str = "walk") -> Network:
    """Join the usable streets where they share a vertex.

    A vertex inside two lines joins them only if both have the same layer, bridge and tunnel, so a bridge does not join the street
    under it; the end of a line joins whatever passes there, on its own level if there is one, else on the nearest. Lines that
    cross without a shared vertex stay apart. Neither the order of the rows nor the direction of a line matters.

    Parameters
    ----------
    roads
        Streets: lines in a projected CRS (metres); road_id, highway, foot, access, closed, layer, bridge and tunnel where the
        file has them.
    mode
        A key of ``MODES``.

    Returns
    -------
    Network
        Nodes are numbered from west to east, segments by their nodes; segments without length and repeats are left out.

    Raises
    ------
    CrsError
        The CRS is missing or not in metres.
    InputError
        A geometry is not a line, a coordinate is not finite, or no street can be used.
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
    usable = roads.loc[barred_streets(roads, mode=mode).eq("").to_numpy()]
    lines = _lines(usable)
    if lines.empty:
        raise _nothing_usable(len(roads), mode)
    vertices = _vertices(lines)
    node = _nodes(vertices, _levels(lines))
    x, y = _first_of_each(node, vertices)
    segments = _segments(vertices, node, _ids(lines))
    if segments.empty:
        raise _nothing_usable(len(roads), mode)
    return _assemble(segments, x, y, roads.crs)


def barred_streets(roads: gpd.GeoDataFrame, *, mode: str = "walk") -> pd.Series:
    """Say of every street why the mode cannot use it.

    Parameters
    ----------
    roads
        Streets; any of the columns closed, highway, access and the mode's own (``foot``) may be absent.
    mode
        A key of ``MODES``.

    Returns
    -------
    pandas.Series
        On the index of ``roads``: "" (usable), "closed", "class" (a motorway, a street that is not built …) or "access".

    Raises
    ------
    NotFoundError
        The mode does not exist.

    Examples
    --------
    >>> barred_streets(pd.DataFrame({"highway": ["motorway", "residential", "trunk"], "foot": [None, "no", "yes"]})).tolist()
    ['class', 'access', '']
    """
    rule = _mode(mode)
    highway, access, own = (_words(roads, column) for column in ("highway", "access", rule.column))
    allowed = own.isin(ALLOWED)
    reason = pd.Series("", index=roads.index, dtype=object)
    reason[own.isin(FORBIDDEN) | (access.isin(PRIVATE) & ~allowed)] = "access"
    reason[highway.isin(rule.never) | (highway.isin(rule.by_permission) & ~allowed)] = "class"
    reason[_words(roads, "closed").isin(CLOSED)] = "closed"
    return reason


def _mode(mode: str) -> Mode:
    if mode not in MODES:
        text = Text("没有出行方式“{mode}”；可用：{known}", "there is no mode {mode!r}; use one of: {known}")
        raise NotFoundError(text.fill(mode=mode, known=", ".join(MODES)))
    return MODES[mode]


def _words(roads: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as lower-case text, "" where it is absent or empty."""
    if column not in roads.columns:
        return pd.Series("", index=roads.index, dtype=object)
    values = roads[column].astype(object)
    return values.where(values.notna(), "").map(lambda value: str(value).strip().lower())


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
    """All vertices of all lines, line after line; ``place`` numbers their positions from west to east."""

    x: Floats
    y: Floats
    line: Ints
    place: Ints
    is_last: Bools
    is_end: Bools


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
    return _Vertices(x, y, line.astype(np.int64), _places(x, y), is_last, is_first | is_last)


def _places(x: Floats, y: Floats) -> Ints:
    """Return the number of each position, from west to east and then from south to north."""
    key = np.rint(np.column_stack([x, y]) / PRECISION_M).astype(np.int64)
    order = np.lexsort((key[:, 1], key[:, 0]))
    is_new = np.ones(len(key), dtype=bool)
    is_new[1:] = (key[order[1:]] != key[order[:-1]]).any(axis=1)
    place = np.empty(len(key), dtype=np.int64)
    place[order] = np.cumsum(is_new) - 1
    return place


def _levels(lines: gpd.GeoDataFrame) -> Ints:
    """Return layer, bridge and tunnel of every line as an n × 3 array of whole numbers."""
    layer = pd.to_numeric(_words(lines, "layer"), errors="coerce").fillna(0.0).to_numpy(dtype=float)
    bridge = ~_words(lines, "bridge").isin({"", *FORBIDDEN})
    tunnel = ~_words(lines, "tunnel").isin({"", *FORBIDDEN, *GROUND_PASSAGES})
    bounded = np.clip(np.nan_to_num(layer), -99, 99).astype(np.int64)
    return np.column_stack([bounded, bridge.to_numpy(dtype=np.int64), tunnel.to_numpy(dtype=np.int64)])


def _nodes(vertices: _Vertices, levels: Ints) -> Ints:
    """Return the node of every vertex: its place, split into storeys where lines of different level pass through it."""
    known, level_of_line = np.unique(levels, axis=0, return_inverse=True)
    level = level_of_line.reshape(-1)[vertices.line]
    storey = np.zeros(len(level), dtype=np.int64)
    passing = np.unique((vertices.place * len(known) + level)[~vertices.is_end])
    places, count = np.unique(passing // len(known), return_counts=True)
    crossings = places[count > 1]
    through: dict[int, list[int]] = {int(place): [] for place in crossings}
    for key in passing[np.isin(passing // len(known), crossings)]:
        through[int(key) // len(known)].append(int(key) % len(known))
    at_crossing = np.isin(vertices.place, crossings)
    storey[at_crossing] = level[at_crossing]
    for end in np.flatnonzero(at_crossing & vertices.is_end):
        storey[end] = _nearest_level(known, level[end], through[int(vertices.place[end])])
    node: Ints = np.unique(vertices.place * len(known) + storey, return_inverse=True)[1]
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


def _segments(vertices: _Vertices, node: Ints, road_id: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Return the distinct segments with length as tail < head and road_id (the smallest of repeats), sorted."""
    start = np.flatnonzero(~vertices.is_last)
    pair = np.sort(np.column_stack([node[start], node[start + 1]]), axis=1)
    table = pd.DataFrame({"tail": pair[:, 0], "head": pair[:, 1], "road_id": road_id[vertices.line[start]]})
    table = table[table["tail"] != table["head"]]
    return table.sort_values(["tail", "head", "road_id"]).drop_duplicates(["tail", "head"])


def _nothing_usable(streets: int, mode: str) -> InputError:
    text = Text(
        "{n} 条街道中没有一条可供“{mode}”使用；请检查 highway、access、foot、closed 各列，并提供有长度的街道线",
        "none of the {n} streets can be used by mode {mode!r}; check the columns highway, access, foot and closed, and give "
        "lines that have a length",
    )
    return InputError(text.fill(n=streets, mode=mode))


def _assemble(segments: pd.DataFrame, x: Floats, y: Floats, crs: CRS) -> Network:
    """Return the network: nodes in use numbered without holes, segments measured, connected pieces found."""
    ends = segments[["tail", "head"]].to_numpy()
    used, renumbered = np.unique(ends, return_inverse=True)
    tail, head = renumbered.reshape(-1, 2).astype(np.int64).T
    x, y = x[used], y[used]
    return Network(
        crs=crs,
        x=x,
        y=y,
        tail=tail,
        head=head,
        length_m=np.hypot(x[head] - x[tail], y[head] - y[tail]),
        road_id=segments["road_id"].to_numpy(dtype=object),
        component=_components(len(used), tail, head),
    )


def _components(nodes: int, tail: Ints, head: Ints) -> Ints:
    """Return the connected piece of every node: most nodes first, the westernmost first among equals."""
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(nodes, nodes))
    count, label = connected_components(graph, directed=False)
    first = np.unique(label, return_index=True)[1]
    order = np.lexsort((first, -np.bincount(label, minlength=count)))
    number: Ints = np.argsort(order)[label]
    return number
