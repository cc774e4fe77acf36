"""The gate finds what is wrong with every tiling of a town, and says each thing once."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

import geogrid
from geogrid import io
from geogrid.boundaries import Boundaries, Tier
from geogrid.crs import project, projected_crs
from geogrid.errors import CrsError, InputError
from geogrid.gate import border_differences, gate
from geogrid.gatekinds import KINDS, SEVERITIES
from tests.builders import three_sizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from geogrid.gate import GateReport

CRS = 4548
Row = tuple[Any, ...]


def table(key: str, rows: Mapping[str, Row], columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Rows by id: a shape, then values of the columns."""
    values = {column: [row[n + 1] if len(row) > n + 1 else None for row in rows.values()] for n, column in enumerate(columns)}
    return gpd.GeoDataFrame({key: list(rows), "name": list(rows)} | values, geometry=[row[0] for row in rows.values()], crs=CRS)


def town(grids: Mapping[str, Row], areas: Mapping[str, Row] | None = None) -> Boundaries:
    """Grids are (shape, parent, level, set), areas (shape, parent, level)."""
    land = None if areas is None else table("area_id", areas, ["parent_id", "level"])
    return Boundaries.of(table("grid_id", grids, ["parent_id", "level", "grid_set"]), land)


def told(report: GateReport, *kinds: str) -> list[list[Any]]:
    found = report.findings[report.findings["kind"].isin(kinds)] if kinds else report.findings
    columns = ["kind", "grid_ids", "area_id", "other_ids", "area_m2", "width_m"]
    measures = found[["area_m2", "width_m"]].round(6).astype(object)
    found = found.assign(**measures.where(measures.notna(), None))
    return [list(row) for row in found[columns].itertuples(index=False)]


def pieces(report: GateReport, finding_id: str = "") -> list[list[Any]]:
    found = report.pieces[report.pieces["finding_id"] == finding_id] if finding_id else report.pieces
    return [list(row) for row in found[["grid_id", "area_id", "share"]].itertuples(index=False)]


# A township of two villages, two grids each:
#
#   100 +---+---+---+---+
#       | A | B | C | D |     A, B in V1; C, D in V2; both in T
#     0 +---+---+---+---+
#       0  50  100 150 200
GRIDS: dict[str, Row] = {
    name: (box(50 * i, 0, 50 * i + 50, 100), f"V{i // 2 + 1}") for i, name in enumerate(("A", "B", "C", "D"))
}
AREAS: dict[str, Row] = {
    "T": (box(0, 0, 200, 100), None, "township"),
    "V1": (box(0, 0, 100, 100), "T", "village"),
    "V2": (box(100, 0, 200, 100), "T", "village"),
}


def test_clean_town_has_no_findings() -> None:
    report = gate(town(GRIDS, AREAS))
    assert told(report) == []
    assert report.ok
    assert report.counts == {}
    assert report.summary.zh == "4 个网格、3 个区域：没有发现问题。"
    assert report.summary.en == "4 grids, 3 areas: nothing found."
    assert list(report.findings) == [
        *("finding_id", "kind", "severity", "table", "grid_set", "level", "grid_ids", "area_id", "other_ids"),
        *("area_m2", "width_m", "geometry"),
    ]
    assert list(report.pieces) == ["finding_id", "grid_id", "area_id", "area_m2", "share", "households", "geometry"]


def test_kinds_are_rows_in_both_languages() -> None:
    for kind in KINDS.values():
        assert kind.severity in SEVERITIES
        assert all((kind.name.zh, kind.name.en, kind.remedy.zh, kind.remedy.en))


def test_each_level_is_checked_against_its_own_parent() -> None:
    """V2 begins 10 m too far east, B leaves 5 m of V1 open: one hole in the township, one in the village."""
    areas = AREAS | {"V2": (box(110, 0, 200, 100), "T", "village")}
    grids = GRIDS | {"B": (box(50, 0, 95, 100), "V1"), "C": (box(110, 0, 150, 100), "V2")}
    report = gate(town(grids, areas))
    assert told(report) == [
        ["hole", (), "T", ("V1", "V2"), 1_000.0, 10.0],
        ["hole", ("B",), "V1", (), 500.0, 5.0],
    ]
    assert report.findings[["table", "level", "severity"]].to_numpy().tolist() == [
        ["areas", "village", "defect"],
        ["grids", "", "defect"],
    ]
    assert report.summary.zh == "4 个网格、3 个区域：缺陷：空洞 2。"


def test_village_outside_its_township_and_slivers_of_villages() -> None:
    areas = AREAS | {"V1": (box(-3, 0, 100.4, 100), "T", "village")}
    assert told(gate(town(GRIDS | {"A": (box(-3, 0, 50, 100), "V1"), "B": (box(50, 0, 100.4, 100), "V1")}, areas))) == [
        ["sliver", (), "T", ("V1", "V2"), 40.0, 0.4],
        ["outside_parent", (), "T", ("V1",), 300.0, 3.0],
        ["inherited", ("B", "C"), "", (), 40.0, 0.4],
    ]


