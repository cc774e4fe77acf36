"""The page of a proposal in a browser without a network: linked maps, alternatives, lists, paper, and hostile names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from geogrid.publish import streets_of
from maps.proposal import proposal_page
from tests import proposal_pages as paper
from tests.map_town import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

DESKTOP, WIDE, PHONE = (1366, 768), (1920, 1080), (390, 844)


@pytest.fixture(scope="module")
def hostile() -> dict[str, str]:
    return {name: proposal_page(page) for name, page in paper.hostile().items()}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, hostile: dict[str, str]) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("proposal")
    road = shapely.LineString([(paper.EAST, paper.NORTH + 500), (paper.EAST + 4000, paper.NORTH + 480)])
    roads = paper.table([road], road_id=["R1"], highway=["primary"], name=["大街"])
    even = paper.divisions()
    texts = {
        "even": proposal_page(replace(even, head=replace(even.head, streets=streets_of(roads), is_osm=True))),
        "sites": proposal_page(paper.sites()),
        "zones": proposal_page(paper.zones()),
        "points": proposal_page(paper.zones(as_points=True), lang="en"),
        "scratch": proposal_page(paper.scratch()),
        "shares": proposal_page(paper.shares()),
        "nothing": proposal_page(paper.divisions(alternatives=[])),
        **{f"hostile-{name}": page for name, page in hostile.items()},
        "framed": '<!DOCTYPE html><iframe sandbox="allow-scripts" src="even.html" width="880" height="560"></iframe>',
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What was asked for from elsewhere, said on the console or thrown."""
    return []


@pytest.fixture(scope="module")
def windows(browser: Browser, complaints: list[str]) -> Iterator[dict[bool, Page]]:
    """Two windows for all tests: one with a mouse, one that is touched."""
    contexts = {touch: browser.new_context(has_touch=touch) for touch in (False, True)}
    found = {touch: context.new_page() for touch, context in contexts.items()}
    for page in found.values():
        page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith(("file://", "data:", "about:")) else None)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    for context in contexts.values():
        context.close()


@pytest.fixture
def show(windows: dict[bool, Page], pages: dict[str, Path], complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open a page from disk in place of the one before; at the end there are no complaints."""
    complaints.clear()

    def opened(name: str, size: tuple[int, int] = DESKTOP, fragment: str = "") -> Page:
        page = windows[size == PHONE]
        page.goto("about:blank")
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.mouse.move(0, 0)
        page.goto(pages[name].as_uri() + fragment)
        if name != "framed":
            page.wait_for_selector("body[data-ready=true]")
        return page

    yield opened
    assert complaints == []


def spot(page: Page, side: int, i: int) -> list[float]:
    """Return where a feature's middle is in the window."""
    found: list[float] = page.evaluate(
        "([s, i]) => geogrid.screenOf(s, geogrid.placeOfSpot(geogrid.sideOf(s).features.spots[i]))", [side, i]
    )
    return found


def views(page: Page) -> list[list[float]]:
    """Return centre and zoom of both maps."""
    found: list[list[float]] = page.evaluate(
        "geogrid.maps.map(side => [side.map.getCenter().lat, side.map.getCenter().lng, side.map.getZoom()])"
    )
    return found


def come_to_rest(page: Page) -> None:
    """Wait until neither map glides on."""
    page.evaluate(
        """() => new Promise(done => (function look() {
          const moves = geogrid.maps.some(side => side.map._panAnim && side.map._panAnim._inProgress);
          moves ? requestAnimationFrame(look) : done(null);
        })())"""
    )


def colour_at(page: Page, side: int, i: int) -> str:
    """Return the fill that a map's canvas shows a little below the middle of a feature, as #rrggbb."""
    found: str = page.evaluate(
        """([s, i]) => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
          const map = geogrid.maps[s].map, canvas = map.getPane("fill").querySelector("canvas");
          const [x, y] = geogrid.screenOf(s, geogrid.placeOfSpot(geogrid.sideOf(s).features.spots[i]));
          const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
          const dot = document.createElement("canvas").getContext("2d");
          dot.drawImage(canvas, -Math.round((x - box.left) * scale), -Math.round((y - box.top + 9) * scale));
          const [r, g, b] = dot.getImageData(0, 0, 1, 1).data;
          done("#" + [r, g, b].map(n => n.toString(16).padStart(2, "0")).join(""));
        })))""",
        [side, i],
    )
    return found


def near(one: str, other: str) -> bool:
    return all(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) < 14 for i in (1, 3, 5))


