"""Proposals on a paper-sized workspace: two villages of 40 households, four grids, units of ten in the first village."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from api import proposegrids
from api.terminal import Terminal
from geogrid.balance import GridsAsked, Proposal, propose, save
from geogrid.balancewords import HOUSEHOLDS, obstacle_of
from geogrid.balancing.wanted import Infeasible, Release
from geogrid.clock import Clock
from geogrid.effort import Effort
from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.merging import MergeAsked, propose_merge, propose_units
from geogrid.office import adopt, draw
from geogrid.sharing import SharesAsked, propose_shares
from geogrid.store import Act, Workspace, open_workspace
from tests.office_files import make_workspace

STAFF = {
    "staff_id": ["S1", "S2", "S3", "S4"],
    "name": ["赵", "钱", "孙", "李"],
    "role": ["member", "member", "member", "leader"],
    "of_kind": ["grid"] * 4,
    "of_id": ["G1", "G1", "G3", "G3"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workspace of the paper-sized office, with two members in G1 and one in G3."""
    path = make_workspace(tmp_path_factory.mktemp("office"))
    with open_workspace(path) as workspace:
        workspace.import_table("staff", pd.DataFrame(STAFF), act=Act("李", None, "人员"), base=workspace.head.version)
    return path


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Any:
    with open_workspace(Path(shutil.copy(made, tmp_path / "office.gpkg"))) as opened:
        yield opened


def counts(workspace: Workspace, state: Any) -> dict[str, int]:
    """Count households by grid the slow way: every point against every polygon."""
    homes = workspace.read("households").geometry
    return {key: sum(grid.shape.covers(home) for home in homes) for key, grid in state.grids.items()}


def proposed(workspace: Workspace, **asked: Any) -> Proposal:
    return propose(workspace, GridsAsked(**asked), Effort())


def test_villages_are_divided_into_the_range(workspace: Workspace) -> None:
    """Two villages of 40 households make four grids of 8-12 each; units stay whole, and the saved plan says the same."""
    done = save(workspace, proposed(workspace, low=8, high=12, target=10.0, alternatives=2, plan="重划"))
    assert [each.plan.name for each in done.alternatives][:1] == ["重划"]
    for each in done.alternatives:
        drawn = draw(workspace, workspace.plan(each.plan.name))
        held = counts(workspace, drawn.boundaries)
        assert sum(held.values()) == 80
        assert all(8 <= n <= 12 for n in held.values())
        assert (each.figures["grids"], each.figures["in_range"], each.figures["out_of_range"]) == (8, 8, 0)
        assert (each.figures["smallest"], each.figures["largest"]) == (min(held.values()), max(held.values()))
        both = zip(_grids(workspace, drawn.base), _grids(workspace, drawn.boundaries), strict=True)
        assert each.figures["households_moved"] == sum(was != now for was, now in both)
        assert not len(each.sheet.cut_units)
        assert {grid.parent_id for grid in drawn.boundaries.grids.values()} == {"V1", "V2"}
    assert not done.obstacles
    assert not done.notes


def _grids(workspace: Workspace, state: Any) -> list[str]:
    """Return the grid of each household."""
    homes = workspace.read("households").geometry
    return [next(key for key, grid in state.grids.items() if grid.shape.covers(home)) for home in homes]


def test_a_proposal_can_be_adopted(workspace: Workspace) -> None:
    done = save(workspace, proposed(workspace, low=8, high=12, target=10.0, alternatives=1))
    plan = workspace.plan(done.alternatives[0].plan.name)
    adopt(workspace, plan, act=Act("李", None, "均衡"))
    assert min(counts(workspace, workspace.boundaries()).values()) >= 8


