"""The map of a place's themes: what the page holds, what it refuses, that text stays text, and its colours for every eye."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geogrid.errors import CrsError, InputError, NotFoundError
from geogrid.publish import streets_of
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text
from maps.assets import fingerprint, static
from maps.place import CHANGES, NONE, place_page
from maps.placewords import LABELS
from maps.style import CLASS_COLOURS
from tests.map_town import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TITLE = Text("纸上县", "Paper county")
STEP = 0.01
GRADES = (
    ThemeClass("A", Text("A 类", "Grade A"), "grade_1"),
    ThemeClass("B", Text("B 类", "Grade B"), "grade_3"),
    ThemeClass("?", Text("未评", "Ungraded"), "incomplete", is_hatched=True),
)
QUARTERS = {"q1": Text("一季度", "1st quarter"), "q2": Text("二季度", "2nd quarter")}
FIRST, SECOND = ("A", "A", "B", None, "B", "A"), ("A", "B", "A", "B", None, "?")
"""Same, fell, rose, new, gone, not comparable."""


def squares(count: int = 6) -> list[Any]:
    """Return squares in a row from west to east, V1, V2 …, each sharing a border with the next."""
    return [shapely.box(117 + STEP * i, 28, 117 + STEP * (i + 1), 28 + STEP) for i in range(count)]


def texts(cells: Iterable[str | None]) -> list[Text | None]:
    return [None if cell is None else Text(f"值 {cell}", f"value {cell}") for cell in cells]


def frame(shapes: Sequence[Any], names: Sequence[str] = "甲乙丙丁戊己", **columns: Any) -> gpd.GeoDataFrame:
    ids = [f"V{i + 1}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"id": ids, "name": list(names)[: len(shapes)], **columns}, geometry=list(shapes), crs=4326)


def grades(**more: Any) -> Theme:
    """Return six villages over two quarters; in the second, the one that fell has advice."""
    table = frame(
        squares(),
        class_q1=list(FIRST),
        class_q2=list(SECOND),
        value_q1=texts(FIRST),
        value_q2=texts(SECOND),
        advice_q1=[None] * 6,
        advice_q2=[None, Text("补记录", "mend the records"), None, None, None, None],
    )
    county = gpd.GeoDataFrame({"name": ["甲乡"]}, geometry=[shapely.box(117, 28, 117 + 6 * STEP, 28 + STEP)], crs=4326)
    theme = Theme(
        id="grades",
        name=Text("等级", "grades"),
        note=Text("每季度评定", "Graded every quarter"),
        frame=table,
        classes=GRADES,
        times=QUARTERS,
        facts=(Text("6 个村", "6 villages"),),
        background=county,
    )
    return replace(theme, **more)


def venues() -> Theme:
    """Return the same villages' venues, one a multipoint, one without a place."""
    spots = [shapely.Point(117.005, 28.005), shapely.MultiPoint([(117.015, 28.005), (117.016, 28.005)]), None]
    return theme_of("venues", spots, ("yes", "no", "no"))


def streets() -> Theme:
    """Return two back streets, one in two pieces; for the office alone."""
    lines = [
        shapely.LineString([(117.001, 28.002), (117.02, 28.002)]),
        shapely.MultiLineString([[(117.03, 28.003), (117.04, 28.003)], [(117.03, 28.006), (117.04, 28.006)]]),
    ]
    return replace(theme_of("streets", lines, ("yes", "no")), is_public=False)


def theme_of(key: str, shapes: Sequence[Any], classes: Sequence[str]) -> Theme:
    kinds = (ThemeClass("yes", Text("有", "Yes"), "#12507f"), ThemeClass("no", Text("无", "No"), "missing"))
    advice = [Text("要补", "Add one") if each == "no" else None for each in classes]
    table = frame(shapes, class_now=list(classes), value_now=texts(classes), advice_now=advice)
    return Theme(key, Text(key, key), Text("说明", "note"), table, kinds, {"now": Text("现在", "Now")})


