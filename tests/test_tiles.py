"""Tiles cut anew along lines: faces, their owners, the nodes that neighbours share, and what moved."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, Polygon, box

from geogrid.boundaries import on_lattice
from geogrid.tiles import NOBODY, cut_at_nodes, faces_between, handed, land_of, new_nodes, retile, with_nodes
from tests.tilings import EAST, NORTH, SIZE_M, random_town

# Three tiles of 4 x 4:
#
#   W M E
TILES = dict(zip("WME", on_lattice([box(0, 0, 4, 4), box(4, 0, 8, 4), box(8, 0, 12, 4)]), strict=True))


def found(tiles: dict[str, Polygon], *lines: object) -> list[tuple[str | None, float]]:
    faces = faces_between(tiles, lines)
    return sorted(((name, float(area)) for name, area in zip(faces.owner, shapely.area(faces.shapes), strict=True)), key=str)


def test_faces_of_tiles_without_lines_are_the_tiles() -> None:
    assert found(TILES) == [("E", 16.0), ("M", 16.0), ("W", 16.0)]


def test_a_line_cuts_every_tile_that_it_crosses() -> None:
    assert found(TILES, LineString([(-1, 1), (9, 1)])) == [("E", 16.0), ("M", 12.0), ("M", 4.0), ("W", 12.0), ("W", 4.0)]


def test_what_dangles_cuts_nothing() -> None:
    assert found(TILES, LineString([(5, 5), (5, 1)]), LineString([(1, 1), (2, 2)])) == [("E", 16.0), ("M", 16.0), ("W", 16.0)]


def test_an_outline_beyond_the_tiles_makes_a_face_of_nobody() -> None:
    assert found({"W": TILES["W"]}, box(2, 2, 6, 4)) == [("W", 12.0), ("W", 4.0), (None, 4.0)]


def test_a_hole_among_the_tiles_is_nobodys() -> None:
    ring = {"A": box(0, 0, 9, 9) - box(3, 3, 6, 6)}
    assert found(ring) == [("A", 72.0), (None, 9.0)]


def test_an_enclave_has_its_owner() -> None:
    assert found({"A": box(0, 0, 9, 9) - box(3, 3, 6, 6), "B": box(3, 3, 6, 6)}) == [("A", 72.0), ("B", 9.0)]


def test_hand_a_strip_over() -> None:
    done = handed(TILES, box(3, 1, 5, 3), lambda _: "E")
    assert {name: shape.area for name, shape in done.shapes.items()} == {"E": 20.0, "M": 14.0, "W": 14.0}
    assert [(m.from_id, m.to_id, m.shape.area) for m in done.moved] == [("M", "E", 2.0), ("W", "E", 2.0)]


def test_land_of_nobody_moves_too_where_it_is_asked_for() -> None:
    done = handed({"W": TILES["W"]}, box(3, 0, 6, 4), lambda name: "W" if name is NOBODY else name)
    assert {name: shape.bounds for name, shape in done.shapes.items()} == {"W": (0, 0, 6, 4)}
    assert [(m.from_id, m.to_id, m.shape.area) for m in done.moved] == [(None, "W", 8.0)]


def test_a_tile_may_end_and_another_begin() -> None:
    done = handed(TILES, TILES["M"], lambda _: "N")
    assert done.shapes["M"] is None
    assert done.shapes["N"].equals(TILES["M"])
    assert list(done.shapes) == ["M", "N"]


def test_nothing_changes_where_everybody_keeps_what_is_his() -> None:
    assert handed(TILES, box(5, 1, 6, 2), lambda name: name).shapes == {}
    faces = faces_between(TILES, [LineString([(-1, 1), (13, 1)])])
    assert sorted(retile(TILES, faces, faces.owner).shapes) == ["E", "M", "W"]  # corners on the borders
    assert retile(TILES, faces, faces.owner).moved == ()


def test_neighbours_share_each_new_corner() -> None:
    """The corners of the strip on the outline of M are those of W and E too, although nothing of W and E moves.

    M is in two parts then, of 4 and 5 corners with the repeated one.
    """
    done = handed(TILES, Polygon([(4, 1), (8, 1.3), (8, 2), (4, 2)]), lambda name: "N" if name == "M" else name)
    assert sorted(done.shapes) == ["E", "M", "N", "W"]
    assert shapely.coverage_is_valid(np.array(list(done.shapes.values())))
    assert {name: shapely.get_num_coordinates(shape) - 1 for name, shape in done.shapes.items()} == {
        "E": 6,
        "M": 9,
        "N": 4,
        "W": 6,
    }


def test_corners_are_added_where_they_lie_on_the_border() -> None:
    near = MultiPoint([(1, 0), (2, 0.0000015), (3, 0.00001), (4, 4), (2, 2), (9, 9)])
    shape = with_nodes(TILES["W"], near)
    assert shapely.get_num_coordinates(shape) - 1 == 6
    assert with_nodes(TILES["W"], MultiPoint([(4, 4), (2, 2), (9, 9)])) is TILES["W"]
    assert with_nodes(TILES["W"], MultiPoint()) is TILES["W"]


def test_corners_on_the_border_of_a_hole() -> None:
    ring = box(0, 0, 9, 9) - box(3, 3, 6, 6)
    assert shapely.get_num_coordinates(with_nodes(ring, MultiPoint([(4, 3), (9, 1)]))) == shapely.get_num_coordinates(ring) + 2


def test_corners_that_no_polygon_had() -> None:
    assert new_nodes([TILES["W"]], [box(0, 0, 4, 2), box(0, 2, 4, 4)]).wkt == "MULTIPOINT ((0 2), (4 2))"
    assert new_nodes([], [TILES["W"]]).geoms[0].wkt == "POINT (0 0)"
    assert new_nodes([TILES["W"]], []).is_empty


def test_lines_are_cut_until_they_meet_at_their_ends_only() -> None:
    rng = np.random.default_rng(1)
    lines = [LineString(rng.uniform((EAST, NORTH), (EAST + 100, NORTH + 100), (9, 2))) for _ in range(9)]
    noded = shapely.get_parts(cut_at_nodes(lines))
    pairs = shapely.STRtree(noded).query(noded, predicate="crosses")
    assert pairs.size == 0
    assert shapely.equals_exact(cut_at_nodes(noded), cut_at_nodes(lines), 0)


def test_land_of_geometries_is_what_has_area() -> None:
    mixed = shapely.GeometryCollection([box(0, 0, 1, 1), LineString([(0, 0), (9, 9)]), shapely.MultiPolygon([box(1, 0, 2, 1)])])
    assert land_of([mixed, shapely.Point(5, 5)]).equals(box(0, 0, 2, 1))
    assert land_of([]).is_empty


SEEDS = st.integers(0, 10**6)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.floats(5, 400))
def test_handing_over_is_difference_and_union(seed: int, noisy: bool, reach: float) -> None:
    """The oracle: plain differences and one union, tile by tile."""
    town = random_town(seed % 50, grids=8, noisy=noisy)
    tiles = {key: grid.shape for key, grid in town.grids.items()}
    rng = np.random.default_rng(seed)
    middle = shapely.Point(rng.uniform((EAST, NORTH), (EAST + SIZE_M, NORTH + SIZE_M)))
    area = on_lattice([middle.buffer(reach, quad_segs=3)])[0]
    to = sorted(tiles)[seed % len(tiles)]
    done = handed(tiles, area, lambda name: to if name is not NOBODY else NOBODY)
    for key, shape in tiles.items():
        after = done.shapes.get(key, shape)
        whole = shapely.intersection(area, shapely.union_all(list(tiles.values())))
        plain = shape.union(whole) if key == to else shape.difference(area)
        assert (0 if after is None else after.area) == pytest.approx(plain.area, abs=1e-3)
    left = [shape for shape in {**tiles, **done.shapes}.values() if shape is not None]
    assert shapely.coverage_is_valid(np.array(left))
    assert sum(move.shape.area for move in done.moved) == pytest.approx(whole.area - whole.intersection(tiles[to]).area, abs=1e-3)
