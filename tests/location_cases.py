"""Small location problems, and what is best of them found by trying every choice."""

from __future__ import annotations

from functools import lru_cache
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


@lru_cache(maxsize=4)
def table(location: Location) -> tuple[list[float], list[list[tuple[int, float]]], frozenset[int]]:
    """What each demand weighs, each demand's candidates with their costs, and who stands already: read once a problem."""
    ways: list[list[tuple[int, float]]] = [[] for _ in location.weight]
    pairs = location.pairs
    for i, j, cost in zip(pairs.demand.tolist(), pairs.candidate.tolist(), pairs.cost.tolist(), strict=True):
        ways[i].append((j, cost))
    return location.weight.tolist(), ways, frozenset(np.flatnonzero(location.fixed).tolist())


def costs(location: Location, demand: int, serve: set[int]) -> list[float]:
    """What those who serve cost one demand."""
    _, ways, fixed = table(location)
    return [cost for j, cost in ways[demand] if j in serve or j in fixed]


def needing(location: Location) -> list[int]:
    """The demand that counts and is in some pair."""
    weight, ways, _ = table(location)
    return [i for i, each in enumerate(ways) if weight[i] > 0 and each]


def covered(location: Location, serve: set[int], times: int = 1) -> float:
    """The weight that at least so many cover."""
    return sum(w for i, w in enumerate(table(location)[0]) if len(costs(location, i, serve)) >= times)


def travel(location: Location, serve: set[int]) -> float:
    """Weight × cost of the nearest."""
    weight = table(location)[0]
    return sum(weight[i] * min(costs(location, i, serve), default=np.inf) for i in needing(location))


def farthest(location: Location, serve: set[int]) -> float:
    """The largest cost of the nearest."""
    return max((min(costs(location, i, serve), default=np.inf) for i in needing(location)), default=0.0)


def serves_all(location: Location, serve: set[int]) -> bool:
    """Whether everybody who can be covered is."""
    return all(costs(location, i, serve) for i in needing(location))


def served(location: Location, serve: set[int]) -> float:
    """The most weight that those who serve can serve within their capacities, by trying every assignment."""
    weights, ways, fixed = table(location)
    room, best = location.capacity.tolist(), 0.0
    for assigned in product(*([-1, *(j for j, _ in each if j in serve or j in fixed)] for each in ways)):
        load = [0.0] * location.candidates
        for weight, j in zip(weights, assigned, strict=True):
            if j >= 0:
                load[j] += weight
        if all(own <= most for own, most in zip(load, room, strict=True)):
            best = max(best, sum(load))
    return best