def content(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="geogrid-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def page_of(*themes: Theme, **more: Any) -> str:
    return place_page(themes or [grades()], title=TITLE, lang="zh", **more)


# What the page holds


def test_a_theme_is_written_as_columns() -> None:
    data = content(page_of(notes=[Text("虚构", "made up")]))
    (row,) = data["themes"]
    said = data["texts"]
    assert (row["id"], row["name"], row["note"]) == ("grades", ["等级", "grades"], ["每季度评定", "Graded every quarter"])
    assert row["times"] == [{"id": "q1", "name": ["一季度", "1st quarter"]}, {"id": "q2", "name": ["二季度", "2nd quarter"]}]
    assert row["class"] == [[0, 0, 1, NONE, 1, 0], [0, 1, 0, 1, NONE, 2]]
    assert [said[n][1] if n >= 0 else None for n in row["value"][1]] == [
        "value A",
        "value B",
        "value A",
        "value B",
        None,
        "value ?",
    ]
    assert row["advice"][0] == [NONE] * 6
    assert said[row["advice"][1][1]] == ["补记录", "mend the records"]
    assert len(said) == 4, "a text that many say is written once"
    assert [each["colour"] for each in row["classes"]] == [CLASS_COLOURS[key] for key in ("grade_1", "grade_3", "incomplete")]
    assert [each["hatched"] for each in row["classes"]] == [False, False, True]
    assert (row["facts"], data["notes"]) == ([["6 个村", "6 villages"]], [["虚构", "made up"]])
    assert row["background"] == {"set": "s1", "names": ["甲乡"]}
    assert (data["title"], data["lang"], data["office"]) == (list(TITLE), "zh", False)


def test_polygons_share_borders_and_themes_share_polygons() -> None:
    data = content(page_of(grades(background=None), grades(id="again", background=None)))
    assert [row["set"] for row in data["themes"]] == ["s0", "s0"]
    assert data["themes"][1]["background"] is None
    assert data["shapeOrder"] == ["s0"]
    assert data["shapes"]["s0"]["polygons"] == [1] * 6
    # Six squares in a row: five shared borders, the tops and bottoms of four, and what is open of the first and the last.
    assert len(data["arcs"]["n"]) == 5 + 4 * 2 + 2


def test_lines_and_points_belong_to_their_features() -> None:
    data = content(page_of(venues(), streets()))
    points, lines = (data["sets"][row["set"]] for row in data["themes"])
    assert points["pointParts"] == [1, 2, 0]
    assert points["points"][:2] == [117_005_000, 28_005_000]
    assert "lines" not in points
    assert lines["lineParts"] == [1, 2]
    assert lines["lines"]["n"] == [2, 2, 2]
    assert data["shapes"][data["themes"][0]["set"]]["polygons"] == [0, 0, 0]


def test_frames_in_metres_are_put_in_degrees_and_stay_as_they_were() -> None:
    table = grades().frame.to_crs(4548)
    before = table.copy()
    assert content(page_of(grades(frame=table)))["arcs"]["xy"][:2] == content(page_of())["arcs"]["xy"][:2]
    assert table.equals(before)


def test_a_feature_without_a_name_goes_by_its_id() -> None:
    table = grades().frame.assign(name=["甲", None, "丙", "", np.nan, "己"])
    assert content(page_of(grades(frame=table)))["themes"][0]["names"] == ["甲", "V2", "丙", "V4", "V5", "己"]


def test_streets_are_a_quiet_background() -> None:
    road = gpd.GeoDataFrame(
        {"road_id": ["R"], "highway": ["primary"], "name": ["大街"]},
        geometry=[shapely.LineString([(500_000, 3_100_000), (501_000, 3_100_000)])],
        crs=4548,
    )
    assert list(content(page_of(streets=streets_of(road)))["layers"]["streets"]) == ["major"]
    assert content(page_of())["layers"]["streets"] == {}


def test_one_theme_for_the_office_makes_the_whole_page_so() -> None:
    page = page_of(grades(), streets())
    assert content(page)["office"]
    assert '<meta name="robots" content="noindex">' in page
    assert [row["office"] for row in content(page)["themes"]] == [False, True]
    assert "noindex" not in page_of()


@pytest.mark.parametrize(
    ("first", "start"),
    [("", [0, 0]), ("grades", [1, 0]), ("grades/q2", [1, 1]), ("grades/changes", [1, 2]), ("venues/now", [0, 0])],
)
def test_the_page_begins_where_it_is_told(first: str, start: list[int]) -> None:
    assert content(page_of(venues(), grades(), first=first))["first"] == start


def test_a_theme_begins_with_the_time_that_it_names() -> None:
    whole = content(page_of(grades(start="q2"), venues()))
    assert (whole["first"], [theme["start"] for theme in whole["themes"]]) == ([0, 1], [1, 0])
    assert content(page_of(grades(start="q2"), first="grades"))["first"] == [0, 1]
    with pytest.raises(InputError, match="theme 'grades' cannot begin with time 'q9': it has q1, q2"):
        page_of(grades(start="q9"))


# What it refuses


def test_all_that_is_wrong_is_said_at_once() -> None:
    table = grades().frame.drop(columns="advice_q1").assign(class_q2="Z")
    odd = (*GRADES, ThemeClass("A", Text("甲", "a"), "reddish"))
    with pytest.raises(InputError) as caught:
        page_of(grades(frame=table, classes=odd), grades(times={}, background=gpd.GeoDataFrame(geometry=[], crs=4326)))
    said = str(caught.value)
    assert "theme id 'grades' stands more than once: give each its own" in said
    assert "theme 'grades' has class 'A' more than once: give each its own key" in said
    assert "class 'A': colour 'reddish' should be #rrggbb or one of built, fail, fell" in said
    assert "theme 'grades': its table lacks the columns advice_q1" in said
    assert "theme 'grades' has no class Z: it has ?, A, B" in said
    assert "theme 'grades' has no times or no classes: it needs one of each" in said
    assert "its table lacks the columns background.name" in said
    assert "应写成 #rrggbb" in caught.value.say("zh")


def test_no_theme_an_unknown_first_theme_and_a_frame_without_crs() -> None:
    with pytest.raises(InputError, match="there is no theme to draw: give at least one"):
        place_page([], title=TITLE, lang="en")
    with pytest.raises(NotFoundError) as caught:
        page_of(venues(), grades(), first="venues/changes")
    assert str(caught.value) == (
        "there is no theme or time 'venues/changes': take one of venues, grades, venues/now, grades/q1, grades/q2, grades/changes"
    )
    with pytest.raises(CrsError):
        page_of(grades(frame=grades().frame.set_crs(None, allow_override=True)))


# Text is data


def hostile() -> str:
    """Return a page with hostile text wherever text goes."""
    everything = "".join(HOSTILE)
    both = Text(everything, everything)
    theme = grades(
        name=both,
        note=both,
        facts=(both,),
        times={"q1": both, "q2": QUARTERS["q2"]},
        classes=tuple(row._replace(name=both) for row in GRADES),
        frame=grades().frame.assign(id=everything, name=everything, value_q1=[both] * 6, advice_q1=[both] * 6),
        background=grades().frame[["geometry"]].assign(name=everything),
    )
    return place_page([theme, venues()], title=both, lang="zh", notes=[both])


def test_text_stays_text_and_nothing_else_may_run() -> None:
    page = hostile()
    assert page == hostile()
    for waking in ("{{7", "{%", "{#", "</script><script>w", "<!--", "<svg onload", "<img", "\u2028", "\u2029"):
        assert waking not in page
    assert content(page)["themes"][0]["names"][0] == "".join(HOSTILE)
    assert not re.search(r"<(link|iframe|script src)", page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    for tag in ("script", "style"):
        inline = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert inline
        assert all(fingerprint(code) in policy[1] for code in inline)


def test_every_label_that_the_scripts_ask_for_exists_in_both_languages() -> None:
    scripts = "".join(static(name) for name in ("place.js", "placepanel.js", "placepaper.js", "search.js", "controls.js"))
    asked = set(re.findall(r'\bt\("(\w+)"', scripts)) | set(re.findall(r'data-t(?:-label)?="(\w+)"', static("place.html")))
    assert asked - {"grid", "area"} <= set(LABELS)
    assert set(CHANGES) <= set(LABELS)
    for said in LABELS.values():
        assert said.zh
        assert said.en
        assert set(re.findall(r"\{\w+\}", said.zh)) == set(re.findall(r"\{\w+\}", said.en))


def test_three_thousand_grids_make_a_page_below_three_megabytes() -> None:
    shapes = [shapely.box(x, y, x + STEP, y + STEP) for x in np.arange(60) * STEP + 117 for y in np.arange(50) * STEP + 28]
    count = len(shapes)
    table = frame(shapes, [f"第{i}网格" for i in range(count)], class_now=["yes", "no"] * (count // 2)).assign(
        value_now=texts(str(i) for i in range(count)), advice_now=[Text("补一名网格长", "Add a leader")] * count
    )
    page = page_of(replace(venues(), frame=table))
    assert count == 3000
    assert len(page.encode()) < 3_000_000


# Colours

FAMILIES = (
    ("pass", "fail", "incomplete"),
    ("built", "upgrading", "improving", "planned", "missing"),
    ("grade_1", "grade_2", "grade_3", "grade_4"),
    ("rose", "fell", "same", "new", "gone"),
)
EYES = {
    "typical": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
"""How linear red, green and blue are seen, after Machado, Oliveira and Fernandes (2009), severity 1."""
APART = 15
"""CIE 1976 difference below which neighbouring areas are hard to tell."""


def lab(colour: str, eye: np.ndarray) -> np.ndarray:
    """Return a colour as seen, in CIE L*a*b* (D65)."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(matrix @ np.clip(eye @ linear, 1e-4, 1) / np.array([0.95047, 1, 1.08883]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("family", FAMILIES, ids="-".join)
def test_the_colours_of_a_family_differ_for_every_eye(family: tuple[str, ...], eye: str) -> None:
    seen = {key: lab(CLASS_COLOURS[key], EYES[eye]) for key in family}
    close = {
        (a, b): float(np.linalg.norm(seen[a] - seen[b]))
        for a, b in combinations(family, 2)
        if np.linalg.norm(seen[a] - seen[b]) < APART
    }
    assert not close


def test_red_and_green_would_not_pass() -> None:
    red, green = (lab(colour, EYES["deuteranopia"]) for colour in ("#c62828", "#4f7f1f"))
    assert np.linalg.norm(red - green) < APART


def test_every_colour_is_in_one_family_or_plain() -> None:
    assert set(CLASS_COLOURS) - {key for family in FAMILIES for key in family} == {"unclear", "nothing"}
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in CLASS_COLOURS.values())
