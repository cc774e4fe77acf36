"""The nine places as profiles: every number that their sources state stands in them with its source; all else is assumed."""

from __future__ import annotations

from typing import Any

import pytest

from geogrid.profile import Profile, data_dir, load_profile, profile_names
from geogrid.profileparts import THEMES
from geogrid.standards import is_confirmed, judge
from tests.paper_place import facts

PLACES = {
    "funing": ("抚宁区", "Funing"),
    "changli": ("昌黎县", "Changli"),
    "beidaihe": ("北戴河区", "Beidaihe"),
    "lufeng": ("陆丰市", "Lufeng"),
    "luohe": ("漯河市", "Luohe"),
    "fushan": ("福山区", "Fushan"),
    "chengmai": ("澄迈县", "Chengmai"),
    "erdao": ("二道区", "Erdao"),
    "hongqi": ("红旗区", "Hongqi"),
}
LEVELS = {
    "funing": "county township/county village/township grid/village centre_household/grid project/township",
    "changli": "county township/county village/township alliance",
    "beidaihe": "county township/county village/township grid/village estate/grid building/estate stairwell/building "
    "centre_household/building",
    "lufeng": "county township/county village/township group/village large/village medium/large small/medium",
    "luohe": "county township/county village/township",
    "fushan": "county township/county zone/township village/township grid/village",
    "chengmai": "county township/county village/township grid/village share/grid",
    "erdao": "county township/county village/township grid/village estate/grid building/estate stairwell/building",
    "hongqi": "county township/county village/township grid/village estate/grid stairwell/estate centre_household/stairwell",
}
"""Levels with the one above, top to bottom."""

SIZES: dict[str, dict[str, Any]] = {
    "funing": {"grids": 2136, "members": 6277, "project_grids": 4, "project_households": 486, "project_cadres": 4 * 2},
    "changli": {
        "villages": 418,
        "grade_a": (81, 0.20),
        "grade_b": (175, 0.42),
        "grade_c": (119, 0.28),
        "grade_d": (43, 0.10),
        "terminals": 435,
        "pilot_villages": 11,
    },
    "beidaihe": {"communities": 12, "partners": 69, "part_time": 63, "centres": 12, "large_centres": (5, 0.42)},
    "lufeng": {
        "all_grids": 3047,
        "governance_grids": 2267,
        "branches": 235,
        "party_groups": 1867,
        "centre_households": 782,
        "towns": 21,
        "villages": 346,
        "groups": 1170,
        "new_centres": 25,
        "upgraded_centres": 6,
    },
    "luohe": {
        "linying_villages": 367,
        "wuyang_townships": 14,
        "wuyang_ecommerce": 103,
        "yancheng_venues": 110,
        "yuanhui_communities": 19,
        "yuanhui_built": 8,
        "yuanhui_upgrading": 6,
        "yuanhui_improving": 5,
        "zhaoling_large": 106,
        "zhaoling_ten": 117,
        "counties": 5,
    },
    "fushan": {"villages": 326, "small_villages": (259, 0.794), "zones": 21, "centres": 361, "grids": 1436},
    "chengmai": {"grids": 322, "posts": 1321, "back_streets": 416},
    "erdao": {"departments": 47, "party_members": 500},
    "hongqi": {"units": 262, "staff": 1600, "firms": 81},
}
"""Sizes that the sources state, some with the share that they round it to."""

