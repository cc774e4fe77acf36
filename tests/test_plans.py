"""Plans: done, undone, redone, locked, saved as a file and read from a stranger's."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from pyproj import CRS

from geogrid.errors import InputError, NotFoundError, RefusedError
from geogrid.keeping import Rules
from geogrid.operations import Draw, Hand, Merge, MoveBorder, Rename, Retire, Split
from geogrid.plans import FORMAT, Drawn, Plan, draw_plan, rules_of
from geogrid.redraw import apply
from tests.paper_grids import block, four, land, line, told, town

DAY = (
    Split("A", line((30, -5), (30, 105)), ("N",)),
    Retire("B"),
    Hand("A", block(100, 0, 150, 100)),
    Rename("N", "西片"),
)


def test_a_drawn_plan_shows_each_step_and_what_is_left_to_do() -> None:
    drawn = draw_plan(Plan("试", 3, DAY), four())
    assert [step.operation.kind for step in drawn.steps] == ["split", "retire", "hand", "rename"]
    assert land(drawn.boundaries) == {"A": 12_000, "C": 10_000, "D": 10_000, "N": 3_000, "": 5_000}
    assert drawn.changed == ("A", "B", "N")
    assert drawn.unassigned_m2 == pytest.approx(5_000)
    assert drawn.notes[0].en == "the plan is incomplete: 5,000 m² belong to no grid yet."
    assert drawn.notes[0].zh == "方案尚未完成：还有 5,000 平方米没有划给任何网格。"


def test_a_plan_without_operations_is_its_base() -> None:
    base = four()
    drawn = draw_plan(Plan("空"), base)
    assert (drawn.boundaries, drawn.changed, drawn.notes) == (base, (), ())


def test_what_is_done_and_taken_back_has_not_changed() -> None:
    drawn = (
        Drawn(four(), ())
        .then(Rename("A", "东"))
        .then(Rename("A", "A网格"))
        .then(Draw(block(40, 40, 60, 60), "N"))
        .then(Merge("A", ("N",)))
    )
    assert drawn.changed == ()


def test_notes_are_about_the_end_of_the_plan() -> None:
    """B falls in two, then in three parts; what is said is what is true in the end, or nothing."""
    rows = [(key, block(100 * i, 0, 100 * i + 100, 100), "V") for i, key in enumerate("ABC")]
    drawn = Drawn(town(rows), ()).then(Hand("A", block(150, 0, 160, 100)))
    assert [note.en for note in drawn.notes] == ["grid A falls into 2 parts.", "grid B falls into 2 parts."]
    drawn = drawn.then(Hand("A", block(120, 0, 130, 100)))
    assert [note.en for note in drawn.notes] == ["grid A falls into 3 parts.", "grid B falls into 3 parts."]
    assert Drawn(drawn.base, drawn.steps).then(Merge("A", ("B",))).notes == ()


def test_undo_and_redo() -> None:
    plan = Plan("试").do(*DAY)
    assert plan.undo(3).operations == DAY[:1]
    assert plan.undo().undo(2).redo().operations == DAY[:2]
    assert plan.undo(3).redo(3).operations == DAY
    assert plan.undo(3).undone == (DAY[3], DAY[2], DAY[1])
    assert plan.undo().do(DAY[0]).undone == ()
    for wrong in (0, -1, 5):
        with pytest.raises(InputError, match=f"cannot undo or redo {wrong} steps: there are 4"):
            plan.undo(wrong)
    with pytest.raises(InputError) as caught:
        plan.redo()
    assert caught.value.message == ("不能撤回或重做 1 步：只有 0 步。", "cannot undo or redo 1 steps: there are 0.")


def test_locks() -> None:
    plan = Plan("试").lock("B", "C").unlock("C")
    assert plan.locked == {"B"}
    assert rules_of(plan, Rules(locked=frozenset({"D"}))).locked == {"B", "D"}
    assert not rules_of(plan, Rules(within_parent=False)).within_parent
    with pytest.raises(RefusedError, match=r"operation 1 \(merge\): grid B is locked"):
        draw_plan(plan.do(Merge("A", ("B",))), four())


def test_the_operation_that_cannot_be_done_is_named() -> None:
    wrong = MoveBorder("A", "C", line((120, -5), (120, 105)))
    with pytest.raises(RefusedError) as refused:
        draw_plan(Plan("试").do(Rename("A", "东"), wrong), four())
    error = told(refused.value)
    assert error.message.en == "operation 2 (move a border): grids A and C share no border; choose neighbours."
    assert error.message.zh == "第 2 项操作（调整边界）：网格 A 与 C 没有共同的边界；请选择相邻的网格。"
    assert error.place.equals(wrong.line)
    with pytest.raises(NotFoundError, match=r"operation 1 \(rename\): there is no grid 'Z'"):
        draw_plan(Plan("试").do(Rename("Z", "东")), four())


def test_a_plan_is_a_file() -> None:
    plan = Plan("东片调整\u3000一", 7, locked=frozenset({"D", "C"})).do(*DAY).undo()
    content = plan.to_json()
    read = Plan.from_json(content)
    assert read.to_json() == content
    assert (read.name, read.base_version, read.locked) == (plan.name, 7, frozenset({"C", "D"}))
    assert [each.digest for each in read.operations] == [each.digest for each in DAY[:3]]
    assert json.loads(content)["locked"] == ["C", "D"]


def test_a_plan_file_of_another_crs_is_refused() -> None:
    content = Plan("试").do(*DAY).to_json(crs=CRS.from_epsg(4548))
    assert json.loads(content)["crs"] == "EPSG:4548"
    assert Plan.from_json(content, crs=CRS.from_epsg(4548)).to_json() == Plan.from_json(content).to_json()
    with pytest.raises(InputError) as caught:
        Plan.from_json(content, crs=CRS.from_epsg(4549))
    assert "EPSG:4548" in caught.value.message.en
    assert "工作区是" in caught.value.message.zh
    assert Plan.from_json(Plan("试").to_json(), crs=CRS.from_epsg(4549)).name == "试", "older files do not say"


def record(**more: Any) -> bytes:
    told = {"format": FORMAT, "version": 1, "name": "试", "base_version": 0, "operations": [], **more}
    return json.dumps({key: value for key, value in told.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"NaN",
        b"[" * 100_000,
        b'{"format": "geogrid-plan"' + b"0" * 5_000,
        record(format="other"),
        record(version=2),
        record(operations=None),
        record(operations={"kind": "rename"}),
        record(operations=[{}] * 20_001),
        record(locked="A"),
        record(locked=[1]),
        record(name=None),
        record(name=...),
        record(base_version="1"),
        record(base_version=True),
        record(base_version=1.5),
        record(base_version=...),
    ],
    ids=range(20),
)
def test_what_is_no_plan(content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        Plan.from_json(content)
    assert caught.value.message.en == "this is no plan; use a .json that `geogrid plan export` wrote."
    assert caught.value.message.zh == "这不是方案文件；请用“geogrid plan export”写出的 .json。"


@pytest.mark.parametrize("text", ["a\u202eb", "\ud800", "\x1b[2J", "x" * 6_000])
def test_a_name_or_lock_that_cannot_be_shown_is_no_plan(text: str) -> None:
    for content in (record(name=text), record(locked=[text])):
        with pytest.raises(InputError):
            Plan.from_json(content)


def test_the_operation_that_cannot_be_read_is_named() -> None:
    with pytest.raises(InputError) as caught:
        Plan.from_json(record(operations=[Rename("A", "东").to_record(), {"kind": "explode"}]))
    assert caught.value.message.en.startswith("operation 2: there is no operation 'explode'; known: hand")
    assert caught.value.message.zh.startswith("第 2 项操作：没有操作“explode”")


def test_the_same_bytes_each_time() -> None:
    plan = Plan("试").do(
        Split("A", line((33.3333333, -5), (31.1111111, 105)), ("N",)),
        Rename("N", "西"),
        Hand("B", block(87.654321987, 10.1, 111, 51.7)),
    )
    first, second = (draw_plan(each, four()).boundaries for each in (plan, Plan.from_json(plan.to_json())))
    assert {key: grid.shape.wkb for key, grid in first.grids.items()} == {
        key: grid.shape.wkb for key, grid in second.grids.items()
    }
    assert shapely.coverage_is_valid(first.shapes)
    assert apply(first, Rename("A", "再试")).boundaries.grids["B"] is first.grids["B"]
