"""Who is affected by a redraw: from the staff table and from the grids' columns, everybody once; grids that have nobody."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geogrid.changefiles import write_change_sheet
from geogrid.changesheet import Asked, ChangeSheet, change_sheet
from geogrid.changestaff import Duty, duties_of
from geogrid.people import People
from geogrid.profile import load_profile
from geogrid.seating import seat
from geogrid.words import Text
from tests.strips import TOWN_CRS, homes_at, strips

BEFORE = {"A": (0, 100), "B": (100, 200), "C": (200, 300)}
SPLIT = {"A": (0, 60), "N": (60, 100), "B": (100, 200), "C": (200, 300)}
"""N is split from A."""
X = (10, 30, 70, 150, 250)
LEADERS = {"leader": {"A": "张三", "B": "李四", "C": "周八"}}
STAFF = (("S1", "张三", "leader", "A"), ("S2", "钱二", "police", "A"), ("S3", "孙三", "member", "B"))


def table(*rows: tuple[str, str, str, str], of_kind: str = "grid") -> pd.DataFrame:
    """Return a staff table of staff_id, name, role and of_id."""
    frame = pd.DataFrame(list(rows), columns=["staff_id", "name", "role", "of_id"], dtype="string")
    return frame.assign(of_kind=pd.Series([of_kind] * len(frame), dtype="string"))


def sheet(
    after: dict[str, tuple[int, int]],
    staff: tuple[pd.DataFrame | None, pd.DataFrame | None] = (None, None),
    *,
    texts: tuple[dict[str, Any], dict[str, Any]] = (LEADERS, LEADERS),
    **options: Any,
) -> ChangeSheet:
    before = seat(People.of(homes_at(X), crs=TOWN_CRS), strips(BEFORE, **texts[0]))
    return change_sheet(before, strips(after, **texts[1]), asked=Asked.of(load_profile(), staff=staff), **options)


def rows(found: ChangeSheet) -> list[list[Any]]:
    columns = found.staff[["person", "role", "from_id", "to_id"]].to_numpy().tolist()
    return [[str(value) for value in row] for row in columns]


def test_both_sources_and_everybody_once() -> None:
    """张三 stands in the table and in A's column; a grid that does not change is not listed."""
    found = sheet(SPLIT, (table(*STAFF), table(*STAFF)))
    assert rows(found) == [["张三", "leader", "A", "A"], ["钱二", "police", "A", "A"], ["", "nobody", "", "N"]]
    assert found.staff[["households_before", "households_after"]].iloc[0].tolist() == [3, 2]
    assert found.staff["households_after"].tolist() == [2, 2, 1]


def test_a_full_sheet_lists_everybody() -> None:
    assert [row[0] for row in rows(sheet(SPLIT, (table(*STAFF), table(*STAFF)), full=True))] == [
        *("张三", "钱二", "孙三", "李四", "周八", "")
    ]


