"""The change sheet on towns of strips, every number by hand; and laws over random redraws."""

from __future__ import annotations

import json
import math
import stat
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.changefiles import read_change_sheet, write_change_sheet
from geogrid.changerows import Limits
from geogrid.changesheet import Asked, ChangeSheet, change_sheet
from geogrid.cutunits import Units
from geogrid.errors import InputError, RefusedError
from geogrid.operations import Hand
from geogrid.people import People
from geogrid.profile import load_profile
from geogrid.redraw import apply
from geogrid.seating import seat
from geogrid.words import Text
from tests.strips import TOWN_CRS, facilities_at, homes_at, seated_at, strips
from tests.tilings import EAST, NORTH, SIZE_M, random_town

STAFF = {"leader": {"A": "张三", "B": "李四"}, "member": {"A": "王五"}}
BEFORE = {"A": (0, 100), "B": (100, 200), "C": (200, 300)}
AFTER = {"A": (0, 60), "B": (60, 200), "C": (200, 300)}
"""A gives B what lies east of 60."""
X = (10, 30, 70, 90, 150, 170, 250)
PERSONS = (1, 2, 3, 4, 5, 6, 7)
COVERED = (True, True, True, False, False, True, True)
ASKED = Asked(limits=Limits(2, 3, 2), services={"medical": Text("医疗", "health care")})


def town_sheet(**options: Any) -> ChangeSheet:
    r"""Return the sheet of a town of seven households.

    ::

        0        60      100              200              300
        | H0 H1  |H2  H3 |    H4    H5    |       H6       |      persons 1 to 7
        |        A       |       B        |       C        |      before
        |   A    |           B            |       C        |      after
    """
    ages = {"aged_65": [1, None, 1, 1, None, 2, None], "children_0_14": [None] * 7}
    who = People.of(
        homes_at(X, persons=PERSONS, **ages), facilities_at([80, 120]), crs=TOWN_CRS, covered={"medical": np.array(COVERED)}
    )
    after_staff = {"leader": {"A": "张三", "B": "赵六"}, "member": {"A": "王五"}}
    return change_sheet(seat(who, strips(BEFORE, **STAFF)), strips(AFTER, **after_staff), **{"asked": ASKED} | options)


def row(sheet: ChangeSheet, grid_id: str) -> dict[str, Any]:
    rows = sheet.grids.set_index("grid_id").loc[grid_id]
    return {str(key): value if isinstance(value, tuple) or not pd.isna(value) else None for key, value in rows.items()}


def test_movers_and_flows() -> None:
    sheet = town_sheet()
    assert sheet.movers.to_numpy().tolist() == [["H2", "A", "B", 3, "boundary"], ["H3", "A", "B", 4, "boundary"]]
    assert sheet.flows.to_dict("records") == [{"from_id": "A", "to_id": "B", "households": 2, "persons": 7}]


def test_the_giving_grid() -> None:
    sheet = town_sheet()
    a = row(sheet, "A")
    assert sheet.grids["grid_id"].tolist() == ["A", "B"]
    assert (a["change"], a["details"], a["households_in"], a["households_out"]) == ("redrawn", (), 0, 2)
    assert [a[f"{m}_before"] for m in ("households", "persons", "aged_65", "children_0_14")] == [4, 10, 3, None]
    assert [a[f"{m}_after"] for m in ("households", "persons", "aged_65", "children_0_14")] == [2, 3, 1, None]
    assert (a["area_m2_before"], a["area_m2_after"]) == (10_000, 6_000)
    assert a["polsby_popper_before"] == pytest.approx(math.pi / 4)  # a square: 4π·a² / (4a)²
    assert a["polsby_popper_after"] == pytest.approx(4 * math.pi * 6_000 / 320**2)
    assert (a["deviation_before"], a["deviation_after"]) == (1.0, 0.0)
    assert (a["range_before"], a["range_after"]) == ("above", "in")
    assert (a["share_medical_before"], a["share_medical_after"]) == (0.75, 1.0)
    assert a["share_all_after"] == 1.0
    assert (a["facilities_before"], a["facilities_after"]) == (1, 0)
    assert (a["facility_ids_before"], a["facility_ids_after"]) == (("F0",), ())


def test_the_taking_grid() -> None:
    b = row(town_sheet(), "B")
    assert (b["change"], b["details"]) == ("redrawn", ("leader",))
    assert [b[f"{m}_after"] for m in ("households", "persons", "aged_65")] == [4, 18, 4]
    assert (b["households_in"], b["households_out"], b["range_before"], b["range_after"]) == (2, 0, "in", "above")
    assert (b["facility_ids_before"], b["facility_ids_after"]) == (("F1",), ("F0", "F1"))
    assert (b["leader_before"], b["leader_after"], b["member_before"]) == ("李四", "赵六", None)


