"""Pieces of a grid that lines cut, and which of them change hands when a line becomes a border."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from shapely import LineString, MultiLineString, MultiPolygon, box

from geogrid.cutting import border_faces, drawn_line, piece_faces
from geogrid.errors import RefusedError

# Two tiles of 100 x 100 side by side:  W E
TILES = {"W": box(0, 0, 100, 100), "E": box(100, 0, 200, 100)}


def pieces(line: Any, tiles: dict[str, Any] | None = None, grid: str = "W") -> list[float]:
    faces, found = piece_faces(tiles or TILES, grid, line)
    return [float(shapely.area(faces.shapes[piece]).sum()) for piece in found]


def after(line: Any, tiles: dict[str, Any] | None = None) -> dict[str, float]:
    faces, owner = border_faces(tiles or TILES, "W", "E", line)
    return {name: round(float(shapely.area(faces.shapes[owner == name]).sum()), 3) for name in ("W", "E")}


def test_pieces_come_from_large_to_small() -> None:
    assert pieces(LineString([(30, -9), (30, 109)])) == [7_000, 3_000]
    assert pieces(MultiLineString([[(20, -9), (20, 109)], [(50, -9), (50, 109)]])) == [5_000, 3_000, 2_000]
    assert pieces(LineString([(30, 30), (60, 60)])) == [10_000]


def test_only_what_lies_on_the_grid_and_a_metre_around_it_counts() -> None:
    """The line comes back in E, where it would close a ring: E is not cut, and gets no corner there."""
    line = LineString([(50, 109), (50, 50), (160, 50), (160, 20), (120, 20), (120, 80), (109, 80)])
    faces, found = piece_faces(TILES, "W", line)
    assert [float(shapely.area(faces.shapes[piece]).sum()) for piece in found] == [7_500, 2_500]
    assert (faces.owner == "E").sum() == 1


@pytest.mark.parametrize("short", [1e-6, 0.2, 1.0])
def test_an_end_near_the_outline_is_drawn_on_to_it(short: float) -> None:
    assert pieces(LineString([(30, short), (30, 100 - short)])) == pytest.approx([7_000, 3_000])


def test_an_end_that_crossed_the_outline_is_left_alone() -> None:
    """No corner beside the crossing: pieces of four corners each."""
    faces, found = piece_faces(TILES, "W", LineString([(30, -0.9), (40, 100.9)]))
    assert [int(shapely.get_num_coordinates(faces.shapes[piece[0]])) for piece in found] == [5, 5]


def test_a_line_that_ends_inside_cuts_nothing() -> None:
    assert pieces(LineString([(30, 1.01), (30, 109)])) == [10_000]


def test_narrow_pieces_join_the_longest_neighbour() -> None:
    """A line 0.5 m below the edge cuts off no piece; nor do two lines 0.5 m apart, and what is between goes to the left."""
    assert pieces(LineString([(-9, 99.5), (50, 99.5), (50, 109)])) == [10_000]
    cuts = MultiLineString([[(30, -9), (30, 109)], [(30.5, -9), (30.5, 109)], [(30.2, 50), (109, 50)]])
    assert pieces(cuts) == [3_475, 3_475, 3_050]


def test_parts_that_are_not_cut_stay_with_the_largest_piece() -> None:
    tiles = {"W": MultiPolygon([box(0, 0, 100, 100), box(300, 0, 310, 100)]), "E": TILES["E"]}
    assert pieces(LineString([(30, -9), (30, 109)]), tiles) == [8_000, 3_000]


@pytest.mark.parametrize(
    ("line", "west"),
    [
        (LineString([(120, -9), (120, 109)]), 12_000),
        (LineString([(80, -9), (80, 109)]), 8_000),
        (LineString([(90, -10), (110, 110)]), 10_000),  # half of 8.33 x 50 each way
        (LineString([(100, 20), (130, 50), (100, 80)]), 10_900),
        (LineString([(100, 20), (70, 50), (100, 80)]), 9_100),
        (LineString([(100, 1), (199, 1), (199, 99), (100, 99)]), 19_702),
        (LineString([(100, 99), (1, 99), (1, 1), (100, 1)]), 298),
        (LineString([(100, 0), (150, 0), (150, 50), (100, 50)]), 12_500),
        (LineString([(120, 109), (120, 40), (100, 40)]), 11_200),
        (LineString([(120, 109), (120, 10), (100, 10)]), 11_800),
        (LineString([(100, 20), (110, 20), (110, 40), (90, 40), (90, 60), (110, 60), (110, 80), (100, 80)]), 10_200),
    ],
)
def test_a_new_border(line: LineString, west: float) -> None:
    """By hand: what the line and the old border enclose goes over; of two sides at an open end, the smaller."""
    for way in (line, shapely.reverse(line)):
        assert after(way) == {"W": west, "E": 20_000 - west}


def test_a_border_of_several_stretches() -> None:
    """C stands between: W and E share 0..40 and 60..100. Only the upper stretch is moved."""
    tiles = {"W": box(0, 0, 100, 100) - box(90, 40, 100, 60), "C": box(90, 40, 100, 60)}
    tiles["E"] = shapely.Polygon([(100, 0), (100, 40), (100, 60), (100, 100), (200, 100), (200, 0)])
    assert after(LineString([(100, 70), (120, 70), (120, 90), (100, 90)]), tiles) == {"W": 9_800 + 400, "E": 9_600}
    assert after(LineString([(120, -9), (120, 109)]), tiles) == {"W": 11_800, "E": 8_000}


def test_refusals() -> None:
    far = {"W": box(0, 0, 100, 100), "E": box(200, 0, 300, 100)}
    with pytest.raises(RefusedError, match="grids W and E share no border"):
        border_faces(far, "W", "E", LineString([(50, -9), (50, 109)]))
    touching = {"W": box(0, 0, 100, 100), "E": box(100, 100, 200, 200)}
    with pytest.raises(RefusedError, match="grids W and E share no border"):
        border_faces(touching, "W", "E", LineString([(50, -9), (50, 109)]))
    with pytest.raises(RefusedError, match="makes no new border between grids W and E"):
        border_faces(TILES, "W", "E", LineString([(100, 20), (100, 80)]))
    with pytest.raises(RefusedError, match="expected a line, got Point"):
        drawn_line(shapely.Point(1, 1))
    straight = LineString([(0, 0), (1, 1)])
    assert drawn_line(straight) is straight
