"""The swipe map: what it draws and says, what it never holds, and its divider in a browser without a network."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.boundaries import Boundaries, Tier
from geogrid.changepublic import PublicChangeSheet, public_sheet
from geogrid.changesheet import ChangeSheet, change_sheet
from geogrid.people import People
from geogrid.profile import load_profile
from geogrid.publish import streets_of
from geogrid.seating import seat
from geogrid.words import Text
from maps.assets import fingerprint, static
from maps.layers import DEVIATION_UNITS
from maps.swipe import Around, swipe_page
from maps.swipeshapes import HUES, picture
from maps.swipewords import CHANGES, LABELS, MEASURES
from tests.map_town import HOSTILE
from tests.map_town import town as public_town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CRS = 4548
EAST, NORTH = 500_000, 3_100_000
DESKTOP, PHONE = (1366, 768), (390, 844)
NAMES = ("甲", "乙", "丙", "丁")


def block(x: float, x2: float, y: float = 0, y2: float = 1000) -> Any:
    """Return a rectangle of the paper town, in metres from its corner."""
    return shapely.box(EAST + x, NORTH + y, EAST + x2, NORTH + y2)


def row_of_grids(*borders: float, names: tuple[str, ...] = NAMES) -> Boundaries:
    """Return grids G1, G2 … side by side between borders.

    ::

        0    1000   2000   3000   4000
        | G1  | G2   | G3   | G4   |     all 1,000 m high
    """
    shapes = [block(x, x2) for x, x2 in pairwise(borders)]
    ids = [f"G{i + 1}" for i in range(len(shapes))]
    return Boundaries.of(gpd.GeoDataFrame({"grid_id": ids, "name": list(names[: len(ids)])}, geometry=shapes, crs=CRS))


BEFORE = row_of_grids(0, 1000, 2000, 3000, 4000)
AFTER = row_of_grids(0, 800, 2000, 2900, 4000)


def north_of(top: float) -> tuple[Boundaries, Boundaries]:
    """Return the grids before and after with one more, as wide as all of them, from their north border to some height."""
    more = gpd.GeoDataFrame({"grid_id": ["N"], "name": ["北"]}, geometry=[block(0, 4000, 1000, top)], crs=CRS)
    north = Boundaries.of(more).grids
    return replace(BEFORE, grids={**BEFORE.grids, **north}), replace(AFTER, grids={**AFTER.grids, **north})


def split_of(side: Boundaries) -> Boundaries:
    """Return grids with the east half of G1 as a grid G9 of its own."""
    halves = {"G1": block(0, 500), "G9": block(500, 1000)}
    new = {
        key: replace(side.grids["G1"], grid_id=key, name="甲" if key == "G1" else key, shape=half) for key, half in halves.items()
    }
    return replace(side, grids={**side.grids, **new})


def _page_of(before: Boundaries, after: Boundaries) -> str:
    return swipe_page(before, after, public_sheet(sheet_of(before, after), load_profile("generic")))


def people() -> People:
    """Return households: 300 in the west of each grid, 25 on the land that G1 gives to G2, 7 on that from G3 to G4."""
    spots = [(1000 * grid + 100 + i % 30, 100 + i) for grid in range(4) for i in range(300)]
    spots += [(900, 20 + i) for i in range(25)] + [(2950, 20 + i) for i in range(7)]
    rows = {"household_id": [f"CANARY{i:04d}" for i in range(len(spots))], "persons": [3] * len(spots)}
    homes = gpd.GeoDataFrame(
        rows, geometry=gpd.points_from_xy([EAST + x for x, _ in spots], [NORTH + y for _, y in spots]), crs=CRS
    )
    return People.of(homes, crs=homes.crs)


def sheet_of(before: Boundaries = BEFORE, after: Boundaries = AFTER, *, full: bool = False) -> ChangeSheet:
    return change_sheet(seat(people(), before), after, full=full)


@pytest.fixture(scope="module")
def exact() -> ChangeSheet:
    return sheet_of()


@pytest.fixture(scope="module")
def public(exact: ChangeSheet) -> PublicChangeSheet:
    return public_sheet(exact, load_profile("generic"))


@pytest.fixture(scope="module")
def hostile() -> str:
    """Return a page with hostile text wherever text goes."""
    names = tuple("".join(HOSTILE[i::4]) for i in range(4))
    before, after = row_of_grids(0, 1000, 2000, 3000, 4000, names=names), row_of_grids(0, 800, 2000, 2900, 4000, names=names)
    record = dict(public_sheet(sheet_of(before, after), load_profile("generic")).record)
    everything = "".join(HOSTILE)
    record |= {"summary": {"zh": everything, "en": everything}, "notes": [{"zh": text, "en": text} for text in HOSTILE]}
    record["grids"] = [row | {"change": everything, "leader_before": everything, "leader_after": ""} for row in record["grids"]]
    around = Around(place=Text(everything, everything))
    return swipe_page(before, after, PublicChangeSheet.of(record), around=around, titles=(Text(*[everything] * 2),) * 2)


def content(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="geogrid-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def wavy(x: float, seed: int) -> list[tuple[float, float]]:
    """Return a crooked border from south to north at about ``x``, with a corner every 5 m."""
    return [(EAST + x + 20 * ((seed * (i + 3)) % 7 - 3) / 3 * (i % 200 > 0), NORTH + 5 * i) for i in range(201)]


def between(left: list[tuple[float, float]], right: list[tuple[float, float]]) -> Any:
    return shapely.Polygon([*left, *right[::-1]])


# The picture


def test_land_that_moves_is_measured_and_drawn_largest_first() -> None:
    drawn = picture(BEFORE, AFTER)
    assert [(cell.from_id, cell.to_id) for cell in drawn.moved] == [("G1", "G2"), ("G3", "G4")]
    assert drawn.moved_m2 == pytest.approx((200_000, 100_000))
    assert list(drawn.before) == list(drawn.after) == ["G1", "G2", "G3", "G4"]
    assert drawn.before["G1"].bounds[2] == pytest.approx(drawn.after["G1"].bounds[2] + 0.00205, abs=1e-4)
    assert shapely.equals(drawn.before["G1"], shapely.union(drawn.after["G1"], drawn.moved[0].shape))


def test_land_given_to_nobody_and_land_from_nobody() -> None:
    smaller = row_of_grids(0, 1000, 2000, 3000)
    assert [(c.from_id, c.to_id) for c in picture(BEFORE, smaller).moved] == [("G4", "")]
    drawn = picture(smaller, BEFORE)
    assert [(c.from_id, c.to_id) for c in drawn.moved] == [("", "G4")]
    assert "" not in drawn.before
    assert list(drawn.before) == ["G1", "G2", "G3"]
    assert picture(BEFORE, BEFORE).moved == ()


def test_a_border_rounded_elsewhere_moves_no_land() -> None:
    rounded = row_of_grids(0, 1000.000_001, 2000, 3000, 4000)
    assert picture(BEFORE, rounded).moved == ()
    assert shapely.equals(picture(BEFORE, rounded).before["G1"], picture(BEFORE, rounded).after["G1"])


def test_an_outline_that_crosses_itself_is_drawn_too() -> None:
    bow = shapely.Polygon([(EAST, NORTH), (EAST + 900, NORTH + 900), (EAST + 900, NORTH), (EAST, NORTH + 900)])
    broken = Boundaries.of(gpd.GeoDataFrame({"grid_id": ["G1"], "name": ["甲"]}, geometry=[bow], crs=CRS))
    drawn = picture(broken, row_of_grids(0, 1000))
    assert [(c.from_id, c.to_id) for c in drawn.moved] == [("", "G1")]
    assert drawn.moved_m2[0] == pytest.approx(1_000_000 - 2 * 900 * 450 / 2)


def test_neighbours_never_have_the_same_colour() -> None:
    squares = [block(1000 * x, 1000 * x + 1000, 1000 * y, 1000 * y + 1000) for x in range(6) for y in range(6)]
    ids = [f"G{i:02d}" for i in range(36)]
    town = Boundaries.of(gpd.GeoDataFrame({"grid_id": ids, "name": ids}, geometry=squares, crs=CRS))
    hue = picture(town, town).hue
    for i, one in enumerate(squares):
        for j, other in enumerate(squares[:i]):
            assert hue[ids[i]] != hue[ids[j]] or not one.intersects(other)
    assert set(hue.values()) <= set(range(HUES))


@pytest.mark.parametrize(("at", "slope"), [(655.47, 0.24), (672.87, 0.446), (530.723, -0.236), (264.127, 0.163)])
def test_land_that_ends_in_a_needle_along_the_border_is_drawn(at: float, slope: float) -> None:
    """A disc on a sloping border: its corners there lie beside the line by less than degrees can tell, so it pinches itself."""

    def on_line(x: float) -> tuple[float, float]:
        return (round(EAST + x, 6), round(NORTH + 300 + slope * x, 6))

    south = shapely.Polygon([(EAST, NORTH), (EAST + 1000, NORTH), on_line(1000), on_line(0)])
    north = shapely.Polygon([on_line(0), on_line(1000), (EAST + 1000, NORTH + 1000), (EAST, NORTH + 1000)])
    disc = shapely.set_precision(shapely.Point(on_line(at)).buffer(60).intersection(north), 1e-6)
    after = [shapely.union(south, disc, grid_size=1e-6), shapely.difference(north, disc, grid_size=1e-6)]
    columns = {"grid_id": ["S", "N"], "name": ["南", "北"]}
    sides = [Boundaries.of(gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)) for shapes in ([south, north], after)]
    drawn = picture(*sides)
    assert [(cell.from_id, cell.to_id) for cell in drawn.moved] == [("N", "S")]
    assert drawn.moved_m2[0] == pytest.approx(disc.area, abs=0.01)
    for side in (drawn.before, drawn.after):
        assert shapely.union_all(list(map(shapely.make_valid, side.values()))).geom_type == "Polygon"


@given(first=st.integers(1, 6), second=st.integers(1, 6), at=st.integers(700, 1300))
@settings(max_examples=20, deadline=None)
def test_simplified_grids_still_share_their_borders(first: int, second: int, at: int) -> None:
    west, east = wavy(0, 1), wavy(2000, 2)
    sides = [
        Boundaries.of(
            gpd.GeoDataFrame(
                {"grid_id": ["W", "E"], "name": ["W", "E"]},
                geometry=[between(west, middle), between(middle, east)],
                crs=CRS,
            )
        )
        for middle in (wavy(1000, first), wavy(at, second))
    ]
    drawn = picture(*sides, tolerance_m=5)
    for shapes in (drawn.before, drawn.after):
        assert shapely.coverage_is_valid(list(shapes.values()))
    corners = sum(shapely.get_num_coordinates(shape) for shape in drawn.before.values())
    assert corners < sum(shapely.get_num_coordinates(grid.shape) for grid in sides[0].grids.values())
    both = [shapely.union_all(list(shapes.values())) for shapes in (drawn.before, drawn.after)]
    assert shapely.equals(*both), "the town is the same on both sides"


# What the page holds


def test_the_public_page_says_what_the_record_says(public: PublicChangeSheet) -> None:
    data = content(swipe_page(BEFORE, AFTER, public))
    rows = {row["id"]: row for row in data["layers"]["rows"]}
    keys = [measure["key"] for measure in data["measures"]]
    assert keys == list(MEASURES)
    assert not data["office"]
    assert rows["G1"]["before"][:2] == [325, 975]
    assert rows["G1"]["after"][:2] == [300, 900]
    assert (rows["G1"]["in"], rows["G1"]["out"]) == (0, 25)
    assert rows["G1"]["range"] == {"before": "in", "after": "in"}
    assert rows["G1"]["before"][keys.index("deviation")] == round((325 - 400) / 400 * DEVIATION_UNITS)
    assert rows["G1"]["before"][keys.index("area_m2")] == 1_000_000
    assert data["layers"]["flows"] == [{"from": "G1", "to": "G2", "households": 25, "persons": 75}]
    assert data["layers"]["moved"] == {"from": ["G1", "G3"], "to": ["G2", "G4"], "area": [200_000, 100_000]}
    assert data["summary"] == list(public.summary)
    assert (data["totals"]["households_moved"], data["totals"]["households_moved_at_least"]) == (None, 25)
    assert data["colour"] == "deviation"
    assert [row["from"] for row in data["style"]["classes"]] == [None, -250, -100, 100, 250]


def test_withheld_counts_never_appear(public: PublicChangeSheet, exact: ChangeSheet) -> None:
    page = swipe_page(BEFORE, AFTER, public)
    data = content(page)
    rows = {row["id"]: row for row in data["layers"]["rows"]}
    for grid in ("G3", "G4"):
        assert rows[grid]["withheld"]
        assert rows[grid]["before"][:5] == rows[grid]["after"][:5] == [None] * 5
        assert (rows[grid]["in"], rows[grid]["out"], rows[grid]["range"]) == (None, None, {"before": None, "after": None})
    for side in ("before", "after"):
        known = dict(zip(data["layers"][side]["id"], data["layers"][side]["deviation"], strict=True))
        assert known["G3"] is known["G4"] is None
    assert exact.grids.set_index("grid_id").loc["G3", "households_before"] == 307
    assert not re.search(r"\b(307|921)\b", json.dumps([data["layers"]["rows"], data["layers"]["flows"], data["totals"]]))


def test_no_household_is_in_either_page(public: PublicChangeSheet, exact: ChangeSheet) -> None:
    for sheet in (public, exact):
        page = swipe_page(BEFORE, AFTER, sheet)
        assert "CANARY" not in page
    assert len(exact.movers) == 32, "the sheet itself knows them"


def test_only_the_office_page_counts_exactly_and_it_says_so(public: PublicChangeSheet, exact: ChangeSheet) -> None:
    office, outside = swipe_page(BEFORE, AFTER, exact), swipe_page(BEFORE, AFTER, public)
    assert '<meta name="robots" content="noindex">' in office
    assert "noindex" not in outside
    data = content(office)
    assert data["office"]
    assert data["layers"]["flows"][1] == {"from": "G3", "to": "G4", "households": 7, "persons": 21}
    assert next(row for row in data["layers"]["rows"] if row["id"] == "G3")["out"] == 7
    assert data["totals"]["households_moved"] == 32


def test_a_full_sheet_colours_every_grid_but_lists_those_that_change() -> None:
    plan = row_of_grids(0, 800, 2000, 3000, 4000)
    data = content(swipe_page(BEFORE, plan, sheet_of(after=plan, full=True)))
    assert [row["id"] for row in data["layers"]["rows"]] == ["G1", "G2"]
    assert None not in data["layers"]["before"]["deviation"]
    assert data["layers"]["before"]["changed"] == [1, 1, 0, 0]


def test_covered_shares_stand_between_compactness_and_facilities() -> None:
    residents = people()
    count = len(residents.household_ids)
    covered = {"medical": np.ones(count, dtype=bool), "all": np.zeros(count, dtype=bool)}
    homes = gpd.GeoDataFrame(
        {"household_id": residents.household_ids, "persons": 3}, geometry=gpd.points_from_xy(*residents.homes.xy), crs=CRS
    )
    sheet = change_sheet(seat(People.of(homes, crs=homes.crs, covered=covered), BEFORE), AFTER)
    data = content(swipe_page(BEFORE, AFTER, sheet, around=Around(services={"medical": Text("医疗", "medical care")})))
    labels = {measure["key"]: measure["label"] for measure in data["measures"]}
    assert list(labels)[6:10] == ["polsby_popper", "share_medical", "share_all", "facilities"]
    assert labels["share_medical"] == ["医疗覆盖", "Medical care: covered"]
    assert labels["share_all"] == ["全部服务覆盖", "All services: covered"]
    row = data["layers"]["rows"][0]
    assert (row["before"][7], row["after"][8]) == (10_000, 0)


def test_grids_that_appear_or_vanish_have_one_side() -> None:
    data = content(swipe_page(BEFORE, row_of_grids(0, 1000, 2000, 3000), sheet_of(after=row_of_grids(0, 1000, 2000, 3000))))
    gone = data["layers"]["rows"][-1]
    assert (gone["id"], gone["change"], gone["after"]) == ("G4", "gone", None)
    assert data["layers"]["after"]["id"] == ["G1", "G2", "G3"]
    one, two = row_of_grids(0, 1000), row_of_grids(0, 500, 1000)
    back = content(swipe_page(one, two, sheet_of(one, two)))
    new = back["layers"]["rows"][-1]
    assert (new["id"], new["change"], new["before"]) == ("G2", "new", None)


def test_only_the_sheets_tiling_is_drawn(public: PublicChangeSheet) -> None:
    large = replace(BEFORE.grids["G1"], grid_id="L", level="large", shape=block(0, 4000))
    both = replace(BEFORE, grids={**BEFORE.grids, "L": large})
    data = content(swipe_page(both, replace(AFTER, grids={**AFTER.grids, "L": large}), public))
    assert data["layers"]["before"]["id"] == ["G1", "G2", "G3", "G4"]
    assert large.tier != Tier("", "")


def test_what_a_report_gives_around_the_grids() -> None:
    around = Around.of(public_town())
    assert around.place is not None
    assert around.place.en
    assert around.services["medical"] == ("医疗", "Medical care")
    assert len(around.deviation) == 20
    data = content(swipe_page(BEFORE, BEFORE, public_sheet(sheet_of(after=BEFORE), load_profile("generic")), around=around))
    assert data["layers"]["streets"]
    assert data["layers"]["rows"] == []
    nothing = Around.of(replace(public_town(), summary={}, grids=public_town().grids.drop(columns="deviation")))
    assert (nothing.place, dict(nothing.services), dict(nothing.deviation)) == (None, {}, {})


def test_published_deviations_colour_only_grids_that_the_sheet_does_not_list(public: PublicChangeSheet) -> None:
    wider = row_of_grids(0, 1000, 2000, 3000, 4000, 5000, names=(*NAMES, "戊"))
    later = row_of_grids(0, 800, 2000, 2900, 4000, 5000, names=(*NAMES, "戊"))
    around = Around(deviation={"G3": 0.5, "G5": 0.25}, is_osm=True)
    data = content(swipe_page(wider, later, public, around=around))
    assert data["layers"]["before"]["deviation"][2:] == [None, None, 250]
    assert data["osm"]


def test_the_same_versions_give_the_same_page_and_nothing_else_may_run(public: PublicChangeSheet, hostile: str) -> None:
    assert swipe_page(BEFORE, AFTER, public) == swipe_page(BEFORE, AFTER, public)
    for waking in ("{{7", "{%", "{#", "</script><script>w", "<!--", "<svg onload", "\u2028", "\u2029"):
        assert waking not in hostile
    assert "<img" not in hostile
    assert not re.search(r"<(link|iframe|script src)", hostile)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', hostile)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    for tag in ("script", "style"):
        inline = re.findall(rf"<{tag}>(.*?)</{tag}>", hostile, re.DOTALL)
        assert inline
        assert all(fingerprint(code) in policy[1] for code in inline)


def test_every_label_that_the_scripts_ask_for_exists_in_both_languages() -> None:
    scripts = "".join(static(name) for name in ("swipe.js", "swipepanel.js", "swipepaper.js"))
    asked = set(re.findall(r'\bt\("(\w+)"', scripts)) | set(re.findall(r'data-t(?:-label)?="(\w+)"', static("swipe.html")))
    assert asked - {"colour_", "range_"} <= set(LABELS)
    for text in (*LABELS.values(), *CHANGES.values(), *(name for name, _ in MEASURES.values())):
        assert text.zh
        assert text.en
        assert set(re.findall(r"\{\w+\}", text.zh)) == set(re.findall(r"\{\w+\}", text.en))


# In a browser


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, public: PublicChangeSheet, exact: ChangeSheet, hostile: str
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("swipe")
    road = shapely.LineString([(EAST, NORTH + 500), (EAST + 4000, NORTH + 480)])
    roads = gpd.GeoDataFrame({"road_id": ["R1"], "highway": ["primary"], "name": ["大街"]}, geometry=[road], crs=CRS)
    around = Around(place=Text("样例镇", "Sample town"), streets=streets_of(roads))
    texts = {
        "public": swipe_page(BEFORE, AFTER, public, around=around),
        "office": swipe_page(BEFORE, AFTER, exact, around=around, lang="en"),
        "same": swipe_page(BEFORE, BEFORE, public_sheet(sheet_of(after=BEFORE), load_profile("generic"))),
        "hostile": hostile,
        "low": _page_of(*north_of(3500)),
        "high": _page_of(*north_of(25_000)),
        "split": _page_of(BEFORE, split_of(BEFORE)),
        "framed": '<!DOCTYPE html><iframe sandbox="allow-scripts" src="public.html" width="800" height="500"></iframe>',
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture
def show(browser: Browser, pages: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open pages with the network blocked; at the end nothing was asked for, said on the console or thrown."""
    contexts, complaints = [], []

    def opened(name: str, size: tuple[int, int] = DESKTOP, fragment: str = "", motion: Any = None) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=size == PHONE, reduced_motion=motion
        )
        contexts.append(context)
        page = context.new_page()
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


