"""The map of a place's themes in a browser without a network: choosing, times, legend, list, search, paper, and hostile names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text
from maps.place import place_page
from maps.placewords import LABELS
from tests.map_town import HOSTILE
from tests.test_maps_place import TITLE, frame, grades, hostile, streets, venues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

DESKTOP, PHONE = (1366, 768), (390, 844)


def tiny() -> Theme:
    """Return a large square that is well, and inside it one of a thousandth of its width that is to be acted on."""
    said = [None, Text("设立", "set it up")]
    shapes = [shapely.box(117, 28, 118, 29), shapely.box(117.5, 28.5, 117.501, 28.501)]
    table = frame(shapes, class_now=["well", "bad"], value_now=None, advice_now=said)
    classes = (ThemeClass("well", Text("好", "well"), "#8ec3e6"), ThemeClass("bad", Text("坏", "bad"), "#c43c12"))
    return Theme("tiny", Text("小", "small"), Text("小", "small"), table, classes, {"now": Text("现在", "now")})


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("place")
    made_up = [Text("本例虚构", "All of this is made up")]
    three = replace(grades(), id="three", times={**grades().times, "q3": Text("三季度", "3rd quarter")})
    third = three.frame.assign(class_q3=list("AABBBB"), value_q3=None, advice_q3=None)
    texts = {
        "public": place_page([grades(), venues()], title=TITLE, lang="zh", notes=made_up),
        "office": place_page([streets(), grades(), replace(three, frame=third)], title=TITLE, lang="en", first="grades/changes"),
        "tiny": place_page([tiny(), replace(grades(), start="q2")], title=TITLE, lang="zh"),
        "hostile": hostile(),
        "framed": '<!DOCTYPE html><iframe sandbox="allow-scripts" src="public.html" width="800" height="500"></iframe>',
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture
def show(browser: Browser, pages: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open a page from disk; any request or error fails the test."""
    opened: list[Page] = []
    wrong: list[str] = []

    def open_page(name: str, size: tuple[int, int] = DESKTOP, fragment: str = "") -> Page:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
        page.goto(pages[name].as_uri() + fragment)
        if name != "framed":
            page.wait_for_selector("body[data-ready=true]")
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close()
    assert wrong == []


def legend(page: Page) -> list[list[str]]:
    """Return the rows of the legend: name, count, share."""
    return [row.split("\n") for row in page.locator("#legend li").all_inner_texts()]


def spot(page: Page, feature: int) -> list[float]:
    """Return where a feature is on screen."""
    found: list[float] = page.evaluate(
        """i => {
          const at = geogrid.leaflet.latLngToContainerPoint(geogrid.placeOf(i));
          const box = geogrid.leaflet.getContainer().getBoundingClientRect();
          return [box.left + at.x, box.top + at.y];
        }""",
        feature,
    )
    return found


def colour_at(page: Page, pane: str, feature: int) -> str:
    """Return the colour that a canvas shows at the place of a feature, as #rrggbb."""
    found: str = page.evaluate(
        """([pane, i]) => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
          const canvas = document.querySelector(`.leaflet-${pane}-pane canvas`);
          const at = geogrid.leaflet.latLngToContainerPoint(geogrid.placeOf(i));
          const box = canvas.getBoundingClientRect(), map = geogrid.leaflet.getContainer().getBoundingClientRect();
          const scale = canvas.width / box.width;
          const x = (map.left + at.x - box.left) * scale, y = (map.top + at.y - box.top) * scale;
          const [r, g, b] = canvas.getContext("2d").getImageData(x, y, 1, 1).data;
          done("#" + [r, g, b].map(n => n.toString(16).padStart(2, "0")).join(""));
        })))""",
        [pane, feature],
    )
    return found


def near(one: str, other: str) -> bool:
    return all(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) < 12 for i in (1, 3, 5))


# Themes and times


def test_a_theme_at_one_time(show: Callable[..., Page]) -> None:
    page = show("public")
    assert page.title() == "纸上县 · 网格化治理专题地图"
    assert legend(page) == [["A 类", "3", "60.0%"], ["B 类", "2", "40.0%"], ["未评", "0", "0%"]]
    assert page.inner_text("#legend h2").split("\n")[0].startswith("等级：一季度")
    assert "共 5 个" in page.inner_text("#legend h2")
    assert near(colour_at(page, "fill", 0), "#2468a2")
    assert near(colour_at(page, "fill", 2), "#f6cd78")
    page.click("#whens label:nth-of-type(2)")
    assert legend(page)[2] == ["未评", "1", "20.0%"]
    assert near(colour_at(page, "fill", 1), "#f6cd78")
    assert page.inner_text("#news") == "等级：二季度"
    view = page.inner_text("#view")
    assert "每季度评定" in view
    assert "6 个村" in view
    assert "本例虚构" in view


