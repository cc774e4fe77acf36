"""What each level leaves out, by hand on the place of paper and against loops over both tables."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, box

from geogrid.facts import Facts
from geogrid.levels import HOME_COLUMNS, LAND_COLUMNS, LEVEL_COLUMNS, ORPHAN_COLUMNS, PARENT_COLUMNS, LevelFill, fill
from tests.paper_place import (
    AREAS,
    DAY,
    ESTATES,
    FINE,
    GRID,
    GRIDS,
    PAPER,
    SHARES,
    STAFF,
    TREE,
    block,
    facts,
    households,
    profile_with,
    table,
)


def place(*levels: dict[str, Any], **tables: Any) -> Facts:
    return facts(profile_with(levels=[*TREE, *levels], code_pattern=""), **tables)


def row(found: LevelFill, level: str) -> dict[str, Any]:
    return dict(found.levels.set_index("level").loc[level])


def test_a_place_without_a_fault_is_filled() -> None:
    """Two townships, three villages, four grids; nothing is left out."""
    found = fill(place(GRID))
    assert tuple(found.levels.columns) == LEVEL_COLUMNS
    assert found.levels["level"].tolist() == ["village", "grid"]
    assert row(found, "grid") == {
        "name": ("网格", "grid"),
        "parent": "village",
        "of": "grids",
        "must_fill": True,
        "missing": None,
        "subjects": 4,
        "orphans": 0,
        "parents": 3,
        "parents_without": 0,
        "households": 9,
        "households_without": 0,
        "persons_without": 0,
        "land_m2": 0.0,
        "is_filled": True,
    }
    assert found.is_filled
    assert [tuple(each.columns) for each in (found.parents, found.orphans, found.homes, found.land)] == [
        PARENT_COLUMNS,
        ORPHAN_COLUMNS,
        HOME_COLUMNS,
        LAND_COLUMNS,
    ]
    assert found.land.crs == PAPER


def test_a_village_without_grids_and_its_land_are_named() -> None:
    """Without grid D village V3 has none: its 100 m × 100 m are left over; H9 then lies in no grid and in no village."""
    found = fill(place(GRID, grids=GRIDS.iloc[:3], homes=households("AAAABBBC-")))
    assert found.parents.to_dict("records") == [
        {"level": "grid", "parent": "village", "parent_id": "V3", "name": "三村", "households": 0}
    ]
    assert found.land.drop(columns=["geometry", "width_m"]).to_dict("records") == [
        {"level": "grid", "parent_id": "V3", "name": "三村", "area_m2": 10_000.0}
    ]
    assert found.land.geometry[0].equals(block(300, 0, 400, 100))
    assert found.land["width_m"][0] == pytest.approx(100, rel=0.01)
    assert not row(found, "grid")["is_filled"]
    assert not found.is_filled


def test_only_land_wider_than_a_metre_is_left_over() -> None:
    """Grid D leaves a strip of 0.9 m in the south, grid C one of 1.1 m."""
    shapes = [*GRIDS.geometry[:2], block(200, 1.1, 300, 100), block(300, 0.9, 400, 100)]
    found = fill(place(GRID, grids=GRIDS.set_geometry(gpd.GeoSeries(shapes, crs=PAPER))))
    assert found.land["parent_id"].tolist() == ["V2"]
    assert found.land["area_m2"].round(6).tolist() == [110.0]
    assert found.levels["land_m2"].round(6).tolist() == [0.0, 110.0]


def test_land_counts_as_filled_by_whoever_stands_on_it() -> None:
    """Grid B says that it belongs to V2, but it fills the land of V1; V1 keeps grid A."""
    found = fill(place(GRID, grids=GRIDS.assign(parent_id=["V1", "V2", "V2", "V3"])))
    assert found.is_filled


def test_a_grid_in_no_village_is_an_orphan() -> None:
    found = fill(place(GRID, grids=GRIDS.assign(parent_id=["V1", "V1", "V2", None]), homes=households("AAAABBBC")))
    assert found.orphans.to_dict("records") == [{"level": "grid", "subject_id": "D", "name": "丁"}]
    assert found.parents["parent_id"].tolist() == ["V3"]
    assert row(found, "grid")["orphans"] == 1


def test_units_fill_people_but_not_land() -> None:
    """Grid A has an estate of two buildings, one with a stairwell; the others have none. E1 reaches to 60 m: H1–H4 live there.

    Building B1 takes 0–30 m (H1 at 5, H2 at 15, H3 at 25), B2 30–60 m (H4 at 35); only B1 has a stairwell, a point.
    """
    homes = households(unit_id=["S1", "B1", None, "B2", *[None] * 5])
    found = fill(place(GRID, *FINE, units=ESTATES, homes=homes))
    assert found.parents[["level", "parent_id", "households"]].to_numpy().tolist() == [
        ["estate", "B", 3],
        ["estate", "C", 1],
        ["estate", "D", 1],
        ["stairwell", "B2", 1],
    ]
    assert [(level, own) for level, own, _ in found.homes.to_numpy().tolist()] == [
        *[("estate", i) for i in (4, 5, 6, 7, 8)],
        *[("stairwell", i) for i in (1, 2, 3)],
    ]
    assert found.homes["parent_id"].tolist() == ["B", "B", "B", "C", "D", "B1", "B1", "B2"]
    assert row(found, "estate")["persons_without"] == 5 + 6 + 7 + 8 + 9
    assert pd.isna(row(found, "building")["land_m2"])
    assert found.land.empty


def test_sets_of_households() -> None:
    """P1 and P2 share grid A, P2 is of A first; nobody shares B, C and D. H4 is nobody's."""
    homes = households(staff_id=["P1", "P1", "P2", None, *[None] * 5])
    found = fill(place(GRID, SHARES, staff=STAFF, homes=homes))
    assert found.parents[["level", "parent_id"]].to_numpy().tolist() == [["share", each] for each in "BCD"]
    assert found.homes["household"].tolist() == [3, 4, 5, 6, 7, 8]
    assert row(found, "share")["subjects"] == 2
    assert row(found, "share")["persons_without"] == sum(range(4, 10))


