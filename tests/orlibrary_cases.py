"""Read instances of the OR-Library (see ``orlibrary/README.md``), and what is published of their best answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geogrid.locating.problem import Location, Pairs

if TYPE_CHECKING:
    from pathlib import Path

MEDIANS = (
    *(5819, 4093, 4250, 3034, 1355, 7824, 5631, 4445, 2734, 1255, 7696, 6634, 4374, 2968, 1729, 8162, 6999, 4809, 2845, 1789),
    *(9138, 8579, 4619, 2961, 1828, 9917, 8307, 4498, 3033, 1989, 10086, 9297, 4700, 3013, 10400, 9934, 5057, 11060, 9423, 5128),
)
"""The least sums of distances of pmed1 … pmed40: Beasley, file ``pmedopt`` of the library."""

CENTRES = (
    *(127, 98, 93, 74, 48, 84, 64, 55, 37, 20, 59, 51, 36, 26, 18, 47, 39, 28, 18, 13),
    *(40, 38, 22, 15, 11, 38, 32, 18, 13, 9, 30, 29, 15, 11, 30, 27, 15, 29, 23, 13),
)
"""The least radii of pmed1 … pmed40: Daskin 1995; Elloumi, Labbé and Pochet 2004."""

COVERS = {
    **{f"scp4{n}": value for n, value in enumerate((429, 512, 516, 494, 512, 560, 430, 492, 641, 514), start=1)},
    **{f"scp5{n}": value for n, value in enumerate((253, 302, 226, 242, 211, 213, 293, 288, 279, 265), start=1)},
    **{f"scp6{n}": value for n, value in enumerate((138, 146, 145, 131, 161), start=1)},
    **{f"scpa{n}": value for n, value in enumerate((253, 252, 232, 234, 236), start=1)},
    **{f"scpe{n}": 5 for n in range(1, 6)},
}
"""The least prices: Beasley 1987 and 1990."""

COVERED = {
    ("SJC324", 800): (5461, 8790, 11604, 12106, 12152),
    ("SJC402", 800): (6555, 11339, 14690, 15658, 15970, 15984),
    ("SJC500", 800): (7944, 12454, 15730, 17794, 18859, 19525, 19692, 19707),
}
"""The most covered by 1, 2, … sites within so many metres: Lorena and Pereira 2002, São José dos Campos."""


def median(file: Path) -> tuple[Location, int]:
    """Return the problem of a pmed file, each node a demand of 1 and a candidate, and its number of sites."""
    numbers = np.array(file.read_text().split(), dtype=np.int64)
    (n, m, p), edges = numbers[:3], numbers[3:]
    metres = np.zeros((n, n))
    for tail, head, length in edges[: 3 * m].reshape(-1, 3):
        metres[tail - 1, head - 1] = metres[head - 1, tail - 1] = length
    demand, candidate = np.divmod(np.arange(n * n), n)
    pairs = Pairs(demand, candidate, dijkstra(csr_array(metres), directed=False).ravel())
    return Location.of(np.ones(n), pairs, int(n)), int(p)


def cover(file: Path) -> Location:
    """Return the problem of an scp file: rows are demand, columns are candidates with their prices."""
    numbers = np.array(file.read_text().split(), dtype=np.int64)
    (rows, columns), at = numbers[:2], 2 + numbers[1]
    price = numbers[2:at]
    demand: list[int] = []
    candidate: list[int] = []
    for row in range(rows):
        count = numbers[at]
        candidate.extend((numbers[at + 1 : at + 1 + count] - 1).tolist())
        demand.extend([row] * count)
        at += 1 + count
    pairs = Pairs(np.array(demand), np.array(candidate), np.zeros(len(demand)))
    return Location.of(np.ones(rows), pairs, int(columns), price=price)


def covering(file: Path, radius_m: float) -> Location:
    """Return the problem of a file of points (x, y, people under a line of heads), each also a candidate."""
    lines = file.read_text().splitlines()[1:]
    points = np.array(" ".join(lines).split(), dtype=np.float64).reshape(-1, 3)
    metres = np.hypot(*(points[:, None, :2] - points[None, :, :2]).transpose(2, 0, 1))
    demand, candidate = np.nonzero(metres <= radius_m)
    return Location.of(points[:, 2], Pairs(demand, candidate, metres[demand, candidate]), len(points))
