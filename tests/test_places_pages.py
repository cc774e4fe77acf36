"""A place that nobody has thought of works from its profile alone; and each of the nine maps makes the point of its place."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box

import geogrid
from geogrid.placethemes import place_themes, theme_notes
from maps.place import place_page
from tests.made_places import PLACES, made

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.report import Report
    from geogrid.themes import Theme

CRS, X0, Y0 = 4547, 500_000, 3_400_000

TENTH = """
id = "tenth"
base = "generic"
name = { zh = "虚构第十地", en = "An invented tenth place" }
themes = ["grades", "circle", "standards", "staff", "matters"]
graded = "village"
household_range = [2, 4]
household_target = 3
circle = ["medical", "education"]
code_pattern = "T{sequence:3}"

[sources.household_range]
zh = "虚构"
en = "made up"

[sources.code_pattern]
zh = "虚构"
en = "made up"

[sources.household_target]
zh = "虚构"
en = "made up"

[[levels]]
id = "village"
zh = "苏木"
en = "sumu"

[[levels]]
id = "grid"
zh = "嘎查网格"
en = "gacha grid"
parent = "village"
of = "grids"
staff = ["leader"]

[[grades]]
id = "gold"
zh = "金"
en = "gold"
colour = "#806000"

[[grades]]
id = "silver"
zh = "银"
en = "silver"
colour = "#a0a0a0"

[standards.leader]
name = { zh = "网格有网格长", en = "a leader per grid" }
of = "grid"
measure = "staff"
options = { roles = ["leader"] }
min = 1.0
unit = "people"
source = { zh = "虚构", en = "made up" }

[standards.few]
name = { zh = "每网格 2 至 4 户", en = "2 to 4 households a grid" }
of = "grid"
measure = "households"
min = 2.0
max = 4.0
unit = "households"
source = { zh = "虚构", en = "made up" }

[standards.clinic]
name = { zh = "每苏木有诊所", en = "a clinic per sumu" }
of = "village"
measure = "facilities"
options = { services = ["medical"] }
min = 1.0
unit = "count"
source = { zh = "虚构", en = "made up" }

[stated.grids]
name = { zh = "网格", en = "grids" }
of = "grid"
n = 4
source = { zh = "虚构", en = "made up" }
"""


def squares(ids: dict[str, tuple[int, int, int, int]], key: str, **columns: Any) -> gpd.GeoDataFrame:
    """Return rectangles of west, south, east, north in metres."""
    shapes = [box(X0 + west, Y0 + south, X0 + east, Y0 + north) for west, south, east, north in ids.values()]
    return gpd.GeoDataFrame({key: list(ids), "name": list(ids), **columns}, geometry=shapes, crs=CRS)


def spots(xs: list[int], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[Point(X0 + x, Y0 + 40) for x in xs], crs=CRS)


@pytest.fixture(scope="module")
def tenth(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Return the check of a place of two villages and four grids in a row, 100 m each; its clinic stands in the first."""
    folder = tmp_path_factory.mktemp("tenth")
    (folder / "tenth.toml").write_text(TENTH, encoding="utf-8")
    tables: dict[str, gpd.GeoDataFrame] = {
        "areas": squares({"V1": (0, 0, 200, 100), "V2": (200, 0, 400, 100)}, "area_id", level="苏木"),
        "grids": squares(
            {f"G{i + 1}": (100 * i, 0, 100 * i + 100, 100) for i in range(4)}, "grid_id", parent_id=["V1", "V1", "V2", "V2"]
        ),
        "households": spots([10, 20, 110, 120, 130, 210, 310, 320], household_id=[f"H{i}" for i in range(8)], persons=2),
        "facilities": spots([50, 60], facility_id=["F1", "F2"], name=["诊所", "学校"], services=["medical", "education"]),
        "roads": gpd.GeoDataFrame(
            {"road_id": ["R1"], "highway": ["residential"]}, geometry=[LineString([(X0, Y0 + 50), (X0 + 400, Y0 + 50)])], crs=CRS
        ),
    }
    files: dict[str, Path] = {name: folder / f"{name}.gpkg" for name in tables}
    for name, frame in tables.items():
        frame.to_file(files[name])
    texts = {
        "staff": "staff_id,name,role,of_kind,of_id\nS1,甲,网格长,grid,G1\nS2,乙,网格长,grid,G2\nS2,乙,网格长,grid,G3\n",
        "grades": "period,subject_id,grade\n2026Q1,V1,金\n2026Q1,V2,银\n2026Q2,V1,银\n2026Q2,V2,银\n",
        "events": "event_id,kind,opened,closed,household_id\nE1,民生服务,2026-05-01,,H0\nE2,民生服务,2026-05-01,2026-05-03,H6\n",
    }
    for name, text in texts.items():
        files[name] = folder / f"{name}.csv"
        files[name].write_text(text, encoding="utf-8")
    given: dict[str, Any] = dict(files)
    return geogrid.check(**given, profile=folder / "tenth.toml", on=dt.date(2026, 6, 30))


