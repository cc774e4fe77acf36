"""Ways along the streets against an independent routing engine (Valhalla); run on demand, outside CI.

    GEOGRID_REAL_DATA=… python -m tests.bench.compare_router --peer PYTHON [--places guixi heidelberg] [--modes walk bicycle car]

``PYTHON`` is an interpreter with pyvalhalla (3.9.1 and CPython 3.12 were run), in an environment of its own. Both sides build
their own graph from the same file and answer the same questions: the shortest way from 1,000 homes (``--homes``) to a random
facility within 5 km, and to the nearest of all facilities, from street to street, legs left out. Points are where *we* snap homes
and facilities (Guixi: the real ones; Heidelberg: random points along the streets); the engine snaps them again by itself. Metres
are measured in one projected CRS on both sides: theirs along the vertices of the way they return, because the engine's own metres
are whole metres per edge on a sphere.

Time is left out: every street gets the same speed here and the engine is asked for the shortest way.

Two comparisons for each place and mode:

- *as mapped*: each side by its own rules of who may use what. Every difference of more than 10 m or more than 1 % is explained by
  the first thing on the shorter way that the other side bars, and listed.
- *same streets*: the engine gets a file with exactly the streets that we find usable, stripped of all tags but level and
  the direction that we read from them, so that only the search and the topology are compared.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from pyproj import Transformer

from geogrid import io
from geogrid.graph import prepare
from geogrid.modes import street_use
from geogrid.network import build_network
from geogrid.results import Network, Placement
from geogrid.travel import nearest_facility, snap_to_streets
from tests.bench.router_causes import SAME_M, SAME_SHARE, Compared, Explainer, Town, ask, counted, positions, spot, take

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

PLACES = {"guixi": ("guixi/roads.osm", 4548), "heidelberg": ("heidelberg.osm.pbf", 32632)}
HOMES, FACILITIES, FAR_M = 1000, 300, 5000.0
LEVEL_TAGS = ("bridge", "tunnel", "layer")
NODE_TAGS = ("barrier", "access", "foot", "bicycle", "motor_vehicle", "vehicle")
NUDGE = (-5e-6, 0.0, 5e-6)
"""Degrees that rounding may move a node by."""

SEED = 20_261_122


def read_town(file: Path, epsg: int, mode: str) -> Town:
    """Return a place as one mode sees it, every street at one speed."""
    roads = io.read_roads(file).table.to_crs(epsg)
    network = build_network(roads.assign(speed_kmh=5.0), mode=mode, speed_kmh=5.0)
    tags: dict[int, dict[str, str]] = {}
    shapes: dict[int, shapely.LineString] = {}
    for way in osmium.FileProcessor(str(file), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        if isinstance(way, osmium.osm.Way) and ("highway" in way.tags or "route" in way.tags):
            vertices = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
            if len(vertices) > 1:
                tags[way.id], shapes[way.id] = dict(way.tags), shapely.LineString(vertices)
    lines = gpd.GeoSeries(shapes, crs=4326).to_crs(epsg)
    return Town(file, roads, prepare(network), tags, lines, tagged_nodes(file))


def tagged_nodes(file: Path) -> dict[tuple[int, int], dict[str, str]]:
    """Return what nodes say that may stop somebody, by rounded position and its neighbours."""
    turns = restrictions(file)
    nodes: dict[tuple[int, int], dict[str, str]] = {}
    node: Any
    for node in osmium.FileProcessor(str(file), osmium.osm.NODE):
        found = {key: value for key, value in node.tags if key in NODE_TAGS} | turns.get(node.id, {})
        if found:
            nodes |= {spot(node.location.lon + dx, node.location.lat + dy): found for dx in NUDGE for dy in NUDGE}
    return nodes


def restrictions(file: Path) -> dict[int, dict[str, str]]:
    """Return the kind of turn restriction by the node where it holds."""
    found: dict[int, dict[str, str]] = {}
    relation: Any
    for relation in osmium.FileProcessor(str(file), osmium.osm.RELATION):
        if relation.tags.get("type") == "restriction":
            for member in relation.members:
                if member.role == "via" and member.type == "n":
                    found[member.ref] = {"restriction": relation.tags.get("restriction", "")}
    return found


def write_streets(town: Town, mode: str, target: Path, *, same: bool) -> None:
    """Write the engine's file: the extract as it is, or only the streets that we find usable, with few tags; drop old tiles."""
    shutil.rmtree(target.parent / "tiles", ignore_errors=True)
    use = street_use(town.roads, mode)
    direction = np.select([use["forward"] & use["backward"], use["forward"]], ["no", "yes"], "-1")
    usable = use["reason"].eq("").to_numpy()
    road_ids = town.roads.loc[usable, "road_id"].str.removeprefix("w").str.split("-").str[0].astype(int)
    oneway = dict(zip(road_ids, direction[usable], strict=True))
    writer = osmium.SimpleWriter(str(target), overwrite=True)
    for item in osmium.FileProcessor(str(town.file)):
        if not same:
            writer.add(item)
        elif isinstance(item, osmium.osm.Node):
            writer.add(item.replace(tags={}))
        elif isinstance(item, osmium.osm.Way) and item.id in oneway:
            kept = {key: value for key, value in item.tags if key in LEVEL_TAGS}
            writer.add(item.replace(tags={**kept, "highway": "residential", "oneway": oneway[item.id]}))
    writer.close()


