"""Whom the public is told of: nodes of the tree alone, whatever else is called like one."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from geogrid.placepublic import public_standards
from geogrid.themed.groups import zones
from geogrid.themed.parts import stated
from geogrid.themed.telling import tells
from tests.paper_place import AREAS, PAPER, SHARES, TREE, block, households, table
from tests.test_placethemes_privacy import crowd
from tests.theme_places import ESTATE, GRID, SOURCE, drawn, rule, stage_of, units

HOMES = {"A": 40, "B": 30, "C": 50, "D": 60}


def told(stage: Any, key: str) -> list[bool]:
    return [bool(each) for each in tells(stage, stage.profile.standards[key])]


def test_a_unit_called_like_a_grid_is_no_grid() -> None:
    """Estate A holds 12 households, 5 of them covered; grid A holds 40."""
    status = ["covered"] * 5 + ["uncovered"] * 7 + ["covered"] * 168
    homes = crowd(HOMES, unit_id=["A"] * 12 + ["E2"] * 28 + ["B"] * 140, status_medical=status)
    estates = units([0, 60, 100, 150], unit_id=["A", "E2", "B"])
    rules: dict[str, dict[str, Any]] = {
        "covered": {"measure": "share_covered", "min": 0.9, "unit": "share", "options": {"services": ["medical"]}},
        "homes": {"measure": "households", "min": 13.0, "unit": "households"},
    }
    standards = {f"{of}_{key}": rule(of, **each) for of in ("estate", "grid") for key, each in rules.items()}
    tables = {"units": estates, "services": ("medical",)}
    stage = stage_of(homes, tables=tables, levels=[*TREE, GRID, ESTATE], standards=standards)
    assert told(stage, "estate_covered") == told(stage, "estate_homes") == [False] * 3
    assert any(told(stage, "grid_covered"))
    assert told(stage, "grid_homes") == [True] * 4


def test_areas_beside_the_tree_are_not_told() -> None:
    """An alliance holds no grid on the tree: nobody lives there, the tree says."""
    alliance = gpd.GeoDataFrame(
        {"area_id": ["AL"], "name": ["联建"], "level": ["alliance"], "parent_id": ["X"]},
        geometry=[block(0, 0, 200, 100)],
        crs=PAPER,
    )
    levels = [*TREE, GRID, {"id": "al", "zh": "联建", "en": "al", "of": "areas", "cuts_across": True, "aliases": ["alliance"]}]
    members = table(area_id=["AL", "AL"], member_id=["A", "C"])
    stage = stage_of(
        crowd(HOMES),
        tables={"areas": pd.concat([AREAS, alliance], ignore_index=True), "area_members": members},
        levels=levels,
        standards={"homes": rule("al", "households", max=352.0, unit="households")},
    )
    assert told(stage, "homes") == [False]
    assert "AL" not in stage.told["households"]
    assert "T1" in stage.told["households"]


def test_households_shared_out_are_told_at_one_level_and_one_bound() -> None:
    """All villages at 0.95 and all grids at 1 would bracket those that are nobody's; the villages are larger."""
    homes = crowd(dict.fromkeys("ABCD", 300))
    homes = homes.assign(staff_id=[None if i % 300 == 0 else f"S{grid}" for i, grid in enumerate(homes["grid_id"])])
    staff = table(
        staff_id=[f"S{g}" for g in "ABCD"], name=list("甲乙丙丁"), role=["member"] * 4, of_kind=["grid"] * 4, of_id=list("ABCD")
    )
    asked: dict[str, Any] = {"measure": "shared", "unit": "share", "options": {"level": "share"}}
    stage = stage_of(
        homes,
        tables={"staff": staff},
        levels=[*TREE, GRID, SHARES],
        standards={
            "grids": rule("grid", min=1.0, **asked),
            "villages": rule("village", min=0.95, **asked),
            "again": rule("village", min=0.99, **asked),
        },
    )
    assert told(stage, "villages") == [True] * 3
    assert told(stage, "again") == [False] * 3
    assert told(stage, "grids") == [False] * 4


def test_party_members_are_no_size_and_no_value_for_the_public() -> None:
    zone = gpd.GeoDataFrame(
        {"area_id": ["Z1"], "name": ["片一"], "level": ["zone"], "parent_id": ["T1"]}, geometry=[block(0, 0, 200, 100)], crs=PAPER
    )
    staff = table(staff_id=["P1"], name=["张"], role=["leader"], of_kind=["area"], of_id=["Z1"], party_member=[False])
    about = {"options": {"roles": ["leader"], "party_member": True}, "min": 1.0, "unit": "people"}
    size = {"name": SOURCE, "source": SOURCE, "of": "zone", "measure": "staff", "n": 1, **about}
    stage = stage_of(
        crowd(HOMES),
        tables={"areas": pd.concat([AREAS, zone], ignore_index=True), "staff": staff},
        levels=[*TREE, GRID, {"id": "zone", "zh": "片", "en": "zone", "of": "areas", "parent": "township", "is_partial": True}],
        standards={"party": rule("zone", "staff", **about)},
        stated={"party": size},
    )
    assert stated(stage, ["zone"], is_public=True) == []
    assert len(stated(stage, ["zone"], is_public=False)) == 1
    assert set(drawn(zones(stage, is_public=True)).frame["value_now"]) == {None}


def test_report_and_map_count_the_same() -> None:
    """Of the map's theme and of the report: the places that pass, that fail and that are withheld."""
    homes = crowd({"A": 302, "B": 3, "C": 30, "D": 60})
    stage = stage_of(homes, standards={"homes": rule("grid", "households", min=35.0, unit="households")})
    row = public_standards(stage)["standards"][0]
    assert sum(told(stage, "homes")) == row["passed"] + row["failed"] + row["incomplete"] == 2
    assert row["withheld"] == 2


def test_nobody_is_told_of_where_all_are_few() -> None:
    stage = stage_of(households(), standards={"homes": rule("grid", "households", min=35.0, unit="households")})
    row = public_standards(stage)["standards"][0]
    assert (row["passed"], row["failed"], row["withheld"]) == (None, None, 4)