def test_an_overlap_within_one_village_is_never_inherited() -> None:
    """V1 and V2 share 10 m; B and C take that over, A and B overlap in it on their own."""
    areas = AREAS | {"V1": (box(0, 0, 110, 100), "T", "village")}
    grids = GRIDS | {"B": (box(50, 0, 110, 100), "V1"), "A": (box(0, 0, 50, 100).union(box(50, 0, 110, 10)), "V1")}
    found = told(gate(town(grids, areas)), "overlap", "inherited")
    assert found == [
        ["overlap", (), "T", ("V1", "V2"), 1_000.0, 10.0],
        ["overlap", ("A", "B"), "V1", (), 600.0, 10.0],
        ["inherited", ("B", "C"), "", (), 1_000.0, 10.0],
        ["inherited", ("A", "C"), "", (), 100.0, 10.0],
    ]


def test_villages_and_communities_side_by_side_are_one_tiling() -> None:
    areas = AREAS | {"V2": (box(95, 0, 200, 100), "T", "community")}
    grids = GRIDS | {"C": (box(95, 0, 150, 100), "V2")}
    assert told(gate(town(grids, areas)), "overlap") == [["overlap", (), "T", ("V1", "V2"), 500.0, 5.0]]


def test_an_alliance_across_the_tree_need_not_fill_the_township() -> None:
    areas = AREAS | {"U": (box(0, 0, 120, 100), "T", "alliance")}
    assert told(gate(town(GRIDS, areas))) == []
    outside = AREAS | {"U": (box(0, 0, 120, 110), "T", "alliance")}
    assert told(gate(town(GRIDS, outside))) == [
        ["hole", ("A", "B", "C"), "U", (), 1_200.0, 10.0],
        ["outside_parent", (), "T", ("U",), 1_200.0, 10.0],
    ]


def test_three_nested_sizes() -> None:
    """Nothing is wrong; L2 and M2 are not divided as L1 and M1 are, which is only said."""
    report = gate(Boundaries.of(**three_sizes()))
    assert report.ok
    assert [row[:2] for row in told(report)] == [["undivided", ("L2",)], ["undivided", ("M2",)]]
    assert report.findings["level"].tolist() == ["large", "medium"]
    assert report.summary.en == "6 grids, 1 areas: notes: without smaller grids 2."


def test_each_size_fills_the_one_above() -> None:
    """S2 lacks a strip of 10 m of M1; M2 sticks out 5 m of L1 into L2; L2 lacks 20 m of the village at its right."""
    parts = three_sizes()
    grids = parts["grids"].set_index("grid_id")
    x0, y0 = 500_000, 3_130_000
    grids.loc["S2", "geometry"] = box(x0 + 110, y0 + 100, x0 + 200, y0 + 200)
    grids.loc["M2", "geometry"] = box(x0, y0, x0 + 205, y0 + 100)
    grids.loc["L2", "geometry"] = box(x0 + 200, y0, x0 + 380, y0 + 200)
    report = gate(Boundaries.of(grids.reset_index(), parts["areas"]))
    assert told(report, "hole", "overlap", "outside_parent") == [
        ["hole", ("L2",), "V", (), 4_000.0, 20.0],
        ["hole", ("S1", "S2"), "M1", (), 1_000.0, 10.0],
        ["outside_parent", ("M2",), "L1", (), 500.0, 5.0],
    ]


def test_three_sizes_that_all_name_the_village_are_three_tilings() -> None:
    parts = three_sizes()
    grids = parts["grids"].assign(parent_id="V")
    assert told(gate(Boundaries.of(grids, parts["areas"]))) == [
        ["hole", ("S1", "S2"), "V", (), 60_000.0, pytest.approx(200, rel=0.002)],
        ["hole", ("M1", "M2"), "V", (), 40_000.0, pytest.approx(200, rel=0.002)],
    ]


def test_hole_that_a_smaller_size_takes_over_is_one_hole() -> None:
    """Two large grids leave 10 m of V1 open; the small ones, which name the village too, leave the same."""
    large = {"L1": (box(0, 0, 90, 100), "V1", "large"), "L2": (box(100, 0, 200, 100), "V2", "large")}
    small = {key: (row[0], row[1], "small") for key, row in GRIDS.items()} | {"B": (box(50, 0, 90, 100), "V1", "small")}
    assert told(gate(town(large | small, AREAS))) == [
        ["hole", ("L1", "L2"), "V1", (), 1_000.0, 10.0],
        ["inherited", ("B", "C"), "V1", (), 1_000.0, 10.0],
    ]


def test_a_project_takes_part_of_a_village_and_encloses_no_hole() -> None:
    ring = box(10, 10, 90, 90).difference(box(40, 40, 60, 60))
    project_grids = {"P1": (ring.intersection(box(0, 0, 50, 100)), "V1", "", "rehousing")}
    project_grids["P2"] = (ring.intersection(box(50, 0, 100, 100)), "V1", "", "rehousing")
    report = gate(town(GRIDS | project_grids, AREAS))
    assert told(report) == [["hole", ("P1", "P2"), "", (), 400.0, 20.0]]
    assert report.findings["grid_set"].tolist() == ["rehousing"]
    clean = {"P1": (box(10, 10, 50, 90), "V1", "", "rehousing"), "P2": (box(50, 10, 90, 90), "V1", "", "rehousing")}
    assert told(gate(town(GRIDS | clean, AREAS))) == []
    abroad = clean | {"P2": (box(50, 10, 103, 90), "V1", "", "rehousing")}
    assert [row[:3] for row in told(gate(town(GRIDS | abroad, AREAS)))] == [
        ["outside_parent", ("P2",), "V1"],
        ["several_areas", ("P2",), "V1"],
    ]