def test_staff_affected() -> None:
    assert town_sheet().staff.astype(object).replace({pd.NA: None}).to_numpy().tolist() == [
        ["张三", "leader", "A", "A", 4, 2],
        ["王五", "member", "A", "A", 4, 2],
        ["李四", "leader", "B", "", 2, None],
        ["赵六", "leader", "", "B", None, 4],
    ]


def test_totals() -> None:
    assert town_sheet().totals == {
        "grids_changed": 2,
        "grids_new": 0,
        "grids_gone": 0,
        "grids_unstaffed": 0,
        "households_moved": 2,
        "persons_moved": 7,
        "households_arrived": 0,
        "households_departed": 0,
        "grids_before": 3,
        "grids_after": 3,
        "households_before": 7,
        "households_after": 7,
        "households_without_grid_before": 0,
        "households_without_grid_after": 0,
        "unassigned_m2_before": 0.0,
        "unassigned_m2_after": 0.0,
        "range_before": {"below": 1, "in": 1, "above": 1},
        "range_after": {"below": 1, "in": 1, "above": 1},
        "covered_medical_before": 5,
        "covered_medical_after": 5,
        "covered_all_before": 5,
        "covered_all_after": 5,
    }


def test_summary_and_notes() -> None:
    sheet = town_sheet()
    assert sheet.summary == Text(
        "调整后 2 个网格变动，2 户换网格（人口 7 人）；超出 2—3 户范围的网格仍为 2 个；医疗覆盖不变。",
        "2 grids change and 2 households change grid (7 people); grids outside the range of 2–3 households stay at 2; "
        "coverage of health care stays as it is.",
    )
    assert sheet.notes == (
        Text(
            "1 个网格调整后超过 3 户：B (4)。可拆分或划出。",
            "grids with more than 3 households afterwards (1): B (4); split them or hand land to a neighbour",
        ),
    )


def test_nothing_changes() -> None:
    seated = seated_at(X, BEFORE)
    sheet = change_sheet(seated, strips(BEFORE))
    assert sheet.summary == Text("没有变动。", "Nothing changes.")
    assert (len(sheet.grids), len(sheet.flows), len(sheet.movers), len(sheet.staff)) == (0, 0, 0, 0)
    assert "households_after" in sheet.grids


def test_a_full_sheet_lists_every_grid() -> None:
    grids = town_sheet(full=True).grids
    assert grids["grid_id"].tolist() == ["A", "B", "C"]
    assert grids["change"].tolist() == ["redrawn", "redrawn", "same"]
    assert grids["households_after"].tolist() == [2, 4, 1]


def test_a_grid_that_appears_and_one_that_vanishes_are_null_on_the_other_side() -> None:
    after = {"A": (0, 100), "B": (100, 150), "N": (150, 300)}
    sheet = change_sheet(seated_at([10, 120, 160, 250], BEFORE), strips(after), asked=ASKED)
    assert sheet.grids["grid_id"].tolist() == ["B", "C", "N"]
    assert sheet.grids["change"].tolist() == ["redrawn", "gone", "new"]
    new, gone = row(sheet, "N"), row(sheet, "C")
    for column in ("households", "persons", "area_m2", "polsby_popper", "deviation", "range", "facilities", "facility_ids"):
        assert pd.isna(new[f"{column}_before"]), column
        assert pd.isna(gone[f"{column}_after"]), column
    assert (new["households_after"], gone["households_before"]) == (2, 1)
    assert sheet.flows.to_numpy().tolist() == [["B", "N", 1, 3], ["C", "N", 1, 3]]
    assert sheet.grids[["from_ids", "to_ids"]].to_numpy().tolist() == [[(), ()], [(), ("N",)], [("C", "B"), ()]]
    assert (sheet.totals["grids_new"], sheet.totals["grids_gone"]) == (1, 1)
    assert "3 个网格变动（新设 1 个，撤销 1 个）" in sheet.summary.zh
    assert "3 grids change (1 new, 1 gone)" in sheet.summary.en


def test_one_grid_in_english() -> None:
    sheet = change_sheet(seated_at([10, 190], {"A": (0, 200)}, persons=1), strips({"A": (0, 100)}), asked=ASKED)
    assert sheet.summary.en.startswith("1 grid changes and 1 household changes grid (1 person); ")