def test_changes_say_who_rose_and_who_fell(show: Callable[..., Page]) -> None:
    page = show("public")
    page.click("#whens label:nth-of-type(3)")
    assert [row[:2] for row in legend(page)] == [
        ["上升", "1"],
        ["下降", "1"],
        ["不变", "1"],
        ["不可比", "1"],
        ["新增", "1"],
        ["不再列入", "1"],
    ]
    assert near(colour_at(page, "fill", 0), "#d0d6d9")
    assert near(colour_at(page, "top", 1), "#7d2a04")
    assert near(colour_at(page, "top", 2), "#123f70")
    page.click("#tab-list")
    assert page.locator(".list b").all_inner_texts() == ["乙"]
    assert page.inner_text(".list small >> nth=0") == "下降 · A 类 → B 类"
    assert "A 类\n→\nB 类\n1" in page.inner_text(".moves")
    assert page.locator(".moves li").count() == 5
    page.locator("input[name=which]").nth(1).check(force=True)
    assert page.locator(".list b").first.inner_text() == "乙"
    assert page.locator(".list li").count() == 6


def test_more_than_two_times_are_compared_two_by_two(show: Callable[..., Page]) -> None:
    page = show("office", fragment="#theme=three&time=changes&lang=zh")
    assert page.locator("#spans select").evaluate_all("all => all.map(s => s.selectedOptions[0].text)") == ["二季度", "三季度"]
    page.select_option("#spans select >> nth=0", label="一季度")
    assert [row[:2] for row in legend(page)][:3] == [["上升", "0"], ["下降", "1"], ["不变", "4"]]
    page.select_option("#spans select >> nth=1", label="二季度")
    assert [row[:2] for row in legend(page)][:3] == [["上升", "1"], ["下降", "1"], ["不变", "1"]]
    page.select_option("#spans select >> nth=0", label="二季度")
    assert page.locator("#spans select").nth(1).evaluate("s => s.selectedOptions[0].text") == "三季度"


def test_the_page_begins_with_the_theme_and_time_that_it_is_told(show: Callable[..., Page]) -> None:
    page = show("office")
    assert page.inner_text("#legend h2 >> span").startswith("Grades: Changes (1st quarter → 2nd quarter)")
    assert page.inner_text("#office") == "Office only"
    assert show("public").locator("#office").is_hidden()


def test_what_is_too_small_to_be_seen_has_a_sign_until_one_is_near(show: Callable[..., Page]) -> None:
    page = show("tiny")
    assert near(colour_at(page, "top", 1), "#c43c12")
    page.evaluate("geogrid.zoomTo(1)")
    assert colour_at(page, "top", 1) == "#000000"


def test_a_theme_chosen_later_begins_with_the_time_that_it_names(show: Callable[..., Page]) -> None:
    page = show("tiny")
    page.locator("input[name=theme]").nth(1).check(force=True)
    assert page.locator("input[name=when]:checked").get_attribute("value") == "1"


def test_themes_are_chosen_with_the_keyboard(show: Callable[..., Page]) -> None:
    page = show("public")
    page.focus("input[name=theme]:checked")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[name=theme]:checked").input_value() == "1"
    assert page.evaluate("document.activeElement.name") == "theme"
    assert page.locator("#whens").is_hidden(), "one time is nothing to choose from"
    assert [row[:2] for row in legend(page)] == [["有", "1"], ["无", "2"]]
    assert near(colour_at(page, "top", 1), "#b3261e")
    page.focus("#tab-themes")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-list", "aria-selected") == "true"


def test_an_address_that_names_a_choice_opens_it(show: Callable[..., Page]) -> None:
    page = show("public", fragment="#theme=grades&time=q2&lang=en&id=V2&x=%E0%A4%A")
    assert page.inner_text(".detail h2") == "乙"
    assert "time=q2" in page.url
    assert page.inner_text("#legend h2 >> span") == "Grades: 2nd quarter"
    assert show("public", fragment="#theme=none&time=q9&id=none").inner_text("#legend h2 >> span") == "等级：一季度"


