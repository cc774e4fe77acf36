"""Names of tables and of reasons: none is missing, and the workbook says them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest

from geogrid.inputlabels import PROBLEM_NAMES, TABLE_NAMES
from geogrid.inputs import PLACE_TABLES
from geogrid.labels import column_label
from geogrid.outputs import write_private, write_public
from geogrid.report import check
from geogrid.rows.problems import PROBLEMS
from geogrid.rows.tables import TABLES
from geogrid.words import LANGS, Lang
from tests.builders import paper_town
from tests.published import pair, public_report, standard, with_standards

if TYPE_CHECKING:
    from pathlib import Path


def test_every_reason_and_table_has_a_name() -> None:
    assert set(PROBLEMS) - set(PROBLEM_NAMES) == set()
    assert (set(TABLES) | set(PLACE_TABLES)) - set(TABLE_NAMES) - {"code_list", "candidates", "barriers"} == set()


def test_the_code_of_an_area_is_no_reason() -> None:
    assert column_label("code", "zh", {}) == "编码"
    assert [column_label(column, "zh", {}) for column in ("duties", "functions", "reason")] == ["职责", "功能", "原因"]


@pytest.mark.parametrize(("lang", "sheet"), [("zh", "标准"), ("en", "Standards")])
def test_the_public_workbook_has_standards_and_sizes(lang: Lang, sheet: str, tmp_path: Path) -> None:
    said = {"id": "F4", "name": "四", "result": "fail", "value": pair("40 平方米", "40 m²"), "said": pair("少 50", "50 short")}
    size: dict[str, Any] = {
        "id": "v",
        **pair("村", "villages"),
        "n": 3,
        "found": 3,
        "share": None,
        "share_found": None,
        "is_equal": True,
    }
    size |= {"is_assumed": False, "is_confirmed": True, "source": pair("某报道", "a report")}
    write_public(
        with_standards(public_report(), standard("a", (3, 2, 1, 0), failures=[said]), stated=(size,)), tmp_path, lang=lang
    )
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    row = dict(zip(*[[cell.value for cell in cells] for cells in book[sheet].iter_rows()], strict=True))
    assert [row[{"zh": zh, "en": en}[lang]] for zh, en in (("达标", "Pass"), ("不达标", "Fail"))] == [2, 1]
    mend = [cell.value for cell in book[{"zh": "待整改", "en": "To mend"}[lang]][2]]
    assert [word for word in ("F4", *({"zh": ("不达标", "少 50"), "en": ("Fail", "50 short")}[lang])) if word not in mend] == []
    assert book[{"zh": "规模对照", "en": "Stated sizes"}[lang]].max_row == 2


def test_totals_and_settings_are_called_by_name_in_chinese(tmp_path: Path) -> None:
    write_public(public_report(), tmp_path, lang="zh")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    keys = [sheet.cell(row, 1).value for sheet in (book["概况"], book["设定"]) for row in range(2, sheet.max_row + 1)]
    assert [key for key in keys if str(key).isascii()] == []
    assert "住户" in [cell.value for cell in book["输入文件"][2]]


@pytest.mark.parametrize("lang", LANGS)
def test_rejected_rows_are_listed_in_words(lang: Lang, tmp_path: Path) -> None:
    town = paper_town()
    homes = town["households"].copy()
    homes["persons"] = homes["persons"].astype(object)
    homes.loc[homes.index[0], "persons"] = "三口"
    write_private(check(**{**town, "households": homes}), tmp_path, lang=lang)
    rows = pd.read_csv(tmp_path / "private" / "rejected.csv")
    reason, expected, whole = ({"zh": ("原因", "应为", "原行"), "en": ("Reason", "Expected", "Whole row")})[lang]
    assert rows[reason].tolist() == [PROBLEM_NAMES["not_a_number"].say(lang)]
    assert len(rows[expected]) == 1
    said = rows[whole][0]
    with pytest.raises(json.JSONDecodeError):
        json.loads(said)
    assert {"zh": "persons：三口", "en": "persons: 三口"}[lang] in said
    assert [column for column in rows if column.endswith(("_zh", "_en"))] == []
