"""Boundaries in a workspace: what is adopted, what became of a grid, where a household was, and plans that two people save."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import shapely
import sqlalchemy as sa

from geogrid.boundaries import Boundaries, Tier
from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.operations import Merge, Rename, Split
from geogrid.plans import Plan, draw_plan
from geogrid.store import Act, Whereabouts, Workspace, create, open_workspace
from tests.builders import CRS, at, block, frame, street
from tests.workspaces import act, day, town_tables, town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geogrid.operations import Operation
    from geogrid.store import Version

SPLIT = Split("G1", street((250, -1), (250, 1001)), ("G5",))
"""G1 is cut in two equal parts: the western one keeps the id or becomes G5."""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper town's file, versions 0 to 5, closed."""
    path = tmp_path_factory.mktemp("town") / "纸镇.gpkg"
    town_workspace(path).close()
    return path


@pytest.fixture
def town(made_once: Path, tmp_path: Path) -> Iterator[Workspace]:
    """The paper town in a copy of its own."""
    with open_workspace(shutil.copy(made_once, tmp_path / "纸镇.gpkg")) as workspace:
        yield workspace


def adopted(town: Workspace, *operations: Operation, number: int, name: str = "方案") -> Version:
    """Save a plan of these operations on the newest version, and adopt it with effect from a day."""
    plan = town.save_plan(Plan(f"{name}{number}", town.head.version).do(*operations), who="王")
    drawn = draw_plan(plan, town.boundaries())
    return town.adopt(plan.plan_id, drawn.boundaries, act=act(number, "均衡"), base=plan.base_version, operations=plan.operations)


def test_adopting_is_one_version_with_everything_in_it(town: Workspace) -> None:
    version = adopted(town, SPLIT, number=10)
    assert (version.version, version.kind, version.who, version.approval) == (6, "adopt", "李", "批〔2024〕10 号")
    assert [record["kind"] for record in version.operations] == ["split"]
    assert (version.counts["grids"]["began"], version.counts["grids"]["ended"], version.counts["grids"]["rows"]) == (2, 1, 5)
    assert version.counts["areas"]["began"] == 1  # the nodes of the cut are on the village's border too
    now, then = town.boundaries(), town.boundaries(version=5)
    assert sorted(now.grids) == ["G1", "G2", "G3", "G4", "G5"]
    assert now.grids["G1"].shape.area + now.grids["G5"].shape.area == then.grids["G1"].shape.area
    assert now.grids["G2"].shape.wkb == then.grids["G2"].shape.wkb
    plans = town.plans()
    assert plans[["status", "adopted_in", "operations", "created_by"]].to_numpy().tolist() == [["adopted", 6, 1, "王"]]
    assert version.plan_id == plans["plan_id"].iloc[0]
    assert town.verify().ok


def test_boundaries_come_back_with_the_same_bytes(town: Workspace) -> None:
    plan = Plan("弯").do(
        Split("G2", shapely.LineString([(500_700.1, 3_129_999), (500_733.3333333, 3_130_500.7), (500_650, 3_131_001)]), ("G6",))
    )
    after = draw_plan(plan, town.boundaries()).boundaries
    town.write_boundaries(after, kind="correct", act=act(10), base=5, operations=plan.operations)
    found = town.boundaries()
    assert {key: grid.shape.wkb for key, grid in found.grids.items()} == {
        key: grid.shape.wkb for key, grid in after.grids.items()
    }
    assert {key: replace(grid, shape=None) for key, grid in found.grids.items()}.keys() == after.grids.keys()
    again = town.write_boundaries(found, kind="correct", act=act(10), base=6)
    assert (again.counts["grids"]["began"], again.counts["grids"]["ended"]) == (0, 0)


def test_a_plan_is_adopted_once_as_saved_and_on_its_base(town: Workspace) -> None:
    plan = town.save_plan(Plan("拆", 5).do(SPLIT))
    after = draw_plan(plan, town.boundaries()).boundaries

    def adopt(base: int = 5, operations: tuple[Operation, ...] = plan.operations, who: Act | None = None) -> None:
        town.adopt(plan.plan_id, after, act=who or act(9), base=base, operations=operations)

    with pytest.raises(ConflictError, match="operations saved with plan '拆' are not those"):
        adopt(operations=())
    with pytest.raises(InputError, match=r"say who does this \(who\)"):
        adopt(who=Act(reason="r", effective=day(9)))
    with pytest.raises(InputError, match=r"say why \(reason\)"):
        adopt(who=Act("李", effective=day(9), reason=" "))
    with pytest.raises(ConflictError, match="rests on version 4"):
        adopt(base=4)
    assert town.plans()["status"].tolist() == ["open"]
    adopt()
    with pytest.raises(ConflictError, match="plan '拆' is adopted"):
        adopt(base=6)
    with pytest.raises(ConflictError, match="plan '拆' is adopted"):
        town.save_plan(plan)
    with pytest.raises(NotFoundError, match="there is no plan 'none'"):
        town.adopt("none", after, act=act(9), base=6, operations=())
    assert town.head.version == 6


