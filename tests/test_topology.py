"""The tiling check finds every defect that is there, and none that is not."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geogrid.crs import project, projected_crs
from geogrid.errors import CrsError, InputError
from geogrid.topology import KINDS, check_tiling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CRS = 4548
Cell = tuple[int, int]


def frame(shapes: Mapping[str, Any], parents: Mapping[str, str] | None = None) -> gpd.GeoDataFrame:
    columns = {"grid_id": list(shapes)} | ({} if parents is None else {"parent_id": [parents.get(key) for key in shapes]})
    return gpd.GeoDataFrame(columns, geometry=list(shapes.values()), crs=CRS)


def areas_of(shapes: Mapping[str, Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"area_id": list(shapes)}, geometry=list(shapes.values()), crs=CRS)


def rows(defects: gpd.GeoDataFrame) -> list[list[Any]]:
    return [list(row) for row in defects[["kind", "grid_ids", "area_id", "area_m2", "width_m"]].itertuples(index=False)]


# A town of four squares of 100 m:
#
#   C D
#   A B
SQUARES = {"A": box(0, 0, 100, 100), "B": box(100, 0, 200, 100), "C": box(0, 100, 100, 200), "D": box(100, 100, 200, 200)}
TOWN = areas_of({"T": box(0, 0, 200, 200)})


def test_clean_town_has_no_defects() -> None:
    tiling = check_tiling(frame(SQUARES), TOWN)
    assert rows(tiling.defects) == []
    assert (tiling.grids, tiling.area_m2) == (4, 40_000)
    assert list(tiling.defects) == ["defect_id", "kind", "grid_ids", "area_id", "area_m2", "width_m", "geometry"]
    assert tiling.defects.crs == frame(SQUARES).crs


def test_hole_in_an_area() -> None:
    town = frame(SQUARES | {"D": box(100, 120, 200, 200)}, dict.fromkeys(SQUARES, "T"))
    defects = check_tiling(town, TOWN).defects
    assert rows(defects) == [["hole", ("A", "B", "C", "D"), "T", 2_000.0, 20.0]]
    assert defects.geometry[0].equals(box(100, 100, 200, 120))
    assert defects["defect_id"].tolist() == ["hole-1"]


def test_hole_without_areas_is_enclosed() -> None:
    ring = {key: shape.difference(box(90, 90, 110, 110)) for key, shape in SQUARES.items()}
    assert rows(check_tiling(frame(ring)).defects) == [["hole", ("A", "B", "C", "D"), "", 400.0, 20.0]]
    open_corner = frame(SQUARES | {"D": box(100, 120, 200, 200)})
    assert rows(check_tiling(open_corner).defects) == []


def test_hole_without_areas_is_found_though_a_crack_leads_outside() -> None:
    """B has moved 1 nm away from A, and a notch in the border of both is open to the outside by that crack."""
    notch = box(95, 40, 105, 60)
    parts = frame(
        {
            "A": SQUARES["A"].difference(notch),
            "B": shapely.transform(SQUARES["B"], lambda xy: xy + np.array([1e-9, 0])).difference(notch),
        }
    )
    assert rows(check_tiling(parts).defects) == [["hole", ("A", "B"), "", pytest.approx(200), 10.0]]


def test_overlap_of_three_grids_is_three_pairs() -> None:
    three = frame({"A": box(0, 0, 10, 10), "B": box(6, 0, 16, 10), "C": box(8, 0, 18, 10)})
    assert rows(check_tiling(three).defects) == [
        ["overlap", ("B", "C"), "", 80.0, 8.0],
        ["overlap", ("A", "B"), "", 40.0, 4.0],
        ["overlap", ("A", "C"), "", 20.0, 2.0],
    ]


@pytest.mark.parametrize(("width_m", "kinds"), [(0.009, []), (0.01, ["sliver"]), (0.999, ["sliver"]), (1.0, ["overlap"])])
def test_width_decides_between_nothing_sliver_and_overlap(width_m: float, kinds: list[str]) -> None:
    defects = check_tiling(frame({"A": box(0, 0, 10 + width_m, 3_000), "B": box(10, 0, 20, 3_000)})).defects
    assert defects["kind"].tolist() == kinds
    assert defects["width_m"].tolist() == pytest.approx([width_m] * len(kinds), abs=1e-9)


@pytest.mark.parametrize(("width_m", "kinds"), [(0.009, []), (0.01, ["sliver"]), (1.0, ["hole"])])
def test_width_decides_between_nothing_sliver_and_hole(width_m: float, kinds: list[str]) -> None:
    town = frame({"A": box(0, 0, 10 - width_m, 3_000), "B": box(10, 0, 20, 3_000)})
    assert check_tiling(town, areas_of({"T": box(0, 0, 20, 3_000)})).defects["kind"].tolist() == kinds


def test_part_outside_the_parent() -> None:
    """A reaches 5 m over the town's border and 0.5 m into village 2; both are outside its parent, village 1."""
    villages = areas_of({"V1": box(0, 0, 100, 200), "V2": box(100, 0, 200, 200)})
    town = frame(SQUARES | {"A": box(-5, 0, 100.5, 100)}, {"A": "V1", "C": "V1", "B": "V2", "D": "V2"})
    assert rows(check_tiling(town, villages).defects) == [
        ["sliver", ("A", "B"), "", 50.0, 0.5],
        ["outside_parent", ("A",), "V1", 500.0, 5.0],
        ["outside_parent", ("A",), "V1", 50.0, 0.5],
    ]


