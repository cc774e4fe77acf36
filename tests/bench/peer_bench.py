"""The side of ``bench_peers`` that runs in the Python of the peers; it imports nothing of geogrid.

    PYTHON peer_bench.py pandana|networkx IN.npz OUT.npz

``IN.npz`` holds a network (x, y, tail, head, length_m), points (homes, n × 2), the node of every home and of every facility
(at_home, at_facility) and the service of every facility (service). ``OUT.npz`` gets the metres of every home's node to the
nearest facility's node for each service (services × homes), inf beyond the limit, and what each step took.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_M = 1250.0


class Clock:
    """Seconds of the wall and of the processor for every step."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[float, float]] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time a step."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.steps[step] = (time.perf_counter() - wall, time.process_time() - processor)


def pandana(given: dict[str, Any], clock: Clock) -> np.ndarray:
    """Contraction hierarchy, homes onto their nearest nodes, nearest point of interest of all nodes for each service."""
    pd, network = importlib.import_module("pandas"), importlib.import_module("pandana").Network
    metres = pd.DataFrame({"metres": given["length_m"]})
    with clock("build"):
        streets = network(
            pd.Series(given["x"]), pd.Series(given["y"]), pd.Series(given["tail"]), pd.Series(given["head"]), metres
        )
    with clock("homes onto nodes"):
        streets.get_node_ids(pd.Series(given["homes"][:, 0]), pd.Series(given["homes"][:, 1]))
    found = []
    for number in np.unique(given["service"]):
        at = given["at_facility"][given["service"] == number]
        with clock(f"service {number + 1}"):
            name = f"service {number}"
            streets.set_pois(name, LIMIT_M, 1, pd.Series(given["x"][at]), pd.Series(given["y"][at]))
            table = streets.nearest_pois(LIMIT_M, name, num_pois=1)
            found.append(table[1].to_numpy()[given["at_home"]])
    return np.where(np.array(found) >= LIMIT_M, np.inf, np.array(found))


def networkx(given: dict[str, Any], clock: Clock) -> np.ndarray:
    """Plain dictionaries: one Dijkstra from all facilities of a service, however far."""
    nx = importlib.import_module("networkx")
    with clock("build"):
        graph = nx.Graph()
        graph.add_weighted_edges_from(
            zip(given["tail"].tolist(), given["head"].tolist(), given["length_m"].tolist(), strict=True)
        )
    found = []
    homes = given["at_home"].tolist()
    for number in np.unique(given["service"]):
        at = set(given["at_facility"][given["service"] == number].tolist())
        with clock(f"service {number + 1}"):
            metres = nx.multi_source_dijkstra_path_length(graph, at)
            found.append(np.array([metres.get(node, np.inf) for node in homes]))
    return np.where(np.array(found) >= LIMIT_M, np.inf, np.array(found))


def main(peer: str, source: str, target: str) -> None:
    """Run one peer."""
    given, clock = dict(np.load(source)), Clock()
    metres = {"pandana": pandana, "networkx": networkx}[peer](given, clock)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    version = importlib.import_module(peer).__version__
    np.savez(target, metres=metres, said=json.dumps({"steps": clock.steps, "peak_gb": peak, "version": version}))


if __name__ == "__main__":
    main(*sys.argv[1:])