def test_unassigned_land_is_no_grid() -> None:
    before = strips({"A": (0, 100), "B": (100, 200)})
    after = strips({"A": (0, 60), "B": (100, 200)})
    after = replace(after, unassigned={before.grids["A"].tier: shapely.box(60, 0, 100, 100)})
    who = People.of(homes_at([70, 150]), crs=TOWN_CRS, covered={"medical": np.array([True, True])})
    sheet = change_sheet(seat(who, before), after, asked=ASKED)
    assert sheet.movers.to_numpy().tolist() == [["H0", "A", "", 3, "boundary"]]
    assert (sheet.totals["households_without_grid_after"], sheet.totals["unassigned_m2_after"]) == (1, 4_000.0)
    assert sheet.summary.zh.endswith("医疗覆盖由 2 户变为 1 户。")
    assert sheet.summary.en.endswith("coverage of health care goes from 2 to 1 households.")
    assert Text("尚有 4,000 平方米土地未分配给任何网格。", "4,000 m² of land are given to no grid yet") in sheet.notes
    back = change_sheet(sheet.after, before, asked=ASKED)
    assert back.flows.to_numpy().tolist() == [["", "A", 1, 3]]


def test_a_node_on_a_border_is_no_change() -> None:
    """A neighbour gets the node that a new border makes on its own: to a micrometre the same land."""
    before = strips(BEFORE)
    noded = shapely.Polygon([(0, 0), (100, 0), (100.000001, 50), (100, 100), (0, 100)])
    after = replace(before, grids={**before.grids, "A": replace(before.grids["A"], shape=noded)})
    sheet = change_sheet(seated_at(X, BEFORE), after)
    assert (len(sheet.grids), sheet.totals["grids_changed"], sheet.summary.zh) == (0, 0, "没有变动。")


def test_changed_texts_alone_are_details() -> None:
    seated = seat(People.of(homes_at(X), crs=TOWN_CRS), strips(BEFORE, **STAFF))
    sheet = change_sheet(seated, strips(BEFORE, leader={"A": "孙七", "B": "李四"}, member=STAFF["member"]))
    assert sheet.grids[["grid_id", "change", "details"]].to_numpy().tolist() == [["A", "details", ("leader",)]]
    assert sheet.staff[["person", "to_id"]].to_numpy().tolist() == [["张三", ""], ["王五", "A"], ["孙七", "A"]]


def test_locks_say_whether_they_held() -> None:
    held = town_sheet(asked=replace(ASKED, locked=frozenset({"C", "elsewhere"})))
    assert held.locks.to_numpy().tolist() == [["C", "C", "same"]]
    assert Text("1 个锁定的网格均未变动。", "the locked grids stay as they are (1)") in held.notes
    broken = town_sheet(asked=replace(ASKED, locked=frozenset({"A", "C"})))
    assert broken.locks["change"].tolist() == ["redrawn", "same"]
    assert any(note.en.startswith("locked grids that change (1): A;") for note in broken.notes)


def test_units_newly_cut() -> None:
    def unit(left: float, right: float) -> shapely.Polygon:
        return shapely.box(left, 10, right, 20)

    frame = gpd.GeoDataFrame(
        {"unit_id": ["U1", "U2", "U3", "U4", "P"], "name": ["甲", "乙", "丙", "丁", "点"]},
        geometry=[unit(50, 80), unit(65, 90), unit(95, 105), unit(59.99, 99), shapely.Point(60, 10)],
        crs=TOWN_CRS,
    )
    sheet = town_sheet(asked=replace(ASKED, units=Units.of(frame, crs=TOWN_CRS)))
    assert sheet.cut_units.to_numpy().tolist() == [["U1", "甲", ("A",), ("A", "B")]]  # U3 was cut before and is whole now
    assert any(note.zh == "1 个单元被新的边界切开：U1。可将整个单元划给一个网格。" for note in sheet.notes)


def test_coverage_that_nobody_looked_at_is_not_known() -> None:
    sheet = change_sheet(seated_at(X, BEFORE), strips(AFTER), asked=ASKED)
    assert not [column for column in sheet.grids if column.startswith("share_")]
    assert sheet.summary.zh.endswith("；覆盖情况未知。")
    assert sheet.notes[-1].en == "no check says who is covered, so the sheet has no covered shares; run a check first"


def test_persons_that_are_not_stated_are_not_invented() -> None:
    sheet = change_sheet(seated_at([70, 150], BEFORE, persons=[None, 2]), strips(AFTER), asked=ASKED)
    assert row(sheet, "A")["persons_before"] is None
    assert row(sheet, "B")["persons_after"] == 2
    assert sheet.movers["persons"].isna().tolist() == [True]
    assert sheet.notes[-1].zh == "换网格的住户中有 1 户未填人数，人口未计入。"


