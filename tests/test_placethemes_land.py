"""Themes of levels, groups, grades, reach, standards and facilities on the place of paper: classes worked out by hand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from geogrid.themed.fill import levels, projects, sizes
from geogrid.themed.grades import grade_change, grades
from geogrid.themed.groups import alliances, zones
from geogrid.themed.reach import circle, coverage, later, services
from geogrid.themed.rules import each_standard, overview
from geogrid.themed.venues import floor_area, statuses
from tests.paper_place import AREAS, ESTATES, FINE, GRIDS, PAPER, STAFF, TREE, block, households, table
from tests.theme_places import GRID, classes_of, drawn, facilities, legend_of, rule, said_of, stage_of

# Levels and sizes


def test_levels_marks_what_has_nothing_below_it_and_households_in_none() -> None:
    stage = stage_of(tables={"units": ESTATES}, levels=[*TREE, GRID, FINE[0]])
    theme = levels(stage, is_public=False)
    # The estate lies in A and holds its households; B, C and D have no estate and 3, 1 and 1 households in none.
    assert {key: each for key, each in classes_of(theme).items() if key in "ABCD"} == {
        "B": "empty",
        "C": "empty",
        "D": "empty",
        "A": "filled",
    }
    assert said_of(theme, "advice")["B"] == "设立小区"


def test_levels_shows_the_land_that_a_level_leaves_over() -> None:
    stage = stage_of(tables={"grids": GRIDS.iloc[:3]})
    theme = levels(stage, is_public=True)
    assert classes_of(theme)["land-1"] == "land"
    assert said_of(theme, "value")["land-1"] == "三村内 10,000 平方米没有网格"


def test_levels_that_are_filled_say_so() -> None:
    theme = levels(stage_of(), is_public=False)
    assert set(classes_of(theme).values()) == {"filled"}
    assert [fact.en for fact in drawn(theme).facts] == ["3 × village: filled", "4 × grid: filled"]


LARGE = {"id": "large", "zh": "大网格", "en": "large grid", "parent": "village", "of": "grids", "select": ["large"]}
SMALL = {"id": "small", "zh": "小网格", "en": "small grid", "parent": "large", "of": "grids", "select": ["small"]}


def test_sizes_colours_the_smallest_grids_by_kind_over_the_largest() -> None:
    large = gpd.GeoDataFrame(
        {"area_id": ["L1"], "name": ["大一"], "level": ["large"], "parent_id": ["V1"]},
        geometry=[block(0, 0, 200, 100)],
        crs=PAPER,
    )
    areas = pd.concat([AREAS, large], ignore_index=True)
    grids = GRIDS.assign(level="small", parent_id=["L1", "L1", None, "V3"], kind=["basic", "special", "basic", "basic"])
    kinds = [{"id": "basic", "zh": "基本", "en": "basic", "colour": "#0f4c81"}]
    theme = sizes(stage_of(tables={"areas": areas, "grids": grids}, levels=[*TREE, LARGE, SMALL], kinds=kinds), is_public=True)
    assert classes_of(theme) == {"A": "kind_basic", "B": "grid", "C": "loose", "D": "loose"}
    assert said_of(theme, "value")["A"] == "大一"
    assert [fact.en for fact in drawn(theme).facts] == ["1 × large grid", "4 × small grid"]
    assert sizes(stage_of(), is_public=True) is None


def test_projects_lie_over_the_standing_grids_that_they_touch() -> None:
    rows = {"grid_id": ["P1", "P2"], "name": ["项目一", "项目二"], "grid_set": ["rehousing"] * 2, "parent_id": [None, None]}
    project = gpd.GeoDataFrame(rows, geometry=[block(10, 10, 50, 50), block(60, 10, 90, 50)], crs=PAPER)
    level = {
        "id": "project",
        "zh": "项目网格",
        "en": "project grid",
        "parent": "township",
        "of": "grids",
        "grid_set": "rehousing",
    }
    cadre = {"cadre": rule("project", "staff", options={"roles": ["cadre"]}, min=1.0, unit="people")}
    people = table(staff_id=["P9"], name=["赵六"], role=["cadre"], of_kind=["grid"], of_id=["P1"])
    stage = stage_of(tables={"projects": project, "staff": people}, levels=[*TREE, GRID, level], standards=cadre)
    theme = projects(stage, is_public=False)
    assert classes_of(theme) == {"P1": "pass", "P2": "fail", "A": "standing"}
    assert said_of(theme, "value")["P1"] == "3 户"
    assert set(said_of(projects(stage, is_public=True), "value").values()) == {None}


# Groups


ZONE = {"id": "zone", "zh": "片区", "en": "zone", "parent": "township", "is_partial": True}


def test_zones_stand_out_from_the_villages_in_none() -> None:
    zone = gpd.GeoDataFrame(
        {"area_id": ["Z1"], "name": ["东片"], "level": ["zone"], "parent_id": ["T1"]}, geometry=[block(0, 0, 200, 100)], crs=PAPER
    )
    areas = pd.concat([AREAS.assign(parent_id=[None, "X", "X", "Z1", "T1", "T2"]), zone], ignore_index=True)
    two = {"two": rule("zone", "children", options={"level": "village"}, min=2.0, unit="count")}
    theme = zones(stage_of(tables={"areas": areas}, levels=[TREE[0], ZONE, TREE[1], GRID], standards=two), is_public=True)
    assert classes_of(theme) == {"Z1": "fail", "V2": "none", "V3": "none"}
    assert drawn(theme).facts[0].zh == "片区 1 个，其余 2 个村不在其中"
    assert [(each.name.zh, each.key) for each in drawn(theme).classes if each.is_beside] == [("其余的村，不在其中", "none")]
    assert zones(stage_of(), is_public=True) is None


def test_alliances_colours_neighbours_apart_and_names_their_members() -> None:
    across = gpd.GeoDataFrame(
        {"area_id": ["N1", "N2"], "name": ["甲联", "乙联"], "level": ["alliance"] * 2, "parent_id": [None, None]},
        geometry=[block(0, 0, 300, 100), block(300, 0, 400, 100)],
        crs=PAPER,
    )
    members = table(area_id=["N1", "N1", "N2"], member_id=["V1", "V2", "V3"])
    level = {"id": "alliance", "zh": "联建片区", "en": "alliance", "cuts_across": True}
    areas = pd.concat([AREAS, across], ignore_index=True)
    theme = alliances(stage_of(tables={"areas": areas, "area_members": members}, levels=[*TREE, GRID, level]), is_public=True)
    found = classes_of(theme)
    assert found["V1"] == found["V2"] != found["V3"]
    assert drawn(theme).facts[0].en == "甲联, 2: 一村, 二村"
    assert alliances(stage_of(), is_public=True) is None


# Grades


GRADES = [
    {"id": "a", "zh": "A 档", "en": "grade A", "colour": "#1a7f4e", "aliases": ["A"]},
    {"id": "b", "zh": "B 档", "en": "grade B", "colour": "#c8372d", "aliases": ["B"]},
]
GRADED = table(subject_id=["V1", "V2", "V3", "V1", "V2"], period=["2026Q1"] * 3 + ["2026Q2"] * 2, grade=["A", "B", "B", "B", "A"])


def test_grades_shows_every_period_and_begins_with_the_latest() -> None:
    theme = grades(stage_of(tables={"grades": GRADED}, grades=GRADES, graded="village"), is_public=True)
    assert classes_of(theme, "2026Q1") == {"V3": "grade_b", "V1": "grade_a", "V2": "grade_b"}
    assert classes_of(theme, "2026Q2") == {"V3": "ungraded", "V1": "grade_b", "V2": "grade_a"}
    assert said_of(theme, "advice", "2026Q2") == {"V3": "补评本期等级", "V1": "上期 A 档，本期下降", "V2": None}
    assert (list(drawn(theme).times), drawn(theme).start) == (["2026Q1", "2026Q2"], "2026Q2")
    assert drawn(theme).facts[0].en == "2026Q2: grade A 1 (50.0%), grade B 1 (50.0%)"


def test_grade_change_says_who_rose_and_who_fell() -> None:
    theme = grade_change(stage_of(tables={"grades": GRADED}, grades=GRADES, graded="village"), is_public=True)
    assert classes_of(theme, "2026Q2") == {"V1": "fell", "V2": "rose", "V3": "gone"}
    assert said_of(theme, "value", "2026Q2")["V1"] == "A 档 → B 档"
    one = GRADED[GRADED["period"] == "2026Q1"]
    assert grade_change(stage_of(tables={"grades": one}, grades=GRADES, graded="village"), is_public=True) is None


def test_of_many_periods_the_latest_are_drawn_and_that_is_said() -> None:
    """Fifty years of one village, by turns A and B: 2010 to 2049 of 2000 to 2049."""
    years = [str(2000 + n) for n in range(50)]
    many = table(subject_id=["V1"] * 50, period=years, grade=["A", "B"] * 25)
    stage = stage_of(tables={"grades": many}, grades=GRADES, graded="village")
    theme, change = grades(stage, is_public=True), grade_change(stage, is_public=True)
    assert list(drawn(theme).times) == years[10:]
    assert list(drawn(change).times) == years[11:]
    assert {drawn(each).facts[0].en for each in (theme, change)} == {"of 50 periods the latest 40 are drawn"}
    assert [classes_of(theme, year)["V1"] for year in ("2010", "2049")] == ["grade_a", "grade_b"]
    assert [classes_of(change, year)["V1"] for year in ("2012", "2049")] == ["rose", "fell"]


# Reach


def reached(now: str, then: str, *, second: str = "") -> gpd.GeoDataFrame:
    """Return forty households, ten to a grid; of each grid so many of the ten are covered, now and later, as a digit says."""

    def status(counts: str) -> list[str]:
        return [status for n in counts for status in ["covered"] * int(n, 16) + ["uncovered"] * (10 - int(n, 16))]

    columns = {"status_medical": status(now), "status_later_medical": status(then)}
    columns |= {"status_sport": status(second), "status_later_sport": status(second)} if second else {}
    return households("".join(letter * 10 for letter in "ABCD"), **columns)


def test_later_shows_the_share_now_and_when_finished() -> None:
    theme = later(stage_of(reached("a862", "aaa2"), tables={"services": ("medical",)}), is_public=False)
    assert classes_of(theme, "now") == {"D": "share_4", "C": "share_3", "B": "share_2", "A": "share_1"}
    assert classes_of(theme, "later") == {"D": "share_4", "C": "share_1", "B": "share_1", "A": "share_1"}
    assert said_of(theme, "advice", "now")["D"] == "8 户未覆盖"
    assert drawn(theme).facts[1].zh.endswith("32 / 40 户，80.0%")


def test_the_circle_counts_who_has_all_services_at_once() -> None:
    stage = stage_of(reached("a862", "a862", second="55aa"), tables={"services": ("medical", "sport")})
    theme = circle(stage, is_public=False)
    # The first of each ten are covered: by both as many as the smaller number.
    assert classes_of(theme) == {"D": "share_4", "A": "share_3", "B": "share_3", "C": "share_3"}
    assert drawn(theme).name.zh == "医疗、体育同时覆盖"
    assert drawn(theme).facts[0].en.endswith("18 of 40 households, 45.0%")


def test_coverage_colours_by_the_least_covered_service_and_each_has_its_own_map() -> None:
    stage = stage_of(reached("a862", "a862", second="55aa"), tables={"services": ("medical", "sport")})
    assert classes_of(coverage(stage, is_public=False)) == {"D": "share_4", "A": "share_3", "B": "share_3", "C": "share_3"}
    medical, sport = services(stage, is_public=False)
    assert (medical.id, sport.id) == ("coverage-medical", "coverage-sport")
    assert classes_of(medical)["A"] == "share_1"
    assert classes_of(sport)["A"] == "share_3"
    assert coverage(stage_of(), is_public=False) is None


# Standards


def test_standards_count_for_the_place_that_they_lie_in() -> None:
    rules = {
        "two": rule("grid", "staff", options={"roles": ["member"]}, min=2.0, unit="people"),
        "leader": rule("grid", "staff", options={"roles": ["leader"]}, min=1.0, unit="people"),
        "large": rule("facilities", "floor_area", min=500.0, unit="m2"),
    }
    centres = facilities(services=[("medical",)] * 2, floor_area_m2=[600.0, None])
    stage = stage_of(tables={"staff": STAFF, "facilities": centres}, standards=rules)
    theme = overview(stage, is_public=False)
    assert classes_of(theme) == {"B": "fail", "D": "fail", "C": "fail", "A": "pass"}
    assert said_of(theme, "advice")["B"] == "不达标：staff规定、staff规定；资料不全：floor_area规定"
    each = each_standard(stage, is_public=False)
    assert [theme.id for theme in each] == ["standards-two", "standards-leader", "standards-large"]
    assert classes_of(each[0]) == {"B": "fail", "D": "fail", "C": "fail", "A": "pass"} | {}
    assert classes_of(each[2]) == {"F2": "incomplete", "F1": "pass"}


# Facilities


def test_statuses_shows_the_best_venue_of_every_village() -> None:
    sites = facilities(services=[("medical",)] * 3, status=["planned", "improving", "planned"])
    asked = {
        "venue": rule(
            "village", "facilities", options={"services": ["medical"], "statuses": ["built", "improving"]}, min=1.0, unit="count"
        )
    }
    theme = statuses(stage_of(tables={"facilities": sites}, standards=asked), is_public=True)
    assert classes_of(theme) == {"V3": "missing", "V2": "planned", "V1": "improving"}
    assert said_of(theme, "advice")["V3"] == "需要新建：其中没有医疗设施"
    assert drawn(theme).facts[0].en.endswith(": 1, to be none")
    assert statuses(stage_of(), is_public=True) is None


@pytest.mark.parametrize(("metres", "key"), [(499.0, "below"), (500.0, "meets"), (1000.0, "large"), (None, "unstated")])
def test_floor_area_is_below_within_or_of_the_larger_size(metres: float | None, key: str) -> None:
    centres = facilities(services=[("medical",)] * 2, floor_area_m2=[metres, 1200.0])
    asked = {"large": rule("facilities", "floor_area", min=500.0, unit="m2")}
    larger = {"thousand": {**rule("facilities", "floor_area", min=1000.0, unit="m2"), "n": 1}}
    theme = floor_area(stage_of(tables={"facilities": centres}, standards=asked, stated=larger), is_public=True)
    assert classes_of(theme)["F1"] == key
    assert legend_of(theme)[:2] == ["large", "meets"]
    assert floor_area(stage_of(tables={"facilities": centres}), is_public=True) is None