def test_grid_without_a_known_parent_must_lie_in_all_areas_together() -> None:
    villages = areas_of({"V1": box(0, 0, 100, 200), "V2": box(100, 0, 200, 200)})
    middle = {"A": box(0, 0, 150, 200), "B": box(150, 0, 201, 200)}
    assert rows(check_tiling(frame(middle), villages).defects) == [["outside_parent", ("B",), "", 200.0, 1.0]]
    mixed = frame(middle, {"A": "elsewhere", "B": "V2"})
    assert rows(check_tiling(mixed, villages).defects) == [["outside_parent", ("B",), "V2", 200.0, 1.0]]


def test_hole_across_two_areas_is_one_unless_grids_name_their_parents() -> None:
    villages = areas_of({"V1": box(0, 0, 100, 100), "V2": box(100, 0, 200, 100)})
    apart = {"A": box(0, 0, 90, 100), "B": box(120, 0, 200, 100)}
    assert rows(check_tiling(frame(apart), villages).defects) == [["hole", ("A", "B"), "", 3_000.0, 30.0]]
    named = frame(apart, {"A": "V1", "B": "V2"})
    assert rows(check_tiling(named, villages).defects) == [
        ["hole", ("B",), "V2", 2_000.0, 20.0],
        ["hole", ("A",), "V1", 1_000.0, 10.0],
    ]


def test_hole_of_a_village_is_not_found_again_in_its_township() -> None:
    """The township holds two villages and a strip that belongs to none; village V2 has no grid at all."""
    levels = areas_of({"T": box(0, 0, 230, 100), "V1": box(0, 0, 100, 100), "V2": box(100, 0, 200, 100)})
    grids = frame({"A": box(0, 0, 100, 90)}, {"A": "V1"})
    assert rows(check_tiling(grids, levels).defects) == [
        ["hole", ("A",), "V2", 10_000.0, 100.0],
        ["hole", (), "T", 3_000.0, 30.0],
        ["hole", ("A",), "V1", 1_000.0, 10.0],
    ]


def test_multi_part_grid_names_the_detached_parts() -> None:
    split = MultiPolygon([box(0, 0, 100, 100), box(150, 0, 160, 30), box(200, 0, 204, 4), box(300, 0, 300.001, 50)])
    defects = check_tiling(frame({"A": split})).defects
    assert rows(defects) == [["multi_part", ("A",), "", 316.0, 10.0]]
    assert defects.geometry[0].equals(MultiPolygon([box(150, 0, 160, 30), box(200, 0, 204, 4)]))
    crumb = MultiPolygon([box(0, 0, 100, 100), box(300, 0, 300.001, 50)])
    assert rows(check_tiling(frame({"A": crumb})).defects) == []


