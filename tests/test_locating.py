"""Every exact location model against trying every choice, and the laws that they keep."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement, permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geogrid.effort import Effort
from geogrid.errors import InputError
from geogrid.locating.exact import MODELS, backup, capacitated_mclp, lscp, mclp, p_centre, p_median
from geogrid.locating.exactlevels import levels_of, ways_of, without_far
from geogrid.locating.problem import Location, Pairs
from tests.location_cases import choices, costs, covered, farthest, made, needing, problems, served, serves_all, travel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.locating.problem import Located

SITES = st.one_of(st.none(), st.integers(0, 4))
BUDGET = st.one_of(st.none(), st.integers(0, 8).map(float))
LIMITS = (
    st.tuples(SITES, BUDGET)
    .filter(lambda each: each != (None, None))
    .map(lambda each: dict(zip(("sites", "budget"), each, strict=True)))
)
tried = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def best_of(
    location: Location, limits: Mapping[str, Any], value: Callable[[Location, set[int]], float], *, is_most: bool
) -> float:
    found = [value(location, chosen) for chosen in choices(location, limits["sites"], limits["budget"])]
    return max(found) if is_most else min(found)


def agrees(found: Located, location: Location, best: float, value: Callable[[Location, set[int]], float]) -> None:
    """The value is the best there is, what the choice is really worth, and proven."""
    if not np.isfinite(best):
        assert (found.proof, found.chosen.tolist()) == ("infeasible", [])
        return
    chosen = found.chosen.tolist()
    assert (found.proof, found.value, found.bound, found.gap) == ("optimal", best, best, 0.0)
    assert chosen == sorted(set(chosen))
    assert not location.fixed[found.chosen].any()
    assert value(location, set(chosen)) == best


def serve_nearest(found: Located, location: Location) -> None:
    """Each is assigned to the nearest who serves, the smallest of equals."""
    serve = set(found.chosen.tolist()) | set(np.flatnonzero(location.fixed).tolist())
    rows = zip(location.pairs.demand.tolist(), location.pairs.cost.tolist(), location.pairs.candidate.tolist(), strict=True)
    ways = sorted(row for row in rows if row[2] in serve)
    for i, assigned in enumerate(found.assigned.tolist()):
        assert assigned == next((j for k, _, j in ways if k == i), -1)


@tried
@given(problems())
def test_lscp_is_the_cheapest_for_all(location: Location) -> None:
    best = min(sum(location.price[list(each)]) for each in choices(location, None, None) if serves_all(location, each))
    found = lscp(location, effort=Effort())
    agrees(found, location, best, lambda town, each: float(sum(town.price[list(each)])))
    assert serves_all(location, set(found.chosen.tolist()))
    serve_nearest(found, location)


@tried
@given(problems(), LIMITS)
def test_mclp_covers_the_most(location: Location, limits: dict[str, Any]) -> None:
    found = mclp(location, **limits, effort=Effort())
    agrees(found, location, best_of(location, limits, covered, is_most=True), covered)
    assert set(found.chosen.tolist()) in list(choices(location, **limits))
    serve_nearest(found, location)


def sights() -> list[tuple[tuple[bool, ...], ...]]:
    """All ways in which three households can see three candidates, but for the order of either."""
    rows = [tuple(bool(each >> j & 1) for j in range(3)) for each in range(8)]
    found = combinations_with_replacement(rows, 3)
    return sorted(
        {min(tuple(sorted(tuple(row[j] for j in turn) for row in each)) for turn in permutations(range(3))) for each in found}
    )


@pytest.mark.parametrize("sites", [1, 2])
def test_mclp_and_lscp_are_right_for_every_town_of_three(sites: int) -> None:
    assert len(sights()) == 36
    for reach in sights():
        town = made([1.0, 2.0, 4.0], [{j: 0.0 for j in range(3) if each[j]} for each in reach], 3)
        limits: dict[str, Any] = {"sites": sites, "budget": None}
        agrees(mclp(town, **limits, effort=Effort()), town, best_of(town, limits, covered, is_most=True), covered)
        if sites == 1:
            fewest = min(len(each) for each in choices(town, None, None) if serves_all(town, each))
            assert lscp(town, effort=Effort()).value == fewest


@tried
@given(problems(), LIMITS)
def test_p_median_is_the_least_travel(location: Location, limits: dict[str, Any]) -> None:
    found = p_median(location, **limits, effort=Effort())
    agrees(found, location, best_of(location, limits, travel, is_most=False), travel)
    serve_nearest(found, location)


@tried
@given(problems(), LIMITS)
def test_p_centre_is_the_least_for_the_farthest(location: Location, limits: dict[str, Any]) -> None:
    found = p_centre(location, **limits, effort=Effort())
    agrees(found, location, best_of(location, limits, farthest, is_most=False), farthest)
    serve_nearest(found, location)


@tried
@given(problems(), LIMITS)
def test_backup_covers_twice_when_as_much_as_can_be_is_covered_once(location: Location, limits: dict[str, Any]) -> None:
    most = best_of(location, limits, covered, is_most=True)
    best = max(covered(location, each, 2) for each in choices(location, **limits) if covered(location, each) == most)
    found = backup(location, **limits, effort=Effort())
    agrees(found, location, best, lambda town, each: covered(town, each, 2))
    assert covered(location, set(found.chosen.tolist())) == most
    serve_nearest(found, location)


@tried
@given(problems(), LIMITS, st.sampled_from([0.0, 0.6, 1.0]))
def test_backup_covers_twice_while_a_share_is_covered_once(location: Location, limits: dict[str, Any], least: float) -> None:
    wanted = least * sum(location.weight[needing(location)]) - 1e-9
    found = [covered(location, each, 2) for each in choices(location, **limits) if covered(location, each) >= wanted]
    told = backup(location, **limits, effort=Effort(), least=least)
    agrees(told, location, max(found, default=np.inf), lambda town, each: covered(town, each, 2))
    assert not found or covered(location, set(told.chosen.tolist())) >= wanted


def is_small(location: Location) -> bool:
    ways = [1 + len(costs(location, i, set(range(location.candidates)))) for i in range(len(location.weight))]
    return bool(np.prod(ways) <= 500)


@tried
@given(problems(most=4).filter(is_small), LIMITS)
def test_capacitated_mclp_serves_the_most(location: Location, limits: dict[str, Any]) -> None:
    found = capacitated_mclp(location, **limits, effort=Effort())
    agrees(found, location, best_of(location, limits, served, is_most=True), served)
    some = found.assigned >= 0
    load = np.bincount(found.assigned[some], location.weight[some], minlength=location.candidates)
    assert (load <= location.capacity).all()
    assert load.sum() == found.value
    pairs = set(zip(location.pairs.demand.tolist(), location.pairs.candidate.tolist(), strict=True))
    assert {(i, j) for i, j in enumerate(found.assigned.tolist()) if j >= 0} <= pairs
    assert set(found.assigned[some].tolist()) <= set(found.chosen.tolist()) | set(np.flatnonzero(location.fixed).tolist())


def test_where_every_site_is_full_nothing_need_be_searched() -> None:
    """Two sites of 4 among ten households of 1 that see three candidates: 8 are served, and no more can be."""
    town = made([1.0] * 10, [dict.fromkeys(range(3), 1.0)] * 10, 3, capacity=[4.0, 4.0, 3.0])
    found = capacitated_mclp(town, sites=2, effort=Effort())
    assert (found.value, found.bound, found.proof, found.work) == (8.0, 8.0, "optimal", {"nodes": 0})
    assert np.bincount(found.assigned + 1).tolist() == [2, 4, 4]


def turned(location: Location, seed: int) -> Location:
    """The same town with households and pairs in another order."""
    random = np.random.default_rng(seed)
    place, row = random.permutation(len(location.weight)), random.permutation(len(location.pairs))
    pairs = Pairs(place[location.pairs.demand[row]], location.pairs.candidate[row], location.pairs.cost[row])
    weight = np.empty(len(place))
    weight[place] = location.weight
    return replace(location, weight=weight, pairs=pairs)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems(), st.integers(0, 9))
def test_the_order_of_rows_does_not_change_the_choice(location: Location, seed: int) -> None:
    for name, model in MODELS.items():
        limits = {} if name == "lscp" else {"sites": 2}
        one, other = (model(town, **limits, effort=Effort()) for town in (location, turned(location, seed)))
        assert (one.value, one.proof) == (other.value, other.proof) or one.proof == other.proof == "infeasible", name
        assert one.chosen.tolist() == other.chosen.tolist() or name == "capacitated_mclp", name


@pytest.mark.parametrize("name", MODELS)
def test_of_equals_the_smallest_are_chosen(name: str) -> None:
    """Four candidates in the same place: any one (for backup any two) would do."""
    town = made([3.0, 1.0], [dict.fromkeys(range(4), 2.0)] * 2, 4)
    limits = {} if name == "lscp" else {"sites": 2}
    found = MODELS[name](town, **limits, effort=Effort())
    assert found.chosen.tolist() == ([0, 1] if name == "backup" else [0])


@pytest.mark.parametrize("name", [name for name in MODELS if name != "lscp"])
def test_a_limit_is_needed_and_not_negative(name: str) -> None:
    town = made([1.0], [{0: 1.0}], 1)
    with pytest.raises(InputError, match="needs a number of sites or a budget"):
        MODELS[name](town, effort=Effort())
    with pytest.raises(InputError, match="cannot be negative: sites is -1"):
        MODELS[name](town, sites=-1, effort=Effort())
    with pytest.raises(InputError, match="budget -2"):
        MODELS[name](town, budget=-2.0, effort=Effort())


def test_a_share_lies_between_0_and_1() -> None:
    with pytest.raises(InputError, match=r"lies between 0 and 1: got 1\.5"):
        backup(made([1.0], [{0: 1.0}], 1), sites=1, effort=Effort(), least=1.5)


def test_who_cannot_be_reached_is_left_out_and_told() -> None:
    town = made([3.0, 5.0], [{0: 2.0}, {}], 1)
    for name, model in MODELS.items():
        found = model(town, **({} if name == "lscp" else {"sites": 1}), effort=Effort())
        assert (found.proof, found.assigned.tolist()) == ("optimal", [0, -1] if found.chosen.tolist() else [-1, -1]), name


def a_town(seed: int = 0) -> Location:
    """Three hundred households among forty candidates, each seen by about five."""
    random = np.random.default_rng(seed)
    homes, sites = random.random((300, 2)), random.random((40, 2))
    metres = np.round(1000 * np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1)))
    demand, candidate = np.nonzero(metres <= 200)
    pairs = Pairs(demand, candidate, metres[demand, candidate])
    return Location.of(random.integers(1, 6, 300), pairs, 40, capacity=np.full(40, 150.0))


@pytest.mark.parametrize("name", ["mclp", "backup", "capacitated_mclp"])
def test_stopped_before_it_begins_the_start_is_given(name: str) -> None:
    effort, town = Effort(), a_town()
    effort.stop()
    begin = mclp(town, sites=5, effort=Effort()).chosen
    found = MODELS[name](town, sites=5, effort=effort, start=begin)
    assert found.proof == "gap"
    assert found.chosen.tolist() == begin.tolist()
    assert found.value <= found.bound
    assert not effort.is_reproducible


def test_what_is_first_covered_without_proof_leaves_the_second_without_proof() -> None:
    """Stopped after the first aim: no more than what two candidates reach can be covered twice."""
    town, effort = a_town(), Effort()
    effort.stop()
    found = backup(town, sites=5, effort=effort)
    twice = covered(town, set(range(40)), 2)
    assert (found.proof, found.bound) == ("gap", twice)
    assert found.value == covered(town, set(found.chosen.tolist()), 2)
    assert found.gap == pytest.approx((twice - found.value) / found.value)


@pytest.mark.parametrize("name", ["p_median", "p_centre"])
def test_stopped_without_a_start_nothing_may_be_found(name: str) -> None:
    effort, town = Effort(), a_town()
    effort.stop()
    assert MODELS[name](town, sites=30, effort=effort).proof == "none"
    everywhere = np.arange(town.candidates)
    found = MODELS[name](town, sites=40, effort=effort, start=everywhere)
    assert found.proof in {"gap", "optimal"}
    assert found.value == (travel if name == "p_median" else farthest)(town, set(everywhere.tolist()))


def test_better_answers_are_told_as_weight_covered() -> None:
    told: list[float] = []
    town = a_town()
    found = mclp(town, sites=6, effort=Effort(tell=lambda each: told.append(each.value or 0.0)), start=np.arange(3))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(found.value)


def test_far_candidates_beyond_need_are_left_out_of_the_median() -> None:
    """Of four candidates three are chosen: one of a household's two nearest is, whatever the choice."""
    town = made([1.0], [{0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0}], 4)
    ways = without_far(ways_of(town, np.array([np.inf])), 4 - 3 + 1)
    levels = levels_of(town.weight, ways, 4)
    assert ways.candidate.tolist() == [0, 1]
    assert (levels.worth.tolist(), levels.needed.tolist(), levels.constant) in [
        ([1.0, 0.0], [False, True], 1.0),
        ([0.0, 1.0], [True, False], 1.0),
    ]
