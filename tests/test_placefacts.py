"""The facts of a checked place: the tables of the check, matters in their grids, and the people whom grids name."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

import geogrid
from geogrid.placefacts import facts_of, unlisted, with_named
from geogrid.report import Report
from geogrid.standards import judge
from tests.builders import at, frame, paper_town
from tests.paper_place import profile_with, table
from tests.test_standards import rule

COLUMNS = ["staff_id", "name", "role", "of_kind", "of_id"]


def grids(**columns: list[Any]) -> Any:
    return paper_town()["grids"].drop(columns="leader").assign(**columns)


def rows(staff: pd.DataFrame | None) -> list[list[Any]]:
    assert staff is not None
    return [[None if pd.isna(cell) else cell for cell in row] for row in staff[COLUMNS].to_numpy(dtype=object)]


# Names in the table of grids


def test_nobody_named_anywhere_is_no_table_of_staff() -> None:
    assert with_named(None, grids()) is None
    assert with_named(None, grids(leader=[None] * 4, member=[pd.NA, None, float("nan"), " "])) is None


def test_several_names_of_a_cell_are_several_people() -> None:
    found = with_named(None, grids(leader=["张三", None, "李四", None], member=["王五、赵六；王五", None, None, None]))
    assert rows(found) == [
        ["G1/leader/1", "张三", "leader", "grid", "G1"],
        ["G3/leader/1", "李四", "leader", "grid", "G3"],
        ["G1/member/1", "王五", "member", "grid", "G1"],
        ["G1/member/2", "赵六", "member", "grid", "G1"],
    ]


def test_a_table_of_staff_with_a_role_is_the_register_of_that_role() -> None:
    """G1 has a leader in the table, so 李四 whom only G2 names is none; of members the table has only one of an area."""
    staff = table(
        staff_id=["P1", "P2", "P3"],
        name=["周一", "周二", "周三"],
        role=["leader", "leader", "member"],
        of_kind=["grid", "area", "area"],
        of_id=["G1", "G2", "V1"],
        phone=["139-1", None, None],
    )
    given = grids(leader=["周一", "李四", None, None], member=["王五", None, "赵六", None], phone=["138-1", "138-2", None, None])
    found = with_named(staff, given)
    assert rows(found)[3:] == [
        ["G1/member/1", "王五", "member", "grid", "G1"],
        ["G3/member/1", "赵六", "member", "grid", "G3"],
    ]
    assert found is not None
    assert found["phone"].tolist()[0] == "139-1"
    assert found["phone"][3:].isna().all(), "the phone of a grid may be anybody's"
    assert staff.shape == (3, 6)
    assert list(given.columns).count("phone") == 1
    assert rows(unlisted(staff, given)) == [["G2/leader/1", "李四", "leader", "grid", "G2"]]
    assert rows(unlisted(found, given)) == rows(unlisted(staff, given)), "those that were added are not told twice"


def test_a_leader_deleted_from_the_table_of_staff_leaves_the_grid_without_one() -> None:
    """All grids name 张三; the table of staff has him in three of four."""
    staff = table(staff_id=["P1"] * 3, name=["张三"] * 3, role=["leader"] * 3, of_kind=["grid"] * 3, of_id=["G1", "G2", "G4"])
    found = checked(staff=staff, on="2026-06-30", profile=profile_with(standards=SERVED)).place_report
    assert found.judged.results["result"].tolist() == ["pass", "pass", "fail", "pass"]
    assert rows(unlisted(found.facts.staff, found.facts.grids)) == [["G3/leader/1", "张三", "leader", "grid", "G3"]]


def test_without_a_register_nobody_is_unlisted() -> None:
    given = grids(leader=["张三", None, None, None])
    assert unlisted(None, given).empty
    assert unlisted(with_named(None, given), given).empty


def test_a_table_of_staff_stays_as_it_is_where_grids_name_nobody() -> None:
    staff = table(staff_id=["P1"], name=["周一"], role=["leader"], of_kind=["grid"], of_id=["G1"])
    assert with_named(staff, grids()) is staff


# The facts of a report

EVENTS = frame(
    [
        {"event_id": "E1", "kind": "dispute", "opened": "2026-06-01", "geometry": at(1200, 100)},
        {"event_id": "E2", "kind": "dispute", "opened": "2026-06-01", "household_id": "H079", "geometry": None},
        {"event_id": "E3", "kind": "dispute", "opened": "2026-06-01", "household_id": "H999", "geometry": None},
    ]
)
SERVED = {"x": rule("grid", "staff", "people", options={"roles": ["leader"]}, min=1.0)}


def checked(**more: Any) -> Report:
    return geogrid.check(**paper_town(), services=["medical"], **more)


@pytest.fixture(scope="module")
def report() -> Report:
    tables = {"grades": table(subject_id=["V1"], period=["2026Q1"], grade=["A"])}
    return checked(events=EVENTS, on="2026-06-30", profile=profile_with(standards=SERVED), **tables)


def test_every_table_of_the_check_is_a_fact_in_its_projection(report: Report) -> None:
    known = facts_of(report)
    assert known.profile is report.settings.profile
    assert known.crs == report.inputs.crs
    assert (len(known.households), len(known.grids), len(known.areas), len(known.streets)) == (80, 4, 2, 1)  # type: ignore[arg-type]
    assert known.facilities is not None
    assert known.facilities["grid_id"].tolist() == ["G1", "G4"]
    assert known.services == ("medical",)
    assert (known.households["status_medical"] == "covered").sum() == 54
    assert known.grades is not None
    assert known.grades["subject_id"].tolist() == ["V1"]
    assert [name for name in ("units", "projects", "buildings", "area_members") if known.has(name)] == []


def test_matters_lie_in_the_grid_of_their_point_else_of_their_household(report: Report) -> None:
    """E1 lies at x = 1200, in G3; H079 is the last but one household, in G4; nobody knows H999."""
    events = facts_of(report).events
    assert events is not None
    assert [None if pd.isna(grid) else grid for grid in events["grid_id"]] == ["G3", "G4", None]
    assert "grid_id" not in report.inputs["events"]


def test_people_named_by_grids_meet_a_standard_on_staff(report: Report) -> None:
    """Every grid of the paper town names 张三 as its leader."""
    judged = judge(facts_of(report))
    assert judged.results["result"].tolist() == ["pass"] * 4
    assert report.place_report.judged.outcome == "pass"


def test_the_day_is_the_one_asked_for_else_today_where_the_place_is(report: Report) -> None:
    assert facts_of(report).on == dt.date(2026, 6, 30)
    west, east = (facts_of(checked(profile=profile_with(time_zone=zone))).on for zone in ("Etc/GMT+12", "Pacific/Kiritimati"))
    assert east - west in (dt.timedelta(days=1), dt.timedelta(days=2))


def test_each_step_of_a_place_is_timed(report: Report) -> None:
    seconds = report.place_report.seconds
    assert list(seconds) == ["standards", "levels", "staffing", "matters", "grading", "blind_spots"]
    assert all(spent >= 0 for spent in seconds.values())
    assert list(report.public.summary["seconds"])[-6:] == list(seconds)
