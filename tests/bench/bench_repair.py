"""Repair of 3,000 noisy grids: seconds of the processor, and ratios to coverage_clean of shapely and to an overlay of borders.

Run: ``python -m tests.bench.bench_repair [columns] [rows] [households]``. Every vertex of every grid (80 each, on curved borders)
is moved on its own by up to 0.2 m along both axes. The aim is under 20 s with the proof and the account. coverage_clean mends
holes and overlaps as well, but keeps no parents, has no limit on the width of overlaps, and says nothing of what it did.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geogrid.boundaries import Boundaries
from geogrid.repair import repair

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE_M, STEPS, NOISE_M = 300.0, 20, 0.2
X0, Y0 = 500_000.0, 3_130_000.0
CRS = 4548


def rings(columns: int, rows: int) -> dict[str, Any]:
    """Return the corners of grids with curved borders that neighbours share."""
    rng = np.random.default_rng(0)
    across, up = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij")
    corners = np.stack([across * SIZE_M + 40 * np.sin(across * 1.3 + up), up * SIZE_M + 40 * np.cos(across - up * 1.1)], axis=-1)
    bends: dict[Any, Any] = {}

    def border(a: tuple[int, int], b: tuple[int, int]) -> Any:
        if (a, b) not in bends:
            start, end = corners[a], corners[b]
            share = np.linspace(0, 1, STEPS + 1)[:, None]
            side = np.array([-(end - start)[1], (end - start)[0]]) / SIZE_M
            rough = rng.normal(0, 1, (STEPS + 1, 1)) * (share > 0) * (share < 1)
            bends[a, b] = start + share * (end - start) + (10 * np.sin(np.pi * share) * np.sin(7 * share + a[0]) + rough) * side
        return bends[a, b]

    found = {}
    for i in range(columns):
        for j in range(rows):
            sw, se, ne, nw = (i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)
            sides = [border(sw, se)[:-1], border(se, ne)[:-1], border(nw, ne)[::-1][:-1], border(sw, nw)[::-1][:-1]]
            found[f"G{i:03}{j:03}"] = np.vstack(sides) + np.array([X0, Y0])
    return found


def noisy(clean: dict[str, Any]) -> Boundaries:
    """Return the grids with noise, in one area with the line that they had."""
    rng = np.random.default_rng(1)
    land = shapely.union_all([shapely.Polygon(xy) for xy in clean.values()])
    area = gpd.GeoDataFrame({"area_id": ["A"], "name": ["乡"]}, geometry=[land], crs=CRS)
    shapes = [shapely.Polygon(xy + rng.uniform(-NOISE_M, NOISE_M, xy.shape)) for xy in clean.values()]
    columns = {"grid_id": list(clean), "name": list(clean), "parent_id": "A"}
    return Boundaries.of(gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS), area)


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of the processor that a run takes, and its result."""
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def main(columns: int = 60, rows: int = 50, households: int = 100_000) -> None:
    """Print the seconds and ratios."""
    given = noisy(rings(columns, rows))
    rng = np.random.default_rng(2)
    places = rng.uniform((X0, Y0), (X0 + columns * SIZE_M, Y0 + rows * SIZE_M), (households, 2))
    homes = gpd.GeoDataFrame({"household_id": [f"H{i}" for i in range(households)]}, geometry=shapely.points(places), crs=CRS)
    ours_s, result = timed(lambda: repair(given, households=homes))
    overlay_s, _ = timed(
        lambda: gpd.overlay(given.grid_frame[["grid_id", "geometry"]], given.area_frame[["geometry"]], how="identity")
    )
    clean_s, cleaned = timed(lambda: shapely.coverage_clean(given.shapes, gap_width=1.0))
    print(f"{len(given.grids)} grids, {int(result.mended['pieces'].sum())} defects, {len(result.moved)} households moved")
    print(result.summary.en)
    print(f"tiling: {result.is_tiling}; coverage_clean valid: {bool(shapely.coverage_is_valid(cleaned))}")
    print(f"repair          {ours_s:6.1f} s   (aim: 20)")
    print(f"coverage_clean  {clean_s:6.1f} s   ratio {ours_s / clean_s:.2f}")
    print(f"overlay         {overlay_s:6.1f} s   ratio {ours_s / overlay_s:.2f}  (grids with their area only)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