def test_today_and_proposal_stand_side_by_side_and_move_together(show: Callable[..., Page]) -> None:
    page = show("even")
    assert page.title() == "纸上镇 · 在现有基础上均衡网格 · 建议方案"
    assert [page.inner_text(f"#flag{s}") for s in (0, 1)] == ["现状", "建议 · 1 方案A"]
    assert near(colour_at(page, 0, 0), "#d2711c")
    assert near(colour_at(page, 1, 0), "#f6c48a")
    box = page.locator("#map0").bounding_box()
    assert box
    before = views(page)
    page.mouse.move(box["x"] + 200, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 340, steps=3)
    page.mouse.up()
    come_to_rest(page)
    one, other = views(page)
    assert one == pytest.approx(other, abs=2e-5)
    assert one != pytest.approx(before[0], abs=1e-4)
    page.evaluate("geogrid.maps[1].map.setZoom(geogrid.maps[1].map.getZoom() + 1, {animate: false})")
    one, other = views(page)
    assert one == pytest.approx(other, abs=2e-5)
    page.click("#sides label:nth-of-type(2)")
    assert page.locator("#side1").is_hidden()
    assert "sides=today" in page.url


def test_alternatives_are_cards_and_points_of_the_trade_off(show: Callable[..., Page]) -> None:
    page = show("even")
    assert page.locator(".card").count() == 3
    assert page.locator(".card").nth(2).locator(".best").all_inner_texts() == ["换网格的住户\n100", "内部边界总长\n1.8 公里"]
    assert "另有一村做不到" in page.inner_text("#view")
    page.focus("#mark2")
    page.keyboard.press("Enter")
    assert page.inner_text("#flag1") == "建议 · 3 方案C"
    assert page.evaluate("document.activeElement.id") == "mark2"
    assert near(colour_at(page, 1, 0), "#d2711c")
    page.click("#card1")
    assert "answer=2" in page.url
    assert page.get_attribute("#card1", "aria-pressed") == "true"
    page.select_option("#axes", "1")
    assert "内部边界总长" in (page.get_attribute(".chart", "aria-label") or "")
    page.click("#modes label:nth-of-type(2)")
    assert near(colour_at(page, 0, 0), colour_at(page, 1, 0)), "a grid keeps its colour"


def hovered(page: Page, place: list[float]) -> list[str]:
    """Return the first lines of what both maps say once the pointer has come to a place."""
    page.mouse.move(4, 4)
    for side in (0, 1):
        page.locator(f"#side{side} .leaflet-tooltip").wait_for(state="detached")
    page.mouse.move(*place)
    page.mouse.move(place[0] + 1, place[1])
    for side in (0, 1):
        page.locator(f"#side{side} .leaflet-tooltip").wait_for()
    return [text.split("\n")[0] for text in page.locator(".leaflet-tooltip").all_inner_texts()]


def test_a_click_tells_what_lies_there_on_both_sides(show: Callable[..., Page]) -> None:
    page = show("even")
    page.mouse.click(*spot(page, 0, 0))
    view = page.inner_text("#view")
    assert "700 户，比上限多 200" in view
    assert "500 户" in view
    page.keyboard.press("Escape")
    page.mouse.click(*spot(page, 1, 3))
    assert "丁" in page.inner_text("#news")
    page.keyboard.press("Escape")
    page.uncheck("#land input")
    assert "换网格的土地" not in page.inner_text("#legend")
    page.check("#land input")
    assert "换网格的土地" in page.inner_text("#legend")
    box = page.locator("#map0").bounding_box()
    assert box
    page.mouse.click(box["x"] + 250, box["y"] + 60)
    assert page.locator(".detail").count() == 0, "beside all land nothing is chosen"
    assert hovered(page, spot(page, 0, 1)) == ["乙", "乙"], "both maps say what lies there"
    land = page.evaluate("geogrid.screenOf(1, geogrid.within(geogrid.sideOf(1).moved.set, 0))")
    assert hovered(page, land) == ["甲", "甲 → 乙"]


