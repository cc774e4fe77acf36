"""Pages of features against pygeoapi with its file providers: the same 5,000 polygons, the same machine, one run.

Run it from the repository's folder with ``python -m tests.bench.bench_items PYTHON [PYTHON]``. The first PYTHON is an interpreter
of an environment that has pygeoapi, starlette, uvicorn, geopandas, pyarrow and s3fs; the last one serves the providers OGR and
SQLiteGPKG, which want GDAL's Python module and an sqlite3 that loads extensions. Without any, only our own times are told. Each
request is made one after the other on one connection; a ratio is the peer's median time over ours.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from tests.live import live, wait_for
from tests.published import public_report, write_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLUMNS, ROWS = 100, 50
WEST, SOUTH, STEP = 117.0, 28.0, 0.004
REPEATS = 60
OURS = "/api/v1/collections/grids/items"
PEERS = {"Parquet": "grids.parquet", "SQLiteGPKG": "grids.gpkg", "OGR": "grids.gpkg", "GeoJSON": "grids.geojson"}


def town() -> gpd.GeoDataFrame:
    """Return 5,000 polygons of 40 vertices with twenty properties each."""
    rng = np.random.default_rng(7)
    rows = []
    for number in range(COLUMNS * ROWS):
        column, row = number % COLUMNS, number // COLUMNS
        box = shapely.box(column, row, column + 1, row + 1)
        shape = shapely.transform(shapely.segmentize(box, 0.1), lambda xy: np.round(np.array([WEST, SOUTH]) + xy * STEP, 7))
        figures = {f"figure_{each}": int(rng.integers(0, 5000)) for each in range(12)}
        shares = {f"share_{each}": float(rng.random()) for each in range(6)}
        rows.append({"grid_id": f"G{number:05}", "name": f"第{number}网格", **figures, **shares, "geometry": shape})
    return gpd.GeoDataFrame(rows, crs="EPSG:4326")


def wanted() -> dict[str, list[str]]:
    """Return the queries, each a list that is gone through: pages at random places, and boxes."""
    random.seed(1)
    asked = {f"limit={n}": [f"limit={n}&offset={random.randrange(0, 4000)}" for _ in range(REPEATS)] for n in (10, 100, 1000)}  # noqa: S311
    asked["bbox, limit=100"] = [f"limit=100&bbox={_box()}" for _ in range(REPEATS)]
    return asked


def _box() -> str:
    west = WEST + random.random() * COLUMNS * STEP * 0.8  # noqa: S311
    south = SOUTH + random.random() * ROWS * STEP * 0.8  # noqa: S311
    return f"{west:.5f},{south:.5f},{west + 10 * STEP:.5f},{south + 10 * STEP:.5f}"


def median_ms(address: str, path: str, queries: list[str], headers: Mapping[str, str] | None = None) -> tuple[float, int]:
    """Return the median time of some requests, and the features of the last."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=120)
    times, body = [], b""
    for query in queries[:3] + queries:
        began = time.perf_counter()
        connection.request("GET", f"{path}?{query}", headers=dict(headers or {}))
        body = connection.getresponse().read()
        times.append((time.perf_counter() - began) * 1000)
    connection.close()
    return statistics.median(times[3:]), len(json.loads(body)["features"]) if body else 0


@contextmanager
def peer(python: str, folder: Path, provider: str) -> Iterator[str]:
    """Serve the same polygons with pygeoapi."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = str(folder / PEERS[provider])
    source: dict[str, object] = {"type": "feature", "name": provider, "data": file, "id_field": "grid_id", "table": "grids"}
    if provider == "OGR":
        source |= {"data": {"source_type": "GPKG", "source": file}, "layer": "grids"}
    config = _config(port, source)
    (folder / "config.yml").write_text(json.dumps(config), encoding="utf-8")
    (folder / "openapi.yml").write_text(json.dumps({"openapi": "3.0.2", "info": {"title": "x", "version": "1"}, "paths": {}}))
    given = {**os.environ, "PYGEOAPI_CONFIG": str(folder / "config.yml"), "PYGEOAPI_OPENAPI": str(folder / "openapi.yml")}
    command = [python, "-m", "uvicorn", "pygeoapi.starlette_app:APP", "--port", str(port), "--log-level", "critical"]
    process = subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/conformance")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _config(port: int, source: Mapping[str, object]) -> dict[str, object]:
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": 10000},
            "map": {"url": "x", "attribution": "x"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {"title": "x", "description": "x", "keywords": ["x"], "terms_of_service": "x", "url": "http://x"},
            "license": {"name": "x", "url": "http://x"},
            "provider": {"name": "x", "url": "http://x"},
            "contact": {"name": "x"},
        },
        "resources": {
            "grids": {
                "type": "collection",
                "title": "grids",
                "description": "x",
                "keywords": ["x"],
                "links": [],
                "extents": {"spatial": {"bbox": [117, 28, 118, 29], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
                "providers": [source],
            }
        },
    }


def main() -> None:
    """Print the medians and ratios."""
    frame, queries = town(), wanted()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        served = write_folder(replace(public_report(), grids=frame), folder / "check")
        with live(folder=served, requests_per_minute="10000000") as address:
            own = {key: median_ms(address, OURS, each) for key, each in queries.items()}
            packed = {key: median_ms(address, OURS, each, {"Accept-Encoding": "identity"})[0] for key, each in queries.items()}
            same = _unchanged_ms(address)
        for key, (taken, count) in own.items():
            print(f"ours  {key:18} first {taken:7.2f} ms, again {packed[key]:6.2f} ms   {count} features")
        print(f"ours  304                {same:7.2f} ms")
        for provider, file in PEERS.items() if len(sys.argv) > 1 else ():
            if file.endswith("parquet"):
                frame.to_parquet(folder / file, schema_version="1.1.0", write_covering_bbox=True)
            elif not (folder / file).exists():
                frame.to_file(folder / file, layer="grids")
            _tell(provider, folder, queries, own)


def _tell(provider: str, folder: Path, queries: Mapping[str, list[str]], own: Mapping[str, tuple[float, int]]) -> None:
    python = sys.argv[-1] if provider in ("OGR", "SQLiteGPKG") else sys.argv[1]
    with peer(python, folder, provider) as address:
        for key, each in queries.items():
            few = each if provider != "GeoJSON" else each[:6]
            try:
                taken, count = median_ms(address, "/collections/grids/items", [f"{query}&f=json" for query in few])
            except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
                print(f"pygeoapi {provider} {key}: cannot ({error!r})")
                continue
            print(f"pygeoapi {provider:10} {key:18} {taken:8.2f} ms   {taken / own[key][0]:6.1f} times ours   {count} features")


def _unchanged_ms(address: str) -> float:
    """Return the median time of asking again for a page that is already there."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request("GET", f"{OURS}?limit=1000")
    answer = connection.getresponse()
    answer.read()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        connection.request("GET", f"{OURS}?limit=1000", headers={"If-None-Match": answer.headers["ETag"]})
        assert connection.getresponse().read() == b""
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
