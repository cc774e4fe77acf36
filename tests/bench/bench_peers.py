"""Travel at county size, alone and beside its peers, as ratios in one run; on demand.

    GEOGRID_REAL_DATA=… python -m tests.bench.bench_peers [--peers PYTHON] [--sizes 10000 100000 1000000] [--networks …]

``PYTHON`` is an interpreter with pandana, networkx and pyvalhalla (0.8, 3.7 and 3.9.1 were run on CPython 3.12), in an
environment of its own; without it only our side runs. Two networks: the streets of Heidelberg (``heidelberg.osm.pbf``) and a
made-up lattice of 10⁶ nodes, 100 m apart, each moved at random by up to 35 m, a tenth of the segments left out. 10⁴, 10⁵ and
10⁶ households stand 25 m (standard deviation) from the streets; three services have 100 facilities each. Every case runs in a
process of its own, so that its peak memory is its own; seconds are of the wall, those of the processor behind them in brackets:
on a busy machine only the latter tell anything.

What each does, and what the ratios compare:

- *geogrid*: network from street lines, made ready; every household onto the nearest point of the nearest street (exact); the way
  to the nearest facility of each service, however far, legs counted; what-ifs of one facility; all of it again from a saved
  network and saved places. Its end to end is network + ready + households onto streets + three services.
- *geogrid from node to node* does what the peers do: it gets nodes and segments ready-made, puts every household on its nearest
  node, and finds the nearest facility's node, however far. End to end is ready + nodes + three services.
- *pandana*: gets nodes and segments ready-made; contracts them; households onto their nearest node; per service the nearest
  facility's node of every node within 1,250 m. End to end is build + nodes + three services.
- *networkx*: gets the same; a graph of dictionaries; per service one Dijkstra from all facilities' nodes, however far, looked up
  for every household; it is given the households' nodes. End to end is build + three services.
- *Valhalla* (Heidelberg only): tiles from the file; for a sample of 200 households ways to the facilities of one service in the
  order of their straight distances, until none could be nearer; its seconds per household times the households.

That the answers agree is checked on the problem from node to node up to 1,250 m.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import KDTree

from geogrid import io
from geogrid.graph import Graph, measure, prepare, to_metres
from geogrid.nearest import search
from geogrid.network import build_network
from geogrid.results import Network, Placement
from geogrid.saved import Shelf, network_key, placement_key
from geogrid.settings import settle
from geogrid.town import Placed, Town
from geogrid.travel import nearest_facility, snap_to_streets
from geogrid.whatif import Change, start
from tests.bench.peer_bench import LIMIT_M, Clock
from tests.bench.router_causes import take

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CRS = "EPSG:32632"
SIZES = (10_000, 100_000, 1_000_000)
NETWORKS = ("heidelberg", "made-up")
SERVICES = ("education", "medical", "sport")
FACILITIES, ACROSS, APART_M, MOVED_M, KEPT = 300, 1000, 100.0, 35.0, 0.9
CHANGES, SAMPLE, SEED = 20, 200, 20_261_122
ORIGIN = (470_000.0, 5_460_000.0)


def lattice(rng: np.random.Generator, across: int) -> gpd.GeoDataFrame:
    """Return rows and columns of a jittered lattice as streets, broken where a segment is left out."""
    at = np.stack(np.meshgrid(np.arange(across), np.arange(across), indexing="ij"), axis=-1) * APART_M + np.array(ORIGIN)
    at = at + rng.uniform(-MOVED_M, MOVED_M, at.shape)
    lines: list[Any] = []
    for rows in (at, at.transpose(1, 0, 2)):
        for row in rows:
            runs = np.split(np.arange(across), np.flatnonzero(rng.random(across - 1) > KEPT) + 1)
            lines += [shapely.LineString(row[run]) for run in runs if len(run) > 1]
    return gpd.GeoDataFrame({"road_id": [f"L{i}" for i in range(len(lines))], "highway": "residential"}, geometry=lines, crs=CRS)


def streets(name: str) -> gpd.GeoDataFrame:
    """Return the streets of a case, projected."""
    if name == "heidelberg":
        return io.read_roads(Path(os.environ["GEOGRID_REAL_DATA"]) / "heidelberg.osm.pbf").table.to_crs(CRS)
    return lattice(np.random.default_rng(SEED), ACROSS)


def along_streets(network: Network, count: int, spread_m: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return random points about the streets."""
    segment = rng.choice(len(network.tail), count, p=network.length_m / network.length_m.sum())
    tail, head, share = network.tail[segment], network.head[segment], rng.random(count)
    x = network.x[tail] + share * (network.x[head] - network.x[tail]) + rng.normal(0, spread_m, count)
    y = network.y[tail] + share * (network.y[head] - network.y[tail]) + rng.normal(0, spread_m, count)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)