def value(page: Page) -> int:
    return int(page.get_attribute("#divider", "aria-valuenow") or -1)


def knob(page: Page) -> tuple[float, float]:
    box = page.locator("#divider").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def spot(page: Page, kind: str, i: int) -> tuple[float, float]:
    """Return where a shape's middle is in the window."""
    box = page.locator("#swipe").bounding_box()
    assert box
    x, y = page.evaluate("([kind, i]) => geogrid.screenOf(kind, i)", [kind, i])
    return box["x"] + x, box["y"] + y


def shown_width(page: Page, side: str) -> int:
    """Return how many pixels wide a side is drawn."""
    width: int = page.evaluate(
        """side => {
          const numbers = geogrid.leaflet.getPane(side).style.clipPath.match(/-?[\\d.]+px/g).map(parseFloat);
          return numbers[2] - numbers[0];
        }""",
        side,
    )
    return width


def test_the_mouse_drags_the_divider_and_not_the_map(show: Callable[..., Page]) -> None:
    page = show("public")
    centre = page.evaluate("geogrid.leaflet.getCenter()")
    width = page.evaluate("geogrid.leaflet.getSize().x")
    assert value(page) == 50
    x, y = knob(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + width / 4, y + 30, steps=4)
    page.mouse.up()
    assert value(page) == 75
    assert shown_width(page, "before") == pytest.approx(0.75 * width, abs=1)
    assert shown_width(page, "after") == pytest.approx(0.25 * width, abs=1)
    assert page.evaluate("geogrid.leaflet.getCenter()") == centre
    assert "split=75" in page.url
    page.mouse.move(x + width / 4, 600)
    page.mouse.down()
    page.mouse.move(x - width, 600, steps=4)
    page.mouse.up()
    assert value(page) == 0, "the line can be dragged too, and stops at the edge"
    assert knob(page)[0] > 384, "its knob stays on the map"