RULES: dict[str, dict[str, tuple[str, str, float | None, float | None]]] = {
    "funing": {
        "leader": ("grid", "staff", 1, 1),
        "manager": ("grid", "staff", 1, None),
        "member": ("grid", "staff", 1, None),
        "three_members": ("grid", "staff", 3, None),
        "card": ("grid", "filled", 2, None),
        "project_cadres": ("project", "staff", 2, 2),
    },
    "changli": {
        "graded": ("village", "grade", None, 4),
        "leader": ("village", "staff", 1, None),
        "terminal": ("village", "facilities", 1, None),
        "alliance": ("alliance", "children", 2, None),
    },
    "beidaihe": {
        "centre": ("village", "facilities", 1, None),
        "centre_area": ("facilities", "floor_area", 500, None),
        "day_care": ("village", "minutes", None, 15),
        "courier_rest": ("village", "minutes", None, 15),
        "leader": ("grid", "staff", 1, None),
        "building_leader": ("building", "staff", 1, None),
    },
    "lufeng": {
        "circle": ("village", "minutes", None, 15),
        "circle_share": ("village", "share_covered", 1, None),
        "platform": ("township", "facilities", 1, 1),
        "sub_centre": ("village", "facilities", 1, 1),
        "five_things": ("facilities", "functions", 5, None),
        "leader": ("small", "staff", 1, None),
        "member": ("small", "staff", 1, None),
    },
    "luohe": {
        "venue": ("village", "facilities", 1, None),
        "venue_later": ("village", "facilities", 1, None),
        "yuanhui_venue": ("village", "facilities", 1, None),
        "zhaoling_area": ("facilities", "floor_area", 300, None),
        "zhaoling_square": ("facilities", "floor_area", 500, 1000),
        "zhaoling_functions": ("facilities", "functions", 7, None),
        "zhaoling_ten": ("facilities", "functions", 10, None),
        "leader": ("village", "staff", 1, None),
    },
    "fushan": {
        "zone_villages": ("zone", "children", 3, 8),
        "zone_radius": ("zone", "radius", None, 4000),
        "zone_radius_2km": ("zone", "radius", 2000, None),
        "zone_area": ("facilities", "floor_area", 1000, None),
        "village_area": ("facilities", "floor_area", 90, None),
        "leader": ("grid", "staff", 1, 1),
        "member": ("grid", "staff", 1, 1),
        "circle": ("village", "minutes", None, 15),
        "covered_county": ("county", "share_covered", 1, None),
        "covered_township": ("township", "share_covered", 1, None),
        "covered_zone": ("zone", "share_covered", 1, None),
        "covered_village": ("village", "share_covered", 1, None),
    },
    "chengmai": {
        "circle": ("village", "minutes", None, 15),
        "circle_share": ("village", "share_covered", 1, None),
        "responsible": ("grid", "shared", 1, None),
        "even": ("grid", "shares_spread", None, 1.5),
        "back_streets": ("streets", "staff", 1, None),
        "leader": ("grid", "staff", 1, None),
    },
    "erdao": {
        "grid_leader": ("grid", "staff", 1, None),
        "building_leader": ("building", "staff", 1, None),
        "stairwell_leader": ("stairwell", "staff", 1, None),
        "class": ("estate", "filled", 1, None),
        "standard_class": ("estate", "staff", 1, None),
        "basic_class": ("estate", "staff", 1, None),
        "guaranteed_class": ("estate", "staff", 1, None),
    },
    "hongqi": {
        "party_members": ("estate", "party_members", 3, None),
        "grid_leader": ("grid", "staff", 1, None),
        "stairwell_leader": ("stairwell", "staff", 1, None),
    },
}
"""What each standard is about, what it measures, and its bounds."""

REPORTED = {
    "funing": {"three_members"},
    "lufeng": {"circle_share"},
    "luohe": {"venue_later"},
    "fushan": {"zone_radius_2km", "covered_county", "covered_township", "covered_zone", "covered_village"},
    "chengmai": {"circle_share"},
}
"""Standards that are only reported."""

UNCONFIRMED = {
    "beidaihe": {"day_care", "courier_rest"},
    "lufeng": {"circle"},
    "fushan": {"circle"},
    "chengmai": {"circle", "even"},
    "erdao": {"standard_class", "basic_class", "guaranteed_class"},
    "hongqi": {"party_members"},
}
"""Standards that say something that the sources do not, and say that."""

