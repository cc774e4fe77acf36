"""Points into grids, against a loop over all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Voronoi

from geogrid import lattice
from geogrid.assign import assign
from geogrid.errors import CrsError, InputError
from geogrid.lattice import touching
from tests.builders import block, frame

if TYPE_CHECKING:
    from geogrid.results import Assignment

CRS = 4548


def homes_at(xy: Any, **columns: Any) -> gpd.GeoDataFrame:
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=CRS)


def grids_of(**geometry: shapely.Geometry | None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"grid_id": list(geometry)}, geometry=list(geometry.values()), crs=CRS)


def answers(result: Assignment) -> list[str | None]:
    return [value or None for value in result.grid_id.fillna("")]


def by_pairs(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> tuple[list[str | None], list[bool]]:
    """Slow oracle: ask every grid about every point."""
    first: list[str | None] = []
    several: list[bool] = []
    for point in points.geometry:
        touched = sorted(g for g, polygon in zip(grids["grid_id"], grids.geometry, strict=True) if polygon.intersects(point))
        first.append(touched[0] if touched else None)
        several.append(len(touched) > 1)
    return first, several


def rough_tiling(count: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Tile the unit square times 1,000 with cells whose borders zigzag, the same zigzag on both sides."""
    seeds = rng.uniform(0, 1000, (count, 2))
    mirrored = [np.where([axis == 0, axis == 1], 2 * edge - seeds, seeds) for axis in (0, 1) for edge in (0.0, 1000.0)]
    diagram = Voronoi(np.vstack([seeds, *mirrored]))
    lines = []
    for ends, sides in zip(diagram.ridge_vertices, diagram.ridge_points, strict=True):
        if min(sides) < count and -1 not in ends:
            line = diagram.vertices[ends][[0, 0, 1]]
            line[1] = line[[0, 2]].mean(axis=0) + rng.normal(0, 3, 2)
            lines.append(shapely.LineString(line))
    cells: npt.NDArray[np.object_] = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    return cells


def test_a_point_belongs_to_the_grid_it_lies_in() -> None:
    """Two blocks side by side, 100 m each; homes in each, and one east of both."""
    grids = frame([{"grid_id": "A", "geometry": block(0, 0, 100, 100)}, {"grid_id": "B", "geometry": block(100, 0, 200, 100)}])
    homes = gpd.GeoDataFrame(geometry=[block(x, 49, x + 2, 51).centroid for x in (49, 149, 249)], crs=grids.crs, index=[7, 3, 5])
    result = assign(homes, grids)
    assert answers(result) == ["A", "B", None]
    assert result.grid_id.index.tolist() == result.on_border.index.tolist() == [7, 3, 5]
    assert result.grid_id.dtype == "str"
    assert not result.on_border.any()
    assert result.disagreements.empty
    assert result.disagreements.columns.tolist() == ["claimed", "computed"]


def test_a_border_goes_to_the_smallest_id_as_text_whatever_the_order() -> None:
    grids = grids_of(**{"9": shapely.box(0, 0, 10, 10), "10": shapely.box(10, 0, 20, 10), "B": shapely.box(0, 10, 20, 20)})
    homes = homes_at([[10, 5], [10, 10], [5, 10], [0, 0], [20, 20], [20, 25]])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        result = assign(homes, grids.iloc[order])
        assert answers(result) == ["10", "10", "9", "9", "B", None]
        assert result.on_border.tolist() == [True, True, True, False, False, False]


