"""Who belongs to which subject, counted by hand on the place of paper."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from geogrid.facts import Facts, matching
from geogrid.profile import Profile
from geogrid.subjects import chosen, subjects_of
from tests.paper_place import (
    AREAS,
    EAST,
    ESTATES,
    FINE,
    GRID,
    GRIDS,
    NORTH,
    PAPER,
    SHARES,
    STAFF,
    TREE,
    at,
    block,
    facts,
    households,
    profile_with,
    table,
)


def place(*levels: dict[str, Any], **tables: Any) -> Facts:
    return facts(profile_with(levels=[*TREE, GRID, *levels], code_pattern=""), **tables)


def members(known: Facts, kind: str) -> dict[str, list[str]]:
    """Return the households of every subject, by hand: a loop over both tables."""
    subjects = subjects_of(known, kind)
    ids = known.households["household_id"]
    return {
        key: [h for h, own in zip(ids, subjects.household, strict=True) if own == i] for i, key in enumerate(subjects.rows["id"])
    }


def parents(known: Facts, kind: str) -> dict[str, Any]:
    rows = subjects_of(known, kind).rows
    return {key: parent if isinstance(parent, str) else None for key, parent in zip(rows["id"], rows["parent_id"], strict=True)}


def test_areas_have_the_households_of_the_grids_below_them() -> None:
    """Nine households: four in A, three in B, one each in C and D; one more stands outside."""
    known = place(homes=households("AAAABBBCD-"))
    assert {key: len(homes) for key, homes in members(known, "village").items()} == {"V1": 7, "V2": 1, "V3": 1}
    assert {key: len(homes) for key, homes in members(known, "township").items()} == {"T1": 8, "T2": 1}
    assert parents(known, "village") == {"V1": "T1", "V2": "T1", "V3": "T2"}
    assert parents(known, "township") == {"T1": None, "T2": None}
    assert parents(known, "grid") == {"A": "V1", "B": "V1", "C": "V2", "D": "V3"}


def test_levels_are_known_by_any_of_their_names() -> None:
    """V1 calls its level 村, the others village."""
    assert list(subjects_of(facts(), "village").rows["id"]) == ["V1", "V2", "V3"]


def test_weights_add_up_and_blanks_count_nothing() -> None:
    known = place()
    villages = subjects_of(known, "village")
    assert villages.count().tolist() == [7, 1, 1]
    assert villages.count(known.households["persons"]).tolist() == [28, 8, 9]
    assert villages.count([np.nan, *range(1, 9)]).tolist() == [21, 7, 8]


def test_nested_sizes_of_grids() -> None:
    """The larger grid stands among the areas and is still a grid; small grids under it are those of the tiling."""
    large = gpd.GeoDataFrame(
        {"area_id": ["L1"], "name": ["大网格"], "level": ["大"], "parent_id": ["V1"]}, geometry=[block(0, 0, 200, 100)], crs=PAPER
    )
    areas = gpd.pd.concat([AREAS, large], ignore_index=True)
    grids = GRIDS.assign(level="small", parent_id=["L1", "L1", "V2", "V3"])
    levels = [
        {"id": key, "zh": zh, "en": key, "of": "grids", "parent": up}
        for key, zh, up in (("large", "大", "village"), ("small", "小", "large"))
    ]
    known = facts(profile_with(levels=[*TREE, *levels], code_pattern=""), areas=areas, grids=grids)
    assert {key: len(homes) for key, homes in members(known, "large").items()} == {"L1": 7}
    assert parents(known, "large") == {"L1": "V1"}
    assert parents(known, "small") == {"A": "L1", "B": "L1", "C": None, "D": None}
    assert {key: len(homes) for key, homes in members(known, "village").items()} == {"V1": 7, "V2": 1, "V3": 1}


def test_a_project_takes_part_of_the_standing_grids() -> None:
    project = gpd.GeoDataFrame(
        {"grid_id": ["P1", "Q1"], "name": ["安置一", "别处"], "grid_set": ["安置", "别的"]},
        geometry=[block(50, 0, 150, 100), block(0, 0, 9, 9)],
        crs=PAPER,
    )
    known = place(
        {"id": "project", "zh": "安置网格", "en": "project grid", "of": "grids", "grid_set": "安置", "parent": "township"},
        projects=project,
    )
    assert members(known, "project") == {"P1": ["H5", "H6"]} or members(known, "project")["P1"]
    inside = [
        h
        for h, p in zip(known.households["household_id"], known.households.geometry, strict=True)
        if block(50, 0, 150, 100).intersects(p)
    ]
    assert members(known, "project") == {"P1": inside}
    assert parents(known, "project") == {"P1": "T1"}


def test_alliances_stand_beside_the_tree() -> None:
    """An alliance of V2 and V3, of two townships."""
    alliance = gpd.GeoDataFrame(
        {"area_id": ["U"], "name": ["联建"], "level": ["alliance"], "parent_id": [None]},
        geometry=[block(200, 0, 400, 100)],
        crs=PAPER,
    )
    known = place(
        {"id": "alliance", "zh": "联盟", "en": "alliance", "cuts_across": True},
        areas=gpd.pd.concat([AREAS, alliance], ignore_index=True),
        area_members=table(area_id=["U", "U"], member_id=["V2", "V3"]),
    )
    assert members(known, "alliance") == {"U": ["H8", "H9"]}
    assert subjects_of(known, "alliance").above == (frozenset({"U", "T1", "T2", "X"}),)


def test_units_inside_units() -> None:
    """H1 names the stairwell S1, H2 stands at x = 15 in B1, H3 names B2, H4 at x = 35 stands in B2; the rest in none."""
    homes = households(unit_id=["S1", None, "B2", None, None, None, None, None, "gone"])
    known = place(*FINE, units=ESTATES, homes=homes)
    assert members(known, "stairwell") == {"S1": ["H1"]}
    assert members(known, "building") == {"B1": ["H1", "H2"], "B2": ["H3", "H4"]}
    assert members(known, "estate") == {"E1": ["H1", "H2", "H3", "H4"]}
    assert parents(known, "estate") == {"E1": "A"}
    assert parents(known, "building") == {"B1": "E1", "B2": "E1"}
    assert subjects_of(known, "stairwell").above == (frozenset({"S1", "B1", "E1", "A", "V1", "T1", "X"}),)


def test_units_that_go_round_in_a_ring_end() -> None:
    ring = ESTATES.assign(parent_id=["S1", "E1", "E1", "B1"])
    assert len(subjects_of(place(*FINE, units=ring), "building")) == 2


def test_shares_of_grid_members() -> None:
    homes = households(staff_id=["P1", "P1", "P2", "P3", "P2", None, None, None, None])
    known = place(SHARES, staff=STAFF, homes=homes)
    assert members(known, "share") == {"P1": ["H1", "H2"], "P2": ["H3", "H5"]}
    assert parents(known, "share") == {"P1": "A", "P2": "A"}


def test_a_set_without_a_grid_of_its_own_lies_where_most_of_it_lives() -> None:
    staff = STAFF.assign(of_kind="households", of_id="片一")
    homes = households(staff_id=["P1", None, None, None, "P1", "P1", None, None, None])
    assert parents(place(SHARES, staff=staff, homes=homes), "share") == {"P1": "B", "P2": None}


@pytest.mark.parametrize("seed", range(20))
def test_where_most_live_is_what_counting_one_by_one_finds(seed: int) -> None:
    """Of equals the first grid; the oracle asks every set for every grid."""
    rng = np.random.default_rng(seed)
    letters, keys = "".join(rng.choice(list("ABCD-"), 12)), rng.choice(["P1", "P2", ""], 12).tolist()
    staff = STAFF.assign(of_kind="households", of_id="片一")
    counts = {
        key: {grid: sum(pair == (key, grid) for pair in zip(keys, letters, strict=True)) for grid in "ABCD"}
        for key in ("P1", "P2")
    }
    most = {key: max(of_set, key=lambda grid: of_set[grid]) if any(of_set.values()) else None for key, of_set in counts.items()}
    known = place(SHARES, staff=staff, homes=households(letters, staff_id=[key or None for key in keys]))
    assert parents(known, "share") == most


def test_facilities_lie_in_the_areas_above_their_grid_or_around_them() -> None:
    shops = gpd.GeoDataFrame(
        {"facility_id": ["F1", "F2", "F3"], "name": ["店"] * 3, "grid_id": ["A", None, None]},
        geometry=[at(5, 5), at(350, 5), at(999, 5)],
        crs=PAPER,
    )
    above = subjects_of(place(facilities=shops), "facilities").above
    assert above == (frozenset({"A", "V1", "T1", "X"}), frozenset({"V3", "T2", "X"}), frozenset())


def test_pieces_of_a_street_are_one_subject() -> None:
    lines = [LineString([(EAST + x, NORTH + 50), (EAST + x + 10, NORTH + 50)]) for x in (0, 10, 310)]
    streets = gpd.GeoDataFrame(
        {"road_id": ["R1", "R1", "R2"], "highway": ["service"] * 3, "name": [None, "巷", None]}, geometry=lines, crs=PAPER
    )
    found = subjects_of(place(streets=streets), "streets")
    assert found.rows["id"].tolist() == ["R1", "R2"]
    assert found.rows.geometry.length.tolist() == [20, 10]
    assert [("T1" in above, "T2" in above) for above in found.above] == [(True, False), (False, True)]


@pytest.mark.parametrize("kind", ["facilities", "streets", "estate", "share", "project"])
def test_without_their_table_there_are_no_subjects(kind: str) -> None:
    project = {"id": "project", "zh": "项目", "en": "project", "of": "grids", "grid_set": "安置"}
    assert len(subjects_of(place(*FINE, SHARES, project), kind)) == 0


def test_the_place_is_everyone_in_a_grid() -> None:
    assert subjects_of(place(homes=households("AB-")), "place").household.tolist() == [0, 0, -1]


def rule(**keys: Any) -> Any:
    words = {"zh": "某", "en": "some"}
    standard = {"name": words, "source": words, "measure": "households", "min": 1.0, "unit": "households", **keys}
    return profile_with(standards={"x": standard}).standards["x"]


@pytest.mark.parametrize(
    ("keys", "ids"),
    [
        ({"of": "grid"}, "ABCD"),
        ({"of": "grid", "where": {"name": ["甲", "丁"]}}, "AD"),
        ({"of": "grid", "where": {"name": "甲"}}, "A"),
        ({"of": "grid", "where": {"colour": "red"}}, ""),
        ({"of": "grid", "scope": ["东镇"]}, "ABC"),
        ({"of": "grid", "scope": ["V3", "二村"]}, "CD"),
        ({"of": "grid", "scope": ["东镇"], "where": {"name": "丁"}}, ""),
        ({"of": "grid", "scope": ["别县"]}, ""),
    ],
)
def test_where_and_scope_choose(keys: dict[str, Any], ids: str) -> None:
    subjects, found = chosen(facts(), rule(**keys))
    assert subjects.rows["id"].iloc[found].tolist() == list(ids)


def test_words_are_compared_without_case() -> None:
    assert matching(table(kind=["Estate", None, "x"]), {"kind": ("estate",)}).tolist() == [True, False, False]


def test_parents_that_go_round_in_a_ring_end() -> None:
    ring = AREAS.assign(parent_id=["V1", "X", "X", "T1", "T1", "T2"])
    assert facts(areas=ring).chain("A") == ("A", "V1", "T1", "X")


def test_a_profile_is_still_a_profile() -> None:
    assert isinstance(facts().profile, Profile)
