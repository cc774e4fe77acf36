"""The service under load, on one machine in one run: items against pygeoapi, maps and tiles, 64 clients, too many, and an attack.

Run it from the repository's folder with ``python -m tests.bench.bench_service [PART …] [--peer PYTHON PROVIDER]``; parts are
items, kinds, crowd, hostile, all of them without a name. PYTHON is an interpreter with pygeoapi as `tests.bench.bench_items` has
it. Clients, attackers and the service are processes of their own, on loopback only; attackers get only what the others leave, for
theirs is another machine. Aims: items at least 10 times as fast; p99 at 64 clients at most 5 times p50; of twice as many clients
some are refused (429, 503) and none is left without an answer; ten hostile uploads raise others' p99 by at most half.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.webmercator import limits
from tests.bench.bench_hostile import PATHS, attacked, payloads
from tests.bench.bench_items import OURS, REPEATS, SOUTH, STEP, WEST, median_ms, peer, town, wanted
from tests.live import ROOT, live
from tests.loading import Wanted, answered, asked, asking
from tests.published import public_report, write_folder
from tests.service import office

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PARTS = ("items", "kinds", "crowd", "hostile")
CROWD = 64
ZOOM = 12
SECONDS = 4.0
GZIP = {"Accept-Encoding": "gzip"}
QUIET_S, ATTACK_S = 15.0, 30.0
PEOPLE, PAUSE_S = 4, 0.02
"""Who reads while others attack: people, not a flood."""


def port_of(address: str) -> int:
    """Return the port of an address."""
    return int(address.rpartition(":")[2])


def a_tile(address: str) -> str:
    """Return the address of a tile in the middle of the polygons."""
    west, south = WEST + 50 * STEP, SOUTH + 25 * STEP
    made = limits((west, south, west + STEP, south + STEP), ZOOM)
    path = f"/api/v1/collections/grids/tiles/WebMercatorQuad/{ZOOM}/{made.first_row}/{made.first_column}"
    urllib.request.urlopen(f"{address}{path}").close()  # noqa: S310 -- our own
    return path


def kinds(address: str) -> dict[str, tuple[list[str], Mapping[str, str]]]:
    """Return kinds of requests: their paths and headers."""
    pages = [f"{OURS}?{query}" for query in wanted()["limit=100"]]
    return {
        "items, 10 new": ([f"{OURS}?limit=10&offset={start}" for start in range(4900)], GZIP),
        "items, 100": (pages, GZIP),
        "items, 304": (pages, {"If-None-Match": "*"}),
        "map": (["/embed/coverage"], GZIP),
        "map, 304": (["/embed/coverage"], {"If-None-Match": "*"}),
        "tile": ([a_tile(address)], GZIP),
        "tile, 304": ([a_tile(address)], {"If-None-Match": "*"}),
        "health": (["/health/live"], {}),
    }


def tell_items(address: str, folder: Path, python: str, provider: str) -> None:
    """Print the times of pages, and how many times those are the peer's."""
    queries = wanted()
    own = {name: median_ms(address, OURS, each)[0] for name, each in queries.items()}
    told = {name: f"ours {taken:6.2f} ms" for name, taken in own.items()}
    if python:
        gpkg = folder / "grids.gpkg"
        town().to_file(gpkg, layer="grids")
        with peer(python, folder, provider) as other:
            for name, each in queries.items():
                taken = median_ms(other, "/collections/grids/items", [f"{query}&f=json" for query in each[: REPEATS // 3]])[0]
                told[name] += f", pygeoapi {provider} {taken:7.2f} ms = {taken / own[name]:5.1f} x"
    print("\n".join(f"{name:18} {line}" for name, line in told.items()), flush=True)


def tell_kinds(address: str) -> None:
    """Print what one client and many get of each kind."""
    for name, (paths, headers) in kinds(address).items():
        for clients in (1, CROWD):
            found = asked(Wanted(port_of(address), paths, clients, SECONDS, headers=headers))
            print(f"{name:14} {clients:4} clients: {found}", flush=True)


def tell_crowd(address: str) -> None:
    """Print what twice as many as there is room for get, of everything in turn."""
    paths = [path for each, _ in kinds(address).values() for path in each[:20]]
    for clients in (CROWD, 2 * CROWD, 8 * CROWD):
        found = asked(Wanted(port_of(address), paths, clients, 2 * SECONDS, headers=GZIP))
        print(f"everything     {clients:4} clients: {found}", flush=True)


@contextmanager
def attack(address: str, key: str) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process send hostile files meanwhile."""
    command = [sys.executable, "-m", "tests.bench.bench_service", "attack", "--at", address]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(key.encode())
    process.stdin.close()
    assert process.stdout is not None
    process.stdout.readline()  # the files are made
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def attack_now(address: str) -> None:
    """Send hostile files, and print how each ended."""
    key = sys.stdin.read()
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with tempfile.TemporaryDirectory() as name:
        files = payloads(Path(name))
        print("made", flush=True)
        for line in asyncio.run(attacked(address, key, files)):
            print(line, flush=True)


def tell_hostile() -> None:
    """Print what others get before and while hostile files are taken in and read."""
    with tempfile.TemporaryDirectory() as name:
        made = office(Path(name))
        with live(workspace=made.path, requests_per_minute="10000000") as address:
            reading = Wanted(port_of(address), list(PATHS), PEOPLE, QUIET_S, PAUSE_S, GZIP)
            asked(replace(reading, seconds=2.0))
            quiet = asked(reading)
            with attack(address, made.keys["planner"]), asking(replace(reading, seconds=ATTACK_S)) as people:
                during = answered(people)
    print(f"before         {PEOPLE:4} clients: {quiet}\nduring         {PEOPLE:4} clients: {during}")
    print(f"ten hostile uploads: p99 x {during.p99 / quiet.p99:.2f} (aim: at most 1.5)", flush=True)


def main() -> None:
    """Print what was asked for."""
    given = argparse.ArgumentParser()
    given.add_argument("parts", nargs="*", default=[])
    given.add_argument("--peer", nargs=2, default=("", ""))
    given.add_argument("--at", default="")
    asked_for = given.parse_args()
    if asked_for.at:
        attack_now(asked_for.at)
        return
    parts = asked_for.parts or PARTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        served = write_folder(replace(public_report(), grids=town()), folder / "check")
        with live(folder=served, requests_per_minute="100000000") as address:
            if "items" in parts:
                tell_items(address, folder, *asked_for.peer)
            if "kinds" in parts:
                tell_kinds(address)
            if "crowd" in parts:
                tell_crowd(address)
    if "hostile" in parts:
        tell_hostile()


if __name__ == "__main__":
    main()
