"""Rows that match nothing, by hand on the place of paper: what everybody may know of them, and the office's rows."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest

import geogrid
from geogrid.placebook import place_tables
from geogrid.placereport import PlaceReport, place_report
from geogrid.unmatched import unmatched, unmatched_notes, unmatched_rows
from tests.builders import paper_town
from tests.paper_place import GRID, GRIDS, PAPER, TREE, at, facts, households, profile_with, table
from tests.test_grading import LETTERS
from tests.test_measures import DISPUTE

ROLES = ["leader", "leader", "member", "member", "网各员", "网各员", "楼霸", "member"]
STAFF = table(
    staff_id=[f"P{i}" for i in range(1, 9)],
    name=["张三", "李四", "王五", "赵六", "钱七", "孙八", "周九", "吴十"],
    role=ROLES,
    of_kind=["grid", "grid", "grid", "households", "grid", "grid", "grid", "grid"],
    of_id=["A", "Z", "H9", "H999", "A", "B", "A", "B"],
)
"""Z is no grid, H9 a household but no grid, H999 nothing; two roles nobody knows."""

EVENTS = gpd.GeoDataFrame(
    {"event_id": ["E1", "E2", "E3"], "kind": ["矛盾", "噪声", "噪声"], "opened": ["2026-06-01"] * 3},
    geometry=gpd.GeoSeries([at(50, 50)] * 3, crs=PAPER),
    crs=PAPER,
)
MEMBERS = table(area_id=["T1", "T9", "T1"], member_id=["V1", "V2", "V9"])
GRADES = table(subject_id=["V1", "V9", "V2"], period=["2026Q1"] * 3, grade=["A", "A", "Z"])
NAMED = GRIDS.assign(leader=["张三", "郑一", None, None])
"""The table of staff knows 张三 in A, but not 郑一 in B."""


def place(profile: dict[str, Any] | None = None, **tables: Any) -> PlaceReport:
    changes = {"levels": [*TREE, GRID], "code_pattern": "", "matters": {"dispute": DISPUTE}, **(profile or {})}
    return place_report(facts(profile_with(**changes), households(), **tables))


GRADED = {"grades": LETTERS, "graded": "village"}


@pytest.fixture(scope="module")
def found() -> PlaceReport:
    return place(GRADED, grids=NAMED, staff=STAFF, events=EVENTS, area_members=MEMBERS, grades=GRADES)


def said(report: PlaceReport, lang: str = "en") -> list[str]:
    return [one.note.en if lang == "en" else one.note.zh for one in unmatched(report)]


def test_what_everybody_may_know_counts_and_names_no_person_household_or_kind_of_matter(found: PlaceReport) -> None:
    assert said(found) == [
        (
            "leaders or members whom the table of grids names but the table of staff, the register, does not: 1 (such as B); "
            "they do not count: add them to the table of staff, or delete them from the grids"
        ),
        "rows about something that no table holds: 3 (such as Z); check its kind and its id",
        "rows whose role is not known: 3 (such as 网各员); kept as written: correct it where it is a mistake",
        "kinds of matters without a time limit in the profile, so never overdue: 1; correct the kind, or add it to matters",
        "grades that are not used: 2 (such as V9, V2); check the subject and the grade",
        "rows that name an area that the table of areas does not hold: 1 (such as T9); correct the id, or add the area",
        "rows that name a member that is no area, grid or unit: 1 (such as V9); correct the id",
    ]
    assert said(found, "zh")[1] == "3 行的负责对象在各表中都没有（如 Z）；请核对负责对象类别和编号"
    private = ("H9", "H999", "郑一", "楼霸", "噪声")
    assert not any(word in note for note in said(found) + said(found, "zh") for word in private)
    told = {table: len(notes) for table, notes in unmatched_notes(found).items()}
    assert told == {"staff": 3, "events": 1, "grades": 1, "area_members": 2}


def test_the_office_has_every_row(found: PlaceReport) -> None:
    rows = unmatched_rows(found)
    assert [tuple(row) for row in rows[["table", "id", "value"]].to_numpy()] == [
        ("staff", "B", "郑一"),
        *(("staff", "P2", "Z"), ("staff", "P3", "H9"), ("staff", "P4", "H999")),
        *(("staff", "P5", "网各员"), ("staff", "P6", "网各员"), ("staff", "P7", "楼霸")),
        ("events", "噪声", 2),
        *(("area_members", "V2", "T9"), ("area_members", "T1", "V9")),
    ]
    assert rows["problem"][1].en == "no table holds this subject"


def test_the_workbook_lists_them_and_marks_whom_only_the_grids_name(found: PlaceReport) -> None:
    sheets = place_tables(found, "zh")
    assert sheets["unmatched"]["table"].tolist() == ["人员"] * 7 + ["事件"] + ["区域成员"] * 2
    assert sheets["unmatched"]["problem"][0] == "只写在网格表，人员表没有，不计入"
    last = sheets["duties"].iloc[-1]
    assert (last["person"], last["of_id"], last["remark"]) == ("郑一", "B", "只写在网格表，人员表没有，不计入")
    assert sheets["duties"]["remark"].notna().sum() == 1
    assert len(sheets["grade_problems"]) == 2


def test_people_who_are_probably_one_stand_below_those_with_several_places() -> None:
    staff = table(
        staff_id=["P1", "P1", "2", "3"],
        name=["张三", "张三", "李四", "李四"],
        role=["member"] * 4,
        of_kind=["grid"] * 4,
        of_id=["A", "B", "C", "D"],
        phone=[None, None, "13900000001", "13900000001"],
    )
    sheet = place_tables(place(staff=staff), "en")["several"]
    assert sheet["person"].tolist() == ["张三", "李四"]
    assert sheet["staff_id"].tolist() == ["P1", ("2", "3")]
    assert sheet["remark"][1] == "same name and phone, probably one person"


def test_grades_of_a_profile_without_grades() -> None:
    assert said(place(grades=GRADES)) == [
        "this profile has no grades; rows that are not used: 3; add grades to the profile, or leave the table out"
    ]


def test_nothing_is_said_where_everything_matches() -> None:
    good = {"staff": STAFF.iloc[[0]], "events": EVENTS.iloc[[0]], "area_members": MEMBERS.iloc[[0]], "grades": GRADES.iloc[[0]]}
    report = place(GRADED, **good)
    assert unmatched(report) == ()
    assert unmatched_rows(report).empty
    assert "unmatched" not in place_tables(report, "zh")
    assert unmatched(place()) == ()


def test_a_note_names_five_and_says_that_there_are_more() -> None:
    members = table(area_id=["T1"] * 7, member_id=[f"N{i}" for i in range(7)])
    assert said(place(area_members=members), "zh") == [
        "7 行的成员编号在区域、网格、单元表中都没有（如 N0、N1、N2、N3、N4……）；请改正编号"
    ]


def test_the_public_report_has_the_notes() -> None:
    members = table(area_id=["V1"], member_id=["V9"])
    report = geogrid.check(**paper_town(), services=["medical"], area_members=members)
    notes = {row["table"]: row["notes"] for row in report.public.summary["inputs"]}
    assert notes["area_members"][-1]["zh"] == "1 行的成员编号在区域、网格、单元表中都没有（如 V9）；请改正编号"
