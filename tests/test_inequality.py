"""Inequality: by hand, against double sums, and the laws that make the measures what they are."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import InputError
from geogrid.inequality import Theil, gini, palma, theil_t

# --- The slow and obvious ----------------------------------------------------------------------------------------------------


def gini_of_pairs(x: list[float], w: list[float]) -> float:
    people = sum(w)
    mean = sum(a * b for a, b in zip(x, w, strict=True)) / people
    apart = sum(wi * wj * abs(xi - xj) for xi, wi in zip(x, w, strict=True) for xj, wj in zip(x, w, strict=True))
    return apart / (2 * people**2 * mean)


def theil_of_rows(x: list[float], w: list[float]) -> float:
    people = sum(w)
    mean = sum(a * b for a, b in zip(x, w, strict=True)) / people
    return sum(wi / people * xi / mean * math.log(xi / mean) for xi, wi in zip(x, w, strict=True) if xi > 0 and wi > 0)


def palma_of_people(x: list[float], w: list[int]) -> float:
    """Write everybody down ten times, so that tenths never cut anybody."""
    people = sorted(xi for xi, wi in zip(x, w, strict=True) for _ in range(10 * wi))
    tenth = len(people) // 10
    top, bottom = sum(people[-tenth:]), sum(people[: 4 * tenth])
    return top / bottom if bottom > 0 else math.inf


# --- By hand -----------------------------------------------------------------------------------------------------------------


def test_gini_by_hand() -> None:
    """1, 2, 3, 4: the six pairs differ by 10 together, 20 both ways; 20 / (2 x 16 x 2.5) = 0.25."""
    assert gini([1, 2, 3, 4]) == pytest.approx(0.25)
    assert gini([4, 1, 3, 2]) == pytest.approx(0.25)
    assert gini([0, 0, 0, 0, 1]) == pytest.approx(0.8)
    assert gini([7]) == 0
    assert gini([5.0, 5.0, 5.0], weights=[1, 2, 3]) == pytest.approx(0, abs=1e-15)
    assert gini([1, 100], weights=[5, 0]) == 0


def test_theil_by_hand() -> None:
    """Half have 1 and half 3, mean 2: T = ¼ ln ½ + ¾ ln 3/2."""
    by_hand = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    mixed = theil_t([1, 3, 1, 3], groups=["A", "A", "B", "B"])
    assert (mixed.total, mixed.between, mixed.within) == pytest.approx((by_hand, 0, by_hand))
    apart = theil_t([1, 3, 1, 3], groups=["A", "B", "A", "B"])
    assert (apart.total, apart.between, apart.within) == pytest.approx((by_hand, by_hand, 0))
    assert theil_t([0, 0, 0, 8]).total == pytest.approx(math.log(4))
    expected = pd.DataFrame(
        {
            "group": ["A", "B"],
            "people": [2.0, 2.0],
            "mean": [1.0, 3.0],
            "share_of_people": [0.5, 0.5],
            "share": [0.25, 0.75],
            "theil": [0.0, 0.0],
            "between": [0.25 * math.log(0.5), 0.75 * math.log(1.5)],
            "within": [0.0, 0.0],
        }
    )
    pd.testing.assert_frame_equal(apart.groups, expected)


def test_a_group_that_has_nothing() -> None:
    parts = theil_t([0, 0, 2, 2], groups=["none", "none", "some", "some"])
    assert parts.between == pytest.approx(math.log(2))
    assert parts.within == 0
    assert parts.groups["between"].tolist() == pytest.approx([0, math.log(2)])
    assert math.isnan(parts.groups["theil"][0])
    assert theil_t([0, 0, 2, 2]).total == pytest.approx(parts.total)
    nobody = theil_t([1, 5, 3], weights=[1, 0, 1], groups=["A", "B", "A"])
    assert nobody.total == pytest.approx(theil_t([1, 3]).total)
    assert nobody.groups["people"].tolist() == [2, 0]


def test_palma_splits_people() -> None:
    """Five people: the tenth is half of the fifth one, four tenths are the first two."""
    assert palma([1, 2, 3, 4, 10]) == pytest.approx(5 / 3)
    assert palma([1, 2], weights=[3, 1]) == pytest.approx((0.4 * 2) / (1.6 * 1))
    assert palma([3.0]) == pytest.approx(0.25)
    assert palma([0, 0, 0, 1, 1]) == math.inf
    assert palma([0, 1], weights=[14, 21]) == math.inf
    assert palma([0, 1], weights=[13, 22]) == pytest.approx(3.5)
    assert palma([1, 1, 1, 1]) == pytest.approx(0.25)


def test_nothing_to_share() -> None:
    for values, weights in (([], []), ([0, 0], [1, 1]), ([3, 4], [0, 0]), ([0.0, 5.0], [2, 0])):
        assert math.isnan(gini(values, weights))
        assert math.isnan(palma(values, weights))
        parts = theil_t(values, weights)
        assert all(math.isnan(each) for each in (parts.total, parts.between, parts.within))
    assert theil_t([]).groups.columns.tolist()[:3] == ["group", "people", "mean"]


def test_wrong_input_is_named() -> None:
    with pytest.raises(InputError, match=r"there are 2 values but 3 weights or groups, expected one for each"):
        gini([1, 2], [1, 1, 1])
    with pytest.raises(InputError, match=r"there are 2 values but 1 weights or groups"):
        theil_t([1, 2], groups=["A"])
    with pytest.raises(
        InputError, match=r"2 of the values are not usable \(the first is row 2: -1\.0\); expected finite"
    ) as error:
        palma([1, -1, math.nan])
    assert error.value.say("zh").startswith("values 中有 2 行不可用（首个在第 2 行：-1.0）")
    with pytest.raises(InputError, match=r"1 of the weights are not usable \(the first is row 1: inf\)"):
        gini([1], [math.inf])
    with pytest.raises(InputError, match=r"1 rows have no group; leave them out, or give them a group"):
        theil_t([1, 2], groups=pd.Series(["A", None]))


# --- Laws --------------------------------------------------------------------------------------------------------------------

PEOPLE = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0, 3.0, 40.0]), st.integers(0, 6), st.sampled_from("ABC")), min_size=1)


def columns(rows: list[tuple[float, int, str]]) -> tuple[list[float], list[int], list[str]]:
    x, w, g = (list(column) for column in zip(*rows, strict=True))
    return x, w, g


@settings(max_examples=100, deadline=None)
@given(PEOPLE)
def test_measures_equal_the_slow_ones(rows: list[tuple[float, int, str]]) -> None:
    x, w, groups = columns(rows)
    if sum(a * b for a, b in zip(x, w, strict=True)) == 0:
        assert math.isnan(gini(x, w))
        return
    weights = [float(each) for each in w]
    assert gini(x, w) == pytest.approx(gini_of_pairs(x, weights), abs=1e-12)
    assert palma(x, w) == pytest.approx(palma_of_people(x, w), rel=1e-9)
    parts = theil_t(x, w, groups)
    assert parts.total == pytest.approx(theil_of_rows(x, weights), abs=1e-12)
    assert parts.total == parts.between + parts.within
    _check_groups(parts, x, weights, groups)


def _check_groups(parts: Theil, x: list[float], w: list[float], groups: list[str]) -> None:
    for row in parts.groups.itertuples():
        inside = [(a, b) for a, b, g in zip(x, w, groups, strict=True) if g == row.group]
        if math.isfinite(row.theil):
            assert row.theil == pytest.approx(theil_of_rows(*map(list, zip(*inside, strict=True))), abs=1e-12)
    np.testing.assert_allclose(parts.groups[["share", "share_of_people"]].sum(), 1)


@settings(max_examples=100, deadline=None)
@given(PEOPLE, st.floats(0.01, 1000), st.randoms(use_true_random=False))
def test_scale_order_and_copies_do_not_matter(rows: list[tuple[float, int, str]], scale: float, chance: Random) -> None:
    x, w, groups = columns(rows)
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    other_x, other_w, other_groups = columns(shuffled)
    for measure in (gini, palma):
        same = measure([each * scale for each in other_x], [3 * each for each in other_w])
        assert same == pytest.approx(measure(x, w), rel=1e-6, abs=1e-9, nan_ok=True)
    one, other = theil_t(x, w, groups), theil_t([each * scale for each in other_x], other_w, other_groups)
    assert (other.between, other.within) == pytest.approx((one.between, one.within), rel=1e-6, abs=1e-9, nan_ok=True)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.1, 50), min_size=2, max_size=12), st.data())
def test_giving_to_the_poorer_never_adds_inequality(values: list[float], data: st.DataObject) -> None:
    values = sorted(values)
    low, high = sorted(data.draw(st.lists(st.integers(0, len(values) - 1), min_size=2, max_size=2)))
    gift = (values[high] - values[low]) * data.draw(st.floats(0, 0.5))
    after = values.copy()
    after[low], after[high] = values[low] + gift, values[high] - gift
    assert gini(after) <= gini(values) + 1e-12
    assert theil_t(after).total <= theil_t(values).total + 1e-12
    assert palma(after) <= palma(values) + 1e-9
    assert 0 <= gini(values) < 1
    assert -1e-12 <= theil_t(values).total <= math.log(len(values)) + 1e-12