def test_invalid_grids_are_mended_and_reported() -> None:
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    found = check_tiling(frame({"bow": bowtie, "none": None, "empty": Polygon(), "line": LineString([(0, 0), (5, 5)])})).defects
    assert rows(found[found["kind"] == "invalid"]) == [
        ["invalid", ("bow",), "", 50.0, pytest.approx(4.142, rel=0.003)],
        ["invalid", ("empty",), "", 0.0, 0.0],
        ["invalid", ("line",), "", 0.0, 0.0],
        ["invalid", ("none",), "", 0.0, 0.0],
    ]
    assert rows(found[found["kind"] != "invalid"]) == [["multi_part", ("bow",), "", 25.0, pytest.approx(4.142, rel=0.003)]]


def test_polygons_in_a_collection_are_used() -> None:
    mixed = shapely.GeometryCollection([box(0, 0, 10, 10), LineString([(0, 0), (20, 20)])])
    tiling = check_tiling(frame({"A": mixed, "B": box(10, 0, 20, 10)}))
    assert rows(tiling.defects) == [["invalid", ("A",), "", 100.0, 10.0]]
    assert tiling.area_m2 == 200


def test_crossing_zigzag_does_not_hang() -> None:
    """A star of 400 points that crosses itself some ten thousand times."""
    angle = np.arange(400) * np.pi * 0.995
    star = Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * 1_000)
    start = time.process_time()
    defects = check_tiling(frame({"A": star})).defects
    assert rows(defects) == [["invalid", ("A",), "", 0.0, 0.0]]
    assert defects.total_bounds.tolist() == pytest.approx(list(star.bounds))
    assert time.process_time() - start < 10


def test_one_grid_and_no_grid() -> None:
    assert rows(check_tiling(frame({"A": box(0, 0, 1, 1)})).defects) == []
    nothing = frame({}).set_geometry(gpd.GeoSeries([], crs=CRS))
    assert rows(check_tiling(nothing, TOWN).defects) == [["hole", (), "T", 40_000.0, 200.0]]
    assert rows(check_tiling(nothing).defects) == []


def test_empty_areas_are_no_areas() -> None:
    assert rows(check_tiling(frame(SQUARES), TOWN.iloc[:0]).defects) == []


def test_same_grid_twice_under_two_ids() -> None:
    assert rows(check_tiling(frame({"A": box(0, 0, 10, 10), "B": box(0, 0, 10, 10)})).defects) == [
        ["overlap", ("A", "B"), "", 100.0, 10.0]
    ]


def test_arguments_are_left_alone() -> None:
    grids, areas = frame(SQUARES, dict.fromkeys(SQUARES, "T")), TOWN.copy()
    before = grids.copy(), areas.copy()
    check_tiling(grids, areas)
    assert grids.equals(before[0])
    assert areas.equals(before[1])


