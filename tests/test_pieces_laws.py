"""Laws of pieces on random towns: they tile, lose nobody, keep buildings whole, and what is open may be joined in a plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.balancing.land import Land
from geogrid.balancing.making import piece_of_each, pieces_of
from geogrid.balancing.neighbours import joined, sides_between
from geogrid.balancing.pieces import Pieces
from geogrid.barriers import crossed, opened, outlines, sides_of
from tests.tilings import EAST, NORTH, SIZE_M, random_town

SLOW = settings(max_examples=8, deadline=None)
ROUNDING_M2 = 0.05
"""A micrometre along some kilometres of border, many times over."""


def random_land(seed: int, **more: Any) -> Land:
    """A square kilometre of two villages with streets, a river, a railway, bridges, houses and 150 households.

    ~~~~~~~~ river ~~~~~~~~   houses anywhere, some across streets, borders and the river;
    +--|----+------|------+   streets across the villages and dead ends
    """
    rng = np.random.default_rng(seed)
    town = random_town(seed, noisy=bool(seed % 2))
    corner = np.array([EAST, NORTH])

    def spots(count: int) -> Any:
        return corner + rng.uniform(0, SIZE_M, (count, 2))

    def across(bends: int) -> Any:
        x = np.linspace(-9, SIZE_M + 9, bends)
        return corner + np.column_stack([x, rng.uniform(0, SIZE_M) + rng.normal(0, 15, bends)])[:, :: int(rng.choice([1, -1]))]

    streets = [shapely.LineString(across(int(rng.integers(2, 6)))) for _ in range(6)]
    streets += [shapely.LineString([a, a + rng.normal(0, 100, 2)]) for a in spots(4)]
    barriers = [shapely.LineString(across(5)), shapely.LineString(across(3)).buffer(12)]
    houses = [
        shapely.affinity.rotate(shapely.box(x, y, x + rng.uniform(5, 60), y + rng.uniform(5, 20)), rng.uniform(0, 90))
        for x, y in spots(25)
    ]
    kept: list[Any] = []
    for house in houses:
        kept += [house] if not any(house.intersects(other) for other in kept) else []
    in_houses = [shapely.get_coordinates(house.centroid)[0] for house in kept for _ in range(3)]
    xy = np.vstack([spots(100), *in_houses])
    given = {
        "buildings": kept,
        "streets": streets,
        "barriers": barriers,
        "ways": [*(shapely.LineString([(x, y), (x, y + 80)]) for x, y in spots(3)), *streets[:2]],
        "today": {key: grid.shape for key, grid in town.grids.items()},
    }
    return Land({key: area.shape for key, area in town.areas.items()}, xy[:, 0], xy[:, 1], **(given | more))


def shapes_of(pieces: Pieces) -> Any:
    assert pieces.shapes is not None
    return pieces.shapes


def require_tiling(pieces: Pieces, land: Land) -> None:
    shapes = shapes_of(pieces)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()
    for number, area in enumerate(land.areas.values()):
        own = shapely.coverage_union_all(shapes[pieces.area == number])
        assert own.symmetric_difference(area).area < ROUNDING_M2
    assert (shapely.get_num_geometries(shapes) == 1).all()


def require_everybody(pieces: Pieces, land: Land) -> None:
    at = piece_of_each(pieces, land)
    inside = shapely.intersects(shapely.union_all(list(land.areas.values())), shapely.points(land.x, land.y))
    assert ((at >= 0) == inside).all()
    assert np.bincount(at[at >= 0], minlength=len(pieces)).tolist() == pieces.households.tolist()


def require_whole_buildings(pieces: Pieces, land: Land) -> None:
    """A building lies in one piece, but where areas, today's kept borders or barriers cut it."""
    shapes = shapes_of(pieces)
    firm = [shapely.boundary(each) for each in land.areas.values()]
    firm += [shapely.boundary(each) for key, each in land.today.items() if land.along_today or key in land.locked]
    firm += list(land.barriers)
    firm += [shapely.buffer(way, 5).boundary for way in land.ways]
    for building in land.buildings:
        if not any(building.intersects(line) for line in firm) and building.within(shapely.union_all(list(land.areas.values()))):
            shares = shapely.area(shapely.intersection(shapes, building)) / building.area
            assert shares.max() > 1 - 1e-6


