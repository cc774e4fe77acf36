"""Headers: the tables as data, names that offices write, and several headers for one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import box

from geogrid.errors import InputError
from geogrid.rows.headers import columns_of, known_headers, match_headers, plain, split_names
from geogrid.rows.problems import PROBLEMS
from geogrid.rows.spec import OrderCheck
from geogrid.rows.tables import TABLES
from geogrid.schema import validate
from tests.raw_rows import households, notes, shaped

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_well_formed(table: str) -> None:
    spec = TABLES[table]
    names = [column.name for column in spec.columns]
    assert spec.name == table
    assert len(set(names)) == len(names)
    assert spec.id_column.kind == "id"
    assert spec.id_column.required
    for column in spec.columns:
        assert column.label.zh
        assert column.label.en
        assert set(column.fallback) <= {*names, "source_line"}
        assert column.kind != "choice" or column.choices
    for check in spec.row_checks:
        asked = {check.first, check.last} if isinstance(check, OrderCheck) else {*check.parts, check.total}
        assert asked <= set(names)
        assert check.code in PROBLEMS


@pytest.mark.parametrize("table", TABLES)
def test_no_header_means_two_columns(table: str) -> None:
    owners: dict[str, set[str]] = {}
    for column in columns_of(TABLES[table]):
        for name in (column.name, *split_names(column.aliases), *split_names(column.weak)):
            owners.setdefault(plain(name), set()).add(column.name)
    assert {key: found for key, found in owners.items() if len(found) > 1} == {}


@pytest.mark.parametrize("table", TABLES)
def test_no_choice_means_two_values(table: str) -> None:
    for column in TABLES[table].columns:
        words = [word for value, names in column.choices.items() for word in (value, *split_names(names))]
        assert len(set(words)) == len(words)


def test_every_code_is_said_in_both_languages() -> None:
    for expected, remedy in PROBLEMS.values():
        assert all((expected.zh, expected.en, remedy.zh, remedy.en))


OFFICE_HEADERS = {
    "households": {
        "household_id": [
            "户编号 ",
            "户号",
            "编号",
            "住户编号",
            "Household ID",
            "household-id",
            "ＨＯＵＳＥＨＯＬＤ＿ＩＤ",
            "\ufeff户编号",
            "household_",
        ],
        "persons": ["人口", "人数", "家庭人口", "常住人口", "人口（人）", "家庭人口数"],
        "aged_65": ["65岁以上", "65岁及以上", "老人数", "６５岁以上", "65 岁以上（人）", "≥65岁"],
        "children_0_14": ["0-14岁", "0—14岁", "0～14岁", "儿童数", "0-14岁(人)", "children_0"],
        "lon": ["经度", "lng", "lon", "longitude", "x", "经度(°)", "X"],
        "lat": ["纬度", "lat", "latitude", "y", "纬度[度]", "纬度【WGS84】"],
        "grid_id": ["网格编号", "网格号", "所属网格"],
    },
    "grids": {
        "grid_id": ["网格编号", "网格号"],
        "name": ["网格名称"],
        "leader": ["网格长"],
        "member": ["网格员"],
        "supervision_phone": ["监督电话", "supervisio"],
    },
    "facilities": {
        "name": ["设施名称"],
        "services": ["服务", "服务类型", "类别", "service"],
        "floor_area_m2": ["建筑面积", "面积(㎡)", "建筑面积（平方米）", "floor area", "面积（m²）"],
        "status": ["状态", "建设状态"],
    },
    "roads": {"name": ["道路名称"], "highway": ["道路等级", "fclass", "highway", "class"]},
}


@pytest.mark.parametrize(
    ("table", "column", "header"),
    [
        (table, column, header)
        for table, columns in OFFICE_HEADERS.items()
        for column, headers in columns.items()
        for header in headers
    ],
)
def test_headers_that_offices_write_are_found(table: str, column: str, header: str) -> None:
    assert match_headers([header], TABLES[table]).used == {column: (header,)}


def test_unknown_headers_are_extras() -> None:
    found = match_headers(["备注", "", "(说明)", "户主姓名"], TABLES["households"])
    assert found.used == {}
    assert found.extras == ("备注", "", "(说明)", "户主姓名")


def test_better_header_wins_and_a_note_says_so() -> None:
    result = validate(households(编号=["1", "2", "3"], 户编号=["A", "B", "C"]), "households")
    assert result.table["household_id"].tolist() == ["H1", "H2", "H3"]
    assert "both 'household_id' and '户编号, 编号' can be household_id; the former is used" in notes(result)
    assert "dropped to protect households: 户编号, 编号" in notes(result)


def test_shapefile_cuts_never_hide_a_whole_name() -> None:
    known = known_headers(columns_of(TABLES["grids"]))
    assert known["supervisio"].column == "supervision_phone"
    assert known["监督电"].column == "supervision_phone"
    assert known["监督电"].rank > known["监督电话"].rank
    assert "网格编" not in known, "it may be 网格编号 or 网格编码"


def test_equal_headers_that_agree_are_merged_with_a_note() -> None:
    raw = households(persons=None, 人口=["3", "", "5"], 常住人口=["", "2", "5"])
    result = validate(raw, "households")
    assert result.table["persons"].tolist() == [3, 2, 5]
    assert "both '人口' and '常住人口' are persons: the first filled cell of each row is used" in notes(result)


def test_equal_headers_that_disagree_about_a_required_column_are_an_error() -> None:
    raw = households(persons=None, 人口=["3", "2", "5"], 常住人口=["3", "4", "5"])
    with pytest.raises(InputError) as caught:
        validate(raw, "households", file="户.csv")
    assert str(caught.value) == (
        "households (户.csv): both '人口' and '常住人口' can be persons, but they disagree (line 3 first); "
        "rename the one to use to persons. The file has: household_id, lon, lat, 人口, 常住人口"
    )
    assert "请把要用的一列表头改为 persons" in caught.value.say("zh")


def test_equal_headers_that_disagree_about_an_optional_column_take_the_first() -> None:
    columns = {"网格长": ["甲", ""], "网格负责人": ["乙", "丙"]}
    result = shaped("grids", [box(117, 28, 117.1, 28.1), box(117.1, 28, 117.2, 28.1)], **columns)
    assert result.table["leader"].tolist()[0] == "甲"
    assert result.table["网格负责人"].tolist() == ["乙", "丙"]
    assert "'网格长' is used; to use the other, rename its header to leader" in notes(result)


def test_coordinate_columns_that_disagree_are_an_error() -> None:
    raw = households(lon=None, 经度=["117.2"] * 3, longitude=["117.3"] * 3)
    with pytest.raises(InputError, match="both '经度' and 'longitude' can be lon, but they disagree"):
        validate(raw, "households")
