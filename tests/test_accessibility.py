"""Room for everyone in a town: every number of a paper town by hand, what is left out and said, and the town of Guixi."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import geogrid
from geogrid.accessibility import Accessibility, accessibility
from geogrid.errors import InputError, NotFoundError
from geogrid.settings import NOW
from geogrid.town import Town, trips
from tests.builders import at, frame, paper_town
from tests.reach_town import placed_town

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.report import Report


def checked(**changes: gpd.GeoDataFrame) -> Town:
    return geogrid.check(**{**paper_town(), **changes}, services=["medical"]).town


@pytest.fixture(scope="module")
def town() -> Town:
    """Return the paper town with 60 places in the west clinic: households 0 to 53 (x up to 1,340) are within 15 minutes of it."""
    return checked(facilities=paper_town()["facilities"].assign(capacity=[60, 50], floor_area_m2=[None, 90.0]))


@pytest.fixture(scope="module")
def odd_town() -> Town:
    """Return a town with much to say: a second clinic that states nothing, a third nobody reaches, and households of every kind.

    Household H000 states no age, H001 lies outside all grids, H002 is 400 m from the street; in summer H003 has 8 persons.
    """
    base = paper_town()
    homes = base["households"].astype({"aged_65": "Int64", "children_0_14": "Int64"})
    homes.loc[0, ["aged_65", "children_0_14"]] = pd.NA
    homes.loc[[1, 2], "geometry"] = [at(-20, 500), at(50, 900)]
    homes["persons_summer"] = pd.array([None] * 3 + [8] + [None] * 76, dtype="Int64")
    clinics = [
        {"facility_id": "F1", "name": "西", "services": "medical", "status": "built", "capacity": 60, "geometry": at(100, 500)},
        {
            "facility_id": "F10",
            "name": "东",
            "services": "medical",
            "status": "built",
            "capacity": None,
            "geometry": at(1900, 500),
        },
        {"facility_id": "F0", "name": "远", "services": "medical", "status": "built", "capacity": 9, "geometry": at(1900, 900)},
    ]
    return checked(households=homes, facilities=frame(clinics))


def said(answer: Accessibility) -> list[str]:
    return [note.en for note in answer.notes]


# --- By hand -----------------------------------------------------------------------------------------------------------------


def test_two_steps_by_hand(town: Town) -> None:
    """54 households of 3 share 60 places: 60/162 each. G3 has 14 of its 20 households in reach, G4 none."""
    answer = accessibility(town, "medical")
    each = 60 / 162
    assert answer.question[:5] == ("medical", "2sfca", "none", "capacity", "persons")
    assert (answer.question.cutoff_min, answer.question.limit_m) == (15, 1250)
    assert answer.households["score"].tolist() == pytest.approx([each] * 54 + [0] * 26)
    assert answer.households.index.equals(town.households.index)
    assert answer.by_facility.to_dict("list") == {
        "facility_id": ["F1"],
        "name": ["西卫生室"],
        "supply": [60.0],
        "households": [54],
        "demand": [162.0],
        "ratio": [each],
    }
    assert answer.by_grid["grid_id"].tolist() == ["G1", "G2", "G3", "G4"]
    assert answer.by_grid["score"].tolist() == pytest.approx([each, each, 0.7 * each, 0])
    assert answer.by_grid[["households", "unmeasured", "demand"]].to_numpy().tolist() == [[20, 0, 60]] * 4
    assert said(answer) == ["26 households have nothing to use within 15 minutes and score 0"]


def test_inequality_by_hand(town: Town) -> None:
    """Of 240 people 162 have the same and 78 nothing: G = 78/240, T = ln(240/162); the poorest 96 hold what 18 have."""
    answer = accessibility(town, "medical")
    by_grid, by_age = (row for _, row in answer.inequality.iterrows())
    between = 2 * 20 / 54 * math.log(80 / 54) + 14 / 54 * math.log(0.7 * 80 / 54)
    for row in (by_grid, by_age):
        assert row[["people", "gini", "theil"]].tolist() == pytest.approx([240, 78 / 240, math.log(240 / 162)])
        assert row["palma"] == pytest.approx(24 / 18)
        assert row["theil"] == row["theil_between"] + row["theil_within"]
    assert by_grid["theil_between"] == pytest.approx(between)
    assert by_age["theil_between"] == pytest.approx(0, abs=1e-12)
    ages = answer.groups[answer.groups["by"] == "age"]
    assert ages["group"].tolist() == ["0-14", "15-64", "65+"]
    assert ages["people"].tolist() == [80, 80, 80]


def test_bands_count_the_near_more(town: Town) -> None:
    """Thirds of 1,250 m end at x = 506.7, 923.3 and 1,340: 20, 16 and 18 households."""
    answer = accessibility(town, "medical", method="e2sfca")
    assert answer.question.decay == "step"
    asked = 3 * (20 + 16 * 0.68 + 18 * 0.22)
    assert answer.by_facility["demand"].tolist() == pytest.approx([asked])
    assert answer.households["score"][[0, 30, 50, 60]].tolist() == pytest.approx(np.array([1, 0.68, 0.22, 0]) * 60 / asked)
    other = accessibility(town, "medical", method="e2sfca", decay="gaussian", cutoff_min=10)
    assert (other.question.limit_m, other.question.decay) == (833.333, "gaussian")


def test_the_nearest_twenty_households_find_a_place(town: Town) -> None:
    """60 places for households of 3: the 20 at x = 25 to 475, at most 375 m along the street."""
    answer = accessibility(town, "medical", method="nearest")
    homes = answer.households
    assert homes["facility"].eq("F1").tolist() == [True] * 20 + [False] * 60
    assert homes["displaced"].tolist() == [False] * 20 + [True] * 34 + [False] * 26
    assert homes["score"].tolist() == [1.0] * 20 + [0.0] * 60
    assert homes["metres"][0] == 85
    assert homes["extra_m"][:20].eq(0).all()
    columns = ["supply", "demand", "taken", "turned_away", "free"]
    assert answer.by_facility[columns].to_numpy().tolist() == [[60, 162, 60, 102, 0]]
    assert answer.by_facility["is_full"].tolist() == [True]
    counts = answer.by_grid[["score", "displaced_households", "displaced_demand", "no_place_demand"]]
    assert counts.to_numpy().tolist() == [[1, 0, 0, 0], [0, 20, 60, 60], [0, 14, 42, 60], [0, 0, 0, 60]]


def test_who_is_displaced_does_not_depend_on_the_order_of_the_file() -> None:
    """Two to a door: 9 places are for three households of 3, so of H003 and H002, equally far, the smaller id finds one."""
    homes = paper_town()["households"].iloc[:8]
    homes = homes.set_geometry([at(25 + 50 * (i // 2), 490) for i in range(8)], crs=homes.crs)
    clinics = paper_town()["facilities"].iloc[:1].assign(capacity=9, geometry=[at(0, 500)])
    for rows in (range(8), range(7, -1, -1), [3, 6, 2, 0, 7, 1, 5, 4]):
        shuffled = homes.iloc[list(rows)].reset_index(drop=True)
        town = placed_town({**paper_town(), "households": shuffled, "facilities": clinics})
        answer = accessibility(town, "medical", method="nearest")
        placed = answer.households.loc[~answer.households["displaced"], "household_id"]
        assert sorted(placed) == ["H000", "H001", "H002"]


def test_only_the_old_ask(town: Town) -> None:
    """54 people of 65+ in reach: there is room for all, and nobody else takes it."""
    answer = accessibility(town, "medical", method="nearest", demand="aged_65")
    assert answer.by_facility[["demand", "taken", "free"]].to_numpy().tolist() == [[54, 54, 6]]
    assert not answer.households["displaced"].any()
    assert accessibility(town, "medical", demand="children_0_14").by_facility["ratio"].tolist() == [60 / 54]


def test_who_does_not_ask_has_no_place(town: Town) -> None:
    homes = town.households.assign(aged_65=[0, 1] * 40)
    some = Town(**{**{name: getattr(town, name) for name in Town.__dataclass_fields__}, "households": homes})
    answer = accessibility(some, "medical", method="nearest", demand="aged_65")
    assert answer.households["score"].isna().tolist() == [True, False] * 40
    assert answer.by_grid["no_place_demand"].tolist() == [0, 0, 3, 10]
    assert answer.by_grid["displaced_households"].tolist() == [0, 0, 0, 0]


# --- What is left out, and said ----------------------------------------------------------------------------------------------


def test_what_is_not_known_is_said(odd_town: Town) -> None:
    answer = accessibility(odd_town, "medical", method="nearest", demand="aged_65")
    assert said(answer) == [
        "1 of 3 facilities do not state capacity and are left out: F10",
        "1 facilities are too far from any street, so nobody reaches them: F0",
        "1 households do not state aged_65 and count as 0",
        "1 households are too far from any street and are in no mean",
        "26 households have nothing to use within 15 minutes and score 0",
        "1 households lie outside all grids: they take part, but are in no grid",
        "1 of 80 households do not state both ages and are left out of the comparison of ages",
    ]
    assert answer.notes[0].zh == "3 处设施中有 1 处没有填写 capacity，未计入：F10"
    assert answer.by_facility["facility_id"].tolist() == ["F0", "F1", "F10"]
    np.testing.assert_array_equal(answer.by_facility["supply"], [9, 60, np.nan])
    assert answer.by_facility["taken"].tolist() == [0, 52, 0]
    assert answer.households["score"].isna().tolist() == [True, False, True] + [False] * 77
    assert answer.by_grid.loc[0, ["households", "unmeasured", "demand"]].tolist() == [19, 1, 18]
    assert answer.inequality["people"].tolist() == [77, 234]


def test_more_live_here_in_summer(odd_town: Town) -> None:
    persons, summer = (accessibility(odd_town, "medical", demand=demand) for demand in ("persons", "persons_summer"))
    assert summer.households["demand"].sum() - persons.households["demand"].sum() == 5
    assert [note for note in said(summer) if "persons_summer" in note] == []  # the reader filled the blanks, and said so
    winter = accessibility(odd_town, "medical", demand="persons_winter")
    assert said(winter)[2] == "80 households do not state persons_winter and count with their persons"
    assert winter.by_facility["ratio"].equals(persons.by_facility["ratio"])


def test_many_ids_are_cut_short() -> None:
    rows = [
        {"facility_id": f"C{n:02}", "name": "诊所", "services": "medical", "capacity": n or None, "geometry": at(50 * n, 500)}
        for n in [0, 0, *range(1, 3)]
    ]
    rows = [{**row, "facility_id": f"C{n:02}"} for n, row in enumerate([rows[0]] * 12 + rows[2:])]
    answer = accessibility(checked(facilities=frame(rows)), "medical")
    assert said(answer)[0].startswith("12 of 14 facilities do not state capacity and are left out: C00, C01, ")
    assert said(answer)[0].endswith("C09 …")


def test_nobody_states_ages_or_supply(town: Town) -> None:
    bare = checked(
        households=paper_town()["households"].drop(columns=["aged_65", "children_0_14"]),
        facilities=paper_town()["facilities"].assign(capacity=[60, 50]),
    )
    answer = accessibility(bare, "medical")
    assert answer.inequality["people"].tolist() == [240, 0]
    assert answer.inequality["gini"].isna().tolist() == [False, True]
    with pytest.raises(InputError, match=r"no household states aged_65; add it to the households' table, or ask for persons"):
        accessibility(bare, "medical", demand="aged_65")
    with pytest.raises(InputError, match=r"none of the 1 facilities that offer 'medical' states floor_area_m2; add it"):
        accessibility(town, "medical", supply="floor_area_m2")
    with pytest.raises(InputError, match=r"none of the 1 facilities that offer 'medical' states capacity"):
        accessibility(checked(), "medical")


def test_wrong_questions_are_named(town: Town) -> None:
    with pytest.raises(NotFoundError, match=r"the service 'sport' was not checked; use one of: medical"):
        accessibility(town, "sport")
    with pytest.raises(NotFoundError, match=r"there is no method '3sfca'; use one of: 2sfca, e2sfca, nearest"):
        accessibility(town, "medical", method="3sfca")
    with pytest.raises(NotFoundError, match=r"there is no supply 'beds'; use one of: capacity, floor_area_m2"):
        accessibility(town, "medical", supply="beds")
    with pytest.raises(
        NotFoundError, match=r"no demand 'cats'; use one of: persons, aged_65, children_0_14, persons_summer, pers"
    ):
        accessibility(town, "medical", demand="cats")
    with pytest.raises(NotFoundError, match=r"the profile has no season 'persons_spring'; use one of: summer, winter"):
        accessibility(town, "medical", demand="persons_spring")
    with pytest.raises(NotFoundError, match=r"there is no decay 'steep'"):
        accessibility(town, "medical", method="e2sfca", decay="steep")
    with pytest.raises(InputError, match=r"2sfca knows no decay \(linear was given\); use e2sfca"):
        accessibility(town, "medical", decay="linear")
    with pytest.raises(InputError, match=r"nearest counts places for people, so supply must be capacity, not floor_area_m2"):
        accessibility(town, "medical", method="nearest", supply="floor_area_m2")
    with pytest.raises(InputError, match=r"the cutoff is -1 minutes"):
        accessibility(town, "medical", cutoff_min=-1)


# --- A real town -------------------------------------------------------------------------------------------------------------


def test_guixi_with_made_up_places(guixi_report: Report) -> None:
    """No facility of Guixi states a capacity, so 9,000 places at each clinic are assumed; the floor areas are real."""
    town = replace(guixi_report.town, facilities=guixi_report.town.facilities.assign(capacity=9000))
    two_steps = accessibility(town, "medical", method="e2sfca", decay="gaussian")
    given = two_steps.by_facility["supply"][two_steps.by_facility["ratio"].notna()].sum()
    assert (two_steps.households["score"].fillna(0) * two_steps.households["demand"]).sum() == pytest.approx(given)
    queue = accessibility(town, "medical", method="nearest")
    near = trips(town, "medical", NOW)
    in_time = near["metres"] <= 1250
    assert queue.households["metres_nearest"].notna().equals(in_time)
    assert queue.households["metres_nearest"][in_time].equals(near["metres"][in_time])
    assert queue.households["displaced"].sum() > 1000
    assert (queue.by_facility["taken"] <= 9000).all()
    floors = accessibility(town, "courier_rest", supply="floor_area_m2")
    assert floors.by_facility["supply"].notna().any()
    assert floors.inequality["theil_between"].between(0, floors.inequality["theil"] + 1e-12).all()
