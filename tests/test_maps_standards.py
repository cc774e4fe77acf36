"""The section of the report on a place's standards: counts, what fails by name, sizes, and what is withheld said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from geogrid.words import LANGS, Lang
from maps.document import report_document
from maps.standards import MOST_NAMED, is_there, standards
from maps.view import View
from tests.published import HOSTILE, pair, public_report, standard, with_standards
from tests.test_document import Reader

Row = dict[str, Any]


def view(*rows: Row, stated: tuple[Row, ...] = (), lang: Lang = "zh") -> View:
    return View(with_standards(public_report(), *rows, stated=stated), lang)


def failure(key: str, **changes: Any) -> Row:
    said = pair("建筑面积不足", "its floor area is too small")
    return {"id": key, "name": f"中心{key}", "result": "fail", "value": pair("40 平方米", "40 m²"), "said": said, **changes}


def size(n: int, found: float, **changes: Any) -> Row:
    row: Row = {"id": "villages", **pair("村", "villages"), "n": n, "found": found, "share": None, "share_found": None}
    row |= {"is_equal": n == found, "is_assumed": False, "is_confirmed": True, "source": pair("某报道", "a report")}
    return row | changes


def cells(shown: str) -> list[list[str]]:
    """Return the cells of every row of every table."""
    rows = re.findall(r"<tr>(.*?)</tr>", shown)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_a_place_without_standards_and_sizes_has_no_section() -> None:
    assert not is_there(View(public_report(), "zh"))
    assert not is_there(view())
    assert is_there(view(standard("a", (1, 1, 0, 0))))
    assert is_there(view(stated=(size(3, 3.0),)))
    assert "本地标准" not in report_document(public_report())


@pytest.mark.parametrize(
    ("lang", "row"),
    [
        ("zh", ["标准a", "不少于 1 个", "1,436", "1,300", "30", "6", "100", "某文件"]),
        ("en", ["standard a", "at least 1", "1,436", "1,300", "30", "6", "100", "a paper"]),
    ],
)
def test_what_became_of_a_standard(lang: Lang, row: list[str]) -> None:
    assert cells(str(standards(view(standard("a", (1436, 1300, 30, 6), withheld=100), lang=lang))))[1] == row


@pytest.mark.parametrize(("lang", "word"), [("zh", "仅供内部"), ("en", "office only")])
def test_counts_that_are_withheld_are_said_to_be(lang: Lang, word: str) -> None:
    """A reader must not take what is not told for nothing that fails."""
    shown = cells(str(standards(view(standard("a", (12, None, None, None)), lang=lang))))[1]
    assert shown[2:6] == ["12", word, word, word]


def test_a_standard_that_is_only_reported_says_so() -> None:
    assert cells(str(standards(view(standard("a", (5, 1, 4, 0), is_judged=False)))))[1][0] == "标准a（只报告）"
    assert "（只报告）" not in str(standards(view(standard("a", (5, 1, 4, 0)))))


def test_what_fails_is_named_with_its_value_and_what_to_do() -> None:
    lacking = failure("F3", result="incomplete", value=pair("—", "—"), said=None)
    rows = [standard("a", (3, 1, 1, 1), failures=[failure("F4"), lacking])]
    chinese, english = (str(standards(view(*rows, lang=lang))) for lang in LANGS)
    assert "<li>中心F4（F4），不达标，40 平方米，建筑面积不足</li><li>中心F3（F3），资料不全，—</li>" in chinese
    assert "<li>中心F4 (F4), fails, 40 m², its floor area is too small</li><li>中心F3 (F3), incomplete, —</li>" in english


@pytest.mark.parametrize(("more", "left"), [(0, ""), (1, "另有 1 个"), (190, "另有 190 个")])
def test_only_the_first_are_named_and_how_many_more_there_are(more: int, left: str) -> None:
    failures = [failure(f"F{i}") for i in range(MOST_NAMED + more)]
    shown = str(standards(view(standard("a", (300, 0, len(failures), 0), failures=failures))))
    assert shown.count("<li>") == MOST_NAMED + bool(more)
    assert (f"<li>{left}，全部见 report.xlsx 的“待整改”</li>" in shown) == bool(more)
    assert f"F{MOST_NAMED - 1}" in shown
    assert f"F{MOST_NAMED}（" not in shown


def test_where_not_all_may_be_named_the_office_s_list_is_pointed_to() -> None:
    rows = [standard("a", (300, 0, 70, 3), failures=[failure(f"F{i}") for i in range(MOST_NAMED)])]
    assert f"<li>另有 {73 - MOST_NAMED} 个，全部见 private/place.xlsx 的“待整改”（内部）</li>" in str(standards(view(*rows)))


def test_stated_sizes_stand_beside_what_was_found() -> None:
    rows = (
        size(12, 12.0),
        size(259, 258.0, share=0.794, share_found=258 / 326),
        size(9000, 9000.0, is_assumed=True),
    )
    shown = cells(str(standards(view(stated=rows, lang="en"))))[1:]
    assert shown == [
        ["villages", "12", "12 ✓", "a report"],
        ["villages", "259 (79.4%)", "258 (79.1%) ≠", "a report"],
        ["villages", "9,000", "9,000 ✓", "a report · assumed"],
    ]


@pytest.mark.parametrize(("lang", "word"), [("zh", "仅供内部"), ("en", "office only")])
def test_a_size_for_the_office_stands_without_what_was_found(lang: Lang, word: str) -> None:
    row = size(9000, 0.0) | dict.fromkeys(("found", "share_found", "is_equal"))
    assert cells(str(standards(view(stated=(row,), lang=lang))))[1][1:3] == ["9,000", word]


def test_the_note_says_what_is_left_out() -> None:
    assert "其余计入“不公开”，与公开地图一致" in str(standards(view(standard("a", (1, 1, 0, 0)))))
    assert "the others are withheld" in str(standards(view(standard("a", (1, 1, 0, 0)), lang="en")))


@pytest.mark.parametrize("lang", LANGS)
def test_names_are_text_whatever_they_hold(lang: Lang) -> None:
    rows = [standard("a", (3, 1, 2, 0), failures=[failure("F4", name=HOSTILE)], zh=HOSTILE, en=HOSTILE)]
    sizes = (size(3, 3.0, zh=HOSTILE, en=HOSTILE),)
    public = with_standards(public_report(), *rows, stated=sizes)
    reader = Reader(report_document(public, lang=lang))
    assert reader.count("img") == reader.count("script") == 0
    assert sum(HOSTILE in text for text in reader.texts) == 4
