"""Validation of households: every code, laws, whole-table errors, and a real office file with its faults worked out by hand."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from geogrid.errors import InputError, NotFoundError
from geogrid.profile import load_profile
from geogrid.results import REJECTED_COLUMNS
from geogrid.schema import validate
from tests.raw_rows import codes, households, notes, shaped

if TYPE_CHECKING:
    from pathlib import Path


SERVICES = load_profile().services


def test_good_rows_are_typed() -> None:
    result = validate(households(aged_65=["1", "", "2"], grid_id=["G1", "", "007"]), "households", file="h.csv")
    table = result.table
    assert list(table.columns) == ["household_id", "persons", "aged_65", "grid_id", "source_line", "geometry"]
    assert {name: str(kind) for name, kind in table.dtypes.items()} == {
        "household_id": "str",
        "persons": "int64",
        "aged_65": "Int64",
        "grid_id": "str",
        "source_line": "int64",
        "geometry": "geometry",
    }
    assert table["aged_65"].tolist() == [1, pd.NA, 2]
    assert table["source_line"].tolist() == [2, 3, 4]
    assert table.geometry.tolist() == [Point(117.20, 28.30), Point(117.21, 28.30), Point(117.22, 28.31)]
    assert isinstance(table.index, pd.RangeIndex)
    assert table.crs == "EPSG:4326"
    assert result.rejected.empty
    assert tuple(result.rejected.columns) == REJECTED_COLUMNS
    assert notes(result) == "no CRS is stated; longitude and latitude are taken as EPSG:4326"


def test_arguments_are_not_changed() -> None:
    raw = households(persons=["3", "三口", "5"], 备注=["a", None, "b"])
    before = raw.copy(deep=True)
    validate(raw, "households")
    pd.testing.assert_frame_equal(raw, before)


ROWS = [
    (
        {"household_id": ["", "H2", "H3"]},
        "household_id",
        "",
        "missing_value",
        "household id must be filled in",
        "fill in household id",
    ),
    (
        {"persons": ["3人", "2", "5"]},
        "persons",
        "3人",
        "not_a_number",
        "persons must be a number, such as 3",
        "write digits only",
    ),
    ({"persons": ["2.5", "2", "5"]}, "persons", "2.5", "not_whole", "persons must be a whole number", "write a whole number"),
    ({"persons": ["-3", "2", "5"]}, "persons", "-3", "out_of_range", "persons must be 0 to 100000", "check and correct"),
    ({"lon": ["", "117.21", "117.22"]}, "lon", "", "missing_value", "longitude must be filled in", "fill in longitude"),
    (
        {"lat": ["不详", "28.3", "28.31"]},
        "lat",
        "不详",
        "not_a_number",
        "latitude must be a number, such as 28.2883",
        "write digits",
    ),
    (
        {"lon": ["28.3", "117.21", "117.22"], "lat": ["117.2", "28.3", "28.31"]},
        "lon, lat",
        "28.3, 117.2",
        "latitude_longitude_swapped",
        "here they are swapped",
        "exchange",
    ),
    (
        {"lon": ["0", "117.21", "117.22"], "lat": ["0", "28.3", "28.31"]},
        "lon, lat",
        "0.0, 0.0",
        "null_island",
        "0,0 is not",
        "find",
    ),
    (
        {"lon": ["1172", "117.21", "117.22"]},
        "lon, lat",
        "1172.0, 28.3",
        "out_of_bounds_coordinate",
        "-180 to 180",
        "name their CRS",
    ),
    (
        {"aged_65": ["2", "0", "0"], "children_0_14": ["2", "", "0"]},
        "aged_65, children_0_14",
        "2 + 2",
        "parts_exceed_total",
        "the sum of persons aged 65 and over and children aged 0 to 14 must not exceed persons (3)",
        "check these numbers",
    ),
]


@pytest.mark.parametrize(("changes", "column", "value", "code", "expected", "remedy"), ROWS)
def test_every_bad_row_is_named(
    changes: dict[str, list[str]], column: str, value: str, code: str, expected: str, remedy: str
) -> None:
    result = validate(households(**changes), "households", file="h.csv")
    row = result.rejected.iloc[0]
    assert codes(result) == [(2, code)]
    assert (row["file"], row["column"], row["value"]) == ("h.csv", column, value)
    assert expected in row["expected_en"]
    assert remedy in row["remedy_en"]
    assert row["expected_zh"]
    assert row["remedy_zh"]
    assert json.loads(row["row"])["persons"] == changes.get("persons", ["3"])[0]
    assert result.table["source_line"].tolist() == [3, 4]


def test_a_row_with_several_problems_is_listed_once_for_each() -> None:
    result = validate(households(persons=["三", "2", "5"], lon=["", "117.21", "117.22"]), "households")
    assert codes(result) == [(2, "not_a_number"), (2, "missing_value")]
    assert result.table["household_id"].tolist() == ["H2", "H3"]


def test_far_away_needs_three_rows_to_tell() -> None:
    lon, lat = ["117.2", "117.3", "121.0"], ["28.3", "28.2", "28.3"]
    result = validate(households(lon=lon, lat=lat), "households")
    assert codes(result) == [(4, "far_away")]
    assert result.rejected["expected_en"][0] == "must be near the table's other positions (117.3, 28.3, at most 3 degrees away)"
    two = validate(households(lon=lon, lat=lat).iloc[1:], "households")
    assert codes(two) == []


def test_swapped_coordinates_that_would_be_legal_are_told_by_the_others() -> None:
    """Where longitude is below 90 (Xinjiang), a swapped pair is still a place on the globe."""
    lon, lat = ["82.0", "82.1", "82.2", "43.0"], ["43.0", "43.1", "43.2", "82.0"]
    raw = households(household_id=["1", "2", "3", "4"], persons=["1"] * 4, lon=lon, lat=lat)
    assert codes(validate(raw, "households")) == [(5, "latitude_longitude_swapped")]


def test_towns_on_the_date_line_stay_together() -> None:
    raw = households(lon=["179.9", "179.95", "-179.9"], lat=["-16.5", "-16.6", "-16.5"])
    assert codes(validate(raw, "households")) == []


def test_a_whole_table_swapped_is_named_row_by_row() -> None:
    raw = households(lon=["28.3"] * 3, lat=["117.2"] * 3)
    assert {code for _, code in codes(validate(raw, "households"))} == {"latitude_longitude_swapped"}


def test_metres_in_the_coordinate_columns_ask_for_the_crs() -> None:
    raw = households(lon=["500000"] * 3, lat=["3100000"] * 3)
    result = validate(raw, "households")
    assert {code for _, code in codes(result)} == {"out_of_bounds_coordinate"}
    assert "name their CRS with crs" in result.rejected["remedy_en"][0]
    assert codes(validate(raw, "households", crs="EPSG:4549")) == []


def test_metres_far_from_the_others_are_named() -> None:
    raw = households(lon=["500000", "500100", "0"], lat=["3100000", "3100000", "0"])
    result = validate(raw, "households", crs="EPSG:4549")
    assert codes(result) == [(4, "far_away")]
    assert "at most 330 km away" in result.rejected["expected_en"][0]


def test_copies_of_a_row_keep_the_first() -> None:
    raw = households(household_id=["H1"] * 3, persons=["3"] * 3, lon=["117.2"] * 3, lat=["28.3"] * 3, 序号=["1", "2", "3"])
    result = validate(raw, "households")
    assert codes(result) == [(3, "duplicate_id"), (4, "duplicate_id")]
    assert result.rejected["expected_en"][1] == (
        "household id must be unique; it is also on line 2, with the same content; only the first is kept"
    )
    assert result.rejected["remedy_en"][0] == "remove the copies"
    assert result.table["source_line"].tolist() == [2]


def test_different_rows_with_one_id_are_all_rejected_and_name_each_other() -> None:
    raw = households(household_id=["H1", "H1", "H1"], persons=["3", "3", "4"], lon=["117.2"] * 3, lat=["28.3"] * 3)
    result = validate(raw, "households")
    assert codes(result) == [(2, "duplicate_id"), (3, "duplicate_id"), (4, "duplicate_id")]
    assert [text.split(",")[0] for text in result.rejected["expected_en"]] == [
        "household id must be unique; it is also on line 3",
        "household id must be unique; it is also on line 2",
        "household id must be unique; it is also on line 2",
    ]
    assert "nobody can know which is right" in result.rejected["expected_en"][0]
    assert result.table.empty


def test_a_bad_row_shares_its_id_too() -> None:
    result = validate(households(household_id=["H1", "H1", "H3"], persons=["3", "三", "5"]), "households")
    assert codes(result) == [(2, "duplicate_id"), (3, "not_a_number"), (3, "duplicate_id")]


def test_blank_ids_are_no_duplicates() -> None:
    assert codes(validate(households(household_id=["", "", "H3"]), "households")) == [(2, "missing_value"), (3, "missing_value")]


def test_many_rows_with_one_id_are_listed_briefly() -> None:
    size = 300
    cells = [str(n) for n in range(size)]
    raw = households(household_id=["H"] * size, persons=cells, lon=["117.2"] * size, lat=["28.3"] * size)
    result = validate(raw, "households")
    assert len(result.rejected) == size
    assert result.rejected["expected_en"].str.len().max() < 200


def test_blank_rows_are_skipped_with_a_note() -> None:
    result = validate(
        households(household_id=["H1", "", " "], persons=["3", "", None], lon=["117.2", "", ""], lat=["28.3", "", ""]),
        "households",
    )
    assert codes(result) == []
    assert result.table["household_id"].tolist() == ["H1"]
    assert "2 blank rows were skipped" in notes(result)


def test_other_columns_of_a_household_never_go_on() -> None:
    result = validate(households(户主=["张三", "李四", "王五"], 身份证号=["1", "2", "3"]), "households")
    assert not {"户主", "身份证号"} & set(result.table.columns)
    assert "dropped to protect households: 户主, 身份证号" in notes(result)
    assert "张三" not in notes(result)


def test_an_empty_table_has_its_columns() -> None:
    result = validate(households().iloc[:0], "households")
    assert list(result.table.columns) == ["household_id", "persons", "source_line", "geometry"]
    assert (len(result.table), str(result.table["persons"].dtype)) == (0, "int64")
    assert result.rejected.empty


def test_one_row_is_enough() -> None:
    assert validate(households().iloc[:1], "households").table["persons"].tolist() == [3]


def test_a_table_read_before_reads_again_unchanged() -> None:
    once = validate(households(aged_65=["1", "", "2"]), "households").table
    again = validate(once.set_index(pd.RangeIndex(1, 4)), "households")
    assert again.rejected.empty
    assert again.notes == ()
    pd.testing.assert_frame_equal(again.table.drop(columns="source_line"), once.drop(columns="source_line"))


@given(st.permutations(range(6)), st.lists(st.sampled_from(["1", "2", "三", "-1", ""]), min_size=6, max_size=6))
@settings(max_examples=15, deadline=None)
def test_row_order_does_not_matter_and_every_row_is_good_or_rejected(order: list[int], persons: list[str]) -> None:
    ids = ["A", "B", "B", "C", "D", "E"]
    raw = households(household_id=ids, persons=persons, lon=["117.2"] * 6, lat=["28.3"] * 6)
    result, shuffled = validate(raw, "households"), validate(raw.iloc[order], "households")
    assert set(codes(result)) == set(codes(shuffled)) or _copies_swapped(codes(result), codes(shuffled))
    assert sorted({line for line, _ in codes(result)} | set(result.table["source_line"])) == list(range(2, 8))
    assert sorted(result.table["persons"]) == sorted(shuffled.table["persons"])


def _copies_swapped(first: list[tuple[int, str]], second: list[tuple[int, str]]) -> bool:
    """Return whether the two differ only in which of the two copies (lines 3 and 4) was kept."""
    rest = [[pair for pair in found if pair not in {(3, "duplicate_id"), (4, "duplicate_id")}] for found in (first, second)]
    return set(rest[0]) == set(rest[1])


def test_missing_columns_are_named_together_with_what_is_accepted() -> None:
    with pytest.raises(InputError) as caught:
        validate(households(persons=None, lat=None), "households", file="h.csv")
    message = str(caught.value)
    assert message.startswith("households (h.csv): column persons (persons) is missing; accepted headers: persons, 人口, 人数,")
    assert "column lat (latitude) is missing; accepted headers: lat, latitude, 纬度" in message
    assert message.endswith("The file has: household_id, lon")
    assert "缺少“人口”列" in caught.value.say("zh")
    assert "现有的列：household_id, lon" in caught.value.say("zh")


def test_a_table_of_polygons_without_geometry_is_refused() -> None:
    with pytest.raises(InputError, match=r"^grids: no geometry column: a layer of polygons is needed"):
        validate(pd.DataFrame({"grid_id": ["1"], "name": ["a"]}), "grids")
    with pytest.raises(InputError, match=r"column area_id .* The file has: no column"):
        validate(pd.DataFrame(index=[1]), "areas")


def test_a_layer_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(InputError, match="the geometry must be a polygon, but the file has Point"):
        shaped("grids", [Point(117, 28), Point(117, 28.1)])
    with pytest.raises(InputError, match="the geometry must be a polygon or point, but the file has LineString"):
        shaped("units", [LineString([(117, 28), (117, 28.1)])])


def test_an_unknown_table_lists_the_known_ones() -> None:
    with pytest.raises(
        NotFoundError, match=r"no table is called 'house'; known: areas, grids, units, households, facilities, roads, points"
    ):
        validate(households(), "house")


def test_an_id_that_can_be_taken_from_nowhere_is_refused() -> None:
    cells = {"网格编码": ["", "2"], "grid_id": None, "name": ["", "b"]}
    raw = gpd.GeoDataFrame(
        {name: value for name, value in cells.items() if value}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326
    )
    with pytest.raises(InputError, match=r"column grid_id \(grid id\) is missing"):
        validate(raw, "grids")


def faults(path: Path) -> set[tuple[int, str]]:
    """Work out by hand which lines of the office's file must be rejected, and why."""
    with path.open(encoding="gb18030", newline="") as file:
        rows = list(enumerate(csv.DictReader(file), start=2))
    shared = Counter(row["户编号"] for _, row in rows)
    found = set()
    for line, row in rows:
        lon, lat, persons = row["经度"], row["纬度"], row["人口"]
        if shared[row["户编号"]] > 1:
            found.add((line, "duplicate_id"))
        if not lon:
            found.add((line, "missing_value"))
        if lat == "不详" or persons == "三口":
            found.add((line, "not_a_number"))
        if persons.startswith("-"):
            found.add((line, "out_of_range"))
        if lon and lat != "不详" and float(lon) == float(lat) == 0:
            found.add((line, "null_island"))
        if lon and lat != "不详" and float(lat) > 90:
            found.add((line, "latitude_longitude_swapped"))
        parts = [int(row[name] or 0) for name in ("65岁以上", "0-14岁")]
        if persons.isdigit() and sum(parts) > int(persons):
            found.add((line, "parts_exceed_total"))
    return found


