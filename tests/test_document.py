"""report.html and the parts that pages are made of."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.words import LANGS
from maps import figures, markup, tables
from maps.document import SECTIONS, content_security_policy, report_document
from maps.overview import Frame, Overview, class_colour
from maps.style import CLASSES
from maps.view import View
from tests.published import HOSTILE, public_report, standard, travelled, with_standards

if TYPE_CHECKING:
    from geogrid.privacy import PublicReport

VOID = {"meta", "br", "hr", "img", "link", "input", "col"}


class Reader(HTMLParser):
    """Collects elements, attributes and text of a page, and checks that it is well nested."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.texts.append(data)

    def count(self, tag: str) -> int:
        """Return how many elements of a kind there are."""
        return sum(name == tag for name, _ in self.elements)


@pytest.fixture(scope="module")
def public() -> PublicReport:
    return public_report(hostile=HOSTILE)


def with_seasons(public: PublicReport) -> PublicReport:
    """Return the report with one season, of which one service is withheld."""
    base = {"season": "", "persons": 900, "share": 0.5, "suppressed": False, "zh": "平时", "en": "Usual"}
    summer = {"season": "summer", "persons": 720, "share": 0.625, "suppressed": False, "zh": "夏季", "en": "summer"}
    hidden = {"persons": None, "share": None, "suppressed": True}
    services = [*(row["id"] for row in public.summary["services"]), "all"]
    rows = [{"service": s, **row} for s in services for row in (base, summer | (hidden if s == "sport" else {}))]
    return dataclasses.replace(public, summary=public.summary | {"seasons": rows})


def test_seasons_stand_side_by_side(public: PublicReport) -> None:
    page = report_document(with_seasons(public), lang="en")
    table = page[page.index("By season") : page.index("How sure the results are")]
    assert "720" in table
    assert table.count("62.5%") == 3
    assert "By season" not in report_document(public, lang="en")


@pytest.mark.parametrize("lang", LANGS)
def test_page_is_well_nested_has_every_section_and_a_fitting_language(public: PublicReport, lang: str) -> None:
    page = report_document(with_standards(with_seasons(public), standard("x", (12, 9, 3, 0))), lang=lang)  # type: ignore[arg-type]
    reader = Reader(page)
    assert page.startswith("<!DOCTYPE html>\n")
    assert reader.count("h2") == len(SECTIONS)
    assert {title.say(lang) for title, _ in SECTIONS} <= set(reader.texts)  # type: ignore[arg-type]
    assert dict(reader.elements)["html"]["lang"] == {"zh": "zh-CN", "en": "en"}[lang]


def test_time_per_step_is_said_steps_without_a_name_by_their_id(public: PublicReport) -> None:
    """Steps of a place and of its pages stand beside those of the check."""
    seconds = {"read": 1.25, "standards": 12.0, "themes": 0.04, "sorting": 2.0}
    timed = dataclasses.replace(public, summary=public.summary | {"seconds": seconds})
    assert "读取文件 1.2 秒，检验标准 12.0 秒，生成专题 0.0 秒，sorting 2.0 秒" in Reader(report_document(timed)).texts
    assert "Reading files 1.2 s, Testing standards 12.0 s" in report_document(timed, lang="en")


@pytest.mark.parametrize("lang", LANGS)
def test_same_report_gives_the_same_bytes(lang: str) -> None:
    first, second = (report_document(public_report(), lang=lang) for _ in range(2))  # type: ignore[arg-type]
    assert first == second


def test_names_are_text_whatever_they_hold(public: PublicReport) -> None:
    page = report_document(public)
    reader = Reader(page)
    assert HOSTILE in reader.texts
    assert reader.count("img") == reader.count("script") == 0
    assert "<img" not in page


