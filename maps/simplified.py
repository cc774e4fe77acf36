"""Borders with fewer corners for a first look: neighbours still share them, and areas still end where their grids do."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.extract import lines_of
from maps.packing import UNITS

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.privacy import PublicReport

FINE_STEPS = 20_000
"""Fine borders lose corners whose triangle is below the square of this part of the longer side: 40 cm in a town of 8 km."""
FIRST_STEPS = 500
"""The same for the coarsest first look: two pixels on a screen 1000 pixels wide."""
MOST_CORNERS = 55_000
"""Corners of grids in a first look, as far as `FIRST_STEPS` allows."""
COARSER = 3.5
"""How much coarser each try is than the one before."""
UNITS_PER_STEP = 8
"""Coordinate units in the distance by which the coarsest borders may be off."""
SAME_AREA = 1e-6
"""Share of its area by which an area may differ from its grids together and still count as made of them."""


def simplified(public: PublicReport) -> tuple[PublicReport, PublicReport]:
    """Return a report with simpler borders twice: coarse for a first look, and fine; the same where the fine one is small.

    Grids of a level are simplified together, so that neighbours keep sharing their borders; an area that its grids fill is put
    together from them again, any other stays as it is. Gaps and defects are not touched: gaps are squares, defects are small.
    """
    side = _longer_side(public)
    if side <= 0:
        return public, public
    grids, tolerance = _together(public.grids, side / FINE_STEPS), side / FINE_STEPS
    fine = _with(public, grids, tolerance)
    if corners(fine) <= MOST_CORNERS:
        return fine, fine
    while shapely.get_num_coordinates(grids).sum() > MOST_CORNERS and tolerance < side / FIRST_STEPS:
        tolerance = min(tolerance * COARSER, side / FIRST_STEPS)
        grids = _together(fine.grids, tolerance)
    return _with(public, grids, tolerance), fine


def coarse_units(public: PublicReport) -> int:
    """Return coordinate units per degree that are fine enough for a first look.

    Examples
    --------
    >>> from tests.published import public_report
    >>> coarse_units(public_report())
    163935
    """
    side = _longer_side(public)
    return math.ceil(UNITS_PER_STEP * FIRST_STEPS / side) if side > 0 else UNITS


def corners(public: PublicReport) -> int:
    """Return how many corners the grids of a report have, shared ones once for each grid.

    Examples
    --------
    >>> from tests.published import public_report
    >>> corners(public_report())
    60
    """
    return int(shapely.get_num_coordinates(public.grids.geometry.to_numpy()).sum())


def _longer_side(public: PublicReport) -> float:
    west, south, east, north = public.grids.total_bounds if len(public.grids) else (0.0, 0.0, 0.0, 0.0)
    return float(max(east - west, north - south, 0.0))


def _with(public: PublicReport, shapes: Any, tolerance: float) -> PublicReport:
    """Return a report with other shapes of its grids, and areas and streets to match."""
    grids = public.grids.set_geometry(shapes, crs=public.grids.crs)
    areas = public.areas.set_geometry(_areas(public, grids), crs=public.areas.crs) if len(public.areas) else public.areas
    streets = public.streets
    if len(streets):
        streets = streets.set_geometry(shapely.simplify(streets.geometry.to_numpy(), tolerance), crs=streets.crs)
    return replace(public, grids=grids, areas=areas, streets=streets)


def _together(grids: gpd.GeoDataFrame, tolerance: float) -> Any:
    """Return the geometries of grids, simplified level by level."""
    shapes = grids.geometry.to_numpy().copy()
    level = grids["level"].astype(str).to_numpy() if "level" in grids else np.zeros(len(grids), dtype="U1")
    drawable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & (shapely.get_dimensions(shapes) == 2)  # noqa: PLR2004 -- surfaces
    for each in np.unique(level):
        rows = drawable & (level == each)
        shapes[rows] = shapely.coverage_simplify(shapes[rows], tolerance)
    return shapes


def _areas(public: PublicReport, simpler: gpd.GeoDataFrame) -> list[Any]:
    """Return the geometries of areas, each put together from its grids where they fill it."""
    inside = _inside(public)
    before, after = public.grids.geometry.to_numpy(), simpler.geometry.to_numpy()
    union = shapely.coverage_union_all if shapely.coverage_is_valid(after) else shapely.union_all
    filled = zip(public.areas["area_id"].astype(str), public.areas.geometry, strict=True)
    return [
        union(after[inside[area_id]]) if _fill(before[inside.get(area_id, [])], shape) else shape for area_id, shape in filled
    ]


def _inside(public: PublicReport) -> dict[str, list[int]]:
    """Return the rows of the lowest grids below every area."""
    lines = lines_of(public)
    rows: dict[str, list[int]] = {}
    parents = {above for grid_id in public.grids["grid_id"].astype(str) for above in lines[grid_id][1:]}
    for row, grid_id in enumerate(public.grids["grid_id"].astype(str)):
        for above in lines[grid_id][1:] if grid_id not in parents else ():
            rows.setdefault(above, []).append(row)
    return rows


def _fill(grids: Any, area: Any) -> bool:
    if not len(grids) or area is None:
        return False
    whole = shapely.area(area)
    same_box = np.allclose(shapely.total_bounds(grids), shapely.bounds(area), rtol=0, atol=1e-7)
    return bool(same_box and abs(shapely.area(grids).sum() - whole) <= SAME_AREA * whole)
