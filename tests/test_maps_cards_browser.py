"""Notice cards on paper: Chromium prints each on its own A4 page with nothing cut off, and codes decode from the print."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import zxingcpp
from shapely import box

from geogrid.words import Text
from maps.cards import Cards, grid_cards
from tests.card_town import DUTIES, LONG_NAME, NAMES, URL, card_areas, card_grids, card_staff, card_town
from tests.paper_place import EAST, NORTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from geogrid.words import Lang

A4_MM = (210.0, 297.0)
PX_PER_MM = 96 / 25.4
ENGLISH = (
    "Visit every home twice a year and report what its residents need.",
    "Look for dangers and disputes, report them and follow them up.",
    "Look after older people, children and families in need.",
    "Keep the streets clean, and stand by to warn and lead people out.",
)
BOXES = """() => {
  const bad = [];
  const say = (why, each, by) => bad.push([why, each.tagName, String(each.className), each.textContent.slice(0, 30), by]);
  const own = each => each.getBoundingClientRect();
  for (const each of document.querySelectorAll('.sheet *, .front *, .back *')) {
    if (each.closest('svg') && each.tagName !== 'svg' || getComputedStyle(each).display === 'contents') continue;
    const card = own(each.closest('.front, .back, .sheet')), box = own(each), style = getComputedStyle(each);
    const by = Math.max(card.left - box.left, box.right - card.right, card.top - box.top, box.bottom - card.bottom);
    if (by > 0.6) say('outside', each, by);
    if (each.tagName === 'svg' || each.closest('figure') || style.display === 'inline') continue;
    const wide = each.scrollWidth - each.clientWidth, high = each.scrollHeight - each.clientHeight;
    if (wide > 1) say('too wide', each, wide);
    if (high > 0.45 * parseFloat(style.fontSize)) say('too high', each, high);
  }
  for (const card of document.querySelectorAll('.sheet, .front, .back, .head, .middle, .below')) {
    const parts = [...card.children].map(own);
    parts.forEach((part, i) => parts.slice(i + 1).forEach(other => {
      const wide = Math.min(part.right, other.right) - Math.max(part.left, other.left);
      const high = Math.min(part.bottom, other.bottom) - Math.max(part.top, other.top);
      if (wide > 1 && high > 1) say('overlap', card.children[i], high);
    }));
  }
  return bad;
}"""
"""Elements that leave their card, texts that leave their element (a font's own height apart), and parts that lie over others."""


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Open cards as they are printed, with the network blocked; at the end nothing was asked for or said on the console."""
    context = browser.new_context(viewport={"width": 900, "height": 1200}, device_scale_factor=4)
    complaints: list[str] = []

    def show(cards: Cards) -> Page:
        path = tmp_path / "cards.html"
        path.write_text(cards.html, encoding="utf-8")
        page = context.new_page()
        page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith("file://") else None)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        return page

    yield show
    context.close()
    assert complaints == []


def pages_of(page: Page) -> list[tuple[float, float]]:
    """Print to PDF and return the size of every page in mm."""
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(sizes) == len(re.findall(rb"/Type /Page\b(?!s)", printed))
    return [(float(wide) / 72 * 25.4, float(high) / 72 * 25.4) for wide, high in sizes]


def require_whole(page: Page, sheets: int, pockets: int, cover: int = 1) -> None:
    """Require A4 pages, one for every sheet, and everything inside its card."""
    sizes = pages_of(page)
    assert len(sizes) == cover + sheets + pockets
    np.testing.assert_allclose(sizes, [A4_MM] * len(sizes), atol=0.5)
    assert page.evaluate(BOXES) == []
    heights = page.eval_on_selector_all(".sheet figure", "all => all.map(each => each.getBoundingClientRect().height)")
    assert min(heights) / PX_PER_MM > 50, "the map keeps its height"
    cards = page.eval_on_selector_all(".front, .back", "all => all.map(e => [e.offsetWidth, e.offsetHeight])")
    np.testing.assert_allclose(np.array(cards) / PX_PER_MM, [[90, 54]] * len(cards), atol=0.3)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("name", ["第一网格", LONG_NAME, "Long Grid Name of Forty Letters, Riverside"[:40]])
def test_cards_fit_their_paper(opened: Any, lang: Lang, count: int, name: str) -> None:
    """One, two and four lines of duties, short and long names, five people with phones."""
    lines = (DUTIES if lang == "zh" else ENGLISH)[:count]
    grids = card_grids(name=[name] * 6, duties=["\n".join(lines)] * 6)
    facts = card_town(grids=grids, people=5)
    made = grid_cards(facts, None, public_url=URL, lang=lang, footnotes=[Text("样例。" * 20, "A made-up example. " * 6)])
    assert made.notes == (), "everything is on the cards"
    require_whole(opened(made), sheets=6, pockets=2)


@pytest.mark.parametrize("url", ["", URL])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_cards_fit_their_paper_without_much_to_say(opened: Any, url: str, lang: Lang) -> None:
    grids = card_grids().drop(columns=["duties", "supervision_phone", "code"])
    made = grid_cards(card_town(grids=grids, facilities=None, staff=None), None, public_url=url, lang=lang)
    require_whole(opened(made), sheets=6, pockets=2)


@pytest.mark.parametrize("url", ["", URL])
@pytest.mark.parametrize("latin", [False, True])
def test_the_worst_that_data_can_be_stays_on_its_paper(opened: Any, url: str, latin: bool) -> None:
    """Forty letters in every name, no room for the duties or phones, thirty people, forty facilities."""
    duty = "Walk, look, listen and write everything down. " if latin else "巡查走访，"
    name = "Archibald Maximilian von Hohenstein-Gries" if latin else LONG_NAME
    staff = card_staff(card_grids(), 30, names=(name[:40],))
    phones = ["0335-0000000、" * 20] * 6
    grids = card_grids(name=[name[:40]] * 6, duties=[duty * 900] * 6, code=["1234567890" * 3] * 6, supervision_phone=phones)
    town = card_town(grids=grids)
    assert town.facilities is not None
    places = pd.concat([town.facilities.assign(name=name[:40])] * 10, ignore_index=True)
    areas = card_areas(grids).assign(name=name[:40])
    made = grid_cards(card_town(grids=grids, staff=staff, facilities=places, areas=areas), None, public_url=url)
    assert len(made.notes) >= 2
    page = opened(made)
    assert len(pages_of(page)) - 6 - 2 in (1, 2), "the cover may need two pages"
    assert page.evaluate(BOXES) == []


def test_narrow_and_wide_grids_fill_their_maps(opened: Any) -> None:
    shapes = [box(EAST, NORTH, EAST + 30, NORTH + 4000), box(EAST + 30, NORTH, EAST + 8000, NORTH + 25)]
    grids = card_grids(2, 1, parent_id=["V1", "V2"])
    grids = grids.set_geometry(shapes, crs=grids.crs)
    page = opened(grid_cards(card_town(grids=grids, facilities=None), None, public_url=URL))
    require_whole(page, sheets=2, pockets=1)
    for own in page.query_selector_all(".map .own"):
        drawn, around = own.bounding_box(), own.evaluate_handle("e => e.ownerSVGElement").as_element().bounding_box()
        assert around["x"] <= drawn["x"]
        assert drawn["x"] + drawn["width"] <= around["x"] + around["width"]
        assert around["y"] <= drawn["y"]
        assert drawn["y"] + drawn["height"] <= around["y"] + around["height"]
        assert max(drawn["width"] / around["width"], drawn["height"] / around["height"]) > 0.6


def test_a_long_cover_flows_over_pages(opened: Any) -> None:
    grids = card_grids(10, 16)
    facts = card_town(grids=grids, facilities=None, streets=None, people=2)
    made = grid_cards(facts, None, public_url=URL)
    page = opened(made)
    sizes = pages_of(page)
    assert len(sizes) - 160 - 32 in (2, 3)
    assert page.evaluate(BOXES) == []


@pytest.mark.parametrize("where", [".sheet .qr", ".front .qr"])
def test_codes_decode_from_what_is_printed(opened: Any, browser: Browser, where: str) -> None:
    grids = card_grids(grid_id=["桃园村/1", *"BCDEF"])
    made = grid_cards(card_town(grids=grids, areas=card_areas(card_grids())), ["桃园村/1"], public_url=URL)
    page = opened(made)
    shot = page.locator(where).first.screenshot(type="png")
    (found,) = zxingcpp.read_barcodes(grey(browser, shot))
    assert found.text == f"{URL}/grids/%E6%A1%83%E5%9B%AD%E6%9D%91%2F1"
    size, side = page.locator(where).first.evaluate("e => [e.getBoundingClientRect().width, e.viewBox.baseVal.width]")
    assert size / PX_PER_MM / side >= 0.25, "a module is at least a quarter of a millimetre"


def grey(browser: Browser, png: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a picture's grey levels; the browser decodes it."""
    page = browser.new_page()
    wide, levels = page.evaluate(
        """async data => {
          const picture = await createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob());
          const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
          canvas.drawImage(picture, 0, 0);
          const pixels = canvas.getImageData(0, 0, picture.width, picture.height).data;
          return [picture.width, Array.from({length: pixels.length / 4}, (_, i) => pixels[4 * i])];
        }""",
        base64.b64encode(png).decode(),
    )
    page.close()
    return np.array(levels, dtype=np.uint8).reshape(-1, wide)


def test_hostile_names_do_nothing(opened: Any) -> None:
    bad = "</title><script>window.hacked=1</script><img src=x onerror=window.hacked=1>{{7*7}}${window.hacked=1}"
    grids = card_grids(name=[bad] * 6, duties=[bad] * 6, supervision_phone=[bad[:60]] * 6)
    facts = card_town(grids=grids, staff=card_staff(grids, 2, names=(bad,)), areas=card_areas(grids).assign(name=bad))
    page = opened(grid_cards(facts, None, public_url=URL))
    assert page.evaluate("window.hacked === undefined && document.scripts.length === 0 && document.images.length === 0")
    assert bad in page.inner_text(".sheet h2")
    assert NAMES[0] not in page.inner_text("body")


def test_on_a_screen_the_pages_lie_one_below_the_other(opened: Any) -> None:
    page = opened(grid_cards(card_town(), ["G1"], public_url=URL))
    page.emulate_media(media="screen")
    tops = page.eval_on_selector_all("body > section", "all => all.map(e => [e.offsetTop, e.offsetWidth])")
    assert [wide for _, wide in tops] == [794, 794, 794]
    assert sorted(tops) == tops
