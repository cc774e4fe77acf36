"""How fast points are put into grids, as ratios to geopandas in the same run, and whether the answers agree.

Run ``python -m tests.bench.bench_join [points] [grids] [rounds]``. SedonaDB (``pip install "apache-sedona[db]"``) is measured
where it is installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Voronoi

from geogrid.assign import assign

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

SIDE_M = 60_000.0
DOUBLINGS = 3
ROUGHNESS = 0.18


def rough_line(start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], rng: np.random.Generator) -> shapely.LineString:
    """Bend a straight border like a real one: move the middle of every part sideways, again and again."""
    line = np.vstack([start, end])
    for _ in range(DOUBLINGS):
        step = np.diff(line, axis=0)
        sideways = np.column_stack([-step[:, 1], step[:, 0]]) * rng.uniform(-ROUGHNESS, ROUGHNESS, (len(step), 1))
        line = np.insert(line, np.arange(1, len(line)), line[:-1] + step / 2 + sideways, axis=0)
    return shapely.LineString(line)


def rough_grids(count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw about ``count`` irregular grids that tile a square of 60 km, with some 50 corners each."""
    seeds = rng.uniform(0, SIDE_M, (count, 2))
    mirrored = [np.where([axis == 0, axis == 1], 2 * edge - seeds, seeds) for axis in (0, 1) for edge in (0.0, SIDE_M)]
    diagram = Voronoi(np.vstack([seeds, *mirrored]))
    between = [
        ends
        for ends, sides in zip(diagram.ridge_vertices, diagram.ridge_points, strict=True)
        if min(sides) < count and -1 not in ends
    ]
    lines = [rough_line(diagram.vertices[a], diagram.vertices[b], rng) for a, b in between]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    names = [f"G{number:05d}" for number in rng.permutation(len(faces))]
    return gpd.GeoDataFrame({"grid_id": names}, geometry=faces, crs=4547)


def scattered(count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Scatter points over the square and a little beyond it."""
    return gpd.GeoDataFrame(
        {"number": np.arange(count)}, geometry=shapely.points(rng.uniform(-500, SIDE_M + 500, (count, 2))), crs=4547
    )


def by_geopandas(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> pd.Series:
    """Join as most programs do."""
    return gpd.sjoin(points, grids, predicate="within", how="left")["grid_id"]


def by_geogrid(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> pd.Series:
    """Join with the product's own function."""
    return assign(points, grids).grid_id


def differing(answer: pd.Series, expected: pd.Series) -> int:
    """Count points whose grid differs; SedonaDB's rows come in any order, so its grids are compared as counts."""
    if len(answer) == len(expected):
        return int((answer.fillna("").to_numpy(dtype=object) != expected.fillna("").to_numpy(dtype=object)).sum())
    return int(answer.value_counts().sub(expected.value_counts(), fill_value=0).abs().sum())


def by_sedona(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> Callable[[], pd.Series]:
    """Prepare SedonaDB's join: the tables are handed over beforehand, outside the time that is measured."""
    database = importlib.import_module("sedona.db").connect()
    database.create_data_frame(points).to_view("points")
    database.create_data_frame(grids).to_view("grids")
    query = "SELECT number, grid_id FROM points JOIN grids ON ST_Within(points.geometry, grids.geometry)"
    return lambda: database.sql(query).to_pandas()["grid_id"]


def main(points: int = 1_000_000, grids: int = 3_000, rounds: int = 5) -> None:
    """Print the best of some rounds, its ratio to geopandas, time of all cores together, and how many answers differ."""
    rng = np.random.default_rng(7)
    tiling, homes = rough_grids(grids, rng), scattered(points, rng)
    corners = shapely.get_num_coordinates(np.asarray(tiling.geometry)).mean()
    print(f"{len(homes):,} points, {len(tiling):,} grids of {corners:.0f} corners, best of {rounds} rounds taken in turn")
    runs: dict[str, Callable[[], pd.Series]] = {
        "geopandas within": lambda: by_geopandas(homes, tiling),
        "geogrid assign": lambda: by_geogrid(homes, tiling),
    }
    if importlib.util.find_spec("sedona"):
        runs["SedonaDB within"] = by_sedona(homes, tiling)
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    processor: dict[str, list[float]] = {name: [] for name in runs}
    answers: dict[str, pd.Series] = {}
    for _ in range(rounds):
        for name, run in runs.items():
            start, used = time.perf_counter(), time.process_time()
            answers[name] = run()
            seconds[name].append(time.perf_counter() - start)
            processor[name].append(time.process_time() - used)
    base = min(seconds["geopandas within"])
    for name, taken in seconds.items():
        differ = differing(answers[name], answers["geopandas within"])
        cores = min(processor[name])
        print(f"{name:18} {min(taken):7.3f} s  ratio {min(taken) / base:5.2f}  processor {cores:6.3f} s  {differ} answers differ")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
