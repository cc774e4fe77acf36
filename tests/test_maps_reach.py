"""The page of reach: one document without requests, that runs nothing a name says, and holds counts only for the office."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest

from geogrid.catchments import Catchments
from geogrid.crs import to_wgs84
from geogrid.errors import NotFoundError
from geogrid.privacy import PublicReport
from geogrid.reach import Reach, catchments, reach
from maps.assets import static
from maps.reach import ramp, reach_page
from maps.reachwords import LABELS
from tests.map_town import HOSTILE, hostile_town
from tests.map_town import town as public_town
from tests.reach_town import two_villages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

DESKTOP, PHONE = (1366, 768), (390, 844)


@pytest.fixture(scope="module")
def drawn() -> Reach:
    return reach(two_villages(), facility_ids="all")


@pytest.fixture(scope="module")
def patches() -> dict[str, Catchments]:
    return {"medical": catchments(two_villages(), "medical")}


@pytest.fixture(scope="module")
def public() -> PublicReport:
    """Return what is drawn beneath: services and streets of the map's own test town, the villages of the pictures."""
    return replace(public_town(), areas=to_wgs84(two_villages().areas))


def content(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="geogrid-data">(.*?)</script>', page, re.DOTALL)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def test_the_public_page_counts_no_household(drawn: Reach, public: PublicReport) -> None:
    data = content(reach_page(drawn.public, public))
    assert not data["staff"]
    assert data["catchments"] is None
    assert "wrong" not in data["layers"]["bands"]
    assert data["layers"]["catchments"]["households"] == []
    assert data["minutes"] == [5, 10, 15]
    assert [row["id"] for row in data["services"]] == list(drawn.pictures.mode)
    assert data["layers"]["facilities"]["unreached"][-1] == [list(drawn.pictures.mode).index("medical")]
    assert data["layers"]["bands"]["facility"].count(-1) == 6


def test_the_office_page_counts_and_says_so(drawn: Reach, public: PublicReport, patches: dict[str, Catchments]) -> None:
    page = reach_page(drawn.public, public, agreement=drawn.agreement, catchments=patches, service="medical", lang="en")
    data = content(page)
    assert data["staff"]
    assert (data["service"], data["lang"], data["catchments"]) == ("medical", "en", "grids")
    assert data["layers"]["catchments"]["households"] == [40, 40]
    assert data["layers"]["catchments"]["agreeing"] == [10_000, 10_000]
    wrong = [row[0] + row[1] for row in data["layers"]["bands"]["wrong"]]
    assert wrong == drawn.agreement["disagree"].tolist()
    assert "catchment_halo" in page


def test_the_same_pictures_give_the_same_page(drawn: Reach, public: PublicReport) -> None:
    page = reach_page(drawn.public, public)
    assert page == reach_page(drawn.public, public)
    assert "default-src 'none'" in page
    assert len(re.findall(r"^<script", page, re.MULTILINE)) == 4
    assert "<link" not in page


def test_colours_run_from_dark_to_light() -> None:
    for count in (1, 2, 3, 5, 9):
        light = [int(c[1:3], 16) * 0.3 + int(c[3:5], 16) * 0.6 + int(c[5:], 16) * 0.1 for c in ramp(count)]
        assert len(set(light)) == count
        assert light == sorted(light)


def test_an_unknown_service_is_named(drawn: Reach, public: PublicReport) -> None:
    with pytest.raises(NotFoundError, match=r"no picture of 'sport'; choose one of: .*medical"):
        reach_page(drawn.public, public, service="sport")


def test_a_report_without_place_or_settings_will_do(drawn: Reach, public: PublicReport) -> None:
    data = content(reach_page(drawn.public, replace(public, summary={})))
    assert (data["place"], data["osm"], data["snap"]) == (None, False, 200)
    assert data["services"][0]["name"] == [data["services"][0]["id"]] * 2
    noted = {"notes": [{"zh": "", "en": "from OpenStreetMap"}], "place": {"zh": "桂溪", "en": ""}}
    data = content(reach_page(drawn.public, replace(public, summary=noted)))
    assert (data["place"], data["osm"]) == (["桂溪", "桂溪"], True)


def test_every_label_that_the_script_asks_for_exists() -> None:
    asked = set(re.findall(r'\bt\("(\w+)"', static("reach.js"))) | set(
        re.findall(r'data-t(?:-label)?="(\w+)"', static("reach.html"))
    )
    assert asked - {"over_"} <= set(LABELS)


def test_a_facility_without_a_name_goes_by_its_id(drawn: Reach, public: PublicReport) -> None:
    facilities = drawn.public.facilities
    nameless = gpd.GeoDataFrame(facilities.assign(name=None), crs=facilities.crs)
    data = content(reach_page(replace(drawn.public, facilities=nameless), public))
    assert data["layers"]["facilities"]["name"] == data["layers"]["facilities"]["id"]


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, drawn: Reach, public: PublicReport, patches: dict[str, Catchments]
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reach")
    facilities = drawn.public.facilities
    names = ["".join(HOSTILE[i::3]) for i in range(len(facilities))]
    hostile = replace(drawn.public, facilities=gpd.GeoDataFrame(facilities.assign(name=names), crs=facilities.crs))
    texts = {
        "public": reach_page(drawn.public, public, service="medical"),
        "office": reach_page(drawn.public, public, agreement=drawn.agreement, catchments=patches, service="medical", lang="en"),
        "hostile": reach_page(hostile, replace(public, summary=hostile_town().summary), service="medical"),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture
def show(browser: Browser, pages: dict[str, Path]) -> Iterator[Any]:
    """Open pages with the network blocked; at the end nothing was asked for, said on the console or thrown."""
    contexts, complaints = [], []

    def opened(name: str, size: tuple[int, int] = DESKTOP, fragment: str = "") -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=size == PHONE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith(("file://", "data:")) else None)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(pages[name].as_uri() + fragment)
        page.wait_for_selector("body[data-ready=true]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def test_the_page_says_that_it_is_a_picture(show: Any) -> None:
    page = show("public")
    assert "不看是否落在色块里" in page.inner_text("#view")
    assert "医疗：步行到最近设施的时间" in page.inner_text("#legend")
    assert page.locator("#office").is_hidden()
    page.click("text=EN")
    assert "follows from its own travel time" in page.inner_text("#view")
    page.click("#tab-about")
    assert "facilities more than 200 m from any street, which have no picture: 1 (F4)" in page.inner_text("#view")


def test_a_facility_can_be_picked_and_is_in_the_address(show: Any) -> None:
    page = show("public", fragment="#service=medical&lang=en&facility=F1")
    assert "to 西卫生室" in page.inner_text("#legend")
    assert page.locator("#facility option").all_inner_texts() == ["All (the nearest one)", "西卫生室", "东诊所", "山上诊所"]
    page.select_option("#facility", label="山上诊所")
    assert "too far from any street" in page.inner_text("#view")
    assert "facility=F4" in page.url
    page.select_option("#facility", label="All (the nearest one)")
    assert "facility" not in page.url
    page.click("#services >> text=Education")
    assert "service=education" in page.url


def test_the_office_sees_catchments_and_disagreement(show: Any) -> None:
    page = show("office")
    text = page.inner_text("#view")
    assert "40 households, 120 persons · 100% of the patch agree" in text
    assert "inside but over time" in text
    assert page.locator("#office").inner_text() == "Office only"
    assert "border between catchments" in page.inner_text("#legend")
    page.uncheck(".checks input")
    assert "border between catchments" not in page.inner_text("#legend")
    page.click(".list button >> nth=0")
    assert "西卫生室" in page.inner_text("#legend")


def test_pointing_at_bands_and_clicking_a_facility(show: Any) -> None:
    page = show("office", fragment="#service=medical&lang=en")
    box = page.locator("#reach").bounding_box()
    seen = set()
    for step in (20, 30, 40, 50):
        page.mouse.move(box["x"] + box["width"] * step / 100, box["y"] + box["height"] * 0.42)
        page.wait_for_timeout(80)  # Leaflet passes over moves that follow one another faster
        seen |= set(page.locator(".tip").all_inner_texts())
    assert any("5–10 min" in text and "Nearest: 西卫生室 (100% agree)" in text for text in seen)
    x, y = page.evaluate("geogrid.screenOf(0)")
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.locator(".tip", has_text="click to see it alone").wait_for()
    page.mouse.click(box["x"] + x, box["y"] + y)
    assert "to 西卫生室" in page.inner_text("#legend")
    page.mouse.click(box["x"] + x, box["y"] + y)
    assert "the nearest facility" in page.inner_text("#legend")


def test_a_phone_opens_and_closes_the_panel(show: Any) -> None:
    page = show("office", PHONE)
    assert page.locator("#view").is_hidden()
    page.click("#tab-picture")
    assert "Facility" in page.inner_text("#view")
    page.click(".fold")
    assert page.locator("#view").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_names_run_nothing(show: Any) -> None:
    page = show("hostile", fragment="#facility=F1&x=%E0%A4%A")
    assert page.locator("#facility option").nth(1).text_content() == "".join(HOSTILE[0::3])
    page.click("#tab-about")
    page.click("text=EN")
    assert page.evaluate("window.hacked") is None
