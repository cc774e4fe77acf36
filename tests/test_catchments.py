"""Catchments over units: the majority of persons decides, ties go to the smallest id, nobody is lost."""

from __future__ import annotations

import random
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.catchments import COLUMNS, Catchments, catchments
from geogrid.errors import InputError
from tests.builders import CRS, block

NAMES = {"F1": "甲", "F2": "乙", "F10": "丙"}


def units(count: int) -> gpd.GeoDataFrame:
    shapes = [block(100 * i, 0, 100 * i + 100, 100) for i in range(count)]
    return gpd.GeoDataFrame({"unit_id": [f"U{i}" for i in range(count)]}, geometry=shapes, crs=CRS)


def homes(*rows: tuple[str | None, str | None, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "facility_id", "persons"]).astype({"unit": object, "facility_id": object})


def found(*rows: tuple[str | None, str | None, float], count: int = 3) -> Catchments:
    return catchments(units(count), homes(*rows), NAMES)


def test_persons_decide_not_households() -> None:
    result = found(("U0", "F1", 1), ("U0", "F1", 1), ("U0", "F2", 5), ("U1", "F1", 2), ("U2", "F2", 2))
    assert tuple(result.table.columns) == COLUMNS
    assert result.table["name"].tolist() == ["甲", "乙"]
    assert result.table["units"].tolist() == [("U1",), ("U0", "U2")]
    assert result.table["households"].tolist() == [3, 2]
    assert result.table["persons"].tolist() == [4, 7]
    assert result.table["households_drawn"].tolist() == [1, 4]
    assert result.table["persons_drawn"].tolist() == [2, 9]
    assert result.table["agreeing"].tolist() == [1.0, 7 / 9]
    assert result.table.area.tolist() == pytest.approx([10_000, 20_000])
    assert (len(result.none), result.outside, result.over) == (0, 0, "units")


def test_ties_go_to_more_households_then_to_the_smallest_id_as_text() -> None:
    result = found(("U0", "F2", 2), ("U0", "F10", 2), ("U1", "F10", 2), ("U1", "F2", 1), ("U1", "F2", 1))
    assert result.table.set_index("facility_id")["units"].to_dict() == {"F10": ("U0",), "F2": ("U1",)}


def test_units_in_no_catchment_are_listed_with_the_reason() -> None:
    result = found(("U1", None, 3), ("U2", "F1", 1), (None, "F1", 2))
    assert result.none.to_dict("records") == [
        {"unit": "U0", "reason": "no_households", "households": 0, "persons": 0},
        {"unit": "U1", "reason": "no_path", "households": 1, "persons": 3},
    ]
    assert (result.outside, result.no_path) == (1, 1)
    assert result.table["households"].tolist() == [2]
    assert result.table["households_drawn"].tolist() == [1]


def test_a_facility_without_a_unit_of_its_own_is_listed() -> None:
    result = found(("U0", "F1", 5), ("U0", "F2", 1))
    assert result.table["units"].tolist() == [("U0",), ()]
    assert result.table.is_empty.tolist() == [False, True]
    assert np.isnan(result.table["agreeing"][1])


def test_where_nobody_is_counted_households_decide() -> None:
    result = found(("U0", "F2", 0), ("U0", "F2", 0), ("U0", "F1", 0))
    assert result.table.set_index("facility_id")["units"].to_dict() == {"F1": (), "F2": ("U0",)}
    assert result.table["agreeing"].tolist()[1] == pytest.approx(2 / 3)


def test_no_households_and_no_units() -> None:
    assert len(catchments(units(2), homes(), NAMES).table) == 0
    assert catchments(units(2), homes(), NAMES).none["reason"].tolist() == ["no_households"] * 2
    assert catchments(units(0), homes((None, "F1", 2)), NAMES).table["households"].tolist() == [1]


def test_ids_must_fit() -> None:
    with pytest.raises(InputError, match="1 households name a unit"):
        found(("U9", "F1", 1))
    with pytest.raises(InputError, match="1 unit ids repeat"):
        catchments(units(2).assign(unit_id="U0"), homes(), NAMES)


ROWS = st.lists(
    st.tuples(st.sampled_from(["U0", "U1", "U2", "U3", None]), st.sampled_from(["F1", "F2", "F10", None]), st.integers(0, 3)),
    max_size=25,
)


@given(ROWS, st.randoms())
@settings(max_examples=25, deadline=None)
def test_equal_to_counting_by_hand_in_any_order(rows: list[tuple[str | None, str | None, int]], luck: random.Random) -> None:
    result = catchments(units(4), homes(*rows), NAMES)
    owner = {
        unit: facility
        for facility, theirs in zip(result.table["facility_id"], result.table["units"], strict=True)
        for unit in theirs
    }
    for unit in ("U0", "U1", "U2", "U3"):
        persons: Counter[str] = Counter()
        count: Counter[str] = Counter()
        for where, facility, people in rows:
            if where == unit and facility:
                persons[facility] += people
                count[facility] += 1
        best = min(count, key=lambda facility: (-persons[facility], -count[facility], facility), default=None)
        assert owner.get(unit) == best
    assert result.table["households"].sum() == sum(facility is not None for _, facility, _ in rows)
    assert result.table["households_drawn"].sum() == sum(unit in owner for unit, _, _ in rows)
    for measure, all_of_them in (("households", len(rows)), ("persons", sum(people for *_, people in rows))):
        outside = sum((1, people)[measure == "persons"] for unit, _, people in rows if unit is None)
        assert result.table[f"{measure}_drawn"].sum() + result.none[measure].sum() + outside == all_of_them
    assert result.table["households"].sum() + result.no_path == len(rows)
    assert result.outside == sum(unit is None for unit, _, _ in rows)
    assert len(owner) + len(result.none) == 4
    shapes = result.table.geometry[~result.table.is_empty].to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(10_000 * len(owner))
    luck.shuffle(rows)
    again = catchments(units(4), homes(*rows), NAMES).table
    pd.testing.assert_frame_equal(
        pd.DataFrame(again.drop(columns="geometry")), pd.DataFrame(result.table.drop(columns="geometry"))
    )
