"""Which themes there are, and what each shows on the place of paper: classes worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from geogrid.placereport import place_report
from geogrid.placethemes import FILLED, MAKERS, NEEDS, TABLES, place_themes, theme_notes
from geogrid.profile import load_profile, profile_names
from geogrid.profileparts import THEMES
from geogrid.themecolours import COLOURS
from geogrid.themed.duty import staff
from geogrid.themed.found import blind_spots, matters
from geogrid.themed.people import classes, party_members, seasons
from geogrid.themed.sharing import shares, streets
from maps.style import CLASS_COLOURS
from tests.paper_place import (
    EAST,
    ESTATES,
    FINE,
    NORTH,
    PAPER,
    SHARES,
    STAFF,
    TREE,
    at,
    block,
    facts,
    households,
    table,
)
from tests.theme_places import ESTATE, GRID, SOURCE, classes_of, drawn, legend_of, rule, said_of, stage_of, units

STAFFED: dict[str, Any] = {"levels": [*TREE, {**GRID, "staff": ["leader", "member"]}]}


# The registry


def test_every_theme_of_a_profile_has_makers_and_no_other() -> None:
    assert set(MAKERS) == set(THEMES)
    assert set(NEEDS) | set(FILLED) <= set(THEMES)
    assert {name for needed in NEEDS.values() for name in needed} <= set(TABLES)


def test_makers_and_the_map_have_the_same_colours() -> None:
    assert dict(COLOURS) == dict(CLASS_COLOURS)


def test_themes_stand_in_the_order_of_the_profile_and_what_cannot_be_drawn_is_said() -> None:
    stage = stage_of(tables={"staff": STAFF}, themes=["staff", "matters", "levels", "shares"], **STAFFED)
    made = place_themes(stage, is_public=False)
    assert [theme.id for theme in made] == ["staff", "levels"]
    assert [note.zh for note in theme_notes(stage, made)] == [
        "主题“事项”没有画出：没有提供事项表",
        "主题“分片包干”没有画出：没有人以住户为责任对象",
    ]
    assert theme_notes(stage, made)[0].en == "theme 'matters reported' was not drawn: a table of events was not given"


@pytest.mark.parametrize("name", profile_names())
def test_of_every_profile_each_theme_is_drawn_or_its_absence_is_said(name: str) -> None:
    profile = load_profile(name)
    place = place_report(facts(profile, staff=STAFF))
    themes = place_themes(place, is_public=False)
    made, absent = [theme.id for theme in themes], [note.en for note in theme_notes(place, themes)]
    for key in profile.themes:
        is_made = any(each == key or each.startswith(f"{key}-") for each in made)
        is_said = any(f"'{THEMES[key].en}'" in note for note in absent)
        assert is_made != is_said, key


# Staff


def test_staff_lists_the_places_where_a_post_is_vacant_most_people_first() -> None:
    theme = staff(stage_of(tables={"staff": STAFF}, **STAFFED), is_public=False)
    assert classes_of(theme) == {"B": "vacant", "D": "vacant", "C": "vacant", "A": "full"}
    assert said_of(theme, "advice") == {"B": "缺网格长", "C": "缺网格长；缺网格员", "D": "缺网格长；缺网格员", "A": None}
    assert said_of(theme, "value")["A"] == "网格员 张三、李四，网格长 王五"
    assert [fact.en for fact in drawn(theme).facts] == [
        "grid leader of each grid: 1 of 4 have one",
        "grid member of each grid: 2 of 4 have one",
        "people responsible for two places or more: 1",
    ]


def test_staff_tells_too_few_from_nobody_and_says_a_vacancy_once() -> None:
    two = {"two": rule("grid", "staff", options={"roles": ["member"]}, min=2.0, unit="people")}
    theme = staff(stage_of(tables={"staff": STAFF}, standards=two, **STAFFED), is_public=False)
    assert classes_of(theme) == {"B": "vacant", "D": "vacant", "C": "vacant", "A": "full"}
    assert said_of(theme, "advice")["B"] == "缺网格长；staff规定：现有 1 名"
    assert said_of(theme, "advice")["C"] == "缺网格长；缺网格员"
    only = staff(stage_of(tables={"staff": STAFF}, standards=two), is_public=False)
    assert classes_of(only) == {"D": "vacant", "C": "vacant", "B": "short", "A": "full"}


def test_staff_counts_what_lacks_in_a_grid_and_above_it() -> None:
    fine = [{**level, "staff": ["building_leader"]} if level["id"] == "building" else level for level in FINE]
    tree = [TREE[0], {**TREE[1], "staff": ["leader"]}, {**GRID, "staff": ["member"]}, *fine]
    people = pd.concat([STAFF, table(staff_id=["P9"], name=["赵六"], role=["leader"], of_kind=["area"], of_id=["V1"])])
    theme = staff(stage_of(tables={"staff": people, "units": ESTATES}, levels=tree), is_public=False)
    assert classes_of(theme) == {"A": "vacant", "D": "vacant", "C": "vacant", "B": "full"}
    assert said_of(theme, "advice")["A"] == "2 个楼栋缺楼长（一号楼、二号楼）"
    assert said_of(theme, "advice")["C"] == "缺网格员；所在村二村缺网格长"
    both = pd.concat([people, table(staff_id=["P8"], name=["钱七"], role=["member"], of_kind=["grid"], of_id=["C"])])
    again = staff(stage_of(tables={"staff": both, "units": ESTATES}, levels=tree), is_public=False)
    assert classes_of(again)["C"] == "above"


def test_staff_needs_a_table_of_staff_and_somebody_asked_for() -> None:
    assert staff(stage_of(**STAFFED), is_public=False) is None
    assert staff(stage_of(tables={"staff": STAFF}), is_public=False) is None


# Shares


def shared_out(*names: str | None) -> gpd.GeoDataFrame:
    return households(staff_id=[*names, *[None] * (9 - len(names))])


SHARED: dict[str, Any] = {"levels": [*TREE, GRID, SHARES]}


@pytest.mark.parametrize(
    ("names", "key", "advice"),
    [
        (("P1", "P1", "P2", "P2"), "even", None),
        (("P1", "P1", "P1", "P2"), "near", None),
        (("P1", "P1", "P1", "P1"), "uneven", "从张三转 2 户给李四"),
        (("P1", "P2", None, None), "left_out", "2 户没有分包到人；分给张三"),
        ((None, None, None, None), "unshared", "没有分包到人"),
    ],
)
def test_shares_compares_the_largest_share_with_the_mean(names: tuple[str | None, ...], key: str, advice: str | None) -> None:
    theme = shares(stage_of(shared_out(*names), tables={"staff": STAFF}, **SHARED), is_public=False)
    assert classes_of(theme) == {"A": key, "B": "unshared", "C": "unshared", "D": "unshared"}
    assert said_of(theme, "advice")["A"] == advice


def test_shares_says_how_large_they_are_and_takes_the_bound_of_the_standard() -> None:
    even = {"even": rule("grid", "shares_spread", options={"level": "share"}, max=1.2, unit="times")}
    theme = shares(
        stage_of(shared_out("P1", "P1", "P1", "P2"), tables={"staff": STAFF}, standards=even, **SHARED), is_public=False
    )
    assert classes_of(theme)["A"] == "uneven"
    assert said_of(theme, "value")["A"] == "2 份，1—3 户，平均 2.0 户，最多为平均的 1.50 倍"
    assert drawn(theme).facts[0].en == "2 shares in 1 places, 1 to 3 households each, 2.0 on average"
    assert drawn(theme).classes[0].name.en == "even: the largest share at most 1.1 times the mean"


def test_shares_agrees_with_counting_household_by_household() -> None:
    """The oracle counts every member's households in every grid, one by one."""
    rng = np.random.default_rng(5)
    homes = households("ABCD" * 10)
    ids = [f"{grid}{k}" for grid in "ABCD" for k in range(3)]
    owner = [None if rng.random() < 0.2 else f"{grid}{rng.integers(3)}" for grid in homes["grid_id"]]
    people = table(staff_id=ids, name=ids, role=["member"] * 12, of_kind=["grid"] * 12, of_id=[each[0] for each in ids])
    found = said_of(shares(stage_of(homes.assign(staff_id=owner), tables={"staff": people}, **SHARED), is_public=False), "value")
    for grid in "ABCD":
        counts = [sum(1 for each in owner if each == name) for name in ids if name[0] == grid]
        mean, ratio = sum(counts) / 3, max(counts) / (sum(counts) / 3)
        assert found[grid] == f"3 份，{min(counts)}—{max(counts)} 户，平均 {mean:.1f} 户，最多为平均的 {ratio:.2f} 倍"