def test_the_keyboard_moves_the_divider(show: Callable[..., Page]) -> None:
    page = show("public")
    page.focus("#divider")
    for key, at in (("ArrowRight", 52), ("Shift+ArrowRight", 62), ("ArrowLeft", 60), ("PageDown", 50), ("Home", 0), ("End", 100)):
        page.keyboard.press(key)
        assert value(page) == at
    assert shown_width(page, "after") == 0
    assert page.get_attribute("#divider", "aria-valuetext") == "左边 100% 调整前，右边 0% 调整后"
    assert page.get_attribute("#divider", "role") == "slider"
    assert page.get_attribute("#divider", "aria-label") == LABELS["divider"].zh
    assert "split=100" in page.url
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "divider"


def test_the_divider_stays_where_it_is_when_the_map_moves(show: Callable[..., Page]) -> None:
    page = show("public", fragment="#split=30&colour=grid&lang=en&grid=G1&x=%E0%A4%A")
    assert value(page) == 30
    place, width = knob(page), shown_width(page, "before")
    page.evaluate("geogrid.leaflet.panBy([120, -60], {animate: false})")
    page.evaluate("geogrid.leaflet.setZoom(geogrid.leaflet.getZoom() + 1, {animate: false})")
    assert knob(page) == pytest.approx(place, abs=1)
    assert shown_width(page, "before") == width
    assert page.inner_text(".detail h2") == "甲"
    assert page.is_checked("input[value=grid]")


