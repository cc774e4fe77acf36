"""Who is responsible for what, by hand on the place of paper and against loops over a random one."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from geogrid.facts import Facts
from geogrid.staffing import (
    DUTY_COLUMNS,
    OFFICE_COLUMNS,
    PEOPLE_COLUMNS,
    PROBABLE_COLUMNS,
    ROLE_COLUMNS,
    STREET_COLUMNS,
    VACANT_COLUMNS,
    duties,
)
from tests.paper_place import EAST, ESTATES, FINE, GRID, GRIDS, NORTH, PAPER, SHARES, TREE, facts, households, profile_with, table

STAFFED = {**GRID, "staff": ["leader", "member"]}
ROWS = [
    # staff_id, name, role, of_kind, of_id, phone, party_member
    ("P1", "张三", "leader", "grid", "A", "1390001", True),
    ("P1", "张三", "building_leader", "unit", "B1", "1390001", True),
    ("P2", "李四", "member", "grid", "A", "1390002", False),
    ("P2", "李四", "member", "grid", "B", "1390002", False),
    ("P3", "王五", "leader", "area", "V1", None, None),
    ("P4", "赵六", "member", "grid", "Z", "1390004", None),
    ("W", "某公司", "partner", "area", "V1", "0335-1", None),
]
"""Made-up people; Z is no grid."""


def staff(*rows: tuple[Any, ...]) -> pd.DataFrame:
    names = ("staff_id", "name", "role", "of_kind", "of_id", "phone", "party_member")
    columns: dict[str, list[Any]] = {name: list(cells) for name, cells in zip(names, zip(*rows, strict=True), strict=True)}
    return table(**columns)


def place(*levels: dict[str, Any], standards: Any = (), **tables: Any) -> Facts:
    changes = {"levels": [*TREE, *(levels or (STAFFED,))], "code_pattern": "", "standards": dict(standards)}
    return facts(profile_with(**changes), **{"staff": staff(*ROWS), "units": ESTATES, **tables})


def cells(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    wanted = frame[list(columns)].to_numpy(dtype=object)
    return [tuple(cell if isinstance(cell, tuple) or not pd.isna(cell) else None for cell in row) for row in wanted]


def test_a_row_per_person_and_subject_with_its_level_and_name() -> None:
    found = duties(place(STAFFED, *FINE))
    assert found.missing is None
    assert tuple(found.office.columns) == OFFICE_COLUMNS
    assert tuple(found.duties.columns) == DUTY_COLUMNS
    assert cells(found.duties, "staff_id", "role", "of_id", "level", "subject", "party_member") == [
        ("P1", "leader", "A", "grid", "甲", True),
        ("P1", "building_leader", "B1", "building", "一号楼", True),
        ("P2", "member", "A", "grid", "甲", False),
        ("P2", "member", "B", "grid", "乙", False),
        ("P3", "leader", "V1", "village", "一村", None),
        ("P4", "member", "Z", None, "Z", None),
    ]
    assert cells(found.unknown, "staff_id", "of_id") == [("P4", "Z")]


def test_phones_stand_in_the_office_table_alone() -> None:
    found = duties(place())
    assert found.office["phone"].tolist()[:2] == ["1390001", "1390001"]
    others = (found.duties, found.partners, found.people, found.vacant, found.roles, found.several, found.unknown)
    assert not any("139" in each.to_csv() for each in others)


def test_partner_organisations_stand_apart() -> None:
    found = duties(place())
    assert cells(found.partners, "staff_id", "name", "level", "subject") == [("W", "某公司", "village", "一村")]
    assert "W" not in set(found.people["staff_id"]) | set(found.duties["staff_id"])


def test_people_and_those_with_several_places() -> None:
    """P1 leads a grid and a building in it, P2 looks after two grids. Four households name P2: 1 + 2 + 3 + 4 persons."""
    found = duties(place(homes=households(staff_id=["P2"] * 4 + ["W", "P9", None, None, None])))
    assert tuple(found.people.columns) == PEOPLE_COLUMNS
    assert cells(found.people, "staff_id", "places", "households", "persons", "party_member") == [
        ("P1", 2, 0, 0, True),
        ("P2", 2, 4, 10, False),
        ("P3", 1, 0, 0, None),
        ("P4", 1, 0, 0, None),
    ]
    assert found.people["roles"].tolist() == [("leader", "building_leader"), ("member",), ("leader",), ("member",)]
    assert found.people["subjects"].tolist() == [("甲", "一号楼"), ("甲", "乙"), ("一村",), ("Z",)]
    assert found.several["staff_id"].tolist() == ["P1", "P2"]


def test_one_name_and_phone_under_two_ids_are_probably_one_person() -> None:
    """The ids of L2 and L3 are lines of the file; 赵六 has one name but two phones, 王五 no phone, 钱七 one place twice."""
    given = staff(
        ("L2", "张三", "leader", "grid", "A", "139 0000 0001", True),
        ("L3", "张三", "member", "grid", "B", "139-0000-0001", None),
        ("L4", "赵六", "member", "grid", "A", "13900000002", None),
        ("L5", "赵六", "member", "grid", "B", "13900000003", None),
        ("L6", "王五", "member", "grid", "A", None, None),
        ("L7", "王五", "member", "grid", "B", None, None),
        ("L8", "钱七", "leader", "grid", "C", "13900000004", None),
        ("L9", "钱七", "member", "grid", "C", "13900000004", None),
        ("L10", "孙八", "member", "grid", "C", "0", None),
        ("L11", "孙八", "member", "grid", "D", "0", None),
        ("L12", "某某公司", "partner", "grid", "A", "13900000005", None),
        ("L13", "某某公司", "partner", "grid", "B", "13900000005", None),
        ("L14", "周九", "member", "grid", "D", "13900000001", None),
    )
    found = duties(place(staff=given, homes=households(staff_id=["L2", "L3", "L3", "L4"] + [None] * 5)))
    assert tuple(found.probable.columns) == PROBABLE_COLUMNS
    assert cells(found.probable, "staff_id", "name", "roles", "subjects", "places", "households", "persons", "party_member") == [
        (("L2", "L3"), "张三", ("leader", "member"), ("甲", "乙"), 2, 3, 6, True)
    ]
    assert found.probable["remark"][0].zh == "同名同电话，可能是一人"
    assert found.several.empty
    assert {"L2", "L3"} <= set(found.people["staff_id"]), "they stay two people"
    assert "139" not in found.probable.to_csv()


def test_two_roles_in_one_place_are_one_place() -> None:
    found = duties(place(staff=staff(ROWS[0], ("P1", "张三", "member", "grid", "A", None, True))))
    assert cells(found.people, "staff_id", "roles", "places") == [("P1", ("leader", "member"), 1)]
    assert found.several.empty


def test_a_row_said_twice_counts_once() -> None:
    assert len(duties(place(staff=staff(ROWS[0], ROWS[0]))).office) == 1


def test_what_has_nobody_is_listed_most_people_first() -> None:
    """Persons: A 1+2+3+4, B 5+6+7, C 8, D 9. A has both, B lacks a leader, C and D lack both."""
    found = duties(place())
    assert tuple(found.vacant.columns) == VACANT_COLUMNS
    assert cells(found.vacant, "subject_id", "role", "households", "persons") == [
        ("B", "leader", 3, 18),
        ("D", "leader", 1, 9),
        ("D", "member", 1, 9),
        ("C", "leader", 1, 8),
        ("C", "member", 1, 8),
    ]


def test_somebody_of_another_kind_with_the_same_id_is_nobody() -> None:
    """An area called A is led; grid A is not."""
    found = duties(place(staff=staff(("P1", "张三", "leader", "area", "A", None, None))))
    assert "A" in set(found.vacant.loc[found.vacant["role"] == "leader", "subject_id"])
    assert found.unknown["of_id"].tolist() == ["A"]


def test_people_of_each_role_are_counted() -> None:
    found = duties(place())
    assert tuple(found.roles.columns) == ROLE_COLUMNS
    assert cells(found.roles, *ROLE_COLUMNS) == [
        ("village", "leader", 1, 1, 3, False),
        ("village", "partner", 1, 1, 3, False),
        ("grid", "leader", 1, 1, 4, True),
        ("grid", "member", 1, 2, 4, True),
    ]


def test_sets_of_households_belong_to_their_person() -> None:
    """Members P1 (by grid) and P2 (by households) each have a share; P2 lacks the role of a centre household."""
    rows = [
        ("P1", "张三", "member", "grid", "A", None, True),
        ("P2", "李四", "member", "households", "P2", None, True),
        ("P3", "王五", "cadre", "households", "H9", None, True),
    ]
    share = {**SHARES, "staff": ["member"]}
    found = duties(place(GRID, share, staff=staff(*rows), homes=households(staff_id=["P1", "P2", *[None] * 7])))
    assert cells(found.office, "staff_id", "level", "subject", "is_known") == [
        ("P1", "grid", "甲", True),
        ("P2", "share", "P2", True),
        ("P3", None, "H9", True),
    ]
    assert found.vacant.empty
    assert cells(found.roles, *ROLE_COLUMNS) == [("grid", "member", 1, 1, 4, False), ("share", "member", 2, 2, 2, True)]
    strict = duties(place(GRID, {**SHARES, "staff": ["centre_household"]}, staff=staff(*rows)))
    assert cells(strict.vacant, "level", "subject_id", "role") == [
        ("share", "P1", "centre_household"),
        ("share", "P2", "centre_household"),
    ]


STREETS = gpd.GeoDataFrame(
    {
        "road_id": ["R1", "R2", "R2", "R3"],
        "name": ["一巷", "二巷", "二巷", None],
        "highway": ["alley", "alley", "alley", "trunk"],
    },
    geometry=[
        LineString([(EAST + x, NORTH), (EAST + x + length, NORTH)]) for x, length in ((0, 30), (50, 20), (80, 40), (200, 100))
    ],
    crs=PAPER,
)
ASKED = {
    "lanes": {
        "name": {"zh": "巷", "en": "lanes"},
        "source": {"zh": "某", "en": "some"},
        "of": "streets",
        "measure": "staff",
        "where": {"highway": ["alley"]},
        "min": 1.0,
        "unit": "people",
    }
}


def test_streets_with_nobody_once_somebody_has_one() -> None:
    """P1 has R1. R2 is 20 + 40 m in two pieces, R3 100 m."""
    found = duties(place(GRID, streets=STREETS, staff=staff(("P1", "张三", "member", "street", "R1", None, None))))
    assert found.streets is not None
    assert tuple(found.streets.columns) == STREET_COLUMNS
    assert cells(found.streets, "street_id", "name", "length_m") == [("R3", "R3", 100.0), ("R2", "二巷", 60.0)]
    assert cells(found.office, "level", "subject") == [("streets", "一巷")]
    assert cells(found.roles, "level", "role", "people", "subjects_with", "subjects") == [("streets", "member", 1, 1, 3)]


def test_only_streets_that_a_standard_asks_for() -> None:
    found = duties(place(streets=STREETS, standards=ASKED))
    assert found.streets is not None
    assert found.streets["street_id"].tolist() == ["R2", "R1"]
    one = duties(place(streets=STREETS, standards=ASKED, staff=staff(("P1", "张三", "partner", "street", "R2", None, None))))
    assert one.streets is not None
    assert one.streets["street_id"].tolist() == ["R2", "R1"], "a partner organisation is nobody's member"


def test_streets_are_left_alone_where_nobody_asks() -> None:
    assert duties(place(streets=STREETS)).streets is None
    assert duties(place(standards=ASKED)).streets is None


def test_without_staff_nothing_is_said_to_be_vacant() -> None:
    found = duties(place(staff=None))
    assert found.missing == ("没有提供人员表", "no table of staff given")
    assert found.vacant.empty
    assert found.several.empty
    assert found.duties.empty
    assert found.streets is None


def test_staff_without_phones_and_party_members() -> None:
    found = duties(place(staff=staff(*ROWS).drop(columns=["phone", "party_member"])))
    assert found.office["phone"].isna().all()
    assert found.people["party_member"].isna().all()


def test_people_of_a_larger_grid_and_of_a_project() -> None:
    """A grid that stands among the areas, and one of another set, are known by their names."""
    projects = gpd.GeoDataFrame({"grid_id": ["Q"], "name": ["安置"], "grid_set": ["p"]}, geometry=[GRIDS.geometry[0]], crs=PAPER)
    rows = [("P1", "张三", "leader", "grid", "V1", None, None), ("P2", "李四", "leader", "grid", "Q", None, None)]
    found = duties(place(projects=projects, staff=staff(*rows)))
    assert cells(found.office, "subject", "level", "is_known") == [("一村", None, True), ("安置", None, True)]


@pytest.mark.parametrize("seed", range(10))
def test_against_loops_over_a_random_staff(seed: int) -> None:
    rng = np.random.default_rng(seed)
    roles, ids = ["leader", "member", "deputy", "partner"], ["A", "B", "C", "D", "V1", "Z"]
    rows = [
        (f"P{rng.integers(6)}", "某", str(rng.choice(roles)), str(rng.choice(["grid", "area"])), str(rng.choice(ids)), None, None)
        for _ in range(15)
    ]
    mine = [f"P{i}" if i < 6 else None for i in rng.integers(0, 8, 9)]
    found = duties(place(staff=staff(*rows), homes=households(staff_id=mine)))
    people = [row for row in rows if row[2] != "partner"]
    places = {key: {row[3:5] for row in people if row[0] == key} for key, *_ in people}
    assert dict(zip(found.people["staff_id"], found.people["places"], strict=True)) == {k: len(v) for k, v in places.items()}
    held = {key: [i + 1 for i, own in enumerate(mine) if own == key] for key in places}
    assert {row[0]: row[1:] for row in cells(found.people, "staff_id", "households", "persons")} == {
        key: (len(homes), sum(homes)) for key, homes in held.items()
    }
    vacant = {
        (grid, role)
        for grid in "ABCD"
        for role in ("leader", "member")
        if not any(row[2:5] == (role, "grid", grid) for row in people)
    }
    assert set(cells(found.vacant, "subject_id", "role")) == vacant
    known = {("grid", g) for g in ("A", "B", "C", "D", "V1")} | {("area", "V1")}
    assert {tuple(row) for row in cells(found.unknown, "of_kind", "of_id")} == {row[3:5] for row in rows} - known