# Streets


ROADS = gpd.GeoDataFrame(
    {"road_id": ["R1", "R2", "R3"], "name": ["东街", "西巷", "大道"], "highway": ["residential", "residential", "primary"]},
    geometry=[
        LineString([at(0, 10), at(100, 10)]),
        LineString([at(0, 20), at(250, 20)]),
        LineString([at(0, 30), at(400, 30)]),
    ],
    crs=PAPER,
)
SWEEPERS = table(staff_id=["P1"], name=["张三"], role=["member"], of_kind=["street"], of_id=["R1"])
BACK_STREETS = {"back": rule("streets", "staff", where={"highway": ["residential"]}, min=1.0, unit="people")}


def test_streets_shows_those_asked_about_and_who_has_them() -> None:
    stage = stage_of(tables={"streets": ROADS, "staff": SWEEPERS}, standards=BACK_STREETS)
    theme = streets(stage, is_public=False)
    assert classes_of(theme) == {"R2": "bare", "R1": "somebody"}
    assert said_of(theme, "value") == {"R2": None, "R1": "张三"}
    assert said_of(theme, "advice") == {"R2": "指定责任人；长 250 米", "R1": None}
    assert drawn(theme).facts[0].en == "2 streets: 1 have somebody, 1 have nobody"
    told = streets(stage, is_public=True)
    assert classes_of(told) == classes_of(theme)
    assert set(said_of(told, "value").values()) == {None}