def test_what_is_missing_is_said_and_not_counted() -> None:
    found = fill(place(GRID, SHARES, *FINE[:2], homes=households()))
    missing = {level: text.en for level, text in zip(found.levels["level"], found.levels["missing"], strict=True) if text}
    assert missing == {
        "share": "no table of staff given",
        "estate": "no units given",
        "building": "no units given",
    }
    assert pd.isna(row(found, "share")["is_filled"])
    assert pd.isna(row(found, "estate")["households_without"])
    assert found.is_filled
    silent = fill(place(GRID, SHARES, staff=STAFF))
    assert row(silent, "share")["missing"].zh == "住户表没有 staff_id 列，不知道各户由谁负责"


def test_alliances_projects_and_partial_levels_need_not_fill() -> None:
    """An alliance of one village, a project in one corner, zones in one township only."""
    more = gpd.GeoDataFrame(
        {"area_id": ["U", "Z"], "name": ["联", "片"], "level": ["alliance", "zone"], "parent_id": [None, "T1"]},
        geometry=[block(200, 0, 300, 100), block(0, 0, 200, 100)],
        crs=PAPER,
    )
    levels: list[dict[str, Any]] = [
        GRID,
        {"id": "alliance", "zh": "联建", "en": "alliance", "parent": "township", "cuts_across": True},
        {"id": "zone", "zh": "片区", "en": "zone", "parent": "township", "is_partial": True},
        {"id": "project", "zh": "项目", "en": "project grid", "parent": "township", "of": "grids", "grid_set": "p"},
    ]
    areas = gpd.GeoDataFrame(pd.concat([AREAS, more], ignore_index=True), crs=PAPER)
    projects = gpd.GeoDataFrame({"grid_id": ["P"], "name": ["P"], "grid_set": ["p"]}, geometry=[block(0, 0, 9, 9)], crs=PAPER)
    members = table(area_id=["U"], member_id=["V2"])
    found = fill(place(*levels, areas=areas, projects=projects, area_members=members))
    rows = found.levels.set_index("level").loc[["alliance", "zone", "project"]]
    assert rows["must_fill"].tolist() == [False] * 3
    assert rows["subjects"].tolist() == [1, 1, 1]
    assert rows["is_filled"].isna().all()
    assert found.is_filled


def test_a_place_of_one_level_has_nothing_to_fill() -> None:
    found = fill(facts(profile_with(levels=TREE[:1], code_pattern="")))
    assert found.levels.empty
    assert found.is_filled


