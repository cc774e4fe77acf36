"""Location problems made smaller: what goes, what it stands for, and that no choice is worth less than before."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geogrid.effort import Effort
from geogrid.locating import presolve
from geogrid.locating.exact import lscp, mclp, p_median
from geogrid.locating.exactparts import coarse_step
from geogrid.locating.presolve import better_candidate, equal_rows, incidence, reduce, reduce_cover
from geogrid.locating.problem import Location
from tests.location_cases import choices, covered, made, problems, serves_all, travel


def street() -> Location:
    """Five households and four candidates: 0 sees whom 1 sees but for the last; 2 alone reaches E; 3 reaches nobody.

    A: 0 1   B: 0 1   C: 1   D: 1 2   E: 2
    """
    reach = [{0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0}, {1: 1.0}, {1: 4.0, 2: 3.0}, {2: 0.0}]
    return made([1.0, 2.0, 4.0, 8.0, 16.0], reach, 4)


def test_what_another_replaces_goes_and_equal_demand_merges() -> None:
    small = reduce(street())
    assert small.candidates.tolist() == [1, 2]
    assert small.stand_in.tolist() == [0, 0, 1, -1]
    assert small.group.tolist() == [0, 0, 0, 1, 2]
    assert small.weight.tolist() == [7.0, 8.0, 16.0]
    assert small.matrix.toarray().tolist() == [[1, 0], [1, 1], [0, 1]]
    assert small.columns(np.array([0, 3])).tolist() == [True, False]


def test_a_cheaper_one_stays_where_prices_count() -> None:
    small = reduce(street(), price=np.array([1.0, 2.0, 1.0, 1.0]))
    assert small.candidates.tolist() == [0, 1, 2]
    assert reduce(street(), price=np.array([2.0, 2.0, 1.0, 1.0])).candidates.tolist() == [1, 2]


def test_what_stands_takes_its_demand_along() -> None:
    town = street()
    small = reduce(Location.of(town.weight, town.pairs, 4, fixed=[False, True, False, False]))
    assert (small.constant, small.candidates.tolist(), small.group.tolist()) == (15.0, [2], [-1, -1, -1, -1, 0])


def test_without_dominance_only_demand_merges() -> None:
    small = reduce(street(), dominance=False)
    assert small.candidates.tolist() == [0, 1, 2]
    assert small.group.tolist() == [0, 0, 2, 3, 1] or sorted(small.weight.tolist()) == [3.0, 4.0, 8.0, 16.0]


def test_to_cover_all_the_only_ones_are_forced() -> None:
    small = reduce_cover(street())
    assert small.forced.tolist() == [1, 2]
    assert small.matrix.shape == (0, 0)
    assert small.group.tolist() == [-1] * 5


def test_whoever_is_covered_with_another_goes() -> None:
    """A: 0 1, B: 0 1 2, C: 1 2 3, D: 2 3, E: 0 3: B and C are covered whenever A and D are; 2 serves as well as 3."""
    reach = [{0, 1}, {0, 1, 2}, {1, 2, 3}, {2, 3}, {0, 3}]
    small = reduce_cover(made([1.0] * 5, [dict.fromkeys(each, 0.0) for each in reach], 4))
    assert (small.forced.tolist(), small.matrix.shape) == ([0, 3], (0, 0))
    found = lscp(made([1.0] * 5, [dict.fromkeys(each, 0.0) for each in reach], 4), effort=Effort())
    assert (found.value, found.chosen.tolist()) == (2.0, [0, 2])


@settings(max_examples=60, deadline=None)
@given(problems(), st.booleans())
def test_no_choice_is_worth_less_than_before(location: Location, is_priced: bool) -> None:
    price = location.price if is_priced else np.zeros(location.candidates)
    small = reduce(location, price=price)
    for chosen in choices(location, None, None):
        picked = small.columns(np.array(sorted(chosen), dtype=np.int64))
        worth = small.constant + small.weight @ (small.matrix @ picked.astype(float) > 0)
        assert worth >= covered(location, chosen)
        kept = set(small.candidates[picked].tolist())
        assert worth == covered(location, kept)
        assert price[list(kept)].sum() <= price[list(chosen)].sum()


@settings(max_examples=60, deadline=None)
@given(problems())
def test_of_those_who_cover_all_none_costs_less_than_the_forced(location: Location) -> None:
    small = reduce_cover(location, location.price)
    full = [each for each in choices(location, None, None) if serves_all(location, each)]
    least = min(sum(location.price[list(each)]) for each in full)
    found = [
        location.price[small.forced].sum() + location.price[small.candidates[list(rest)]].sum()
        for size in range(len(small.candidates) + 1)
        for rest in combinations(range(len(small.candidates)), size)
        if (small.matrix @ np.isin(np.arange(len(small.candidates)), rest).astype(float) > 0).all()
    ]
    assert min(found) == least


def replaces(matrix: np.ndarray, cost: np.ndarray, price: np.ndarray, one: int, other: int) -> bool:
    """Whether another is as good for everybody whom one reaches, and better or smaller."""
    rows = matrix[:, one] > 0
    as_good = (matrix[rows, other] > 0).all() and (cost[rows, other] <= cost[rows, one]).all() and price[other] <= price[one]
    is_same = (matrix[:, other] > 0).sum() == rows.sum() and (cost[rows, other] == cost[rows, one]).all()
    return bool(as_good and (other < one or not is_same or price[other] < price[one]))


@settings(max_examples=60, deadline=None)
@given(problems(), st.booleans())
def test_one_is_replaced_when_another_is_as_good_for_everybody(location: Location, has_costs: bool) -> None:
    shape = (len(location.weight), location.candidates)
    at = (location.pairs.demand, location.pairs.candidate)
    cost = csr_array((location.pairs.cost if has_costs else 0 * location.pairs.cost, at), shape=shape)
    cost.sort_indices()
    matrix, price = incidence(location), location.price
    best = better_candidate(matrix, price, cost if has_costs else None)
    full, costs = matrix.toarray(), cost.toarray()
    for one in range(location.candidates):
        others = [other for other in range(location.candidates) if other != one and replaces(full, costs, price, one, other)]
        is_idle = not full[:, one].any()
        assert (best[one] == one) == (not others and not is_idle)
        assert best[one] == -1 if is_idle else best[one] == one or best[one] in others
        assert is_idle or best[best[one]] == best[one]


@settings(max_examples=15, deadline=None)
@given(location=problems())
def test_what_is_too_much_to_look_at_is_left_to_the_solver(location: Location) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presolve, "MOST_LOOKS", -1)
        assert mclp(location, sites=2, effort=Effort()).value == max(
            covered(location, each) for each in choices(location, 2, None)
        )
        least = min(travel(location, each) for each in choices(location, 2, None))
        assert p_median(location, sites=2, effort=Effort()).value == least or np.isinf(least)
        full = [sum(location.price[list(each)]) for each in choices(location, None, None) if serves_all(location, each)]
        assert lscp(location, effort=Effort()).value == min(full)


def test_rows_are_numbered_by_what_they_hold() -> None:
    one, other = np.array([[0, 1, 1], [1, 0, 0], [0, 1, 1]]), np.array([[0, 1, 1], [0, 1, 1], [1, 0, 0]])
    assert equal_rows(csr_array(one))[0].tolist() == [1, 0, 1]
    assert equal_rows(csr_array(other))[0].tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("values", "step"), [([6.0, 9.0], 3.0), ([0.5], 0.0), ([], 0.0), ([0.0], 0.0), ([1.0, 1e6], 0.0), ([2.0**60], 0.0)]
)
def test_a_step_is_told_where_it_helps(values: list[float], step: float) -> None:
    assert coarse_step(np.array(values)) == step
