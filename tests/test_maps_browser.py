"""The map in a browser without a network: it draws, answers, and runs nothing that a name says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maps import map_page
from maps.style import CLASSES, LINES
from tests.map_town import HOSTILE, hostile_town, town, uncounted_town
from tests.published import travelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

DESKTOP, PHONE = (1440, 900), (390, 844)
Open = "Callable[..., Page]"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the pages under test, as files."""
    folder = tmp_path_factory.mktemp("maps")
    texts = {"zh": map_page(town()), "embed": map_page(town(), lang="en", embed=True), "hostile": map_page(hostile_town())}
    texts["uncounted"] = map_page(uncounted_town())
    texts["mixed"] = map_page(travelled(town(), medical=("car", 90.0, 30.0)))
    frame = '<!DOCTYPE html><iframe sandbox="allow-scripts" src="embed.html" width="800" height="500"></iframe>'
    for name, text in (texts | {"framed": frame}).items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in (*texts, "framed")}


@pytest.fixture
def show(browser: Browser, pages: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open pages with the network blocked; at the end nothing was asked for, said on the console or thrown."""
    contexts, complaints = [], []

    def opened(name: str, size: tuple[int, int] = DESKTOP, fragment: str = "") -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=size == PHONE)
        contexts.append(context)
        page = context.new_page()
        context.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file://") else route.abort())
        page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith(("file://", "data:")) else None)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(pages[name].as_uri() + fragment)
        if name != "framed":
            page.wait_for_selector("body[data-ready=true]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def colours(page: Page) -> dict[str, int]:
    """Count the colours on the canvas of the grids, the six most frequent."""
    found: dict[str, int] = page.evaluate(
        """() => {
          const canvas = document.querySelector('.leaflet-fill-pane canvas');
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true});
          copy.drawImage(canvas, 0, 0);
          const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
          const counts = {};
          for (let i = 0; i < pixels.length; i += 4) {
            if (pixels[i + 3] < 150) continue;
            const key = [pixels[i], pixels[i + 1], pixels[i + 2]].join();
            counts[key] = (counts[key] || 0) + 1;
          }
          return Object.fromEntries(Object.entries(counts).sort((a, b) => b[1] - a[1]).slice(0, 6));
        }"""
    )
    return found


def grid_point(page: Page, grid: str) -> tuple[float, float]:
    """Return where a grid's middle is in the window."""
    x, y = page.evaluate(
        """id => {
          const i = geogrid.data.layers.grids.id.indexOf(id);
          const at = geogrid.leaflet.latLngToContainerPoint(geogrid.boundsOf('grids', i).getCenter());
          const box = geogrid.leaflet.getContainer().getBoundingClientRect();
          return [box.x + at.x, box.y + at.y];
        }""",
        grid,
    )
    return x, y


def hover(page: Page, x: float, y: float, text: str) -> None:
    """Move the mouse about a place until the tooltip says something: on a busy machine the browser drops single moves."""
    tooltip = page.locator(".leaflet-tooltip", has_text=text)
    for step in range(40):
        page.mouse.move(x + step % 2, y)
        if tooltip.is_visible():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"no tooltip says {text}")


def choose(page: Page, group: str, value: str) -> None:
    page.locator(f"#{group} label", has=page.locator(f"input[value={value}]")).click()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_map_draws_and_the_switches_recolour(show: Callable[..., Page], size: tuple[int, int]) -> None:
    page = show("zh", size)
    everything = colours(page)
    assert len(everything) >= 4
    assert sum(everything.values()) > 20_000
    choose(page, "services", "medical")
    page.wait_for_timeout(100)
    medical = colours(page)
    assert medical != everything
    choose(page, "whens", "later")
    page.wait_for_timeout(100)
    assert colours(page) != medical
    assert "医疗" in page.inner_text("#legend h2")
    assert "含规划" in page.inner_text("#legend h2")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_click_opens_the_panel(show: Callable[..., Page], size: tuple[int, int]) -> None:
    page = show("zh", size)
    page.mouse.click(*grid_point(page, "G14"))
    assert page.inner_text("#view h2") == "北坪第3网格"
    text = page.inner_text("#view")
    for expected in ("G14 · 白岭村 · 样例镇", "住户", "人口", "网格长", "监督电话", "教育", "托养", "全部服务", "本网格的设施"):
        assert expected in text
    if size == PHONE:
        page.click(".fold")
    page.mouse.click(*grid_point(page, "G03"))
    assert page.inner_text("#view").count("未公开") >= 9, "counts and shares are withheld, and it is said why"
    assert "1–10 的小数字" in page.inner_text("#view")


