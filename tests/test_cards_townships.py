"""Print files of notice cards: one per township, every grid on exactly one, names that are safe on any system."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from geogrid.profile import load_profile
from geogrid.words import Text
from maps.cardareas import MOST_LETTERS, safe_name
from maps.cards import CardFolder, card_folder
from tests.card_town import URL, card_areas, card_grids, card_profile, card_town
from tests.map_town import HOSTILE
from tests.paper_place import AREAS, GRIDS, TREE, facts, profile_with, table

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.facts import Facts

COUNTY = [{"id": "county", "zh": "县", "en": "county"}]
FUNING = load_profile("funing")
NAMES = dict(zip(GRIDS["grid_id"], GRIDS["name"], strict=True))


def on_paper(**tables: Any) -> Facts:
    """Return the place of paper, two townships of three grids and one, with the profile of Funing."""
    staff = table(
        staff_id=["P1", "P2"],
        name=["赵甲", "钱乙"],
        role=["leader", "leader"],
        of_kind=["grid", "grid"],
        of_id=["A", "D"],
        phone=["138-0000-0001", "138-0000-0002"],
    )
    return facts(FUNING, **{"staff": staff, **tables})


def sheets(page: str) -> list[str]:
    """Return the name of the grid of every notice of a page."""
    return re.findall(r'<section class="sheet">.*?<h2 class="name \w+">(.*?)</h2>', page, flags=re.DOTALL)


def files(made: CardFolder) -> dict[str, list[str]]:
    return {file.name: sheets(file.html()) for file in made.files}


def test_funing_cards_of_a_township_are_one_file() -> None:
    """A, B and C lie in two villages of the township T1, D in T2."""
    made = card_folder(on_paper(), public_url=URL)
    found = files(made)
    assert found == {"T1.html": ["甲", "乙", "丙"], "T2.html": ["丁"]}
    assert sorted(name for names in found.values() for name in names) == sorted(NAMES.values()), "every grid on exactly one"
    assert [(file.title, file.grids) for file in made.files] == [("某县 · 东镇", 3), ("某县 · 西镇", 1)]
    assert made.level == Text("乡镇大党委", "township party committee")
    pages = {file.name: file.html() for file in made.files}
    assert ["138-0000-0001" in pages[name] for name in pages] == [True, False], "this profile makes phones public"
    assert ["138-0000-0002" in pages[name] for name in pages] == [False, True]
    covers = [page.split('class="sheet"')[0].split("</style>")[1] for page in pages.values()]
    listed = [[name for name in NAMES.values() if f"<span>{name}</span>" in cover] for cover in covers]
    assert listed == [["甲", "乙", "丙"], ["丁"]]
    assert ["第 3 张，共 3 张" in pages["T1.html"], "第 1 张，共 1 张" in pages["T2.html"]] == [True, True]


def test_the_list_leads_to_every_file() -> None:
    made = card_folder(on_paper(), public_url=URL)
    assert re.findall(r'<a href="(.*?)">(.*?)</a></span><i>(.*?)</i>', made.index) == [
        ("T1.html", "某县 · 东镇", "3 个网格"),
        ("T2.html", "某县 · 西镇", "1 个网格"),
    ]
    assert "A4 公示牌 4 张；联系卡 2 页" in made.index
    assert [note.zh in made.index for note in made.notes] == [True] * len(made.notes)
    assert not any(name in made.index for name in ("赵甲", "138-0000"))
    assert "<script" not in made.index
    assert "default-src &#x27;none&#x27;" in made.index


def of_levels(levels: list[dict[str, Any]], areas: gpd.GeoDataFrame | None = AREAS) -> CardFolder:
    grid = {"id": "grid", "zh": "网格", "en": "grid", "of": "grids"}
    tree = [{**level, "parent": above["id"] if above else None} for above, level in zip([None, *levels], levels, strict=False)]
    own = {**grid, "parent": levels[-1]["id"]}
    return card_folder(facts(profile_with(levels=[*tree, own], code_pattern=""), areas=areas))


def test_the_highest_level_with_several_divides() -> None:
    plain = [{key: level[key] for key in ("id", "zh", "en")} for level in TREE]
    assert [file.name for file in of_levels([*COUNTY, *plain]).files] == ["T1.html", "T2.html"]
    village = plain[1:]
    assert [file.name for file in of_levels([*COUNTY, *village]).files] == ["V1.html", "V2.html", "V3.html"]
    one = AREAS[AREAS["area_id"].isin(["X", "T1", "V1"])].reset_index(drop=True)
    within = GRIDS[GRIDS["parent_id"] == "V1"].reset_index(drop=True)
    made = card_folder(facts(areas=one, grids=within))
    assert ([file.name for file in made.files], made.level) == (["all.html"], None)
    assert made.files[0].title == "某县 · 东镇 · 一村"


@pytest.mark.parametrize("sort", ["is_partial", "cuts_across"])
def test_partial_levels_and_those_across_the_tree_divide_nothing(sort: str) -> None:
    """Two zones hold three of the four grids; only one township and one village are called so."""
    first = {"id": "zone", "zh": "片区", "en": "zone", sort: True} | ({"parent": "township"} if sort == "is_partial" else {})
    areas = AREAS.assign(level=["county", "township", "other", "zone", "zone", "village"])
    made = card_folder(facts(profile_with(levels=[TREE[0], first, TREE[1]], code_pattern=""), areas=areas))
    assert ([file.name for file in made.files], made.level) == (["all.html"], None)


def test_grids_in_no_township_have_a_file_of_their_own() -> None:
    made = card_folder(on_paper(grids=GRIDS.assign(parent_id=["V1", "X", "V2", "V3"])))
    assert files(made) == {"T1.html": ["甲", "丙"], "T2.html": ["丁"], "others.html": ["乙"]}
    assert made.files[-1].title == "不在任何乡镇大党委内的网格"
    assert "不在任何乡镇大党委内的网格" in made.files[-1].html()


def test_areas_that_no_level_knows_divide_as_they_lie() -> None:
    made = card_folder(facts(areas=AREAS.iloc[3:].assign(level="某级", parent_id=None).reset_index(drop=True)))
    assert ([file.name for file in made.files], made.level) == (["V1.html", "V2.html", "V3.html"], Text("区域", "area"))


def test_without_areas_all_are_in_one_file() -> None:
    made = card_folder(facts(areas=None, grids=GRIDS.assign(parent_id=None)), lang="en")
    assert files(made) == {"all.html": ["甲", "乙", "丙", "丁"]}
    assert "1 files to print" in made.index


def test_grids_without_a_parent_go_by_where_they_stand() -> None:
    made = card_folder(on_paper(grids=GRIDS.assign(parent_id=[None, "V1", None, None])))
    assert files(made) == {"T1.html": ["甲", "乙", "丙"], "T2.html": ["丁"]}


@pytest.mark.parametrize(
    ("ids", "names"),
    [
        (("../T", "index"), ["_T.html", "index-2.html"]),
        (("t1", "T1"), ["t1.html", "T1-2.html"]),
        (("others", "CON"), ["others.html", "CON-2.html"]),
        (("东/镇", "东 镇"), ["东_镇.html", "东_镇-2.html"]),
        (("x" * 300, "."), [f"{'x' * MOST_LETTERS}.html", "_.html"]),
    ],
)
def test_names_of_files_are_safe_and_each_its_own(ids: tuple[str, str], names: list[str]) -> None:
    grids = card_grids()
    areas = card_areas(grids).assign(area_id=["T", *ids])
    made = card_folder(card_town(grids=grids.assign(parent_id=[ids[0]] * 3 + [ids[1]] * 3), areas=areas))
    assert [file.name for file in made.files] == names
    assert [file.grids for file in made.files] == [3, 3]


@pytest.mark.parametrize("area_id", [*HOSTILE, "a\x00b", "\ud800", "-", "nul", "e\u0301"])
def test_no_id_leads_out_of_the_folder(area_id: str) -> None:
    name = safe_name(area_id)
    assert re.fullmatch(r"[\w][\w-]{0,49}", name)
    assert name.encode()


def test_hostile_names_of_townships_come_out_as_text() -> None:
    bad = "</title><script>alert(1)</script>{{7*7}}"
    grids = card_grids()
    areas = card_areas(grids).assign(name=["云山镇", bad, "柳溪村"], area_id=["T", '"><b>', "V2"])
    facts_of_it = card_town(card_profile(), grids=grids.assign(parent_id=['"><b>'] * 3 + ["V2"] * 3), areas=areas)
    made = card_folder(facts_of_it)
    assert "<script" not in made.index
    assert "&lt;/title&gt;&lt;script&gt;" in made.index
    assert 'href="_b_.html"' in made.index
