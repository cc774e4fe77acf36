"""Draft grids for towns that have no polygons yet: the land nearest to each point, inside each area.

The drafts tile the areas exactly, by construction: the borders of all areas and the lines half-way between points are cut at
each other on a lattice of one micrometre, and the faces between them are handed out. Neighbours therefore share every vertex, on
the border of two areas too. A face belongs to the area that it lies in (to the smallest area_id where areas overlap) and there to
the nearest point. Two repairs follow: a face narrower than half a millimetre, left where two areas draw their border a little
differently, and a part cut off from its own point go to the neighbour with the longest shared border; a part stays in its area.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from geogrid.crs import project, projected_crs, to_wgs84
from geogrid.errors import InputError
from geogrid.ids import unique_ids
from geogrid.regions import WORKING_PRECISION_M, mended
from geogrid.results import DraftGrids
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyproj import CRS

    Shapes = npt.NDArray[np.object_]
    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

SAME_PLACE_M = 0.01
"""Points closer than this are one place."""

NARROW_M = 0.0005
"""A face is narrow when a strip of its area and outline would be narrower than this."""

_BEYOND_M = 1.0
_NONE = -1
_NARROW = -2
_OUTSIDE = Text("不在任何区域内", "in no area")
_SAME_PLACE = Text("与 {other} 位置相同，已合并", "at the same place as {other}; merged with it")
_LANDLESS = Text("所在土地属于另一个重叠的区域", "its land belongs to another area that overlaps")


def draft_grids(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, id_prefix: str = "D") -> DraftGrids:
    """Make draft grids: the cells nearest to each point, clipped to the area and tiling it exactly.

    Parameters
    ----------
    points : GeoDataFrame
        Villages, communities or group centres, in any CRS, with point_id and, optionally, name and parent_id.
    areas : GeoDataFrame
        Polygons in any CRS, with area_id and, optionally, name. They should not overlap.
    id_prefix : str
        What grid ids begin with.

    Returns
    -------
    DraftGrids
        ``grids`` in WGS 84 with grid_id (numbered by area_id, then point_id), name (of the point; of the area where no point is),
        parent_id (the area_id), point_id (missing where no point is), kind "draft". ``left_out`` are the points without a grid of
        their own, with columns reason_zh and reason_en: in no area, or closer than 1 cm to a point with a smaller point_id.
        ``areas_without_points`` became one grid each.

    Raises
    ------
    CrsError
        When a table has no CRS.
    InputError
        When there is no area, or an id is missing or repeated.

    Notes
    -----
    A point on the border of two areas belongs to the one that its parent_id names, else to the smallest area_id. A grid is in
    several parts only where its area is.

    Examples
    --------
    >>> town = gpd.GeoDataFrame({"area_id": ["A"]}, geometry=[shapely.box(117.20, 28.20, 117.24, 28.22)], crs=4326)
    >>> centres = shapely.points([(117.21, 28.21), (117.23, 28.21)])
    >>> villages = gpd.GeoDataFrame({"point_id": ["P1", "P2"], "name": ["东组", "西组"]}, geometry=centres, crs=4326)
    >>> drafts = draft_grids(villages, town).grids
    >>> drafts[["grid_id", "name", "parent_id"]].values.tolist()
    [['D001', '东组', 'A'], ['D002', '西组', 'A']]
    >>> bool(shapely.coverage_is_valid(drafts.geometry.to_numpy()))
    True
    """
    land = _land(areas)
    placed = project(points, land.crs)
    area, reasons = _placed(placed, land)
    seeds = _seeds(placed, area, land)
    faces = _faces(land, seeds)
    owner = _with_narrow(faces, _owners(faces, land, seeds))
    shapes = _connected(_dissolved(faces, owner, len(seeds.area)), seeds)
    landless = {int(row) for row, shape in zip(seeds.row, shapes, strict=True) if shape.is_empty and row != _NONE}
    left_out = _left_out(points, reasons | dict.fromkeys(landless, _LANDLESS))
    bare = tuple(land.ids[i] for i, row in zip(seeds.area, seeds.row, strict=True) if row == _NONE)
    return DraftGrids(_table(shapes, seeds, land, id_prefix), left_out, bare)


class _Land(NamedTuple):
    """The areas in the order of their ids, as valid polygons in a projected CRS."""

    crs: CRS
    ids: list[str]
    names: list[str]
    shapes: Shapes


class _Seeds(NamedTuple):
    """One entry a grid, by area and point_id: position of the area, row of the point (-1 in an area without), and place."""

    area: Ints
    row: Ints
    point_id: list[str | None]
    name: list[str]
    xy: Floats


def _land(areas: gpd.GeoDataFrame) -> _Land:
    ids = unique_ids(areas, "area_id")
    if not ids:
        raise InputError(
            Text(
                "没有任何区域，无法生成草拟网格；请提供乡镇或村的边界。",
                "there is no area to draw grids in; give the borders of townships or villages.",
            )
        )
    crs = projected_crs(areas)
    order = sorted(range(len(ids)), key=ids.__getitem__)
    shapes, _ = mended(project(areas, crs).geometry.to_numpy()[order])
    names = _texts(areas, "name")
    return _Land(crs, [ids[i] for i in order], [names[i] or ids[i] for i in order], shapes)


def _placed(points: gpd.GeoDataFrame, land: _Land) -> tuple[Ints, dict[int, Text]]:
    """Return the area of each point that gets a grid, -1 for the others, and why those do not."""
    ids = unique_ids(points, "point_id")
    spots = shapely.point_on_surface(points.geometry.to_numpy())
    claimed = _texts(points, "parent_id")
    area = np.full(len(points), _NONE)
    row, home = shapely.STRtree(land.shapes).query(spots, predicate="intersects")
    order = sorted(range(len(row)), key=lambda i: (row[i], land.ids[home[i]] != claimed[row[i]], home[i]))
    for i in reversed(order):
        area[row[i]] = home[i]
    reasons = {int(i): _OUTSIDE for i in np.flatnonzero(area == _NONE)}
    for i, other in _same_places(spots, ids, area):
        if area[other] != _NONE:
            reasons[i] = _SAME_PLACE.fill(other=ids[other])
            area[i] = _NONE
    return area, reasons


def _same_places(spots: Shapes, ids: list[str], area: Ints) -> list[tuple[int, int]]:
    """Return pairs of points of one area closer than 1 cm, the one with the larger id first, in the order of their ids."""
    placed = np.flatnonzero(area != _NONE)
    if not len(placed):
        return []
    pairs = placed[KDTree(shapely.get_coordinates(spots[placed])).query_pairs(SAME_PLACE_M, output_type="ndarray")]
    ordered = [sorted(map(int, pair), key=ids.__getitem__, reverse=True) for pair in pairs if area[pair[0]] == area[pair[1]]]
    return sorted(((i, other) for i, other in ordered), key=lambda pair: (ids[pair[0]], ids[pair[1]]))


def _seeds(points: gpd.GeoDataFrame, area: Ints, land: _Land) -> _Seeds:
    ids, names = unique_ids(points, "point_id"), _texts(points, "name")
    rows = [(int(area[i]), ids[i], int(i)) for i in np.flatnonzero(area != _NONE)]
    bare = [(i, "", _NONE) for i in range(len(land.ids)) if not (area == i).any()]
    places, _, order = zip(*sorted(rows + bare), strict=True)
    spots = shapely.point_on_surface(points.geometry.to_numpy())
    return _Seeds(
        np.array(places, dtype=np.int64),
        np.array(order, dtype=np.int64),
        [None if i == _NONE else ids[i] for i in order],
        [land.names[place] if i == _NONE else names[i] or ids[i] for place, i in zip(places, order, strict=True)],
        np.array([(np.nan, np.nan) if i == _NONE else (spots[i].x, spots[i].y) for i in order]),
    )


def _faces(land: _Land, seeds: _Seeds) -> Shapes:
    """Cut all borders and half-way lines at each other, and return the faces between them."""
    lines = [*shapely.boundary(land.shapes)]
    for i, shape in enumerate(land.shapes):
        mine = seeds.xy[(seeds.area == i) & (seeds.row != _NONE)]
        if len(mine) > 1:
            # A little beyond the border, so that the line surely meets it; what sticks out bounds no face.
            lines.append(_halfway_lines(mine, shape).intersection(shape.buffer(_BEYOND_M)))
    noded = shapely.union_all(np.array(lines, dtype=object), grid_size=WORKING_PRECISION_M)
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def _halfway_lines(places: Floats, shape: Any) -> Any:
    """Return the lines between the cells of points, computed near zero, where floats are finest."""
    west, south, east, north = shape.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    frame = shapely.box(west - _BEYOND_M, south - _BEYOND_M, east + _BEYOND_M, north + _BEYOND_M)
    near_zero = shapely.transform(frame, lambda xy: xy - middle)
    lines = shapely.voronoi_polygons(shapely.multipoints(places - middle), extend_to=near_zero, only_edges=True)
    return shapely.transform(lines, lambda xy: xy + middle)


def _owners(faces: Shapes, land: _Land, seeds: _Seeds) -> Ints:
    """Return the grid of each face: -1 outside all areas, -2 for a narrow face of some area."""
    inner = shapely.point_on_surface(faces)
    face, home = shapely.STRtree(land.shapes).query(inner, predicate="dwithin", distance=10 * WORKING_PRECISION_M)
    area = np.full(len(faces), len(land.ids))
    np.minimum.at(area, face, home)
    owner = np.full(len(faces), _NONE)
    for i in range(len(land.ids)):
        mine, grids = np.flatnonzero(area == i), np.flatnonzero(seeds.area == i)
        nearest = KDTree(seeds.xy[grids]).query(shapely.get_coordinates(inner[mine]))[1] if len(grids) > 1 else 0
        owner[mine] = grids[nearest]
    narrow = 2 * shapely.area(faces) < NARROW_M * shapely.length(faces)
    owner[narrow & (owner != _NONE)] = _NARROW
    return owner


def _with_narrow(faces: Shapes, owner: Ints) -> Ints:
    """Give each narrow face to the grid with the longest shared border; one that touches no grid is dropped."""
    result = owner.copy()
    tree = shapely.STRtree(faces)
    waiting = list(np.flatnonzero(owner == _NARROW))
    while waiting:
        given = []
        for i in waiting:
            near = tree.query(faces[i], predicate="intersects")
            near = near[result[near] >= 0]
            shared = _shared_m(faces[i], faces[near])
            if len(near) and shared.max() > 0:
                result[i] = result[near[shared.argmax()]]
                given.append(i)
        if not given:
            break
        waiting = [i for i in waiting if result[i] == _NARROW]
    return result


def _dissolved(faces: Shapes, owner: Ints, grids: int) -> list[Any]:
    return [shapely.coverage_union_all(faces[owner == i]) if (owner == i).any() else shapely.Polygon() for i in range(grids)]


def _connected(shapes: list[Any], seeds: _Seeds) -> list[Any]:
    """Give parts cut off from their point to the neighbour in the same area with the longest shared border, small ones first."""
    result = list(shapes)
    # Each move joins two parts into one, so this ends.
    while move := _next_move(result, seeds):
        part, giver, taker = move
        rest = [piece for piece in shapely.get_parts(result[giver]) if piece is not part and not piece.equals_exact(part)]
        result[giver] = shapely.multipolygons(rest) if len(rest) > 1 else rest[0]
        result[taker] = shapely.coverage_union_all([*shapely.get_parts(result[taker]), part])
    return result


def _next_move(shapes: list[Any], seeds: _Seeds) -> tuple[Any, int, int] | None:
    """Return the smallest part that has a neighbour to go to, whose it is and whose it becomes."""
    detached = []
    for i in np.flatnonzero([shape.geom_type == "MultiPolygon" for shape in shapes]):
        if seeds.row[i] != _NONE:
            parts = shapely.get_parts(shapes[i])
            home = shapely.distance(parts, shapely.points(seeds.xy[i])).argmin()
            detached += [(part.area, part.bounds, int(i), part) for k, part in enumerate(parts) if k != home]
    for _, _, giver, part in sorted(detached, key=lambda entry: entry[:3]):
        others = np.flatnonzero((seeds.area == seeds.area[giver]) & (np.arange(len(shapes)) != giver))
        shared = _shared_m(part, np.array([shapes[i] for i in others], dtype=object))
        if len(others) and shared.max() > 0:
            return part, giver, int(others[shared.argmax()])
    return None


def _shared_m(shape: Any, others: Shapes) -> Floats:
    return np.asarray(shapely.length(shapely.intersection(shape.boundary, shapely.boundary(others))))


def _left_out(points: gpd.GeoDataFrame, reasons: dict[int, Text]) -> gpd.GeoDataFrame:
    rows = sorted(reasons)
    left = to_wgs84(points).iloc[rows]
    return left.assign(reason_zh=[reasons[i].zh for i in rows], reason_en=[reasons[i].en for i in rows])


def _table(shapes: list[Any], seeds: _Seeds, land: _Land, id_prefix: str) -> gpd.GeoDataFrame:
    kept = [i for i, shape in enumerate(shapes) if not shape.is_empty]
    digits = max(3, len(str(len(kept))))
    columns = {
        "grid_id": [f"{id_prefix}{n:0{digits}d}" for n in range(1, len(kept) + 1)],
        "name": [seeds.name[i] for i in kept],
        "parent_id": [land.ids[seeds.area[i]] for i in kept],
        "point_id": pd.Series([seeds.point_id[i] for i in kept], dtype="str"),
        "kind": "draft",
    }
    return to_wgs84(gpd.GeoDataFrame(columns, geometry=[shapes[i] for i in kept], crs=land.crs))


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return [str(value) for value in frame[column].astype("string").fillna("")]