def test_numeric_ids_are_compared_as_text() -> None:
    grids = gpd.GeoDataFrame({"grid_id": [9, 10]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=CRS)
    assert answers(assign(homes_at([1, 0.5]), grids)) == ["10"]


def test_overlapping_grids_follow_the_same_rule() -> None:
    grids = grids_of(Z=shapely.box(0, 0, 10, 10), A=shapely.box(4, 4, 6, 6), M=shapely.box(0, 0, 10, 10))
    result = assign(homes_at([[5, 5], [1, 1]]), grids)
    assert answers(result) == ["A", "M"]
    assert result.on_border.tolist() == [True, True]


def test_cracks_of_rounding_leave_nobody_outside() -> None:
    """Neighbours along a slanted border, of which only the eastern one has the vertices in between."""
    start, end = np.array([0.1, 0.0]), np.array([333.3, 1000.0])
    between = start + (end - start) * np.linspace(0, 1, 38)[1:-1, None]
    west = shapely.Polygon([(-500, 0), start, end, (-500, 1000)])
    east = shapely.Polygon([(900, 0), start, *between, end, (900, 1000)])
    along = start + (end - start) * np.linspace(0.001, 0.999, 5000)[:, None]
    assert shapely.union(west, east).area != pytest.approx(0)
    bare = touching(along.T, np.array([west, east]), tolerance=0.0)
    result = assign(homes_at(along), grids_of(A=west, B=east))
    assert (bare.first < 0).any(), "the test needs points in cracks"
    assert result.grid_id.notna().all()
    assert (result.grid_id[bare.first < 0] == "A").all()
    assert result.on_border[bare.first < 0].all()


def test_a_point_near_the_outer_border_counts_only_within_a_micrometre() -> None:
    result = assign(homes_at([[10 + 5e-7, 5], [10 + 5e-6, 5]]), grids_of(A=shapely.box(0, 0, 10, 10)))
    assert answers(result) == ["A", None]
    assert result.on_border.tolist() == [False, False]


def test_degrees_have_a_tolerance_of_their_own() -> None:
    grids = gpd.GeoDataFrame({"grid_id": ["A"]}, geometry=[shapely.box(117, 28, 118, 29)], crs=4326)
    homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([118 + 5e-12, 118 + 1e-6], [28.5, 28.5]), crs=4326)
    assert answers(assign(homes, grids)) == ["A", None]


def test_holes_and_parts() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    parts = shapely.MultiPolygon([shapely.box(20, 0, 30, 10), shapely.box(40, 0, 50, 10)])
    result = assign(homes_at([[5, 5], [4, 5], [1, 1], [25, 5], [35, 5], [45, 5]]), grids_of(A=ring, B=parts))
    assert answers(result) == [None, "A", "A", "B", None, "B"]


def test_claimed_grids_that_differ_are_listed() -> None:
    grids = grids_of(A=shapely.box(0, 0, 10, 10), B=shapely.box(10, 0, 20, 10))
    homes = homes_at([[5, 5], [5, 6], [15, 5], [99, 5], [5, 7]], grid_id=["A", "B", None, "B", "X"])
    listed = assign(homes.set_index(np.array([10, 11, 12, 13, 14])), grids).disagreements
    assert listed.index.tolist() == [11, 13, 14]
    assert listed["claimed"].tolist() == ["B", "B", "X"]
    assert listed["computed"].fillna("-").tolist() == ["A", "-", "A"]


def test_nothing_nowhere_and_no_grids() -> None:
    grids = grids_of(A=shapely.box(0, 0, 10, 10), B=None, C=shapely.Polygon())
    nowhere = gpd.GeoDataFrame(geometry=[None, shapely.Point(), shapely.Point(5, 5)], crs=CRS)
    assert answers(assign(nowhere, grids)) == [None, None, "A"]
    assert assign(homes_at([]), grids).grid_id.tolist() == []
    assert answers(assign(homes_at([5, 5]), grids.iloc[:0])) == [None]
    assert answers(assign(homes_at([5, 5]), grids.iloc[1:])) == [None]
    assert answers(assign(homes_at([[5, 5], [7, 5]]), grids_of(A=shapely.Polygon([(0, 5), (6, 5), (0, 5)])))) == ["A", None]


def test_arguments_are_left_as_they_were() -> None:
    grids, homes = grids_of(B=shapely.box(0, 0, 10, 10)), homes_at([5, 5], grid_id=["A"])
    before = grids.copy(), homes.copy()
    assign(homes, grids)
    assert grids.equals(before[0])
    assert homes.equals(before[1])
    assert not shapely.is_prepared(np.asarray(grids.geometry)).any()