CIRCLES = {
    "beidaihe": ("day_care", "courier_rest"),
    "lufeng": ("education", "medical", "sport"),
    "luohe": ("party_service",),
    "fushan": ("convenience",),
    "chengmai": ("party_service",),
}
OWN_CUTOFFS = {"lufeng": ("education", "medical", "sport"), "fushan": ("convenience",), "chengmai": ("party_service",)}
"""Services for which a source states the 15 minutes."""

AREAS = {"luohe": {"linying": "临颍县", "wuyang": "舞阳县", "yancheng": "郾城区", "yuanhui": "源汇区", "zhaoling": "召陵区"}}
"""What rules of a place are scoped to, by the beginning of their ids."""


@pytest.fixture(params=[*PLACES])
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def profile(place: str) -> Profile:
    return load_profile(place)


def test_the_nine_places_and_a_generic_one_come_along() -> None:
    assert set(profile_names()) == {"generic", *PLACES}


def test_a_place_is_called_by_its_name(place: str, profile: Profile) -> None:
    zh, en = PLACES[place]
    assert profile.id == place
    assert zh in profile.name.zh
    assert en in profile.name.en
    assert profile.note is not None


def test_levels(place: str, profile: Profile) -> None:
    assert [f"{level.id}/{level.parent}" if level.parent else level.id for level in profile.levels] == LEVELS[place].split()


def test_what_fills_the_levels() -> None:
    filled = {place: {level.id: level.of for level in load_profile(place).levels} for place in PLACES}
    assert filled["funing"]["centre_household"] == filled["chengmai"]["share"] == "households"
    assert filled["beidaihe"]["building"] == filled["erdao"]["stairwell"] == filled["hongqi"]["estate"] == "units"
    assert filled["lufeng"]["large"] == filled["changli"]["village"] == filled["luohe"]["village"] == "grids"
    assert load_profile("funing").level("project").grid_set == "黄金山头"
    assert load_profile("changli").level("alliance").cuts_across
    assert [level.id for level in load_profile("fushan").levels if level.is_partial] == ["zone"]


def test_every_stated_size_stands_in_the_profile(place: str, profile: Profile) -> None:
    stated = {key: (size.n, size.share) for key, size in profile.stated.items() if not size.is_assumed}
    assert stated == {key: size if isinstance(size, tuple) else (size, None) for key, size in SIZES[place].items()}


def test_every_standard_stands_in_the_profile(place: str, profile: Profile) -> None:
    assert {key: (rule.of, rule.measure, rule.min, rule.max) for key, rule in profile.standards.items()} == RULES[place]
    assert {key for key, rule in profile.standards.items() if not rule.is_judged} == REPORTED.get(place, set())


def test_every_number_names_the_places_own_source(place: str, profile: Profile) -> None:
    zh, en = PLACES[place]
    for rule in (*profile.standards.values(), *(size for size in profile.stated.values() if not size.is_assumed)):
        assert f"用户提供的资料：{zh}网格化治理报道" in rule.source.zh or rule.source.zh.startswith(
            "用户提供的资料：各地共同做法"
        ), rule.id
        assert f"user's source document on {en}" in rule.source.en or rule.source.en.startswith("user's source documents: "), (
            rule.id
        )


def test_what_no_source_states_says_so(place: str, profile: Profile) -> None:
    assumed = {key: size for key, size in profile.stated.items() if size.is_assumed}
    assert all("假定" in size.source.zh and "assumed" in size.source.en for size in assumed.values())
    assert {key for key, size in profile.stated.items() if not is_confirmed(size.source)} == set()
    assert {key for key, rule in profile.standards.items() if not is_confirmed(rule.source)} == UNCONFIRMED.get(place, set())
    for key in ("household_range", "household_target"):
        assert not is_confirmed(profile.sources[key]), "no place states households a grid"


def test_services_count_all_at_once_and_keep_their_cutoffs(place: str, profile: Profile) -> None:
    assert profile.circle == CIRCLES.get(place, ())
    generic = load_profile()
    for key, service in profile.services.items():
        own = key in OWN_CUTOFFS.get(place, ())
        assert (service.mode, service.cutoff_min) == ("walk", 15.0)
        assert is_confirmed(service.source) == own, key
        assert own or key not in generic.services or service.source == generic.services[key].source


