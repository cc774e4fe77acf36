"""Who finds a place: against the rule said as a loop, by hand, and the laws of a fair queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid import capacity as module
from geogrid.capacity import CapacityAssignment, assign_with_capacity
from geogrid.errors import InputError
from geogrid.pairs import Pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]


def pairs_of(rows: Sequence[tuple[int, int, float]]) -> Pairs:
    household, facility, metres = zip(*rows, strict=True) if rows else ((), (), ())
    return Pairs(np.array(household, dtype=np.int32), np.array(facility, dtype=np.int32), np.array(metres, dtype=np.float64))


def by_the_rule(pairs: Pairs, demand: Floats, capacity: Floats) -> dict[int, int]:
    """Go through all pairs from the nearest on: whoever has no place takes one; who does not fit closes the facility."""
    rows = zip(pairs.metres.tolist(), pairs.household.tolist(), pairs.facility.tolist(), strict=True)
    place: dict[int, int] = {}
    room, full = capacity.tolist(), set()
    for _, household, facility in sorted(rows):
        if household in place or facility in full or demand[household] == 0 or np.isnan(capacity[facility]):
            continue
        if demand[household] <= room[facility]:
            room[facility] -= demand[household]
            place[household] = facility
        else:
            full.add(facility)
    return place


# --- By hand -----------------------------------------------------------------------------------------------------------------


def test_a_street_with_two_clinics() -> None:
    """Draw households of 2 at 10, 20, 30 and 40 m from clinic A (4 places), all 60 m farther from B (3 places).

    The first two fill A. The third takes B, and the fourth, which needs 2 where 1 is left, finds no place.
    """
    near = [(h, 0, 10.0 * (h + 1)) for h in range(4)]
    far = [(h, 1, 70.0 + 10 * h) for h in range(4)]
    found = assign_with_capacity(pairs_of(near + far), np.full(4, 2.0), np.array([4.0, 3.0]))
    assert found.households["nearest"].tolist() == [0, 0, 0, 0]
    assert found.households["facility"].tolist() == [0, 0, 1, -1]
    assert found.households["displaced"].tolist() == [False, False, True, True]
    np.testing.assert_array_equal(found.households["metres"], [10, 20, 90, np.nan])
    np.testing.assert_array_equal(found.households["extra_m"], [0, 0, 60, np.nan])
    assert found.facilities.to_dict("list") == {
        "capacity": [4.0, 3.0],
        "demand": [8.0, 0.0],
        "taken": [4.0, 2.0],
        "turned_away": [4.0, 0.0],
        "free": [0.0, 1.0],
        "is_full": [True, True],
    }


def test_whoever_does_not_fit_closes_the_facility() -> None:
    """Five do not fit where four places are; the single person behind them goes on to the other clinic, and so do the five."""
    pairs = pairs_of([(0, 0, 1.0), (1, 0, 2.0), (0, 1, 9.0), (1, 1, 8.0)])
    found = assign_with_capacity(pairs, np.array([5.0, 1.0]), np.array([4.0, 9.0]))
    assert found.households["facility"].tolist() == [1, 1]
    assert found.facilities["taken"].tolist() == [0, 6]
    assert found.facilities["free"].tolist() == [4, 3]


def test_the_displaced_can_displace() -> None:
    """H0 fills A, so H1 goes on to B, where it is nearer than H2, which goes on to C."""
    pairs = pairs_of([(0, 0, 1.0), (1, 0, 2.0), (1, 1, 3.0), (2, 1, 4.0), (2, 2, 5.0)])
    found = assign_with_capacity(pairs, np.ones(3), np.ones(3))
    assert found.households["facility"].tolist() == [0, 1, 2]
    assert found.households["displaced"].tolist() == [False, True, True]
    assert found.facilities["turned_away"].tolist() == [1, 1, 0]


def test_equal_distances_go_by_household_then_by_facility() -> None:
    pairs = pairs_of([(1, 1, 5.0), (1, 0, 5.0), (0, 1, 5.0), (0, 0, 5.0)])
    found = assign_with_capacity(pairs, np.ones(2), np.array([1.0, 1.0]))
    assert found.households["nearest"].tolist() == [0, 0]
    assert found.households["facility"].tolist() == [0, 1]
    assert found.households["extra_m"].tolist() == [0, 0]


def test_equal_distances_go_by_id_as_text() -> None:
    """Both are 5 m from one place: H10 comes before H9 as text, wherever their rows are."""
    pairs = pairs_of([(0, 0, 5.0), (1, 0, 5.0), (0, 1, 8.0)])
    for ids, facility in ((["H9", "H10"], [1, 0]), (["H10", "H9"], [0, -1]), (["H1", "H1"], [0, -1])):
        found = assign_with_capacity(pairs, np.ones(2), np.ones(2), household_ids=ids)
        assert found.households["facility"].tolist() == facility


def test_nobody_asks_and_nobody_knows() -> None:
    """Household 1 needs nothing; facility 0 states no capacity, so it takes nobody and is nobody's nearest."""
    pairs = pairs_of([(0, 0, 1.0), (0, 1, 9.0), (1, 1, 2.0)])
    found = assign_with_capacity(pairs, np.array([2.0, 0.0, 3.0]), np.array([np.nan, 5.0]))
    assert found.households["asks"].tolist() == [True, False, True]
    assert found.households["nearest"].tolist() == [1, -1, -1]
    assert found.households["facility"].tolist() == [1, -1, -1]
    assert not found.households["displaced"].any()
    np.testing.assert_array_equal(found.facilities["free"], [np.nan, 3])
    assert found.facilities["taken"].tolist() == [0, 2]


