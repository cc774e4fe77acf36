"""What pieces are made with: cells within a block, land joined before anything is proposed; and a real town."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geogrid
from geogrid import io
from geogrid.balancing.absorbing import Nodes, absorbed
from geogrid.balancing.cells import halfway, halved, part_of, samples_of
from geogrid.balancing.land import Land, LandAsked
from geogrid.balancing.making import piece_of_each, pieces_of
from geogrid.balancing.neighbours import Sides, components
from geogrid.boundaries import Boundaries
from geogrid.crs import projected_crs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BLOCK = shapely.box(0, 0, 200, 100)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_between_halfway_lines_all_land_is_nearest_to_one_owner(seed: int) -> None:
    """An oracle: the owner of the sample nearest to each of many places."""
    rng = np.random.default_rng(seed)
    samples = samples_of(rng.uniform((0, 0), (200, 100), (30, 2)), rng.integers(0, 4, 30))
    noded = shapely.union_all([BLOCK.boundary, *halfway(samples, BLOCK).lines])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    places = rng.uniform((0, 0), (200, 100), (200, 2))
    nearest = samples.owner[np.hypot(*(places[:, None] - samples.xy).transpose(2, 0, 1)).argmin(axis=1)]
    face, place = shapely.STRtree(shapely.points(places)).query(faces, predicate="contains")
    for each in np.unique(face):
        assert len(set(nearest[place[face == each]].tolist())) == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 20))
def test_halved_places_are_few_enough_and_even(seed: int, most: int) -> None:
    """No part has too many unless it stands in one place, and there are at most twice as many parts as needed."""
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 20, (40, 2)).astype(float)
    weight = rng.integers(0, 4, 40)
    done = halved(xy, weight, most, shapely.box(0, 0, 20, 20))
    part = part_of(done.root, xy)
    assert set(part.tolist()) <= set(range(done.parts))
    for each in np.unique(part):
        mine = part == each
        assert weight[mine].sum() <= most or len(np.unique(xy[mine], axis=0)) == 1
    if most >= 2 * weight.max() + np.bincount((xy[:, 0] * 20 + xy[:, 1]).astype(int), weight).max():
        assert done.parts <= 2 * -(-weight.sum() // most)


def nodes_of(weight: Sequence[int], area_m2: Sequence[float], **more: Sequence[int]) -> Nodes:
    """Nodes of one home and block, each as compact as can be, unless more is said."""
    n = len(weight)
    columns = {name: np.array(more.get(name, [0] * n)) for name in ("home", "area", "block", "is_unit", "is_stray")}
    outline_m = np.array(more.get("outline_m", [0] * n), dtype=float)
    return Nodes(np.array(weight), np.array(area_m2, dtype=float), outline_m, **columns)


def row(soft_m: Sequence[float], street_m: Sequence[float] | None = None, closed_m: Sequence[float] | None = None) -> Sides:
    """Nodes in a row, with so many metres of each kind between one and the next."""
    n = len(soft_m)
    street, closed = (np.zeros(n) if each is None else np.array(each, dtype=float) for each in (street_m, closed_m))
    on = np.maximum(street, closed)
    return Sides(np.arange(n), np.arange(1, n + 1), np.array(soft_m) + on, on, on, closed)


@pytest.mark.parametrize(
    ("sides", "more", "expected"),
    [
        (row([5, 9]), {}, [0, 1, 1]),  # the longer border
        (row([9, 9]), {}, [0, 0, 1]),  # the first of equal ones
        (row([5, 0], [0, 9]), {}, [0, 0, 1]),  # rather not across a street
        (row([0, 0], [5, 9]), {}, [0, 1, 2]),  # an empty block of its own stays
        (row([0, 0], [5, 9]), {"outline_m": [0, 99, 0]}, [0, 1, 1]),  # a slip does not
        (row([0, 0], [0, 0], [5, 9]), {}, [0, 1, 1]),  # barriers all around: someone must have it
        (row([5, 0], [0, 0], [0, 9]), {}, [0, 0, 1]),  # never across a barrier otherwise
        (row([5, 9]), {"home": [0, 0, 1]}, [0, 0, 1]),  # not to another grid of today
        (row([5, 9]), {"home": [1, 0, 1]}, [0, 1, 2]),
        (row([5, 9]), {"is_unit": [0, 0, 1]}, [0, 1, 1]),  # a unit may get land
        (row([5, 9]), {"is_unit": [0, 1, 0]}, [0, 1, 2]),  # but does not go
    ],
)
def test_empty_land_between_two(sides: Sides, more: dict[str, list[int]], expected: list[int]) -> None:
    """Three in a row, nobody lives in the middle; the outer two are too many for one."""
    nodes = nodes_of([30, 0, 30], [1e4, 100, 1e4], **more)
    assert absorbed(nodes, sides, 30).label.tolist() == expected


def test_cells_of_a_block_come_together_as_far_as_they_fit() -> None:
    """10, 10, 10, 25 and 5 households: the first of the least first, with the longest border."""
    nodes = nodes_of([10, 10, 10, 25, 5], [1e4] * 5, outline_m=[400] * 5, block=[0, 0, 0, 0, 1])
    assert absorbed(nodes, row([50, 90, 99, 99]), 30).label.tolist() == [0, 0, 0, 1, 2]
    assert absorbed(nodes, row([50, 90, 99, 99]), 20).label.tolist() == [0, 0, 1, 2, 3]


def test_a_slip_where_few_live_goes_to_a_full_neighbour_one_where_many_live_does_not() -> None:
    for lived, expected in ((3, [0, 0]), (4, [0, 1])):
        nodes = nodes_of([30, lived], [1e4, 10], outline_m=[400, 99], block=[0, 1])
        assert absorbed(nodes, row([9]), 30).label.tolist() == expected


def test_guixi_in_pieces(real_data: Path) -> None:
    """28,343 households in the cells of 20 communities, the rivers that OpenStreetMap has between them."""
    folder = real_data / "guixi"
    drafts = geogrid.draft_grids(
        io.read_points(folder / "communities.geojson").table, io.read_areas(folder / "townships.geojson").table
    )
    areas = drafts.grids.rename(columns={"grid_id": "area_id"})[["area_id", "name", "geometry"]].assign(level="community")
    boundaries = Boundaries.of(drafts.grids.iloc[:0], areas, crs=projected_crs(areas))
    drawn = {name: gpd.read_file(folder / "roads.osm", layer=name) for name in ("lines", "multipolygons")}
    tables = {
        "households": io.read_households(folder / "households.csv").table,
        "roads": io.read_roads(folder / "roads.osm").table,
        "buildings": drawn["multipolygons"].query("building.notna()"),
        "barriers": drawn["lines"].query("waterway.notna()"),
    }
    land = Land.of(boundaries, tables, LandAsked())
    pieces = pieces_of(land, finest=60)
    assert pieces.shapes is not None
    assert shapely.coverage_is_valid(pieces.shapes)
    assert pieces.households.sum() == 28_343
    for number, area in enumerate(land.areas.values()):
        assert shapely.coverage_union_all(pieces.shapes[pieces.area == number]).symmetric_difference(area).area < 0.01
    # Whole buildings are all that has more than was asked for.
    at = piece_of_each(pieces, land)
    homes = shapely.STRtree(shapely.points(land.x, land.y))
    building, home = homes.query(np.asarray(land.buildings), predicate="intersects")
    for piece in np.flatnonzero(pieces.households > 66):
        assert np.bincount(building[at[home] == piece]).max() == pieces.households[piece]
    assert 450 < len(pieces) < 700
    # The river parts one community in two, bridges join the others.
    island = components(len(pieces), pieces.first[pieces.is_open], pieces.second[pieces.is_open])
    parts = [len(np.unique(island[pieces.area == number])) for number in range(len(land.areas))]
    assert sorted(parts) == [1] * 19 + [2]
