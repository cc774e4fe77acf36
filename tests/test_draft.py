"""Draft grids tile their areas exactly, and every place belongs to the nearest point of its area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from geogrid.crs import project, projected_crs, to_wgs84
from geogrid.draft import draft_grids
from geogrid.errors import CrsError, InputError
from geogrid.topology import check_tiling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geogrid.results import DraftGrids

CRS = "EPSG:4548"
X0, Y0 = 500_000.0, 3_130_000.0


def at(shape: Any) -> Any:
    return shapely.transform(shape, lambda xy: xy + np.array([X0, Y0]))


def areas_of(shapes: Mapping[str, Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"area_id": list(shapes)} | columns, geometry=[at(shape) for shape in shapes.values()], crs=CRS)


def points_of(places: Mapping[str, tuple[float, float]], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"point_id": list(places)} | columns, geometry=[at(Point(place)) for place in places.values()], crs=CRS
    )


def measured(drafts: DraftGrids) -> gpd.GeoDataFrame:
    """Return the drafts in metres from the town's corner."""
    there = project(drafts.grids, projected_crs(drafts.grids))
    assert there.crs == CRS
    assert shapely.coverage_is_valid(there.geometry.to_numpy())
    assert there.is_valid.all()
    return there.set_geometry(there.translate(-X0, -Y0))


def same(one: Any, other: Any) -> bool:
    """Compare shapes of a kilometre or two, whose straight edges bend by 0.1 mm when they are written in degrees."""
    return bool(one.symmetric_difference(other).area < 1)


# Two villages side by side, V1 with two points and V2 with none.
TOWN = areas_of({"V2": box(1_000, 0, 2_000, 1_000), "V1": box(0, 0, 1_000, 1_000)}, name=["东村", "西村"])


def test_cells_are_cut_half_way_and_bare_areas_become_one_grid() -> None:
    points = points_of({"P2": (750, 500), "P1": (250, 500)}, name=["二组", None])
    drafts = draft_grids(points, TOWN)
    grids = measured(drafts)
    assert grids.drop(columns="geometry").fillna("-").to_numpy().tolist() == [
        ["D001", "P1", "V1", "P1", "draft"],
        ["D002", "二组", "V1", "P2", "draft"],
        ["D003", "东村", "V2", "-", "draft"],
    ]
    for shape, wanted in zip(
        grids.geometry, [box(0, 0, 500, 1_000), box(500, 0, 1_000, 1_000), box(1_000, 0, 2_000, 1_000)], strict=True
    ):
        assert same(shape, wanted)
    assert drafts.areas_without_points == ("V2",)
    assert drafts.left_out.empty
    assert drafts.grids.crs.to_epsg() == 4326
    assert drafts.grids.index.tolist() == [0, 1, 2]


def test_node_made_on_a_border_goes_to_the_neighbour() -> None:
    """The line between the points of V1 ends half-way up the border of V2."""
    grids = measured(draft_grids(points_of({"P1": (500, 250), "P2": (500, 750)}), TOWN))
    (village,) = grids.geometry[grids["parent_id"] == "V2"]
    assert min(Point(1_000, 500).distance(Point(corner)) for corner in village.exterior.coords) < 1e-5


def test_prefix_and_numbers() -> None:
    drafts = draft_grids(points_of({"P1": (250, 500)}), TOWN, id_prefix="草")
    assert drafts.grids["grid_id"].tolist() == ["草001", "草002"]


def test_names_fall_back_to_ids() -> None:
    drafts = draft_grids(points_of({"P1": (250, 500)}), TOWN.drop(columns="name"))
    assert drafts.grids["name"].tolist() == ["P1", "V2"]


