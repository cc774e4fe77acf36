"""A plan on a newer base: what still holds, what clashes, and where."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shapely import box

from geogrid.boundaries import Boundaries
from geogrid.errors import RefusedError
from geogrid.keeping import Rules
from geogrid.operations import Draw, Hand, Merge, Operation, Rename, Reparent, Restaff, Retire, Split
from geogrid.plans import Plan, draw_plan
from geogrid.rebase import Rebased, rebase
from tests.paper_grids import block, four, from_corner, land, line, parents

SPLIT = Split("A", line((30, -5), (30, 105)), ("N",))


def after(*operations: Operation) -> Boundaries:
    """Return the newer base: what others adopted meanwhile."""
    return draw_plan(Plan("他人").do(*operations), four()).boundaries


def moved(newer: Boundaries, *operations: Operation, **options: object) -> Rebased:
    plan = Plan("试", 1).do(*operations).do(Rename("D", "多余")).undo()
    return rebase(plan, (four(), newer), 4, **options)  # type: ignore[arg-type]


def conflicts(done: Rebased) -> list[tuple[int, str, str]]:
    rows = done.conflicts
    assert len(rows) == len(done.set_aside)
    assert (rows["reason_zh"] != rows["reason_en"]).all()
    assert not (rows.geometry.isna() | rows.geometry.is_empty).any()
    return list(zip(rows["number"], rows["kind"], rows["reason_en"], strict=True))


def test_nothing_clashes_where_others_worked_elsewhere() -> None:
    newer = after(Hand("C", block(300, 0, 320, 100)), Rename("D", "丁"))
    done = moved(newer, SPLIT, Rename("A", "甲"), Hand("B", block(90, 0, 100, 100)))
    assert conflicts(done) == []
    assert (done.plan.base_version, done.plan.undone) == (4, ())
    assert land(done.drawn.boundaries) == {"A": 6_000, "B": 11_000, "C": 12_000, "D": 8_000, "N": 3_000}
    assert done.drawn.base is newer
    again = draw_plan(done.plan, newer).boundaries
    assert {k: g.shape.wkb for k, g in again.grids.items()} == {k: g.shape.wkb for k, g in done.drawn.boundaries.grids.items()}


def test_land_that_changed_hands_meanwhile() -> None:
    """Others gave 20 m of A to B; the plan cuts 10 m off A there, and 30 m on the other side."""
    done = moved(after(Hand("B", block(80, 0, 100, 100))), Hand("B", block(90, 0, 100, 100)), SPLIT)
    assert conflicts(done) == [
        (1, "hand", "this land (1,000 m²) changed hands in the new base; draw it again, or confirm that it is kept.")
    ]
    assert done.conflicts["reason_zh"].tolist() == ["这块土地（1,000 平方米）在新的基准版本中已换了网格；请重新画，或确认保留。"]
    assert from_corner(done.conflicts.geometry[0]).equals(box(90, 0, 100, 100))
    assert [each.kind for each in done.plan.operations] == ["split"]
    assert [each.kind for each in done.set_aside] == ["hand"]


def test_what_is_confirmed_is_kept_where_it_can_be_done() -> None:
    newer = after(Hand("B", block(80, 0, 100, 100)))
    done = moved(newer, Hand("A", block(100, 0, 110, 100)), Merge("A", ("B",)), keep={1, 2})
    assert (conflicts(done), land(done.drawn.boundaries)) == ([], {"A": 20_000, "C": 10_000, "D": 10_000})
    gone = moved(after(Merge("A", ("B",))), Hand("B", block(90, 0, 100, 100)), keep=[1])
    assert [(number, kind) for number, kind, _ in conflicts(gone)] == [(1, "hand")]
    assert "there is no grid 'B'" in conflicts(gone)[0][2]
    assert from_corner(gone.conflicts.geometry[0]).equals(box(90, 0, 100, 100))


def test_rows_that_changed_meanwhile() -> None:
    newer = after(Rename("A", "甲"), Restaff("B", leader="李四"))
    done = moved(newer, Rename("A", "东"), Restaff("B", leader="张三"), Rename("C", "丙"), SPLIT, Reparent("A", ""))
    assert [(number, kind) for number, kind, _ in conflicts(done)] == [(1, "rename"), (2, "restaff"), (5, "reparent")]
    assert conflicts(done)[0][2] == "grid A was changed in the new base; check it and enter it again, or confirm that it is kept."
    assert "网格 A 在新的基准版本中已改过" in done.conflicts["reason_zh"][0]
    assert (done.drawn.boundaries.grids["A"].name, done.drawn.boundaries.grids["C"].name) == ("甲", "丙")
    assert parents(done.drawn.boundaries)["A"] == "V1"


def test_a_border_that_moved_meanwhile_is_no_other_row() -> None:
    """Others moved the border of A and B: a new name for A clashes with nothing."""
    assert conflicts(moved(after(Hand("B", block(80, 0, 100, 100))), Rename("A", "东"), Restaff("B", leader="张三"))) == []


def test_a_grid_that_ended_meanwhile() -> None:
    done = moved(after(Merge("B", ("A",))), Rename("A", "东"), SPLIT, Rename("N", "西"))
    assert [(number, kind) for number, kind, _ in conflicts(done)] == [(1, "rename"), (2, "split"), (3, "rename")]
    assert conflicts(done)[2][2].startswith("there is no grid 'N'")
    assert done.plan.operations == ()


def test_an_id_that_others_gave_meanwhile() -> None:
    done = moved(after(Draw(block(350, 0, 400, 100), "N")), SPLIT)
    assert conflicts(done) == [(1, "split", "the new id N is empty or taken; use one never given.")]


def test_what_depends_on_what_was_set_aside_goes_with_it() -> None:
    """The land that N should get is N's no more: the new base has given it away, so N is not made, nor handed anything."""
    done = moved(after(Hand("B", block(20, 0, 100, 100))), SPLIT, Hand("N", block(30, 0, 35, 100)), Retire("D", "C"))
    assert [number for number, _, _ in conflicts(done)] == [1, 2]
    assert land(done.drawn.boundaries) == {"A": 2_000, "B": 18_000, "C": 20_000}


def test_rules_of_today() -> None:
    """A lock or river that came later makes conflicts, not an error."""
    locked = replace(Plan("试", 1).do(SPLIT, Hand("B", block(90, 0, 100, 100))), locked=frozenset({"B"}))
    done = rebase(locked, (four(), four()), 4)
    assert [(row.number, row.reason_en) for row in done.conflicts.itertuples()] == [
        (2, "grid B is locked; unlock it first, or keep clear of it.")
    ]
    river = Rules(barriers=[line((95, -50), (95, 150))])
    done = rebase(Plan("试", 1).do(Hand("B", block(90, 0, 100, 100))), (four(), four()), 4, rules=river)
    assert "lie across a barrier" in done.conflicts["reason_en"][0]
    assert from_corner(done.conflicts.geometry[0]).equals(box(90, 0, 95, 100))


def test_a_plan_that_cannot_be_drawn_on_its_own_base() -> None:
    with pytest.raises(RefusedError, match="operation 1"):
        rebase(Plan("试", 1).do(Merge("A", ("A",))), (four(), four()), 4)
