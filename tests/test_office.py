"""An office at work on the paper town: imports, the test, plans and their change sheets, adoption. See `builders.paper_town`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely

import geogrid
from geogrid.errors import ConflictError, NotFoundError, RefusedError
from geogrid.office import adopt, covered_in, draw, plan_named, rules_in, sheet_of_plan, sheet_of_versions, validate
from geogrid.officefiles import import_files
from geogrid.operations import Hand, Merge, Rename, Retire, Split
from geogrid.plans import Plan
from geogrid.store import Act, Workspace, create
from tests.builders import CRS, block, frame, paper_town, street
from tests.workspaces import edited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = dt.date(2026, 1, 1)
LATER = dt.date(2026, 7, 1)
ACT = Act("张", DAY, "首次导入")
DECIDED = Act("李", LATER, "均衡户数", "批文 7 号")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Workspace]:
    with create(tmp_path / "office.gpkg", crs=CRS, act=ACT) as made:
        import_files(made, paper_town(), act=ACT, datum="wgs84")
        yield made


def saved(office: Workspace, *operations: object) -> Plan:
    return office.save_plan(Plan("试", office.head.version).do(*operations))  # type: ignore[arg-type]


def moved_east(metres: float) -> Hand:
    """Hand the land of G2 next to G1 over to G1."""
    return Hand("G1", block(500, 0, 500 + metres, 1000))


def test_every_table_becomes_a_version(office: Workspace) -> None:
    ledger = office.versions()
    assert ledger["kind"].tolist() == ["create", *["import"] * 5]
    assert [tables for tables in ledger["tables"] if tables] == [
        ("areas",),
        ("grids",),
        ("roads",),
        ("households",),
        ("facilities",),
    ]
    assert len(office.read("households")) == 80


def test_a_second_import_knows_the_areas_and_keeps_what_is_the_same(office: Workspace) -> None:
    grids = paper_town()["grids"].drop(columns="parent_id")
    versions = import_files(office, {"grids": grids}, act=ACT, datum="wgs84").versions
    assert versions[0].counts["grids"]["began"] == 0
    assert office.boundaries().grids["G3"].parent_id == "V2"


def test_coverage_is_that_of_a_check_and_is_kept(office: Workspace) -> None:
    covered = covered_in(office)
    assert covered is not None
    assert {service: int(flags.sum()) for service, flags in covered.items()} == {"medical": 54}
    report = geogrid.check(**paper_town(), datum="wgs84")
    assert (covered["medical"] == (report.households["status_medical"] == "covered").to_numpy()).all()
    again = covered_in(office)
    assert again is not None
    assert (again["medical"] == covered["medical"]).all()


def test_what_goes_on_record_does_not_rest_on_what_was_kept(office: Workspace) -> None:
    """No hash covers the statuses that are kept for speed: somebody writes there that nobody is covered."""
    kept, plan = covered_in(office), saved(office, moved_east(100))
    assert kept is not None
    edited(office.path, "UPDATE travel_statuses SET codes = zeroblob(80)")
    assert sheet_of_plan(office, plan)[1].totals["covered_medical_before"] == 0
    assert adopt(office, plan, act=DECIDED).sheet.totals["covered_medical_before"] == 54
    again = covered_in(office)
    assert again is not None
    assert (again["medical"] == kept["medical"]).all()


def test_without_streets_nobody_knows_who_is_covered(tmp_path: Path) -> None:
    town = paper_town()
    with create(tmp_path / "a.gpkg", crs=CRS, act=ACT) as made:
        import_files(made, {"grids": town["grids"], "households": town["households"]}, act=ACT)
        assert covered_in(made) is None
        _, sheet = sheet_of_plan(made, saved(made, moved_east(50)))
    assert [name for name in sheet.grids if name.startswith("share_")] == []


def test_the_sheet_of_a_plan(office: Workspace) -> None:
    """Land 100 m wide: x = 525 and 575, on both sides of the street, so four households."""
    drawn, sheet = sheet_of_plan(office, saved(office, moved_east(100)))
    assert drawn.changed == ("G1", "G2")
    assert sheet.grids.set_index("grid_id")["households_after"].to_dict() == {"G1": 24, "G2": 16}
    assert sheet.flows[["from_id", "to_id", "households"]].to_numpy().tolist() == [["G2", "G1", 4]]


def test_adopting_writes_one_version_and_the_sheet_of_the_two_says_the_same(office: Workspace) -> None:
    before = office.head.version
    done = adopt(office, saved(office, moved_east(100)), act=DECIDED)
    assert (done.version.version, done.version.kind, done.version.approval) == (before + 1, "adopt", "批文 7 号")
    assert office.as_of(DAY).grids["G1"].shape.area == 500_000
    assert office.as_of(LATER).grids["G1"].shape.area == pytest.approx(600_000, abs=0.01)
    between = sheet_of_versions(office, before, before + 1)
    assert between.flows.to_numpy().tolist() == done.sheet.flows.to_numpy().tolist()
    household = "H020"  # x = 525
    assert (office.where(household, DAY).grid_id, office.where(household, LATER).grid_id) == ("G2", "G1")
    assert office.verify().ok


def test_the_staff_table_is_listed_beside_the_columns_of_grids(office: Workspace) -> None:
    """钱二 is only in the table; what the table says of G3, which stays as it is, is not listed."""
    rows = [("S1", "钱二", "网格员", "网格", "G2"), ("S2", "孙三", "网格员", "网格", "G3")]
    table = pd.DataFrame(rows, columns=["staff_id", "name", "role", "of_kind", "of_id"])
    import_files(office, {"staff": table}, act=ACT, datum="wgs84")
    before, plan = office.head.version, saved(office, moved_east(100))
    staff = sheet_of_plan(office, plan)[1].staff
    listed = staff[["person", "role", "from_id", "to_id", "households_before", "households_after"]].to_numpy().tolist()
    assert ["钱二", "member", "G2", "G2", 20, 16] in listed
    assert "孙三" not in set(staff["person"])
    adopt(office, plan, act=DECIDED)
    assert sheet_of_versions(office, before, before + 1).staff.to_dict() == staff.to_dict()


def test_a_plan_on_an_old_base_is_refused(office: Workspace) -> None:
    first, second = saved(office, moved_east(100)), Plan("另一个", office.head.version).do(Rename("G3", "新"))
    second = office.save_plan(second)
    adopt(office, first, act=DECIDED)
    with pytest.raises(ConflictError, match="newest version first"):
        adopt(office, second, act=DECIDED)


def test_a_plan_that_changes_nothing_is_refused(office: Workspace) -> None:
    plan = saved(office, Rename("G3", "甲"), Rename("G3", "第3网格"))
    with pytest.raises(RefusedError, match="changes no grid"):
        adopt(office, plan, act=DECIDED)


def test_an_incomplete_plan_can_be_drawn_but_not_adopted(office: Workspace) -> None:
    plan = saved(office, Retire("G2"))
    drawn = draw(office, plan)
    assert drawn.unassigned_m2 == 500_000
    assert "incomplete" in drawn.notes[0].en
    with pytest.raises(RefusedError, match=r"500,000 m² belong to no grid") as refusal:
        adopt(office, plan, act=DECIDED)
    assert refusal.value.place.area == 500_000  # type: ignore[attr-defined]


def test_new_defects_need_to_be_accepted(office: Workspace) -> None:
    """G1 gets 81 square metres in the middle of G2, away from its own land."""
    plan = saved(office, Hand("G1", block(700, 400, 709, 409)))
    with pytest.raises(RefusedError, match="stray_part: G1"):
        adopt(office, plan, act=DECIDED)
    assert adopt(office, plan, act=DECIDED, accept=["stray_part"]).version.kind == "adopt"


def test_barriers_of_the_workspace_refuse(office: Workspace) -> None:
    river = frame([{"barrier_id": "B1", "kind": "water", "name": "河", "geometry": street((550, -10), (550, 1010))}])
    import_files(office, {"barriers": river}, act=ACT)
    assert len(rules_in(office).barriers) == 1
    with pytest.raises(RefusedError, match="across a barrier"):
        draw(office, Plan("试", office.head.version).do(moved_east(200)))


def test_a_bridge_lets_a_plan_across(office: Workspace) -> None:
    """The river beyond which no land may go, and a street with a bridge across it: nothing is refused any more."""
    river = frame([{"barrier_id": "B1", "kind": "water", "name": "河", "geometry": street((550, -10), (550, 1010))}])
    bridge = [{"road_id": "R1", "highway": "residential", "bridge": "yes", "geometry": street((500, 300), (600, 300))}]
    import_files(office, {"barriers": river, "roads": frame(bridge)}, act=ACT)
    assert [len(line.geoms) for line in rules_in(office).barriers] == [2]
    assert draw(office, Plan("试", office.head.version).do(moved_east(200))).changed


def test_a_wide_river_divides_along_its_banks(office: Workspace) -> None:
    river = frame([{"barrier_id": "B1", "kind": "water", "geometry": block(540, -10, 560, 1010)}])
    import_files(office, {"barriers": river}, act=ACT)
    with pytest.raises(RefusedError, match="across a barrier"):
        draw(office, Plan("试", office.head.version).do(moved_east(200)))


def test_land_where_nobody_lives_goes_with_either_side(office: Workspace) -> None:
    """A railway cuts off the north-east of V1, where nobody lives; people live on either side of the second one."""
    corner, middle = street((600, 1010), (600, 700), (1010, 700)), street((700, -10), (700, 690), (1010, 690))
    import_files(office, {"barriers": frame([{"barrier_id": "B1", "geometry": corner}])}, act=ACT)
    northern = Hand("G1", block(500, 650, 1000, 1000))
    assert draw(office, Plan("试", office.head.version).do(northern)).changed
    import_files(office, {"barriers": frame([{"barrier_id": "B1", "geometry": middle}])}, act=ACT)
    southern = Hand("G1", block(500, 300, 1000, 600))
    with pytest.raises(RefusedError, match="across a barrier"):
        draw(office, Plan("试", office.head.version).do(southern))


def test_new_grids_get_the_next_code(tmp_path: Path) -> None:
    town = paper_town()
    codes = {"V1": "990101001001", "V2": "990101001002"}
    areas = town["areas"].assign(code=[codes[key] for key in town["areas"]["area_id"]])
    grids = town["grids"].assign(code=["990101001001001", "990101001001002", "990101001002001", "990101001002002"])
    with create(tmp_path / "a.gpkg", crs=CRS, act=ACT) as made:
        import_files(made, {"areas": areas, "grids": grids}, act=ACT)
        line = shapely.LineString([*street((250, -1), (250, 1001)).coords])
        done = adopt(made, saved(made, Split("G1", line, ("G5",))), act=DECIDED)
        assert done.codes == {"G5": "990101001001003"}
        assert validate(made).ok
        gone = adopt(made, saved(made, Merge("G1", ("G5",))), act=DECIDED)
        assert gone.codes == {}
        again = adopt(made, saved(made, Split("G1", line, ("G6",))), act=DECIDED)
        assert again.codes == {"G6": "990101001001004"}


def test_the_test_names_what_is_wrong(office: Workspace) -> None:
    assert validate(office).ok
    shifted = paper_town()["grids"]
    shifted.loc[shifted["grid_id"] == "G1", "geometry"] = block(0, 0, 490, 1000)
    import_files(office, {"grids": shifted}, act=ACT, datum="wgs84")
    found = validate(office)
    assert not found.ok
    assert found.gate.counts == {"hole": 1}
    assert (found.codes, found.numbered) == ((), False)


def test_an_unknown_plan_names_those_that_there_are(office: Workspace) -> None:
    saved(office, moved_east(50))
    with pytest.raises(NotFoundError, match="there are: 试"):
        plan_named(office, "没有")