def test_land_that_nobody_has_is_not_recorded(town: Workspace) -> None:
    whole = town.boundaries()
    left = {key: grid for key, grid in whole.grids.items() if key != "G1"}
    holed = Boundaries(whole.crs, left, whole.areas, {Tier("", ""): whole.grids["G1"].shape})
    with pytest.raises(InputError, match=r"500,000\.00 m² belong to no grid"):
        town.write_boundaries(holed, kind="repair", act=act(9), base=5)
    with pytest.raises(InputError, match="not written as 'adopt'"):
        town.write_boundaries(whole, kind="adopt", act=act(9), base=5)


def test_succession_and_codes(town: Workspace) -> None:
    adopted(town, SPLIT, number=10)
    adopted(town, Merge("G2", ("G1",)), number=11)
    with town._access.reading() as connection:
        succession, codes = (
            [tuple(row) for row in connection.execute(sa.select(town._definitions[name]))]
            for name in ("succession", "codes_used")
        )
    assert [row[1:7] for row in succession] == [
        (6, "360681100201001", "G1", "", "G5", "split"),
        (7, "360681100201001", "G1", "360681100201002", "G2", "merge"),
    ]
    assert [row[7] for row in succession] == [day(10), day(11)]
    assert sorted(codes) == [("360681100201001", "G1", 2), ("360681100201002", "G2", 2), ("360681100202001", "G3", 2)]
    town.import_table("grids", town_tables()["grids"].assign(code="360681100209999"), act=act(12), base=7)
    assert town.codes_used()["360681100201001"] == "G1"
    assert len(town.codes_used()) == 4


# --- what became of a grid ----------------------------------------------------------------------------------------------------


def test_history_tells_every_version_of_a_grid(town: Workspace) -> None:
    adopted(town, SPLIT, number=10)
    adopted(town, Rename("G1", "东门"), number=11)
    adopted(town, Merge("G2", ("G1",)), number=12)
    told = town.history("G1")
    columns = ["version", "effective", "kind", "change", "columns", "area_m2", "area_change_m2", "predecessors", "successors"]
    assert told[columns].astype(object).where(told[columns].notna(), None).to_numpy().tolist() == [
        [2, day(2), "import", "began", (), 500_000.0, None, (), ()],
        [6, day(10), "adopt", "changed", ("geometry",), 250_000.0, -250_000.0, (), ("G5",)],
        [7, day(11), "adopt", "changed", ("name",), 250_000.0, 0.0, (), ()],
        [8, day(12), "adopt", "ended", (), 0.0, -250_000.0, (), ("G2",)],
    ]
    assert told["succession"].tolist() == [(), ("split",), (), ("merge",)]
    assert told["who"].tolist() == ["李"] * 4
    assert told["approval"].tolist()[-1] == "批〔2024〕12 号"
    into = town.history("G2")
    assert into[["version", "change", "predecessors"]].to_numpy().tolist() == [[2, "began", ()], [8, "changed", ("G1",)]]
    with pytest.raises(NotFoundError, match="there never was a grid G9"):
        town.history("G9")


def test_a_grid_that_ends_and_begins_again(town: Workspace) -> None:
    grids = town_tables()["grids"]
    town.import_table("grids", grids.iloc[1:], act=act(10), base=5)
    town.import_table("grids", grids, act=act(12), base=6)
    assert town.history("G1")[["version", "change"]].to_numpy().tolist() == [[2, "began"], [6, "ended"], [7, "began"]]


# --- where a household was ----------------------------------------------------------------------------------------------------


def test_where_a_household_was_on_any_day(town: Workspace) -> None:
    """H000 lives at x = 25: in G1, from day 10 on in whichever half is west, and no longer there from day 12 on."""
    adopted(town, SPLIT, number=10)
    west = min(town.boundaries().grids.values(), key=lambda grid: grid.shape.bounds[0])
    homes = town_tables()["households"]
    town.import_table("households", homes.iloc[1:], act=act(12), base=6)
    assert town.where("H000", day(2)) == Whereabouts("not yet", None, None, 2)
    assert town.where("H000", day(3)) == Whereabouts("grid", "G1", "第1网格", 3, placed=True)
    assert town.where("H000", day(11)) == Whereabouts("grid", west.grid_id, west.name, 6, placed=True)
    assert town.where("H000", day(12)) == Whereabouts("no longer", None, None, 7)
    assert town.where("H999", day(12)) == Whereabouts("unknown", None, None, 7)
    with pytest.raises(NotFoundError, match="is before 2024-01-01"):
        town.where("H000", day(-1))