@pytest.mark.parametrize(
    ("points", "grids", "error", "message"),
    [
        (homes_at([5, 5]).set_crs(None, allow_override=True), grids_of(A=shapely.box(0, 0, 1, 1)), CrsError, "no CRS"),
        (homes_at([5, 5]), grids_of(A=shapely.box(0, 0, 1, 1)).set_crs(None, allow_override=True), CrsError, "no CRS"),
        (homes_at([5, 5]), grids_of(A=shapely.box(0, 0, 1, 1)).set_crs(4547, allow_override=True), CrsError, "different CRS"),
        (
            homes_at([5, 5]),
            grids_of(A=shapely.LineString([(0, 0), (1, 1)])),
            InputError,
            "1 rows of the table of grids are LineString, expected Polygon / Multipolygon",
        ),
        (
            gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=CRS),
            grids_of(A=shapely.box(0, 0, 1, 1)),
            InputError,
            "1 rows of the table of points are Polygon, expected Point",
        ),
        (homes_at([5, 5]), grids_of(A=shapely.box(0, 0, 1, 1)).drop(columns="grid_id"), InputError, "no column grid_id"),
        (homes_at([5, 5]), grids_of(A=shapely.box(0, 0, 1, 1)).assign(grid_id=None), InputError, "1 grids have no grid_id"),
        (
            homes_at([5, 5]),
            grids_of(A=shapely.box(0, 0, 1, 1), B=shapely.box(1, 0, 2, 1)).assign(grid_id="A"),
            InputError,
            "grid_id A occurs more than once",
        ),
    ],
)
def test_tables_that_cannot_be_compared(
    points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, error: type[InputError], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        assign(points, grids)
    assert caught.value.say("zh") != caught.value.say("en")


small = st.integers(0, 8)
boxes = st.builds(lambda x, y, w, h: shapely.box(x, y, x + w, y + h), small, small, st.integers(1, 6), st.integers(1, 6))
triangles = (
    st.lists(st.tuples(small, small), min_size=3, max_size=3, unique=True)
    .map(shapely.Polygon)
    .filter(lambda triangle: triangle.area > 0)
)

in_parts = st.builds(shapely.union, boxes, triangles)
holed = st.builds(shapely.difference, boxes, triangles).filter(lambda rest: rest.area > 0)


@given(
    st.lists(st.one_of(boxes, triangles, in_parts, holed), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(-2, 30), st.integers(-2, 30)), min_size=1, max_size=120),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_any_polygons_as_by_all_pairs(polygons: list[shapely.Polygon], halves: list[tuple[int, int]], random: Any) -> None:
    """Shapes with parts and holes that may overlap; points on whole and half numbers, so on many borders."""
    names = [f"G{number}" for number in range(len(polygons))]
    random.shuffle(names)
    grids = grids_of(**dict(zip(names, polygons, strict=True)))
    homes = homes_at(np.array(halves) / 2)
    result = assign(homes, grids)
    assert (answers(result), result.on_border.tolist()) == by_pairs(homes, grids)


@given(st.integers(0, 10_000), st.integers(2, 25), st.integers(1, 400))
@settings(max_examples=25, deadline=None)
def test_rough_tilings_as_by_all_pairs(seed: int, cells: int, homes: int) -> None:
    rng = np.random.default_rng(seed)
    tiling = rough_tiling(cells, rng)
    grids = grids_of(**{f"G{number}": cell for number, cell in enumerate(tiling)})
    points = homes_at(np.vstack([rng.uniform(-50, 1050, (homes, 2)), shapely.get_coordinates(tiling)]))
    result = assign(points, grids)
    assert (answers(result), result.on_border.tolist()) == by_pairs(points, grids)
    shuffled = rng.permutation(len(points))
    again = assign(points.iloc[shuffled], grids.sample(frac=1, random_state=seed))
    assert again.grid_id.sort_index().equals(result.grid_id)


def test_the_lattice_settles_points_far_from_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points in the middle of two large blocks never reach the test of single points."""
    tested: list[int] = []
    each = lattice._touching_each

    def spy(xy: Any, *rest: Any) -> lattice.Touch:
        tested.append(xy.shape[1])
        return each(xy, *rest)

    monkeypatch.setattr(lattice, "_touching_each", spy)
    rng = np.random.default_rng(0)
    homes = homes_at(rng.uniform([0, 0], [200, 100], (10_000, 2)))
    result = assign(homes, grids_of(A=shapely.box(0, 0, 100, 100), B=shapely.box(100, 0, 200, 100)))
    assert (result.grid_id == np.where(homes.geometry.x < 100, "A", "B")).all()
    assert tested[0] < 1_000


def test_far_from_the_origin_and_in_degrees() -> None:
    """Large eastings (with the zone's number in front) and degrees keep every answer."""
    rng = np.random.default_rng(3)
    cells = rough_tiling(30, rng)
    xy = rng.uniform(0, 1000, (3_000, 2))
    expected = by_pairs(homes_at(xy), grids_of(**{f"G{n:02}": cell for n, cell in enumerate(cells)}))[0]
    for scale, shift in ((1.0, (39_500_000.0, 3_130_000.0)), (2.0**-17, (117.0, 28.0))):
        moved = shapely.transform(cells, lambda part, scale=scale, shift=shift: part * scale + shift)
        grids = grids_of(**{f"G{n:02}": cell for n, cell in enumerate(moved)})
        assert answers(assign(homes_at(xy * scale + shift), grids)) == expected