def test_what_cannot_be_met_is_listed_and_shown(show: Callable[..., Page]) -> None:
    page = show("even", fragment="#tab=troubles")
    assert "550 户不能分成" in page.inner_text("#view")
    assert page.locator(".card.trouble .plain li").all_inner_texts() == ["下限改为 275 户", "上限改为 550 户"]
    zoom = views(page)[0][2]
    page.click("text=在地图上显示")
    assert views(page)[0][2] > zoom
    page.click("#tab-about")
    assert "再做一次相同\n是：" in page.inner_text("#view")
    assert "OpenStreetMap" in page.inner_text("#credit")
    nothing = show("nothing")
    assert "没有可行的方案" in nothing.inner_text("#view")


def test_sites_and_their_curve(show: Callable[..., Page]) -> None:
    page = show("sites")
    assert page.locator(".chart circle").count() == 5
    assert page.locator(".chart circle[fill='#ffffff']").count() == 1, "what is not proven is hollow"
    assert page.locator(".chart circle title").nth(2).text_content() == "2 个选址点：4,550"
    page.click("#tab-list")
    page.locator(".list button").first.click()
    assert page.inner_text(".detail h2") == "1. 空地"
    assert "覆盖 0% → 94.4%" in page.inner_text("#view")
    page.click(".back")
    page.locator(".list button", has_text="6格").first.click()
    assert "500 人未覆盖：只有未选中的候选点能到" in page.inner_text("#view")


def test_zones_have_centres_and_show_how_far_they_reach(show: Callable[..., Page]) -> None:
    page = show("zones", fragment="#tab=list")
    page.locator(".list button", has_text="二区").click()
    assert page.inner_text(".detail h2") == "二区"
    assert "最远 1.41 公里" in page.inner_text(".detail")
    assert page.evaluate("geogrid.state.chosen.radius") == pytest.approx(1414.2)
    page.evaluate("geogrid.set({answer: 1})")
    assert page.locator(".detail").count() == 0
    assert "未编入的村" in page.inner_text("#legend")
    points = show("points")
    points.mouse.click(*[value + 3 for value in spot(points, 1, 9)])
    assert "二区" in points.inner_text("#view"), "a village that is a point is found near the pointer"


@pytest.mark.parametrize("name", ["scratch", "shares", "points"])
def test_every_sort_of_page_opens_without_a_word_of_the_other_language(show: Callable[..., Page], name: str) -> None:
    page = show(name)
    page.evaluate("geogrid.set({lang: 'en'})")
    known = {"中文", "东村", "西村", "甲", "乙", "丙", "丁", "张", "李", "一区", "二区", "纸上镇"}
    said = page.evaluate(
        """[...document.querySelectorAll("#tabs button")].map(button => button.id).map(id => {
          document.getElementById(id).click();
          return [id, document.body.innerText.match(/[\\u4e00-\\u9fff]+/g) || []];
        })"""
    )
    assert len(said) > 1
    for tab, words in said:
        assert [word for word in words if word not in known and not word.endswith("村")] == [], tab


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("even", (PHONE, (360, 640), (844, 390), (1024, 700), DESKTOP, WIDE)),
        ("sites", (PHONE, DESKTOP)),
        ("zones", (DESKTOP, PHONE)),
    ],
)
def test_nothing_overlaps_or_sticks_out(show: Callable[..., Page], sizes: tuple[tuple[int, int], ...], name: str) -> None:
    """Also where a window is made larger or smaller."""
    page = show(name, sizes[0])
    for size in sizes:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        stands_apart(page, size)


