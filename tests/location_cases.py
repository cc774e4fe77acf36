"""Small location problems, and what is best of them found by trying every choice."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from geogrid.locating.problem import Location, Pairs

if TYPE_CHECKING:
    from collections.abc import Iterator


def made(weight: list[float], reach: list[dict[int, float]], candidates: int, **more: list[float] | list[bool]) -> Location:
    """A problem from each demand's candidates with their costs."""
    rows = [(i, j, cost) for i, each in enumerate(reach) for j, cost in each.items()]
    pairs = Pairs(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.float64),
    )
    return Location.of(weight, pairs, candidates, **more)


@st.composite
def problems(draw: st.DrawFn, *, most: int = 6) -> Location:
    """Up to 8 demands and 6 candidates, some standing, with prices, capacities and many ties."""
    n, m = draw(st.integers(1, 8)), draw(st.integers(1, most))
    weight = [float(draw(st.integers(0, 4))) for _ in range(n)]
    reach = [
        {j: float(draw(st.integers(0, 5))) for j in sorted(draw(st.sets(st.integers(0, m - 1), max_size=m)))} for _ in range(n)
    ]
    fixed = [draw(st.integers(0, 4)) == 0 for _ in range(m)]
    price = [float(draw(st.integers(0, 4))) for _ in range(m)]
    capacity = [float(draw(st.sampled_from([0, 2, 3, 5, 8]))) for _ in range(m)]
    return made(weight, reach, m, fixed=fixed, price=price, capacity=capacity)


def choices(location: Location, sites: int | None, budget: float | None) -> Iterator[set[int]]:
    """Every set of new sites within the limits."""
    new = np.flatnonzero(~location.fixed).tolist()
    for size in range(min(len(new), len(new) if sites is None else sites) + 1):
        for chosen in combinations(new, size):
            if budget is None or sum(location.price[list(chosen)]) <= budget + 1e-9:
                yield set(chosen)


def costs(location: Location, demand: int, serve: set[int]) -> list[float]:
    """What those who serve cost one demand."""
    pairs, serve = location.pairs, serve | set(np.flatnonzero(location.fixed).tolist())
    rows = zip(pairs.demand.tolist(), pairs.candidate.tolist(), pairs.cost.tolist(), strict=True)
    return [cost for i, j, cost in rows if i == demand and j in serve]


def needing(location: Location) -> list[int]:
    """The demand that counts and is in some pair."""
    return [i for i in range(len(location.weight)) if location.weight[i] > 0 and i in location.pairs.demand]


def covered(location: Location, serve: set[int], times: int = 1) -> float:
    """The weight that at least so many cover."""
    return sum(float(w) for i, w in enumerate(location.weight) if len(costs(location, i, serve)) >= times)


def travel(location: Location, serve: set[int]) -> float:
    """Weight × cost of the nearest."""
    return sum(float(location.weight[i]) * min(costs(location, i, serve), default=np.inf) for i in needing(location))


def farthest(location: Location, serve: set[int]) -> float:
    """The largest cost of the nearest."""
    return max((min(costs(location, i, serve), default=np.inf) for i in needing(location)), default=0.0)


def serves_all(location: Location, serve: set[int]) -> bool:
    """Whether everybody who can be covered is."""
    return all(costs(location, i, serve) for i in needing(location))


def served(location: Location, serve: set[int]) -> float:
    """The most weight that those who serve can serve within their capacities, by trying every assignment."""
    pairs, serve = location.pairs, serve | set(np.flatnonzero(location.fixed).tolist())
    rows = list(zip(pairs.demand.tolist(), pairs.candidate.tolist(), strict=True))
    open_to = [[-1, *(j for k, j in rows if k == i and j in serve)] for i in range(len(location.weight))]
    best = 0.0
    for assigned in product(*open_to):
        load = np.zeros(location.candidates)
        for weight, j in zip(location.weight, assigned, strict=True):
            load[j] += weight if j >= 0 else 0.0
        if (load <= location.capacity).all():
            best = max(best, float(load.sum()))
    return best