def test_village_without_any_grid_is_a_hole() -> None:
    report = gate(town({key: GRIDS[key] for key in "AB"}, AREAS))
    assert told(report) == [["hole", ("B",), "V2", (), 10_000.0, 100.0]]


def test_grids_without_parents_fill_the_lowest_areas() -> None:
    bare = {key: (row[0],) for key, row in GRIDS.items()} | {"D": (box(150, 0, 190, 100),)}
    assert told(gate(town(bare, AREAS))) == [["hole", ("D",), "", (), 1_000.0, 10.0]]


def test_holes_without_areas_are_enclosed_ones() -> None:
    ring = {key: (row[0].difference(box(90, 40, 110, 60)),) for key, row in GRIDS.items()}
    assert told(gate(town(ring))) == [["hole", ("B", "C"), "", (), 400.0, 20.0]]


def test_land_that_a_plan_left_is_unassigned() -> None:
    left = box(150, 0, 200, 50)
    before = town(GRIDS | {"D": (box(150, 50, 200, 90), "V2")}, AREAS)
    plan = Boundaries(before.crs, before.grids, before.areas, {Tier("", ""): left})
    report = gate(plan)
    assert [row[:2] for row in told(report)] == [["hole", ("C", "D")], ["unassigned", ("C", "D")]]
    assert not report.ok


def test_grid_in_two_villages_names_both_shares() -> None:
    grids = GRIDS | {"B": (box(50, 0, 110, 100), "V1"), "C": (box(110, 0, 150, 100), "V2")}
    report = gate(town(grids, AREAS))
    assert told(report) == [
        ["outside_parent", ("B",), "V1", (), 1_000.0, 10.0],
        ["several_areas", ("B",), "V1", ("V2",), 1_000.0, 10.0],
    ]
    assert pieces(report, "several_areas-1") == [["B", "V1", pytest.approx(5 / 6)], ["B", "V2", pytest.approx(1 / 6)]]


@pytest.mark.parametrize(("reach_m", "found"), [(0.009, 0), (0.011, 1)])
def test_less_than_the_defect_width_is_in_no_other_village(reach_m: float, found: int) -> None:
    edge = 100 + reach_m
    grids = {"A": (box(0, 0, edge, 100),), "C": (box(edge, 0, 200, 100),)}
    assert len(told(gate(town(grids, AREAS)), "several_areas")) == found


def test_grid_of_unstated_parent_is_at_home_where_its_inner_point_is() -> None:
    grids = {"A": (box(0, 0, 130, 100),), "C": (box(130, 0, 200, 100),)}
    assert told(gate(town(grids, AREAS))) == [["several_areas", ("A",), "V1", ("V2",), 3_000.0, 30.0]]


def test_overlapping_villages_are_not_the_grids_fault() -> None:
    areas = AREAS | {"V1": (box(0, 0, 105, 100), "T", "village")}
    assert told(gate(town(GRIDS, areas)), "several_areas") == []


def test_larger_grid_may_be_made_of_whole_villages() -> None:
    large = {"L": (box(0, 0, 200, 100), "T", "large")}
    small = {key: (row[0], "L", "small") for key, row in GRIDS.items()}
    assert told(gate(town(large | small, AREAS)), "several_areas") == []
    assert [row[:2] for row in told(gate(town({"L": (box(0, 0, 200, 100), "T")}, AREAS)))] == [["several_areas", ("L",)]]


def test_enclave_is_information() -> None:
    inner = box(10, 10, 30, 30)
    report = gate(town(GRIDS | {"A": (GRIDS["A"][0].difference(inner), "V1"), "E": (inner, "V1")}, AREAS))
    assert told(report) == [["enclave", ("E", "A"), "V1", (), 400.0, 20.0]]
    assert report.ok
    assert report.findings["severity"].tolist() == ["information"]


def test_what_touches_another_grid_or_the_edge_is_no_enclave() -> None:
    for inner in (box(0, 10, 30, 30), box(10, 0, 30, 30), box(30, 10, 50, 30), Polygon([(10, 10), (50, 20), (10, 30)])):
        grids = GRIDS | {"A": (GRIDS["A"][0].difference(inner), "V1"), "E": (inner, "V1")}
        assert told(gate(town(grids, AREAS)), "enclave") == []


def test_enclave_of_a_grid_in_two_halves_and_within_an_overlap() -> None:
    inner = box(10, 10, 30, 30)
    halves = MultiPolygon([box(0, 0, 20, 100).difference(inner), box(20, 0, 50, 100).difference(inner)])
    grids = GRIDS | {"A": (halves, "V1"), "E": (inner, "V1")}
    assert told(gate(town(grids, AREAS)), "enclave") == [["enclave", ("E", "A"), "V1", (), 400.0, 20.0]]
    assert [row[0] for row in told(gate(town(GRIDS | {"E": (inner, "V1")}, AREAS)))] == ["overlap"]


