"""Maximal covering beside spopt and plain HiGHS, as ratios in one run; on demand.

    python -m tests.bench.bench_siting [--peers PYTHON] [--sizes small sparse dense]

``PYTHON`` is one with spopt and PuLP. Each problem is points at random on a square of 10 km, with as many candidates within reach
of each as the size says. *spopt* builds its model and solves it with the CBC that PuLP brings, from the same
table of costs; *plain HiGHS* gets the textbook program of `exact.mclp` without its presolve, with a limit in seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack, vstack
from scipy.spatial import cKDTree

from geogrid.effort import Effort
from geogrid.locating.choose import locate
from geogrid.locating.problem import Location, Pairs
from geogrid.solver import Program, solve

SIZES = {"small": (5_000, 200, 5, 10), "sparse": (50_000, 1_000, 5, 30), "dense": (50_000, 1_000, 30, 30)}
"""Demand, candidates, candidates within reach of a demand, and sites."""
SIDE_M = 10_000.0
LIMITS_S = {"small": 60.0, "sparse": 60.0, "dense": 60.0}
BY_SPOPT = {"small"}
"""Larger ones would take spopt a table of 50 million costs and hours."""
PEER = """
import importlib.metadata, json, sys, time
import numpy as np, pulp
from spopt.locate import MCLP
given = np.load(sys.argv[1])
begun = time.perf_counter()
model = MCLP.from_cost_matrix(given["cost"], given["weight"], float(given["radius"]), p_facilities=int(given["sites"]))
built = time.perf_counter()
model = model.solve(pulp.PULP_CBC_CMD(msg=False))
done = time.perf_counter()
version = importlib.metadata.version("spopt")
found = {"value": pulp.value(model.problem.objective), "build_s": built - begun, "all_s": done - begun}
print(json.dumps(found | {"version": version}))
"""


def problem(size: str, seed: int = 0) -> tuple[Location, np.ndarray, np.ndarray, float]:
    """Return the problem, its points and candidates, and the radius in metres."""
    demand, candidates, within, _ = SIZES[size]
    rng = np.random.default_rng(seed)
    here, there = rng.random((demand, 2)) * SIDE_M, rng.random((candidates, 2)) * SIDE_M
    radius = float(np.sqrt(within / candidates / np.pi) * SIDE_M)
    found = cKDTree(here).sparse_distance_matrix(cKDTree(there), radius, output_type="ndarray")
    found = found[np.lexsort((found["j"], found["i"]))]
    location = Location.of(rng.integers(1, 10, demand), Pairs(found["i"], found["j"], found["v"]), candidates)
    return location, here, there, radius


def plain(location: Location, sites: int, limit_s: float) -> tuple[float, float, float]:
    """Solve the textbook program; return value, bound and seconds."""
    n, m = location.matrix.shape
    rows = vstack([hstack([location.matrix, -eye_array(n)]), csr_array(np.append(np.ones(m), np.zeros(n))[None, :])])
    program = Program(
        worth=np.append(np.zeros(m), location.weight),
        low=np.zeros(m + n),
        high=np.ones(m + n),
        whole=np.arange(m + n) < m,
        rows=csc_array(rows),
        row_low=np.append(np.zeros(n), -np.inf),
        row_high=np.append(np.full(n, np.inf), float(sites)),
        is_most=True,
    )
    begun = perf_counter()
    solved = solve(program, Effort(seconds=limit_s))
    return solved.value, solved.bound, perf_counter() - begun


def spopt(python: str, location: Location, metres: np.ndarray, radius: float, sites: int) -> dict[str, float]:
    """Let spopt solve it."""
    with tempfile.TemporaryDirectory() as folder:
        given, script = Path(folder) / "given.npz", Path(folder) / "peer.py"
        np.savez(given, cost=metres, weight=location.weight, radius=radius, sites=sites)
        script.write_text(PEER)
        done = subprocess.run([python, str(script), str(given)], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def one(size: str, peers: str | None) -> None:
    """Run one size."""
    sites, (location, here, there, radius) = SIZES[size][3], problem(size)
    begun = perf_counter()
    first: list[tuple[float, float]] = []
    effort = Effort(tell=lambda told: first.append((perf_counter() - begun, told.value or 0.0)) if not first else None)
    found = locate("mclp", location, sites=sites, effort=effort)
    took = perf_counter() - begun
    print(f"{size}: {len(location.weight):,} × {location.candidates:,}, {len(location.pairs):,} pairs, p = {sites}")
    print(f"  first answer {first[0][1]:,.0f} in {first[0][0]:.2f} s, {first[0][1] / found.value:.2%} of the best")
    print(f"  geogrid      {found.value:,.0f}, bound {found.bound:,.0f}, gap {found.gap:.2%}, {found.proof}, {took:.2f} s")
    value, bound, seconds = plain(location, sites, LIMITS_S[size])
    print(f"  plain HiGHS  {value:,.0f}, bound {bound:,.0f}, {seconds:.2f} s: {seconds / took:.1f} × ours")
    if peers and size in BY_SPOPT:
        metres = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
        other = spopt(peers, location, metres, radius, sites)
        print(
            f"  spopt {other['version']}  {other['value']:,.0f}, {other['all_s']:.2f} s ({other['build_s']:.2f} s to build): ",
            end="",
        )
        print(f"{other['all_s'] / took:.1f} × ours", flush=True)


def main() -> None:
    """Run the sizes that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", help="a Python with spopt and PuLP")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    options = parser.parse_args()
    for size in options.sizes:
        one(size, options.peers)


if __name__ == "__main__":
    main()