def test_points_outside_and_points_at_one_place_are_left_out() -> None:
    places = {"P3": (250, 500), "P1": (250, 500.001), "P2": (750, 500), "P9": (5_000, 5_000), "P4": (250, 500.009)}
    points = points_of(places).set_index(np.array([10, 11, 12, 13, 14]))
    drafts = draft_grids(points, TOWN)
    assert drafts.grids["point_id"].dropna().tolist() == ["P1", "P2"]
    left = drafts.left_out
    assert left.index.tolist() == [10, 13, 14]
    assert left["point_id"].tolist() == ["P3", "P9", "P4"]
    assert left["reason_en"].tolist() == [
        "at the same place as P1; merged with it",
        "in no area",
        "at the same place as P1; merged with it",
    ]
    assert left["reason_zh"].tolist()[1] == "不在任何区域内"
    assert left.crs.to_epsg() == 4326


def test_points_without_a_position_are_left_out() -> None:
    points = points_of({"P1": (250, 500), "P2": (0, 0)})
    points.loc[1, "geometry"] = None
    assert draft_grids(points, TOWN).left_out["point_id"].tolist() == ["P2"]


def test_same_place_in_two_areas_is_two_places() -> None:
    points = points_of({"P1": (999.999, 500), "P2": (1_000.001, 500)})
    drafts = draft_grids(points, TOWN)
    assert drafts.grids["parent_id"].tolist() == ["V1", "V2"]
    assert drafts.left_out.empty


def test_point_on_a_border_goes_to_its_parent_else_to_the_smallest_area() -> None:
    border = {"P1": (1_000, 500)}
    assert draft_grids(points_of(border), TOWN).areas_without_points == ("V2",)
    assert draft_grids(points_of(border, parent_id=["V2"]), TOWN).areas_without_points == ("V1",)
    assert draft_grids(points_of(border, parent_id=["V3"]), TOWN).areas_without_points == ("V2",)
    inside = points_of({"P1": (500, 500)}, parent_id=["V2"])
    assert draft_grids(inside, TOWN).areas_without_points == ("V2",)  # where it lies is what counts


def test_part_cut_off_goes_to_the_neighbour_with_the_longest_border() -> None:
    """A horseshoe: the tip of the right arm is nearest to the point of the left arm, but cannot be reached from there.

    ::

        P1 . | | tip     P1 is 240 m from the tip, P2 (bottom right) 1 km
             | |
        -----+-+ P2
    """
    shoe = Polygon([(0, 0), (1_000, 0), (1_000, 1_000), (600, 1_000), (600, 100), (400, 100), (400, 1_000), (0, 1_000)])
    points = points_of({"P1": (390, 900), "P2": (990, 50)})
    grids = measured(draft_grids(points, areas_of({"V": shoe})))
    assert grids.geom_type.tolist() == ["Polygon", "Polygon"]
    assert grids.geometry[1].contains(Point(610, 990))
    assert same(grids.geometry.union_all(), shoe)


def test_island_without_a_point_goes_whole_to_one_grid() -> None:
    """Both cells reach over to the island; the smaller piece joins the larger, which has no neighbour to go to."""
    land = MultiPolygon([box(0, 0, 1_000, 500), box(300, 600, 800, 700)])
    grids = measured(draft_grids(points_of({"P1": (250, 250), "P2": (750, 250)}), areas_of({"V": land})))
    assert sorted(grids.geom_type) == ["MultiPolygon", "Polygon"]
    assert same(grids.geometry[1], MultiPolygon([box(500, 0, 1_000, 500), box(300, 600, 800, 700)]))


def test_bare_area_in_two_parts_is_one_grid() -> None:
    land = MultiPolygon([box(0, 0, 100, 100), box(200, 0, 300, 100)])
    grids = measured(draft_grids(points_of({}), areas_of({"V": land})))
    assert grids.geom_type.tolist() == ["MultiPolygon"]


def test_overlapping_areas_share_no_land() -> None:
    """A lies over the west of B, and C within both: land goes to the smallest area_id, so C has none, and P2 of B only a rest."""
    areas = areas_of({"A": box(0, 0, 600, 1_000), "B": box(0, 0, 1_000, 1_000), "C": box(200, 200, 300, 300)})
    points = points_of({"P1": (300, 900), "P2": (500, 300), "P3": (900, 500)}, parent_id=["A", "B", "B"])
    drafts = draft_grids(points, areas)
    grids = measured(drafts)
    assert grids[["parent_id", "point_id"]].to_numpy().tolist() == [["A", "P1"], ["B", "P2"], ["B", "P3"]]
    assert same(grids.geometry[0], box(0, 0, 600, 1_000))
    assert same(grids.geometry.union_all(), box(0, 0, 1_000, 1_000))
    assert drafts.areas_without_points == ("C",)