def test_a_finger_drags_the_divider_on_a_phone(show: Callable[..., Page]) -> None:
    page = show("public", PHONE)
    assert page.locator("#view").is_hidden()
    x, y = knob(page)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x - 20 * step, "y": y}]})
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("document.querySelector('#divider').getAttribute('aria-valuenow') === '24'")
    page.click("#tab-changes")
    assert "换网格的住户" in page.inner_text("#view")
    page.locator(".list button").first.click()
    assert page.locator("body.open").count() == 0, "the panel makes way for the place"
    assert "甲 → 乙" in page.inner_text(".land")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_land_that_moves_says_from_where_to_where(show: Callable[..., Page]) -> None:
    page = show("public")
    page.mouse.click(*spot(page, "moved", 0))
    assert page.locator(".land").inner_text().split("\n") == ["甲 → 乙", "面积 20 公顷", "25 户 · 75 人"]
    page.locator(".list button").nth(1).click()
    assert "户数未公开" in page.inner_text(".land")
    page.keyboard.press("Escape")
    x, y = spot(page, "before", 0)
    page.mouse.move(x, y)
    page.mouse.move(x + 1, y)
    page.mouse.click(x, y)
    assert page.inner_text(".detail h2") == "甲"
    table = page.inner_text(".figures")
    assert re.search(r"住户\s+325\s+300", table)
    assert re.search(r"面积\s+1 平方公里\s+80 公顷", table)
    assert "转入 0 户 · 转出 25 户" in page.inner_text("#view")