def test_the_same_again(workspace: Workspace) -> None:
    """The same seed gives the same operations to the byte, and the provenance says so."""
    one, other = (proposed(workspace, low=8, high=12, target=10.0, alternatives=1, seed=3) for _ in range(2))
    told = [[each.digest for each in done.alternatives[0].plan.operations] for done in (one, other)]
    assert told[0] == told[1]
    assert one.provenance.is_reproducible
    assert one.provenance.inputs == other.provenance.inputs
    assert {"grids", "areas", "households", "roads", "units"} <= set(one.provenance.inputs)


def test_so_many_grids_in_each_village(workspace: Workspace) -> None:
    done = proposed(workspace, parts=2, within=("V2",), alternatives=1)
    state = done.alternatives[0].drawn.boundaries if done.alternatives else done.town.base
    assert len([grid for grid in state.grids.values() if grid.parent_id == "V2"]) == 2
    assert {key: state.grids[key].shape for key in ("G1", "G2")} == {key: done.town.base.grids[key].shape for key in ("G1", "G2")}


def test_what_is_in_range_stays(workspace: Workspace) -> None:
    """All four grids have 20 of 15-22: nothing is proposed, and that is said."""
    done = proposed(workspace, kind="even", low=15, high=22, alternatives=1)
    assert not done.alternatives
    assert [note.en for note in done.notes] == ["'建议-均衡' is what there is today and was not saved."]


def test_locked_grids_stay(workspace: Workspace) -> None:
    done = proposed(workspace, low=8, high=22, target=10.0, locked=("G3",), alternatives=1)
    for each in done.alternatives:
        assert each.plan.locked == {"G3"}
        assert shapely.equals_identical(each.drawn.boundaries.grids["G3"].shape, done.town.base.grids["G3"].shape)


def test_a_village_that_no_number_of_grids_fits_is_named(workspace: Workspace) -> None:
    """40 households make no grids of 15-18: two have 36 at most, three 45 at least."""
    done = proposed(workspace, low=15, high=18, within=("V2",), alternatives=1)
    (found,) = done.obstacles
    assert (found.area_id, found.name, found.kind, found.is_proven) == ("V2", "村2", "count", True)
    assert found.why.en == "40 households cannot be cut into grids of 15–18: 2 would have over 18 on average, 3 under 15."
    assert found.why.zh.startswith("40 户不能分成每格 15～18 户的整数个网格")
    assert any(release.en.startswith("raise the range to 20 households") for release in found.releases)
    assert found.shape.equals(done.town.base.areas["V2"].shape)


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"low": 20, "high": 10}, InputError, "household range 20-10"),
        ({"low": 8, "high": 12, "target": 40.0}, InputError, "target 40.0 is not within 8-12"),
        ({"within": ("V9",)}, NotFoundError, "no areas V9"),
        ({"locked": ("G9",)}, NotFoundError, "no grids G9"),
        ({"alternatives": 0}, InputError, "0 alternatives"),
        ({"parts": 0}, InputError, "0 grids"),
        ({"parts": 10_000}, InputError, "10000 grids in each village are too many: 村"),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], error: type[Exception], says: str, workspace: Workspace) -> None:
    with pytest.raises(error, match=says):
        proposed(workspace, **asked)


def test_names_of_plans(workspace: Workspace) -> None:
    """A name that was given and is taken is refused; one that was not steps aside."""
    asked = {"low": 8, "high": 12, "target": 10.0, "alternatives": 1}
    save(workspace, proposed(workspace, **asked, plan="甲"))
    with pytest.raises(ConflictError, match="甲"):
        proposed(workspace, **asked, plan="甲")
    first = save(workspace, proposed(workspace, **asked))
    again = save(workspace, proposed(workspace, **asked))
    assert [done.alternatives[0].plan.name for done in (first, again)] == ["建议-重划", "建议-重划2"]


