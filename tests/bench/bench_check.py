"""Seconds per step of a whole check at 10⁴, 10⁵ and 10⁶ households, on the Heidelberg streets; run on demand.

    GEOGRID_REAL_DATA=… python -m tests.bench.bench_check [10000 100000 1000000]

Households (made up, 25 m around the streets) are read from a CSV file; 3,000 square grids; 3 services of 100 facilities each.
Every size runs twice, in processes of its own, so that the peak memory is its own: cold, saving what was built, and again with
the saved network and places. The last columns are the seconds that it takes to save the town and to open it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import geogrid
from geogrid import io
from geogrid.town import open_town, save_town, saved_folder

SIZES = (10_000, 100_000, 1_000_000)
SERVICES = ("education", "medical", "sport")
GRIDS_ACROSS = (60, 50)
SEED = 20_241_122


def around_streets(roads: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> Any:
    """Points within about 25 m of vertices of the streets, in degrees."""
    vertices = shapely.get_coordinates(roads.geometry.to_numpy())
    return vertices[rng.integers(0, len(vertices), count)] + rng.normal(0, 25 / 111_000, (count, 2))


def town(streets: Path, households: int, folder: Path) -> dict[str, Any]:
    """The inputs of a check of this size."""
    rng = np.random.default_rng(SEED)
    roads = io.read_roads(streets).table
    homes, places = (around_streets(roads, n, rng) for n in (households, 100 * len(SERVICES)))
    pd.DataFrame(
        {
            "household_id": np.char.add("H", np.arange(households).astype(str)),
            "lon": homes[:, 0].round(7),
            "lat": homes[:, 1].round(7),
            "persons": rng.integers(1, 7, households),
        }
    ).to_csv(folder / "households.csv", index=False)
    facilities = gpd.GeoDataFrame(
        {
            "facility_id": [f"F{i}" for i in range(len(places))],
            "name": "facility",
            "services": [SERVICES[i % len(SERVICES)] for i in range(len(places))],
        },
        geometry=gpd.points_from_xy(*places.T),
        crs=4326,
    )
    both = np.concatenate([homes, places])
    xs, ys = (np.linspace(both[:, i].min(), both[:, i].max(), GRIDS_ACROSS[i] + 1) for i in (0, 1))
    squares = [shapely.box(xs[i], ys[j], xs[i + 1], ys[j + 1]) for i in range(GRIDS_ACROSS[0]) for j in range(GRIDS_ACROSS[1])]
    names = [f"G{i:04}" for i in range(len(squares))]
    grids = gpd.GeoDataFrame({"grid_id": names, "name": names}, geometry=squares, crs=4326)
    return {"grids": grids, "households": folder / "households.csv", "facilities": facilities, "roads": streets}


def one(streets: Path, households: int, folder: Path) -> None:
    """Run one size and print a line."""
    with tempfile.TemporaryDirectory() as made:
        inputs = town(streets, households, Path(made))
        start = time.perf_counter()
        report = geogrid.check(**inputs, saved=saved_folder(folder))
        total = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    steps = " ".join(f"{report.seconds[step]:>8.2f}" for step, _ in geogrid.STEPS)
    start = time.perf_counter()
    save_town(report.town, folder)
    middle = time.perf_counter()
    open_town(folder)
    kept = f"{middle - start:>8.2f} {time.perf_counter() - middle:>8.2f}"
    name = "saved" if report.reused else "cold"
    print(f"{households:>10,} {name:>5} {steps} {total:>8.2f} {total / households * 1e6:>10.1f} {peak:>8.2f} {kept}", flush=True)


def main(sizes: tuple[int, ...]) -> None:
    """Run every size in its own process."""
    streets = Path(os.environ["GEOGRID_REAL_DATA"]) / "heidelberg.osm.pbf"
    steps = " ".join(f"{step:>8}" for step, _ in geogrid.STEPS)
    print(f"households   run {steps}    total  µs/househ.  GB peak     save     open", flush=True)
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            for _ in ("cold", "saved"):
                command = [sys.executable, "-m", "tests.bench.bench_check", "--one", str(size), str(streets), folder]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[3]), int(sys.argv[2]), Path(sys.argv[4]))
    else:
        main(tuple(map(int, sys.argv[1:])) or SIZES)
