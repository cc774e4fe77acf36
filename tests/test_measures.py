"""Every measure, counted by hand on the place of paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geogrid.measures import FUNCTIONS
from geogrid.measures.found import Found
from geogrid.measures.people import ALONE
from geogrid.measuretable import MEASURES, OPTIONS, UNITS
from geogrid.subjects import chosen
from tests.paper_place import (
    AREAS,
    ESTATES,
    FINE,
    GRID,
    GRIDS,
    PAPER,
    SHARES,
    STAFF,
    TREE,
    at,
    block,
    facts,
    households,
    profile_with,
    table,
)

if TYPE_CHECKING:
    from geogrid.facts import Facts

WORDS = {"zh": "某", "en": "some"}
GRADES = [{"id": key.lower(), "zh": key, "en": f"grade {key}", "colour": "#112233"} for key in "ABCD"]
DISPUTE = {"zh": "纠纷", "en": "dispute", "days": 10, "source": WORDS, "aliases": ["矛盾"]}


def measured(known: Facts, of: str, measure: str, **options: Any) -> Found:
    rule = {
        "name": WORDS,
        "source": WORDS,
        "of": of,
        "measure": measure,
        "options": options,
        "min": options.pop("min", 0.0),
        "unit": MEASURES[measure].unit,
    }
    profile = profile_with(**{**dict(known.profile), "standards": {"x": rule}})
    subjects, places = chosen(known, profile.standards["x"])
    return FUNCTIONS[measure](known, subjects, places, profile.standards["x"])


def values(known: Facts, of: str, measure: str, **options: Any) -> list[float | None]:
    found = measured(known, of, measure, **options)
    assert all((text is not None) == np.isnan(value) for text, value in zip(found.missing, found.value, strict=True))
    return [None if np.isnan(value) else float(value) for value in found.value]


def place(*levels: dict[str, Any], **tables: Any) -> Facts:
    changes = tables.pop("changes", {})
    return facts(profile_with(levels=[*TREE, GRID, *levels], code_pattern="", **changes), **tables)


def test_every_measure_has_a_function_and_says_what_it_is() -> None:
    assert FUNCTIONS.keys() == MEASURES.keys()
    for measure in MEASURES.values():
        assert measure.unit in UNITS
        assert {*measure.options, *measure.required} <= OPTIONS.keys()
        assert set(measure.required) <= set(measure.options)
        assert measure.name.zh
        assert measure.name.en


def test_people() -> None:
    """Households of 1 to 9 persons: A 1–4, B 5–7, C 8, D 9."""
    known = place(homes=households(aged_65=[1, 2, None, None, None, None, None, 3, None]))
    assert values(known, "village", "households") == [7, 1, 1]
    assert values(known, "grid", "persons") == [10, 18, 8, 9]
    assert values(known, "place", "persons") == [45]
    assert values(known, "grid", "aged_65") == [3, None, 3, None]
    assert values(known, "grid", "children_0_14") == [None] * 4


def test_persons_of_a_season() -> None:
    """A blank cell means persons."""
    known = place(homes=households(persons_winter=[0, 0, None, None, 1, 1, 1, None, 20]))
    assert values(known, "grid", "persons", season="winter") == [7, 3, 8, 20]
    assert values(known, "grid", "persons", season="summer") == [None] * 4


def test_deviation_counts_both_ways() -> None:
    known = place(changes={"household_range": (1, 4), "household_target": 2})
    assert values(known, "grid", "deviation") == [1.0, 0.5, 0.5, 0.5]


def test_area_and_shape() -> None:
    known = place()
    assert values(known, "village", "area") == [0.02, 0.01, 0.01]
    assert values(known, "place", "area") == [0.04]
    assert values(known, "grid", "compactness") == pytest.approx([np.pi / 4] * 4)


def test_children() -> None:
    alliance = gpd.GeoDataFrame(
        {"area_id": ["U"], "name": ["联建"], "level": ["alliance"], "parent_id": [None]},
        geometry=[block(200, 0, 400, 100)],
        crs=PAPER,
    )
    known = place(
        {"id": "alliance", "zh": "联盟", "en": "alliance", "cuts_across": True},
        areas=pd.concat([AREAS, alliance], ignore_index=True),
        area_members=table(area_id=["U", "U"], member_id=["V2", "V3"]),
    )
    assert values(known, "township", "children", level="village") == [2, 1]
    assert values(known, "village", "children", level="grid") == [2, 1, 1]
    assert values(known, "township", "children", level="grid") == [3, 1]
    assert values(known, "alliance", "children", level="village") == [2]


CENTRES = gpd.GeoDataFrame(
    {
        "facility_id": ["F1", "F2", "F3", "F4"],
        "name": ["中心", "东站", "西站", "诊所"],
        "services": [("party_service",), ("party_service",), ("party_service",), ("medical", "sport")],
        "level": ["township", "village", "township", "village"],
        "status": ["built", "built", "planned", "built"],
        "floor_area_m2": [1000.0, 90.0, None, 40.0],
        "functions": [("大厅", "公示栏"), ("大厅",), (), ("药房",)],
        "grid_id": ["B", "C", None, "D"],
    },
    geometry=[at(150, 50), at(250, 50), at(360, 50), at(350, 50)],
    crs=PAPER,
)


def test_radius_is_to_the_farthest_child_from_the_best_centre() -> None:
    """V1 and V2 have their inner points at x = 100 and 250: 50 and 100 m from F1 in T1. F3 lies in T2, 10 m from that of V3."""
    found = measured(
        place(facilities=CENTRES), "township", "radius", level="village", services=["party_service"], where={"level": "township"}
    )
    assert found.value.tolist() == [100, 10]
    assert [text.en for text in found.advice if text] == ["the farthest is 二村", "the farthest is 三村"]
    both = measured(place(facilities=CENTRES), "township", "radius", level="village", services=["party_service"])
    assert both.value.tolist() == [100, 10]
    none = measured(place(facilities=CENTRES), "township", "radius", level="village", services=["medical"])
    assert [text and text.en for text in none.missing] == ["no such centre inside", None]
    assert values(place(), "township", "radius", level="village", services=["medical"]) == [None, None]


def test_facilities_inside() -> None:
    known = place(facilities=CENTRES)
    assert values(known, "township", "facilities", services=["party_service"]) == [2, 1]
    assert values(known, "township", "facilities", services=["party_service"], statuses=["built"]) == [2, 0]
    assert values(known, "village", "facilities", services=["party_service"], where={"level": "village"}) == [0, 1, 0]
    assert values(known, "village", "facilities", services=["party_service"], functions=["公示栏"]) == [1, 0, 0]
    assert values(known, "place", "facilities", services=["party_service", "medical"]) == [4]
    assert values(place(), "village", "facilities", services=["medical"]) == [None] * 3


def test_floor_area_and_functions() -> None:
    known = place(facilities=CENTRES)
    assert values(known, "facilities", "floor_area") == [1000, 90, None, 40]
    found = measured(known, "facilities", "functions", functions=["大厅", "公示栏", "大厅"])
    assert found.value[[0, 1, 3]].tolist() == [2, 1, 0]
    assert [text and text.en for text in found.advice] == [None, "lacks: 公示栏", "lacks: 大厅、公示栏", "lacks: 大厅、公示栏"]
    assert [text and text.en for text in found.missing] == [None, None, "its functions are not stated", None]


def test_staff() -> None:
    """P1 and P2 are members of A, P2 of B too; P3 leads A and is the only party member."""
    known = place(SHARES, staff=STAFF.assign(party_member=[False, None, None, True]))
    assert values(known, "grid", "staff") == [3, 1, 0, 0]
    assert values(known, "grid", "staff", roles=["member"]) == [2, 1, 0, 0]
    assert values(known, "grid", "staff", roles=["leader"], party_member=True) == [1, 0, 0, 0]
    assert values(known, "place", "staff", roles=["member"]) == [2]
    assert values(known, "share", "staff", roles=["member"]) == [1, 1]
    assert values(place(), "grid", "staff") == [None] * 4
    assert measured(known, "grid", "staff").advice[2] is not None


def test_spread_of_shares() -> None:
    """In A P1 looks after two households and P2 (of A, too) after three: 3 / 2.5."""
    known = place(SHARES, staff=STAFF, homes=households(staff_id=["P1", "P1", "P2", None, "P2", "P2", None, None, None]))
    assert values(known, "grid", "shares_spread", level="share") == [1.2, None, None, None]


def test_party_members_and_who_could_be_joined() -> None:
    """Buildings B1 (0–30) and B2 (30–60) touch; the estate states nothing and takes the sum of its buildings."""
    known = place(*FINE, units=ESTATES.assign(party_members=pd.array([None, 3, 4, None], dtype="Int64")))
    found = measured(known, "building", "party_members")
    assert found.value.tolist() == [3, 4]
    assert [text and text.en for text in found.advice] == [
        "could join its neighbours 二号楼 (4)",
        "could join its neighbours 一号楼 (3)",
    ]
    assert values(known, "estate", "party_members") == [7]
    assert values(known, "grid", "party_members") == [7, None, None, None]
    alone = measured(place(*FINE, units=ESTATES.iloc[:2].assign(party_members=[None, 3])), "building", "party_members")
    assert [text and text.en for text in alone.advice] == ["has no neighbour of its kind within 50 m"]
    assert values(place(*FINE, units=ESTATES), "building", "party_members") == [None, None]


def test_neighbours_share_a_border_and_the_longest_comes_first() -> None:
    """甲 (40 × 100 m) has 乙 beside it along 30 m, 丙 along 70 m; 丁 touches it at a corner, 戊 is across a street."""
    blocks = [block(0, 0, 40, 100), block(40, 0, 60, 30), block(40, 30, 60, 100), block(-9, 100, 0, 109), block(80, 0, 90, 9)]
    names = [*"甲乙丙丁戊", "己"]
    blocks.append(block(900, 0, 909, 9))
    units = gpd.GeoDataFrame({"unit_id": names, "name": names, "kind": "building"}, geometry=blocks, crs=PAPER)
    known = place(*FINE, units=units.assign(party_members=1))
    said = [text and text.zh for text in measured(known, "building", "party_members").advice]
    listed = ["丙、乙", "甲、丙", "甲、乙", "甲、丙", "乙、丙、甲"]
    assert said == [*(f"可并入相邻的 {'、'.join(f'{name}（1 名）' for name in row.split('、'))}" for row in listed), ALONE.zh]


def test_neighbours_with_whom_the_minimum_is_reached_come_first_and_none_is_cut_silently() -> None:
    """中 has one member, three are asked for; below it lie six blocks of 10 m, of which the last three in another community."""
    blocks = [block(270, 50, 330, 60), *(block(270 + 10 * i, 40, 280 + 10 * i, 50) for i in range(6))]
    units = gpd.GeoDataFrame(
        {"unit_id": list("中甲乙丙丁戊己"), "name": list("中甲乙丙丁戊己"), "kind": "building", "grid_id": [*"CCCC", *"DDD"]},
        geometry=blocks,
        crs=PAPER,
    )
    known = place(*FINE, units=units.assign(party_members=pd.array([1, 1, 2, None, 1, 5, 1], dtype="Int64")))
    advice = measured(known, "building", "party_members", min=3.0).advice[0]
    assert advice is not None
    assert advice.zh == "可并入相邻的 乙（2 名）、戊（5 名，属三村）、甲（1 名）、丙（未填）、丁（1 名，属三村），另有 1 个"
    assert advice.en.endswith("乙 (2), 戊 (5, in 三村), 甲 (1), 丙 (not stated), 丁 (1, in 三村), and 1 more")


STATUS: dict[str, list[str]] = {
    "status_medical": ["covered"] * 6 + ["uncovered"] * 3,
    "status_sport": ["covered"] * 2 + ["uncovered"] * 6 + ["covered"],
    "status_later_sport": ["covered"] * 9,
}


def test_share_covered_by_one_service_and_by_several_at_once() -> None:
    known = place(homes=households("AAAABBBCD", **STATUS), services=("medical", "sport"))
    assert values(known, "grid", "share_covered", services=["medical"]) == pytest.approx([1, 2 / 3, 0, 0])
    assert values(known, "grid", "share_covered", services=["medical", "sport"]) == [0.5, 0, 0, 0]
    assert values(known, "grid", "share_covered") == [0.5, 0, 0, 0]
    assert values(known, "grid", "share_covered", services=["sport"], when="later") == [1, 1, 1, 1]
    assert values(known, "services", "share_covered") == pytest.approx([6 / 9, 3 / 9])
    assert values(known, "place", "share_covered", services=["education"]) == [0]
    found = measured(known, "grid", "share_covered", services=["medical"])
    assert [text and text.en for text in found.advice] == [None, *(f"{n} households are not covered" for n in (1, 1, 1))]


def test_nobody_has_no_share() -> None:
    assert values(
        place(homes=households("AB", status_medical=["covered"] * 2)), "grid", "share_covered", services=["medical"]
    ) == [1, 1, None, None]


def test_minutes_are_medians_and_no_path_is_endless() -> None:
    known = place(homes=households(minutes_medical=[1, 2, 3, 9, 5, None, None, 8, None], minutes_sport=[2.5] * 9))
    assert values(known, "grid", "minutes", services=["medical"]) == [2.5, np.inf, 8, np.inf]
    assert values(known, "grid", "minutes", services=["medical", "sport"]) == [2.75, np.inf, 8, np.inf]
    assert values(known, "grid", "minutes", services=["education"]) == [np.inf] * 4


def test_grades_of_the_latest_period() -> None:
    grades = table(
        subject_id=["V1", "V2", "V1", "V3"], period=["2026Q1", "2026Q1", "2026Q2", "2026Q2"], grade=["A", "A", "d", "？"]
    )
    known = place(grades=grades, changes={"grades": GRADES, "graded": "village"})
    assert values(known, "village", "grade") == [4, None, None]
    assert values(place(), "village", "grade") == [None] * 3


@pytest.mark.parametrize(("before", "last"), [("2026-9", "2026-10"), ("2026年二季度", "2026年三季度"), ("2025Q4", "2026Q1")])
def test_the_latest_period_is_the_last_in_time_not_in_text(before: str, last: str) -> None:
    grades = table(subject_id=["V1", "V1", "V2"], period=[last, before, before], grade=["B", "A", "C"])
    known = place(grades=grades, changes={"grades": GRADES, "graded": "village"})
    assert values(known, "village", "grade") == [2, None, None]


def test_matters() -> None:
    """On 1 July: E1 is open and 30 days old, E2 open and new, E3 closed, E4 not yet opened, E5 of a kind without a limit."""
    events = gpd.GeoDataFrame(
        {
            "event_id": ["E1", "E2", "E3", "E4", "E5"],
            "kind": ["矛盾", "dispute", "dispute", "dispute", "噪声"],
            "opened": ["2026-06-01", "2026-06-25", "2026-06-01", "2026-08-01", "2026-01-01"],
            "closed": [None, None, "2026-06-30", None, None],
            "grid_id": ["A", "A", "A", "A", "B"],
        },
        geometry=[at(5, 5)] * 5,
        crs=PAPER,
    )
    known = place(events=events, changes={"matters": {"dispute": DISPUTE}})
    assert values(known, "grid", "matters_open") == [2, 1, 0, 0]
    assert values(known, "grid", "matters_overdue") == [1, 0, 0, 0]
    assert values(known, "village", "matters_open") == [3, 0, 0]
    assert values(known, "place", "matters_overdue") == [1]
    assert values(place(), "grid", "matters_open") == [None] * 4
    undated = place(events=events.drop(columns="closed"), changes={"matters": {"dispute": DISPUTE}})
    assert values(undated, "place", "matters_open") == [4], "nobody says that any was closed"


def test_what_is_measured_is_what_brute_force_counts() -> None:
    """Random towns of 30 grids: households, persons and areas by a loop over everything."""
    random = np.random.default_rng(7)
    for _ in range(20):
        letters = "".join(random.choice(list("ABCD-"), 40))
        known = place(homes=households(letters))
        homes = known.households
        for of, groups in (("grid", list("ABCD")), ("village", ["AB", "C", "D"]), ("township", ["ABC", "D"])):
            inside = [homes[homes["grid_id"].isin(list(group))] for group in groups]
            assert values(known, of, "households") == [len(rows) for rows in inside]
            assert values(known, of, "persons") == [rows["persons"].sum() for rows in inside]


def test_subjects_of_several_levels_are_added_up() -> None:
    known = place()
    assert values(known, "place", "subjects", levels=["village", "grid"]) == [7]
    assert values(known, "place", "subjects", levels=["township"]) == [2]


def test_columns_that_are_filled_in() -> None:
    """A states duties and a phone, B blanks only, C a phone; D has neither; a column that no table has is empty."""
    known = place(grids=GRIDS.assign(duties=["巡查", "  ", None, pd.NA], supervision_phone=["12345", None, "12345", None]))
    columns = ["duties", "supervision_phone", "duties"]
    found = measured(known, "grid", "filled", columns=columns)
    assert found.value.tolist() == [2, 0, 1, 0]
    assert [text and text.en for text in found.advice] == [
        None,
        "not stated: duties、supervision_phone",
        "not stated: duties",
        "not stated: duties、supervision_phone",
    ]
    assert values(known, "grid", "filled", columns=["colour"]) == [0, 0, 0, 0]


def test_share_of_households_that_are_somebodys() -> None:
    """A: three of four shared out; B: one of three; C and D: nobody's, and D has no household."""
    homes = households("AAAABBBC", staff_id=["P1", "P1", "P2", None, "P2", None, "P9", None])
    known = place(SHARES, homes=homes, staff=STAFF)
    found = measured(known, "grid", "shared", level="share")
    assert found.value.tolist()[:3] == [0.75, pytest.approx(1 / 3), 0]
    assert [text and text.en for text in found.advice] == [
        "1 households are nobody's share",
        "2 households are nobody's share",
        "1 households are nobody's share",
        None,
    ]
    assert found.missing[3] is not None
    assert values(known, "village", "shared", level="share") == [pytest.approx(4 / 7), 0, None]


def test_functions_without_a_list_are_all_counted() -> None:
    """The same function twice is one; a centre that states none is incomplete."""
    centres = gpd.GeoDataFrame(
        {
            "facility_id": ["F1", "F2", "F3"],
            "name": ["甲", "乙", "丙"],
            "services": [("party_service",)] * 3,
            "functions": [["大厅", "议事室", "大厅"], ["大厅"], None],
        },
        geometry=[at(10, 10), at(110, 10), at(210, 10)],
        crs=PAPER,
    )
    known = place(facilities=centres)
    assert values(known, "facilities", "functions") == [2, 1, None]
    assert values(known, "facilities", "functions", functions=["议事室"]) == [1, 0, None]
