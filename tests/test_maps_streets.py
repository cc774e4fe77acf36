"""The page of street data: what it holds, that text stays text, and that it works in a browser without a network."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

import geogrid
from geogrid.findings import KINDS as FOUND
from geogrid.streets import StreetReport, network_report
from maps.assets import fingerprint
from maps.streets import CLASSES, SIGNS, streets_page
from maps.streetwords import KINDS, LABELS
from tests.builders import at, frame, paper_town, street

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

EVIL = "</script><img src=x onerror=pwned=1>{{7*7}}${pwned=1}"


@pytest.fixture(scope="module")
def report() -> StreetReport:
    """Return the report of the paper town with something of every kind, under hostile names."""
    tables = paper_town()
    tables["roads"] = frame(
        [
            {"road_id": "R1", "name": "Main", "geometry": street((0, 500), (2000, 500))},
            {"road_id": "R2", "name": EVIL, "geometry": street((2000, 500), (2000, 900))},
            {"road_id": "R3", "name": None, "geometry": street((1000, 504), (1000, 700))},
            {"road_id": "R4", "name": "Across", "geometry": street((1500, 400), (1500, 600))},
        ]
    )
    far = [{"household_id": f"far{i}", "persons": 2, "geometry": at(300 + i, 900)} for i in range(12)]
    tables["households"] = frame([*tables["households"].to_dict("records"), *far])
    tables["facilities"] = tables["facilities"].assign(name=EVIL, services="medical;education")
    tables["grids"]["name"] = EVIL
    return network_report(geogrid.check(**tables).town)


def content(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="geogrid-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_what_the_page_holds(report: StreetReport) -> None:
    data = content(streets_page(report))
    findings, streets = data["layers"]["findings"], data["layers"]["streets"]
    kinds = [data["kinds"][kind]["id"] for kind in findings["kind"]]
    assert kinds == report.findings["kind"].tolist()
    assert set(kinds) == set(FOUND)
    assert findings["households"][kinds.index("bare")] == 12
    assert findings["metres"][kinds.index("crossing")] is None
    assert findings["metres"][kinds.index("near_miss")] == 40
    assert [streets["id"][s] for s in findings["streets"][kinds.index("near_miss")]] == ["R3", "R1"]
    assert streets["name"] == ["Main", EVIL, "", "Across"]
    assert streets["ways"] == [[160, 0, 0, 0], [80, 0, 0, 0], [80, 0, 0, 0]]
    assert sum(streets["parts"]) == len(streets["lines"]["n"])
    assert sum(findings["parts"]) == len(findings["lines"]["n"])
    assert len(findings["marks"]) == 2 * len(kinds)
    assert data["shapes"]["bare"]["polygons"] == [1]
    assert data["osm"] is False
    assert (data["place"], data["sample"]) == (None, False)
    assert content(streets_page(report, "en", is_osm=True))["osm"] is True


def test_no_household_is_in_it(report: StreetReport) -> None:
    page = streets_page(report)
    assert "H000" not in page
    assert "far1" not in page


def test_text_stays_text_and_nothing_else_may_run(report: StreetReport) -> None:
    page = streets_page(report)
    assert page == streets_page(report)
    assert EVIL not in page
    assert "<img" not in page
    assert "{{7" not in page
    assert not re.search(r"<(link|iframe|script src)", page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    for tag in ("script", "style"):
        inline = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert inline
        assert all(fingerprint(code) in policy[1] for code in inline)


def test_every_kind_has_a_name_a_sign_and_both_languages() -> None:
    assert list(KINDS) == list(SIGNS) == list(FOUND)
    assert all(text.zh and text.en for text in LABELS.values())
    assert [row.least for row in CLASSES] == sorted(row.least for row in CLASSES)


@pytest.fixture
def page(browser: Browser, report: StreetReport, tmp_path: Path) -> Iterator[Page]:
    """Open the page from disk; any request or error fails the test."""
    (tmp_path / "streets.html").write_text(streets_page(report), encoding="utf-8")
    opened = browser.new_page(viewport={"width": 1366, "height": 768})
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
    opened.goto((tmp_path / "streets.html").as_uri())
    opened.wait_for_selector("body[data-ready]")
    yield opened
    assert opened.evaluate("window.pwned") is None
    opened.close()
    assert wrong == []


def test_in_a_browser(page: Page) -> None:
    rows = page.locator(".list li")
    assert rows.count() == 5
    assert rows.first.inner_text().split("\n")[0] == "缺街道 · 12 户 · 24 人"
    page.click("#kinds label:nth-of-type(5)")
    assert rows.count() == 8
    page.click("#languages label:nth-of-type(2)")
    assert page.inner_text("h1") == "Street data check"
    assert page.inner_text("#office") == "Office only"
    zoomed_out = page.evaluate("geogrid.leaflet.getZoom()")
    page.click("text=Near miss >> nth=-1")
    assert page.inner_text(".detail h2") == "Near miss"
    assert "4 m" in page.inner_text(".panel")
    assert page.evaluate("geogrid.leaflet.getZoom()") > zoomed_out
    assert "Near miss" in page.inner_text(".tip")
    page.click(".back")
    assert rows.count() == 8
    page.click("#tab-overview")
    assert "80 households" in page.inner_text(".panel")
    page.select_option("#pick select", "1")
    assert "households on their way to" in page.inner_text("#legend")
    page.click("#tab-about")
    assert "never to publish" in page.inner_text(".panel")


def test_clicks_on_the_map_and_on_a_phone(page: Page) -> None:
    middle = page.evaluate("""() => {
      var line = geogrid.linesOfStreet(0)[0], at = geogrid.leaflet.latLngToContainerPoint(line[0]);
      var far = geogrid.leaflet.latLngToContainerPoint(line[line.length - 1]);
      var box = geogrid.leaflet.getContainer().getBoundingClientRect();
      return [box.left + at.x * 0.7 + far.x * 0.3, box.top + at.y * 0.7 + far.y * 0.3];
    }""")
    page.mouse.move(*middle)
    assert "Main" in page.inner_text(".tip")
    page.mouse.click(*middle)
    assert page.inner_text(".detail h2") == "Main"
    assert "80" in page.inner_text(".view .pairs >> nth=1")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(100)
    page.click("#tab-findings")
    assert page.locator("body.open").count() == 1
    page.locator(".list button").first.click()
    assert page.locator("body.open").count() == 0
    box = page.locator(".tip").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
