"""Time and memory of the way from households to services on a city's streets: ``python -m tests.bench.bench_travel [--compare]``.

Needs GEOGRID_REAL_DATA (heidelberg.osm.pbf). Every size runs in a process of its own, so that its peak memory is its own.
Households stand along the streets, 25 m (standard deviation) from them; each of three services has 50 facilities. With
``--compare`` the projection onto streets is also done with ``shapely.STRtree.query_nearest``, and both distances are compared.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import osmium
import shapely

from geogrid.network import build_network
from geogrid.travel import nearest_facility, snap_to_streets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.results import Network, Placement

CRS = "EPSG:32632"
SIZES = (10_000, 100_000, 1_000_000)
SERVICES, FACILITIES = 3, 50
TAGS = ("highway", "foot", "access", "layer", "bridge", "tunnel")


@contextmanager
def timed(step: str, seconds: dict[str, float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[step] = time.perf_counter() - start


def read_streets(path: Path) -> gpd.GeoDataFrame:
    rows, lines = [], []
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY | osmium.osm.NODE).with_locations():
        if isinstance(way, osmium.osm.Way) and "highway" in way.tags:
            vertices = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
            if len(vertices) > 1:
                rows.append({"road_id": str(way.id), **{tag: way.tags.get(tag) for tag in TAGS}})
                lines.append(shapely.LineString(vertices))
    return gpd.GeoDataFrame(rows, geometry=lines, crs="EPSG:4326").to_crs(CRS)


def along_streets(network: Network, count: int, spread_m: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    segment = rng.choice(len(network.tail), count, p=network.length_m / network.length_m.sum())
    tail, head, share = network.tail[segment], network.head[segment], rng.random(count)
    x = network.x[tail] + share * (network.x[head] - network.x[tail]) + rng.normal(0, spread_m, count)
    y = network.y[tail] + share * (network.y[head] - network.y[tail]) + rng.normal(0, spread_m, count)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)


def compare(network: Network, homes: gpd.GeoDataFrame, placement: Placement, seconds: dict[str, float]) -> None:
    ends = [np.column_stack([network.x[at], network.y[at]]) for at in (network.tail, network.head)]
    with timed("STRtree", seconds):
        tree = shapely.STRtree(shapely.linestrings(np.stack(ends, axis=1)))
        metres = tree.query_nearest(homes.geometry.array, all_matches=False, return_distance=True)[1]
    worst = float(np.abs(metres - placement.leg_m).max())
    times = seconds["STRtree"] / seconds["snap"]
    print(f"  STRtree {seconds['STRtree']:.2f} s, {times:.1f} times snap; largest difference {worst:.1e} m")


def run(size: int, *, with_tree: bool) -> None:
    seconds: dict[str, float] = {}
    with timed("read", seconds):
        roads = read_streets(Path(os.environ["GEOGRID_REAL_DATA"]) / "heidelberg.osm.pbf")
    with timed("network", seconds):
        network = build_network(roads)
    rng = np.random.default_rng(size)
    homes = along_streets(network, size, 25.0, rng)
    before = peak_gb()
    with timed("snap", seconds):
        placement = snap_to_streets(homes, network)
    ids = [f"F{i:03}" for i in range(FACILITIES)]
    for service in range(SERVICES):
        facilities = snap_to_streets(along_streets(network, FACILITIES, 10.0, rng), network)
        with timed(f"service {service + 1}", seconds):
            answer = nearest_facility(network, placement, facilities, facility_ids=ids)
    print(f"{size:>9,} households on {len(network.x):,} nodes, {len(network.tail):,} segments")
    print("  " + ", ".join(f"{step} {spent:.2f} s" for step, spent in seconds.items()))
    print(f"  peak {peak_gb():.2f} GB ({before:.2f} before snapping); {answer['reason'].value_counts().to_dict()}")
    if with_tree:
        compare(network, homes, placement, seconds)


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int)
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    if options.size:
        run(options.size, with_tree=options.compare)
        return
    for size in SIZES:
        command = [sys.executable, "-m", "tests.bench.bench_travel", "--size", str(size)]
        subprocess.run([*command, *(["--compare"] if options.compare else [])], check=True)


if __name__ == "__main__":
    main()