def test_point_whose_land_belongs_to_an_overlapping_area_is_left_out() -> None:
    areas = areas_of({"A": box(0, 0, 1_000, 1_000), "B": box(0, 0, 1_000, 1_000)})
    drafts = draft_grids(points_of({"P1": (300, 500), "P2": (700, 500)}, parent_id=["A", "B"]), areas)
    assert drafts.grids["point_id"].tolist() == ["P1"]
    assert drafts.left_out["reason_en"].tolist() == ["its land belongs to another area that overlaps"]


def test_borders_that_differ_a_little_leave_nothing_between() -> None:
    """V2 draws the common border of 1 km with a vertex that is 0.2 mm off, and another 0.2 mm inside V1."""
    west = Polygon([(0, 0), (1_000, 0), (1_000, 1_000), (0, 1_000)])
    east = Polygon([(1_000, 0), (2_000, 0), (2_000, 1_000), (1_000, 1_000), (1_000.0002, 700), (999.9998, 300)])
    grids = measured(
        draft_grids(points_of({"P1": (900, 300), "P2": (900, 700), "P3": (1_500, 500)}), areas_of({"V1": west, "V2": east}))
    )
    assert grids.geom_type.tolist() == ["Polygon"] * 3
    assert len(check_tiling(grids).defects) == 0
    assert same(grids.geometry.union_all(), west.union(east))


def test_invalid_area_is_mended() -> None:
    bowtie = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    assert measured(draft_grids(points_of({}), areas_of({"V": bowtie}))).area.tolist() == pytest.approx([5_000], abs=0.1)


def test_arguments_are_left_alone() -> None:
    points, areas = points_of({"P1": (250, 500), "P2": (750, 500)}), TOWN.copy()
    before = points.copy(), areas.copy()
    draft_grids(points, areas)
    assert points.equals(before[0])
    assert areas.equals(before[1])


def test_row_order_does_not_matter() -> None:
    points = points_of({f"P{i}": (97 * i % 1_900, 53 * i % 990) for i in range(1, 12)})
    one = draft_grids(points, TOWN).grids
    other = draft_grids(points.sample(frac=1, random_state=2), TOWN.iloc[::-1]).grids
    assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
    for first, second in zip(
        measured(draft_grids(points, TOWN)).geometry, project(other, one.estimate_utm_crs()).geometry, strict=True
    ):
        assert first.area == pytest.approx(second.area, rel=1e-3)