def ours(name: str, size: int, folder: Path) -> None:
    """Run our side of one case; leave what the peers need and what was found in the folder."""
    clock, shelf = Clock(), Shelf(folder / "saved")
    with clock("read"):
        roads = streets(name)
    with clock("network"):
        network = build_network(roads)
    with clock("ready"):
        graph = prepare(network)
    rng = np.random.default_rng(size)
    homes, facilities = along_streets(network, size, 25.0, rng), along_streets(network, FACILITIES, 10.0, rng)
    before = peak_gb()
    with clock("households onto streets"):
        at_home = snap_to_streets(homes, network)
    at_facility = snap_to_streets(facilities, network)
    with clock("households measured"):
        places = measure(graph, at_home)
    reached = []
    for number in range(len(SERVICES)):
        rows = np.arange(number, FACILITIES, len(SERVICES))
        with clock(f"service {number + 1}"):
            found = nearest_facility(graph, places, take(at_facility, rows), facility_ids=[f"F{row:03}" for row in rows])
        reached.append(float((found["metres"] <= LIMIT_M).mean()))
    peak = peak_gb()
    from_nodes = hand_over(graph, (homes, facilities), folder)
    keep(shelf, roads, network, homes, at_home)
    again(clock, shelf, roads, homes)
    what_ifs(clock, roads, Placed(graph, at_home, at_facility), homes, facilities)
    said = {"steps": clock.steps, "peak_gb": peak, "before_homes_gb": before, "whole_peak_gb": peak_gb(), "reached": reached}
    said["from nodes"] = {"steps": from_nodes.steps, "peak_gb": peak}
    said |= {"nodes": len(network.x), "segments": len(network.tail), "streets": len(roads)}
    (folder / "ours.json").write_text(json.dumps(said))


