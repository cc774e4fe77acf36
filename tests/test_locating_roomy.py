"""Coverage within capacities where pairs are many: flows against cuts one by one, and answers against every choice of sites."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations

import numpy as np
import pytest

from geogrid.effort import Effort
from geogrid.locating import roomy
from geogrid.locating.exactcapacity import capacitated_mclp as exactly
from geogrid.locating.problem import Location, Pairs


def town(seed: int, demands: int = 8, candidates: int = 5) -> Location:
    """A few demands and candidates at random, some of which stand already."""
    chance = np.random.default_rng(seed)
    demand, candidate = np.nonzero(chance.random((demands, candidates)) < 0.5)
    pairs = Pairs(demand, candidate, chance.random(len(demand)))
    capacity = chance.integers(1, 10, candidates).astype(float)
    return Location.of(
        chance.integers(0, 5, demands), pairs, candidates, capacity=capacity, fixed=chance.random(candidates) < 0.2
    )


def least_cut(location: Location, sites: list[int]) -> float:
    """Of all ways to part sites: the room of one part and the weight that reaches any of the other."""
    reached = [set(location.pairs.candidate[location.pairs.demand == row].tolist()) for row in range(len(location.weight))]
    cuts = []
    for full in chain.from_iterable(combinations(sites, k) for k in range(len(sites) + 1)):
        others = set(sites) - set(full)
        beyond = sum(weight for weight, near in zip(location.weight, reached, strict=True) if near & others)
        cuts.append(location.capacity[list(full)].sum() + beyond)
    return float(min(cuts))


@pytest.mark.parametrize("seed", range(40))
def test_what_sites_can_serve_is_the_least_cut(seed: int) -> None:
    location = town(seed)
    sites = np.random.default_rng(seed).choice(5, 3, replace=False).tolist()
    assert roomy._Town.of(location).served(sites) == pytest.approx(least_cut(location, sites))


@pytest.mark.parametrize("seed", range(60))
def test_answers_are_those_of_the_exact_program(seed: int) -> None:
    location, sites = town(seed), seed % 5
    found, best = (ask(location, sites=sites, effort=Effort()) for ask in (roomy.capacitated_mclp, exactly))
    assert (found.value, found.proof) == (best.value, "optimal")
    served = found.assigned >= 0
    load = np.bincount(found.assigned[served], location.weight[served], minlength=location.candidates)
    assert (load <= location.capacity + 1e-9).all()
    assert set(found.assigned[served].tolist()) <= {*found.chosen.tolist(), *np.flatnonzero(location.fixed).tolist()}
    assert len(found.chosen) <= sites


def test_an_answer_that_is_not_proven_says_how_far_it_may_be() -> None:
    """More pairs than are solved exactly, and capacities that nearly fit: a gap, and the same again."""
    chance = np.random.default_rng(1)
    homes, places = chance.random((1500, 2)), chance.random((40, 2))
    apart = np.linalg.norm(homes[:, None] - places[None], axis=2)
    demand, candidate = np.nonzero(apart < 0.45)
    assert len(demand) > roomy.FEW
    pairs = Pairs(demand, candidate, apart[demand, candidate])
    location = Location.of(chance.integers(1, 6, 1500), pairs, 40, capacity=np.full(40, 1100.0))
    found, again = (roomy.capacitated_mclp(location, sites=4, effort=Effort(work=0.1)) for _ in range(2))
    assert found.value <= found.bound <= 4400
    assert (found.proof == "gap") == (found.gap > 1e-6)
    assert found.gap < 0.05
    assert found.assigned.tolist() == again.assigned.tolist()
    alone = roomy.capacitated_mclp(replace(location, capacity=np.full(40, 300.0)), sites=4, effort=Effort(work=0.1))
    assert (alone.value, alone.proof) == (1200, "optimal")