def test_stray_parts_are_told_from_other_parts() -> None:
    """A owns 9 m x 9 m and 20 m x 20 m inside C, and a part of a millimetre that nobody sees."""
    stray, part, thread = box(110, 10, 119, 19), box(120, 40, 140, 60), box(110, 80, 110.001, 90)
    a = MultiPolygon([GRIDS["A"][0], stray, part])
    grids = GRIDS | {"A": (a.union(thread),), "C": (GRIDS["C"][0].difference(shapely.union_all([stray, part])),)}
    report = gate(town({key: (row[0],) for key, row in grids.items()}, {"T": AREAS["T"]}))
    assert told(report, "stray_part", "multi_part") == [
        ["stray_part", ("A",), "", (), 81.0, 9.0],
        ["multi_part", ("A",), "", (), 400.0, 20.0],
    ]
    assert report.findings["severity"].tolist()[:2] == ["defect", "warning"]
    assert gate(town(grids, AREAS), stray_area_m2=0).counts.get("stray_part", 0) == 0


def test_stray_parts_of_villages() -> None:
    areas = AREAS | {"V1": (MultiPolygon([box(0, 0, 100, 100), box(150, 40, 155, 45)]), "T", "village")}
    areas["V2"] = (box(100, 0, 200, 100).difference(box(150, 40, 155, 45)), "T", "village")
    found = told(gate(town(GRIDS, areas)), "stray_part")
    assert found == [["stray_part", (), "T", ("V1",), 25.0, 5.0]]


UNITS = gpd.GeoDataFrame(
    {"unit_id": ["U1", "U2", "U3"]}, geometry=[box(40, 10, 70, 30), box(60, 40, 80, 60), Point(100, 50)], crs=CRS
)


def test_cut_units_name_the_pieces() -> None:
    """U1 lies 10 m in A and 20 m in B, U2 in B; U3 is a point, which no border cuts."""
    report = gate(town(GRIDS, AREAS), units=UNITS)
    assert told(report) == [["cut_unit", ("A", "B"), "V1", ("U1",), 600.0, 10.0]]
    assert pieces(report) == [["B", "V1", pytest.approx(2 / 3)], ["A", "V1", pytest.approx(1 / 3)]]
    assert report.pieces["area_m2"].tolist() == [400.0, 200.0]
    assert report.findings["table"].tolist() == ["units"]
    assert (report.ok, report.units, report.buildings) == (True, 2, 0)
    assert report.summary.zh == "4 个网格、3 个区域：需核对：单元被边界切开 1。"


@pytest.mark.parametrize(("inside_m", "found"), [(0.009, 0), (0.011, 1)])
def test_a_building_is_cut_when_both_pieces_are_wide_enough(inside_m: float, found: int) -> None:
    building = gpd.GeoDataFrame({"building_id": ["B1"]}, geometry=[box(40, 10, 50 + inside_m, 20)], crs=CRS)
    assert len(told(gate(town(GRIDS, AREAS), buildings=building), "cut_building")) == found


def test_building_across_two_villages_and_beyond_the_town() -> None:
    shapes = [box(95, 90, 105, 99), box(195, 50, 205, 60), box(300, 0, 310, 10)]
    buildings = gpd.GeoDataFrame({"building_id": ["X", "Y", "Z"]}, geometry=shapes, crs=CRS)
    report = gate(town(GRIDS, AREAS), buildings=buildings)
    assert told(report) == [
        ["cut_building", ("D",), "", ("Y",), 100.0, 5.0],
        ["cut_building", ("B", "C"), "", ("X",), 90.0, 5.0],
    ]
    assert pieces(report, "cut_building-2") == [["B", "V1", 0.5], ["C", "V2", 0.5]]
    assert pieces(report, "cut_building-1") == [["", "", 0.5], ["D", "V2", 0.5]]


def test_a_unit_is_cut_once_however_many_sizes_share_the_border() -> None:
    parts = three_sizes()
    x0, y0 = 500_000, 3_130_000
    shapes = [box(x0 + 90, y0 + 90, x0 + 110, y0 + 110), box(x0 + 190, y0 + 20, x0 + 210, y0 + 40)]
    units = gpd.GeoDataFrame({"unit_id": ["U1", "U2"]}, geometry=shapes, crs=CRS)
    report = gate(Boundaries.of(**parts), units=units)
    assert told(report, "cut_unit") == [
        ["cut_unit", ("L2", "M2"), "V", ("U2",), 400.0, 10.0],
        ["cut_unit", ("M2", "S1", "S2"), "V", ("U1",), 400.0, 10.0],
    ]


def test_a_unit_cut_in_several_sizes_that_name_no_larger_grid_is_told_of_the_smaller_ones() -> None:
    small = {f"S{key}": (row[0], row[1], "small") for key, row in GRIDS.items()}
    large = {"L1": (AREAS["V1"][0], "V1", "large"), "L2": (AREAS["V2"][0], "V2", "large")}
    across = gpd.GeoDataFrame({"unit_id": ["U"]}, geometry=[box(95, 40, 105, 60)], crs=CRS)
    assert told(gate(town(small | large, AREAS), units=across)) == [["cut_unit", ("SB", "SC"), "", ("U",), 200.0, 5.0]]


def homes(rows: Sequence[tuple[str | None, float, float]], crs: int = CRS) -> gpd.GeoDataFrame:
    units, x, y = zip(*rows, strict=True)
    frame = {"household_id": [f"H{n}" for n in range(len(rows))], "unit_id": list(units)}
    return gpd.GeoDataFrame(frame, geometry=shapely.points(x, y), crs=crs)


