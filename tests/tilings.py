"""Random tilings for the laws of redrawing: cells with straight or noisy borders that share every vertex, inside villages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geogrid.boundaries import LATTICE_M, Boundaries, on_lattice
from geogrid.tiles import cut_at_nodes

if TYPE_CHECKING:
    import numpy.typing as npt

    Generator = np.random.Generator

CRS = 4527
"""CGCS2000 / 3-degree Gauss-Kruger zone 39: the easting begins with the zone, so that coordinates are as long as they get."""
EAST, NORTH = 39_500_000.0, 4_400_000.0
SIZE_M = 1_000.0
SMALL_M2 = 200.0


def random_town(seed: int, *, grids: int = 12, villages: int = 2, noisy: bool = False) -> Boundaries:
    """A square kilometre of ``villages`` strips, filled with cells around random points; noisy borders have many small bends.

    +------+-------+
    | V0   |  V1   |    grids G00, G01, ... in each
    +------+-------+
    """
    rng = np.random.default_rng(seed)
    land = shapely.box(EAST, NORTH, EAST + SIZE_M, NORTH + SIZE_M)
    cuts = np.linspace(EAST, EAST + SIZE_M, villages + 1)
    lines = [shapely.LineString([(x, NORTH - 1), (x + rng.uniform(-40, 40), NORTH + SIZE_M + 1)]) for x in cuts[1:-1]]
    strips = _cells(land, [_bent(line, rng, noisy) for line in lines])
    strips = sorted(strips, key=lambda strip: strip.centroid.x)
    shapes, parents = [], []
    for number, strip in enumerate(strips):
        seeds = _seeds(strip, max(2, grids // villages), rng)
        edges = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=land, only_edges=True))
        cells = _cells(strip, [_bent(edge, rng, noisy) for edge in edges])
        shapes += cells
        parents += [f"V{number}"] * len(cells)
    return _shared(shapes, parents)


def _seeds(strip: Any, many: int, rng: Generator) -> npt.NDArray[np.float64]:
    west, south, east, north = strip.bounds
    found: list[tuple[float, float]] = []
    while len(found) < many:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if strip.buffer(-20).contains(shapely.Point(x, y)):
            found.append((x, y))
    return np.array(found)


def _bent(line: Any, rng: Generator, noisy: bool) -> Any:
    """Give a line a bend every few metres, ends in their place."""
    if not noisy:
        return line
    xy = shapely.get_coordinates(shapely.segmentize(line, 12.0))
    xy[1:-1] += rng.normal(0, 1.0, xy[1:-1].shape)
    return shapely.LineString(xy)


def _cells(land: Any, lines: list[Any]) -> list[Any]:
    noded = shapely.union_all([land.boundary, *lines], grid_size=LATTICE_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return _without_small([face for face in faces if land.buffer(1e-3).contains(face)])


def _without_small(faces: list[Any]) -> list[Any]:
    """Join what is smaller than 200 square metres to the neighbour with the longest shared border."""
    kept = list(faces)
    while len(kept) > 1 and (small := min(kept, key=lambda face: face.area)).area < SMALL_M2:
        kept.remove(small)
        best = max(kept, key=lambda face: face.boundary.intersection(small.boundary).length)
        kept[kept.index(best)] = shapely.coverage_union_all([best, small])
    return kept


def _shared(shapes: list[Any], parents: list[str]) -> Boundaries:
    """Cut all borders at one another once, so that neighbours share every vertex; villages are the union of their cells."""
    noded = cut_at_nodes(shapely.boundary(np.array(shapes, dtype=object)))
    faces = on_lattice(_without_small(list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))))
    which = [int(shapely.area(shapely.intersection(np.array(shapes, dtype=object), face)).argmax()) for face in faces]
    owner = np.array(which)
    kept = sorted(set(which))
    merged = [shapely.coverage_union_all(faces[owner == i]) for i in kept]
    home = [parents[i] for i in kept]
    names = [f"G{n:02d}" for n in range(len(merged))]
    grids = gpd.GeoDataFrame({"grid_id": names, "name": names, "parent_id": home}, geometry=merged, crs=CRS)
    villages = sorted(set(home))
    land = [shapely.coverage_union_all(np.array([m for m, h in zip(merged, home, strict=True) if h == v])) for v in villages]
    areas = gpd.GeoDataFrame({"area_id": villages, "name": villages, "level": "village"}, geometry=land, crs=CRS)
    return Boundaries.of(grids, areas)