def test_an_empty_grid_says_so(show: Callable[..., Page]) -> None:
    page = show("zh", fragment="#grid=G07")
    assert page.inner_text("#view h2") == "西坪第2网格"
    assert page.inner_text("#view .coverage").count("无住户") == 5


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_search_finds_a_grid_with_the_keyboard(show: Callable[..., Page], size: tuple[int, int]) -> None:
    page = show("zh", size)
    before = page.evaluate("geogrid.leaflet.getZoom()")
    page.focus("#search")
    page.keyboard.type("中坪")
    assert page.locator("#hits [role=option]").count() == 4
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.inner_text("#view h2") == "中坪第2网格"
    assert page.evaluate("geogrid.leaflet.getZoom()") > before
    page.fill("#search", "ｇ20")
    page.keyboard.press("Enter")
    assert page.inner_text("#view h2") == "中坪第4网格", "full-width letters and lower case find the number"
    page.fill("#search", "青岭")
    page.keyboard.press("Enter")
    assert page.inner_text("#view h2") == "青岭村"
    page.fill("#search", "nowhere")
    assert "没有找到“nowhere”" in page.inner_text("#hits")
    page.keyboard.press("Escape")
    assert page.is_hidden("#hits")


def test_the_language_switch_leaves_no_chinese_label(show: Callable[..., Page]) -> None:
    page = show("zh")
    choose(page, "languages", "en")
    assert page.evaluate("document.documentElement.lang") == "en"
    names = page.evaluate("JSON.stringify([geogrid.data.layers, geogrid.data.place])")
    for tab in ("overview", "grids", "findings", "layers", "about"):
        page.click(f"#tab-{tab}")
        words = page.evaluate("document.body.innerText.match(/[\\u4e00-\\u9fff]+/g) || []")
        assert [word for word in words if word not in names and word != "中文"] == []


def test_layers_gaps_and_defects(show: Callable[..., Page]) -> None:
    page = show("zh")
    page.click("#tab-layers")
    boxes = page.locator("#view input[type=checkbox]")
    assert [boxes.nth(i).is_checked() for i in range(boxes.count())] == [True] * 7 + [False] * 2
    boxes.nth(0).uncheck()
    page.wait_for_timeout(100)
    assert colours(page) == {}
    page.locator("label", has_text="服务半径").click()
    assert page.evaluate("geogrid.leaflet.hasLayer(geogrid.groups.radii)")
    page.click("#tab-findings")
    assert "另有 4 处小缺口未公开" in page.inner_text("#view")
    zoom = page.evaluate("geogrid.leaflet.getZoom()")
    page.locator("#view .list").nth(0).locator("button").first.click()
    assert page.evaluate("geogrid.leaflet.getZoom()") > zoom
    page.locator("#view .list").nth(1).locator("button").first.click()
    assert page.evaluate("geogrid.leaflet.getZoom()") > 17


def seen(page: Page, element: str) -> dict[str, float]:
    """Return where an element is in the window."""
    box: dict[str, float] = page.evaluate("e => document.querySelector(e).getBoundingClientRect().toJSON()", element)
    return box


def town_box(page: Page) -> tuple[float, float, float, float]:
    """Return where the grids are in the window: left, top, right, bottom."""
    left, top, right, bottom = page.evaluate(
        """() => {
          const all = geogrid.shapes.grids.reduce((box, _, i) => box.extend(geogrid.boundsOf('grids', i)), L.latLngBounds([]));
          const map = geogrid.leaflet, at = map.getContainer().getBoundingClientRect();
          const a = map.latLngToContainerPoint(all.getNorthWest()), b = map.latLngToContainerPoint(all.getSouthEast());
          return [at.x + a.x, at.y + a.y, at.x + b.x, at.y + b.y];
        }"""
    )
    return left, top, right, bottom


@pytest.mark.parametrize("size", [DESKTOP, (1366, 768)])
def test_the_town_fills_the_room_between_controls_and_legend(show: Callable[..., Page], size: tuple[int, int]) -> None:
    page = show("zh", size)
    left, top, right, bottom = town_box(page)
    above, below = seen(page, "#controls")["bottom"], seen(page, "#legend")["top"]
    room = seen(page, ".folium-map")
    assert (top >= above, bottom <= below, left >= room["left"], right <= room["right"]) == (True,) * 4
    assert max((bottom - top) / (below - above), (right - left) / room["width"]) > 0.85


def test_a_small_frame_shows_the_town(show: Callable[..., Page]) -> None:
    page = show("embed", (400, 300))
    left, top, right, bottom = town_box(page)
    assert top >= seen(page, ".bar")["bottom"]
    assert bottom <= seen(page, "#dock")["top"]
    assert min(right - left, bottom - top) > 100
    page.mouse.click(*grid_point(page, "G14"))
    assert page.inner_text("#view h2") == "北坪第3网格"