def test_small_grids_are_merged_within_their_village(workspace: Workspace) -> None:
    """Each grid has 20 of the 25 wanted: the two of each village join."""
    done = propose_merge(workspace, MergeAsked(25), Effort())
    assert [each.kind for each in done.alternatives[0].plan.operations] == ["merge", "merge"]
    assert sorted(counts(workspace, done.alternatives[0].drawn.boundaries).values()) == [40, 40]
    assert (done.today["out_of_range"], done.alternatives[0].figures["out_of_range"]) == (4, 0)


def test_a_village_too_small_to_merge_is_named(workspace: Workspace) -> None:
    done = propose_merge(workspace, MergeAsked(41), Effort())
    assert {each.area_id for each in done.obstacles} == {"V1", "V2"}
    assert all("short of 41" in each.why.en for each in done.obstacles)


def test_small_units_are_merged(workspace: Workspace) -> None:
    """U1 to U4 have ten households each: U1 joins U2 and U3 joins U4, or the middle ones join."""
    done = propose_units(workspace, MergeAsked(15, of="units"), Effort())
    assert sorted(map(len, done.groups["unit_ids"])) == [2, 2]
    assert done.groups["value_after"].tolist() == [20, 20]
    assert sorted(done.units["unit_id"]) == sorted(done.groups["unit_id"])
    assert done.units.geometry.area.sum() == pytest.approx(1_000_000)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"by": "x"}, "'x' cannot be"),
        ({"of": "x"}, "grids, units"),
        ({"minimum": 0}, "at least 1"),
        ({"most": 4}, "nothing could be merged"),
    ],
)
def test_what_cannot_be_merged(asked: dict[str, Any], says: str, workspace: Workspace) -> None:
    with pytest.raises(InputError, match=says):
        propose_merge(workspace, MergeAsked(**{"minimum": 5, **asked}), Effort())


def test_shares_are_even_and_go_to_members(workspace: Workspace) -> None:
    """G1's 20 households go to its two members, ten each; G3's to its only one; G2 and G4 have none."""
    done = propose_shares(workspace, SharesAsked(), Effort())
    told = {(row.grid_id, row.staff_id): row.households for row in done.shares.itertuples()}
    assert told[("G3", "S3")] == 20
    assert abs(told[("G1", "S1")] - told[("G1", "S2")]) <= 2
    assert len(done.households) == 40
    by_share = done.households.groupby(["grid_id", "staff_id"]).size().to_dict()
    assert by_share == told
    shares = done.shares.set_index("staff_id").geometry
    homes = workspace.read("households").set_index("household_id").geometry
    assert all(shares[row.staff_id].covers(homes[row.household_id]) for row in done.households.itertuples())
    assert done.table["staff_id"].notna().sum() == 40
    assert shapely.union_all([shares["S1"], shares["S2"]]).equals(done.town.base.grids["G1"].shape)


def test_so_many_shares_whoever_there_is(workspace: Workspace) -> None:
    """Three shares of each grid: for its members as far as they go, the others only numbered; no id goes to the households."""
    done = propose_shares(workspace, SharesAsked(("G1", "G2"), parts=3), Effort())
    told = list(done.shares[["share_id", "staff_id", "name"]].itertuples(index=False, name=None))
    assert told[:3] == [("G1-1", "S1", "赵"), ("G1-2", "S2", "钱"), ("G1-3", "", "G1-3")]
    assert told[3:] == [(f"G2-{n}", "", f"G2-{n}") for n in (1, 2, 3)]
    assert done.shares.groupby("grid_id")["households"].sum().to_dict() == {"G1": 20, "G2": 20}
    assert set(done.table["staff_id"].dropna()) == {"S1", "S2"}
    one = propose_shares(workspace, SharesAsked(("G1",), parts=1), Effort())
    assert [note.en for note in one.notes] == ["more people than shares; without one: 钱 (G1)."]