# Legend, list, details, search


def test_a_class_is_switched_off_and_on(show: Callable[..., Page]) -> None:
    page = show("public", fragment="#time=q2")
    page.click("#tab-list")
    page.locator("input[name=which]").nth(1).check(force=True)
    assert page.locator(".list li").count() == 5
    page.focus("#legend input[value='1']")
    page.keyboard.press("Space")
    assert page.locator("#legend li.off").inner_text().startswith("B 类")
    assert page.evaluate("document.activeElement.value") == "1", "the focus stays on the class"
    assert page.locator(".list li").count() == 3
    assert "另有 2 项" in page.inner_text("#view")
    assert not near(colour_at(page, "fill", 1), "#f6cd78")
    page.mouse.click(*spot(page, 1))
    assert page.locator(".detail").count() == 0, "what is hidden is not found"
    page.keyboard.press("Tab")
    page.locator("#legend input[value='1']").check(force=True)
    assert page.locator(".list li").count() == 5


def test_the_list_holds_what_has_advice_and_zooms_to_it(show: Callable[..., Page]) -> None:
    page = show("public", fragment="#theme=venues")
    assert page.inner_text("#tab-list .count") == "2"
    page.click("#tab-list")
    assert page.locator(".list b").all_inner_texts() == ["乙", "丙"]
    before = page.evaluate("geogrid.leaflet.getZoom()")
    page.locator(".list button").first.click()
    assert page.evaluate("geogrid.leaflet.getZoom()") > before
    assert page.inner_text(".detail h2") == "乙"
    assert page.inner_text(".advice p") == "要补"
    assert page.inner_text(".tip").split("\n") == ["乙", "无 · 值 no", "要补"]
    page.click(".back")
    page.locator(".list button").nth(1).click()
    assert LABELS["noPlace"].zh in page.inner_text("#view")
    page.evaluate("geogrid.set({theme: 0, tab: 'list'})")
    assert "没有要处理的" in page.inner_text("#view")
    assert page.locator(".list b").first.inner_text() == "丙", "without advice, the worst class comes first"


def test_a_click_says_name_value_and_advice(show: Callable[..., Page]) -> None:
    page = show("public", fragment="#time=q2")
    page.mouse.click(*spot(page, 1))
    assert page.inner_text(".detail h2") == "乙"
    assert page.inner_text(".detail .where") == "V2 · 主题：等级"
    assert page.inner_text(".verdict") == "B 类"
    assert page.inner_text(".measured") == "值 B"
    assert page.inner_text(".advice p") == "补记录"
    assert "一季度\nA 类" in page.inner_text("#view .pairs")
    assert "补记录" in page.inner_text("#news")
    page.keyboard.press("Escape")
    box = page.locator("#place").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 8)
    assert page.locator(".detail").count() == 0


def test_lines_are_found_near_the_pointer(show: Callable[..., Page]) -> None:
    page = show("office", fragment="#theme=streets&lang=zh")
    x, y = spot(page, 0)
    page.mouse.click(x, y + 5)
    assert page.inner_text(".detail h2") == "甲"
    page.mouse.click(x, y + 60)
    assert page.locator(".detail").count() == 0


def test_search_finds_features_of_this_theme_and_of_others(show: Callable[..., Page]) -> None:
    page = show("public", fragment="#theme=venues")
    page.fill("#search", "戊")
    assert page.inner_text("#hits").split("\n") == ["其他", "戊", "等级 · V5"]
    page.keyboard.press("Enter")
    assert page.inner_text(".detail h2") == "戊"
    assert page.inner_text("#legend h2 >> span").startswith("等级")
    page.fill("#search", "v2")
    assert page.inner_text("#hits li >> nth=0").split("\n")[:2] == ["本主题", "乙"]
    page.fill("#search", "没有这个")
    assert "没有找到" in page.inner_text("#hits")


# The whole page


def test_english_leaves_no_chinese_label(show: Callable[..., Page]) -> None:
    page = show("public")
    page.click("text=EN")
    for state in ({"theme": 0}, {"time": "changes"}, {"theme": 1}):
        page.evaluate("state => geogrid.set(state)", state)
        for tab in ("themes", "list", "about"):
            page.click(f"#tab-{tab}")
            words = page.evaluate("document.body.innerText.match(/[\\u4e00-\\u9fff]+/g) || []")
            assert [word for word in words if word not in ("中文", "甲乡", *"甲乙丙丁戊己")] == []


