"""The side of ``compare_router`` and ``bench_peers`` that runs in a Python which has pyvalhalla; it imports nothing of geogrid.

    PYTHON peer_router.py FOLDER

The folder holds ``streets.osm.pbf`` and ``ask.npz`` with origin and goal (n × 2, degrees), mode, and near (0 or 1). Tiles are
built once into the folder. With near = 0 the way from each origin to its goal is asked for; with near = 1 every origin is asked
for the nearest of all goals, then for the way to it. ``answer.npz`` gets goal (row, -1 where there is no way), metres
(the engine's own), the vertices of all ways in one array with where each begins, and seconds spent. ``locate.npz``, where it is,
holds points (degrees); ``located.npz`` gets the ids of the ways that the engine would use there, -1 filled.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

COSTING = {"walk": "pedestrian", "bicycle": "bicycle", "car": "auto"}
ON_THE_SPOT_M = 0.5
WHEN = {"type": 1, "value": "2026-11-22T15:00"}
"""Asked with a time the engine searches forwards from the origin only. Its two-sided search and its matrices gave longer ways
here (3.9.1: 7 of 995 by car in Guixi), of streets that it counts as for residents only."""


def options(mode: str) -> dict[str, Any]:
    """Shortest way, with nothing held against any street that may be used at all."""
    anything: dict[str, Any] = {
        "shortest": True,
        "disable_hierarchy_pruning": True,
        "use_ferry": 1.0,
        "use_living_streets": 1.0,
        "use_tracks": 1.0,
        "use_roads": 1.0,
    }
    walking: dict[str, Any] = {"max_distance": 100_000, "max_hiking_difficulty": 6, "step_penalty": 0, "elevator_penalty": 0}
    riding: dict[str, Any] = {"bicycle_type": "mountain", "avoid_bad_surfaces": 0.0}
    driving: dict[str, Any] = {"ignore_closures": True}
    return anything | {"walk": walking, "bicycle": riding, "car": driving}[mode]


def actor(folder: Path) -> Any:
    """Build the tiles unless they are there, and return the engine."""
    valhalla = importlib.import_module("valhalla")
    tiles = folder / "tiles"
    tiles.mkdir(exist_ok=True)
    settings = valhalla.get_config(tile_extract="", tile_dir=str(tiles))
    settings["mjolnir"]["concurrency"] = 1
    (folder / "config.json").write_text(json.dumps(settings))
    if not any(tiles.rglob("*.gph")):
        program = Path(str(valhalla.__file__)).parent / "bin" / "valhalla_build_tiles"
        subprocess.run([program, "-c", folder / "config.json", folder / "streets.osm.pbf"], check=True, capture_output=True)
    return valhalla.Actor(str(folder / "config.json"))


def location(point: np.ndarray) -> dict[str, Any]:
    """A point to be put onto the nearest usable street, however small its piece, and not moved to a junction."""
    where = {"lon": float(point[0]), "lat": float(point[1])}
    return {**where, "minimum_reachability": 0, "node_snap_tolerance": 0, "rank_candidates": False}


def nearest(engine: Any, origin: np.ndarray, goal: np.ndarray, asking: dict[str, Any]) -> np.ndarray:
    """Return the row of the nearest goal of every origin, -1 where none can be reached.

    Goals are asked about in the order of their straight distances, until no goal left could be nearer than the best way found.
    """
    found = np.full(len(origin), -1)
    metres = np.array([111_000 * np.cos(np.radians(goal[:, 1].mean())), 110_500])
    for row, point in enumerate(origin):
        straight, best = np.hypot(*((goal - point) * metres).T), np.inf
        for each in np.argsort(straight):
            if straight[each] >= best:
                break
            away = way(engine, (point, goal[each]), asking)[0]
            if away < best:
                best, found[row] = away, each
    return found


def way(engine: Any, ends: tuple[np.ndarray, np.ndarray], asking: dict[str, Any]) -> tuple[float, np.ndarray]:
    """Return the metres and the vertices of a way; NaN and no vertices where there is none."""
    error = importlib.import_module("valhalla").ValhallaError
    try:
        said = engine.route(
            {"locations": [location(end) for end in ends], "directions_type": "none", "date_time": WHEN, **asking}
        )
    except error:
        return np.nan, np.empty((0, 2))
    leg = said["trip"]["legs"][0]
    return leg["summary"]["length"] * 1000, decoded(leg["shape"])


def decoded(text: str) -> np.ndarray:
    """Return the vertices (degrees) of an encoded polyline with six decimals."""
    values, value, shift = [], 0, 0
    for letter in text:
        part = ord(letter) - 63
        value |= (part & 0x1F) << shift
        shift += 5
        if part < 0x20:
            values.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return np.cumsum(np.array(values, dtype=np.int64).reshape(-1, 2), axis=0)[:, ::-1] / 1e6


def located(engine: Any, points: np.ndarray, asking: dict[str, Any]) -> np.ndarray:
    """Return the ids of the ways under each point that the engine would use (n × 4, -1 filled)."""
    ids = np.full((len(points), 4), -1, dtype=np.int64)
    for row, point in enumerate(points):
        said = engine.locate({"locations": [location(point)], "verbose": True, **asking})[0]
        edges = [edge for edge in said["edges"] or [] if edge["distance"] <= ON_THE_SPOT_M]
        found = sorted({edge["edge_info"]["way_id"] for edge in edges})[: ids.shape[1]]
        ids[row, : len(found)] = found
    return ids


def main(folder: Path) -> None:
    """Answer what the folder asks."""
    start = time.perf_counter()
    engine = actor(folder)
    built = time.perf_counter()
    asked = np.load(folder / "ask.npz")
    mode = str(asked["mode"])
    asking = {"costing": COSTING[mode], "costing_options": {COSTING[mode]: options(mode)}}
    origin, goal = asked["origin"], asked["goal"]
    row = nearest(engine, origin, goal, asking) if asked["near"] else np.arange(len(goal))
    chosen = time.perf_counter()
    ways = [
        way(engine, (here, goal[to]), asking) if to >= 0 else (np.nan, np.empty((0, 2)))
        for here, to in zip(origin, row, strict=True)
    ]
    done = time.perf_counter()
    begin = np.cumsum([0, *(len(vertices) for _, vertices in ways)])
    metres = np.array([length for length, _ in ways])
    spent = np.array([built - start, chosen - built, done - chosen])
    vertices = np.concatenate([vertices for _, vertices in ways])
    np.savez(
        folder / "answer.npz",
        goal=np.where(np.isnan(metres), -1, row),
        metres=metres,
        vertices=vertices,
        begin=begin,
        seconds=spent,
    )
    if (folder / "locate.npz").exists():
        np.savez(folder / "located.npz", ways=located(engine, np.load(folder / "locate.npz")["points"], asking))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