def require_joinable(pieces: Pieces, land: Land) -> None:
    """What is open may be one grid of a plan; only pieces that took in land that barriers enclose may be none by themselves."""
    shapes, barriers = shapes_of(pieces), opened(land.barriers, land.ways)
    lines, homes = outlines(barriers), shapely.STRtree(shapely.points(land.x, land.y))
    refused = [crossed(shape, None, shape, barriers) is not None for shape in shapes]
    for shape in shapes[refused]:
        lived_in = np.unique(homes.query(sides_of(shape, lines), predicate="contains")[0])
        assert len(lived_in) <= 1
    for first, second in zip(pieces.first[pieces.is_open], pieces.second[pieces.is_open], strict=True):
        assert pieces.area[first] == pieces.area[second]
        if not refused[first] and not refused[second]:
            both = shapely.coverage_union_all(shapes[[first, second]])
            assert crossed(both, None, both, barriers) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_pieces_of_a_random_town(seed: int) -> None:
    land = random_land(seed)
    pieces = pieces_of(land, finest=12)
    require_tiling(pieces, land)
    require_everybody(pieces, land)
    require_whole_buildings(pieces, land)
    require_joinable(pieces, land)
    grids = list(land.today.values())
    for shape, today in zip(shapes_of(pieces), pieces.today, strict=True):
        assert today >= 0
        assert shape.difference(grids[today]).area < ROUNDING_M2


@SLOW
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_from_scratch(seed: int, finest: int) -> None:
    land = random_land(seed, along_today=False)
    pieces = pieces_of(land, finest=finest)
    require_tiling(pieces, land)
    require_everybody(pieces, land)
    require_whole_buildings(pieces, land)
    require_joinable(pieces, land)


@SLOW
@given(st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter_and_the_same_comes_again(seed: int) -> None:
    land = random_land(seed)
    pieces = pieces_of(land, finest=10)
    turned = Land(
        land.areas,
        land.x[::-1],
        land.y[::-1],
        streets=land.streets[::-1],
        barriers=land.barriers[::-1],
        ways=land.ways[::-1],
        buildings=land.buildings,
        today=land.today,
    )
    again = pieces_of(turned, finest=10)
    assert shapely.equals_identical(shapes_of(pieces), shapes_of(again)).all()
    assert pieces.households.tolist() == again.households.tolist()
    assert pieces.is_open.tolist() == again.is_open.tolist()


@SLOW
@given(st.integers(0, 10_000))
def test_sides_against_comparing_each_with_each(seed: int) -> None:
    """The common border of two polygons is what their outlines share; open is what is not within a micrometre of a barrier."""
    land = random_land(seed)
    town = random_town(seed)
    shapes = town.shapes
    sides = sides_between(shapes, land.streets, [shapes[0].boundary, shapes[1]])
    found = {(i, j): m for i, j, *m in zip(sides.first, sides.second, sides.border_m, sides.open_m, strict=True)}
    closed = shapely.union_all([shapes[0].boundary, shapes[1].boundary]).buffer(1e-4)
    for i in range(len(shapes)):
        for j in range(i + 1, len(shapes)):
            shared = shapes[i].boundary.intersection(shapes[j].boundary)
            expected = (shared.length, shared.difference(closed).length)
            assert found.get((i, j), (0.0, 0.0)) == pytest.approx(expected, abs=0.01)
    label = np.arange(len(shapes)) // 2
    two = joined(sides, label)
    merged = np.array([shapely.coverage_union_all(shapes[label == k]) for k in range(label.max() + 1)])
    direct = sides_between(merged, land.streets, [shapes[0].boundary, shapes[1]])
    assert two.first.tolist() == direct.first.tolist()
    assert two.border_m == pytest.approx(direct.border_m)
    assert two.closed_m == pytest.approx(direct.closed_m, abs=0.01)