def without_legs(placement: Placement) -> Placement:
    return Placement(placement.segment, placement.along_m, np.zeros(len(placement.segment)))


def sample(town: Town, place: str, rng: np.random.Generator, count: int) -> tuple[Placement, Placement]:
    """Return homes and facilities on the streets: the real ones of Guixi, random ones elsewhere."""
    network = town.network
    if place == "guixi":
        folder = town.file.parent
        homes = io.read_households(folder / "households.csv").table.to_crs(network.crs).sample(count, random_state=SEED)
        facilities = io.read_facilities(folder / "facilities.csv").table.to_crs(network.crs)
        on = [snap_to_streets(points, network) for points in (homes, facilities)]
        return without_legs(take(on[0], np.flatnonzero(~on[0].unreached))), without_legs(
            take(on[1], np.flatnonzero(~on[1].unreached))
        )
    return along(network, count, rng), along(network, FACILITIES, rng)


def along(network: Network, count: int, rng: np.random.Generator) -> Placement:
    """Return random places along streets where one may stop."""
    weight = network.length_m * network.is_stop
    segment = rng.choice(len(weight), count, p=weight / weight.sum())
    return Placement(segment, rng.random(count) * network.length_m[segment], np.zeros(count))


def pairs(town: Town, answer: Mapping[str, Any], ends: tuple[Placement, Placement], goal: Ints | None) -> Compared:
    """Put our answer beside theirs: for the given goals, or (None) for the nearest of all facilities."""
    homes, facilities = ends
    degrees = Transformer.from_crs(4326, town.network.crs, always_xy=True)
    flat = np.column_stack(degrees.transform(*answer["vertices"].T))
    ways = [flat[start:stop] for start, stop in pairwise(answer["begin"])]
    theirs = np.array([shapely.LineString(way).length if len(way) > 1 else np.nan if not len(way) else 0.0 for way in ways])
    if goal is None:
        names = [f"{row:05}" for row in range(len(facilities.segment))]
        found = nearest_facility(town.graph, homes, facilities, facility_ids=names)
        return Compared(found["metres"].to_numpy(), theirs, np.arange(len(ways)), found["facility"].to_numpy(), ways)
    ours = np.full(len(goal), np.nan)
    for each in np.unique(goal):
        rows = np.flatnonzero(goal == each)
        one = nearest_facility(town.graph, take(homes, rows), take(facilities, np.array([each])), facility_ids=["one"])
        ours[rows] = one["metres"]
    return Compared(ours, theirs, np.arange(len(ways)), goal, ways)