def test_a_tooltip_speaks_of_the_side_it_is_over(show: Callable[..., Page]) -> None:
    page = show("public", fragment="#split=100")
    for split, side in (("End", "调整前"), ("Home", "调整后")):
        page.focus("#divider")
        page.keyboard.press(split)
        x, y = spot(page, "after", 1)
        tip = page.locator(".leaflet-tooltip", has_text=side)
        for step in range(40):
            page.mouse.move(x + step % 2, y + 5)
            if tip.is_visible():
                break
            page.wait_for_timeout(50)
        assert "乙" in tip.inner_text()


def test_withheld_counts_are_said_to_be_withheld(show: Callable[..., Page]) -> None:
    page = show("public")
    page.evaluate("geogrid.choose('G3')")
    assert re.search(r"住户\s+未公开\s+未公开", page.inner_text(".figures"))
    assert "1–10 的小数字" in page.inner_text("#view")
    assert "至少 25" in page.evaluate("(geogrid.choose(null), document.querySelector('.tiles').innerText)")
    assert "未公开" in page.inner_text("#legend")


def test_the_office_page_says_that_it_is_for_the_office(show: Callable[..., Page]) -> None:
    page = show("office")
    assert page.inner_text("#office") == "Office only"
    assert "do not pass it on" in page.inner_text(".banner.office")
    assert "withheld" not in page.inner_text("#view")
    assert "7 households · 21 persons" in page.inner_text("#view")
    assert show("public").locator("#office").is_hidden()