def test_rules_of_one_county_are_scoped_to_it(place: str, profile: Profile) -> None:
    counties = AREAS.get(place, {})
    for key, rule in (*profile.standards.items(), *profile.stated.items()):
        county = counties.get(key.split("_")[0])
        assert rule.scope == ((county,) if county else ()), key


def test_themes_are_known_and_each_place_shows_its_own_first(place: str, profile: Profile) -> None:
    first = {
        "funing": "levels",
        "changli": "grades",
        "beidaihe": "levels",
        "lufeng": "circle",
        "luohe": "statuses",
        "fushan": "zones",
    }
    first |= {"chengmai": "shares", "erdao": "blind_spots", "hongqi": "party_members"}
    assert profile.themes[0] == first[place]
    assert set(profile.themes) <= THEMES.keys()
    assert "matters" in profile.themes


def test_everybody_is_asked_for() -> None:
    """Every place says who must be responsible for its smallest grids, by a level or by a standard."""
    for place in PLACES:
        profile = load_profile(place)
        grid = [level for level in profile.levels if level.of == "grids" and not level.grid_set][-1]
        assert "leader" in grid.staff, place
        asked = [rule for rule in profile.standards.values() if rule.of == grid.id and rule.measure == "staff"]
        assert any("leader" in rule.options["roles"] for rule in asked), place


def test_matters_have_days_that_are_to_be_confirmed(profile: Profile) -> None:
    assert set(profile.matters) == {"dispute", "safety", "environment", "facility", "welfare", "security", "petition"}
    assert not any(is_confirmed(kind.source) for kind in profile.matters.values())


# What is special to a place


def test_funing_shows_phones_on_its_cards_and_nobody_else_does() -> None:
    public = {place: "phone" in load_profile(place).public_fields.get("staff", ()) for place in PLACES}
    assert [place for place, shown in public.items() if shown] == ["funing"]
    assert "supervision_phone" in load_profile("funing").public_fields["grids"]
    assert load_profile("funing").cards.roles == ("leader", "manager", "member")


def test_funings_members_are_about_three_a_grid() -> None:
    stated = load_profile("funing").stated
    assert round(stated["members"].n / stated["grids"].n, 2) == 2.94


def test_changlis_grades_add_up_and_have_a_colour_each() -> None:
    profile = load_profile("changli")
    grades = [profile.stated[f"grade_{key}"] for key in "abcd"]
    assert sum(grade.n for grade in grades) == profile.stated["villages"].n == 418
    assert [(grade.min, grade.max) for grade in grades] == [(rank, rank) for rank in (1, 2, 3, 4)]
    assert all(abs(grade.n / 418 - float(grade.share or 0)) < 0.01 for grade in grades)
    assert (profile.graded, len({grade.colour for grade in profile.grades})) == ("village", 4)
    assert "4860 亩" in str(profile.note and profile.note.zh), "land that no table holds stands in the note"


def test_beidaihes_large_centres_are_42_per_cent() -> None:
    stated = load_profile("beidaihe").stated
    assert (stated["large_centres"].min, stated["large_centres"].unit) == (1000, "m2")
    assert round(stated["large_centres"].n / stated["centres"].n, 2) == stated["large_centres"].share


def test_lufengs_numbers_hold_at_once_and_the_note_says_how() -> None:
    profile = load_profile("lufeng")
    sizes = {key: size.n for key, size in profile.stated.items()}
    assert sizes["large_grids"] + sizes["medium_grids"] + sizes["governance_grids"] == sizes["all_grids"]
    assert sizes["branches"] + sizes["party_groups"] <= sizes["governance_grids"]
    assert profile.stated["large_grids"].is_assumed
    assert profile.stated["medium_grids"].is_assumed
    assert all(number in str(profile.note and profile.note.zh) for number in ("3047", "2267", "346", "434"))
    assert profile.standards["circle"].options["services"] == ["education", "medical", "sport"]
    assert len(set(profile.standards["five_things"].options["functions"])) == 5