def test_unit_whose_households_lie_in_several_grids() -> None:
    """U2 has three households in B and one in C; U9 has no shape; one household has no unit, one lies in no grid."""
    rows = [("U2", 60, 50), ("U2", 70, 50), ("U2", 80, 50), ("U2", 101, 50), ("U9", 10, 10), ("U9", 160, 10)]
    rows += [(None, 10, 10), ("U1", 45, 20), ("U1", 900, 900)]  # type: ignore[list-item]
    report = gate(town(GRIDS, AREAS), units=UNITS.iloc[1:], households=homes(rows))
    found = report.findings[report.findings["kind"] == "split_unit"]
    assert found[["grid_ids", "area_id", "other_ids"]].to_numpy().tolist() == [
        [("B", "C"), "", ("U2",)],
        [("A", "D"), "", ("U9",)],
    ]
    assert report.pieces[["grid_id", "area_id", "share", "households"]].to_numpy().tolist() == [
        ["B", "V1", 0.75, 3],
        ["C", "V2", 0.25, 1],
        ["A", "V1", 0.5, 1],
        ["D", "V2", 0.5, 1],
    ]
    positions = {shape.wkt for shape in homes(rows).geometry}
    shown = [*report.findings.geometry, *report.pieces.geometry]
    assert not positions & {point.wkt for shape in shown for point in shapely.points(shapely.get_coordinates(shape))}


def test_tables_in_another_crs_are_projected() -> None:
    report = gate(town(GRIDS, AREAS), units=UNITS.to_crs(4326), households=homes([("U1", 45, 20), ("U1", 60, 20)]).to_crs(4326))
    assert report.counts == {"cut_unit": 1, "split_unit": 1}


def test_parents_that_do_not_exist_are_named() -> None:
    grids = GRIDS | {"D": (GRIDS["D"][0], "V9"), "C": (GRIDS["C"][0], "D")}
    report = gate(town(grids, AREAS))
    assert told(report, "unknown_parent") == [
        ["unknown_parent", ("C",), "D", ("D",), 5_000.0, None],
        ["unknown_parent", ("D",), "V9", ("V9",), 5_000.0, None],
    ]
    assert told(gate(town(grids)), "unknown_parent") == [], "no areas were given"


def test_invalid_grids_are_reported_once() -> None:
    bow = Polygon([(0, 0), (50, 100), (50, 0), (0, 100)])
    report = gate(town(GRIDS | {"A": (bow, "V1")}, AREAS))
    assert [row[:2] for row in told(report, "invalid")] == [["invalid", ("A",)]]


def zigzag(points: int, *, crossing: bool) -> Polygon:
    if crossing:
        angle = np.arange(points) * np.pi * 0.995
        return Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * 1_000)
    teeth = [(i, 1_000 if i % 2 else 1) for i in range(points)]
    return Polygon([(0, 0), *teeth, (points, 0)])


@pytest.mark.parametrize("crossing", [True, False])
def test_zigzag_of_400_vertices_does_not_hang(crossing: bool) -> None:
    star = zigzag(400, crossing=crossing)
    left = box(-2_000, -2_000, 2_000, 2_000)
    beside = left.difference(star.buffer(0) if crossing else star)
    units = gpd.GeoDataFrame({"unit_id": ["U"]}, geometry=[star], crs=CRS)
    report = gate(town({"Z": (star,), "R": (beside,)}, {"T": (left,)}), units=units, buildings=units.assign(building_id="B"))
    assert report.counts.get("invalid", 0) == int(crossing)
    assert crossing or report.counts.get("hole", 0) == report.counts.get("overlap", 0) == 0


def test_no_grids_and_nothing_at_all() -> None:
    nothing = table("grid_id", {}, ["parent_id"]).set_geometry(gpd.GeoSeries([], crs=CRS))
    assert told(gate(Boundaries.of(nothing))) == []
    areas = table("area_id", AREAS, ["parent_id", "level"])
    assert told(gate(Boundaries.of(nothing, areas), units=UNITS.iloc[:0], households=homes([("U", 1, 1)]))) == []


@pytest.mark.parametrize(
    "limits",
    [
        {"defect_width_m": 0.0},
        {"defect_width_m": 2.0},
        {"sliver_width_m": float("inf")},
        {"stray_area_m2": -1.0},
        {"stray_area_m2": float("nan")},
    ],
)
def test_limits_must_make_sense(limits: dict[str, float]) -> None:
    with pytest.raises(InputError, match="0 < defect width <= sliver width and area >= 0 are needed") as caught:
        gate(town(GRIDS), **limits)
    assert "应满足" in caught.value.say("zh")


def test_tables_without_a_crs_are_refused() -> None:
    with pytest.raises(CrsError, match="declares no CRS"):
        gate(town(GRIDS), units=UNITS.set_crs(None, allow_override=True))


# The oracle: land is a set of squares of 10 m, so every finding is a question about sets.

Cell = tuple[int, int]
SIZE = 6
CELLS = [(x, y) for x in range(SIZE) for y in range(SIZE)]
SIDES = [(1, 0), (-1, 0), (0, 1), (0, -1)]
ROUND = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]


def land_of(cells: Iterable[Cell]) -> Any:
    return shapely.union_all([box(10 * x, 10 * y, 10 * x + 10, 10 * y + 10) for x, y in sorted(cells)])


