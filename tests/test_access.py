"""Room for everyone by two steps: against double sums, by hand, and the law that nothing is lost or given twice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.access import DECAYS, Decay, decay_named, steps, two_step
from geogrid.errors import InputError, NotFoundError
from geogrid.pairs import Pairs
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Floats = npt.NDArray[np.float64]

BY_HAND: dict[str, Callable[[float], float]] = {
    "none": lambda _: 1.0,
    "step": lambda u: 1.0 if u <= 1 / 3 else 0.68 if u <= 2 / 3 else 0.22,
    "step_fast": lambda u: 1.0 if u <= 1 / 3 else 0.42 if u <= 2 / 3 else 0.09,
    "gaussian": lambda u: (math.exp(-u * u / 2) - math.exp(-0.5)) / (1 - math.exp(-0.5)),
    "linear": lambda u: 1 - u,
    "power": lambda u: 1.0 if u <= 0.1 else 0.1 / u,
    "exponential": lambda u: math.exp(-3 * u),
}


def pairs_of(rows: Sequence[tuple[int, int, float]]) -> Pairs:
    household, facility, metres = zip(*rows, strict=True) if rows else ((), (), ())
    return Pairs(np.array(household, dtype=np.int32), np.array(facility, dtype=np.int32), np.array(metres, dtype=np.float64))


def by_double_sums(
    rows: Sequence[tuple[int, int, float]], demand: Floats, supply: Floats, limit_m: float, decay: str
) -> tuple[list[float], list[float]]:
    """Return scores and ratios, as the formulas stand in the papers."""
    weight = {(h, f): BY_HAND[decay](metres / limit_m) for h, f, metres in rows}
    homes, facilities = range(len(demand)), range(len(supply))
    asked = [sum(demand[h] * weight.get((h, f), 0.0) for h in homes) for f in facilities]
    ratio = [supply[f] / asked[f] if asked[f] > 0 else math.nan for f in facilities]
    known = [0.0 if math.isnan(each) else each for each in ratio]
    return [sum(known[f] * weight.get((h, f), 0.0) for f in facilities) for h in homes], ratio


# --- By hand -----------------------------------------------------------------------------------------------------------------


def test_two_clinics_share_a_household() -> None:
    """Draw clinic A (10 beds) in reach of households 0 (4 persons) and 1 (6), and B (3) in reach of 1 and 2 (6).

    A has 10/10 = 1 bed each, B has 3/12 = 0.25; household 1 reaches both.
    """
    rows = [(0, 0, 300.0), (1, 0, 900.0), (1, 1, 1000.0), (2, 1, 0.0)]
    found = two_step([pairs_of(rows)], np.array([4.0, 6.0, 6.0, 5.0]), np.array([10.0, 3.0, 8.0]), limit_m=1000)
    assert found.score.tolist() == [1.0, 1.25, 0.25, 0.0]
    assert found.facilities["households"].tolist() == [2, 2, 0]
    assert found.facilities["demand"].tolist() == [10, 12, 0]
    np.testing.assert_array_equal(found.facilities["ratio"], [1, 0.25, np.nan])


def test_bands_by_hand() -> None:
    """E2SFCA, 4 persons in the first third and 10 in the last: 6.2 weighted persons share 31 places, 5 each."""
    rows = [(0, 0, 100.0), (1, 0, 1000.0)]
    found = two_step([pairs_of(rows)], np.array([4.0, 10.0]), np.array([31.0]), limit_m=1000, decay="step")
    assert found.facilities["demand"].tolist() == pytest.approx([6.2])
    assert found.score.tolist() == pytest.approx([5, 1.1])


def test_bands_end_on_a_millimetre() -> None:
    """A third of 1,250 m is 416.667 m, inclusive."""
    weight = DECAYS["step"].weight(np.array([0.0, 416.667, 416.668, 833.333, 833.334, 1250.0]), 1250.0)
    assert weight.tolist() == [1, 1, 0.68, 0.68, 0.22, 0.22]


def test_every_decay_by_hand() -> None:
    metres = np.array([0.0, 50.0, 100.0, 300.0, 650.0, 999.0, 1000.0])
    assert set(DECAYS) == set(BY_HAND)
    for name, formula in BY_HAND.items():
        np.testing.assert_allclose(DECAYS[name].weight(metres, 1000.0), [formula(each / 1000) for each in metres], atol=1e-15)
        assert DECAYS[name].formula.zh
        assert DECAYS[name].source


def test_what_nobody_knows_gives_nothing() -> None:
    rows = [(0, 0, 0.0), (0, 1, 0.0), (0, 2, 0.0)]
    found = two_step([pairs_of(rows)], np.array([2.0]), np.array([np.nan, 4.0, 0.0]), limit_m=1)
    assert found.score.tolist() == [2]
    np.testing.assert_array_equal(found.facilities["ratio"], [np.nan, 2, 0])
    assert found.facilities["demand"].tolist() == [2, 2, 2]


def test_nobody_asks() -> None:
    found = two_step([pairs_of([(0, 0, 5.0), (1, 1, 10.0)])], np.array([0.0, 3.0]), np.ones(2), limit_m=10, decay="linear")
    assert found.score.tolist() == [0, 0]
    assert found.facilities["households"].tolist() == [0, 0]
    assert found.facilities["ratio"].isna().all()
    assert two_step([], np.empty(0), np.empty(0), limit_m=10).facilities.empty


def test_a_decay_of_your_own() -> None:
    own = Decay(steps((0.5, 1.0), (1.0, 0.5)), Text("两段", "two bands"), "ours")
    found = two_step([pairs_of([(0, 0, 5.0), (1, 0, 6.0)])], np.array([1.0, 2.0]), np.array([4.0]), limit_m=10, decay=own)
    assert found.score.tolist() == [2, 1]


def test_wrong_input_is_named() -> None:
    with pytest.raises(NotFoundError, match=r"there is no decay 'steep'; use one of: none, step, step_fast, gaussian, linear"):
        decay_named("steep")
    with pytest.raises(NotFoundError):
        two_step([], np.empty(0), np.empty(0), limit_m=1, decay="steep")
    with pytest.raises(InputError, match=r"the demand of 1 households is not usable \(the first is row 2: nan\)"):
        two_step([], np.array([1, np.nan]), np.empty(0), limit_m=1)
    with pytest.raises(InputError, match=r"the supply of 1 facilities is not usable \(the first is row 1: -2\.0\)") as error:
        two_step([], np.empty(0), np.array([-2.0, np.nan]), limit_m=1)
    assert error.value.say("zh").startswith("1 处设施的供给不可用（首个在第 1 行：-2.0）")
    for limit in (0.0, np.nan, np.inf):
        with pytest.raises(InputError, match=rf"a limit of {limit} m is not usable; expected metres above 0, such as 1250"):
            two_step([], np.empty(0), np.empty(0), limit_m=limit)


# --- Laws --------------------------------------------------------------------------------------------------------------------


@st.composite
def towns(draw: st.DrawFn) -> tuple[list[tuple[int, int, float]], Floats, Floats]:
    households, facilities = draw(st.integers(1, 10)), draw(st.integers(1, 5))
    pair = st.tuples(st.integers(0, households - 1), st.integers(0, facilities - 1))
    reached = draw(st.lists(st.tuples(pair, st.sampled_from([0.0, 60.0, 333.333, 500.0, 1000.0])), unique_by=lambda row: row[0]))
    demand = draw(st.lists(st.integers(0, 6), min_size=households, max_size=households))
    supply = draw(st.lists(st.sampled_from([0.0, 1.0, 8.0, 200.0, np.nan]), min_size=facilities, max_size=facilities))
    rows = sorted(((h, f, metres) for (h, f), metres in reached), key=lambda row: (row[1], row[0]))
    return rows, np.array(demand, dtype=float), np.array(supply)


@settings(max_examples=100, deadline=None)
@given(towns(), st.sampled_from(list(DECAYS)))
def test_scores_equal_double_sums_and_nothing_is_lost(
    town: tuple[list[tuple[int, int, float]], Floats, Floats], decay: str
) -> None:
    rows, demand, supply = town
    found = two_step([pairs_of(rows)], demand, supply, limit_m=1000, decay=decay)
    score, ratio = by_double_sums(rows, demand, supply, 1000, decay)
    np.testing.assert_allclose(found.score, score, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.facilities["ratio"], ratio, rtol=1e-12)
    given = found.facilities["supply"][found.facilities["ratio"].notna()].sum()
    assert found.score @ demand == pytest.approx(given, rel=1e-12)
    parts = [pairs_of([row for row in rows if row[1] == f]) for f in range(len(supply))]
    apart = two_step(parts, demand, supply, limit_m=1000, decay=decay)
    np.testing.assert_allclose(apart.score, found.score, rtol=1e-12)
    assert apart.facilities.equals(found.facilities)


@settings(max_examples=100, deadline=None)
@given(towns(), st.sampled_from(list(DECAYS)), st.data())
def test_more_supply_never_lowers_a_score_and_more_people_never_raise_one(
    town: tuple[list[tuple[int, int, float]], Floats, Floats], decay: str, data: st.DataObject
) -> None:
    rows, demand, supply = town
    before = two_step([pairs_of(rows)], demand, supply, limit_m=1000, decay=decay).score
    f, h = data.draw(st.integers(0, len(supply) - 1)), data.draw(st.integers(0, len(demand) - 1))
    more = two_step([pairs_of(rows)], demand, supply + 3 * (np.arange(len(supply)) == f), limit_m=1000, decay=decay).score
    assert (more >= before - 1e-9).all()
    asking = demand > 0
    crowded = two_step([pairs_of(rows)], demand + asking * (np.arange(len(demand)) == h), supply, limit_m=1000, decay=decay).score
    assert (crowded <= before + 1e-9).all()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(DECAYS)), st.floats(1, 40_000), st.floats(0, 1), st.floats(0, 1))
def test_who_lives_farther_never_counts_more(decay: str, limit_m: float, one: float, other: float) -> None:
    near, far = sorted((one, other))
    weight = DECAYS[decay].weight(np.array([near, far]) * limit_m, limit_m)
    assert 0 <= weight[1] <= weight[0] <= 1
    assert DECAYS[decay].weight(np.zeros(1), limit_m).tolist() == [1]
