"""Laws of redrawing over random towns and plans, coordinates as long as they get, borders straight or with many small bends.

CI runs hundreds of plans; ``GEOGRID_LAWS=5000`` runs that many of each law::

    GEOGRID_LAWS=5000 python -m pytest tests/test_redraw_laws.py
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely.ops import split

from geogrid import io
from geogrid.assign import assign
from geogrid.boundaries import Boundaries, parts_of
from geogrid.crs import project, projected_crs
from geogrid.draft import draft_grids
from geogrid.errors import RefusedError
from geogrid.operations import Hand, Split, operation_of
from geogrid.plans import Drawn, Plan, draw_plan
from geogrid.redraw import Step, apply
from geogrid.topology import check_tiling
from tests.tilings import CRS, EAST, NORTH, SIZE_M, random_town
from tests.wishes import LOCAL, WISHES, Wish, across, blob, operation

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from geogrid.operations import Operation

LAWS = int(os.environ.get("GEOGRID_LAWS", "0"))
SAME_M2 = 1e-3
HOMES = 200
TOWNS = st.builds(random_town, st.integers(0, 10**6), grids=st.integers(3, 16), villages=st.integers(1, 3), noisy=st.booleans())
PLANS = st.lists(WISHES, min_size=1, max_size=6)


def laws(plans: int) -> settings:
    """Return how often a law is tried: in CI as often as said, else as the environment says."""
    return settings(
        max_examples=LAWS or plans,
        deadline=None,
        derandomize=not LAWS,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


def carried_out(town: Boundaries, wishes: list[Wish]) -> Drawn:
    """Do what can be done; nothing is ever refused for borders that do not fit."""
    drawn = Drawn(town, ())
    for number, wish in enumerate(wishes):
        drawn = tried(drawn, operation(wish, drawn.boundaries, number))
        if not drawn.boundaries.grids:
            break
    return drawn


def tried(drawn: Drawn, wished: Operation) -> Drawn:
    """Do an operation, or not where a rule does not allow it."""
    try:
        return drawn.then(wished)
    except RefusedError as error:
        said = error.message.en
    assert "fit" not in said
    return drawn


def content(state: Boundaries) -> dict[Any, Any]:
    """Return boundaries as bytes: rows, polygons, what is nobody's."""
    rows = {
        key: ({k: v for k, v in vars(value).items() if k != "shape"}, value.shape.wkb)
        for part in (state.grids, state.areas)
        for key, value in part.items()
    }
    return rows | {tier: shape.wkb for tier, shape in state.unassigned.items()}


def polygons(state: Boundaries) -> list[Any]:
    return [*(grid.shape for grid in state.grids.values()), *state.unassigned.values()]


def require_tiling(state: Boundaries, town: Boundaries) -> None:
    """Area kept, no hole, no overlap, villages the same land, to the last corner."""
    shapes = np.array(polygons(state), dtype=object)
    villages = np.array([area.shape for area in state.areas.values()], dtype=object)
    assert abs(shapely.area(shapes).sum() - SIZE_M**2) < SAME_M2
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    whole, land = (shapely.normalize(shapely.coverage_union_all(each)) for each in (shapes, villages))
    assert whole.equals_exact(land, 0)
    for key, area in state.areas.items():
        children = [grid.shape for grid in state.grids.values() if grid.parent_id == key]
        assert abs(area.shape.area - town.areas[key].shape.area) < SAME_M2
        assert not children or shapely.union_all(children).difference(area.shape).area < SAME_M2
    names = [*state.grids, *(f"nobody {i}" for i in range(len(state.unassigned)))]
    parents = [*(grid.parent_id for grid in state.grids.values()), *("" for _ in state.unassigned)]
    rows = gpd.GeoDataFrame({"grid_id": names, "parent_id": parents}, geometry=list(shapes), crs=state.crs)
    assert set(check_tiling(rows, state.area_frame).defects["kind"]) <= {"multi_part"}


@laws(100)
@given(TOWNS, PLANS)
def test_each_operation_keeps_the_area_and_leaves_no_hole_or_overlap(town: Boundaries, wishes: list[Wish]) -> None:
    before = content(town)
    for step in carried_out(town, wishes).steps:
        require_tiling(step.boundaries, town)
    assert content(town) == before