def test_streets_without_anybody_asking_are_left_out() -> None:
    assert streets(stage_of(tables={"streets": ROADS, "staff": STAFF}), is_public=False) is None


# Units


CLASSES = [
    {"id": "standard", "zh": "标准", "en": "standard", "colour": "#1a7f4e"},
    {"id": "basic", "zh": "基本", "en": "basic", "colour": "#f0a93b"},
]


def test_classes_are_hatched_below_the_standard_of_their_class() -> None:
    estates = units([0, 20, 40, 60, 80], **{"class": ["standard", "标准", "basic", None]})
    managed = {"managed": rule("estate", "staff", where={"class": ["standard", "标准"]}, min=1.0, unit="people")}
    manager = table(staff_id=["P1"], name=["张三"], role=["manager"], of_kind=["unit"], of_id=["E1"])
    given = {"levels": [*TREE, GRID, ESTATE], "classes": CLASSES, "standards": managed}
    theme = classes(stage_of(tables={"units": estates, "staff": manager}, **given), is_public=False)
    assert classes_of(theme) == {"E4": "unclassed", "E2": "below_standard", "E1": "class_standard", "E3": "class_basic"}
    assert said_of(theme, "advice")["E4"] == "定一个类别"
    assert "没有责任人" in str(said_of(theme, "advice")["E2"])
    assert drawn(theme).facts[0].en == "standard: 2, of which 1 below their standard"
    assert legend_of(theme) == ["class_standard", "class_basic", "below_standard", "unclassed"]


def test_party_members_marks_the_few_and_the_neighbours_that_could_take_them_in() -> None:
    estates = units([0, 20, 40, 60, 80, 90], party_members=[1, 5, 9, 3, None])
    three = {"three": rule("estate", "party_members", min=3.0, unit="persons")}
    stage = stage_of(tables={"units": estates}, levels=[*TREE, GRID, ESTATE], standards=three)
    theme = party_members(stage, is_public=False)
    assert classes_of(theme) == {"E1": "too_few", "E5": "incomplete", "E4": "just", "E2": "host", "E3": "enough"}
    assert "2号小区" in str(said_of(theme, "advice")["E1"])
    assert drawn(theme).facts[0].en == "1 of 5 below the minimum, 1 just at it"
    assert party_members(stage, is_public=True) is None


