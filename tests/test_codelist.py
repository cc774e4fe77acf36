"""Lists of codes: read from files, followed from ended codes to those of today, and held against a town's areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import Workbook

from geogrid import io
from geogrid.boundaries import Boundaries
from geogrid.codelist import CodeEntry, CodeList, Followed, code_list, look_up, read_code_list, same_name
from geogrid.codes import check_codes, number_grids
from geogrid.errors import InputError
from geogrid.profile import data_dir, load_profile

if TYPE_CHECKING:
    from pathlib import Path

COUNTY = "990101"


@pytest.fixture(scope="module")
def sample() -> CodeList:
    return read_code_list(data_dir() / "sample" / "codes.csv")


def areas(*rows: tuple[str, str]) -> pd.DataFrame:
    """Return areas of a name and a code each."""
    return pd.DataFrame([{"area_id": f"A{i}", "name": name, "code": code} for i, (name, code) in enumerate(rows)])


def found(codes: CodeList, code: str, name: str = "某村") -> dict[str, str]:
    """Return what the list says about one code."""
    return {str(key): str(value) for key, value in look_up(areas((name, code)), codes).iloc[0].items()}


def test_the_sample_town_is_in_its_list(sample: CodeList) -> None:
    table = io.read_areas(data_dir() / "sample" / "areas.geojson").table
    said = look_up(table, sample)
    assert said["finding"].tolist() == ["same"] * 15
    assert said.loc[4, ["name", "listed_name", "above"]].tolist() == ["杨林村", "杨林村委会", "样例县 样例镇"]
    assert (sample.lengths, len(sample.entries), len(sample.rejected), sample.notes) == ((6, 9, 12), 22, 0, ())
    assert {code[:6] for code in sample.entries} == {COUNTY}


def test_the_codes_of_the_sample_are_right() -> None:
    folder = data_dir() / "sample"
    grids, land = io.read_grids(folder / "grids.geojson").table, io.read_areas(folder / "areas.geojson").table
    boundaries = Boundaries.of(grids.to_crs(4547), land.to_crs(4547))
    scheme = load_profile().code_scheme
    assert check_codes(boundaries, scheme) == ()
    assert number_grids(boundaries, scheme) == dict(zip(grids["grid_id"], grids["code"], strict=True))


def test_grids_are_looked_up_by_their_village(sample: CodeList) -> None:
    grids = io.read_grids(data_dir() / "sample" / "grids.geojson").table
    said = look_up(grids, sample, id_column="grid_id")
    assert set(said["finding"]) == {"same"}
    assert said.loc[7, ["id", "code", "listed_name", "above"]].tolist() == [
        *("G08", "990101100201001", "杨林村委会", "样例县 样例镇 杨林村委会"),
    ]
    ended = look_up(grids.head(1).assign(code=f"{COUNTY}100214001"), sample, id_column="grid_id")
    assert ended.loc[0, ["finding", "successors"]].tolist() == ["ended", f"{COUNTY}100209;{COUNTY}100210"]


@pytest.mark.parametrize(
    ("code", "successors", "names"),
    [
        ("100004", "100001", "河街社区居委会"),
        ("100212", "100205", "北坡村委会"),
        ("100213", "100205", "北坡村委会"),
        ("100214", "100209;100210", "对河村委会;南塘村委会"),
        ("100215", "", ""),
        ("101", "100", "样例镇"),
    ],
)
def test_ended_codes_are_followed_to_those_of_today(sample: CodeList, code: str, successors: str, names: str) -> None:
    said = found(sample, COUNTY + code)
    expected = ";".join(COUNTY + one for one in successors.split(";") if one)
    assert (said["finding"], said["successors"], said["successor_names"]) == ("ended", expected, names)
    listed = sample.entries[COUNTY + code].name
    now = f"; it is now {expected.replace(';', ', ')}" if expected else ""
    assert said["expected_en"] == f"code {COUNTY}{code} ({listed}) has ended{now}"
    assert said["remedy_en"] == "use the code that took its place, or ask the office that keeps the list"
    assert f"代码 {COUNTY}{code}（{listed}）已撤销" in said["expected_zh"]


def test_what_the_list_says_of_codes_that_it_lacks(sample: CodeList) -> None:
    gone = found(sample, f"{COUNTY}100099")
    assert gone["finding"] == "not_listed"
    assert gone["expected_en"] == "the list has no 990101100099: it has ended, or is a mistake"
    under = found(sample, f"{COUNTY}101001")
    assert under["finding"] == "not_listed"
    assert under["expected_en"].endswith("; 990101101 above it has ended and is now 990101100 样例镇")
    assert under["expected_zh"].endswith("；其上级 990101101 已撤销，现为 990101100 样例镇")
    assert found(sample, "360681001001")["finding"] == "not_covered"
    assert found(sample, "")["finding"] == "no_code"
    wrong = found(sample, f"{COUNTY}100201", "杨木村")
    assert (wrong["finding"], wrong["expected_en"]) == ("name_differs", "the list calls 990101100201 '杨林村委会'")


def test_missing_codes_and_names_and_indexes_are_kept(sample: CodeList) -> None:
    frame = pd.DataFrame({"area_id": ["A", "B"], "name": ["样例镇", None], "code": [f"{COUNTY}100", None]}, index=[7, 3])
    said = look_up(frame, sample)
    assert said.index.tolist() == [7, 3]
    assert said["finding"].tolist() == ["same", "no_code"]
    assert look_up(frame.drop(columns="code"), sample)["finding"].tolist() == ["no_code", "no_code"]
    assert look_up(frame.head(0), sample).empty


def entry(code: str, *successors: str) -> CodeEntry:
    return CodeEntry(code, f"名{code}", "", not successors, successors)


def test_circles_are_found_and_diamonds_are_none() -> None:
    codes = code_list([entry("1", "2"), entry("2", "3"), entry("3", "1"), entry("4", "4"), entry("5", "6", "2"), entry("6")])
    assert codes.follow("1") == Followed((), (), is_circular=True)
    assert codes.follow("4") == Followed((), (), is_circular=True)
    assert codes.follow("5") == Followed(("6",), (), is_circular=True)
    assert [found(codes, code)["finding"] for code in "145"] == ["circular", "circular", "ended"]
    assert found(codes, "1")["remedy_en"] == "correct the list's column of successors"
    diamond = code_list([entry("1", "2", "3"), entry("2", "4"), entry("3", "4"), entry("4")])
    assert diamond.follow("1") == Followed(("4",))
    assert diamond.follow("9") == Followed((), ("9",))


def test_successors_outside_the_list_are_named_all_the_same() -> None:
    said = found(code_list([entry("1", "8", "2"), entry("2")]), "1")
    assert (said["successors"], said["successor_names"]) == ("2;8", "名2;")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "frame"])
def test_lists_are_read_from_tables_with_office_headers(tmp_path: Path, kind: str) -> None:
    header = ["统计用区划代码", "单位名称", "级别", "状态", "继任代码"]
    cells = [
        ["990101001", "东街道", "乡级", "有效", ""],
        ["990101002", "西街道", "乡级", "停用", "990101001；990101003"],
        ["990101003", "南街道", "", "", ""],
        ["990101004", "北街道", "乡级", "", "990101003"],
    ]
    path = tmp_path / f"list.{kind}"
    if kind == "csv":
        path.write_text("\n".join(",".join(row) for row in [header, *cells]), encoding="gbk")
    elif kind == "xlsx":
        book = Workbook()
        for row in [header, *cells]:
            book.active.append([int(one) if one.isdigit() else one for one in row])
        book.save(path)
    codes = read_code_list(pd.DataFrame(cells, columns=header) if kind == "frame" else path)
    assert list(codes.entries.values()) == [
        CodeEntry("990101001", "东街道", "乡级"),
        CodeEntry("990101002", "西街道", "乡级", is_valid=False, successors=("990101001", "990101003")),
        CodeEntry("990101003", "南街道"),
        CodeEntry("990101004", "北街道", "乡级", is_valid=False, successors=("990101003",)),
    ]


def test_bad_rows_are_rejected_and_said() -> None:
    frame = pd.DataFrame({"代码": ["1", "2", "2", ""], "名称": ["a", "b", "c", "d"], "状态": ["有效", "", "", "有效"]})
    codes = read_code_list(frame)
    assert list(codes.entries) == ["1"]
    assert codes.rejected[["line", "code"]].to_numpy().tolist() == [
        [2, "duplicate_id"],
        [3, "duplicate_id"],
        [4, "missing_value"],
    ]
    odd = read_code_list(pd.DataFrame({"代码": ["1"], "名称": ["a"], "状态": ["也许"]}))
    assert odd.rejected["code"].tolist() == ["unknown_choice"]
    with pytest.raises(InputError, match="column name \\(name\\) is missing"):
        read_code_list(pd.DataFrame({"代码": ["1"]}))


def test_files_of_one_list_must_agree() -> None:
    one, other = (pd.DataFrame({"代码": ["1", "2"], "名称": ["a", name]}) for name in "bc")
    assert len(read_code_list(one, one).entries) == 2
    with pytest.raises(InputError) as caught:
        read_code_list(one, other)
    assert str(caught.value) == "codes that differ from one file of the list to the other: 1 (2); keep only the right row of each"
    assert "1 个代码有两种写法（2）" in caught.value.say("zh")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("花园社区", "花园社区居委会", True),
        ("花园社区", "花园居民委员会", True),
        ("花园村", "花园社区", False),
        ("花园村社区", "花园村社区居委会", True),
        ("黄坑村", "黄坑村民委员会", True),
        ("黄坑村", "黄坑村村民委员会", True),
        ("黄坑村", "黄坑村村委会", True),
        ("滨江镇", "滨江镇人民政府", True),
        ("花园街道", "花园街道办事处", True),
        ("滨江镇", "滨江乡", False),
        ("社区", "居委会", False),
        (" 河街 社区", "河街社区", True),
    ],
)
def test_names_of_one_place_however_written(one: str, other: str, *, expected: bool) -> None:
    assert same_name(one, other) is same_name(other, one) is expected


def test_codes_of_2016_in_guixi_that_are_gone_are_reported(real_data: Path) -> None:
    folder = real_data / "codes"
    codes = read_code_list(*sorted(folder.glob("*.csv")))
    assert (len(codes.entries), codes.lengths, len(codes.rejected)) == (3682, (9, 12), 0)
    points = gpd.read_file(real_data / "guixi" / "communities.geojson")
    old = points.drop(columns="code").rename(columns={"nbs_code_2016": "code"})
    said = look_up(old, codes, id_column="osm_id")
    gone = points["nbs_code_2016"].notna() & points["code"].isna()
    by_finding = said.groupby("finding")["name"].agg(sorted).to_dict()
    assert by_finding.pop("no_code") == ["大岩苏家", "花园村"]
    assert by_finding.pop("not_listed") == ["发电厂社区", "四建社区", "炼厂社区", "烧箕山社区"]
    # Given to another community since: only the name tells.
    assert by_finding.pop("name_differs") == ["化肥厂社区"]
    assert set(by_finding) == {"same"}
    assert set(said.loc[gone, "finding"]) == {"not_listed", "name_differs"}
    assert (look_up(points[points["code"].notna()], codes, id_column="osm_id")["finding"] == "same").all()
    assert said.loc[said["finding"] == "same", "above"].isin(["花园街道", "东门街道", "雄石街道", "滨江镇"]).all()