@pytest.mark.parametrize("seed", range(60))
def test_who_is_listed_is_who_a_full_sheet_lists_in_these_grids(seed: int) -> None:
    """People move between grids of which the sheet lists some only; the full sheet reads the staff of all of them."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    names = ["张三", "李四", "孙三", "吴九"]
    tables = [
        table(*((f"S{name}", name, "leader", chance.choice("ABCN")) for name in names for _ in range(chance.randint(0, 2))))
        for _ in range(2)
    ]
    texts = [{"leader": {key: chance.choice(["", *names]) for key in "ABCN"}} for _ in range(2)]
    after = chance.choice([SPLIT, BEFORE, {"A": (0, 200), "C": (200, 300)}])
    short, full = (sheet(after, (tables[0], tables[1]), texts=(texts[0], texts[1]), full=full) for full in (False, True))
    listed = set(short.grids["grid_id"])
    assert rows(short) == [row for row in rows(full) if listed & set(row[2:]) - {""}]


def test_a_grid_without_anybody_is_counted_and_named() -> None:
    found = sheet(SPLIT)
    assert (found.staffing.unstaffed, found.totals["grids_unstaffed"]) == (["N"], 1)
    assert found.summary.zh.endswith("；1 个变动的网格尚无人负责。")
    assert found.summary.en.endswith("; 1 of the changed grids has no one responsible yet.")
    said = [note for note in found.notes if "尚无人负责" in note.zh]
    assert [note.zh.split("。")[0] for note in said] == ["1 个网格尚无人负责：N（拆自 A）"]
    assert said[0].en.startswith("grids with no one responsible yet (1): N (split from A);")


def test_a_new_grid_that_the_table_knows_already_has_somebody() -> None:
    found = sheet(SPLIT, (table(), table(("S9", "吴九", "member", "N"))))
    assert found.staffing.unstaffed == []
    assert ["吴九", "member", "", "N"] in rows(found)
    assert "尚无人负责" not in found.summary.zh


def test_only_what_a_change_left_without_anybody_is_counted() -> None:
    """B never had anybody; A loses its leader."""
    texts: tuple[dict[str, Any], dict[str, Any]] = ({"leader": {"A": "张三"}}, {"leader": {}})
    assert sheet({"A": (0, 110), "B": (110, 200), "C": (200, 300)}, texts=texts).staffing.unstaffed == ["A"]


def test_who_leads_another_grid_afterwards_goes_from_one_to_the_other() -> None:
    """B is merged into A, and 李四 takes C over from 周八."""
    after = {"leader": {"A": "张三", "C": "李四"}}
    found = sheet({"A": (0, 200), "C": (200, 300)}, texts=(LEADERS, after))
    assert rows(found) == [["张三", "leader", "A", "A"], ["李四", "leader", "B", "C"], ["周八", "leader", "C", ""]]
    assert found.staff.iloc[1, 4:].tolist() == [1, 1]
    assert found.grids.set_index("grid_id").loc["B", "to_ids"] == ("A",)


def test_a_column_that_changes_replaces_whom_the_table_still_names() -> None:
    """The table says 张三 leads A and says so still after A was given to 赵六; the other side's table may add people."""
    after = LEADERS["leader"] | {"A": "赵六"}
    staff = table(*STAFF)
    found = sheet(BEFORE, (staff, staff), texts=(LEADERS, {"leader": after}))
    assert rows(found) == [["张三", "leader", "A", ""], ["钱二", "police", "A", "A"], ["赵六", "leader", "", "A"]]
    more = table(*STAFF, ("S8", "郑十", "leader", "A"))
    assert ["郑十", "leader", "", "A"] in rows(sheet(BEFORE, (staff, more), texts=(LEADERS, {"leader": after})))


def test_two_people_of_one_name_are_two() -> None:
    staff = table(("S1", "张三", "member", "A"), ("S2", "张三", "member", "B"))
    found = sheet({"A": (0, 110), "B": (110, 200), "C": (200, 300)}, (staff, table(("S1", "张三", "member", "A"))))
    assert [row for row in rows(found) if row[1] == "member"] == [["张三", "member", "A", "A"], ["张三", "member", "B", ""]]


def test_several_names_in_a_cell_are_several_people() -> None:
    texts = {"member": {"A": "王五、赵六；王五"}}
    found = sheet(SPLIT, (table(("S5", "王五", "member", "A")),) * 2, texts=(texts, texts))
    assert [row[0] for row in rows(found)] == ["王五", "赵六", ""]


def test_who_is_responsible_for_something_else_is_left_out() -> None:
    assert duties_of(table(("S1", "张三", "leader", "A"), of_kind="area")) == ()
    assert duties_of(None) == ()
    assert duties_of(table(("S1", "张三", "leader", "A"), ("S1", "张三", "leader", "A"))) == (Duty("A", "leader", "张三", "S1"),)


def test_the_public_sheet_names_none_of_them(tmp_path: Path) -> None:
    written = write_change_sheet(sheet(SPLIT, (table(*STAFF),) * 2), load_profile(), tmp_path)
    for path in written[:2]:
        text = path.read_text(encoding="utf-8-sig")
        assert "钱二" not in text
        assert "孙三" not in text


def test_a_sheet_without_changes_has_nobody() -> None:
    found = sheet(BEFORE, (table(*STAFF),) * 2)
    assert (rows(found), found.summary) == ([], Text("没有变动。", "Nothing changes."))
