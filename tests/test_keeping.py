"""What every redraw keeps: locks, barriers, parents, nodes; each refusal with its words and place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import box

from geogrid.boundaries import Boundaries
from geogrid.errors import RefusedError
from geogrid.keeping import Rules, in_words, noded, parts_notes, require_tiling, unlike
from geogrid.operations import Draw, Hand, Merge, MoveBorder, Operation, Rename, Reparent, Restaff, Retire, Split
from geogrid.redraw import apply
from geogrid.tiles import Moved
from tests.paper_grids import block, four, from_corner, land, line, nested, parents, placed, refused, town

LOCKED = Rules(locked=frozenset({"B"}))
RIVER = line((105, -50), (105, 150))
"""5 m beside the border of A and B, on the side of B."""


@pytest.mark.parametrize(
    "operation",
    [
        Hand("A", block(90, 0, 110, 50)),
        Hand("B", block(90, 0, 110, 50)),
        Hand("", block(150, 0, 160, 50)),
        Split("B", line((150, -5), (150, 105)), ("N",)),
        Merge("A", ("B",)),
        Merge("B", ("A",)),
        MoveBorder("A", "B", line((120, -5), (120, 105))),
        Draw(block(90, 0, 110, 50), "N"),
        Retire("B", "A"),
        Retire("B"),
        Retire("A", "B"),
        Rename("B", "东片"),
        Restaff("B", leader="张三"),
        Reparent("B", ""),
    ],
    ids=lambda each: f"{each.kind}",
)
def test_a_locked_grid_keeps_its_land_and_its_row(operation: Operation) -> None:
    error = refused(four(), operation, LOCKED)
    assert error.message.en == "grid B is locked; unlock it first, or keep clear of it."
    assert error.message.zh == "网格 B 已锁定，不能改动；请先解锁或避开它。"
    assert error.place.intersects(block(0, 0, 200, 100))


def test_beside_a_locked_grid_all_is_allowed() -> None:
    """A corner on its border is no change of its land."""
    step = apply(four(), Split("A", line((-5, 50), (105, 50)), ("N",)), LOCKED)
    assert land(step.boundaries) == {"A": 5_000, "B": 10_000, "C": 10_000, "D": 10_000, "N": 5_000}


def test_a_place_is_what_may_not_move() -> None:
    assert from_corner(refused(four(), Hand("A", block(90, 0, 110, 50)), LOCKED).place).equals(box(100, 0, 110, 50))


def test_a_locked_smaller_grid_keeps_the_larger_one_above_it() -> None:
    """Splitting L2 would put M3 under a new grid: that is its row."""
    cut = Split("L2", line((300, -5), (300, 105)), ("L3",), stays=placed(shapely.Point(250, 50)))
    assert "grid M3 is locked" in refused(nested(), cut, Rules(locked=frozenset({"M3"}))).message.en
    assert parents(apply(nested(), cut, Rules(locked=frozenset({"M2"}))).boundaries)["M3"] == "L3"


def test_a_lock_on_a_grid_that_is_not_there_does_nothing() -> None:
    assert land(apply(four(), Merge("A", ("B",)), Rules(locked=frozenset({"Z"}))).boundaries)["A"] == 20_000


def test_land_across_a_river_beside_the_border() -> None:
    """A may have the 5 m up to the river, and nothing beyond."""
    rules = Rules(barriers=[RIVER])
    assert land(apply(four(), Hand("A", block(90, 0, 105, 100)), rules).boundaries)["A"] == 10_500
    for operation, beyond in (
        (Hand("A", block(90, 0, 120, 100)), box(105, 0, 120, 100)),
        (Merge("A", ("B",)), box(105, 0, 200, 100)),
        (Retire("B", "A"), box(105, 0, 200, 100)),
        (MoveBorder("A", "B", line((130, -5), (130, 105))), box(105, 0, 130, 100)),
    ):
        error = refused(four(), operation, rules)
        assert from_corner(error.place).equals(beyond)
        assert error.message.en == (
            f"{beyond.area:,.0f} m² lie across a barrier (river, railway, trunk road) from grid A; "
            "give it to a grid of that side, or take the line out of the table of barriers if it can be crossed."
        )
        assert f"{beyond.area:,.0f} 平方米与网格 A 隔着不可跨越的河流、铁路或干道" in error.message.zh


def test_the_other_way_the_river_is_behind_the_border() -> None:
    """B has a fringe of 5 % beyond the river, and stands there therefore: that much is the limit."""
    rules = Rules(barriers=[line((104, -50), (104, 150))])
    error = refused(four(), Hand("B", block(80, 0, 100, 100)), rules)
    assert from_corner(error.place).equals(box(80, 0, 100, 100))
    assert land(apply(four(), Hand("B", block(80, 0, 100, 100)), Rules(barriers=[RIVER])).boundaries)["B"] == 12_000


def test_a_new_grid_across_a_river_is_refused() -> None:
    rules = Rules(barriers=[RIVER])
    assert "500 m² lie across" in refused(four(), Draw(block(95, 0, 120, 50), "N"), rules).message.en


@pytest.mark.parametrize("river_m", [103, 105, 140])
def test_what_straddles_a_river_can_be_divided_across_it(river_m: float) -> None:
    """Both halves of B lie on the sides on which B lay, by a fringe or more."""
    rules = Rules(barriers=[line((river_m, -50), (river_m, 150))])
    after = apply(four(), Split("B", line((95, 50), (205, 50)), ("N",)), rules).boundaries
    assert land(after) == {"A": 10_000, "B": 5_000, "C": 10_000, "D": 10_000, "N": 5_000}


def test_a_part_stands_nowhere_where_the_whole_had_a_fringe() -> None:
    """B has 3 m beyond the river; of a part of 10 m that would be a third."""
    rules = Rules(barriers=[line((103, -50), (103, 150))])
    assert "150 m² lie across" in refused(four(), Draw(block(100, 0, 110, 50), "N"), rules).message.en


def test_land_may_leave_a_side() -> None:
    after = apply(four(), Split("B", line((105, -5), (105, 105)), ("N",)), Rules(barriers=[RIVER])).boundaries
    assert land(after) == {"A": 10_000, "B": 9_500, "C": 10_000, "D": 10_000, "N": 500}


def test_only_barriers_that_meet_the_grid_are_looked_at() -> None:
    rules = Rules(barriers=[line((0, 300), (400, 300)), RIVER])
    assert list(rules.barriers_on(block(0, 0, 110, 10))) == [RIVER]
    assert len(rules.barriers_on(block(0, 0, 90, 10))) == 0
    assert len(Rules().barriers_on(block(0, 0, 90, 10))) == 0


def test_outside_the_parent_only_where_that_is_asked_for() -> None:
    """Without the rule B reaches 30 m into the other village."""
    across = Hand("B", block(150, 0, 230, 50))
    assert from_corner(refused(four(), across).place).equals(box(200, 0, 230, 50))
    assert land(apply(four(), across, Rules(within_parent=False)).boundaries)["B"] == 11_500
    assert parents(apply(four(), Reparent("B", "V2"), Rules(within_parent=False)).boundaries)["B"] == "V2"


def test_a_smaller_grid_may_be_cut_only_where_that_is_asked_for() -> None:
    cut = Split("L2", line((350, -5), (350, 105)), ("L3",))
    after = apply(nested(), cut, Rules(within_parent=False)).boundaries
    assert (land(after)["L2"], land(after)["L3"], parents(after)["M3"]) == (15_000, 5_000, "L2")


def test_a_parent_that_is_not_there_refuses_nothing() -> None:
    lone = town([("A", block(0, 0, 100, 100), "X"), ("B", block(100, 0, 200, 100), "Y")])
    assert land(apply(lone, Hand("A", block(90, 0, 110, 100))).boundaries) == {"A": 11_000, "B": 9_000}


def test_corners_go_to_areas_and_other_levels_only_where_they_lie_on_their_border() -> None:
    before = nested()
    more = placed(shapely.Polygon([(0, 0), (50, 0), (100, 0), (100, 50), (100, 100), (0, 100)]))
    done = noded(before, replace(before, grids={**before.grids, "S1": replace(before.grids["S1"], shape=more)}))
    new = {key: shapely.get_num_coordinates(done.grids[key].shape) - 5 for key in ("M1", "M2", "L1", "L2", "S2")}
    assert new == {"M1": 1, "M2": 0, "L1": 1, "L2": 0, "S2": 0}  # (50, 0)
    assert shapely.get_num_coordinates(done.areas["V"].shape) - 5 == 1
    assert noded(before, before) is before


def test_what_is_not_the_same_object() -> None:
    before = four()
    after = replace(before, grids={key: grid for key, grid in before.grids.items() if key != "A"} | {"N": before.grids["A"]})
    assert unlike(before, after) == ["A", "N"]
    assert unlike(before, before) == []


def test_a_change_that_breaks_the_tiling_is_not_carried_out() -> None:
    """The last line of defence: whatever an operation does wrong, it never gets further than this."""
    before = four()
    for wrong in (box(0, 0, 110, 100), box(0, 0, 90, 100), box(0, 0, 100.001, 100)):
        after = replace(before, grids={**before.grids, "A": replace(before.grids["A"], shape=placed(wrong))})
        with pytest.raises(RefusedError, match=r"would leave borders that do not fit together \(A\) and was not carried out"):
            require_tiling(before, after, [Moved("A", "B", block(0, 0, 1, 1))])


def test_notes_say_what_falls_into_parts() -> None:
    two = shapely.multipolygons([block(0, 0, 40, 100), block(60, 0, 100, 100)])
    before = four()
    after = replace(before, grids={**before.grids, "A": replace(before.grids["A"], shape=two)})
    assert [note.en for note in parts_notes(before, after, ["A", "B", "Z"])] == ["grid A falls into 2 parts."]
    assert parts_notes(after, after, ["A"]) == []
    assert parts_notes(after, before, ["A"]) == []


def test_areas_in_words() -> None:
    assert [in_words([box(0, 0, 1, size)]) for size in (0.0012, 0.5, 9.94, 10, 12_345.6)] == [
        "0.0012",
        "0.5",
        "9.9",
        "10",
        "12,346",
    ]


def test_the_same_town_is_never_changed() -> None:
    before, shapes = four(), {key: grid.shape.wkb for key, grid in four().grids.items()}
    apply(before, Hand("A", block(90, 0, 110, 50)))
    apply(before, Split("A", line((30, -5), (40, 105)), ("N",)))
    assert {key: grid.shape.wkb for key, grid in before.grids.items()} == shapes
    assert isinstance(before, Boundaries)
    assert np.array_equal(before.shapes, [grid.shape for grid in before.grids.values()])