def test_luohes_numbers_of_a_county_hold_at_once() -> None:
    profile = load_profile("luohe")
    sizes = {key: size.n for key, size in profile.stated.items()}
    assert sizes["yuanhui_built"] + sizes["yuanhui_upgrading"] + sizes["yuanhui_improving"] == sizes["yuanhui_communities"]
    assert sizes["zhaoling_large"] <= sizes["zhaoling_ten"] <= sizes["zhaoling_villages"]
    functions = profile.standards["zhaoling_functions"].options["functions"]
    assert functions == ["服务大厅", "议事室", "调解室", "留守儿童之家", "幸福之家", "卫生室", "农民合作社"]
    assert "functions" not in profile.standards["zhaoling_ten"].options, "ten of any"
    assert {status for key in ("venue", "venue_later") for status in profile.standards[key].options["statuses"]} == {
        "built",
        "upgrading",
        "improving",
        "planned",
    }


def test_fushans_zones_hold_only_some_of_the_villages() -> None:
    profile = load_profile("fushan")
    zones, rule = profile.stated["zones"].n, profile.standards["zone_villages"]
    assert (zones * int(rule.min or 0), zones * int(rule.max or 0)) == (63, 168)
    assert all(number in str(profile.note and profile.note.zh) for number in ("63", "168", "326"))
    assert profile.stated["small_villages"].max == 999, "under 1,000"
    assert round(259 / 326, 3) == profile.stated["small_villages"].share
    assert profile.standards["leader"].options["party_member"] is True
    centres = [profile.stated[key].n for key in ("zone_centres", "village_centres", "town_centres")]
    assert sum(centres) == profile.stated["centres"].n


def test_chengmais_households_are_more_than_twenty_thousand() -> None:
    profile = load_profile("chengmai")
    assert profile.stated["households"].n > 20_000
    assert profile.stated["households"].is_assumed
    assert "候鸟" in profile.seasons[1].names
    assert profile.standards["back_streets"].where == profile.stated["back_streets"].where == {"highway": ("residential",)}


def test_erdaos_classes_have_a_standard_each() -> None:
    profile = load_profile("erdao")
    for part in profile.classes:
        words = profile.standards[f"{part.id}_class"].where["class"]
        assert set(words) == set(part.names)
    assert [part.id for part in profile.classes] == ["standard", "basic", "guaranteed"]


def test_kinds_are_asked_for_by_all_their_names() -> None:
    for place in ("changli", "lufeng", "luohe"):
        profile = load_profile(place)
        known = {name for part in profile.kinds for name in part.names}
        asked = [
            set(rule.where["kind"]) for rule in (*profile.stated.values(), *profile.standards.values()) if "kind" in rule.where
        ]
        assert asked
        assert all(words <= known for words in asked)


def test_every_variant_of_a_place_loads(place: str) -> None:
    assert load_profile(f"{place}:urban").radius_m == 800
    assert load_profile(f"{place}:rural").services["medical"].mode == "ebike"
    assert load_profile(place).services["medical"].mode == "walk"


def test_profiles_say_that_they_build_on_the_generic_one(place: str) -> None:
    text = (data_dir() / "profiles" / f"{place}.toml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert '\nbase = "generic"\n' in text


def test_rules_can_be_tested_of_a_place_that_has_hardly_a_table(profile: Profile) -> None:
    """The place of paper has areas, grids and households only: what cannot be told is incomplete, and nothing breaks."""
    judged = judge(facts(profile))
    assert judged.standards["standard"].tolist() == [*profile.standards]
    assert judged.stated["stated"].tolist() == [*profile.stated]
    assert judged.stated["is_assumed"].tolist() == [size.is_assumed for size in profile.stated.values()]
    asked = judged.results[judged.results["standard"] == "leader"]
    assert set(asked["result"]) <= {"incomplete"}, "no table of staff"