def test_a_choice_in_the_panel_keeps_the_keyboards_place(show: Callable[..., Page]) -> None:
    page = show("zh")
    page.click("#tab-layers")
    page.locator("label", has_text="服务半径").locator("input").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    assert (
        page.evaluate("document.activeElement.checked && document.activeElement.closest('label').innerText") == "服务半径（直线）"
    )
    page.click("#tab-grids")
    page.focus("#view .list button")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "view", "what is new is read from its top"


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_what_a_list_zooms_to_says_what_it_is_inside_the_window(show: Callable[..., Page], size: tuple[int, int]) -> None:
    page = show("zh", size, "#service=medical")
    for item, text in ((".list >> nth=0", "覆盖缺口 · 医疗"), (".list >> nth=1", "空洞")):
        page.click("#tab-findings")
        page.locator(f"#view {item}").locator("button").first.click()
        assert text in page.inner_text(".leaflet-tooltip")
        box, room = seen(page, ".leaflet-tooltip"), seen(page, ".folium-map")
        assert room["left"] <= box["left"] < box["right"] <= room["right"]
        assert box["top"] >= room["top"]


def test_an_uncounted_gap_is_drawn_listed_last_and_says_why_it_has_no_counts(show: Callable[..., Page]) -> None:
    page = show("uncounted", fragment="#service=medical")
    page.click("#tab-findings")
    assert "小缺口未公开" not in page.inner_text("#view"), "every gap is shown, so none is left out"
    rows = page.locator("#view .list").nth(0).locator("button")
    assert rows.count() == 3
    assert "户数和人数未公开" in rows.nth(2).inner_text()
    rows.nth(2).click()
    assert "户数和人数未公开" in page.inner_text(".leaflet-tooltip")
    assert "约" not in page.inner_text(".leaflet-tooltip")


def test_the_legend_shows_colours_as_the_map_does_and_every_layer(show: Callable[..., Page]) -> None:
    page = show("zh", fragment="#service=medical&when=later")
    assert "按现有设施" in page.inner_text("#legend"), "gaps do not follow the switch"
    assert (
        page.locator("#legend .classes .swatch")
        .first.evaluate("e => e.style.background")
        .startswith(f"linear-gradient({CLASSES[-1].colour}{round(255 * LINES['grid']['fillOpacity']):02x}")
    )
    page.click("#tab-layers")
    page.locator("label", has_text="服务半径").click()
    assert "服务半径" in page.inner_text("#legend")


def test_walked_services_say_so_as_they_always_did(show: Callable[..., Page]) -> None:
    page = show("zh", fragment="#service=medical")
    assert page.inner_text("#legend h2").endswith("：15 分钟内步行可达的住户占比")
    choose(page, "services", "all")
    assert page.inner_text("#legend h2") == "15 分钟内步行可达全部服务的住户占比"
    page.click("#tab-about")
    about = page.inner_text("#panel")
    assert "从每户沿街道步行到最近设施（含上街的直线距离），不超过时限即为覆盖。步行速度 5 公里/小时。" in about
    assert "\n15 分钟 · 半径" in about


def test_every_service_says_its_own_mode_and_cutoff(show: Callable[..., Page]) -> None:
    page = show("mixed", fragment="#service=medical")
    assert page.inner_text("#legend h2").endswith("：30 分钟内驾车可达的住户占比")
    choose(page, "services", "all")
    assert page.inner_text("#legend h2") == "全部服务同时可达的住户占比"
    choose(page, "languages", "en")
    page.click("#tab-about")
    about = page.inner_text("#panel")
    assert "at most: on foot 5 km/h, by car 90 km/h." in about
    assert "30 min by car · radius" in about
    assert "15 min on foot · radius" in about
    assert "so no travel time exists" in about
    page.click("#tab-layers")
    assert "not how far people get" in page.inner_text("#panel")


def test_signs_of_defects_lie_above_all_their_shapes(show: Callable[..., Page]) -> None:
    page = show("zh")
    kinds = page.evaluate("geogrid.groups.defects.getLayers().map(layer => layer instanceof L.CircleMarker)")
    assert kinds == sorted(kinds)