def stands_apart(page: Page, size: tuple[int, int]) -> None:
    for lang in ("zh", "en"):
        page.evaluate("lang => geogrid.set({lang})", lang)
        parts = page.evaluate(
            """names => names.flatMap(name => [...document.querySelectorAll(name)])
              .map(e => [e, e.getBoundingClientRect()]).filter(([e, b]) => b.width && b.height)
              .map(([e, b]) => [e.id || e.className, b.left, b.top, b.right, b.bottom])""",
            [".bar", "#answers", "#sides", "#modes", "#land", "#maps", "#legend", "#panel", "#credit"],
        )
        for i, (name_of, left, top, right, bottom) in enumerate(parts):
            assert min(left, top) >= -0.5, name_of
            assert right <= size[0] + 0.5, name_of
            assert bottom <= size[1] + 0.5, name_of
            for other, left2, top2, right2, bottom2 in parts[:i]:
                apart = right <= left2 + 1 or right2 <= left + 1 or bottom <= top2 + 1 or bottom2 <= top + 1
                assert apart, (lang, name_of, other)
        box = page.locator("#maps").bounding_box()
        assert box
        assert box["height"] > size[1] / 3, "the map has the most room"
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_on_a_phone_there_is_one_map_and_the_panel_is_a_sheet(show: Callable[..., Page]) -> None:
    page = show("even", PHONE)
    assert page.locator("#side0").is_hidden()
    assert page.locator("#view").is_hidden()
    page.tap("#sides label:nth-of-type(1)")
    assert page.locator("#side1").is_hidden()
    assert page.inner_text("#flag0") == "现状"
    page.tap("#tab-list")
    page.locator(".list button").first.tap()
    assert page.locator("body.open").count() == 0, "the panel makes way for the place"
    page.tap("#tab-answers")
    page.locator("#card2").tap()
    assert "answer=3" in page.url
    page.tap(".fold")
    assert page.locator("#view").is_hidden()


def test_both_maps_stand_side_by_side_on_paper(show: Callable[..., Page]) -> None:
    for name, size in (("even", DESKTOP), ("sites", PHONE), ("zones", DESKTOP)):
        page = show(name, size)
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.set_viewport_size({"width": 1047, "height": 718})
        one, other = (page.locator("#paper figure > svg").nth(i).bounding_box() for i in (0, 1))
        assert one
        assert other
        assert one["width"] == pytest.approx(other["width"], abs=1)
        assert other["x"] > one["x"] + one["width"]
        assert other["x"] + other["width"] <= 1047
        assert page.locator("#stage").is_hidden()
        assert page.is_visible(".card")
        assert page.locator(".view .list li").count() > 2, "the lists too, whatever stands in the panel"
        assert page.locator("#paper .keys li").count() > 2
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.locator(".view .list li").count() == 0


def test_hostile_names_are_shown_as_text_and_run_nothing(show: Callable[..., Page], hostile: dict[str, str]) -> None:
    for name in hostile:
        page = show(f"hostile-{name}")
        shown = ""
        for tab in page.locator("#tabs button").all():
            tab.click()
            shown += page.evaluate("document.body.textContent")
        page.mouse.click(*spot(page, 1, 0))
        page.mouse.move(*spot(page, 1, 1))
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.click("text=EN")
        for text in HOSTILE:
            assert text.replace("\u202e", "") in shown.replace("\u202e", ""), (name, text)
        assert page.evaluate("window.hacked") is None
        assert page.locator("#view img, #view script, .label img, #paper script, #paper foreignObject, #legend img").count() == 0
        assert "49" not in page.inner_text("#title")


def test_it_works_in_a_sandboxed_frame(show: Callable[..., Page]) -> None:
    page = show("framed", (960, 640))
    frame: Any = page.frame_locator("iframe")
    frame.locator("body[data-ready=true]").wait_for()
    frame.locator("#tab-troubles").click()
    assert "西村" in frame.locator("#view").inner_text()