def test_where_uses_the_rule_of_borders_and_the_smallest_standing_grids(tmp_path: Path) -> None:
    grids = frame(
        [
            {"grid_id": "大", "name": "大", "grid_set": None, "parent_id": None, "geometry": block(0, 0, 20, 10)},
            {"grid_id": "B", "name": "西", "grid_set": None, "parent_id": "大", "geometry": block(0, 0, 10, 10)},
            {"grid_id": "A", "name": "东", "grid_set": None, "parent_id": "大", "geometry": block(10, 0, 20, 10)},
            {"grid_id": "0", "name": "项目", "grid_set": "项目", "parent_id": None, "geometry": block(0, 0, 20, 10)},
        ]
    )
    homes = frame(
        [
            {"household_id": "边", "persons": 1, "placed_by": None, "geometry": at(10, 5)},
            {"household_id": "外", "persons": 1, "placed_by": "unit", "geometry": at(30, 5)},
        ]
    )
    with create(tmp_path / "a.gpkg", crs=CRS, act=act(0)) as made:
        made.import_table("grids", grids, act=act(1), base=0)
        made.import_table("households", homes, act=act(1), base=1)
        assert made.where("边", day(1)) == Whereabouts("grid", "A", "东", 2, placed=True)
        assert made.where("外", day(1)) == Whereabouts("outside", None, None, 2, placed=False)


def test_erased_people_are_erased_everywhere(town: Workspace) -> None:
    version = town.erase(["H000", "H000", "nobody"], act=act(10, "本人申请"))
    assert (version.kind, version.counts["households"]["rows"]) == ("erase", 79)
    assert [town.where("H000", day(number)).answer for number in (2, 5, 10)] == ["erased"] * 3
    assert [len(town.read("households", version=number)) for number in (2, 5, 6)] == [0, 79, 79]
    assert b"H000" not in town.path.read_bytes()
    assert town.verify().ok
    with pytest.raises(NotFoundError, match="none of these 1 households"):
        town.erase(["H000"], act=act(10, "再次"))
    with pytest.raises(InputError, match="say why"):
        town.erase(["H001"], act=Act("李"))
    assert town.head.version == 6


# --- plans --------------------------------------------------------------------------------------------------------------------


def test_plans_come_back_as_they_were_saved(town: Workspace) -> None:
    plan = Plan("试", 5).do(SPLIT, Rename("G2", "西")).undo().lock("G4")
    saved = town.save_plan(plan, who="王")
    assert (saved.revision, bool(saved.plan_id), plan.plan_id) == (1, True, "")
    with open_workspace(town.path) as other:
        for found in (other.plan("试"), other.plan(saved.plan_id)):
            assert [each.to_record() for each in found.operations] == [SPLIT.to_record()]
            assert [each.to_record() for each in found.undone] == [Rename("G2", "西").to_record()]
            assert (found.locked, found.base_version, found.revision) == (frozenset({"G4"}), 5, 1)
        assert other.plans()["locked"].tolist() == [("G4",)]
    assert town.head.version == 5


def test_of_two_who_save_one_plan_the_second_is_refused(town: Workspace) -> None:
    first = town.save_plan(Plan("试", 5))
    with open_workspace(town.path) as other:
        mine = other.plan("试")
        theirs = town.save_plan(first.do(SPLIT))
        with pytest.raises(ConflictError, match="somebody else saved plan '试' as revision 2, and yours rests on revision 1"):
            other.save_plan(mine.do(Rename("G2", "西")))
        assert [each.kind for each in other.plan("试").operations] == ["split"]
        assert other.save_plan(other.plan("试").do(Rename("G2", "西"))).revision == theirs.revision + 1


def test_names_of_open_plans_are_their_own(town: Workspace) -> None:
    first = town.save_plan(Plan("试", 5))
    with pytest.raises(ConflictError, match="called '试' already"):
        town.save_plan(Plan(" 试 ", 5))
    town.drop_plan("试")
    second = town.save_plan(Plan("试", 5))
    assert town.plan("试").plan_id == second.plan_id != first.plan_id
    assert town.plans()["status"].tolist() == ["dropped", "open"]
    with pytest.raises(InputError, match="needs a name"):
        town.save_plan(Plan("  ", 5))
    with pytest.raises(NotFoundError, match="no plan '无'; there are: 试"):
        town.plan("无")
