"""Vector tiles beside mapbox-vector-tile doing the same (STR tree, clipped, encoded), as ratios in one run; on demand.

    python -m tests.bench.bench_tiles [--grids 5000] [--households 500000]

Grids are a wavy lattice of a town of 40 by 40 km; households lie at random, a tenth of them in one square kilometre. The peer is
what a service that encodes in Python does for a tile, simplified shapes and all; people are not gathered by it, so it is only
asked for tiles where we do not gather either.
"""

from __future__ import annotations

import argparse
import gzip
import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import shapely

from geogrid.tilebase import tile_base
from geogrid.tileshapes import simplified
from geogrid.vectortiles import FINEST_PX, PeopleLayer, ShapeLayer
from geogrid.webmercator import EDGE_M, EXTENT, Tile, limits, to_mercator

if TYPE_CHECKING:
    from collections.abc import Callable

WEST, SOUTH, SIDE = 117.0, 28.0, 0.4
BOX = (WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)


def lattice(count: int) -> gpd.GeoDataFrame:
    """Cells of a lattice whose borders are waves of 20 vertices, with the columns of a published grid."""
    across = round(count**0.5)
    t, step = np.linspace(0, 1, 20, endpoint=False), SIDE / across

    def corner(i: Any, j: Any) -> Any:
        x, y = WEST + i * step, SOUTH + j * step
        return np.column_stack([x + 0.1 * step * np.sin(9 * i + 40 * y / SIDE), y + 0.1 * step * np.sin(7 * j + 40 * x / SIDE)])

    shapes = [
        shapely.Polygon(
            np.vstack(
                [
                    corner(i + t, j + 0 * t),
                    corner(i + 1 + 0 * t, j + t),
                    corner(i + 1 - t, j + 1 + 0 * t),
                    corner(i + 0 * t, j + 1 - t),
                ]
            )
        )
        for i in range(across)
        for j in range(across)
    ]
    n = len(shapes)
    rng = np.random.default_rng(1)
    columns: dict[str, Any] = {"grid_id": [f"G{k}" for k in range(n)], "name": [f"第{k}网格" for k in range(n)]}
    columns |= {f"share_{k}": rng.random(n) for k in range(8)} | {f"covered_{k}": rng.integers(11, 500, n) for k in range(8)}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def people(count: int) -> gpd.GeoDataFrame:
    """Households at random, a tenth of them in a small part of the town."""
    rng = np.random.default_rng(2)
    xy = rng.random((count, 2)) * SIDE + [WEST, SOUTH]
    xy[: count // 10] = rng.random((count // 10, 2)) * 0.01 + [WEST + 0.2, SOUTH + 0.2]
    columns = {
        "household_id": [f"H{k}" for k in range(count)],
        "persons": rng.integers(1, 7, count),
        "grid_id": [f"G{k}" for k in rng.integers(0, 5000, count)],
        "minutes_medical": rng.random(count) * 40,
        "status_medical": rng.choice(["covered", "uncovered"], count),
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.points(xy), crs=4326)


def peer(frame: gpd.GeoDataFrame, z: int, *, is_tiling: bool) -> Callable[[Tile], bytes]:
    """Return how a service in Python makes a tile of a table."""
    shapes = to_mercator(frame.geometry)
    if is_tiling:
        shapes = simplified(shapes, np.full(len(shapes), ""), kind="tiling", tolerance=2 * EDGE_M / 2**z / FINEST_PX)
    tree, rows = shapely.STRtree(shapes), frame.drop(columns="geometry").to_dict("records")

    def make(tile: Tile) -> bytes:
        west, south, east, north = tile.box_m
        pad = tile.side_m / 64
        near = np.sort(tree.query(shapely.box(west - pad, south - pad, east + pad, north + pad)))
        clipped = shapely.clip_by_rect(shapes[near], west - pad, south - pad, east + pad, north + pad)
        features = [{"geometry": g, "properties": rows[k]} for k, g in zip(near, clipped, strict=True) if not g.is_empty]
        return bytes(
            mapbox_vector_tile.encode(
                {"name": "x", "features": features}, default_options={"quantize_bounds": tile.box_m, "extents": EXTENT}
            )
        )

    return make


def middle(z: int) -> Tile:
    """Return the tile of a zoom in the middle of the town."""
    at = limits((WEST + 0.205, SOUTH + 0.205, WEST + 0.205, SOUTH + 0.205), z)
    return Tile(z, at.first_column, at.first_row)


def seconds(make: Callable[[], Any], least_s: float = 1.0) -> float:
    """Return the seconds of one, the least of several."""
    best, end = float("inf"), time.perf_counter() + least_s
    while time.perf_counter() < end:
        start = time.perf_counter()
        make()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Measure, and print a line for each tile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, default=5000)
    parser.add_argument("--households", type=int, default=500_000)
    asked = parser.parse_args()
    grids, homes = lattice(asked.grids), people(asked.households)
    start = time.perf_counter()
    layer = ShapeLayer.of(tile_base(), "grids", grids, kind="tiling")
    print(f"{len(grids)} grids taken in {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    persons = PeopleLayer.of(tile_base(), "households", homes)
    print(f"{len(homes)} households taken in {time.perf_counter() - start:.2f} s")
    for z in (9, 10, 11, 12, 14):
        start = time.perf_counter()
        first = layer.tile(middle(z))
        print(f"grids z {z}: first tile (simplifies all) {time.perf_counter() - start:.2f} s")
        report("grids", z, first, seconds(lambda z=z: layer.tile(middle(z))), peer(grids, z, is_tiling=True))  # type: ignore[misc]
    for z in (9, 12, 14, 15, 16, 17):
        tile = persons.tile(middle(z))
        is_gathered = b"household_id" not in tile
        own = seconds(lambda z=z: persons.tile(middle(z)))  # type: ignore[misc]
        report("households", z, tile, own, None if is_gathered else peer(homes, z, is_tiling=False))
        mine = {f"G{k}" for k in range(250)}
        print(f"  of 250 grids: {seconds(lambda z=z, mine=mine: persons.tile(middle(z), mine)) * 1000:.1f} ms")  # type: ignore[misc]


def report(name: str, z: int, tile: bytes, own_s: float, other: Callable[[Tile], bytes] | None) -> None:
    """Print one line."""
    said = f"{name} z {z}: {own_s * 1000:.1f} ms, {len(tile) / 1024:.0f} KiB, {len(gzip.compress(tile)) / 1024:.0f} compressed"
    if other is not None:
        other_s = seconds(lambda: other(middle(z)), 0.5)
        said += f"; mapbox-vector-tile {other_s / own_s:.1f} times as long"
    print(said, flush=True)


if __name__ == "__main__":
    main()