@pytest.mark.parametrize("seed", range(20))
def test_against_loops_over_a_random_place(seed: int) -> None:
    """Six villages of 4 × 4 squares in two towns; squares, parents and homes are lost at random."""
    rng = np.random.default_rng(seed)
    known = _random_place(rng)
    found = fill(known)
    areas, grids = known.areas, known.grids
    assert areas is not None
    villages = areas[areas["level"] == "village"]
    childless = [v for v in villages["area_id"] if v not in set(grids["parent_id"])]
    assert found.parents.loc[found.parents["level"] == "grid", "parent_id"].tolist() == childless
    assert found.orphans.loc[found.orphans["level"] == "grid", "subject_id"].tolist() == [
        own for own, up in zip(grids["grid_id"], grids["parent_id"], strict=True) if not str(up).startswith("V")
    ]
    left = {v: shape.area - sum(shape.intersection(g).area for g in grids.geometry) for v, shape in _pairs(villages, "area_id")}
    land = found.land[found.land["level"] == "grid"].groupby("parent_id")["area_m2"].sum()
    assert {v: round(a, 6) for v, a in left.items() if a > 0.5} == {v: round(a, 6) for v, a in land.items()}
    assert row(found, "grid")["land_m2"] == pytest.approx(sum(left.values()))
    village_of = dict(zip(grids["grid_id"], grids["parent_id"], strict=True))
    stray = [i for i, g in enumerate(known.households["grid_id"]) if isinstance(g, str) and village_of[g] == "T0"]
    assert found.homes.loc[found.homes["level"] == "village", "household"].tolist() == stray
    assert set(found.homes.loc[found.homes["level"] == "village", "parent_id"]) <= {"T0"}


def _pairs(frame: gpd.GeoDataFrame, key: str) -> list[tuple[str, Any]]:
    return list(zip(frame[key], frame.geometry, strict=True))


def _random_place(rng: np.random.Generator) -> Facts:
    villages = [(f"V{i}", f"T{i // 3}", box(400 * i, 0, 400 * i + 400, 400)) for i in range(6)]
    towns = [(f"T{i}", None, box(1200 * i, 0, 1200 * i + 1200, 400)) for i in range(2)]
    areas = gpd.GeoDataFrame(
        [
            {"area_id": a, "name": a, "level": "village" if a[0] == "V" else "township", "parent_id": p}
            for a, p, _ in villages + towns
        ],
        geometry=[shape for *_, shape in villages + towns],
        crs=PAPER,
    )
    squares = [(i, j) for i in range(24) for j in range(4) if i // 4 != 2 and rng.random() > 0.1]
    parents = rng.choice([0, 1, 2], len(squares), p=[0.8, 0.1, 0.1])
    grids = gpd.GeoDataFrame(
        {
            "grid_id": [f"G{i}-{j}" for i, j in squares],
            "name": "网格",
            # Some grids hang from the town itself, some from nothing.
            "parent_id": [[f"V{i // 4}", "T0", None][kind] for (i, _), kind in zip(squares, parents, strict=True)],
        },
        geometry=[box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100) for i, j in squares],
        crs=PAPER,
    )
    standing = rng.integers(0, len(squares), 60)
    homes = gpd.GeoDataFrame(
        {
            "household_id": [f"H{i}" for i in range(60)],
            "persons": 2,
            "grid_id": [None if rng.random() < 0.1 else grids["grid_id"][i] for i in standing],
        },
        geometry=[Point(100 * squares[i][0] + 50, 100 * squares[i][1] + 50) for i in standing],
        crs=PAPER,
    )
    profile = profile_with(levels=[*TREE, GRID], code_pattern="")
    return Facts(profile=profile, crs=PAPER, households=homes, grids=grids, areas=areas, on=DAY)


def test_broken_outlines_are_mended_first() -> None:
    """Village V3 as a bow tie: both its wings lie in grid D."""
    bowtie = shapely.Polygon([(500300, 3100000), (500400, 3100100), (500400, 3100000), (500300, 3100100)])
    shapes = [*AREAS.geometry[:5], bowtie]
    assert fill(place(GRID, areas=AREAS.set_geometry(gpd.GeoSeries(shapes, crs=PAPER)))).levels["land_m2"][1] == 0