def test_every_fault_of_the_office_file_is_found_and_nothing_else(real_data: Path) -> None:
    path = real_data / "guixi" / "households_dirty_gcj02_gbk.csv"
    raw = pd.read_csv(path, encoding="gb18030", dtype=str, keep_default_na=False)
    raw.index = pd.RangeIndex(2, len(raw) + 2)
    result = validate(raw, "households", file=path.name)
    expected = faults(path)
    assert set(codes(result)) == expected
    assert len(result.rejected) == len(expected)
    assert Counter(code for _, code in expected) == {
        "duplicate_id": 9,
        "latitude_longitude_swapped": 10,
        "missing_value": 12,
        "not_a_number": 14,
        "null_island": 5,
        "out_of_range": 6,
    }
    assert len(result.table) + len({line for line, _ in expected}) == len(raw) == 3000
    assert set(result.rejected.loc[result.rejected["code"] == "duplicate_id", "value"]) == {"H026367"}
    assert result.rejected["row"].map(json.loads).map(len).eq(6).all()


def test_clean_real_files_lose_no_row(real_data: Path) -> None:
    raw = pd.read_csv(real_data / "guixi" / "households.csv", dtype=str, keep_default_na=False)
    result = validate(raw, "households", crs="EPSG:4326")
    assert (len(result.table), len(result.rejected), result.notes) == (28_343, 0, ())
    assert int(result.table["persons"].sum()) == raw["persons"].astype(int).sum()
    places = pd.read_csv(real_data / "guixi" / "facilities.csv", dtype=str, keep_default_na=False)
    found = validate(places, "facilities", services=SERVICES)
    assert (len(found.table), len(found.rejected)) == (len(places), 0)
    assert found.table["services"].map(lambda ids: ids[0]).tolist() == places["service"].tolist()
