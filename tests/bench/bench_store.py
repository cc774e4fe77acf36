"""Seconds to import, open and read a workspace of 500,000 households and 3,000 grids, against pyogrio; run on demand.

    python -m tests.bench.bench_store [500000]

Each figure is the median of three. Ratios are to pyogrio reading the layer of households that hold now (and with Arrow).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from geogrid.store import Act, create, open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

HOUSEHOLDS, ACROSS, UP, SIDE_M = 500_000, 60, 50, 1_000.0
EAST, NORTH, CRS = 500_000.0, 3_100_000.0, 4548
VERTICES = 10
SEED = 20_241_122


def homes(count: int) -> gpd.GeoDataFrame:
    """Households anywhere in the grids, with the columns that offices fill in."""
    rng, number = np.random.default_rng(SEED), np.arange(count)
    places = rng.uniform(0, 1, (count, 2)) * [ACROSS * SIDE_M, UP * SIDE_M] + [EAST, NORTH]
    columns = {
        "household_id": [f"H{each:07}" for each in number.tolist()],
        "persons": rng.integers(1, 7, count),
        "aged_65": rng.integers(0, 2, count),
        "children_0_14": rng.integers(0, 2, count),
        "unit_id": [f"U{each % 9_000}" for each in number.tolist()],
        "grid_id": [f"G{each % 3_000:04}" for each in number.tolist()],
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.points(places), crs=CRS)


def grids() -> gpd.GeoDataFrame:
    """Squares with ten vertices a side."""
    steps = np.linspace(0, SIDE_M, VERTICES, endpoint=False)
    rim = [*((t, 0) for t in steps), *((SIDE_M, t) for t in steps)]
    ring = np.array([*rim, *((SIDE_M - x, SIDE_M - y) for x, y in rim)])
    corners = [(EAST + i * SIDE_M, NORTH + j * SIDE_M) for i in range(ACROSS) for j in range(UP)]
    names = [f"G{number:04}" for number in range(len(corners))]
    return gpd.GeoDataFrame({"grid_id": names, "name": names}, geometry=[shapely.Polygon(ring + c) for c in corners], crs=CRS)


def seconds(work: Callable[[], Any], times: int = 3) -> float:
    """Median of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def opened(path: Path) -> None:
    """Open, and take everything that a redraw needs."""
    with open_workspace(path) as town:
        town.boundaries()
        town.read("households")


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else HOUSEHOLDS
    people, cells = homes(count), grids()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "town.gpkg")
        with create(path, crs=CRS) as town:
            figures = {"import 3,000 grids": seconds(lambda: town.import_table("grids", cells, act=Act(), base=0), 1)}
            figures["import households"] = seconds(lambda: town.import_table("households", people, act=Act(), base=1), 1)
            figures["import the same again"] = seconds(lambda: town.import_table("households", people, act=Act(), base=2), 1)
            figures["read households"] = seconds(lambda: town.read("households"))
            figures["read boundaries"] = seconds(town.boundaries)
            figures["where was one household"] = seconds(lambda: town.where("H0000007", town.head.effective))
            figures["verify"] = seconds(town.verify, 1)
        figures["open, boundaries, households"] = seconds(lambda: opened(path))
        figures["pyogrio: households_now"] = seconds(lambda: pyogrio.read_dataframe(path, layer="households_now"))
        figures["pyogrio, Arrow"] = seconds(lambda: pyogrio.read_dataframe(path, layer="households_now", use_arrow=True))
        size_mb = path.stat().st_size / 1e6
    print(f"{count:,} households, {size_mb:.0f} MB")
    for name, taken in figures.items():
        ratios = [taken / figures[peer] for peer in ("pyogrio: households_now", "pyogrio, Arrow")]
        print(f"{name:<32} {taken:>8.2f} s   {ratios[0]:>6.2f} × pyogrio   {ratios[1]:>6.2f} × pyogrio with Arrow")


if __name__ == "__main__":
    main()
