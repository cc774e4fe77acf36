"""What is said of operations: every kind in both languages, no household, no phone number."""

from __future__ import annotations

import pytest

from geogrid.operations import OPERATIONS, Draw, Hand, Merge, MoveBorder, Operation, Rename, Reparent, Restaff, Retire, Split
from geogrid.operationwords import described
from tests.builders import block, street

LAND, LINE = block(0, 0, 100, 50), street((0, 0), (9, 9))
SAID: list[tuple[Operation, str, str]] = [
    (Hand("G1", LAND), "5,000 平方米划给 G1", "hand 5,000 m² to G1"),
    (Hand("", LAND), "5,000 平方米划给 （未分配）", "hand 5,000 m² to nobody yet"),
    (Hand("G1", LAND, ("U1", "U2")), "单元 U1、U2 划给 G1", "hand units U1, U2 to G1"),
    (Split("G1", LINE, ("G5",)), "拆分 G1，新网格 G5", "split G1; new: G5"),
    (
        Merge("G1", tuple(f"G{i}" for i in range(2, 10))),
        "G2、G3、G4、G5、G6、G7 等 8 个 并入 G1",
        "merge G2, G3, G4, G5, G6, G7 and 2 more into G1",
    ),
    (MoveBorder("G1", "G2", LINE), "调整 G1 与 G2 的边界", "move the border of G1 and G2"),
    (Draw(LAND, "G9", "新"), "新划 G9 新（5,000 平方米）", "draw G9 新 (5,000 m²)"),
    (Draw(LAND, "G9", from_id="G1", unit_ids=("U1",)), "拆分 G1，新网格 G9（单元 U1）", "split G1; new: G9 (units U1)"),
    (Rename("G1", "东"), "G1 改名为“东”", "rename G1 to '东'"),
    (Restaff("G1", leader="张三", phone="0701-1"), "G1 更换网格长、电话", "re-staff G1: grid leader, phone"),
    (Reparent("G1", "V2"), "G1 改隶 V2", "put G1 under V2"),
    (Retire("G1"), "撤销 G1，土地暂不分配", "retire G1, its land to nobody yet"),
]


@pytest.mark.parametrize(("operation", "zh", "en"), SAID)
def test_what_is_said(operation: Operation, zh: str, en: str) -> None:
    assert described(operation) == (zh, en)


def test_a_grid_drawn_out_of_another_is_a_split() -> None:
    assert Draw(LAND, "G9").called == ("新划", "draw")
    assert Draw(LAND, "G9", from_id="G1").called == Split("G1", LINE).called == ("拆分", "split")
    assert described(Draw(LAND, "G9", from_id="G1")).zh == "拆分 G1，新网格 G9（5,000 平方米）"


def test_every_kind_is_said() -> None:
    assert {type(operation) for operation, _, _ in SAID} == set(OPERATIONS.values())