def components(cells: Iterable[Cell]) -> list[frozenset[Cell]]:
    left, found = set(cells), []
    while left:
        queue = [left.pop()]
        piece = set(queue)
        while queue:
            x, y = queue.pop()
            near = {(x + i, y + j) for i, j in SIDES} & left
            left -= near
            piece |= near
            queue += near
        found.append(frozenset(piece))
    return found


@st.composite
def tilings(draw: st.DrawFn) -> tuple[dict[str, frozenset[Cell]], dict[str, frozenset[Cell]], dict[str, str]]:
    """Squares handed to grids (some to nobody) and to two villages; each grid names one of the villages it has land in."""
    owner = {cell: draw(st.integers(0, 4)) for cell in CELLS}
    split = [draw(st.integers(1, SIZE - 1)) for _ in range(SIZE)]
    villages = {
        "V1": frozenset((x, y) for x, y in CELLS if x < split[y]),
        "V2": frozenset((x, y) for x, y in CELLS if x >= split[y]),
    }
    owner[0, 0] = 1
    grids = {f"G{n}": frozenset(cell for cell in CELLS if owner[cell] == n) for n in range(1, 5)}
    grids = {key: cells for key, cells in grids.items() if cells}
    parents = {key: draw(st.sampled_from([v for v in villages if villages[v] & cells])) for key, cells in grids.items()}
    return grids, villages, parents


def enclosing(cells: frozenset[Cell], grids: Mapping[str, frozenset[Cell]]) -> str | None:
    """The one grid that is all around, corners included."""
    around = {(x + i, y + j) for x, y in cells for i, j in ROUND} - cells
    owners = {next((key for key, of in grids.items() if cell in of), None) for cell in around}
    return owners.pop() if len(owners) == 1 else None


@settings(max_examples=60, deadline=None)
@given(tilings(), st.lists(st.tuples(*[st.integers(0, SIZE - 1)] * 2, *[st.integers(1, 3)] * 2), max_size=4))
def test_findings_equal_those_of_sets_of_squares(tiling: Any, rectangles: list[tuple[int, int, int, int]]) -> None:
    grids, villages, parents = tiling
    things = {
        f"U{n}": frozenset((i, j) for i in range(x, min(x + w, SIZE)) for j in range(y, min(y + h, SIZE)))
        for n, (x, y, w, h) in enumerate(rectangles)
    }
    units = gpd.GeoDataFrame({"unit_id": list(things)}, geometry=[land_of(cells) for cells in things.values()], crs=CRS)
    areas = {"T": (land_of(CELLS), None, "township")} | {key: (land_of(of), "T", "village") for key, of in villages.items()}
    boundaries = town({key: (land_of(cells), parents[key]) for key, cells in grids.items()}, areas)
    report = gate(boundaries, units=units if len(units) else None, stray_area_m2=150)
    covered: frozenset[Cell] = frozenset().union(*grids.values())
    wanted: list[Any] = [("hole", (), piece) for of in villages.values() for piece in components(of - covered)]
    for key, cells in grids.items():
        wanted += [("outside_parent", (key,), piece) for piece in components(cells - villages[parents[key]])]
        if cells - villages[parents[key]]:
            wanted.append(("several_areas", (key,), cells - villages[parents[key]]))
        if around := enclosing(cells, grids):
            wanted.append(("enclave", (key, around), cells))
    for cells in things.values():
        owners = tuple(sorted(key for key, of in grids.items() if of & cells))
        if owners and (len(owners) > 1 or cells - covered):
            wanted.append(("cut_unit", owners, cells))
    rows = zip(report.findings["kind"], report.findings["grid_ids"], report.findings.geometry, strict=True)
    found = [(kind, () if kind == "hole" else ids, squares(shape)) for kind, ids, shape in rows if not kind.endswith("_part")]
    assert Counter(found) == Counter(wanted)
    parts = {key: sorted(len(part) for part in components(cells))[:-1] for key, cells in grids.items()}
    assert report.counts.get("stray_part", 0) == sum(size == 1 for sizes in parts.values() for size in sizes)
    assert report.counts.get("multi_part", 0) == sum(any(size > 1 for size in sizes) for sizes in parts.values())


