"""The tables beside the check: buildings, barriers, candidates, staff, events, grades and members, as offices write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import Workbook
from shapely import LineString, Point, box

from geogrid import io
from geogrid.errors import InputError
from geogrid.periods import one_period
from geogrid.rows.dates import iso_date
from geogrid.rows.headers import match_headers
from geogrid.rows.tables import TABLES
from geogrid.schema import validate
from tests.raw_rows import codes, notes, shaped

if TYPE_CHECKING:
    from pathlib import Path

READERS = {
    "buildings": io.read_buildings,
    "barriers": io.read_barriers,
    "candidates": io.read_candidates,
    "staff": io.read_staff,
    "events": io.read_events,
    "grades": io.read_grades,
    "area_members": io.read_area_members,
}
SQUARE = box(117, 28, 117.001, 28.001)
RIVER = LineString([(117, 28), (117.1, 28.1)])
STAFF_CSV = "姓名,职务,网格编号,联系电话,是否党员,身份证号\n张三,网格长,G1,13800000000,是,36068119\n李四,网格员,G1,,否,\n"


def test_every_table_of_the_design_is_there() -> None:
    assert list(TABLES) == [
        *("areas", "grids", "units", "households", "facilities", "roads", "points", "closures"),
        *READERS,
    ]
    assert {name for name, spec in TABLES.items() if spec.is_private} == {"households", "staff", "events"}
    assert {name for name, spec in TABLES.items() if not spec.geometry} == {"staff", "grades", "area_members"}


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("buildings", "楼栋编号", "building_id"),
        ("buildings", "房屋用途", "kind"),
        ("barriers", "河流名称", "name"),
        ("barriers", "waterway", "kind"),
        ("candidates", "候选点编号", "candidate_id"),
        ("candidates", "备选点名称", "name"),
        ("staff", "工号", "staff_id"),
        ("staff", "姓名", "name"),
        ("staff", "职务", "role"),
        ("staff", "所属网格", "of_id"),
        ("events", "工单号", "event_id"),
        ("events", "上报时间", "opened"),
        ("events", "办结时间", "closed"),
        ("events", "事发地点", "place"),
        ("grades", "党组织编号", "subject_id"),
        ("grades", "季度", "period"),
        ("grades", "等次", "grade"),
        ("area_members", "联建片区编号", "area_id"),
        ("area_members", "成员村", "member_id"),
        ("units", "所属小区编号", "parent_id"),
        ("units", "小区类别", "class"),
    ],
)
def test_headers_that_offices_write_are_found(table: str, header: str, column: str) -> None:
    assert match_headers([header], TABLES[table]).used == {column: (header,)}


@pytest.mark.parametrize(
    ("table", "shape", "said", "kind"),
    [
        ("barriers", RIVER, "河流", "water"),
        ("barriers", SQUARE, "水库", "water"),
        ("barriers", RIVER, "铁路", "rail"),
        ("barriers", RIVER, "国道", "trunk"),
        ("barriers", RIVER, "motorway", "trunk"),
        ("barriers", RIVER, "高压走廊", "高压走廊"),
        ("buildings", SQUARE, "住宅楼", "residential"),
        ("buildings", SQUARE, "yes", "yes"),
        ("candidates", Point(117, 28), "闲置校舍", "building"),
    ],
)
def test_kinds_are_known_by_their_names_and_others_stay_as_they_are(table: str, shape: object, said: str, kind: str) -> None:
    assert shaped(table, [shape], kind=[said]).table["kind"].tolist() == [kind]


def test_pieces_of_one_river_share_its_id() -> None:
    result = shaped("barriers", [RIVER, RIVER], barrier_id=["R1", "R1"])
    assert result.table["barrier_id"].tolist() == ["R1", "R1"]
    assert codes(result) == []


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="buildings: the geometry must be a polygon or line, but the file has Point"):
        shaped("buildings", [Point(117, 28)])
    with pytest.raises(InputError, match="barriers: no geometry column: a layer of lines is needed"):
        validate(pd.DataFrame({"名称": ["信江"]}), "barriers")
    with pytest.raises(InputError, match="column lon"):
        validate(pd.DataFrame({"候选点": ["旧校舍"]}), "candidates")


def test_staff_file_without_shapes_is_read(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text(STAFF_CSV, encoding="utf-8-sig")
    result = io.read_staff(tmp_path / "staff.csv")
    assert result.table[["staff_id", "name", "role", "of_kind", "of_id"]].to_numpy().tolist() == [
        ["2", "张三", "leader", "grid", "G1"],
        ["3", "李四", "member", "grid", "G1"],
    ]
    assert result.table["party_member"].tolist() == [True, False]
    assert result.table.geometry.isna().all()
    assert result.table.crs == "EPSG:4326"
    assert "身份证号" not in result.table, "a private table keeps no column that it does not know"
    said = " | ".join(note.en for note in result.source.notes)
    assert "dropped to protect staff: 身份证号" in said
    assert "no column staff_id; source_line is used instead" in said
    assert "2 rows have no of_kind; 'grid' is assumed" in said


def test_one_person_may_have_several_tasks_but_each_once() -> None:
    task = {
        "staff_id": ["S1"] * 4,
        "name": ["张三"] * 4,
        "role": ["网格长", "楼长", "网格长", "网格长"],
        "of_kind": ["网格", "楼栋"] * 2,
    }
    raw = pd.DataFrame({**task, "of_id": ["G1", "B1", "G1", "G1"]}, index=range(2, 6))
    raw.loc[4, "of_kind"] = "网格"
    result = validate(raw, "staff")
    assert result.table[["role", "of_kind", "of_id"]].to_numpy().tolist() == [
        ["leader", "grid", "G1"],
        ["building_leader", "unit", "B1"],
        ["leader", "unit", "G1"],
    ]
    assert codes(result) == [(4, "duplicate_id")]
    assert result.rejected["expected_en"][0].startswith("staff id and role and kind of what they are responsible for and id of")


def test_grades_of_one_quarter_must_not_differ() -> None:
    cells = {"村编号": ["V1", "V1", "V1", "V2"], "季度": ["2024Q1", "2024Q1", "2024Q2", "2024Q1"], "等次": list("ABAC")}
    result = validate(pd.DataFrame(cells, index=range(2, 6)), "grades")
    assert result.table[["subject_id", "period", "grade"]].to_numpy().tolist() == [["V1", "2024Q2", "A"], ["V2", "2024Q1", "C"]]
    assert codes(result) == [(2, "duplicate_id"), (3, "duplicate_id")]
    assert result.rejected["expected_zh"][0] == (
        "评定对象编号与评定周期应唯一；相同编号还出现在第 3 行，内容不同，无法判断哪一行正确"
    )


def test_one_quarter_written_in_two_ways_is_one_period() -> None:
    cells = {"村编号": ["V1", "V2", "V3"], "季度": ["2026Q2", "2026年第二季度", "２０２６年二季度"], "等次": list("ABC")}
    assert validate(pd.DataFrame(cells), "grades").table["period"].tolist() == ["2026Q2"] * 3


def test_two_ways_of_writing_a_quarter_do_not_hide_that_it_was_graded_twice() -> None:
    cells = {"村编号": ["V1", "V1"], "季度": ["2026Q2", "2026年第二季度"], "等次": ["A", "B"]}
    assert codes(validate(pd.DataFrame(cells, index=[2, 3]), "grades")) == [(2, "duplicate_id"), (3, "duplicate_id")]


def test_quarters_that_no_year_has_or_without_a_year_are_rejected() -> None:
    periods = ["2026年第五季度", "第二季度", "2026Q0", "2026-13", "Q2", "2026Q4"]
    cells = {"村编号": [f"V{i}" for i in range(6)], "周期": periods, "等次": ["A"] * 6}
    result = validate(pd.DataFrame(cells, index=range(2, 8)), "grades")
    assert result.table["period"].tolist() == ["2026Q4"]
    assert codes(result) == [(line, "not_a_period") for line in range(2, 7)]
    assert result.rejected["expected_en"][0] == "period must name its year, such as 2026Q2 or 2026-09; a year has four quarters"
    assert result.rejected["remedy_zh"][0] == "补上年份，或改正季度、月份"


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2026", "2026"),
        ("2026年", "2026"),
        ("2026年度", "2026"),
        ("2026H1", "2026H1"),
        ("2026年下半年", "2026H2"),
        ("2026 q3", "2026Q3"),
        ("2026年4季度", "2026Q4"),
        ("二〇二六年第一季度", "2026Q1"),
        ("2026-9", "2026-09"),
        ("202611", "2026-11"),
        ("2026年十二月", "2026-12"),
        ("2026-07-01", "2026-07-01"),
        ("2025-2026", "2025-2026"),
        ("2026年春季评定", "2026年春季评定"),
        ("2026H3", None),
        ("2026年0月", None),
        ("2026年某季度", None),
        ("季度", None),
        ("2026" * 20, None),
    ],
)
def test_periods_as_offices_write_them(written: str, period: str | None) -> None:
    assert one_period(written) == period


def test_a_village_is_in_an_alliance_once() -> None:
    cells = {"联盟编号": ["U1", "U1", "U1", ""], "成员村": ["V1", "V2", "V1", "V3"]}
    result = validate(pd.DataFrame(cells, index=range(2, 6)), "area_members")
    assert result.table[["area_id", "member_id"]].to_numpy().tolist() == [["U1", "V1"], ["U1", "V2"]]
    assert codes(result) == [(4, "duplicate_id"), (5, "missing_value")]


def test_blank_rows_of_a_table_without_shapes_are_skipped() -> None:
    result = validate(pd.DataFrame({"联盟编号": ["U1", ""], "成员村": ["V1", None]}, index=[2, 3]), "area_members")
    assert len(result.table) == 1
    assert codes(result) == []
    assert "1 blank rows were skipped" in notes(result)


def test_shapes_of_a_table_without_shapes_are_not_used_and_a_note_says_so() -> None:
    result = shaped("area_members", [SQUARE])
    assert result.table.geometry.isna().all()
    assert notes(result) == "the table area_members has no shapes; those of the file are not used"


def events(**more: object) -> pd.DataFrame:
    cells = {
        "事件编号": ["E1", "E2", "E3"],
        "类型": ["矛盾纠纷", "消防隐患", "占道"],
        "受理时间": ["2026-07-01 08:30", "2026/7/2", "20260703"],
    }
    return pd.DataFrame(cells | more, index=range(2, 5))


def test_events_without_positions_are_good() -> None:
    result = validate(events(办结日期=["", "2026年7月5日", None], 户编号=["H1", "", ""]), "events")
    assert result.table["kind"].tolist() == ["dispute", "safety", "占道"]
    assert result.table["opened"].tolist() == ["2026-07-01T08:30:00", "2026-07-02", "2026-07-03"]
    assert result.table["closed"].fillna("").tolist() == ["", "2026-07-05", ""]
    assert result.table.geometry.isna().all()
    assert codes(result) == []


def test_events_may_state_positions_in_some_rows() -> None:
    result = validate(events(经度=["117.2", "", "117.3"], 纬度=["28.3", "", ""]), "events")
    assert result.table["event_id"].tolist() == ["E1", "E2"]
    assert result.table.geometry.tolist() == [Point(117.2, 28.3), None]
    assert codes(result) == [(4, "missing_value")]
    layer = shaped("events", [Point(117.2, 28.3), None], opened=["2026-07-01"] * 2)
    assert layer.table.geometry.tolist() == [Point(117.2, 28.3), None]
    assert codes(layer) == []


def test_events_closed_before_they_were_opened_are_rejected() -> None:
    """E1 was opened at half past eight of the day on which it was closed: a day without a time may be any time of it."""
    result = validate(events(办结日期=["2026-07-01", "2026-07-01", ""]), "events")
    assert result.table["event_id"].tolist() == ["E1", "E3"]
    assert result.rejected[["line", "column", "value", "code"]].to_numpy().tolist() == [
        [3, "办结日期", "2026-07-01", "closed_before_opened"]
    ]
    assert result.rejected["expected_zh"][0] == "办结日期不应早于受理日期（2026-07-02）"
    assert result.rejected["expected_en"][0] == "closed must not be before opened (2026-07-02)"


def test_dates_that_are_none_are_named() -> None:
    result = validate(events(办结日期=["2026-02-30", "下周", ""]), "events")
    assert result.rejected[["line", "column", "value", "code"]].to_numpy().tolist() == [
        [2, "办结日期", "2026-02-30", "not_a_date"],
        [3, "办结日期", "下周", "not_a_date"],
    ]
    assert result.rejected["expected_zh"][0] == "办结日期应为日期，如 2026-07-01"
    assert result.rejected["expected_en"][0] == "closed must be a date, such as 2026-07-01"
    assert result.table["event_id"].tolist() == ["E3"]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-07-01", "2026-07-01"),
        ("２０２６年７月１日", "2026-07-01"),
        ("2026.7.1", "2026-07-01"),
        ("2026/07/01 00:00:00", "2026-07-01"),
        ("2026-07-01T00:00:00+08:00", "2026-07-01"),
        ("2026/7/1 8:05", "2026-07-01T08:05:00"),
        ("20260701", "2026-07-01"),
        ("2026-13-01", None),
        ("2026-7", None),
        ("45000", None),
        ("2026-07-01-02", None),
        ("1" * 10_000, None),
    ],
)
def test_days_as_offices_write_them(written: str, day: str | None) -> None:
    assert iso_date(written) == day


def test_events_of_a_workbook_with_several_sheets(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["说明", "内容"])
    sheet = book.create_sheet("台账")
    sheet.append(["工单号", "问题类型", "上报日期"])
    sheet.append(["E1", "环境卫生", pd.Timestamp("2026-07-01").to_pydatetime()])
    book.save(tmp_path / "events.xlsx")
    table = io.read_events(tmp_path / "events.xlsx").table
    assert table[["event_id", "kind", "opened"]].to_numpy().tolist() == [["E1", "environment", "2026-07-01"]]


@pytest.mark.parametrize("table", READERS)
def test_every_table_is_read_from_a_frame(table: str) -> None:
    spec = TABLES[table]
    said = {"date": "2026-07-01", "period": "2026Q2"}
    cells = {column.name: [said.get(column.kind, "x")] for column in spec.columns if column.required}
    shapes = {"polygon": SQUARE, "line": RIVER, "point": Point(117, 28)}
    shape = shapes[spec.geometry[0]] if spec.geometry else None
    read = READERS[table](gpd.GeoDataFrame(cells, geometry=[shape], crs=4326)).table
    assert len(read) == 1
    assert list(read.columns) == [*cells, "source_line", "geometry"]