def test_seasons_compares_every_grid_with_its_usual_people() -> None:
    homes = households("AABCD", persons_winter=[2, 4, 3, 3, 5], persons_summer=[1, 2, None, 4, 0])
    stage = stage_of(homes)
    theme = seasons(stage, is_public=False)
    # Usual: A 1 + 2, B 3, C 4, D 5.
    assert classes_of(theme, "winter") == {"D": "same", "A": "many_more", "C": "fewer", "B": "same"}
    assert classes_of(theme, "summer") == {"D": "many_fewer", "A": "same", "C": "same", "B": "same"}
    assert said_of(theme, "value", "winter")["A"] == "3 人 → 6 人（+100%）"
    assert "summer: 1 households do not say and count as usual" in [fact.en for fact in drawn(theme).facts]
    assert seasons(stage, is_public=True) is None
    assert seasons(stage_of(), is_public=False) is None


# What was found


def test_blind_spots_lie_over_the_grids_with_whom_they_concern() -> None:
    far = gpd.GeoDataFrame({"building_id": ["X1"]}, geometry=[block(900, 900, 910, 910)], crs=PAPER)
    theme = blind_spots(stage_of(households("AB--"), tables={"buildings": far}), is_public=False)
    assert classes_of(theme) == {"blind-1": "people", "blind-2": "buildings", **dict.fromkeys("ABCD", "grid")}
    assert said_of(theme, "value")["blind-1"] == "2 户，7 人，0 栋建筑"
    assert said_of(theme, "advice")["blind-1"] == "划入 50 米外的网格 甲，或设立新网格"
    assert drawn(theme).facts[0].en == "2 blind spots: 2 households, 7 persons, 1 buildings"
    none = blind_spots(stage_of(), is_public=False)
    assert drawn(none).facts[0].en == "no blind spots: all households and buildings lie in grids"


def events(*grids: str, opened: str = "2026-06-01", closed: str | None = None) -> gpd.GeoDataFrame:
    places = [at(100 * "ABCD".index(each) + 50, 50) if each in "ABCD" else Point(EAST - 500, NORTH) for each in grids]
    n = len(grids)
    frame = {
        "event_id": [f"M{i}" for i in range(n)],
        "kind": ["dispute"] * n,
        "grid_id": [each if each in "ABCD" else None for each in grids],
    }
    days = {"opened": [dt.date.fromisoformat(opened)] * n, "closed": [closed and dt.date.fromisoformat(closed)] * n}
    return gpd.GeoDataFrame({**frame, **days}, geometry=places, crs=PAPER)


def test_matters_are_counted_in_three_steps_and_the_overdue_come_first() -> None:
    kind = {"dispute": {"zh": "纠纷", "en": "dispute", "days": 30, "source": SOURCE}}
    shut = events(*"ABBCCCC", closed="2026-06-10")
    late = events("C", "C", "B", opened="2026-05-01").assign(event_id=["L1", "L2", "L3"])
    young = events("A", "-", opened="2026-06-25").assign(event_id=["Y1", "Y2"])
    theme = matters(stage_of(tables={"events": pd.concat([shut, late, young], ignore_index=True)}, matters=kind), is_public=False)
    # A 2, B 3, C 6, D none.
    assert classes_of(theme) == {"C": "many_3", "B": "many_2", "A": "many_1", "D": "none"}
    assert said_of(theme, "advice")["C"] == "未办结 2 件，超期 2 件，尽快办结"
    assert said_of(theme, "advice")["A"] == "未办结 1 件"
    assert [each.name.en for each in drawn(theme).classes] == ["none", "2", "3", "6"]
    assert [fact.en for fact in drawn(theme).facts] == ["12 matters, 5 open, of which 3 overdue", "1 in no grid", "dispute: 12"]


def test_matters_without_a_table_are_left_out() -> None:
    assert matters(stage_of(), is_public=False) is None