def peak_gb() -> float:
    """Return the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def keep(shelf: Shelf, roads: gpd.GeoDataFrame, network: Network, homes: gpd.GeoDataFrame, at_home: Placement) -> None:
    """Save what the first run made."""
    key = network_key(roads, mode="walk", speed_kmh=network.speed_kmh)
    shelf.keep_network(key, network)
    shelf.keep_placement(placement_key(key, homes, max_snap_m=200.0), at_home)


def again(clock: Clock, shelf: Shelf, roads: gpd.GeoDataFrame, homes: gpd.GeoDataFrame) -> None:
    """Take network and places from the shelf, hashes of the inputs included."""

    def never() -> Any:
        raise RuntimeError("not found on the shelf")

    with clock("saved network"):
        key = network_key(roads, mode="walk", speed_kmh=5.0)
        shelf.network(key, never)
    with clock("saved places"):
        shelf.placement(placement_key(key, homes, max_snap_m=200.0), never)


def what_ifs(
    clock: Clock, roads: gpd.GeoDataFrame, placed: Placed, homes: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame
) -> None:
    """Add, close and move one facility, each alone, at different places; and say who gains and loses."""
    town = town_of(roads, placed, homes, facilities)
    with clock("what-if: start"):
        base = start(town)
    rng = np.random.default_rng(SEED)
    spots = along_streets(placed.network, 2 * CHANGES, 5.0, rng).to_crs(4326).geometry
    there = [{"lon": point.x, "lat": point.y} for point in spots]
    ids = [f"F{row:03}" for row in rng.permutation(FACILITIES)[: 2 * CHANGES]]
    changes = {
        "add": [Change("add", f"N{i:03}", services=(SERVICES[i % 3],), **there[i]) for i in range(CHANGES)],
        "close": [Change("close", ids[i]) for i in range(CHANGES)],
        "move": [Change("move", ids[CHANGES + i], **there[CHANGES + i]) for i in range(CHANGES)],
    }
    for kind, several in changes.items():
        for number, change in enumerate(several):
            with clock(f"{kind} {number}"):
                after = base.apply(change)
            with clock(f"effect of {kind} {number}"):
                after.effect()


def town_of(roads: gpd.GeoDataFrame, placed: Placed, homes: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> Town:
    """Return the case as a town of one grid."""
    grid = gpd.GeoDataFrame(
        {"grid_id": ["G1"], "name": ["G1"], "parent_id": [None]}, geometry=[shapely.box(*homes.total_bounds)], crs=CRS
    )
    count = len(homes)
    persons = np.random.default_rng(SEED).integers(1, 7, count)
    people = {"persons": persons, "aged_65": persons // 4, "children_0_14": persons // 3, "grid_id": "G1"}
    households = gpd.GeoDataFrame({"household_id": np.arange(count).astype(str), **people}, geometry=homes.geometry, crs=CRS)
    services = [(SERVICES[row % len(SERVICES)],) for row in range(len(facilities))]
    names = [f"F{row:03}" for row in range(len(facilities))]
    offered = gpd.GeoDataFrame(
        {"facility_id": names, "name": names, "services": services, "status": "built", "grid_id": "G1"},
        geometry=facilities.geometry,
        crs=CRS,
    )
    settings = settle({"services": list(SERVICES)}, offered=SERVICES)
    return Town(settings, homes.crs, grid, None, None, households, offered, roads, {"walk": placed})


def hand_over(graph: Graph, points: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], folder: Path) -> Clock:
    """Solve the problem from node to node, write it for the peers, and return what it took us."""
    network, clock = graph.network, Clock()
    homes, facilities = (np.column_stack([part.geometry.x, part.geometry.y]) for part in points)
    with clock("ready"):
        graph = prepare(network)
    with clock("homes onto nodes"):
        tree = KDTree(np.column_stack([network.x, network.y]))
        at_home = tree.query(homes)[1].astype(np.int64)
    at_facility = tree.query(facilities)[1].astype(np.int64)
    service, metres = np.arange(FACILITIES) % len(SERVICES), []
    for number in range(len(SERVICES)):
        with clock(f"service {number + 1}"):
            stops = measure(graph, on_nodes(network, at_facility[service == number]))
            metres.append(to_metres(search(graph, stops, np.arange(len(stops))).units[at_home]))
    given: dict[str, Any] = {
        "x": network.x,
        "y": network.y,
        "tail": network.tail,
        "head": network.head,
        "length_m": network.forward_m,
    }
    np.savez(folder / "given.npz", homes=homes, at_home=at_home, at_facility=at_facility, service=service, **given)
    np.save(folder / "expected.npy", np.array(metres))
    return clock


def on_nodes(network: Network, nodes: Ints) -> Placement:
    """Return places at nodes, without legs: the end of any segment there."""
    ends = np.concatenate([network.tail, network.head])
    order = np.argsort(ends, kind="stable")
    segment = order[np.searchsorted(ends[order], nodes)] % len(network.tail)
    along = np.where(network.head[segment] == nodes, network.length_m[segment], 0.0)
    return Placement(segment, along, np.zeros(len(nodes)))


def peer(python: str, name: str, folder: Path, limit_s: float) -> dict[str, Any] | None:
    """Run one peer on the case in the folder, and compare its answers with ours; None if it takes too long."""
    program, target = Path(__file__).with_name("peer_bench.py"), folder / f"{name}.npz"
    command = [python, str(program), name, str(folder / "given.npz"), str(target)]
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return None
    answer = np.load(target)
    said: dict[str, Any] = json.loads(str(answer["said"]))
    expected = np.load(folder / "expected.npy")
    expected = np.where(expected < LIMIT_M, expected, np.inf)
    both = np.isfinite(expected) & np.isfinite(answer["metres"])
    said["found by one only"] = int((np.isfinite(expected) != np.isfinite(answer["metres"])).sum())
    said["largest difference"] = float(np.abs(expected[both] - answer["metres"][both]).max(initial=0.0))
    return said


def total(steps: Mapping[str, tuple[float, float]], *names: str) -> Floats:
    """Return the seconds of some steps: of the wall, and of the processor."""
    spent: Floats = np.array([steps[name] for name in names]).sum(axis=0)
    return spent


NODES = "geogrid from node to node"
SERVICE_STEPS = tuple(f"service {number + 1}" for number in range(len(SERVICES)))
END_TO_END = {
    "geogrid": ("network", "ready", "households onto streets", "households measured", *SERVICE_STEPS),
    NODES: ("ready", "homes onto nodes", *SERVICE_STEPS),
    "pandana": ("build", "homes onto nodes", *SERVICE_STEPS),
    "networkx": ("build", *SERVICE_STEPS),
}


def one(name: str, size: int, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run a case on both sides, and print it."""
    subprocess.run([sys.executable, "-m", "tests.bench.bench_peers", "--ours", name, str(size), str(folder)], check=True)
    our = json.loads((folder / "ours.json").read_text())
    said: dict[str, Any] = {"geogrid": our, NODES: our["from nodes"]}
    for other in options.against if options.peers else ():
        found = peer(options.peers, other, folder, options.limit)
        if found is None:
            print(f"{other}: not done in {options.limit:.0f} s: {name}, {size:,} households", flush=True)
        else:
            said[other] = found
    show(name, size, said)
    return said


