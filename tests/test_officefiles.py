"""Files brought into a workspace: what is new, changed and ended, whole tables and parts, datums, households outside all grids.

See `builders.paper_town`: four grids, 80 households.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import shapely

from geogrid.bringing import bring
from geogrid.datum import convert_datum
from geogrid.errors import InputError
from geogrid.officefiles import Change, Outside, import_files
from geogrid.officeland import rehearse
from geogrid.profile import load_profile
from geogrid.rows.rejectedkeys import rejected_keys
from geogrid.schema import table_spec
from geogrid.store import Act, Workspace, create
from tests.builders import CRS, at, frame, paper_town, street
from tests.workspaces import clock_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACT = Act("张", dt.date(2026, 1, 1), "首次导入")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Workspace]:
    with create(tmp_path / "office.gpkg", crs=CRS, act=ACT) as made:
        import_files(made, paper_town(), act=ACT, datum="wgs84")
        yield made


def told(office: Workspace, table: str, rows: pd.DataFrame, **options: Any) -> Change:
    """What an import of one table says."""
    return import_files(office, {table: rows}, act=ACT, datum="wgs84", **options).changes[table]


def homes() -> Any:
    return paper_town()["households"]


def new_home(name: str, x: float = 100, y: float = 100) -> Any:
    return frame([{"household_id": name, "persons": 2, "geometry": at(x, y)}])


def test_the_first_files_are_all_new(tmp_path: Path) -> None:
    with create(tmp_path / "a.gpkg", crs=CRS, act=ACT) as made:
        done = import_files(made, paper_town(), act=ACT, datum="wgs84")
    assert done.changes["households"] == Change(80, 0, 0, 0)
    assert done.changes["grids"] == Change(4, 0, 0, 0)
    assert done.outside == Outside(0, 80)


def test_new_changed_unchanged_and_ended(office: Workspace) -> None:
    rows = homes().iloc[2:].copy()
    rows.loc[rows.index[:3], "persons"] = 9
    rows = pd.concat([rows, new_home("N1")])
    assert told(office, "households", rows) == Change(1, 3, 75, 2)
    assert len(office.read("households")) == 79
    assert told(office, "households", rows[::-1]) == Change(0, 0, 79, 0)


def test_pieces_of_one_street_are_rows(office: Workspace) -> None:
    """A street of two pieces becomes one of three, one piece the same: two changed, nothing new."""
    pieces = [{"road_id": "P", "geometry": street((x, 0), (x + 9, 0))} for x in (0, 20)]
    whole = pd.concat([office.read("roads"), frame(pieces)])
    assert told(office, "roads", whole).new == 2
    other = [{"road_id": "P", "geometry": street((x, 0), (x + 9, 0))} for x in (0, 40, 60)]
    change = told(office, "roads", pd.concat([whole.iloc[:-2], frame(other)]))
    assert (change.new, change.changed, change.ended) == (0, 2, 0)


# --- files that leave rows out -------------------------------------------------------------------------------------------------


def test_a_file_of_one_village_is_refused_and_nothing_is_written(office: Workspace) -> None:
    head, rows = office.head.version, pd.concat([homes().iloc[:20], new_home("N1")])
    with pytest.raises(InputError) as caught:
        import_files(office, {"households": rows, "facilities": paper_town()["facilities"]}, act=ACT, datum="wgs84")
    assert caught.value.message.en == (
        "Households: the file has 21 rows, 1 of them new; of the 80 rows in the workspace it leaves out 60 (75%), which would "
        "end. Nothing was imported. If a file is only a part (one village), add --part and all other rows stay; if it is to "
        "replace the whole table, add --replace."
    )
    assert "住户：文件有 21 行，其中 1 行是新的；工作区现有 80 行，其中 60 行（75%）文件里没有" in caught.value.message.zh
    assert office.head.version == head


def test_a_tenth_may_go(office: Workspace) -> None:
    with pytest.raises(InputError, match=r"leaves out 9 \(11%\)"):
        told(office, "households", homes().iloc[9:])
    assert told(office, "households", homes().iloc[8:]) == Change(0, 0, 72, 8)


def test_ids_of_land_are_named_and_those_of_people_never(office: Workspace) -> None:
    with pytest.raises(InputError, match=r"Grids: .* leaves out 2 \(50%\), which would end \(G3, G4\)\.") as caught:
        import_files(office, {"grids": paper_town()["grids"].iloc[:2], "households": homes().iloc[:1]}, act=ACT, datum="wgs84")
    assert "（G3、G4）" in caught.value.message.zh
    assert "Households:" in caught.value.message.en
    assert "H0" not in caught.value.message.zh + caught.value.message.en
    staff = pd.DataFrame(
        {"staff_id": ["甲一", "乙二"], "name": ["甲", "乙"], "role": "leader", "of_kind": "grid", "of_id": ["G1", "G2"]}
    )
    office.import_table("staff", staff, act=ACT, base=office.head.version)
    with pytest.raises(InputError) as caught:
        import_files(office, {"staff": staff.iloc[:1]}, act=ACT)
    assert "乙二" not in caught.value.message.zh


def test_a_replacement_ends_what_it_leaves_out(office: Workspace) -> None:
    assert told(office, "households", homes().iloc[:20], extent="replace") == Change(0, 0, 20, 60)


def test_a_rehearsal_refuses_the_same(office: Workspace) -> None:
    with pytest.raises(InputError, match="leaves out 60"):
        rehearse(office, {"households": homes().iloc[:20]}, act=ACT, datum="wgs84")
    done = rehearse(office, {"households": homes().iloc[:20]}, act=ACT, datum="wgs84", extent="replace")
    assert done.changes["households"] == Change(0, 0, 20, 60)
    assert len(office.read("households")) == 80


def test_a_part_leaves_all_others_as_they_are(office: Workspace) -> None:
    """Oracle: a dictionary by id, updated."""
    rows = homes().iloc[5:8].copy()
    rows.loc[rows.index[0], "persons"] = 9
    expected = dict(zip(homes()["household_id"], homes()["persons"], strict=True))
    expected |= dict(zip(rows["household_id"], rows["persons"], strict=True)) | {"N1": 2}
    assert told(office, "households", pd.concat([rows, new_home("N1")]), extent="part") == Change(1, 1, 79, 0)
    now = office.read("households")
    assert dict(zip(now["household_id"], now["persons"], strict=True)) == expected
    assert office.verify().ok


@pytest.mark.parametrize("table", ["areas", "grids", "roads", "facilities"])
def test_a_part_of_any_table(office: Workspace, table: str) -> None:
    before = office.read(table)
    change = told(office, table, paper_town()[table].iloc[:1], extent="part")
    assert (change.new, change.ended, change.changed + change.unchanged) == (0, 0, len(before))
    assert (
        shapely.equals(
            office.read(table).geometry.normalize(),
            before.geometry.normalize(),
        ).sum()
        >= len(before) - 2
    )
    assert Counter(office.read(table).iloc[:, 0]) == Counter(before.iloc[:, 0])


def test_a_part_of_a_table_without_places(office: Workspace) -> None:
    grades = pd.DataFrame({"subject_id": ["G1", "G1", "G2"], "period": ["2026Q1", "2026Q2", "2026Q1"], "grade": "优"})
    import_files(office, {"grades": grades}, act=ACT)
    change = told(office, "grades", grades.iloc[1:2].assign(grade="良"), extent="part")
    assert change == Change(0, 1, 2, 0)
    assert sorted(office.read("grades")["grade"]) == sorted(["优", "良", "优"])


def test_a_day_that_must_be_said_is_asked_for_before_anything_is_read(office: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_at(monkeypatch, "2025-12-01T00:00")
    with pytest.raises(InputError, match="takes effect on 2026-01-01 only"):
        import_files(office, {"households": "no such file.csv"}, act=Act("张"))


# --- rows that are rejected ----------------------------------------------------------------------------------------------------


def table_of(office: Workspace, table: str) -> list[tuple[Any, ...]]:
    rows = office.read(table)
    return sorted(zip(rows.iloc[:, 0], rows.iloc[:, 1].astype(str), rows.geometry.to_wkt(rounding_precision=3), strict=True))


@pytest.mark.parametrize("extent", ["whole", "replace", "part"])
def test_a_rejected_row_ends_nothing(office: Workspace, extent: Any) -> None:
    """Oracle: a dictionary by id. H0 has no number, H1 no place, H2 is told twice, a row has no id, and H3 changes."""
    rows = homes().astype({"persons": object})
    ids = rows["household_id"].tolist()
    expected = dict(zip(ids, rows["persons"], strict=True)) | {ids[3]: 9}
    rows.iloc[0, rows.columns.get_loc("persons")] = "三口"
    rows.iloc[1, rows.columns.get_loc("geometry")] = shapely.Point()
    rows.iloc[3, rows.columns.get_loc("persons")] = 9
    rows = pd.concat([rows, rows.iloc[[2]].assign(persons=8), new_home("N1").assign(persons="x"), new_home("")])
    assert told(office, "households", rows, extent=extent) == Change(0, 1, 79, 0, kept=3)
    now = office.read("households")
    assert dict(zip(now["household_id"], now["persons"], strict=True)) == expected
    assert office.verify().ok


def test_what_is_left_out_ends_beside_what_is_rejected(office: Workspace) -> None:
    rows = homes().iloc[4:].astype({"persons": object})
    rows.iloc[:10, rows.columns.get_loc("persons")] = -1
    assert told(office, "households", rows) == Change(0, 0, 76, 4, kept=10)


def test_a_street_with_a_rejected_piece_stays_whole(office: Workspace) -> None:
    """Otherwise its good pieces alone would be the street."""
    pieces = [{"road_id": "P", "geometry": street((x, 0), (x + 9, 0))} for x in (0, 20)]
    import_files(office, {"roads": pd.concat([office.read("roads"), frame(pieces)])}, act=ACT, datum="wgs84")
    before = table_of(office, "roads")
    moved = [{"road_id": "P", "geometry": street((0, 5), (9, 5))}, {"road_id": "P", "geometry": shapely.LineString()}]
    rows = pd.concat([office.read("roads").query("road_id != 'P'"), frame(moved)])
    assert told(office, "roads", rows) == Change(0, 0, len(before), 0, kept=2)
    assert table_of(office, "roads") == before


@pytest.mark.parametrize(
    ("table", "row", "held"),
    [
        ("households", '{"户编号": "Ｈ 1", "家庭编号": null}', ("Ｈ 1",)),
        ("households", '{"household_id": 7.0}', ("7",)),
        ("households", '{"household_id": "7.0"}', ("7",)),
        ("households", '{"户号": " ", "户编号": "H1 "}', ("H1",)),
        ("grids", '{"name": "甲"}', ("甲",)),
        ("grades", '{"subject_id": "G1", "period": "2026年第二季度", "grade": 3}', ("G1", "2026Q2")),
        ("staff", '{"staff_id": "S1", "role": "网格长", "of_id": "G1"}', ("S1", "leader", "grid", "G1")),
    ],
)
def test_an_id_is_read_as_readers_do(table: str, row: str, held: tuple[str, ...]) -> None:
    rejected = pd.DataFrame({"row": [row, row, "[1, 2]", "{", '{"household_id": null}', "[" * 100_000]})
    assert rejected_keys(rejected, table_spec(table), {held, ("other",)}) == {held}


# --- households outside all grids, and datums ----------------------------------------------------------------------------------


def test_households_outside_all_grids_are_counted(office: Workspace) -> None:
    far = pd.concat([homes(), new_home("N1", 5000), new_home("N2", 5000)])
    assert import_files(office, {"households": far}, act=ACT, datum="wgs84").outside == Outside(2, 82)
    fewer = paper_town()["grids"].iloc[:3]
    gone = import_files(office, {"grids": fewer}, act=ACT, datum="wgs84", extent="replace").outside
    inside = shapely.intersects(fewer.union_all(), far.geometry.to_numpy()).sum()
    assert gone == Outside(82 - int(inside), 82)
    assert import_files(office, {"facilities": paper_town()["facilities"]}, act=ACT, datum="wgs84").outside is None


def test_a_conversion_says_how_far_it_moved_the_rows(office: Workspace) -> None:
    degrees = homes().to_crs(4326)
    shifted = convert_datum(degrees, "wgs84", "gcj02")
    moved = shifted.to_crs(CRS).distance(homes().geometry).median()
    brought = bring(
        {"households": shifted}, profile=load_profile(), known={"roads": office.read("roads")}, crs=office.crs, datum="auto"
    )
    assert brought.datum["households"].datum == "gcj02"
    assert brought.datum["households"].misfit["gcj02"] < 60 < brought.datum["households"].misfit["wgs84"]
    assert brought.shift_m["households"] == pytest.approx(moved, abs=0.05)
    assert bring({"households": degrees}, profile=load_profile(), crs=office.crs, datum="auto").shift_m == {}


def test_a_stated_datum_is_found_in_the_result(office: Workspace) -> None:
    shifted = convert_datum(paper_town()["grids"].to_crs(4326), "wgs84", "gcj02")
    brought = bring({"grids": shifted}, profile=load_profile(), crs=office.crs, datum="gcj02")
    assert (brought.datum["grids"].datum, brought.datum["grids"].misfit) == ("gcj02", {})
    assert 100 < brought.shift_m["grids"] < 1_000