def test_english_leaves_no_chinese_label(show: Callable[..., Page]) -> None:
    page = show("public")
    page.click("text=EN")
    for tab in ("changes", "about"):
        page.click(f"#tab-{tab}")
        words = page.evaluate("document.body.innerText.match(/[\\u4e00-\\u9fff]+/g) || []")
        assert [word for word in words if word not in ("中文", *NAMES)] == []
    assert page.inner_text(".flag.before") == "Before"
    page.focus("#tab-about")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-changes", "aria-selected") == "true"


def test_both_maps_stand_side_by_side_on_paper(show: Callable[..., Page]) -> None:
    page = show("public")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    before, after = (page.locator("#paper svg").nth(i).bounding_box() for i in (0, 1))
    assert before
    assert after
    assert before["width"] == pytest.approx(after["width"], abs=1)
    assert before["y"] == after["y"]
    assert after["x"] > before["x"] + before["width"]
    assert page.locator("#paper figcaption").all_inner_texts() == ["调整前", "调整后"]
    assert page.locator("#paper svg >> nth=0 >> text=甲").count() == 1
    assert page.locator("#swipe").is_hidden()
    assert page.is_visible(".cards")
    phone = show("public", PHONE)
    phone.emulate_media(media="print")
    phone.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert phone.is_visible(".cards"), "the panel stands open on paper"
    phone.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert phone.locator("body.open").count() == 0