def test_page_asks_nobody_for_anything_and_its_policy_allows_its_style_sheet_only(public: PublicReport) -> None:
    page = report_document(public)
    reader = Reader(page)
    style = page.partition("<style>")[2].partition("</style>")[0]
    policies = [a["content"] for tag, a in reader.elements if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [content_security_policy(style)]
    assert "unsafe" not in content_security_policy(style)
    assert not re.search(r"url\((?!#unknown\))|@import", page)
    links = [value for _, attrs in reader.elements for key, value in attrs.items() if key in ("src", "href", "action", "srcset")]
    assert {link for link in links if not str(link).startswith("#")} == {"https://www.openstreetmap.org/copyright"}
    assert not any(key in ("style", "onclick", "onload", "onerror") for _, attrs in reader.elements for key in attrs)


def test_attribution_stands_only_where_openstreetmap_was_used(public: PublicReport) -> None:
    own = {**public.summary, "inputs": [row for row in public.summary["inputs"] if row["format"] != "osm"]}
    assert "openstreetmap.org" in report_document(public)
    assert "openstreetmap.org" not in report_document(dataclasses.replace(public, summary=own))


def test_withheld_counts_show_a_mark_and_no_number(public: PublicReport) -> None:
    table = tables.grids(View(public, "zh"))
    texts = [text for text in Reader(table).texts if text.strip()]
    assert texts[texts.index("东桥村第12网格") :] == ["东桥村第12网格", "组长12", *["＊"] * 3, *[" ＊"] * 4]


def test_key_figures_are_those_of_the_report(public: PublicReport) -> None:
    texts = Reader(report_document(public, lang="en")).texts
    assert texts[texts.index("households") - 1] == "4,932"
    assert texts[texts.index("tiling defects") - 1] == "2"
    assert texts[texts.index("covered now") - 1] == "50.0%"
    assert "Of 4,920 households inside the grids, " in texts


def test_place_is_named_as_the_report_says(public: PublicReport) -> None:
    assert View(public, "zh").place == "样例镇"
    named = {**public.summary, "place": {"id": "lufeng", "zh": "陆丰市", "en": "Lufeng"}}
    assert View(dataclasses.replace(public, summary=named), "en").place == "Lufeng"


def test_one_service_is_its_own_headline(public: PublicReport) -> None:
    one = {**public.summary, "services": public.summary["services"][:1]}
    view = View(dataclasses.replace(public, summary=one), "en")
    assert view.services == ["education"]
    assert "reach Education on foot in time" in report_document(view.public, lang="en")


WALKED = ("步行", "on foot", "On foot", "Walking", "walk")


def test_every_service_says_its_own_mode_and_cutoff(public: PublicReport) -> None:
    mixed = travelled(public, medical=("car", 90.0, 30.0), sport=("walk_older", 3.6, 10.0))
    zh, en = report_document(mixed, lang="zh"), report_document(mixed, lang="en")
    for said in (
        "驾车 30 分钟，半径",
        "老年人步行 10 分钟，半径",
        "步行 15 分钟，半径",
        "最高 90 km/h，按道路等级",
        "老年人步行速度",
    ):
        assert said in zh
    for said in (
        "30 min by car, radius",
        "at most 90 km/h, by class of street",
        "Speed on foot at older people",
        "Walking speed",
    ):
        assert said in en
    assert "in each service&#x27;s way of travelling along the streets" in en
    assert "reach all 3 services in time" in en
    assert "能在时限内到达全部 3 类服务" in zh
    assert "路上时间" in zh
    assert "只步行可达" not in zh
    assert "Service coverage check" in en
    assert "15-minute" not in en


def test_one_mode_for_all_stands_in_the_sentences(public: PublicReport) -> None:
    driven = travelled(public, **dict.fromkeys(("education", "medical", "sport"), ("car", 90.0, 30.0)))
    en, zh = report_document(driven, lang="en"), report_document(driven, lang="zh")
    assert "reach all 3 services by car in time" in en
    assert "Covered: by car along the streets" in en
    assert "覆盖：沿街道驾车到最近设施" in zh
    assert not [word for word in WALKED if word in en.replace("walking time", "")]
    assert not [word for word in WALKED if word in zh]


def test_a_report_from_before_modes_is_walked(public: PublicReport) -> None:
    old = [{key: row[key] for key in row if key not in ("mode", "speed_kmh")} for row in public.summary["services"]]
    before = dataclasses.replace(public, summary=public.summary | {"services": old})
    assert report_document(before, lang="en") == report_document(public, lang="en")
    assert View(before, "en").modes == {"walk": 5.0}


def test_empty_report_still_makes_a_page(public: PublicReport) -> None:
    nothing = {key: getattr(public, key).iloc[:0] for key in ("grids", "areas", "gaps", "facilities", "defects", "streets")}
    bare: dict[str, list[object]] = {
        key: [] for key in ("gaps", "defects", "rejected", "facilities", "radius", "sensitivity", "inputs", "coverage", "notes")
    }
    totals = public.summary["totals"] | {"defects": {}, "gaps": 0, "rejected": 0, "persons": None}
    summary = {**public.summary, **bare, "worst_grids": {}, "totals": totals}
    page = report_document(dataclasses.replace(public, summary=summary, **nothing), lang="zh")
    assert "没有发现问题：没有空洞、重叠" in page
    assert "没有不可用的行。" in page


def test_long_tables_say_what_they_leave_out(public: PublicReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tables.MOST_ROWS, "grids", 3)
    page = report_document(public, lang="en")
    assert "The first 3 of 12 rows; the rest are in report.xlsx." in page
    assert page.count("组长") == 3


def test_withheld_gaps_are_counted_not_listed(public: PublicReport) -> None:
    table = tables.gaps(View(public, "en"))
    assert "Withheld, because they have few households: 1 more." in table
    assert table.count("<tr>") == 3


# Markup


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_any_text_stays_text_in_content_and_in_attributes(content: str, value: str) -> None:
    """What a browser reads back is what was put in, but for characters that no name needs."""
    reader = Reader(markup.element("p", content, title=value))
    assert reader.elements == [("p", {"title": markup.UNPRINTABLE.sub("\ufffd", value)})]
    assert "".join(reader.texts) == markup.UNPRINTABLE.sub("\ufffd", content)


def test_a_style_sheet_cannot_close_its_element() -> None:
    with pytest.raises(ValueError, match="must not hold '</'"):
        markup.raw("style", "</style><script>")


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1))
def test_shares_are_whole_only_when_exact(value: float) -> None:
    written = figures.share(value)
    assert (written == "100%") == (value == 1)
    assert (written == "0%") == (value == 0)


