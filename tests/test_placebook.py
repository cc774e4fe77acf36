"""The office's workbook of a place: every sheet by hand on the place of paper, in both languages, and never a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely import LineString

from geogrid.labels import SHEETS, column_label
from geogrid.placebook import place_tables
from geogrid.placelabels import PLACE_SHEETS
from geogrid.placereport import PlaceReport, place_report
from geogrid.words import LANGS, Lang
from geogrid.workbook import write_workbook
from tests import paper_place
from tests.paper_place import AREAS, EAST, GRID, NORTH, PAPER, SHARES, TREE, at, facts, households, profile_with, table
from tests.test_grading import LETTERS
from tests.test_measures import CENTRES, DISPUTE
from tests.test_standards import READ, UNREAD, rule

if TYPE_CHECKING:
    from pathlib import Path

FORMULA = "=HYPERLINK(1)"
STANDARDS = {
    "size": rule("grid", "households", "households", min=3.0, name={"zh": "网格户数", "en": "size of grids"}),
    "floor": rule("facilities", "floor_area", "m2", min=90.0, name={"zh": "面积", "en": "floor area"}, source=UNREAD),
    "lanes": rule("streets", "staff", "people", is_judged=False, name={"zh": "街巷", "en": "lanes"}),
}
STATED = {
    "villages": {"name": READ, "source": READ, "of": "village", "n": 3},
    "small": {
        "name": READ,
        "source": READ,
        "of": "grid",
        "measure": "households",
        "max": 2.0,
        "unit": "households",
        "n": 3,
        "share": 0.75,
    },
}
STAFF = table(
    staff_id=["P1", "P1", "P2", "P3"],
    name=["张三", "张三", FORMULA, "李四"],
    role=["leader", "leader", "member", "leader"],
    of_kind=["grid", "grid", "grid", "grid"],
    of_id=["A", "B", "A", "Z"],
    phone=["139-1", "139-1", "+139", None],
    party_member=[True, True, False, None],
)
LANE = gpd.GeoDataFrame(
    {"road_id": ["R1"], "name": ["后街"]}, geometry=[LineString([(EAST, NORTH), (EAST + 120, NORTH)])], crs=PAPER
)
EVENTS = gpd.GeoDataFrame(
    {
        "event_id": ["E1", "E2", "E3"],
        "kind": ["矛盾", "dispute", "噪声"],
        "opened": ["2026-06-01", "2026-06-28", "2026-06-28"],
        "closed": [None, "2026-06-29", None],
        "place": ["村口", "桥头", None],
    },
    geometry=gpd.GeoSeries([at(50, 50), at(150, 50), None], crs=PAPER),
    crs=PAPER,
)
GRADES = table(
    subject_id=["V1", "V2", "V1", "V2", "V9", "V1"],
    period=["2026Q1", "2026Q1", "2026Q2", "2026Q2", "2026Q2", "2026Q2"],
    grade=["A", "C", "B", "B", "A", "D"],
)


@pytest.fixture(scope="module")
def place() -> PlaceReport:
    """Return the place of paper: a village V4 without a grid, a household in none, staff, matters and grades."""
    staffed = {**GRID, "staff": ["leader", "member"]}
    changes = {"levels": [*TREE, staffed], "code_pattern": "", "standards": STANDARDS, "stated": STATED}
    profile = profile_with(**changes, matters={"dispute": DISPUTE}, grades=LETTERS, graded="village")
    bare = AREAS.iloc[[5]].assign(area_id="V4", name="四村", geometry=[at(1000, 0).buffer(10)])
    areas = gpd.GeoDataFrame(pd.concat([AREAS, bare], ignore_index=True), crs=PAPER)
    tables = {"areas": areas, "facilities": CENTRES, "staff": STAFF, "events": EVENTS, "grades": GRADES, "streets": LANE}
    return place_report(facts(profile, households("AAAABBBCD-"), **tables))


@pytest.fixture(scope="module")
def sheets(place: PlaceReport) -> dict[str, pd.DataFrame]:
    return place_tables(place, "en")


def rows(sheet: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    wanted = sheet[list(columns)].to_numpy(dtype=object)
    return [tuple(cell if isinstance(cell, tuple | list) or not pd.isna(cell) else None for cell in row) for row in wanted]


def test_there_is_a_sheet_for_everything_in_the_order_of_their_names(sheets: dict[str, pd.DataFrame]) -> None:
    assert [key for key in PLACE_SHEETS if key in sheets] == list(sheets)
    assert set(PLACE_SHEETS) - set(sheets) == {"level_orphans", "level_homes"}
    assert set(PLACE_SHEETS) <= set(SHEETS)


def test_standards(sheets: dict[str, pd.DataFrame]) -> None:
    columns = ("standard", "name", "of", "bound", "is_judged", "subjects", "passed", "failed", "incomplete", "is_confirmed")
    assert rows(sheets["standards"], *columns) == [
        ("size", "size of grids", "grid", "at least 3 households", True, 4, 2, 2, 0, True),
        ("floor", "floor area", "Facilities", "at least 90 m²", True, 4, 2, 1, 1, False),
        ("lanes", "lanes", "Streets", "reported only", False, 1, 1, 0, 0, True),
    ]
    assert sheets["standards"]["share_passed"].tolist() == [0.5, pytest.approx(2 / 3), 1.0]
    assert sheets["standards"]["source"][1] == UNREAD["en"]


def test_what_to_mend_first_and_every_result(sheets: dict[str, pd.DataFrame]) -> None:
    """D has 9 persons, and so has the grid of F4; C has 8."""
    assert rows(sheets["to_mend"], "rank", "standard", "of", "subject_id", "shown", "bound", "persons") == [
        (1, "floor area", "Facilities", "F4", "40 m²", "at least 90 m²", 9),
        (2, "size of grids", "grid", "D", "1 household", "at least 3 households", 9),
        (3, "size of grids", "grid", "C", "1 household", "at least 3 households", 8),
        (4, "floor area", "Facilities", "F3", "—", "at least 90 m²", 0),
    ]
    assert rows(sheets["to_mend"], "result", "advice") == [
        ("fail", "50 m² short: extend it, move it or share a house"),
        *[("fail", "2 households short: join a neighbour, or take in part of one")] * 2,
        ("incomplete", "data to bring: its floor area is not stated"),
    ]
    assert rows(sheets["results"], "subject_id", "result")[-1] == ("R1", "Reported only (passes)")
    assert rows(sheets["results"], "subject_id", "result", "missing")[:6] == [
        ("A", "pass", None),
        ("B", "pass", None),
        ("C", "fail", None),
        ("D", "fail", None),
        ("F1", "pass", None),
        ("F2", "pass", None),
    ]
    assert rows(sheets["results"], "subject_id", "result", "missing")[6] == ("F3", "incomplete", "its floor area is not stated")
    assert len(sheets["results"]) == 4 + 4 + 1


def test_stated_sizes(sheets: dict[str, pd.DataFrame]) -> None:
    assert rows(sheets["stated"], "n", "found", "share_stated", "share_found", "is_equal") == [
        (3, 4, None, None, False),
        (3, 2, 0.75, 0.5, False),
    ]


def test_levels_and_what_they_leave_out(place: PlaceReport, sheets: dict[str, pd.DataFrame]) -> None:
    """Nobody lives in V4, which has no grid; the tenth household lies in none of the areas either."""
    columns = ("level", "parent", "of", "subjects", "parents_without", "households_without", "is_filled")
    assert rows(sheets["level_fill"], *columns) == [
        ("village", "township", "Areas", 4, 0, 0, True),
        ("grid", "village", "Grids", 4, 1, 0, False),
    ]
    assert rows(sheets["level_gaps"], "level", "parent", "parent_id", "name") == [("grid", "village", "V4", "四村")]
    assert rows(sheets["level_land"], "level", "parent_id") == [("grid", "V4")]
    assert sheets["level_land"]["area_m2"][0] == pytest.approx(place.levels.land["area_m2"][0])
    assert "geometry" not in sheets["level_land"]


def test_households_left_out_are_named_by_their_id() -> None:
    """P1 and P2 share out A and B; nobody looks after the fourth and the last household of A and B, nor after C and D."""
    shared = households(staff_id=["P1", "P1", "P2", None, "P2", "P2", None, None, None])
    levels = [*TREE, GRID, SHARES]
    place = place_report(facts(profile_with(levels=levels, code_pattern=""), shared, staff=paper_place.STAFF))
    left = rows(place_tables(place, "zh")["level_homes"], "level", "household_id", "parent_id")
    assert left == [("分片", "H4", "A"), ("分片", "H7", "B"), ("分片", "H8", "C"), ("分片", "H9", "D")]


def test_people(sheets: dict[str, pd.DataFrame]) -> None:
    columns = ("staff_id", "person", "role", "of_kind", "level", "subject", "phone", "party_member", "is_known")
    assert rows(sheets["duties"], *columns) == [
        ("P1", "张三", "leader", "Grids", "grid", "甲", "139-1", True, True),
        ("P1", "张三", "leader", "Grids", "grid", "乙", "139-1", True, True),
        ("P2", FORMULA, "member", "Grids", "grid", "甲", "+139", False, True),
        ("P3", "李四", "leader", "Grids", None, "Z", None, None, False),
    ]
    assert rows(sheets["several"], "staff_id", "person", "roles", "places") == [("P1", "张三", ("leader",), 2)]
    assert rows(sheets["vacant"], "level", "subject_id", "role", "households", "persons") == [
        ("grid", "B", "member", 3, 18),
        ("grid", "D", "leader", 1, 9),
        ("grid", "D", "member", 1, 9),
        ("grid", "C", "leader", 1, 8),
        ("grid", "C", "member", 1, 8),
    ]
    assert rows(sheets["bare_streets"], "street_id", "name", "length_m") == [("R1", "后街", 120.0)]


def test_matters(sheets: dict[str, pd.DataFrame]) -> None:
    """On 1 July, E1 of 1 June is 20 days over its 10."""
    assert rows(sheets["matter_kinds"], "kind", "days", "matters", "open", "overdue") == [
        ("dispute", 10, 2, 1, 1),
        ("噪声", None, 1, 1, 0),
    ]
    assert rows(sheets["matter_counts"], "grid_id", "kind", "month", "matters") == [
        ("", "噪声", "2026-06", 1),
        ("A", "dispute", "2026-06", 1),
        ("B", "dispute", "2026-06", 1),
    ]
    assert rows(sheets["overdue"], "event_id", "kind", "grid_id", "place", "days_over") == [("E1", "dispute", "A", "村口", 20)]
    assert rows(sheets["unplaced"], "event_id", "kind") == [("E3", "噪声")]


def test_grades(sheets: dict[str, pd.DataFrame]) -> None:
    shares = [("2026Q1", "grade a", 1, 0.5), ("2026Q1", "grade c", 1, 0.5), ("2026Q2", "grade b", 2, 1.0)]
    found = [(p, g.lower(), n, s) for p, g, n, s in rows(sheets["grade_shares"], "period", "grade", "subjects", "share_graded")]
    assert [row for row in found if row[2]] == shares
    assert rows(sheets["grade_changes"], "subject_id", "grade_before", "grade", "change") == [
        ("V1", "grade A", "grade B", "fell"),
        ("V2", "grade C", "grade B", "rose"),
    ]
    assert rows(sheets["ungraded"], "period", "subject_id") == [
        (period, village) for period in ("2026Q1", "2026Q2") for village in ("V3", "V4")
    ]
    assert rows(sheets["grade_problems"], "subject_id", "problem") == [
        ("V9", "there is no village with the id 'V9'"),
        ("V1", "graded twice in one period; the first row is taken"),
    ]


def test_blind_spots(sheets: dict[str, pd.DataFrame]) -> None:
    """The tenth household has 10 persons and stands west of A."""
    assert rows(sheets["blind_spots"], "rank", "households", "persons", "nearest_grid_id") == [(1, 1, 10, "A")]


def test_a_place_without_anything_has_its_standards_alone() -> None:
    place = place_report(facts(profile_with(levels=TREE, code_pattern="")))
    assert {key: len(sheet) for key, sheet in place_tables(place, "zh").items() if key != "level_fill"} == {"standards": 0}


@pytest.mark.parametrize("lang", LANGS)
def test_the_workbook_says_everything_in_one_language_and_holds_no_formula(
    place: PlaceReport, lang: Lang, tmp_path: Path
) -> None:
    tables, path = place_tables(place, lang), tmp_path / "place.xlsx"
    write_workbook(tables, path, lang=lang, services={})
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [PLACE_SHEETS[key].say(lang) for key in tables]
    for (key, sheet), page in zip(tables.items(), book, strict=True):
        heads = [cell.value for cell in page[1]]
        assert heads == [column_label(column, lang, {}) for column in sheet]
        assert [column for column, head in zip(sheet, heads, strict=True) if column == head] == [], key
        assert page.max_row == len(sheet) + 1
        assert [cell.coordinate for row in page.iter_rows() for cell in row if cell.data_type == "f"] == []
    people = book[PLACE_SHEETS["duties"].say(lang)]
    assert [cell.value for cell in people["B"]][3] == f"'{FORMULA}"
    assert [cell.value for cell in people["C"]][1] == {"zh": "网格长", "en": "Grid leader"}[lang]
    several = book[PLACE_SHEETS["several"].say(lang)]
    assert {"zh": "网格长", "en": "Grid leader"}[lang] in [cell.value for cell in several[2]]
