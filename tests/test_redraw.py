"""Each operation on paper-sized towns: areas worked out by hand, and every refusal with its message and place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import box

from geogrid.boundaries import Boundaries, Tier
from geogrid.errors import NotFoundError
from geogrid.operations import Draw, Hand, Merge, MoveBorder, Rename, Reparent, Restaff, Retire, Split
from geogrid.redraw import MAKE, apply, pieces_of
from geogrid.topology import check_tiling
from tests.paper_grids import area, block, four, from_corner, land, line, lines, nested, parents, placed, refused, town

STANDING = Tier("", "")


def moves(step: object) -> list[tuple[str | None, str | None, float]]:
    return [(each.from_id, each.to_id, round(each.shape.area, 3)) for each in step.moved]  # type: ignore[attr-defined]


def corners(state: Boundaries, grid_id: str) -> int:
    return int(shapely.get_num_coordinates(state.grids[grid_id].shape)) - 1


# --- hand over


def test_hand_over_a_strip() -> None:
    before = four()
    step = apply(before, Hand("A", block(90, 0, 110, 50)))
    assert land(step.boundaries) == {"A": 10_500, "B": 9_500, "C": 10_000, "D": 10_000}
    assert moves(step) == [("B", "A", 500)]
    assert (step.changed, step.notes) == (("A", "B"), ())
    assert from_corner(step.boundaries.grids["B"].shape).equals(box(100, 0, 200, 100) - box(100, 0, 110, 50))
    assert land(before) == dict.fromkeys("ABCD", 10_000)


def test_only_two_corners_are_new_on_a_shared_border() -> None:
    """The outline's corners inside A and on the border inside B's side leave no trace."""
    after = apply(four(), Hand("A", block(90, 20, 110, 50))).boundaries
    assert (corners(after, "A"), corners(after, "B"), corners(after, "C")) == (8, 8, 4)


def test_an_outline_may_reach_beyond_the_town() -> None:
    after = apply(four(), Hand("A", block(90, -40, 110, 50))).boundaries
    assert land(after) == {"A": 10_500, "B": 9_500, "C": 10_000, "D": 10_000}


@pytest.mark.parametrize("beyond", [1e-6, 1e-5, 0.001, 0.3, 0.8])
def test_strips_beyond_the_parent_stay_where_they_are(beyond: float) -> None:
    """An outline drawn along the edge of the village, and along the village beside it, is never exact."""
    before = four()
    step = apply(before, Hand("B", block(90, -beyond, 200 + beyond, 100 + beyond)))
    assert land(step.boundaries) == {"A": 9_000, "B": 11_000, "C": 10_000, "D": 10_000}
    assert step.boundaries.grids["C"] is before.grids["C"]


def test_what_lies_across_the_village_border_is_refused() -> None:
    error = refused(four(), Hand("B", block(150, 0, 230, 50)))
    assert error.message.en == "1,500 m² lie outside V1 and cannot go to its grid B; stay inside V1."
    assert error.message.zh == "1,500 平方米在 V1 之外，不能划给其下的网格 B；请在 V1 内调整。"
    assert from_corner(error.place).equals(box(200, 0, 230, 50))


def test_a_sliver_between_two_areas_goes_along() -> None:
    """0.5 m of B between the two boxes that are drawn."""
    twice = placed(box(100, 0, 130, 100) | box(130.5, 0, 150, 100))
    assert land(apply(four(), Hand("A", twice)).boundaries) == {"A": 15_000, "B": 5_000, "C": 10_000, "D": 10_000}


def test_a_sliver_cut_off_a_grid_goes_along() -> None:
    """B is cut in two by the outline: 30 m that stay, and 0.4 m beside C that go to A too."""
    after = apply(four(), Hand("A", block(130, 0, 199.6, 100))).boundaries
    assert land(after) == {"A": 17_000, "B": 3_000, "C": 10_000, "D": 10_000}


def test_a_sliver_of_a_grid_in_two_parts_goes_along() -> None:
    """B has a second part of 10 m; taking all of it but 0.2 m takes those too, though B then has no more parts than before."""
    rows = [
        ("A", block(0, 0, 100, 100), ""),
        ("B", placed(box(100, 0, 150, 100) | box(190, 0, 200, 100)), ""),
        ("C", block(150, 0, 190, 100), ""),
    ]
    step = apply(town(rows), Hand("C", block(180, 0, 199.8, 100)))
    assert land(step.boundaries) == {"A": 10_000, "B": 5_000, "C": 5_000}


def test_a_rim_too_narrow_to_live_on_is_no_grid() -> None:
    error = refused(four(), Hand("A", block(100, 0.3, 199.7, 99.7)))
    assert error.message.en == "grid B would lose all its land; use merge or retire to end it."
    assert error.message.zh == "网格 B 会失去全部土地；如要取消它，请用“合并”或“撤销”。"
    assert from_corner(error.place).equals(box(100, 0, 200, 100))


def test_handing_over_everything_is_refused() -> None:
    assert "grid B would lose all its land" in refused(four(), Hand("A", block(0, 0, 200, 100))).message.en


def test_what_is_there_already_changes_nothing() -> None:
    """Neither inside, nor along the border, where the outline would leave two useless corners."""
    for inside in (block(20, 20, 40, 40), block(50, 50, 100, 80), block(-50, -50, 100, 150)):
        error = refused(four(), Hand("A", inside))
        assert error.message.en == "the operation 'hand over' changes no grid: it is so already, or it meets no land; check it."
        assert error.message.zh == "操作“划归”没有改变任何网格：已是这样，或没有碰到要改的土地；请核对。"
        assert error.place.equals(inside)


def test_an_outline_without_land_is_refused() -> None:
    error = refused(four(), Hand("A", area((0, 0), (50, 0), (100, 0))))
    assert error.message.en == "the outline encloses no land, or crosses itself too often; draw a plain polygon."
    assert "no land" in refused(four(), Hand("A", line((0, 0), (50, 50)))).message.en
    assert "no land" in refused(four(), Hand("A", shapely.Point(1, 1))).message.en


def test_an_outline_that_crosses_itself_means_both_its_loops() -> None:
    """A bow tie of two triangles of 20 x 20 / 2, in B."""
    after = apply(four(), Hand("A", area((110, 10), (150, 50), (150, 10), (110, 50)))).boundaries
    assert land(after)["A"] == 10_800


def test_a_zigzag_outline_does_not_hang_it() -> None:
    spots = np.random.default_rng(0).uniform(0, 100, (2_000, 2))
    assert "crosses itself too often" in refused(four(), Hand("B", placed(shapely.Polygon(spots)))).message.en


def test_land_far_from_the_grid_makes_a_second_part() -> None:
    rows = [(key, block(100 * i, 0, 100 * i + 100, 100), "V") for i, key in enumerate("ABC")]
    step = apply(town(rows, {"V": block(0, 0, 300, 100)}), Hand("A", block(250, 0, 300, 100)))
    assert land(step.boundaries) == {"A": 15_000, "B": 10_000, "C": 5_000}
    assert [(note.zh, note.en) for note in step.notes] == [("网格 A 分成了 2 块。", "grid A falls into 2 parts.")]


def test_an_enclave_is_a_hole_and_no_land_is_lost() -> None:
    step = apply(four(), Draw(block(40, 40, 60, 60), "N"))
    assert land(step.boundaries) == {"A": 9_600, "B": 10_000, "C": 10_000, "D": 10_000, "N": 400}
    assert len(step.boundaries.grids["A"].shape.interiors) == 1
    back = apply(step.boundaries, Merge("A", ("N",))).boundaries
    assert back.grids["A"].shape.wkb == four().grids["A"].shape.wkb


def test_only_from_one_grid() -> None:
    rows = [(key, block(100 * i, 0, 100 * i + 100, 100), "V") for i, key in enumerate("ABC")]
    strip = block(50, 0, 250, 10)
    step = apply(town(rows), Hand("B", strip, from_id="C"))
    assert land(step.boundaries) == {"A": 10_000, "B": 10_500, "C": 9_500}
    assert moves(apply(town(rows), Hand("", strip, from_id="A"))) == [("A", "", 500)]
    assert "choose grids of one level" in refused(town(rows), Hand("B", strip, from_id="B")).message.en


def test_vacant_land_of_the_parent_can_be_handed_over() -> None:
    """The village is 40 m longer than its grids; beyond the village nothing is."""
    rows = [("A", block(0, 0, 100, 100), "V"), ("B", block(100, 0, 200, 100), "V")]
    step = apply(town(rows, {"V": block(0, 0, 240, 100)}), Hand("B", block(150, 0, 300, 50)))
    assert land(step.boundaries) == {"A": 10_000, "B": 12_000}
    assert moves(step) == [(None, "B", 2_000)]
    assert "changes no grid" in refused(town(rows), Hand("B", block(150, 0, 300, 50))).message.en


def test_an_unknown_grid() -> None:
    with pytest.raises(NotFoundError) as caught:
        apply(four(), Hand("Z", block(0, 0, 10, 10)))
    assert caught.value.message == ("没有网格“Z”；现有：A, B, C, D。", "there is no grid 'Z'; there are: A, B, C, D.")
    for operation in (Rename("Z", "x"), Restaff("Z"), Retire("Z"), Retire("A", "Z"), Merge("A", ("Z",)), Reparent("Z", "V1")):
        with pytest.raises(NotFoundError, match="no grid 'Z'"):
            apply(four(), operation)


# --- nobody's land


def test_a_plan_may_be_incomplete_and_is_completed() -> None:
    """B ends; A takes its west half, a new grid what is left."""
    left = apply(four(), Retire("B"))
    assert land(left.boundaries) == {"A": 10_000, "C": 10_000, "D": 10_000, "": 10_000}
    assert (moves(left), left.changed) == ([("B", "", 10_000)], ("B",))
    half = apply(left.boundaries, Hand("A", block(100, 0, 150, 100)))
    assert (land(half.boundaries)[""], moves(half)) == (5_000, [("", "A", 5_000)])
    full = apply(half.boundaries, Draw(block(140, -10, 200, 110), "N", "新"))
    assert land(full.boundaries) == {"A": 14_000, "C": 10_000, "D": 10_000, "N": 6_000}
    assert full.boundaries.unassigned == {}
    assert full.boundaries.grids["N"].parent_id == "V1"


def test_land_of_several_grids_to_nobody() -> None:
    step = apply(four(), Hand("", block(50, 20, 150, 40)))
    assert moves(step) == [("A", "", 1_000), ("B", "", 1_000)]
    assert land(step.boundaries)[""] == 2_000
    assert step.boundaries.unassigned[STANDING].geom_type == "Polygon"


def test_nobodys_land_belongs_to_its_village_still() -> None:
    left = apply(four(), Retire("B")).boundaries
    error = refused(left, Hand("C", block(150, 0, 250, 100)))
    assert error.message.en == "5,000 m² lie outside V2 and cannot go to its grid C; stay inside V2."


def test_a_cut_through_nobodys_land_reaches_the_village() -> None:
    """The second outline crosses the village's border inside land that is nobody's already: the village gets that corner."""
    state = apply(four(), Hand("", block(10, -10, 50, 50))).boundaries
    after = apply(state, Hand("", block(30, -10, 45, 70))).boundaries
    assert land(after) == {"A": 7_700, "B": 10_000, "C": 10_000, "D": 10_000, "": 2_300}
    nobody, village = after.unassigned[STANDING], after.areas["V1"].shape
    on_border = shapely.intersection(shapely.extract_unique_points(nobody), village.boundary)
    assert shapely.extract_unique_points(village).covers(on_border)


# --- split


def test_split_by_a_line() -> None:
    before = replace(four(), grids={k: replace(g, leader="张三", phone="1", duties="巡查") for k, g in four().grids.items()})
    step = apply(before, Split("A", line((30, -20), (30, 120)), ("N",)))
    assert land(step.boundaries) == {"A": 7_000, "B": 10_000, "C": 10_000, "D": 10_000, "N": 3_000}
    new = step.boundaries.grids["N"]
    assert (new.name, new.parent_id, new.leader, new.phone, new.code, new.duties) == ("N", "V1", "", "", "", "巡查")
    assert (corners(step.boundaries, "A"), corners(step.boundaries, "N"), step.changed) == (4, 4, ("A", "N"))


def test_a_slanting_line_leaves_no_other_corners() -> None:
    """The line leaves the grid far from square; the corners it makes are those where it crosses the outline."""
    after = apply(four(), Split("B", line((120, -50), (180, 150)), ("N",))).boundaries
    assert (corners(after, "B"), corners(after, "N"), corners(after, "A")) == (4, 4, 4)
    assert int(shapely.get_num_coordinates(after.areas["V1"].shape)) - 1 == 4 + 2


def test_neighbours_and_villages_get_the_new_corner() -> None:
    """A line across A ends on the border with B: B and, on the outer side, the village have its corner."""
    after = apply(four(), Split("A", line((-5, 50), (105, 50)), ("N",))).boundaries
    assert corners(after, "B") == 5
    assert shapely.Point(39_500_000, 4_400_050).touches(after.areas["V1"].shape)
    shapes = [grid.shape for grid in after.grids.values()]
    assert shapely.coverage_is_valid(np.array(shapes))
    assert shapely.coverage_union_all(shapes).equals(shapely.coverage_union_all([v.shape for v in after.areas.values()]))


@pytest.mark.parametrize("short", [0.0, 0.001, 0.5, 0.99])
def test_a_line_that_ends_a_little_short_is_drawn_on(short: float) -> None:
    after = apply(four(), Split("A", line((30, short), (30, 100 - short)), ("N",))).boundaries
    assert land(after) == {"A": 7_000, "B": 10_000, "C": 10_000, "D": 10_000, "N": 3_000}


def test_a_line_that_ends_too_short_cuts_nothing() -> None:
    cut = line((30, 1.5), (30, 120))
    error = refused(four(), Split("A", cut, ("N",)))
    assert error.message.en == "the line does not cut grid A; draw both of its ends beyond the outline."
    assert error.message.zh == "这条线没有切开网格 A；请把两端画到网格边界之外。"
    assert error.place.equals(cut)
    assert "does not cut" in refused(four(), Split("A", line((150, -5), (150, 105)), ("N",))).message.en
    assert "does not cut" in refused(four(), Split("A", line((0, 0), (0, 100)), ("N",))).message.en


def test_a_line_that_crosses_three_times_makes_more_pieces() -> None:
    r"""
    A line enters A from the left, leaves it to the left and comes back: 20 m of the upper and lower left corner.

    ::

        +--------+
        x--+     |   80..90: 20 x 10 = 200
           |     |
        x--+     |
        x--+     |   40..50: 20 x 10 = 200
        +--------+
    """
    cut = line((-5, 90), (20, 90), (20, 80), (-5, 80), (-5, 50), (20, 50), (20, 40), (-5, 40))
    error = refused(four(), Split("A", cut, ("N",)))
    assert error.message.en == "the line cuts grid A into 3 pieces and 1 new ids are given; one fewer than pieces is needed."
    assert error.message.zh == "这条线把网格 A 切成 3 块，给出了 1 个新编号；新编号应比块数少一个。"
    assert land(apply(four(), Split("A", cut, ("N1", "N2"))).boundaries) == {
        "A": 9_600, "B": 10_000, "C": 10_000, "D": 10_000, "N1": 200, "N2": 200,
    }  # fmt: skip
    assert [round(piece.area) for piece in pieces_of(four(), Split("A", cut))] == [9_600, 200, 200]


def test_several_lines_at_once_and_the_piece_that_stays() -> None:
    cuts = lines([(30, -5), (30, 105)], [(90, -5), (90, 105)])
    assert land(apply(four(), Split("A", cuts, ("N1", "N2"))).boundaries) == {
        "A": 6_000, "B": 10_000, "C": 10_000, "D": 10_000, "N1": 3_000, "N2": 1_000,
    }  # fmt: skip
    stays = placed(shapely.Point(95, 50))
    kept = land(apply(four(), Split("A", cuts, ("N1", "N2"), stays=stays)).boundaries)
    assert (kept["A"], kept["N1"], kept["N2"]) == (1_000, 6_000, 3_000)


def test_a_ring_cuts_an_enclave_out() -> None:
    ring = line((40, 40), (60, 40), (60, 60), (40, 60), (40, 40))
    assert land(apply(four(), Split("A", ring, ("N",))).boundaries) == {
        "A": 9_600, "B": 10_000, "C": 10_000, "D": 10_000, "N": 400,
    }  # fmt: skip


def test_splitting_a_grid_with_a_hole() -> None:
    """N is an enclave in A; a line right through both cuts A in two and leaves N whole."""
    state = apply(four(), Draw(block(40, 40, 60, 60), "N")).boundaries
    after = apply(state, Split("A", line((50, -5), (50, 105)), ("M",))).boundaries
    assert land(after) == {"A": 4_800, "B": 10_000, "C": 10_000, "D": 10_000, "M": 4_800, "N": 400}


def test_parts_that_the_line_does_not_meet_stay_with_the_largest_piece() -> None:
    rows = [("A", placed(box(0, 0, 100, 100) | box(150, 0, 200, 100)), ""), ("B", block(100, 0, 150, 100), "")]
    after = apply(town(rows), Split("A", line((40, -5), (40, 105)), ("N",))).boundaries
    assert land(after) == {"A": 11_000, "B": 5_000, "N": 4_000}


def test_pieces_narrower_than_a_metre_are_none() -> None:
    """The line runs 0.4 m beside the left border for 60 m before it crosses the grid."""
    cut = line((-5, 100.4), (0.4, 99), (0.4, 40), (105, 40))
    after = apply(four(), Split("A", cut, ("N",))).boundaries
    assert land(after)["A"] + land(after)["N"] == 10_000
    assert len(after.grids) == 5
    whole = line((0.4, -5), (0.4, 105))
    assert "does not cut" in refused(four(), Split("A", whole, ("N",))).message.en


@pytest.mark.parametrize("ids", [("B",), ("V1",), ("",)])
def test_ids_that_are_taken(ids: tuple[str, ...]) -> None:
    error = refused(four(), Split("A", line((30, -5), (30, 105)), ids))
    assert error.message.en == f"the new id {ids[0]} is empty or taken; use one never given."
    assert "为空或已被使用" in error.message.zh
    assert "is empty or taken" in refused(four(), Draw(block(0, 0, 10, 10), ids[0])).message.en


def test_an_id_given_twice() -> None:
    cuts = lines([(30, -5), (30, 105)], [(60, -5), (60, 105)])
    assert "the new id N, N is empty or taken" in refused(four(), Split("A", cuts, ("N", "N"))).message.en


def test_a_polygon_is_no_line() -> None:
    error = refused(four(), Split("A", block(0, 0, 10, 10), ("N",)))
    assert error.message == ("应给一条线，得到的是 Polygon；请画一条线。", "expected a line, got Polygon; draw a line.")


def test_a_tangle_is_no_line() -> None:
    spots = np.random.default_rng(0).uniform(0, 100, (3_000, 2))
    for operation in (Split("A", line(*spots), ("N",)), MoveBorder("A", "B", line(*spots))):
        assert "the line crosses itself more than 1,000 times" in refused(four(), operation).message.en


# --- merge and retire


def test_merge() -> None:
    step = apply(four(), Merge("A", ("B",)))
    assert land(step.boundaries) == {"A": 20_000, "C": 10_000, "D": 10_000}
    assert (step.boundaries.grids["A"].name, step.changed, moves(step)) == ("A网格", ("A", "B"), [("B", "A", 10_000)])


def test_grids_that_do_not_touch_merge_into_two_parts() -> None:
    rows = [(key, block(100 * i, 0, 100 * i + 100, 100), "V") for i, key in enumerate("ABCD")]
    step = apply(town(rows), Merge("A", ("C", "D")))
    assert land(step.boundaries) == {"A": 30_000, "B": 10_000}
    assert [note.en for note in step.notes] == ["grid A falls into 2 parts."]
    assert moves(step) == [("C", "A", 10_000), ("D", "A", 10_000)]


def test_merge_is_refused_with_itself_with_none_and_across_villages() -> None:
    assert refused(four(), Merge("A", ("A",))).message.en.startswith("A and A are not different grids of one set and level")
    assert refused(four(), Merge("A", ())).message.zh.startswith("— 与 A 不是同一套网格")
    assert "10,000 m² lie outside V1" in refused(four(), Merge("A", ("C",))).message.en
    assert "S1 and M1 are not different grids of one set and level" in refused(nested(), Merge("M1", ("S1",))).message.en


def test_retire() -> None:
    assert land(apply(four(), Retire("A", "B")).boundaries) == {"B": 20_000, "C": 10_000, "D": 10_000}
    assert "changes no grid" in refused(four(), Retire("A", "A")).message.en
    assert "lie outside V2" in refused(four(), Retire("A", "C")).message.en
    assert "not different grids of one set" in refused(nested(), Retire("M1", "S1")).message.en


def test_the_last_grid_can_end() -> None:
    step = apply(town([("A", block(0, 0, 100, 100), "")]), Retire("A"))
    assert (land(step.boundaries), step.changed) == ({"": 10_000}, ("A",))


# --- move a border


def test_a_border_right_through() -> None:
    step = apply(four(), MoveBorder("A", "B", line((120, -5), (120, 105))))
    assert land(step.boundaries) == {"A": 12_000, "B": 8_000, "C": 10_000, "D": 10_000}
    assert moves(step) == [("B", "A", 2_000)]


def test_a_border_through_both() -> None:
    """From 90 at the bottom to 110 at the top: a triangle of 10 x 50 / 2 goes each way."""
    step = apply(four(), MoveBorder("A", "B", line((89, -5), (111, 105))))
    assert moves(step) == [("A", "B", 250), ("B", "A", 250)]
    straight = from_corner(step.boundaries.grids["A"].shape)
    assert straight.equals(shapely.Polygon([(0, 0), (90, 0), (110, 100), (0, 100)]))


def test_a_stretch_of_a_border() -> None:
    step = apply(four(), MoveBorder("A", "B", line((100, 20), (120, 20), (120, 80), (100, 80))))
    assert moves(step) == [("B", "A", 1_200)]


@pytest.mark.parametrize("gap", [-0.8, -0.5, 0.5, 0.9])
def test_the_ends_of_a_stretch_may_miss_the_border_a_little(gap: float) -> None:
    border = line((100 + gap, 20), (120, 20), (120, 80), (100 + gap, 80))
    assert moves(apply(four(), MoveBorder("A", "B", border))) == [("B", "A", 1_200)]


def test_a_stretch_that_takes_nearly_all_of_a_grid() -> None:
    """What is left of B is the rim round it, though that is much smaller than what goes: 10,000 - 98 x 99 = 298."""
    border = line((100, 1), (199, 1), (199, 99), (100, 99))
    assert land(apply(four(), MoveBorder("A", "B", border)).boundaries)["B"] == 298


def test_a_stretch_that_weaves() -> None:
    """Into B by 10 m, back into A by 10 m, each 20 m long: 200 m² go each way."""
    border = line((100, 20), (110, 20), (110, 40), (90, 40), (90, 60), (100, 60))
    assert moves(apply(four(), MoveBorder("B", "A", border))) == [("A", "B", 200), ("B", "A", 200)]


def test_a_border_of_an_enclave() -> None:
    state = apply(four(), Draw(block(40, 40, 60, 60), "N")).boundaries
    step = apply(state, MoveBorder("A", "N", line((60, 45), (70, 45), (70, 55), (60, 55))))
    assert moves(step) == [("A", "N", 100)]


def test_borders_that_are_none() -> None:
    far = line((50, -5), (50, 105))
    error = refused(four(), MoveBorder("A", "C", far))
    assert error.message.en == "grids A and C share no border; choose neighbours."
    assert error.message.zh == "网格 A 与 C 没有共同的边界；请选择相邻的网格。"
    assert error.place.equals(far)
    error = refused(four(), MoveBorder("A", "B", line((20, 20), (50, 50))))
    assert error.message.en.startswith("the line makes no new border between grids A and B; draw it from one place")
    assert "没有给网格 A 与 B 划出新边界" in error.message.zh
    assert "makes no new border" in refused(four(), MoveBorder("A", "B", line((100, 0), (100, 100)))).message.en
    assert "not different grids" in refused(four(), MoveBorder("A", "A", far)).message.en
    assert "not different grids" in refused(nested(), MoveBorder("S1", "L2", far)).message.en


def test_a_border_that_would_leave_nothing_is_refused() -> None:
    assert "makes no new border" in refused(four(), MoveBorder("A", "B", line((200, 0), (200, 100)))).message.en


# --- draw


def test_draw_across_two_grids() -> None:
    step = apply(four(), Draw(block(80, 20, 120, 60), "N", "中片"))
    assert land(step.boundaries) == {"A": 9_200, "B": 9_200, "C": 10_000, "D": 10_000, "N": 1_600}
    new = step.boundaries.grids["N"]
    assert (new.name, new.parent_id, new.level) == ("中片", "V1", "")
    assert step.boundaries.ids == ["A", "B", "C", "D", "N"]


def test_draw_from_one_grid_only() -> None:
    step = apply(four(), Draw(block(80, 20, 120, 60), "N", from_id="B"))
    assert land(step.boundaries) == {"A": 10_000, "B": 9_200, "C": 10_000, "D": 10_000, "N": 800}


def test_draw_on_land_that_no_grid_has() -> None:
    empty = replace(four(), grids={})
    step = apply(empty, Draw(block(-50, 0, 150, 50), "N"))
    assert (land(step.boundaries), parents(step.boundaries)) == ({"N": 7_500}, {"N": "V1"})


def test_draw_in_a_village_that_is_not_there() -> None:
    with pytest.raises(NotFoundError) as caught:
        apply(four(), Draw(block(0, 0, 10, 10), "N", parent_id="V9"))
    assert caught.value.message.en == "there is no parent 'V9'; there are: V1, V2, A, B, C …."
    with pytest.raises(NotFoundError, match="no parent 'V9'"):
        apply(four(), Reparent("A", "V9"))


def test_draw_across_two_villages_is_refused() -> None:
    error = refused(four(), Draw(block(150, 0, 230, 10), "N"))
    assert error.message.en == "300 m² lie outside V1 and cannot go to its grid N; stay inside V1."


def test_a_projects_grid_takes_nothing_of_the_standing_ones() -> None:
    """The first grid of another set lies over the standing ones; the second takes from the first."""
    first = apply(four(), Draw(block(50, 0, 150, 100), "P1", grid_set="迎春项目", level="project"))
    assert land(first.boundaries) == {"A": 10_000, "B": 10_000, "C": 10_000, "D": 10_000, "P1": 10_000}
    second = apply(first.boundaries, Draw(block(100, 0, 150, 100), "P2", grid_set="迎春项目", level="project"))
    assert land(second.boundaries) == land(first.boundaries) | {"P1": 5_000, "P2": 5_000}
    handed = apply(second.boundaries, Hand("", block(100, 0, 150, 100))).boundaries
    assert land(handed) == land(second.boundaries) | {"B": 5_000, "": 5_000}
    assert list(handed.unassigned) == [STANDING]


# --- rows


def test_rename() -> None:
    step = apply(four(), Rename("A", "东片"))
    assert (step.boundaries.grids["A"].name, step.changed, step.moved) == ("东片", ("A",), ())
    assert step.boundaries.grids["A"].shape is not None
    assert "'rename' changes no grid" in refused(four(), Rename("A", "A网格")).message.en
    error = refused(four(), Rename("A", " "))
    assert error.message == ("网格 A 的新名称为空；请给出名称。", "the new name of grid A is empty; give a name.")


def test_restaff() -> None:
    first = apply(four(), Restaff("A", leader="张三", phone="12345")).boundaries
    second = apply(first, Restaff("A", leader="李四", duties="巡查")).boundaries.grids["A"]
    assert (second.leader, second.phone, second.duties, second.member) == ("李四", "12345", "巡查", "")
    assert apply(first, Restaff("A", leader="")).boundaries.grids["A"].leader == ""
    assert "changes no grid" in refused(first, Restaff("A", leader="张三")).message.en


def test_reparent_to_an_area() -> None:
    whole = replace(four(), areas={**four().areas, "V3": replace(four().areas["V1"], area_id="V3")})
    assert parents(apply(whole, Reparent("A", "V3")).boundaries)["A"] == "V3"
    assert parents(apply(whole, Reparent("A", "")).boundaries)["A"] == ""
    error = refused(whole, Reparent("A", "V2"))
    assert error.message.en == "10,000 m² lie outside V2 and cannot go to its grid A; stay inside V2."
    assert "changes no grid" in refused(whole, Reparent("A", "V1")).message.en


# --- larger and smaller grids


def test_reparenting_moves_the_land_of_the_larger_grid() -> None:
    """M2 goes from L2 to L1; its small grid goes along, the other grids keep their rows."""
    step = apply(nested(), Reparent("M2", "L1"))
    after = step.boundaries
    assert {key: land(after)[key] for key in ("L1", "L2", "M2")} == {"L1": 30_000, "L2": 10_000, "M2": 10_000}
    assert moves(step) == [("L2", "L1", 10_000)]
    assert parents(after) == parents(nested()) | {"M2": "L1"}


def test_reparenting_a_grid_that_was_under_none() -> None:
    """A grid that names no larger grid although it lies in one: the land goes from the one that has it."""
    before = nested()
    loose = replace(before, grids={**before.grids, "M2": replace(before.grids["M2"], parent_id="")})
    after = apply(loose, Reparent("M2", "L1")).boundaries
    assert (land(after)["L1"], land(after)["L2"]) == (30_000, 10_000)
    same = apply(loose, Reparent("M2", "L2"))
    assert (parents(same.boundaries)["M2"], same.moved) == ("L2", ())


def test_a_larger_grid_may_not_lose_everything_by_reparenting() -> None:
    assert "grid L1 would lose all its land" in refused(nested(), Reparent("M1", "L2")).message.en


def test_no_grid_is_above_itself() -> None:
    for grid, parent in (("S1", "S2"), ("S1", "S1"), ("L1", "S1"), ("L1", "M1")):
        error = refused(nested(), Reparent(grid, parent))
        assert error.message.en == (
            f"{parent} is no larger grid than {grid}: of its level, or below it; choose a larger grid or an area."
        )
        assert f"{parent} 不是网格 {grid} 的上级" in error.message.zh


def test_splitting_a_larger_grid_puts_the_smaller_under_the_pieces() -> None:
    after = apply(nested(), Split("L2", line((300, -5), (300, 105)), ("L3",), stays=placed(shapely.Point(250, 50)))).boundaries
    assert (land(after)["L2"], land(after)["L3"]) == (10_000, 10_000)
    assert parents(after) == parents(nested()) | {"M3": "L3", "L3": "V"}


def test_cutting_a_smaller_grid_is_refused() -> None:
    cut = Split("L2", line((350, -5), (350, 105)), ("L3",))
    error = refused(nested(), cut)
    assert error.message.en == (
        "the smaller grid M3 (of L2) would no longer lie whole in one larger grid; "
        "follow the borders of the smaller grids, or re-parent it first."
    )
    assert "较小的网格 M3（现属 L2）将不再完整地位于一个上级网格之内" in error.message.zh
    assert from_corner(error.place).equals(box(300, 0, 400, 100))
    assert "smaller grid M1 (of L1)" in refused(nested(), Retire("L1")).message.en
    assert "smaller grid M2 (of L2)" in refused(nested(), Hand("L1", block(190, 0, 250, 100))).message.en


def test_handing_whole_smaller_grids_between_larger_ones() -> None:
    step = apply(nested(), Hand("L1", block(200, 0, 300, 100)))
    assert parents(step.boundaries) == parents(nested()) | {"M2": "L1"}
    assert step.changed == ("L1", "L2", "M2")


def test_merging_larger_grids() -> None:
    after = apply(nested(), Merge("L1", ("L2",))).boundaries
    assert land(after)["L1"] == 40_000
    assert parents(after) == {
        "L1": "V", "M1": "L1", "M2": "L1", "M3": "L1", "S1": "M1", "S2": "M1", "S3": "M2", "S4": "M3",
    }  # fmt: skip


def test_smaller_grids_stay_inside_larger_ones() -> None:
    error = refused(nested(), Hand("S2", block(190, 0, 210, 100)))
    assert error.message.en == "1,000 m² lie outside M1 and cannot go to its grid S2; stay inside M1."
    step = apply(nested(), Hand("S1", block(90, 0, 150, 100)))
    assert (land(step.boundaries)["S1"], moves(step)) == (15_000, [("S2", "S1", 5_000)])
    assert step.changed == ("L1", "M1", "S1", "S2")  # the larger ones have the corners at 150


def test_a_new_corner_goes_to_every_level() -> None:
    """S1 is split by a line across its outer border: M1, L1 and the village have the corner at 50, and only that one."""
    after = apply(nested(), Split("S1", line((50, 120), (50, -20)), ("S9",))).boundaries
    corner = placed(shapely.Point(50, 100))
    for shape in (*(after.grids[key].shape for key in ("M1", "L1", "S1", "S9")), after.areas["V"].shape):
        assert shapely.intersects(shapely.extract_unique_points(shape), corner)
    for key in ("S2", "M2", "L2"):
        assert after.grids[key] is not None
        assert after.grids[key].shape.wkb == nested().grids[key].shape.wkb


def test_a_projects_grid_is_no_parent() -> None:
    """P lies over everything, but the small grids of a split large grid go to large grids only."""
    over = apply(nested(), Draw(block(0, 0, 400, 100), "AA", grid_set="项目", level="project", parent_id="V")).boundaries
    after = apply(over, Split("L2", line((300, -5), (300, 105)), ("L3",), stays=placed(shapely.Point(250, 50)))).boundaries
    assert parents(after)["M3"] == "L3"
    assert "smaller grid M1 (of L1)" in refused(over, Retire("L1")).message.en


def test_a_village_and_its_only_grid_may_share_an_id() -> None:
    rows = [("V1", block(0, 0, 100, 100), "V1"), ("V2", block(100, 0, 200, 100), "V2")]
    state = town(rows, {"V1": block(0, 0, 100, 100), "V2": block(100, 0, 200, 100)})
    after = apply(state, Split("V1", line((30, -5), (30, 105)), ("N",))).boundaries
    assert (land(after), parents(after)) == ({"N": 3_000, "V1": 7_000, "V2": 10_000}, {"N": "V1", "V1": "V1", "V2": "V2"})
    assert "lie outside V1" in refused(state, Hand("V1", block(50, 0, 150, 100))).message.en


# --- borders that do not fit


def test_borders_that_do_not_fit_must_be_repaired_first() -> None:
    """A and B overlap by 10 m; C is 0.2 m from B."""
    bad = town([("A", block(0, 0, 110, 100), ""), ("B", block(100, 0, 200, 100), ""), ("C", block(200, 0, 300, 100), "")])
    for operation in (
        Hand("A", block(90, 0, 120, 50)),
        Split("A", line((105, -5), (105, 105)), ("N",)),
        Merge("A", ("B",)),
        MoveBorder("A", "B", line((120, -5), (120, 105))),
        Retire("B", "A"),
        Draw(block(90, 0, 120, 50), "N"),
    ):
        error = refused(bad, operation)
        assert error.message.en == "the borders of the grids here do not fit together (A, B); repair them first (geogrid repair)."
        assert error.message.zh == "此处的网格边界互不吻合（A, B）；请先修复边界（geogrid repair）。"
        assert error.place is not None
        assert not error.place.is_empty
    assert "do not fit together (A, B)" in refused(bad, Hand("C", block(190, 0, 210, 100))).message.en


def test_a_polygon_that_crosses_itself_must_be_repaired_first() -> None:
    bad = town([("A", area((0, 0), (100, 100), (100, 0), (0, 100)), ""), ("B", block(100, 0, 200, 100), "")])
    for operation in (Hand("B", block(80, 0, 120, 50)), Merge("B", ("A",)), MoveBorder("B", "A", line((120, -5), (120, 105)))):
        assert "do not fit together (A)" in refused(bad, operation).message.en


def test_defects_elsewhere_do_not_matter() -> None:
    rows = [
        ("A", block(0, 0, 100, 100), ""),
        ("B", block(100, 0, 200, 100), ""),
        ("C", block(300, 0, 400, 100), ""),
        ("D", block(390, 0, 500, 100), ""),
    ]
    assert land(apply(town(rows), Hand("A", block(90, 0, 110, 100))).boundaries)["A"] == 11_000


def test_every_operation_has_a_way_to_be_carried_out() -> None:
    assert {each.kind for each in MAKE} == {"hand", "split", "merge", "border", "draw", "rename", "restaff", "reparent", "retire"}


def test_a_day_of_a_planner_leaves_a_tiling() -> None:
    state = four()
    for operation in (
        Split("A", line((30, -5), (40, 105)), ("A2",)),
        MoveBorder("A", "B", line((100, 20), (117, 33), (100, 80))),
        Draw(block(280, 30, 330, 60), "E", "中片"),
        Retire("D", "C"),
        Hand("B", block(80, 60, 110, 100)),
        Merge("A", ("A2",)),
    ):
        state = apply(state, operation).boundaries
    assert check_tiling(state.grid_frame, state.area_frame).defects.empty
    assert round(sum(land(state).values()), 2) == 40_000
