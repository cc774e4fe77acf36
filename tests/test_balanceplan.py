"""Divisions said as plans: whoever draws the plan finds the division, to the last piece of land."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.balanceground import Ground, paper_ground
from geogrid.balanceplan import Made, Named, carried_out, operations_of
from geogrid.keeping import Rules

SIDE = 100.0
COLUMNS = 4


def squares(count: int) -> list[Any]:
    """Squares of 100 m in rows of four, from the lower left."""
    return [
        shapely.box(SIDE * (i % COLUMNS), SIDE * (i // COLUMNS), SIDE * (i % COLUMNS + 1), SIDE * (i // COLUMNS + 1))
        for i in range(count)
    ]


def ground_of(today: list[int]) -> Ground:
    return paper_ground(squares(len(today)), today, [f"G{i + 1}" for i in range(max(today) + 1)])


def holders(ground: Ground, made: Made) -> list[str]:
    """The grid that has each piece, "" where none has."""
    grids = made.drawn.boundaries.grids
    spots = shapely.point_on_surface(ground.shapes)
    return [next((key for key, grid in grids.items() if shapely.intersects(grid.shape, spot)), "") for spot in spots]


def kinds(ground: Ground, parts: list[int]) -> list[str]:
    return [each.kind for each in operations_of(ground, np.array(parts))]


def test_a_village_without_grids_is_divided() -> None:
    """Nobody has the four squares: two new grids of two, called like their village."""
    ground = paper_ground(squares(4), [-1] * 4, [])
    made = carried_out(ground, np.array([0, 0, 1, 1]), Rules())
    assert not made.refused
    assert holders(ground, made) == ["V-01", "V-01", "V-02", "V-02"]
    assert [grid.name for grid in made.drawn.boundaries.grids.values()] == ["村第1网格", "村第2网格"]
    assert {grid.parent_id for grid in made.drawn.boundaries.grids.values()} == {"V"}


def test_one_grid_is_split_and_most_of_it_goes_on() -> None:
    ground = ground_of([0, 0, 0, 0])
    made = carried_out(ground, np.array([0, 0, 0, 7]), Rules())
    assert [(each.kind, getattr(each, "from_id", "")) for each in made.operations] == [("draw", "G1")]
    assert holders(ground, made) == ["G1", "G1", "G1", "G2"]


def test_ids_ever_given_are_not_given_again() -> None:
    ground = ground_of([0, 0, 0, 0])
    made = carried_out(ground, np.array([0, 0, 1, 2]), Rules(), Named(frozenset({"G2", "G5"})))
    assert holders(ground, made) == ["G1", "G1", "G6", "G7"]


def test_a_grid_whose_land_goes_to_several_is_retired_first() -> None:
    """G2 in the middle goes half to G1 and half to G3."""
    ground = ground_of([0, 1, 1, 2])
    assert kinds(ground, [0, 0, 2, 2]) == ["retire", "hand", "hand"]
    made = carried_out(ground, np.array([0, 0, 2, 2]), Rules())
    assert holders(ground, made) == ["G1", "G1", "G3", "G3"]
    assert not made.drawn.boundaries.unassigned


def test_grids_that_swap_all_their_land_end_and_begin() -> None:
    """A grid of which nothing stays is another grid, whatever its number says."""
    ground = ground_of([0, 0, 1, 1])
    made = carried_out(ground, np.array([1, 1, 0, 0]), Rules())
    assert not made.refused
    assert set(holders(ground, made)).isdisjoint({"G1", "G2"})


def test_what_is_locked_is_refused_and_stays() -> None:
    ground = ground_of([0, 0, 1, 1])
    made = carried_out(ground, np.array([0, 0, 0, 1]), Rules(locked=frozenset({"G2"})))
    assert [grid for grid, _ in made.refused] == ["G1"]
    assert holders(ground, made) == ["G1", "G1", "G2", "G2"]


def test_a_piece_across_the_border_of_today_goes_over_whole() -> None:
    """The second square is cut in half by the border of G1 and G2; it counts as G1's and goes to G2 with both halves."""
    ground = ground_of([0, 0, 1, 1])
    halves = [shapely.box(0, 0, 150, 100), shapely.box(150, 0, 400, 100)]
    cut = paper_ground(halves, [0, 1], ["G1", "G2"])
    mixed = Ground(cut.base, cut.tier, ground.pieces, ground.area_ids, ground.grid_ids)
    assert mixed.straddles.tolist() == [False, True, False, False]
    made = carried_out(mixed, np.array([0, 1, 1, 1]), Rules())
    assert {key: grid.shape.area for key, grid in made.drawn.boundaries.grids.items()} == {"G1": 10_000.0, "G2": 30_000.0}
    stays = carried_out(mixed, np.array([0, 0, 1, 1]), Rules())
    assert {key: grid.shape.area for key, grid in stays.drawn.boundaries.grids.items()} == {"G1": 20_000.0, "G2": 20_000.0}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_plan_is_the_division(data: Any) -> None:
    """Whatever the grids of today and the parts, each part has one grid, and land neither appears nor is lost."""
    count = data.draw(st.integers(2, 12))
    today = data.draw(st.lists(st.integers(-1, 3), min_size=count, max_size=count))
    parts = data.draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    ground = ground_of([sorted({*today} - {-1}).index(each) if each >= 0 else -1 for each in today])
    made = carried_out(ground, np.array(parts), Rules())
    assert not made.refused
    held = holders(ground, made)
    assert len({(part, grid) for part, grid in zip(parts, held, strict=True)}) == len(set(parts)) == len(set(held))
    state = made.drawn.boundaries
    assert not state.unassigned
    assert shapely.coverage_is_valid(list(state.shapes))
    assert sum(shape.area for shape in state.shapes) == pytest.approx(count * SIDE * SIDE, abs=1e-6)
    assert all(grid.parent_id == "V" for grid in state.grids.values())
    same = carried_out(ground, np.array(parts), Rules())
    assert [each.digest for each in same.operations] == [each.digest for each in made.operations]