def squares(shape: Any) -> frozenset[Cell]:
    middles = shapely.points([(10 * x + 5, 10 * y + 5) for x, y in CELLS])
    cells = frozenset(itertools.compress(CELLS, shapely.contains(shape, middles)))
    assert shape.area == pytest.approx(100 * len(cells), abs=1e-3)
    return cells


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_cut_buildings_equal_a_look_at_every_pair(data: st.DataObject) -> None:
    """Grids are bands at an angle that may overlap; buildings are boxes of any size."""
    number = st.floats(0, 190, allow_nan=False).map(lambda value: round(value, 2))
    tilt = data.draw(st.floats(-40, 40).map(lambda value: round(value, 1)))
    cuts = sorted(data.draw(st.lists(number, min_size=1, max_size=4, unique=True)))
    edges = list(itertools.pairwise([-60.0, *cuts, 260.0]))
    bands = {f"G{n}": Polygon([(a, 0), (b, 0), (b + tilt, 100), (a + tilt, 100)]) for n, (a, b) in enumerate(edges)}
    shapes = [
        box(x, y / 2, x + width, y / 2 + 5)
        for x, y, width in data.draw(st.lists(st.tuples(number, number, st.floats(0.1, 60)), max_size=8))
    ]
    boundaries = town({key: (shape,) for key, shape in bands.items()})
    buildings = gpd.GeoDataFrame({"building_id": [f"B{n}" for n in range(len(shapes))]}, geometry=shapes, crs=CRS)
    report = gate(boundaries, buildings=buildings)
    wanted = {}
    for n, shape in enumerate(shapes):
        lands = {key: shape.intersection(grid.shape) for key, grid in boundaries.grids.items()}
        lands[""] = shape.difference(shapely.union_all([grid.shape for grid in boundaries.grids.values()]))
        # A circle of the defect width fits where something is left after shrinking by half of it; round the limit anything goes.
        sure = {key for key, land in lands.items() if not land.buffer(-0.0051).is_empty}
        maybe = {key for key, land in lands.items() if not land.buffer(-0.0048).is_empty}
        wanted[f"B{n}"] = (sure, maybe)
    found = {
        other[0]: set(report.pieces.loc[report.pieces["finding_id"] == key, "grid_id"])
        for key, kind, other in report.findings[["finding_id", "kind", "other_ids"]].itertuples(index=False)
        if kind == "cut_building"
    }
    for key, (sure, maybe) in wanted.items():
        if len(sure) > 1 or key in found:
            assert sure <= found[key] <= maybe