def test_other_people_come_and_go_and_move_house() -> None:
    """H0 stays, H1 gets another grid by the border, H2 moves house from A to C, H3 leaves, H9 is new."""
    before = seated_at([10, 70, 20, 30], BEFORE)
    later = homes_at([10, 70, 250, 150], household_id=["H0", "H1", "H2", "H9"], persons=[4, 3, 3, 3])
    sheet = change_sheet(before, seat(People.of(later, crs=TOWN_CRS), strips(AFTER)), asked=ASKED)
    assert sheet.movers.to_numpy().tolist() == [["H1", "A", "B", 3, "boundary"], ["H2", "A", "C", 3, "address"]]
    assert sheet.arrivals.to_numpy().tolist() == [["H9", "B", 3]]
    assert sheet.departures.to_numpy().tolist() == [["H3", "A", 3]]
    assert sheet.grids[["grid_id", "change"]].to_numpy().tolist() == [["A", "redrawn"], ["B", "redrawn"], ["C", "people"]]
    assert (row(sheet, "A")["departed"], row(sheet, "B")["arrived"]) == (1, 1)
    assert "另有新增 1 户、减少 1 户" in sheet.summary.zh
    assert any("moved house" in note.en for note in sheet.notes)
    assert list(sheet.to_tables()) == [
        *("change_totals", "change_grids", "flows", "movers", "change_staff", "arrivals", "departures", "notes")
    ]


def test_changed_given_and_found_are_one() -> None:
    pd.testing.assert_frame_equal(town_sheet(changed=["A", "B"]).grids, town_sheet().grids)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=40), *[st.lists(st.integers(1, 299), max_size=4, unique=True)] * 2)
def test_households_are_neither_lost_nor_doubled(x: list[int], cuts: list[int], others: list[int]) -> None:
    """After = before - out + in, for every grid and for no grid; going back moves the same households back."""
    before, after = (_cut(each) for each in (cuts, others))
    who = People.of(homes_at(x), crs=TOWN_CRS)
    sheet = change_sheet(seat(who, strips(before)), strips(after), full=True)
    grids, flows = sheet.grids, sheet.flows
    filled = grids[["households_before", "households_after"]].fillna(0).astype(int)
    out, into = (flows.groupby(end)["households"].sum() for end in ("from_id", "to_id"))
    assert grids["households_out"].tolist() == [out.get(key, 0) for key in grids["grid_id"]]
    assert grids["households_in"].tolist() == [into.get(key, 0) for key in grids["grid_id"]]
    assert (filled["households_after"] == filled["households_before"] - grids["households_out"] + grids["households_in"]).all()
    assert filled.sum().tolist() == [len(x), len(x)]
    back = change_sheet(sheet.after, strips(before), full=True)
    assert back.movers["household_id"].tolist() == sheet.movers["household_id"].tolist()
    assert back.movers["from_id"].tolist() == sheet.movers["to_id"].tolist()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_sheets_of_a_plan_follow_its_steps(seed: int) -> None:
    """Step by step or all at once, everybody ends in the same grid; only those on land that changed hands move."""
    base = random_town(seed, grids=10)
    rng = np.random.default_rng(seed)
    spots = rng.uniform([EAST, NORTH], [EAST + SIZE_M, NORTH + SIZE_M], (400, 2))
    table = homes_at(np.zeros(400)).set_crs(base.crs, allow_override=True)
    who = People.of(table.set_geometry(gpd.points_from_xy(*spots.T, crs=base.crs)), crs=base.crs)
    first = sheet = change_sheet(seat(who, base), base)
    for _ in range(3):
        around = shapely.Point(rng.choice(spots)).buffer(rng.uniform(20, 60))
        try:
            step = apply(sheet.after.boundaries, Hand(str(rng.choice(base.ids)), around))
        except RefusedError:
            continue
        sheet = change_sheet(sheet.after, step.boundaries, changed=step.changed)
        land = shapely.union_all([moved.shape for moved in step.moved])
        moved = spots[sheet.moves.rows]
        assert (shapely.distance(land, shapely.points(moved)) < 1e-3).all()
    at_once = change_sheet(first.before, sheet.after.boundaries)
    assert at_once.after.grid_ids().tolist() == sheet.after.grid_ids().tolist()
    assert at_once.after.sums.tolist() == seat(who, sheet.after.boundaries).sums.tolist()


def _cut(cuts: list[int]) -> dict[str, tuple[float, float]]:
    edges = [0, *sorted(cuts), 300]
    return {"CADBE"[i]: (float(a), float(b)) for i, (a, b) in enumerate(pairwise(edges))}