def test_shares_go_to_people_in_the_grids_own_columns(workspace: Workspace) -> None:
    """Beside the staff table: two names in a cell get a share each, without an id; grids of nobody are named."""
    grids = workspace.read("grids").assign(leader=["", "甲、乙", "", ""])
    workspace.import_table("grids", grids, act=Act("李", None, "网格长"), base=workspace.head.version)
    done = propose_shares(workspace, SharesAsked(role="leader"), Effort())
    told = done.shares[["grid_id", "name", "staff_id"]].to_numpy().tolist()
    assert told == [["G2", "乙", ""], ["G2", "甲", ""], ["G3", "李", "S4"]]
    assert done.shares["households"].sum() == 40
    assert done.table["staff_id"].dropna().tolist() == ["S4"] * 20
    assert "G1, G4" in done.notes[0].en


def test_each_move_says_what_it_mends(workspace: Workspace) -> None:
    """Grids of 20 and a range of 8-15: each of two moves takes ten households, a whole unit; what is left is named."""
    done = proposed(workspace, kind="even", low=8, high=19, target=10.0, moves=1, alternatives=1)
    (row,) = done.to_record()["alternatives"][0]["moves"]
    assert row["from_before"] - row["from_after"] == row["to_after"] - row["to_before"] == row["households"]
    assert (row["from_before"], row["to_before"]) == (20, 20)
    notes = done.alternatives[0].notes
    assert notes[0].en.startswith(f"Move 1: {row['piece']}")
    assert f"{row['from_id']} to {row['to_id']}" in notes[0].en
    assert "areas_infeasible" not in done.alternatives[0].figures, "what stands in the way was not looked for"


def test_a_limit_moved_too_far_is_no_remedy(workspace: Workspace) -> None:
    """A grid for three households is none of 300-500, whatever would fit by number."""
    done = proposed(workspace, low=8, high=12, target=10.0, alternatives=1)
    numbers = {"households": 1, "low": 300, "high": 500}
    releases = (Release("low", {"low": 3}), Release("low", {"low": 270}), Release("join", {"area": 0, "households": 900}))
    told = obstacle_of(Infeasible("cut_off", 0, (0,), numbers, releases), done.ground, HOUSEHOLDS)
    assert [each.en for each in told.releases] == [
        "lower the range to 270 households: it would fit by number.",
        f"divide it together with {done.ground.name_of('V1')} next to it (900 households in all): it would fit by number.",
    ]
    assert "has 1 household:" in told.why.en


def test_shares_need_members(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="nobody with the role 'x'"):
        propose_shares(workspace, SharesAsked(role="x"), Effort())


def test_files_are_private_and_name_no_household(workspace: Workspace, tmp_path: Path) -> None:
    """Only the tables of households that shares write name any."""
    path, terminal = workspace.path, Terminal.open("en")
    work: list[tuple[Any, Any]] = [
        (proposegrids.grids, GridsAsked(low=8, high=12, target=10.0, alternatives=1)),
        (proposegrids.even, GridsAsked("even", low=8, high=12, target=10.0, moves=1)),
        (proposegrids.merge, MergeAsked(25)),
        (proposegrids.merge, MergeAsked(15, of="units")),
        (proposegrids.shares, SharesAsked()),
    ]
    for number, (run, asked) in enumerate(work):
        folder = tmp_path / str(number)
        run(terminal, path, asked, folder=folder, effort=Effort(), clock=Clock())
        files = [file for file in folder.rglob("*") if file.is_file()]
        assert {file.parent.name for file in files} == {"private"}
        assert all(file.stat().st_mode & 0o077 == 0 for file in files)
        open_ = [file for file in files if file.name in {"proposal.html", "proposal.json", "shares.geojson"}]
        assert not any(f"H{n:03}" in file.read_text("utf-8") for file in open_ for n in range(80))
        record = json.loads((folder / "private" / "proposal.json").read_text("utf-8"))
        assert record["provenance"]["is_reproducible"] is True
    rows = pd.read_csv(tmp_path / "4" / "private" / "shares.csv")
    assert len(rows) == 40
    assert np.isin(rows["staff_id"], ["S1", "S2", "S3"]).all()