@settings(max_examples=10, deadline=None)
@given(tilings(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(tiling: Any, shuffler: Any) -> None:
    grids, villages, parents = tiling
    rows = [(key, (land_of(cells), parents[key])) for key, cells in grids.items()]
    areas = [(key, (land_of(of), None, "village")) for key, of in villages.items()]
    first = gate(town(dict(rows), dict(areas)))
    shuffler.shuffle(rows)
    shuffler.shuffle(areas)
    second = gate(town(dict(rows), dict(areas)))
    assert told(first) == told(second)
    assert (
        shapely.to_wkb(first.findings.geometry.to_numpy()).tolist()
        == shapely.to_wkb(second.findings.geometry.to_numpy()).tolist()
    )


# Border differences


def side(column: str = "grid_id", **shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({column: list(shapes)}, geometry=list(shapes.values()), crs=CRS)


def compared(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, **options: float) -> list[list[Any]]:
    found = border_differences(ours, theirs, **options).differences
    columns = ["kind", "our_ids", "their_ids", "area_m2", "width_m", "length_m"]
    return [list(row) for row in found[columns].itertuples(index=False)]


WEST = side(W1=box(0, 0, 100, 100), W2=box(0, 100, 100, 200))


def test_same_border_with_other_vertices_is_no_difference() -> None:
    east = Polygon([(100, 0), (100, 33), (100, 77.7), (100, 150), (100, 200), (200, 200), (200, 0)])
    found = border_differences(WEST, side(E=east))
    assert (len(found.differences), len(found.other_land)) == (0, 0)
    assert found.summary.zh == "与邻方的边界是同一条线，没有空洞和重叠。"
    assert found.apart_m == 0


def test_hole_all_along_the_border_is_open_at_both_ends() -> None:
    east = side(E1=box(102, 0, 200, 120), E2=box(102, 120, 200, 200))
    assert compared(WEST, east) == [["hole", ("W1", "W2"), ("E1", "E2"), pytest.approx(400), 2.0, pytest.approx(200)]]


def test_overlap_of_areas_and_grids() -> None:
    east = side("area_id", E=box(99, 50, 200, 200))
    assert compared(WEST, east) == [["overlap", ("W1", "W2"), ("E",), 150.0, 1.0, pytest.approx(150)]]


@pytest.mark.parametrize(("width_m", "n"), [(0.009, 0), (0.011, 1), (49, 1), (51, 0)])
def test_only_widths_between_the_limits_are_differences(width_m: float, n: int) -> None:
    assert len(compared(WEST, side(E=box(100 + width_m, 0, 400, 200)))) == n
    overlap = border_differences(WEST, side(E=box(100 - width_m, 0, 400, 200)))
    assert (len(overlap.differences), len(overlap.other_land)) == (n, int(width_m == 51))


def test_corners_of_the_outline_are_no_holes() -> None:
    """East begins 60 m farther north, or the outline turns at the border by 60 degrees: that land is somebody else's."""
    assert compared(WEST, side(E=box(100, 60, 200, 260))) == []
    assert compared(WEST, side(E=Polygon([(100, 0), (200, 0), (160, 260), (100, 200)]))) == []


def test_own_holes_and_own_bays_are_not_between_the_two() -> None:
    bay = side(W=shapely.difference(box(0, 0, 100, 200), shapely.union_all([box(60, 180, 80, 200), box(70, 50, 90, 70)])))
    assert compared(bay, side(E=box(100, 0, 200, 200))) == []


def test_borders_that_cross_leave_holes_and_overlaps_in_turn() -> None:
    east = Polygon([(98, 0), (102, 100), (98, 200), (200, 200), (200, 0)])
    assert [row[:4] for row in compared(WEST, side(E=east))] == [
        ["hole", ("W1", "W2"), ("E",), pytest.approx(100)],
        ["overlap", ("W1",), ("E",), pytest.approx(50)],
        ["overlap", ("W2",), ("E",), pytest.approx(50)],
    ]


def test_offices_that_are_no_neighbours() -> None:
    assert compared(WEST, side(E=box(5_000, 0, 5_100, 100))) == []


def test_border_differences_need_sensible_widths_and_metres() -> None:
    with pytest.raises(InputError, match="0 < defect width < within is needed"):
        border_differences(WEST, WEST, defect_width_m=1, within_m=0.5)
    with pytest.raises(CrsError, match="is not in metres"):
        border_differences(WEST.to_crs(4326), WEST.to_crs(4326))
    with pytest.raises(InputError, match="column grid_id is missing"):
        border_differences(WEST.drop(columns="grid_id"), WEST)


# Real townships and draft grids, against shapely's own coverage functions and areas of unions.


@pytest.fixture(scope="module")
def guixi(real_data: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    points, areas = (
        io.read_points(real_data / "guixi/communities.geojson"),
        io.read_areas(real_data / "guixi/townships.geojson"),
    )
    drafts = geogrid.draft_grids(points.table, areas.table).grids
    crs = projected_crs(drafts)
    return project(drafts, crs), project(areas.table, crs)


def test_draft_grids_of_a_real_county_have_no_findings(guixi: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    report = gate(Boundaries.of(*guixi))
    assert told(report) == []
    assert shapely.coverage_is_valid(Boundaries.of(*guixi).shapes)


def noisy(shape: Any, rng: np.random.Generator) -> Any:
    """Each vertex moves by up to half a metre, the first with the last."""
    places = np.unique(shapely.get_coordinates(shape), axis=0)
    move = {tuple(place): rng.uniform(-0.5, 0.5, 2) for place in places}
    return shapely.make_valid(shapely.transform(shape, lambda xy: xy + np.array([move[tuple(place)] for place in xy])))


PERTURBED = {
    "shifted": lambda shape, rng: shapely.affinity.translate(shape, *rng.uniform(-3, 3, 2)),
    "simplified": lambda shape, _: shapely.simplify(shape, 15),
    "rounded": lambda shape, _: shapely.make_valid(shapely.transform(shape, lambda xy: np.round(xy / 5) * 5)),
    "noisy": noisy,
}


def perturbed(frame: gpd.GeoDataFrame, how: str, seed: int) -> gpd.GeoDataFrame:
    """Every polygon is treated on its own, as offices do it."""
    rng = np.random.default_rng(seed)
    shapes = [PERTURBED[how](shape, rng) for shape in frame.geometry]
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


@pytest.mark.parametrize("how", PERTURBED)
def test_perturbed_grids_agree_with_coverage_functions(guixi: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], how: str) -> None:
    """Land that grids have twice or not at all is what unions say; grids with edges at fault are those in findings."""
    drafts, areas = guixi
    boundaries = Boundaries.of(perturbed(drafts, how, seed=4), areas)
    report = gate(boundaries, sliver_width_m=0.01)
    lands = dict(zip(areas["area_id"], areas.geometry, strict=True))
    together = shapely.union_all(boundaries.shapes)
    found = report.findings[report.findings["table"] == "grids"]
    area_m2 = found.groupby("kind")["area_m2"].sum()
    # Pieces narrower than a centimetre are in no finding: at most half of that along the outlines.
    thread_m2 = 0.005 * float(shapely.length(boundaries.shapes).sum())
    missing = float(shapely.union_all(list(lands.values())).difference(together).area)
    assert area_m2.get("hole", 0) == pytest.approx(missing, abs=thread_m2)
    pairs = itertools.combinations(boundaries.shapes, 2)
    assert area_m2.get("overlap", 0) == pytest.approx(sum(one.intersection(other).area for one, other in pairs), abs=thread_m2)
    outside = sum(float(grid.shape.difference(lands[grid.parent_id]).area) for grid in boundaries.grids.values())
    assert area_m2.get("outside_parent", 0) == pytest.approx(outside, abs=thread_m2)
    at_fault = shapely.coverage_invalid_edges(boundaries.shapes)
    faulty = {key for key, edges in zip(boundaries.grids, at_fault, strict=True) if not edges.is_empty}
    overlapping = {key for ids in found.loc[found["kind"] == "overlap", "grid_ids"] for key in ids}
    assert overlapping <= faulty
    assert faulty <= {key for ids in found["grid_ids"] for key in ids}


def test_townships_drawn_twice_differ_by_what_was_moved(guixi: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    """One township is redrawn by its own office: what it gave up beside its neighbours are holes, what it took overlaps."""
    areas = guixi[1].reset_index(drop=True)
    ours, theirs = areas.iloc[[0]], areas.iloc[1:]
    assert len(border_differences(ours, theirs).differences) == 0
    drawn = perturbed(ours, "simplified", seed=1)
    report = border_differences(drawn, theirs).differences
    rest = shapely.union_all(theirs.geometry.to_numpy())
    before, after = ours.geometry.iloc[0], drawn.geometry.iloc[0]
    lost = before.difference(after)
    beside = [part for part in shapely.get_parts(lost) if part.intersection(rest).length > 1]
    found = report.groupby("kind")["area_m2"].sum()
    assert found["overlap"] == pytest.approx(after.intersection(rest).area, abs=1)
    assert found["hole"] == pytest.approx(sum(part.area for part in beside), rel=0.02)