def test_nothing_at_all() -> None:
    none = np.empty(0)
    for demand, capacity in ((none, none), (np.ones(2), none), (none, np.ones(2)), (np.ones(2), np.ones(2))):
        found = assign_with_capacity(pairs_of([]), demand, capacity)
        assert (len(found.households), len(found.facilities)) == (len(demand), len(capacity))
        assert not found.households["displaced"].any()
        assert found.facilities["taken"].sum() == 0
    closed = assign_with_capacity(pairs_of([(0, 0, 1.0)]), np.ones(1), np.zeros(1))
    assert closed.households[["nearest", "facility", "displaced"]].to_numpy().tolist() == [[0, -1, True]]


def test_wrong_input_is_named() -> None:
    with pytest.raises(InputError, match=r"the demand of 1 households is not usable \(the first is row 2: -1\.0\)") as error:
        assign_with_capacity(pairs_of([]), np.array([1.0, -1.0]), np.ones(1))
    assert error.value.say("zh").startswith("1 户需要的位置数不可用（首个在第 2 行：-1.0）")
    with pytest.raises(InputError, match=r"the demand of 2 households is not usable \(the first is row 1: nan\)"):
        assign_with_capacity(pairs_of([]), np.array([np.nan, np.inf]), np.ones(1))
    with pytest.raises(InputError, match=r"the capacity of 1 facilities is not usable \(the first is row 1: inf\)"):
        assign_with_capacity(pairs_of([]), np.ones(1), np.array([np.inf, np.nan]))
    with pytest.raises(InputError, match=r"there are 1 household ids for 2 households; give one id per household"):
        assign_with_capacity(pairs_of([]), np.ones(2), np.ones(1), household_ids=["H1"])


# --- Laws --------------------------------------------------------------------------------------------------------------------


@st.composite
def queues(draw: st.DrawFn) -> tuple[Pairs, Floats, Floats]:
    households, facilities = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    pair = st.tuples(st.integers(0, households - 1), st.integers(0, facilities - 1))
    rows = draw(st.lists(st.tuples(pair, st.sampled_from([0.0, 1.0, 1.001, 2.5, 7.0, 30.0])), unique_by=lambda row: row[0]))
    demand = draw(st.lists(st.integers(0, 5), min_size=households, max_size=households))
    room = st.one_of(st.integers(0, 12), st.just(np.nan))
    capacity = draw(st.lists(room, min_size=facilities, max_size=facilities))
    pairs = pairs_of([(h, f, metres) for (h, f), metres in rows])
    return pairs, np.array(demand, dtype=float), np.array(capacity, dtype=float)


