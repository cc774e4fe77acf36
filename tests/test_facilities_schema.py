"""Facilities, areas and roads: services, statuses, other columns, fallbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box

from geogrid.profile import load_profile
from geogrid.schema import Validated, validate
from tests.raw_rows import codes, notes, shaped

if TYPE_CHECKING:
    from collections.abc import Sequence


SERVICES = load_profile().services


def facilities(**changes: Sequence[object]) -> Validated:
    """Validate two facilities; ``changes`` replace columns."""
    columns = {
        "设施编号": ["F1", "F2"],
        "设施名称": ["甲", "乙"],
        "服务": ["医疗", "教育"],
        "x": ["117.2", "117.3"],
        "y": ["28.3", "28.3"],
        **changes,
    }
    return validate(pd.DataFrame(columns, index=[2, 3]), "facilities", services=SERVICES)


@pytest.mark.parametrize(
    "cell",
    [
        "医疗;体育",
        "medical；体育",
        "医疗,sport",
        "医疗，体育",
        "医疗、体育",
        "医疗/体育",
        "医疗|体育",
        "医疗\n体育",
        " 医疗 、 体育 、",
        "Medical、卫生院、体育健身",
    ],
)
def test_several_services_in_one_cell(cell: str) -> None:
    assert facilities(服务=[cell, "教育"]).table["services"].tolist() == [("medical", "sport"), ("education",)]


def test_services_given_as_lists() -> None:
    assert facilities(服务=[["医疗", "sport"], ("day care",)]).table["services"].tolist() == [("medical", "sport"), ("day_care",)]


def test_unknown_services_list_the_known_ones() -> None:
    result = facilities(服务=["医疗、温泉", "、"])
    assert codes(result) == [(2, "unknown_service"), (3, "missing_value")]
    assert result.rejected["value"].tolist() == ["医疗、温泉", "、"]
    assert result.rejected["expected_en"][0].startswith("known services: education (教育), medical (医疗), ")
    assert result.rejected["expected_zh"][0].startswith("已知的服务：教育（education）、医疗（medical）")


def test_without_a_profile_any_word_is_a_service() -> None:
    raw = pd.DataFrame({"facility_id": ["1"], "name": ["a"], "services": ["温泉;医疗"], "lon": ["117"], "lat": ["28"]})
    assert validate(raw, "facilities").table["services"].tolist() == [("温泉", "医疗")]


STATUSES = [
    ("已建", "built"),
    ("建成", "built"),
    ("在用", "built"),
    ("升级", "upgrading"),
    ("提升中", "upgrading"),
    ("改善", "improving"),
    ("规划", "planned"),
    ("拟建", "planned"),
    ("Planned", "planned"),
    ("under_construction", "planned"),
    ("", "built"),
]


@pytest.mark.parametrize(("cell", "expected"), STATUSES)
def test_statuses(cell: str, expected: str) -> None:
    assert facilities(状态=[cell, "built"]).table["status"].tolist() == [expected, "built"]


def test_assumed_statuses_are_counted() -> None:
    assert "1 rows have no status; 'built' is assumed" in notes(facilities(状态=["", "规划"]))
    without = facilities()
    assert without.table["status"].tolist() == ["built", "built"]
    assert "2 rows have no status; 'built' is assumed" in notes(without)


def test_unknown_status_lists_the_known_ones() -> None:
    result = facilities(状态=["荒废", "在用"])
    assert codes(result) == [(2, "unknown_choice")]
    assert (
        result.rejected["expected_en"][0]
        == "status must be one of: built (已建), upgrading (升级), improving (改善), planned (规划)"
    )


def test_numbers_lists_and_yes_no_of_facilities() -> None:
    result = facilities(
        **{
            "建筑面积(㎡)": ["1,200.5", ""],
            "功能": ["调解室、卫生室", ""],
            "是否模拟": ["是", "False"],
            "服务半径(米)": ["500", "0"],
        }
    )
    assert codes(result) == [(3, "out_of_range")]
    row = result.table.iloc[0]
    assert (row["floor_area_m2"], row["functions"], row["simulated"], row["radius_m"]) == (
        1200.5,
        ("调解室", "卫生室"),
        True,
        500.0,
    )
    assert codes(facilities(是否模拟=["也许", ""])) == [(2, "unknown_choice")]
    assert facilities(功能=["", "厅"]).table["functions"].tolist() == [(), ("厅",)]


def test_other_columns_of_a_facility_are_kept_as_text() -> None:
    result = facilities(备注=["a", 3.0], 说明=["\x00", "x" * 5001])
    assert result.table["备注"].tolist() == ["a", "3"]
    assert result.table["说明"].isna().all()
    assert "2 cells of '说明' held control characters or were too long and were blanked" in notes(result)


def test_coordinates_beside_a_geometry_are_ordinary_columns() -> None:
    result = shaped("facilities", [Point(117, 28)], lon=["1"], lat=["2"])
    assert result.table.geometry.tolist() == [Point(117, 28)]
    assert result.table[["lon", "lat"]].to_numpy().tolist() == [["1", "2"]]


def test_areas_take_their_id_from_the_code_and_say_so() -> None:
    raw = gpd.GeoDataFrame({"name": ["甲"], "code": ["360681001"]}, geometry=[box(117, 28, 117.1, 28.1)], crs=4326)
    result = validate(raw, "areas")
    assert result.table[["area_id", "level", "code"]].to_numpy().tolist() == [["360681001", "area", "360681001"]]
    assert "there is no column area_id; code is used instead" in notes(result)
    assert "1 rows have no level; 'area' is assumed" in notes(result)


def test_areas_with_blank_codes_take_their_id_from_the_name() -> None:
    shapes = [box(117, 28, 117.1, 28.1), box(117.1, 28, 117.2, 28.1)]
    raw = gpd.GeoDataFrame({"name": ["甲", "乙"], "code": ["360681001", None]}, geometry=shapes, crs=4326)
    assert validate(raw, "areas").table["area_id"].tolist() == ["甲", "乙"]


def test_roads_without_ids_are_numbered_by_their_line() -> None:
    raw = gpd.GeoDataFrame({"fclass": ["residential", "主干道"]}, geometry=[LineString([(117, 28), (117, 28.1)])] * 2, crs=4326)
    result = validate(raw, "roads")
    assert result.table["road_id"].tolist() == ["0", "1"]
    assert result.table["highway"].tolist() == ["residential", "primary"]
    assert result.table["layer"].tolist() == [0, 0]
    assert notes(result) == "there is no column road_id; source_line is used instead"


def test_pieces_of_a_street_may_share_an_id_and_odd_values_stay() -> None:
    line = LineString([(117, 28), (117, 28.1)])
    cells = {
        "oneway": ["T", "是", "reversible"],
        "bridge": ["T", "F", "viaduct"],
        "layer": ["-1", "", "2"],
        "foot": ["designated", "否", ""],
    }
    result = shaped("roads", [line] * 3, road_id=["7", "7", "7"], **cells)
    assert codes(result) == []
    assert result.table["oneway"].tolist() == ["-1", "yes", "reversible"]
    assert result.table["bridge"].tolist() == ["yes", "no", "viaduct"]
    assert result.table["layer"].tolist() == [-1, 0, 2]
    assert result.table["foot"].fillna("").tolist() == ["designated", "no", ""]


def test_units_without_a_complete_name_have_none() -> None:
    raw = gpd.GeoDataFrame({"单元编号": ["1", ""]}, geometry=[Point(117, 28), Point(117, 28.1)], crs=4326)
    result = validate(raw, "units")
    assert list(result.table.columns) == ["unit_id", "source_line", "geometry"]
    assert result.rejected["code"].tolist() == ["missing_value"]
