"""A made-up county of some thousand grids with wavy borders, as a published report: what a first view must carry.

Grids are Voronoi cells of scattered seeds, their borders bent by waves that depend on the place alone, so that neighbours keep
sharing them; a hundred grids make a village, and the villages lie in townships of ten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geogrid.privacy import PublicReport
from tests.published import KEYS, MEASURES, frame, summary

if TYPE_CHECKING:
    import numpy.typing as npt

WEST, SOUTH, SPAN = 117.0, 28.0, 0.5
STEP = 0.0005
"""Degrees between corners: about 50 m."""
VILLAGE, TOWNSHIP = 100, 1000


def bent(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return points moved by waves of the place they are at."""
    x, y = points.round(9).T  # the same from either side of a border
    waves = [(0.0004, 900, 1.3), (0.00012, 2900, 0.4), (0.00003, 9100, 2.1)]  # size times k below 1 together: nothing folds
    dx = sum(size * np.sin(k * y + shift) for size, k, shift in waves)
    dy = sum(size * np.sin(k * x + 2 * shift) for size, k, shift in waves)
    return np.round(np.column_stack([x + dx, y + dy]), 7)


def cells(count: int) -> list[Any]:
    """Return as many polygons that fill the county, from west to east in strips."""
    seeds = np.random.default_rng(7).uniform(0, SPAN, (count, 2)) + np.array([WEST, SOUTH])
    box = shapely.box(WEST, SOUTH, WEST + SPAN, SOUTH + SPAN)
    found = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=box))
    shapes = shapely.transform(shapely.segmentize(shapely.intersection(found, box), STEP), bent)
    strip = np.floor((shapely.get_x(shapely.centroid(shapes)) - WEST) / SPAN * 10)
    return list(shapes[np.lexsort((shapely.get_y(shapely.centroid(shapes)), strip))])


def county(count: int = 5000) -> PublicReport:
    """Return the published report of a county of that many grids."""
    shapes = cells(count)
    grids = [_row(f"361102{n:06}", f"第{n + 1}网格", f"V{n // VILLAGE}", shape, n) for n, shape in enumerate(shapes)]
    villages = _areas("V", "village", shapes, VILLAGE, lambda n: f"T{n * VILLAGE // TOWNSHIP}")
    towns = _areas("T", "township", shapes, TOWNSHIP, lambda _: None)
    nothing = gpd.GeoDataFrame({name: [] for name in ("grid_ids", "service", "gap_id", "kind")}, geometry=[], crs="EPSG:4326")
    points = shapely.centroid(np.array(shapes[::10]))
    facilities = [
        {
            "facility_id": f"F{n}",
            "name": f"卫生室{n}",
            "services": ["medical"],
            "status": "built",
            "grid_id": f"361102{10 * n:06}",
        }
        | {"floor_area_m2": 120.0, "geometry": point}
        for n, point in enumerate(points)
    ]
    streets = _streets()
    return PublicReport(
        summary=summary(),
        grids=frame(grids),
        areas=frame([*towns, *villages]),
        facilities=frame(facilities),
        streets=streets,
        radii=gpd.GeoDataFrame({"facility_id": [], "service": [], "radius_m": []}, geometry=[], crs="EPSG:4326"),
        gaps=nothing,
        defects=nothing,
    )


def _row(grid_id: str, name: str, parent_id: str, shape: Any, n: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "grid_id": grid_id,
        "name": name,
        "parent_id": parent_id,
        "level": "grid",
        "leader": f"组长{n % 700}",
        "suppressed": False,
    }
    random = np.random.default_rng(int(n) + sum(map(ord, grid_id[:1])))
    row |= dict(zip(MEASURES, (*(int(random.integers(low, 5 * low)) for low in (100, 300, 40)), None), strict=True))
    for key in KEYS:
        share = float(np.clip(random.normal(0.7, 0.6), 0, 1))  # a third of the grids is wholly covered, an eighth not at all
        covered = round(row["households"] * share)
        row |= {f"covered_{key}": covered, f"uncovered_{key}": row["households"] - covered, f"unreached_{key}": 0}
        row |= {f"share_{key}": share, f"share_later_{key}": min(1.0, share + 0.1)}
    return row | {"geometry": shape}


def _areas(letter: str, level: str, shapes: list[Any], size: int, parent: Any) -> list[dict[str, Any]]:
    starts = range(0, len(shapes), size)
    whole = [shapely.coverage_union_all(shapes[start : start + size]) for start in starts]
    rows = [_row(f"{letter}{n}", f"{letter}{n}{level}", parent(n), shape, n) for n, shape in enumerate(whole)]
    return [{"area_id": row.pop("grid_id"), **row, "level": level} for row in rows]


def _streets() -> gpd.GeoDataFrame:
    along = np.arange(0, SPAN, STEP * 2)
    lines = [
        shapely.LineString(bent(np.column_stack([WEST + along, np.full(len(along), SOUTH + SPAN * k / 40)])))
        for k in range(1, 40)
    ]
    return frame([{"kind": "minor", "name": "", "geometry": line} for line in lines])