@pytest.mark.parametrize(
    ("grids", "areas", "error", "message"),
    [
        (frame(SQUARES).to_crs(4326), None, CrsError, "WGS 84 .EPSG:4326. is not in metres"),
        (frame(SQUARES).to_crs(4326), TOWN.to_crs(4326), CrsError, "is not in metres"),
        (frame(SQUARES), TOWN.to_crs(4547), CrsError, "different CRS: CGCS2000 .*4548.* and .*4547"),
        (frame(SQUARES).set_crs(None, allow_override=True), None, CrsError, "declares no CRS"),
        (frame(SQUARES).drop(columns="grid_id"), None, InputError, "column grid_id is missing"),
        (
            frame(SQUARES).assign(grid_id=["A", "A", None, "D"]),
            None,
            InputError,
            "grid_id is empty in 1 rows and 1 ids are repeated .A.",
        ),
        (frame(SQUARES), TOWN.drop(columns="area_id"), InputError, "column area_id is missing"),
    ],
)
def test_unusable_input(grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check_tiling(grids, areas)


@pytest.mark.parametrize("widths", [(0.0, 1.0), (2.0, 1.0), (0.01, float("inf")), (float("nan"), 1.0)])
def test_widths_must_make_sense(widths: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="0 < defect width <= sliver width is needed") as caught:
        check_tiling(frame(SQUARES), defect_width_m=widths[0], sliver_width_m=widths[1])
    assert "应满足" in caught.value.say("zh")


# The oracle: land is a set of unit squares, so an overlap is an intersection of sets and its pieces are found by walking.


def components(cells: Iterable[Cell]) -> list[frozenset[Cell]]:
    """Split cells into pieces joined by sides."""
    left, pieces = set(cells), []
    while left:
        queue = [left.pop()]
        piece = set(queue)
        while queue:
            x, y = queue.pop()
            near = {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)} & left
            left -= near
            piece |= near
            queue += near
        pieces.append(frozenset(piece))
    return pieces


def expected(grids: Mapping[str, frozenset[Cell]], land: frozenset[Cell]) -> list[tuple[str, tuple[str, ...], frozenset[Cell]]]:
    found: list[tuple[str, tuple[str, ...], frozenset[Cell]]] = []
    covered: frozenset[Cell] = frozenset().union(*grids.values())
    for one, other in itertools.combinations(sorted(grids), 2):
        found += [("overlap", (one, other), piece) for piece in components(grids[one] & grids[other])]
    for name, cells in grids.items():
        found += [("outside_parent", (name,), piece) for piece in components(cells - land)]
        parts = sorted(components(cells), key=len)
        if len(parts) > 1:
            found.append(("multi_part", (name,), frozenset().union(*parts[:-1])))
    return found + [("hole", (), piece) for piece in components(land - covered)]


def shape_of(cells: Iterable[Cell]) -> Any:
    return shapely.union_all([box(x, y, x + 1, y + 1) for x, y in sorted(cells)])


def rectangle(corners: tuple[int, int, int, int]) -> frozenset[Cell]:
    x, y, width, height = corners
    return frozenset((i, j) for i in range(x, x + width) for j in range(y, y + height))


RECTANGLES = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 4), st.integers(1, 4)).map(rectangle)
BLOTS = st.lists(RECTANGLES, min_size=1, max_size=3).map(lambda parts: frozenset().union(*parts))
LAND = rectangle((1, 1, 7, 7))


EVERYWHERE = sorted((x, y) for x in range(-1, 12) for y in range(-1, 12))
MIDDLES = shapely.points(np.array(EVERYWHERE) + 0.5)


def cells_of(shape: Any) -> frozenset[Cell]:
    cells = frozenset(itertools.compress(EVERYWHERE, shapely.contains(shape, MIDDLES)))
    assert shape.area == pytest.approx(len(cells), abs=1e-6)
    return cells


