"""Quick answers, bounds and branching against every choice of small towns, and against each other on larger ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geogrid.effort import Effort
from geogrid.errors import InputError
from geogrid.locating import branch, exact, lagrange, large
from geogrid.locating.choose import MODELS, locate
from geogrid.locating.fast import LEAST, fast
from geogrid.locating.greedy import greedy, greedy_set
from geogrid.locating.interchange import exchange
from geogrid.locating.problem import NOBODY, Location, Pairs
from geogrid.locating.ranked import Ranked
from geogrid.locating.remainder import left_over, remainder
from geogrid.solver import solve
from tests.location_cases import choices, covered, made, problems, serves_all, travel

if TYPE_CHECKING:
    from geogrid.effort import Incumbent
    from geogrid.locating.problem import Located

tried = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def town(seed: int, demand: int = 60, candidates: int = 14, reach: float = 0.3, *, whole: bool = True) -> Location:
    """Points at random on a square, whom candidates reach within a distance."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((demand, 2)), rng.random((candidates, 2))
    metres = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    i, j = np.nonzero(metres < reach)
    weight = rng.integers(1, 9, demand) if whole else rng.random(demand)
    return Location.of(weight, Pairs(i, j, metres[i, j].round(3)), candidates)


def slow_cost(ranked: Ranked, sites: set[int]) -> float:
    """What all demand costs, pair by pair."""
    costs = ranked.far.tolist()
    for i, j, cost in zip(ranked.demand.tolist(), ranked.candidate.tolist(), ranked.cost.tolist(), strict=True):
        if j in sites:
            costs[i] = min(costs[i], cost)
    return float(sum(costs))


@tried
@given(problems(), st.integers(0, 4))
def test_large_mclp_covers_the_most(location: Location, sites: int) -> None:
    found = large.mclp(location, sites=sites, effort=Effort())
    best = max(covered(location, chosen) for chosen in choices(location, sites, None))
    assert found.value == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.proof == "optimal"
    assert covered(location, set(found.chosen.tolist())) == found.value
    assert len(found.chosen) <= sites
    assert not location.fixed[found.chosen].any()


@tried
@given(problems(), st.integers(0, 4))
def test_large_p_median_is_the_least_travel_or_impossible(location: Location, sites: int) -> None:
    found = large.p_median(location, sites=sites, effort=Effort())
    best = min(travel(location, chosen) for chosen in choices(location, sites, None))
    if np.isinf(best):
        assert found.proof == "infeasible"
    else:
        assert found.value == pytest.approx(best)
        assert found.proof == "optimal"
        assert travel(location, set(found.chosen.tolist())) == pytest.approx(best)