@pytest.mark.parametrize(
    ("points", "areas", "error", "message"),
    [
        (points_of({"P1": (1, 1)}), TOWN.iloc[:0], InputError, "there is no area to draw grids in"),
        (points_of({"P1": (1, 1)}), TOWN.drop(columns="area_id"), InputError, "column area_id is missing"),
        (points_of({"P1": (1, 1)}).drop(columns="point_id"), TOWN, InputError, "column point_id is missing"),
        (points_of({"P1": (1, 1), "P2": (2, 2)}, name="x").assign(point_id="P1"), TOWN, InputError, "1 ids are repeated .P1."),
        (points_of({"P1": (1, 1)}).set_crs(None, allow_override=True), TOWN, CrsError, "declares no CRS"),
        (points_of({"P1": (1, 1)}), TOWN.set_crs(None, allow_override=True), CrsError, "declares no CRS"),
    ],
)
def test_unusable_input(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        draft_grids(points, areas)
    assert caught.value.say("zh")  # type: ignore[attr-defined]


PLACES = st.lists(st.tuples(st.integers(1, 999), st.integers(1, 999)), min_size=1, max_size=12, unique=True)


@settings(max_examples=20, deadline=None)
@given(PLACES, st.integers(0, 10**6))
def test_every_place_belongs_to_the_nearest_point(places: list[tuple[int, int]], seed: int) -> None:
    """The oracle: the distance to each point, one by one (a lattice makes many of them equal; the border is left out)."""
    drafts = draft_grids(
        points_of({f"P{i:02}": place for i, place in enumerate(places)}), areas_of({"V": box(0, 0, 1_000, 1_000)})
    )
    grids = measured(drafts)
    assert len(grids) == len(places)
    assert grids.area.sum() == pytest.approx(1_000_000, abs=1)
    seeds = np.array([places[int(name[1:])] for name in grids["point_id"]])
    for spot in np.random.default_rng(seed).uniform(0, 1_000, (30, 2)):
        distances = np.hypot(*(seeds - spot).T)
        first, *others = np.sort(distances)
        if not others or others[0] - first > 0.001:
            assert grids.geometry[int(distances.argmin())].distance(Point(spot)) < 0.001


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1_000), st.floats(0, 1_000)), max_size=15), st.integers(0, 10**6))
def test_drafts_always_tile_their_areas(places: list[tuple[float, float]], seed: int) -> None:
    """Nine villages of a bent lattice, their borders drawn with vertices of their own, and points anywhere."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 1_000, 4), np.linspace(0, 1_000, 4))
    x[1:-1, 1:-1] += random.uniform(-120, 120, (2, 2))
    y[1:-1, 1:-1] += random.uniform(-120, 120, (2, 2))

    def edge(start: Any, end: Any) -> Any:
        return start + (end - start) * np.sort([0, *random.uniform(0, 1, random.integers(0, 5))])[:, None]

    corners = np.dstack([x, y])
    villages = {}
    for i in range(9):
        row, column = divmod(i, 3)
        ring = [corners[row + a, column + b] for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))]
        villages[f"V{i}"] = Polygon(np.vstack([edge(ring[k], ring[(k + 1) % 4]) for k in range(4)]))
    areas = to_wgs84(areas_of(villages))
    drafts = draft_grids(points_of({f"P{i:02}": place for i, place in enumerate(places)}), areas)
    grids = measured(drafts)
    town = project(areas, projected_crs(areas))
    direct = town.geometry.union_all().area
    assert grids.area.sum() == pytest.approx(direct, abs=0.01)
    assert set(grids["parent_id"]) == set(villages)
    assert len(drafts.left_out) + grids["point_id"].notna().sum() == len(places)
    town = town.set_geometry(town.translate(-X0, -Y0))
    assert check_tiling(grids, town).defects["kind"].tolist() == []


@pytest.mark.parametrize("digits", [15, 9, 7])
def test_guixi_drafts_survive_a_file(real_data: Path, tmp_path: Path, digits: int) -> None:
    """What ``draft-grids`` writes and ``check`` reads again has no defect, even with coordinates rounded to a centimetre."""
    areas = gpd.read_file(real_data / "guixi" / "townships.geojson").rename(columns={"code": "area_id"})
    points = gpd.read_file(real_data / "guixi" / "communities.geojson").assign(point_id=lambda part: part["osm_id"].astype(str))
    drafts = draft_grids(points, areas)
    assert len(drafts.grids) == 20
    assert drafts.left_out.empty
    assert drafts.areas_without_points == ()
    crs = projected_crs(areas)
    town, exact = project(areas, crs), project(drafts.grids, crs)
    assert shapely.coverage_is_valid(exact.geometry.to_numpy())
    assert set(exact.geom_type) == {"Polygon"}
    direct = town.geometry.union_all().area
    assert shapely.union_all(exact.geometry.to_numpy()).area == pytest.approx(direct, abs=0.01)
    assert exact.area.sum() == pytest.approx(direct, abs=0.01)
    drafts.grids.to_file(tmp_path / "drafts.geojson", driver="GeoJSON", COORDINATE_PRECISION=digits)
    again = project(gpd.read_file(tmp_path / "drafts.geojson"), crs)
    for grids in (again, again.drop(columns="parent_id")):
        assert check_tiling(grids, town).defects["kind"].tolist() == []
    assert check_tiling(again).defects["kind"].tolist() == []