def test_who_wants_no_motion_gets_none(show: Callable[..., Page]) -> None:
    assert show("public", motion="reduce").evaluate("geogrid.leaflet.options.zoomAnimation") is False
    assert show("public", motion="no-preference").evaluate("geogrid.leaflet.options.zoomAnimation") is True


def test_two_equal_versions_say_so(show: Callable[..., Page]) -> None:
    page = show("same")
    assert "两版网格相同" in page.inner_text("#view")
    assert "换网格的土地" not in page.inner_text("#legend")


@pytest.mark.parametrize("size", [PHONE, (360, 640), (844, 390), (1024, 700), DESKTOP])
def test_nothing_overlaps_or_sticks_out(show: Callable[..., Page], size: tuple[int, int]) -> None:
    page = show("public", size)
    for lang in ("zh", "en"):
        page.evaluate("lang => geogrid.set({lang})", lang)
        parts = page.evaluate(
            """names => names.map(name => {
              const b = document.querySelector(name).getBoundingClientRect();
              return [name, b.left, b.top, b.right, b.bottom];
            })""",
            [".bar", "#colours", ".flag.before", ".flag.after", ".knob", "#legend", "#panel", ".buttons", "#credit"],
        )
        for i, (name, left, top, right, bottom) in enumerate(parts):
            assert (left, top) >= (-0.5, -0.5), name
            assert right <= size[0] + 0.5, name
            assert bottom <= size[1] + 0.5, name
            for other, left2, top2, right2, bottom2 in parts[:i]:
                apart = right <= left2 + 1 or right2 <= left + 1 or bottom <= top2 + 1 or bottom2 <= top + 1
                assert apart, (lang, name, other)


