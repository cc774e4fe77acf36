"""What changed between two versions: rows, polygons, land."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.boundaries import Boundaries, Tier
from geogrid.differences import changed_texts, differing, finest_tier, is_same, land_changed
from geogrid.errors import InputError
from geogrid.operations import Draw, Hand, Merge, Rename, Retire, Split
from geogrid.plans import Drawn
from geogrid.redraw import apply
from tests.paper_grids import block, four, line, nested
from tests.tilings import random_town
from tests.wishes import WISHES, Wish, operation


def changes(before: Boundaries, after: Boundaries) -> list[tuple[str | None, str | None, float]]:
    return [(each.from_id, each.to_id, round(each.shape.area, 3)) for each in land_changed(before, after)]


def test_the_same_boundaries() -> None:
    assert differing(four(), four()) == ()
    assert land_changed(four(), four()) == ()


def test_rows_and_polygons() -> None:
    named = apply(four(), Rename("A", "东片")).boundaries
    assert (differing(four(), named), changes(four(), named)) == (("A",), [])
    assert changed_texts(four().grids["A"], named.grids["A"]) == ("name",)
    moved = apply(named, Hand("A", block(90, 0, 110, 50))).boundaries
    assert differing(four(), moved) == ("A", "B")
    assert changes(four(), moved) == [("B", "A", 500)]
    assert changed_texts(named.grids["A"], moved.grids["A"]) == ()
    assert not is_same(named.grids["A"], moved.grids["A"])
    assert not is_same(None, moved.grids["A"])
    assert is_same(None, None)


def test_grids_that_end_and_begin() -> None:
    after = apply(apply(four(), Merge("A", ("B",))).boundaries, Split("C", line((230, -5), (230, 105)), ("N",))).boundaries
    assert differing(four(), after) == ("A", "B", "C", "N")
    assert changes(four(), after) == [("B", "A", 10_000), ("C", "N", 3_000)]
    assert changes(after, four()) == [("A", "B", 10_000), ("N", "C", 3_000)]


def test_land_of_nobody() -> None:
    after = apply(four(), Retire("B")).boundaries
    assert changes(four(), after) == [("B", "", 10_000)]
    assert changes(after, four()) == [("", "B", 10_000)]
    gone = replace(four(), grids={key: grid for key, grid in four().grids.items() if key != "B"})
    assert changes(four(), gone) == [("B", None, 10_000)]
    assert changes(gone, four()) == [(None, "B", 10_000)]


def test_levels_are_told_apart() -> None:
    after = apply(nested(), Hand("L1", block(200, 0, 300, 100))).boundaries
    assert changes(nested(), after) == [("L2", "L1", 10_000)]
    assert differing(nested(), after) == ("L1", "L2", "M2")


def test_a_new_corner_is_no_land() -> None:
    after = apply(four(), Split("A", line((-5, 50), (105, 50)), ("N",))).boundaries
    assert differing(four(), after) == ("A", "B", "N")
    assert changes(four(), after) == [("A", "N", 5_000)]


def test_the_finest_tiling_that_changed() -> None:
    assert finest_tier(nested(), nested()) == Tier("", "small")
    assert finest_tier(nested(), nested(), ["L1", "M2"]) == Tier("", "medium")
    over = apply(four(), Draw(block(0, 0, 50, 50), "P", grid_set="项目", level="project")).boundaries
    assert finest_tier(four(), over, ["P"]) == Tier("项目", "project")
    empty = replace(four(), grids={})
    with pytest.raises(InputError, match="there are no grids; import some first"):
        finest_tier(empty, empty)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200), WISHES, st.booleans())
def test_what_changed_is_what_moved(seed: int, wish: Wish, noisy: bool) -> None:
    town = random_town(seed, grids=8, noisy=noisy)
    try:
        step = Drawn(town, ()).then(operation(wish, town, 1)).steps[0]
    except ValueError:
        return
    moved = {(each.from_id, each.to_id): each.shape.area for each in step.moved}
    found = {(each.from_id, each.to_id): each.shape.area for each in land_changed(town, step.boundaries)}
    assert set(found) <= set(moved)
    assert sum(found.values()) == pytest.approx(sum(moved.values()), abs=2)
    assert set(differing(town, step.boundaries)) == set(step.changed)