@laws(100)
@given(TOWNS, PLANS, st.integers(1, 6))
def test_undo_redo_and_replay_give_the_same_bytes(town: Boundaries, wishes: list[Wish], back: int) -> None:
    drawn = carried_out(town, wishes)
    assume(drawn.steps)
    plan = Plan("试", 3).do(*(step.operation for step in drawn.steps))
    read = Plan.from_json(plan.to_json())
    assert read.to_json() == plan.to_json()
    again = draw_plan(read, town)
    assert [content(step.boundaries) for step in again.steps] == [content(step.boundaries) for step in drawn.steps]
    assert again.changed == drawn.changed
    back = min(back, len(plan.operations))
    undone = draw_plan(plan.undo(back), town).boundaries
    assert content(undone) == content((town, *(step.boundaries for step in drawn.steps))[-back - 1])
    assert content(draw_plan(plan.undo(back).redo(back), town).boundaries) == content(drawn.boundaries)


@laws(80)
@given(TOWNS, PLANS, st.integers(0, 10**6))
def test_households_are_never_lost_or_doubled(town: Boundaries, wishes: list[Wish], seed: int) -> None:
    xy = np.random.default_rng(seed).uniform((EAST, NORTH), (EAST + SIZE_M, NORTH + SIZE_M), (HOMES, 2))
    homes = gpd.GeoDataFrame({"household_id": np.arange(HOMES)}, geometry=gpd.points_from_xy(*xy.T), crs=CRS)
    had = whose(homes, town)
    assert (had != "outside").all()
    for step in carried_out(town, wishes).steps:
        has = whose(homes, step.boundaries)
        assert has.equals(had.mask(step_moves(homes, step) != "", step_moves(homes, step)).replace("nobody", ""))
        had = has


def whose(homes: gpd.GeoDataFrame, state: Boundaries) -> pd.Series:
    """Return the grid of every household, "" where its land is nobody's; by assignment and, apart from it, by counting."""
    assigned = assign(homes, state.grid_frame) if state.grids else None
    named = pd.Series(pd.NA, homes.index) if assigned is None else assigned.grid_id
    nobody = shapely.union_all(list(state.unassigned.values()))
    spare = shapely.intersects(nobody, homes.geometry.to_numpy())
    counted = sum(shapely.contains(shape, homes.geometry.to_numpy()).astype(int) for shape in polygons(state))
    assert (counted == 1).all()
    assert (named.isna() == spare).all()
    return named.astype("object").where(named.notna(), np.where(spare, "", "outside"))


def step_moves(homes: gpd.GeoDataFrame, step: Step) -> pd.Series:
    """Return who gets each household by what the step says that moved; "nobody", or "" for those that stay."""
    to = pd.Series("", homes.index, dtype=object)
    for move in step.moved:
        to[shapely.contains(move.shape, homes.geometry.to_numpy())] = move.to_id or "nobody"
    return to


@laws(40)
@given(
    st.builds(random_town, st.integers(0, 10**6), grids=st.integers(20, 30), villages=st.integers(1, 2), noisy=st.booleans()),
    st.lists(WISHES.filter(lambda wish: wish.kind in LOCAL), min_size=5, max_size=5, unique_by=lambda wish: wish.grid % 20),
)
def test_the_order_of_independent_operations_does_not_matter(town: Boundaries, wishes: list[Wish]) -> None:
    """Independent: the grids that one changes and their neighbours are none that the other changes."""
    steps = []
    for number, wish in enumerate(wishes):
        with suppress(RefusedError):
            steps.append(apply(town, operation(wish, town, number)))
    pairs = [(a, b) for a, b in combinations(steps, 2) if not around(town, a) & around(town, b)]
    assume(pairs)
    for one, other in pairs:
        there = apply(one.boundaries, other.operation).boundaries
        assert content(there) == content(apply(other.boundaries, one.operation).boundaries)


def around(town: Boundaries, step: Step) -> set[str]:
    """Return the grids that an operation changed, and their neighbours."""
    shapes = [state.grids[key].shape for state in (town, step.boundaries) for key in step.changed if key in state.grids]
    return {town.ids[i] for i in town.tree.query(shapes, predicate="dwithin", distance=0.01)[1]} | set(step.changed)


