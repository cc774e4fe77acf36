"""The side of ``bench_balance`` that runs in the Python of the peers; it imports nothing of geogrid.

    PYTHON peer_balance.py gerrychain|skater|ward IN.npz OUT.npz

``IN.npz`` holds households of the units, the pairs of neighbours (n × 2) and the number of parts; ``OUT.npz`` gets the part of
each unit, the seconds of the processor, and the version. GerryChain's tolerance is 10 %: with 3 % its
``recursive_tree_part`` finds no cut in its own 1,000 trees at 12 units of 5 to 59 a part.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from importlib import metadata
from typing import Any

import numpy as np

TOLERANCE = 0.1


def gerrychain(given: dict[str, Any]) -> list[int]:
    """Trees cut one part after the other."""
    random, networkx = importlib.import_module("random"), importlib.import_module("networkx")
    graphs, trees = importlib.import_module("gerrychain"), importlib.import_module("gerrychain.partition")
    random.seed(1)
    graph = networkx.Graph(given["pairs"].tolist())
    networkx.set_node_attributes(graph, dict(enumerate(given["households"].tolist())), "households")
    parts, mean = int(given["parts"]), given["households"].sum() / int(given["parts"])
    held = graphs.Graph.from_networkx(graph)
    found = trees.recursive_tree_part(held, range(parts), mean, "households", TOLERANCE)
    return [int(found[unit]) for unit in range(len(given["households"]))]


def _weights(given: dict[str, Any]) -> Any:
    links: dict[int, list[int]] = {unit: [] for unit in range(len(given["households"]))}
    for one, other in given["pairs"].tolist():
        links[one].append(other)
        links[other].append(one)
    return importlib.import_module("libpysal.weights").W(links, silence_warnings=True)


def _frame(given: dict[str, Any]) -> Any:
    return importlib.import_module("geopandas").GeoDataFrame({"households": given["households"], **given["places"]})


def skater(given: dict[str, Any]) -> list[int]:
    """spopt: a least spanning tree pruned, each part with a floor of households."""
    regions = importlib.import_module("spopt.region")
    given["places"] = {"x": given["x"], "y": given["y"]}
    found = regions.Skater(_frame(given), _weights(given), ["x", "y"], n_clusters=int(given["parts"]), floor=6)
    found.solve()
    return [int(each) for each in found.labels_]


def ward(given: dict[str, Any]) -> list[int]:
    """spopt: neighbours joined by Ward's rule on their places."""
    regions = importlib.import_module("spopt.region")
    given["places"] = {"x": given["x"], "y": given["y"]}
    found = regions.WardSpatial(_frame(given), _weights(given), ["x", "y"], n_clusters=int(given["parts"]))
    found.solve()
    return [int(each) for each in found.labels_]


def main(peer: str, source: str, target: str) -> None:
    """Run one peer."""
    warnings.simplefilter("ignore")
    given = dict(np.load(source))
    name = "gerrychain" if peer == "gerrychain" else "spopt"
    importlib.import_module(name)
    if name == "spopt":
        importlib.import_module("spopt.region")
    start = time.process_time()
    part = {"gerrychain": gerrychain, "skater": skater, "ward": ward}[peer](given)
    spent = time.process_time() - start
    np.savez(target, part=part, said=json.dumps({"seconds": spent, "version": metadata.version(name)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