def show(name: str, size: int, said: Mapping[str, Any]) -> None:
    """Print a case."""
    our = said["geogrid"]
    print(f"\n{name}, {size:,} households, {our['nodes']:,} nodes, {our['segments']:,} segments, {our['streets']:,} streets")
    print(f"  seconds of the wall (of the processor); load {os.getloadavg()[0]:.1f}")
    for side, found in said.items():
        steps = found["steps"]
        shown = (step for step in steps if not step.startswith(("add", "close", "move", "effect")))
        print(f"  {side}: " + ", ".join(f"{step} {seconds(steps[step])}" for step in shown))
        print(f"    end to end {seconds(total(steps, *END_TO_END[side]))}; peak {found['peak_gb']:.2f} GB", end="")
        if side == "geogrid":
            print(f" ({our['whole_peak_gb']:.2f} with what-ifs); within {LIMIT_M:.0f} m: {np.round(our['reached'], 3).tolist()}")
            print_what_ifs(steps)
        elif side == NODES:
            print()
        else:
            print_ratios(side, found, said)
    sys.stdout.flush()


def print_ratios(side: str, found: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Print how many times our seconds a peer takes, and how its answers differ."""
    print(f"; {side} {found['version']}; largest difference {found['largest difference']:.3f} m", end="")
    print(f", found by one only {found['found by one only']}")
    whole, services = total(found["steps"], *END_TO_END[side]), total(found["steps"], *SERVICE_STEPS)
    built = total(found["steps"], "build") + services
    same, own = said[NODES]["steps"], said["geogrid"]["steps"]
    ratios = {
        "end to end, each its own work": whole / total(own, *END_TO_END["geogrid"]),
        "node to node, end to end": whole
        / total(same, *(step for step in END_TO_END[NODES] if step in same and (side == "pandana" or "homes" not in step))),
        "node to node, build + services": built / total(same, "ready", *SERVICE_STEPS),
        "node to node, services": services / total(same, *SERVICE_STEPS),
    }
    print("    times geogrid: " + "; ".join(f"{what} {wall:.1f} ({cpu:.1f})" for what, (wall, cpu) in ratios.items()))


def seconds(spent: Sequence[float] | Floats) -> str:
    """Return seconds of the wall and of the processor as text."""
    return f"{spent[0]:.2f} ({spent[1]:.2f})"


def print_what_ifs(steps: Mapping[str, tuple[float, float]]) -> None:
    """Print median and largest of each kind of what-if."""
    rows = []
    for kind in ("add", "close", "move", "effect of add", "effect of close", "effect of move"):
        wall, cpu = 1000 * np.array([steps[f"{kind} {number}"] for number in range(CHANGES)]).T
        rows.append(f"{kind} {np.median(wall):.0f} ≤ {wall.max():.0f} ({np.median(cpu):.0f} ≤ {cpu.max():.0f})")
    print("    what-if of one facility, ms, median ≤ largest: " + ", ".join(rows))


def engine(python: str, folder: Path) -> None:
    """Ask the routing engine for the nearest facility of a sample of Heidelberg's households, and print seconds for each."""
    shutil.copy(Path(os.environ["GEOGRID_REAL_DATA"]) / "heidelberg.osm.pbf", folder / "streets.osm.pbf")
    given = np.load(folder / "given.npz")
    points = [
        gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=CRS).to_crs(4326)
        for xy in (
            given["homes"][:SAMPLE],
            np.column_stack([given["x"], given["y"]])[given["at_facility"][given["service"] == 0]],
        )
    ]
    origin, goal = (np.column_stack([part.x, part.y]) for part in points)
    np.savez(folder / "ask.npz", origin=origin, goal=goal, mode="walk", near=1)
    subprocess.run([python, str(Path(__file__).with_name("peer_router.py")), str(folder)], check=True)
    built, chosen, routed = np.load(folder / "answer.npz")["seconds"]
    print(
        f"  Valhalla: tiles {built:.1f} s; nearest of {len(goal)} {1000 * chosen / SAMPLE:.2f} ms a household (and its way ",
        end="",
    )
    print(f"{1000 * routed / SAMPLE:.2f} ms): {chosen / SAMPLE * 1e6:,.0f} s for 10⁶ households and one service", flush=True)