@laws(100)
@given(TOWNS, WISHES)
def test_handing_over_is_difference_and_union(town: Boundaries, wish: Wish) -> None:
    """The oracle: each grid loses the drawn area, and the one that gets it has it."""
    to = town.grids[town.ids[wish.grid % len(town.ids)]]
    village = town.areas[to.parent_id].shape
    area = shapely.intersection(blob(to.shape, wish.shape), village)
    assume(area.geom_type in ("Polygon", "MultiPolygon") and area.area > 1)
    left = [grid.shape.difference(area) for key, grid in town.grids.items() if key != to.grid_id]
    steps = tried(Drawn(town, ()), Hand(to.grid_id, area)).steps
    if not steps:
        assert area.difference(to.shape).area < SAME_M2 or min(2 * each.area / max(each.length, 1e-9) for each in left) < 1
        return
    step = steps[0]
    slivers = [part for move in step.moved for part in parts_of(move.shape.difference(area.buffer(1e-5)))]
    for key, grid in town.grids.items():
        plain = grid.shape.union(area) if key == to.grid_id else grid.shape.difference(area)
        along = sum(part.intersection(grid.shape).area for part in slivers)
        along = -sum(part.area for part in slivers) if key == to.grid_id else along
        assert abs(step.boundaries.grids[key].shape.area + along - plain.area) < SAME_M2
    assert all(2 * part.area / part.length < 1 for part in slivers)


@laws(60)
@given(TOWNS, WISHES)
def test_splitting_gives_the_pieces_that_a_plain_split_gives(town: Boundaries, wish: Wish) -> None:
    grid = town.grids[town.ids[wish.grid % len(town.ids)]]
    line = across(grid.shape, wish.shape)
    plain = sorted((part.area for part in split(grid.shape, line).geoms), reverse=True)
    assume(grid.shape.geom_type == "Polygon" and len(plain) > 1)
    assume(all(2 * part.area / part.length > 1 for part in split(grid.shape, line).geoms))
    new = tuple(f"N{i}" for i in range(len(plain) - 1))
    after = apply(town, Split(grid.grid_id, line, new)).boundaries.grids
    assert np.allclose([after[key].shape.area for key in (grid.grid_id, *new)], plain, atol=SAME_M2, rtol=0)


def test_a_record_is_what_is_carried_out(subtests: pytest.Subtests) -> None:
    """An operation read back from JSON has the same bytes, on every kind of wish."""
    town = random_town(5, noisy=True)
    rng = np.random.default_rng(0)
    for kind in (*LOCAL, "square", "nobody", "retire", "end"):
        with subtests.test(kind=kind):
            made = operation(Wish(kind, 4, 1, tuple(rng.uniform(0, 1, 4))), town, 1)
            read = operation_of(json.loads(made.digest))
            assert read.digest == made.digest
            assert type(read) is type(made)


def guixi_drafts(folder: Path) -> Boundaries:
    """Return the draft grids of Guixi's communities inside its townships."""
    points = io.read_points(folder / "guixi" / "communities.geojson").table
    townships = io.read_areas(folder / "guixi" / "townships.geojson").table
    return Boundaries.of(draft_grids(points, townships).grids, townships, crs=projected_crs(townships))


def test_guixi_redrawn_two_hundred_times_keeps_every_household(real_data: Path) -> None:
    town = guixi_drafts(real_data)
    homes = io.read_households(real_data / "guixi" / "households.csv").table
    homes = project(homes[homes.geometry.notna()], town.crs).reset_index(drop=True)
    inside = assign(homes, town.grid_frame).grid_id.notna()
    area = sum(grid.shape.area for grid in town.grids.values())
    rng, drawn = np.random.default_rng(4), Drawn(town, ())
    kinds = [*LOCAL, "hand", "hand", "square", "nobody", "retire"]
    for number in range(200):
        wish = Wish(
            kinds[rng.integers(len(kinds))], int(rng.integers(10_000)), int(rng.integers(99)), tuple(rng.uniform(0, 1, 4))
        )
        drawn = tried(drawn, operation(wish, drawn.boundaries, number))
    after = drawn.boundaries
    assert len(drawn.steps) > 100
    assert abs(sum(shape.area for shape in polygons(after)) - area) < 0.01
    assert shapely.coverage_is_valid(np.array(polygons(after), dtype=object))
    nobody = shapely.union_all(list(after.unassigned.values()))
    has = assign(homes, after.grid_frame).grid_id
    spare = pd.Series(shapely.intersects(nobody, homes.geometry.to_numpy()), homes.index)
    assert (has.notna() | spare).equals(inside)
    defects = check_tiling(after.grid_frame, after.area_frame).defects
    assert set(defects["kind"]) - {"multi_part", "hole"} == set()
