"""Straight cuts that share the households of a grid evenly."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.boundaries import Boundaries
from geogrid.completing import complete, split_evenly
from geogrid.errors import NotFoundError, RefusedError
from geogrid.evenly import even_cuts
from geogrid.operations import Split
from geogrid.redraw import apply
from tests.paper_grids import EAST, NORTH, four
from tests.tilings import random_town

Points = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def spots(*points: tuple[float, float]) -> Points:
    return np.array(points, dtype=float) + np.array([EAST, NORTH]) if points else np.empty((0, 2))


def shares(state: Boundaries, operation: Split, homes: Points) -> list[int]:
    """Return how many households each piece has, after the split is carried out."""
    done = complete(operation, state)
    assert isinstance(done, Split)
    after = apply(state, done).boundaries
    pieces = [after.grids[key].shape for key in (done.grid_id, *done.new_ids)]
    assert all(piece.geom_type == "Polygon" for piece in pieces)
    return sorted(int(shapely.contains_xy(piece, homes).sum()) for piece in pieces)


def test_the_shortest_cut_between_halves() -> None:
    """A box of 100 x 10 with homes at 5, 15, 25, 95: the cut stands upright between 15 and 25."""
    cuts = even_cuts(shapely.box(0, 0, 100, 10), 2, np.array([[5.0, 5], [15, 5], [25, 5], [95, 5]]))
    assert cuts.bounds == (20, -1, 20, 11)


def test_three_shares_of_nine() -> None:
    homes = spots(*((10 * x + 15, 50) for x in range(9)))
    assert shares(four(), split_evenly(four(), "A", 3, homes), homes) == [3, 3, 3]


def test_five_shares_of_a_hundred() -> None:
    homes = spots(*((10 * x + 5, 10 * y + 4 + x / 10) for x in range(10) for y in range(10)))
    assert shares(four(), split_evenly(four(), "A", 5, homes), homes) == [20] * 5


def test_without_households_the_land_is_shared() -> None:
    cut = complete(split_evenly(four(), "A", 4, spots()), four())
    assert isinstance(cut, Split)
    after = apply(four(), cut).boundaries.grids
    assert [after[key].shape.area for key in ("A", *cut.new_ids)] == pytest.approx([2_500] * 4, rel=0.02)


def test_households_at_one_place_stay_together() -> None:
    """A tower of 60 households between 20 to its left and 20 to its right: no line divides it, the nearest is taken."""
    homes = np.repeat(spots((10, 50), (50, 50), (90, 50)), [20, 60, 20], axis=0)
    assert shares(four(), split_evenly(four(), "A", 2, homes), homes) == [20, 80]


def test_a_cut_lies_on_whole_centimetres() -> None:
    """So it tells of no household exactly where it is: homes at 12.345 and 17.891 give a cut at 15.11, not at 15.118."""
    cuts = even_cuts(shapely.box(0, 0, 100, 10), 2, np.array([[12.345, 5], [17.891, 5]]))
    assert round(cuts.bounds[0], 4) == 15.11


def test_refusals() -> None:
    homes = spots((10, 10), (20, 20))
    for many in (1, 3, 101):
        with pytest.raises(RefusedError) as caught:
            split_evenly(four(), "A", many, homes)
        assert caught.value.message == (
            f"不能把 2 户的网格分成 {many} 份；份数应为 2 到 100，且不多于户数。",
            f"a grid with 2 households cannot be divided into {many}; give 2 to 100, and no more than households.",
        )
        assert four().grids["A"].shape.equals(caught.value.place)
    with pytest.raises(RefusedError) as caught:
        split_evenly(four(), "A", 2, np.repeat(spots((10, 10)), 5, axis=0))
    assert caught.value.message.en == "no straight line divides this into 2 connected shares; draw the lines yourself."
    assert caught.value.message.zh == "没有一条直线能把这里分成 2 份且每份连成一片；请自己画线拆分。"
    with pytest.raises(NotFoundError, match="no grid 'Z'"):
        split_evenly(four(), "Z", 2, homes)
    two = shapely.multipolygons([shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)])
    with pytest.raises(RefusedError, match="connected shares"):
        even_cuts(two, 2, np.array([[5.0, 5], [25, 5]]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300), st.integers(2, 6), st.booleans())
def test_shares_differ_by_one_household_a_cut(seed: int, many: int, noisy: bool) -> None:
    """Any grid of a random town, homes anywhere in it; each cut rounds once."""
    town = random_town(seed, grids=6, noisy=noisy)
    grid = town.grids[town.ids[seed % len(town.ids)]]
    west, south, east, north = grid.shape.bounds
    homes = np.random.default_rng(seed).uniform((west, south), (east, north), (200, 2))
    homes = homes[shapely.contains_xy(grid.shape, homes)]
    found = shares(town, split_evenly(town, grid.grid_id, many, homes), homes)
    assert len(found) == many
    assert sum(found) == len(homes)
    assert found[-1] - found[0] <= 2 + 3 * 0.02 * len(homes)