def extent(page: Page) -> dict[str, list[float]]:
    """Return left, top, right and bottom in the map of all grids and of those that change, and of the room between controls."""
    found: dict[str, list[float]] = page.evaluate(
        """() => {
          const map = geogrid.leaflet, frame = map.getContainer().getBoundingClientRect();
          const box = shapes => {
            const b = L.latLngBounds([]);
            shapes.forEach(shape => b.extend(L.polygon(shape).getBounds()));
            const corners = [b.getNorthWest(), b.getSouthEast()].map(place => map.latLngToContainerPoint(place));
            return [corners[0].x, corners[0].y, corners[1].x, corners[1].y];
          };
          const changed = ["before", "after"].flatMap(
            side => geogrid.shapes[side].filter((_, i) => geogrid.data.layers[side].changed[i]));
          const flag = document.querySelector(".flag.after").getBoundingClientRect().bottom - frame.top;
          return {
            all: box(geogrid.shapes.after),
            changed: box(changed),
            room: [0, flag, frame.width, document.getElementById("legend").getBoundingClientRect().top - frame.top],
          };
        }"""
    )
    return found


@pytest.mark.parametrize("size", [DESKTOP, (1440, 900)])
def test_at_first_everything_is_shown_where_that_is_not_much_smaller(show: Callable[..., Page], size: tuple[int, int]) -> None:
    """The changes lie along the south, the north reaches as far again and a half: nothing of it is cut off by the header."""
    seen = extent(show("low", size))
    assert seen["room"][1] <= seen["all"][1] < seen["all"][3] <= seen["room"][3]


@pytest.mark.parametrize("size", [DESKTOP, (1440, 900), PHONE])
def test_room_that_is_left_over_shows_land(show: Callable[..., Page], size: tuple[int, int]) -> None:
    """The north reaches far: the changes are shown large, and the south border lies low, with no empty land beneath it."""
    seen = extent(show("high", size))
    assert seen["all"][1] < 0
    assert seen["room"][1] <= seen["changed"][1] < seen["changed"][3] <= seen["room"][3]
    assert 10 < seen["room"][3] - seen["all"][3] < 36, "a margin, and on a phone the line of credits"


def test_a_new_grid_says_whose_land_it_has(show: Callable[..., Page]) -> None:
    page = show("split")
    assert page.locator(".card", has_text="拆自 甲").count() == 1
    page.evaluate("geogrid.choose('G9')")
    assert "拆自 甲" in page.inner_text(".detail")
    page.evaluate("geogrid.set({lang: 'en'})")
    assert "split from 甲" in page.inner_text(".detail")


def test_hostile_names_are_shown_as_text_and_run_nothing(show: Callable[..., Page]) -> None:
    page = show("hostile")
    shown = page.evaluate("document.body.textContent")
    for i in range(4):
        page.evaluate("i => geogrid.choose(`G${i + 1}`)", i)
        page.mouse.click(*spot(page, "moved", i % 2))
        shown += page.inner_text("#view") + page.locator(".land").inner_text()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.click("text=EN")
    for name in HOSTILE:
        assert name in shown
    assert page.evaluate("window.hacked") is None
    assert page.locator("#view img, #view svg, #view script, .label img, #paper script, #paper foreignObject").count() == 0
    assert "49" not in page.inner_text("#title")


def test_it_works_in_a_sandboxed_frame(show: Callable[..., Page]) -> None:
    page = show("framed", (900, 600))
    frame: Any = page.frame_locator("iframe")
    frame.locator("body[data-ready=true]").wait_for()
    frame.locator("#divider").focus()
    page.keyboard.press("End")
    assert frame.locator("#divider").get_attribute("aria-valuenow") == "100"