@pytest.mark.parametrize("entries", [0, 10_000])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("whole", [True, False])
def test_branching_alone_and_the_solver_alone_agree(
    seed: int, whole: bool, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a bound from few rounds much is left; branching decides it, or HiGHS at once."""
    monkeypatch.setattr(branch, "ENTRIES", {True: entries, False: entries})
    monkeypatch.setattr(branch, "EASIER", 0)
    monkeypatch.setattr(lagrange, "ROUNDS", 5)
    location = town(seed, whole=whole)
    every = Location.of(location.weight, town(seed, reach=2.0, whole=whole).pairs, location.candidates)
    cover, median = large.mclp(location, sites=4, effort=Effort()), large.p_median(every, sites=4, effort=Effort())
    assert cover.value == pytest.approx(most_covered(location, 4))
    assert median.value == pytest.approx(exact.p_median(every, sites=4, effort=Effort()).value)
    assert cover.proof == median.proof == "optimal"


def most_covered(location: Location, sites: int) -> float:
    """The most weight that so many candidates cover, by trying all; fewer never cover more."""
    sees = location.matrix.toarray() > 0
    return max(
        float(location.weight[sees[:, list(each)].any(axis=1)].sum()) for each in combinations(range(location.candidates), sites)
    )


@tried
@given(problems(), st.integers(0, 4), st.integers(0, 30))
def test_a_bound_is_never_beaten_at_any_round(location: Location, sites: int, rounds: int) -> None:
    for ranked in (Ranked.of_cover(location), Ranked.of_median(location)):
        many = min(sites, len(ranked.useful))
        known = lagrange.Known.of(ranked, ranked.useful[:many])
        found = lagrange.relax(ranked, many, Effort(), known, rounds=rounds)
        best = min(slow_cost(ranked, chosen) for chosen in choices(location, sites, None))
        assert found.bound <= best * (1 + 1e-9) + 1e-9
        assert best <= found.value * (1 + 1e-9) + 1e-9
        assert slow_cost(ranked, set(found.sites.tolist())) == pytest.approx(found.value)


@tried
@given(problems(), st.integers(1, 4))
def test_what_a_bound_leaves_holds_every_better_choice(location: Location, sites: int) -> None:
    """The program's best is the best of all, if it is better than what was known."""
    ranked = Ranked.of_cover(location)
    many = min(sites, len(ranked.useful))
    relaxed = lagrange.relax(ranked, many, Effort(), lagrange.Known.of(ranked, ranked.useful[:many]), rounds=3)
    left = left_over(ranked, relaxed, many)
    small = remainder(left)
    best = min(slow_cost(ranked, chosen) for chosen in choices(location, sites, None))
    solved = solve(small.program, Effort())
    value = relaxed.value if solved.columns is None else ranked.value(np.append(left.certain, small.sites(solved.columns)))
    assert min(value, relaxed.value) == pytest.approx(best)
    columns = small.columns(small.open[: left.sites])
    said = float(small.program.worth @ columns) + small.program.constant
    assert said == pytest.approx(left.ranked.value(small.open[: left.sites]))


@tried
@given(problems(), st.integers(0, 4), st.integers(0, 4))
def test_who_serves_and_what_the_next_costs(location: Location, first: int, second: int) -> None:
    ranked = Ranked.of_median(location)
    sites = np.unique([each for each in (first, second) if each < location.candidates]).astype(np.int64)
    served = ranked.served(sites)
    for i in range(len(location.weight)):
        own = sorted(
            (cost, j)
            for k, j, cost in zip(ranked.demand.tolist(), ranked.candidate.tolist(), ranked.cost.tolist(), strict=True)
            if k == i and j in sites
        )
        ways = [*own, (float(ranked.far[i]), NOBODY), (float(ranked.far[i]), NOBODY)]
        assert (served.first[i], served.owner[i], served.second[i]) == (*ways[0], ways[1][0])


@pytest.mark.parametrize("seed", range(4))
def test_greedy_takes_each_time_what_saves_most(seed: int) -> None:
    location = town(seed)
    ranked = Ranked.of_cover(location)
    chosen: list[int] = []
    for site in greedy(ranked, location.price, sites=5).tolist():
        costs = [slow_cost(ranked, {*chosen, each}) for each in range(location.candidates)]
        assert site == int(np.argmin(costs))
        chosen.append(site)
    spent = greedy(ranked, np.arange(1.0, 15.0), budget=9.0)
    assert np.arange(1.0, 15.0)[spent].sum() <= 9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("make", [Ranked.of_cover, Ranked.of_median])
def test_no_single_exchange_is_left_that_helps(seed: int, make: Any) -> None:
    location = town(seed, reach=0.5, whole=False)
    ranked = make(location)
    sites = set(exchange(ranked, np.arange(4), Effort()).tolist())
    least = slow_cost(ranked, sites)
    others = [sites - {out} | {into} for out in sites for into in range(location.candidates)]
    assert all(slow_cost(ranked, each) >= least * (1 - 1e-9) for each in others)
    price = np.arange(14.0)
    assert price[exchange(ranked, np.arange(4), Effort(), price=price, budget=8.0)].sum() <= 8


def test_a_greedy_cover_leaves_out_who_became_idle() -> None:
    """The widest candidate comes first, and the other two cover all without it."""
    location = made([1.0] * 6, [{0: 0.0}, {0: 0.0, 1: 0.0}, {0: 0.0, 1: 0.0}, {1: 0.0, 2: 0.0}, {1: 0.0, 2: 0.0}, {2: 0.0}], 3)
    assert greedy_set(location).tolist() == [0, 2]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", range(3))
def test_a_quick_answer_is_a_choice_and_not_better_than_the_best(model: str, seed: int) -> None:
    location = replace(town(seed), capacity=np.full(14, 40.0))
    limits: list[dict[str, Any]] = [{}] if model == "lscp" else [{"sites": 9}, {"budget": 9.0}, {"sites": 9, "budget": 9.5}]
    for limit in limits:
        quick = fast(model, location, **limit, effort=Effort())
        best = locate(model, location, **limit, effort=Effort())
        sign = 1 if model in LEAST else -1
        assert best.proof == "optimal"
        assert len(quick.chosen) <= 9 or model == "lscp"
        assert quick.proof == "none" or sign * quick.value >= sign * best.value - 1e-9
        assert not np.isfinite(quick.bound)
        if model in {"lscp", "p_median", "p_centre"} and quick.proof == "found":
            assert serves_all(location, set(quick.chosen.tolist()))


def test_a_quick_answer_of_capacity_holds_it() -> None:
    location = Location.of([3, 3, 2, 2], Pairs(np.arange(4), np.zeros(4, dtype=int), np.arange(4.0)), 1, capacity=[7])
    found = fast("capacitated_mclp", location, sites=1, effort=Effort())
    assert (found.assigned.tolist(), found.value) == ([0, 0, -1, -1], 6.0)


@pytest.mark.parametrize("model", ["mclp", "p_median"])
def test_large_and_exact_agree_and_come_again(model: str) -> None:
    location = town(5, 300, 40) if model == "mclp" else town(5, 150, 24, reach=2.0)
    found = locate(model, location, sites=6, effort=Effort())
    again = locate(model, location, sites=6, effort=Effort())
    other = exact.MODELS[model](location, sites=6, effort=Effort())
    assert found.value == pytest.approx(other.value)
    assert found.proof == "optimal"
    assert found.chosen.tolist() == again.chosen.tolist()
    assert found.work == again.work
    assert found.work["rounds"] > 0


def test_the_quick_answer_is_told_first_and_values_only_get_better() -> None:
    told: list[Incumbent] = []
    location = town(7, demand=400, candidates=60, reach=0.25)
    found = locate("mclp", location, sites=8, effort=Effort(tell=told.append))
    values = [each.value for each in told if each.value is not None]
    assert told[0].bound is None
    assert values == sorted(values)
    assert values[-1] <= found.value
    assert all(each.bound is None or each.bound >= found.value - 1e-6 for each in told)


@pytest.mark.parametrize("model", ["mclp", "p_median"])
def test_stopped_by_hand_the_quick_answer_stays(model: str) -> None:
    location = town(7, demand=400, candidates=60, reach=0.3 if model == "mclp" else 2.0)
    effort = Effort(tell=lambda _: effort.stop())
    found = locate(model, location, sites=5, effort=effort)
    assert found.proof in {"gap", "found"}
    assert effort.stopped == "hand"
    assert found.value == fast(model, location, sites=5, effort=Effort()).value
    assert not effort.is_reproducible


def test_little_work_leaves_a_gap_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch, "ENTRIES", {True: 0, False: 0})
    effort = Effort(work=0.001)
    location = town(3, demand=1500, candidates=120, reach=0.12)
    found = large.mclp(location, sites=12, effort=effort)
    best = large.mclp(location, sites=12, effort=Effort())
    assert (found.proof, effort.stopped, effort.is_reproducible) == ("gap", "work", True)
    assert found.value <= best.value <= found.bound
    assert found.gap == pytest.approx((found.bound - found.value) / found.value)


def test_nobody_and_nothing() -> None:
    empty = Location.of([], Pairs(np.array([], int), np.array([], int), np.array([])), 3)
    for model in ("mclp", "p_median"):
        found: Located = (
            large.mclp(empty, sites=2, effort=Effort()) if model == "mclp" else large.p_median(empty, sites=2, effort=Effort())
        )
        assert (found.value, found.chosen.tolist(), found.proof) == (0.0, [], "optimal")


def test_what_a_model_does_not_take_is_refused() -> None:
    location = town(0)
    with pytest.raises(InputError, match="no location model “mclpp”"):
        locate("mclpp", location, sites=1, effort=Effort())
    with pytest.raises(InputError, match="takes neither sites nor budget"):
        locate("lscp", location, sites=1, effort=Effort())
    with pytest.raises(InputError, match="needs a number of sites or a budget"):
        locate("mclp", location, effort=Effort())


def test_too_few_sites_for_everybody_is_infeasible() -> None:
    location = made([1.0, 2.0], [{0: 1.0}, {1: 1.0}], 2)
    assert large.p_median(location, sites=1, effort=Effort()).proof == "infeasible"
    assert locate("p_median", location, sites=1, effort=Effort()).proof == "infeasible"