@settings(max_examples=50, deadline=None)
@given(st.lists(BLOTS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_defects_equal_those_of_sets_of_unit_squares(blots: list[frozenset[Cell]], shuffler: Any) -> None:
    grids = {f"G{i}": cells for i, cells in enumerate(blots)}
    order = list(grids)
    shuffler.shuffle(order)
    tiling = check_tiling(frame({name: shape_of(grids[name]) for name in order}), areas_of({"T": shape_of(LAND)}))
    columns = zip(tiling.defects["kind"], tiling.defects["grid_ids"], tiling.defects.geometry, strict=True)
    found = [(kind, () if kind == "hole" else ids, cells_of(shape)) for kind, ids, shape in columns]
    wanted = expected(grids, LAND)
    # Which of two equally large parts is the detached one is anyone's choice, so parts are compared by size.
    assert Counter(item for item in found if item[0] != "multi_part") == Counter(
        item for item in wanted if item[0] != "multi_part"
    )
    assert Counter((ids, len(cells)) for kind, ids, cells in found if kind == "multi_part") == Counter(
        (ids, len(cells)) for kind, ids, cells in wanted if kind == "multi_part"
    )
    assert tiling.area_m2 == pytest.approx(len(frozenset().union(*blots)))


@settings(max_examples=30, deadline=None)
@given(st.lists(BLOTS, min_size=1, max_size=5))
def test_enclosed_holes_equal_those_of_sets_of_unit_squares(blots: list[frozenset[Cell]]) -> None:
    covered: frozenset[Cell] = frozenset().union(*blots)
    outside = next(piece for piece in components(set(EVERYWHERE) - covered) if (-1, -1) in piece)
    wanted = components(set(EVERYWHERE) - covered - outside)
    defects = check_tiling(frame({f"G{i}": shape_of(cells) for i, cells in enumerate(blots)})).defects
    assert Counter(cells_of(shape) for shape in defects.geometry[defects["kind"] == "hole"]) == Counter(wanted)


# A clean tiling of a bent lattice, in degrees, where every grid draws the border with vertices of its own.


def lattice(size: int, seed: int, vertices: int = 12) -> gpd.GeoDataFrame:
    """Return size x size quadrilaterals of about 300 m; each edge has up to ``vertices`` - 1 vertices, rounded to 1 mm."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(size + 1.0), np.arange(size + 1.0))
    x[1:-1, 1:-1] += random.uniform(-0.3, 0.3, (size - 1, size - 1))
    y[1:-1, 1:-1] += random.uniform(-0.3, 0.3, (size - 1, size - 1))
    corners = np.dstack([117.2 + 0.003 * x, 28.2 + 0.003 * y])

    def edge(start: Any, end: Any) -> Any:
        shares = np.sort(random.uniform(0, 1, random.integers(0, vertices)))
        return np.vstack([start, np.round(start + (end - start) * shares[:, None], 8)])

    shapes = {}
    for i, j in itertools.product(range(size), repeat=2):
        ring = [corners[i, j], corners[i, j + 1], corners[i + 1, j + 1], corners[i + 1, j]]
        shapes[f"G{i:02}{j:02}"] = Polygon(np.vstack([edge(ring[k], ring[(k + 1) % 4]) for k in range(4)]))
    return gpd.GeoDataFrame({"grid_id": list(shapes), "parent_id": "T"}, geometry=list(shapes.values()), crs=4326)


def lattice_town(size: int) -> gpd.GeoDataFrame:
    side = 0.003 * size
    return gpd.GeoDataFrame({"area_id": ["T"]}, geometry=[box(117.2, 28.2, 117.2 + side, 28.2 + side)], crs=4326)


def projected(*frames: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, ...]:
    return tuple(project(each, projected_crs(frames[0])) for each in frames)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 3, 30]))
def test_shared_borders_with_different_vertices_are_clean(seed: int, vertices: int) -> None:
    grids, town = projected(lattice(4, seed, vertices), lattice_town(4))
    assert rows(check_tiling(grids, town).defects) == []
    assert rows(check_tiling(grids).defects) == []


def test_border_of_twenty_kilometres_with_and_without_vertices_is_clean() -> None:
    """South has two corners on a parallel of 17 km where north has a vertex every 400 m: metres apart were it not densified."""
    step = np.linspace(117.0, 117.2, 41)
    north = Polygon([*zip(step, np.full(41, 40.0), strict=True), (117.2, 40.1), (117.0, 40.1)])
    grids = gpd.GeoDataFrame({"grid_id": ["N", "S"]}, geometry=[north, box(117.0, 39.9, 117.2, 40.0)], crs=4326)
    (table,) = projected(grids)
    assert rows(check_tiling(table).defects) == []
    assert rows(check_tiling(grids.to_crs(table.crs)).defects)[0][:2] == ["overlap", ("N", "S")]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 15), st.floats(0.05, 40))
def test_planted_defects_are_found_and_nothing_else(seed: int, victim: int, shift_m: float) -> None:
    grids, town = projected(lattice(4, seed), lattice_town(4))
    removed = check_tiling(grids.drop(index=victim), town).defects
    assert removed["kind"].tolist() == ["hole"]
    assert removed["area_m2"][0] == pytest.approx(grids.area[victim], rel=1e-4)
    shape = grids.geometry[victim]
    wider = grids.copy()
    wider.loc[victim, "geometry"] = shape.buffer(shift_m, join_style="mitre")
    found = check_tiling(wider, town).defects
    for other in grids.index[grids.index != victim]:
        both = wider.geometry[victim].intersection(grids.geometry[other]).area
        pair = tuple(sorted(grids["grid_id"][[victim, other]]))
        measured = found.loc[(found["grid_ids"] == pair) & found["kind"].isin(["overlap", "sliver"]), "area_m2"].sum()
        assert measured == pytest.approx(both, rel=0.02, abs=0.02)
    assert set(found["kind"]) <= {"overlap", "sliver", "outside_parent"}


def test_row_order_and_index_do_not_matter() -> None:
    grids, town = projected(lattice(4, 1), lattice_town(4))
    bad = grids.copy()
    bad.loc[[3, 9], "geometry"] = grids.geometry[[3, 9]].translate(2, 1)
    bad = bad.drop(index=5)
    shuffled = bad.sample(frac=1, random_state=3).set_index(np.arange(100, 115))
    one, other = check_tiling(bad, town).defects, check_tiling(shuffled, town).defects
    assert set(one["kind"]) == {"hole", "overlap", "outside_parent"}
    plain = [each.drop(columns="geometry").round({"area_m2": 6, "width_m": 6}) for each in (one, other)]
    assert plain[0].equals(plain[1])


def test_defects_are_numbered_by_kind_from_large_to_small() -> None:
    grids, town = projected(lattice(4, 2), lattice_town(4))
    defects = check_tiling(grids.assign(geometry=grids.translate(2, 1)), town).defects
    kinds = defects["kind"].map(KINDS.index)
    assert kinds.is_monotonic_increasing
    for kind, part in defects.groupby("kind"):
        assert part["area_m2"].is_monotonic_decreasing
        assert part["defect_id"].tolist() == [f"{kind}-{n}" for n in range(1, len(part) + 1)]


def test_hole_keeps_no_tail_along_the_borders_round_it() -> None:
    """A hole of 10 m whose grids leave a crack of 0.1 mm over 3 km: the place to zoom to is the hole."""
    hole = box(1_000, 995, 1_010, 1_005)
    south, north = box(0, 0, 3_000, 999.9999).difference(hole), box(0, 1_000, 3_000, 2_000).difference(hole)
    defects = check_tiling(frame({"S": south, "N": north}), areas_of({"T": box(0, 0, 3_000, 2_000)})).defects
    assert rows(defects) == [["hole", ("N", "S"), "T", pytest.approx(100, abs=0.01), pytest.approx(10, abs=0.01)]]
    assert defects.geometry[0].bounds == pytest.approx(hole.bounds, abs=0.02)


def test_two_holes_joined_by_a_crack_are_two() -> None:
    holes = shapely.union_all([box(100, 95, 110, 105), box(500, 95, 520, 105)])
    south, north = box(0, 0, 600, 99.9999).difference(holes), box(0, 100, 600, 200).difference(holes)
    defects = check_tiling(frame({"S": south, "N": north}), areas_of({"T": box(0, 0, 600, 200)})).defects
    assert defects["area_m2"].tolist() == pytest.approx([200, 100], abs=0.01)


def test_three_thousand_grids_within_seconds() -> None:
    grids, town = projected(lattice(55, 0), lattice_town(55))
    start = time.process_time()
    assert rows(check_tiling(grids, town).defects) == []
    assert time.process_time() - start < 20  # 3 s on two idle cores


def test_place_of_a_defect_lies_in_it() -> None:
    defects = check_tiling(frame(SQUARES | {"A": box(0, 0, 90, 100)}), TOWN).defects
    assert Point(95, 50).within(defects.geometry[0])