def growth(results: Mapping[int, Any]) -> None:
    """Print how seconds for what depends on households grow with their number."""
    spent = {size: total(said["geogrid"]["steps"], *END_TO_END["geogrid"][2:]) for size, said in sorted(results.items())}
    per = [f"{size:,}: {seconds(each)} s, {1e6 * each[1] / size:.2f} µs a household" for size, each in spent.items()]
    print("  growth (onto streets, measured, three services): " + "; ".join(per), flush=True)


def main() -> None:
    """Run all cases."""
    if sys.argv[1:2] == ["--ours"]:
        ours(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python with pandana, networkx and pyvalhalla")
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS))
    parser.add_argument("--against", nargs="+", default=["pandana", "networkx"], choices=["pandana", "networkx"])
    parser.add_argument("--limit", type=float, default=900.0, help="seconds that a peer may take for a case")
    options = parser.parse_args()
    print(
        f"{platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}, load {os.getloadavg()[0]:.1f}", flush=True
    )
    for name in options.networks:
        results = {}
        for size in options.sizes:
            with tempfile.TemporaryDirectory() as folder:
                results[size] = one(name, size, options, Path(folder))
                if options.peers and name == "heidelberg" and size == min(options.sizes):
                    engine(options.peers, Path(folder))
        growth(results)


if __name__ == "__main__":
    main()