def test_a_tenth_place_needs_no_code(tenth: Report) -> None:
    """Its levels, grades, standards and matters have names that no file of the product holds."""
    place = tenth.place_report
    rows = place.judged.standards.set_index("standard")
    assert rows[["passed", "failed", "incomplete"]].to_numpy().tolist() == [[3, 1, 0], [3, 1, 0], [1, 1, 0]]
    failing = place.judged.results[lambda each: each["result"] == "fail"]
    assert failing[["standard", "subject_id"]].to_numpy().tolist() == [["leader", "G4"], ["few", "G3"], ["clinic", "V2"]]
    assert place.judged.stated[["n", "found", "is_equal"]].to_numpy().tolist() == [[4, 4, True]]
    assert place.staffing.several["name"].tolist() == ["乙"]
    assert place.grading.changes.set_index("subject_id")["change"].to_dict() == {"V1": "fell", "V2": "same"}
    assert place.matters.overdue["event_id"].tolist() == ["E1"]
    assert tenth.coverage.loc[tenth.coverage["level"] == "grid", "households_covered"].sum() > 0


def test_the_map_of_a_tenth_place_shows_what_its_profile_names(tenth: Report) -> None:
    themes = place_themes(tenth.place_report, is_public=False)
    assert theme_notes(tenth.place_report, themes) == ()
    assert [theme.id for theme in themes][:3] == ["grades", "circle", "standards"]
    assert [each.name.zh for each in themes[0].classes][:2] == ["金", "银"]
    page = place_page(themes, title=tenth.settings.profile.name, lang="zh", streets=None, notes=())
    assert "虚构第十地" in page
    assert "嘎查网格" in page


POINTS = {
    "funing": ("levels", "now"),
    "changli": ("grades", "2026Q2"),
    "beidaihe": ("levels", "now"),
    "lufeng": ("circle", "now"),
    "luohe": ("statuses", "now"),
    "fushan": ("zones", "now"),
    "chengmai": ("shares", "now"),
    "erdao": ("blind_spots", "now"),
    "hongqi": ("party_members", "now"),
}
"""The theme that the map of each place opens with, and the time that it shows first."""


def drawn(place: str, theme_id: str, *, is_public: bool = False) -> Theme:
    return next(each for each in place_themes(made(place).report.place_report, is_public=is_public) if each.id == theme_id)


def counted(theme: Theme, time: str) -> Counter[str]:
    return Counter(theme.frame[f"class_{time}"].dropna())


@pytest.mark.parametrize("place", PLACES)
def test_every_map_makes_its_point(place: str) -> None:
    """It opens with the theme that the place is about, with good and bad in it; no theme of the profile is left out."""
    report = made(place).report.place_report
    themes = place_themes(report, is_public=False)
    first = themes[0]
    key, time = POINTS[place]
    assert first.id == key
    assert len(counted(first, time)) >= 2
    assert theme_notes(report, themes) == ()
    page = place_page([first], title=report.facts.profile.name, lang="zh", streets=None, notes=())
    assert all(each.name.zh in page and each.name.en in page for each in first.classes)


def test_changli_map_shows_quarter_against_quarter() -> None:
    """Classes of every quarter, and who rose and fell, as a plain reading of the table has them."""
    table = pd.read_csv(made("changli").folder / "grades.csv", dtype=str)
    rank = {"a": 0, "b": 1, "c": 2, "d": 3}
    by_period = {period: rows.set_index("subject_id")["grade"].str[0].str.lower() for period, rows in table.groupby("period")}
    periods = sorted(by_period)
    grades, change = drawn("changli", "grades", is_public=True), drawn("changli", "grade_change", is_public=True)
    assert list(grades.times) == periods
    for period in periods:
        told = {key.removeprefix("grade_"): n for key, n in counted(grades, period).items() if key != "ungraded"}
        assert told == by_period[period][by_period[period].isin(list(rank))].value_counts().to_dict()
    for time, (before, after) in zip(change.times, pairwise(periods), strict=True):
        step = by_period[after].map(rank) - by_period[before].reindex(by_period[after].index).map(rank)
        found = counted(change, time)
        assert (found["rose"], found["fell"], found["same"]) == ((step < 0).sum(), (step > 0).sum(), (step == 0).sum())
        assert min(found["rose"], found["fell"]) > 20


def test_luohe_map_shows_less_now_than_later() -> None:
    later = drawn("luohe", "later")
    assert list(later.times)[:2] == ["now", "later"]
    best = later.classes[0].key
    assert counted(later, "now")[best] < counted(later, "later")[best]


def test_erdao_map_shows_every_blind_spot_to_the_office_and_no_number_to_the_public() -> None:
    spots = made("erdao").report.place_report.spots
    office, public = (drawn("erdao", "blind_spots", is_public=is_public) for is_public in (False, True))
    assert sum(n for key, n in counted(office, "now").items() if key != "grid") == len(spots)
    numbers = [int(n) for text in public.frame["value_now"] if text is not None for n in re.findall("[0-9]+", text.zh)]
    assert all(n % 10 == 0 for n in numbers), "rounded, and no small one"