@settings(max_examples=200, deadline=None)
@given(queues(), st.booleans())
def test_places_equal_the_rule(queue: tuple[Pairs, Floats, Floats], is_large: bool) -> None:
    pairs, demand, capacity = queue
    with pytest.MonkeyPatch.context() as patch:
        if is_large:  # as if the keys did not fit one number
            patch.setattr(module, "_fits", lambda *_: False)
        found = assign_with_capacity(pairs, demand, capacity)
    place = by_the_rule(pairs, demand, capacity)
    assert found.households["facility"].tolist() == [place.get(h, -1) for h in range(len(demand))]
    _check_totals(found, pairs, demand, capacity)
    _check_nobody_is_passed_over(found, pairs, demand, capacity)


def _check_totals(found: CapacityAssignment, pairs: Pairs, demand: Floats, capacity: Floats) -> None:
    homes, facilities = found.households, found.facilities
    assert (facilities["taken"] <= np.nan_to_num(capacity)).all()
    placed = homes["facility"] >= 0
    assert facilities["taken"].sum() == demand[placed].sum()
    assert facilities["demand"].sum() == demand[homes["nearest"] >= 0].sum()
    assert facilities["turned_away"].sum() == demand[homes["displaced"]].sum()
    assert (homes["extra_m"].dropna() >= 0).all()
    known = set(zip(pairs.household.tolist(), pairs.facility.tolist(), pairs.metres.tolist(), strict=True))
    rows = homes[placed]
    assert set(zip(rows.index, rows["facility"], rows["metres"], strict=True)) <= known


def _check_nobody_is_passed_over(found: CapacityAssignment, pairs: Pairs, demand: Floats, capacity: Floats) -> None:
    """Whoever is farther than a facility that they could reach would not fit behind those who are nearer to it."""
    homes = found.households
    for h, f, metres in zip(pairs.household.tolist(), pairs.facility.tolist(), pairs.metres.tolist(), strict=True):
        own = homes["metres"][h]
        if demand[h] == 0 or np.isnan(capacity[f]) or (own, homes["facility"][h]) <= (metres, f):
            continue
        assert found.facilities["is_full"][f]
        inside = homes.index[homes["facility"] == f]
        assert all((homes["metres"][other], other) < (metres, h) for other in inside)


@settings(max_examples=100, deadline=None)
@given(queues())
def test_with_room_for_all_nobody_is_displaced(queue: tuple[Pairs, Floats, Floats]) -> None:
    """With room for all, everybody is at the nearest; the order of pairs does not matter."""
    pairs, demand, capacity = queue
    roomy = assign_with_capacity(pairs, demand, np.where(np.isnan(capacity), np.nan, 1000.0))
    assert not roomy.households["displaced"].any()
    assert roomy.households["facility"].equals(roomy.households["nearest"])
    back = Pairs(pairs.household[::-1], pairs.facility[::-1], pairs.metres[::-1])
    one, other = assign_with_capacity(pairs, demand, capacity), assign_with_capacity(back, demand, capacity)
    assert one.households.equals(other.households)
    assert one.facilities.equals(other.facilities)


@settings(max_examples=150, deadline=None)
@given(queues(), st.data())
def test_shuffling_the_rows_displaces_the_same_households(queue: tuple[Pairs, Floats, Floats], data: st.DataObject) -> None:
    """With ids, a file in another order gives every household the same place: the one of rows in the order of ids."""
    pairs, demand, capacity = queue
    count = len(demand)
    ids = np.array(data.draw(st.permutations([f"H{row}" for row in range(count)])), dtype=object)
    row_of = np.array(data.draw(st.permutations(range(count))))
    shuffled = Pairs(np.argsort(row_of).astype(np.int32)[pairs.household], pairs.facility, pairs.metres)
    one = assign_with_capacity(pairs, demand, capacity, household_ids=ids)
    other = assign_with_capacity(shuffled, demand[row_of], capacity, household_ids=ids[row_of])
    assert other.households.equals(one.households.iloc[row_of].reset_index(drop=True))
    assert other.facilities.equals(one.facilities)
    turn = {row: place for place, row in enumerate(sorted(range(count), key=lambda row: ids[row]))}
    in_order = pairs_of(
        [
            (turn[h], f, m)
            for h, f, m in zip(pairs.household.tolist(), pairs.facility.tolist(), pairs.metres.tolist(), strict=True)
        ]
    )
    place = by_the_rule(in_order, demand[sorted(turn, key=turn.__getitem__)], capacity)
    assert one.households["facility"].tolist() == [place.get(turn[row], -1) for row in range(count)]