@pytest.mark.parametrize("size", [PHONE, (360, 640), (844, 390), (1024, 700), DESKTOP, (1440, 900)])
@pytest.mark.parametrize("fragment", ["#theme=three&time=changes", "#theme=streets"])
def test_nothing_overlaps_or_sticks_out(show: Callable[..., Page], size: tuple[int, int], fragment: str) -> None:
    page = show("office", size, fragment)
    for lang in ("zh", "en"):
        page.evaluate("lang => geogrid.set({lang})", lang)
        parts = page.evaluate(
            """names => names.flatMap(name => [...document.querySelectorAll(name)])
              .map(e => [e, e.getBoundingClientRect()]).filter(([e, b]) => b.width && b.height)
              .map(([e, b]) => [e.id || e.className, b.left, b.top, b.right, b.bottom])""",
            [".bar", "#whens:not([hidden])", "#spans:not([hidden])", "#legend", "#panel", ".buttons", "#credit"],
        )
        for i, (name, left, top, right, bottom) in enumerate(parts):
            assert (left, top) >= (-0.5, -0.5), name
            assert right <= size[0] + 0.5, name
            assert bottom <= size[1] + 0.5, name
            for other, left2, top2, right2, bottom2 in parts[:i]:
                apart = right <= left2 + 1 or right2 <= left + 1 or bottom <= top2 + 1 or bottom2 <= top + 1
                assert apart, (lang, name, other)


def test_on_a_phone_the_chooser_stands_below_the_map(show: Callable[..., Page]) -> None:
    page = show("public", PHONE)
    assert page.locator("#view").is_hidden()
    page.select_option("#theme-pick", label="Venues")
    assert [row[:2] for row in legend(page)] == [["有", "1"], ["无", "2"]]
    page.click("#tab-list")
    assert page.locator("body.open").count() == 1
    page.locator(".list button").first.click()
    assert page.locator("body.open").count() == 0, "the panel makes way for the place"
    box = page.locator(".tip").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE[0]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_on_paper_stand_map_legend_figures_and_list(show: Callable[..., Page]) -> None:
    page = show("public", fragment="#time=q2")
    page.locator("#legend input[value='2']").uncheck(force=True)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#place").is_hidden()
    assert page.locator("#panel").is_hidden()
    assert page.locator("#paper svg[role=img]").get_attribute("aria-label") == "等级：二季度"
    fills = page.locator("#paper svg[role=img] > path").evaluate_all("all => all.map(p => p.getAttribute('fill'))")
    assert fills.count("#2468a2") == 2
    assert fills.count("#f6cd78") == 2
    said = page.inner_text("#paper")
    for part in ("等级：二季度", "每季度评定", "A 类", "40.0%", "6 个村", "本例虚构", "要处理 (1)", "补记录"):
        assert part in said
    assert "未评" not in said
    page.emulate_media(media="screen")
    page.locator("#legend input[value='2']").check(force=True)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#paper svg pattern").count() == 1
    assert page.locator("#paper svg[role=img] > path[fill='url(#hatch2)']").count() == 1


def test_hostile_names_are_shown_as_text_and_run_nothing(show: Callable[..., Page]) -> None:
    page = show("hostile", fragment="#time=q1")
    shown = page.evaluate("document.body.textContent")
    for state in (
        {"chosen": 0},
        {"time": "changes", "chosen": None, "tab": "list"},
        {"tab": "about"},
        {"theme": 1},
        {"theme": 0},
    ):
        page.evaluate("state => geogrid.set(state)", state)
        shown += page.inner_text("#view") + page.inner_text("#legend")
    page.fill("#search", "{{7")
    shown += page.inner_text("#hits")
    page.mouse.move(*spot(page, 0))
    page.evaluate("geogrid.choose(0, {zoom: true})")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.click("text=EN")
    for name in HOSTILE:
        assert name in shown
    assert page.evaluate("window.hacked") is None
    assert page.locator("#view img, #hits img, .label img, #paper script, #paper foreignObject, #legend svg script").count() == 0
    assert "49" not in page.inner_text("#title")


def test_it_works_in_a_sandboxed_frame(show: Callable[..., Page]) -> None:
    page = show("framed", (900, 600))
    frame: Any = page.frame_locator("iframe")
    frame.locator("body[data-ready=true]").wait_for()
    frame.locator("#whens label").nth(1).click()
    assert "二季度" in frame.locator("#legend h2").inner_text()