# The still map


@pytest.mark.parametrize(("share", "colour"), [(0.0, 0), (0.599, 0), (0.6, 1), (0.8, 2), (0.9, 3), (0.95, 4), (1.0, 4)])
def test_classes_are_those_of_the_interactive_map(share: float, colour: int) -> None:
    assert class_colour(share) == CLASSES[colour].colour


def test_frame_is_to_scale_and_north_is_up() -> None:
    """At 60° N a degree of longitude is half as long as one of latitude, so a box of 2 by 1 degrees is a square."""
    frame = Frame.around((10.0, 59.5, 12.0, 60.5), width=220.0, tallest=220.0, margin=10.0)
    corners = frame.pixels(np.array([[10.0, 60.5], [12.0, 59.5]]))
    assert corners.tolist() == [[10.0, 10.0], [210.0, 210.0]]
    assert frame.metres_per_pixel == pytest.approx(111_320 / 200)


def test_path_of_a_polygon_holds_its_hole_and_drops_points_that_fall_together() -> None:
    frame = Frame(0.0, 10.0, 1.0, 1.0, 10.0, 10.0)
    ring = shapely.Polygon([(0, 0), (8, 0), (8, 0.001), (8, 8), (0, 8)], [[(2, 2), (4, 2), (4, 4)]])
    assert frame.path(ring) == "M0 10L8 10L8 2L0 2L0 10ZM2 8L4 8L4 6L2 8Z"


def test_grids_without_a_share_are_hatched_and_others_take_their_class(public: PublicReport) -> None:
    picture = Overview.of(public, "zh").picture("education")
    fills = re.findall(r'<use href="#g\d+" fill="([^"]*)"', picture)
    assert fills[:2] == [CLASSES[4].colour, CLASSES[3].colour]
    assert fills[10:] == ["url(#unknown)"] * 2


def test_planned_facilities_are_hollow_and_only_those_of_the_service_are_drawn(public: PublicReport) -> None:
    overview = Overview.of(public, "en")
    assert re.findall(r'class="(facility[^"]*)"', overview.picture("sport")) == ["facility planned"]
    assert len(re.findall(r"<circle", overview.picture("all"))) == 3


def test_labels_never_touch_one_another_or_a_facility(public: PublicReport) -> None:
    picture = Overview.of(public, "zh").picture("all", detailed=True)
    spots = [(float(x), float(y)) for x, y in re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="name"', picture)]
    assert len(spots) == 12
    assert min(abs(a[1] - b[1]) + abs(a[0] - b[0]) for a in spots for b in spots if a != b) > 14