def figures(found: Compared) -> dict[str, Any]:
    """Return the shares that agree, of those where at least one side finds a way."""
    some = ~(np.isnan(found.ours) & np.isnan(found.theirs))
    gap = np.abs(found.ours - found.theirs)[some]
    share = gap / np.maximum(found.ours[some], found.theirs[some])
    return {
        "asked": len(found.ours),
        "neither": int((~some).sum()),
        "only we": int((np.isfinite(found.ours) & np.isnan(found.theirs)).sum()),
        "only they": int((np.isnan(found.ours) & np.isfinite(found.theirs)).sum()),
        "median m": float(np.nanmedian(found.ours)),
        "≤ 1 m": float((gap <= 1).mean()),
        "≤ 10 m": float((gap <= SAME_M).mean()),
        "≤ 1 %": float((share <= SAME_SHARE).mean()),
        "either": float(((gap <= SAME_M) | (share <= SAME_SHARE)).mean()),
    }


def near_by(network: Network, ends: tuple[Placement, Placement], rng: np.random.Generator) -> Ints:
    """Return for every home a random facility within 5 km, or the nearest one, as the crow flies."""
    homes, facilities = (positions(network, part) for part in ends)
    away = shapely.distance(shapely.points(homes)[:, None], shapely.points(facilities)[None, :])
    away = np.where(away <= np.maximum(away.min(axis=1, keepdims=True), FAR_M), rng.random(away.shape), np.inf)
    return np.asarray(away.argmin(axis=1))


def compare(
    peer: str, place: str, mode: str, folder: Path, count: int
) -> Iterator[tuple[dict[str, Any], list[tuple[str, int, float]]]]:
    """Yield a row of figures and the counted causes of larger differences, for each kind of comparison."""
    name, epsg = PLACES[place]
    town = read_town(Path(os.environ["GEOGRID_REAL_DATA"]) / name, epsg, mode)
    rng = np.random.default_rng(SEED)
    ends = sample(town, place, rng, count)
    lonlat = Transformer.from_crs(epsg, 4326, always_xy=True)
    here, there = (np.column_stack(lonlat.transform(*positions(town.network, part).T)) for part in ends)
    goal = near_by(town.network, ends, rng)
    for same in (False, True):
        at = folder / f"{place}-{mode}-{'same' if same else 'mapped'}"
        at.mkdir(parents=True, exist_ok=True)
        write_streets(town, mode, at / "streets.osm.pbf", same=same)
        explainer = Explainer(town, peer, at, mode)
        for kind, wanted in (("pairs", goal), ("nearest", None)):
            points = (here, there if wanted is None else there[wanted])
            answer = ask(peer, at, mode=mode, points=points, near=wanted is None)
            found = pairs(town, answer, ends, wanted)
            causes = explainer.causes(found, ends)
            row = {"place": place, "mode": mode, "streets": "same" if same else "mapped", "asked for": kind, **figures(found)}
            yield {**row, "seconds": answer["seconds"].round(2).tolist()}, counted(found, causes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--places", nargs="+", default=list(PLACES))
    parser.add_argument("--modes", nargs="+", default=["walk", "bicycle", "car"])
    parser.add_argument("--homes", type=int, default=HOMES)
    parser.add_argument("--keep", type=Path, help="folder for the engine's files; a temporary one unless given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for place in options.places:
            for mode in options.modes:
                for row, causes in compare(options.peer, place, mode, folder, options.homes):
                    print(pd.Series(row).to_json(force_ascii=False), flush=True)
                    for cause, count, most in causes:
                        print(f"    {count:>5}  ≤ {most:7.1f} m  {cause}", flush=True)


if __name__ == "__main__":
    main()