def test_tooltips_say_what_is_there(show: Callable[..., Page]) -> None:
    page = show("zh", fragment="#service=medical")
    hover(page, *grid_point(page, "G12"), "西坪第3网格")
    x, y = page.evaluate(
        """() => {
          const at = geogrid.leaflet.latLngToContainerPoint(geogrid.boundsOf('gaps', geogrid.gapsShown()[0]).getCenter());
          const box = geogrid.leaflet.getContainer().getBoundingClientRect();
          return [box.x + at.x + 3, box.y + at.y + 3];
        }"""
    )
    hover(page, x, y, "覆盖缺口 · 医疗")
    text = page.inner_text(".leaflet-tooltip")
    for expected in ("约 100 户", "310 人", "青岭卫生室", "18.3 分钟"):
        assert expected in text


def test_the_address_keeps_and_gives_the_choice(show: Callable[..., Page]) -> None:
    page = show("zh", fragment="#service=sport&lang=en&grid=G08&x=%E0%A4%A")
    assert page.inner_text("#view h2") == "南坪第2网格"
    assert page.is_checked("input[value=sport]")
    assert page.evaluate("location.hash") == "#service=sport&lang=en&grid=G08"
    page.goto(page.url.split("#")[0] + "#service=unknown&grid=none&lang=xx")
    assert page.inner_text("#view h2") == "南坪第2网格", "what is not known changes nothing"


def test_the_keyboard_reaches_everything(show: Callable[..., Page]) -> None:
    page = show("zh")
    page.click("#tab-overview")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-grids", "aria-selected") == "true"
    page.focus("#view .list button")
    page.keyboard.press("Enter")
    assert page.is_visible("#view h2")
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input')].filter(
          e => !(e.innerText || e.getAttribute('aria-label') || e.closest('label')?.innerText)).length"""
    )
    assert unnamed == 0


@pytest.mark.parametrize("size", [PHONE, (360, 640), (760, 480), (844, 390), (1024, 700), DESKTOP])
def test_nothing_overlaps_or_sticks_out(show: Callable[..., Page], size: tuple[int, int]) -> None:
    page = show("zh", size)
    for lang in ("zh", "en"):
        page.evaluate("lang => geogrid.set({lang})", lang)
        parts = page.evaluate(
            """names => names.map(name => {
              const b = document.querySelector(name).getBoundingClientRect();
              return [name, b.left, b.top, b.right, b.bottom];
            })""",
            [".bar", "#services", "#whens", "#legend", "#panel", ".buttons", ".leaflet-control-scale", "#credit"],
        )
        for i, (name, left, top, right, bottom) in enumerate(parts):
            assert (left, top) >= (-0.5, -0.5), name
            assert right <= size[0] + 0.5, name
            assert bottom <= size[1] + 0.5, name
            for other, left2, top2, right2, bottom2 in parts[:i]:
                apart = right <= left2 + 1 or right2 <= left + 1 or bottom <= top2 + 1 or bottom2 <= top + 1
                assert apart, (lang, name, other)


def test_hostile_names_are_shown_as_text_and_run_nothing(show: Callable[..., Page]) -> None:
    page = show("hostile")
    shown = ""
    for tab in ("overview", "grids", "findings", "layers", "about"):
        page.click(f"#tab-{tab}")
        shown += page.evaluate("document.body.textContent.replace(/\\u2028|\\u2029/g, m => m)")
    for i in range(12):
        page.evaluate("i => geogrid.choose('grids', i, {zoom: true})", i)
        hover(page, *grid_point(page, f"G{i + 1:02d}"), "")
        shown += page.inner_text(".leaflet-tooltip")
        page.fill("#search", HOSTILE[i % len(HOSTILE)][:12])
    for name in HOSTILE:
        assert name in shown
    assert page.evaluate("window.hacked") is None
    assert page.locator("#view img, #view svg[onload], #view script, .label img").count() == 0
    assert "49" not in page.inner_text("#title")


def test_an_injected_script_or_handler_is_stopped_by_the_policy(browser: Browser, tmp_path: Path) -> None:
    forced = map_page(town()).replace(
        "<noscript", "<script>window.hacked=1</script><img src=x onerror='window.hacked=2'><noscript", 1
    )
    (tmp_path / "forced.html").write_text(forced, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "forced.html").as_uri())
    page.wait_for_selector("body[data-ready=true]")
    assert page.evaluate("window.hacked") is None
    page.close()


def test_it_works_in_a_sandboxed_frame(show: Callable[..., Page]) -> None:
    page = show("framed", (900, 600))
    frame: Any = page.frame_locator("iframe")
    frame.locator("body[data-ready=true]").wait_for()
    assert frame.locator("body.embed").count() == 1
    assert frame.locator("#view").is_hidden()
    frame.locator("#tab-overview").click()
    assert "Service coverage" in frame.locator("#view").inner_text()
    frame.locator(".fold").click()
    assert frame.locator("#view").is_hidden()