def test_files_of_a_sheet(tmp_path: Path) -> None:
    """Threats 19 and 22: names that start like formulas are text; households are in private files alone, their owner's."""
    sheet = town_sheet()
    hostile = replace(sheet.after.boundaries.grids["A"], name="=1+1", leader="@张三")
    after = replace(sheet.after.boundaries, grids={**sheet.after.boundaries.grids, "A": hostile})
    written = write_change_sheet(change_sheet(sheet.before, after, asked=ASKED), load_profile(), tmp_path, lang="zh")
    assert [str(path.relative_to(tmp_path)) for path in written] == [
        *("change.json", "change.csv", "private/change.xlsx", "private/movers.csv")
    ]
    assert [stat.S_IMODE(path.stat().st_mode) for path in written] == [0o644, 0o644, 0o600, 0o600]
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
    for path in written[:2]:
        text = path.read_text(encoding="utf-8-sig")
        assert not [home for home in sheet.before.people.household_ids if home in text], path.name
    assert "'=1+1" in written[1].read_text(encoding="utf-8-sig")
    assert "'@张三" in written[1].read_text(encoding="utf-8-sig")
    counts = pd.read_csv(written[1], dtype=str, encoding="utf-8-sig").filter(like="facilities_")
    told = counts.melt()["value"].dropna()
    assert len(told)
    assert told.str.fullmatch("[0-9]+").all()
    assert written[3].read_text(encoding="utf-8-sig").splitlines()[1] == "H2,A,B,3,boundary"


def test_the_workbook_speaks_the_users_language(tmp_path: Path) -> None:
    write_change_sheet(town_sheet(), load_profile(), tmp_path, lang="zh")
    book = openpyxl.load_workbook(tmp_path / "private" / "change.xlsx")
    assert book.sheetnames == ["变更概况", "各网格变更", "住户流向", "换网格住户", "人员变动", "说明"]
    titles = [cell.value for cell in book["各网格变更"][1]]
    for title in (
        "网格编号",
        "变化",
        "改动的资料",
        "划出户数",
        "户数（前）",
        "户数范围（后）",
        "医疗 覆盖率（后）",
        "全部服务 覆盖率（前）",
        "网格长（后）",
    ):
        assert title in titles, title
    b = dict(zip(titles, [cell.value for cell in book["各网格变更"][3]], strict=True))
    assert (b["变化"], b["改动的资料"], b["户数范围（后）"], b["设施编号（后）"]) == ("边界调整", "网格长", "高于范围", "F0、F1")
    assert [cell.value for cell in book["换网格住户"][2]] == ["H2", "A", "B", 3, "边界调整"]
    totals = {name.value: value.value for name, value in book["变更概况"].iter_rows()}
    assert {name: totals[name] for name in ("变动的网格", "网格数（调整前）", "医疗覆盖的住户（调整后）")} == {
        "变动的网格": 2,
        "网格数（调整前）": 3,
        "医疗覆盖的住户（调整后）": 5,
    }
    assert totals["户数低于范围（2—3 户）的网格（调整后）"] == 1
    assert not [name for name in totals if name.isascii()], "no total shows a raw key"
    write_change_sheet(town_sheet(), load_profile(), tmp_path, lang="en")
    book = openpyxl.load_workbook(tmp_path / "private" / "change.xlsx")
    assert book["Notes"]["A2"].value.startswith("2 grids change and 2 households change grid")
    assert "Households: before" in [cell.value for cell in book["Change by grid"][1]]
    totals = {name.value: value.value for name, value in book["Change in all"].iter_rows()}
    assert (totals["Grids above the household range: before"], totals["Households covered by health care: after"]) == (1, 5)
    assert not [name for name in totals if "_" in name]


def test_a_written_sheet_is_read_back(tmp_path: Path) -> None:
    written = write_change_sheet(town_sheet(), load_profile(), tmp_path)
    public = read_change_sheet(tmp_path)
    assert public.record == json.loads(written[0].read_text(encoding="utf-8"))
    assert public.grids["grid_id"].tolist() == ["A", "B"]
    assert read_change_sheet(written[0]).summary == public.summary


@pytest.mark.parametrize("content", ["", "[1]", '{"format": "geogrid-change-sheet", "version": 99}', "[" * 100_000, "\udc80"])
def test_what_is_no_change_sheet_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "change.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=r"is no change sheet|expected a geogrid-change-sheet of version 1"):
        read_change_sheet(tmp_path)
    with pytest.raises(InputError, match=r"none\.json is no change sheet or cannot be read"):
        read_change_sheet(tmp_path / "none.json")
