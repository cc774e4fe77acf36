"""Notice cards: what is on them, what never is, codes that decode, and maps that are true to scale."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import zxingcpp
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geogrid.errors import InputError, NotFoundError
from geogrid.words import Text
from maps.cardfacts import Person
from maps.cardlayout import LEAST_MAP_MM, fit_notice, fit_pocket, lines, width
from maps.cardnotes import FINEST
from maps.cardpages import PER_PAGE
from maps.cards import Cards, grid_cards
from maps.markup import Html
from maps.qr import qr_code
from tests.card_town import (
    DUTIES,
    LONG_NAME,
    NAMES,
    URL,
    card_areas,
    card_facilities,
    card_grids,
    card_profile,
    card_staff,
    card_streets,
    card_town,
    homes,
)
from tests.map_town import HOSTILE
from tests.paper_place import EAST, NORTH, PAPER

if TYPE_CHECKING:
    from geogrid.facts import Facts
    from maps.cardfacts import Notice


class Words(HTMLParser):
    """Collect the text of a page, its elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements of a class."""
        return [attributes for _, attributes in self.elements if name in str(attributes.get("class")).split()]


def said(page: str) -> str:
    """Return the text of a page without its style sheet."""
    return "\n".join(Words(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)).texts)


def decoded(code: str) -> str:
    """Read a code as a camera would: its squares as grey levels, eight pixels each."""
    side = int(re.findall(r'viewBox="0 0 (\d+) ', code)[0])
    pixels = np.full((side, side), 255, dtype=np.uint8)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", code):
        pixels[int(y), int(x) : int(x) + int(run)] = 0
    (found,) = zxingcpp.read_barcodes(np.kron(pixels, np.ones((8, 8), dtype=np.uint8)))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return str(found.text)


def codes(cards: Cards) -> list[str]:
    return re.findall(r'<svg viewBox="[^"]*" class="qr".*?</svg>', cards.html)


def notes(cards: Cards) -> list[str]:
    return [note.en for note in cards.notes]


@pytest.fixture(scope="module")
def cards() -> Cards:
    return grid_cards(card_town(), None, public_url=URL)


def test_a_page_holds_a_cover_a_notice_per_grid_and_five_contact_cards_to_a_page(cards: Cards) -> None:
    page = Words(cards.html)
    counts = {name: len(page.of_class(name)) for name in ("cover", "sheet", "pockets", "front", "back", "qr")}
    assert counts == {"cover": 1, "sheet": 6, "pockets": 2, "front": 6, "back": 6, "qr": 12}
    assert (cards.grids, cards.notes) == (6, ())


def test_a_notice_says_who_is_responsible_for_what_and_where(cards: Cards) -> None:
    sheet = said(cards.html[cards.html.index('class="sheet"') :].split('class="sheet"')[1])
    wanted = ["网格公示牌", "云山镇 · 桃园村", "第1网格", "编码 130306101201001", *DUTIES, "0335-0000000", "第 1 张，共 6 张"]
    wanted += ["网格长", "赵德明", "138-0000-0000", "网格管理员", "钱晓燕", "网格员", "孙建国", "138-0000-0002"]
    wanted += ["桃园村卫生室", "医疗", "体育、规划", "柳荫巷", "人民路", "第2网格", "第4网格"]
    assert [words for words in wanted if words not in sheet] == []


def test_a_contact_card_says_it_too(cards: Cards) -> None:
    first = cards.html.split('class="pair"')[1]
    wanted = [
        "民情联系卡",
        "网格公示牌",
        "桃园村",
        "第1网格",
        "赵德明",
        "138-0000-0001",
        "0335-0000000",
        *DUTIES,
        "编码 130306101201001",
    ]
    assert [words for words in wanted if words not in said(first)] == []
    assert decoded(codes(Cards(first, 1, ()))[0]) == f"{URL}/grids/G1"


def test_english_cards_keep_the_names_of_the_data() -> None:
    page = said(grid_cards(card_town(), ["G1"], public_url=URL, lang="en").html)
    wanted = [
        "Grid notice",
        "Grid contact card",
        "Grid leader",
        "赵德明",
        "Supervision phone",
        "Scan for this grid",
        "medical",
        "1 of 1",
    ]
    assert [words for words in wanted if words not in page] == []
    assert "网格长" not in page


def test_the_cover_lists_the_grids_by_village_with_the_numbers_of_their_cards() -> None:
    grids = card_grids(parent_id=["V1", "V2", "V1", "V2", "V2", "V2"])
    page = grid_cards(card_town(grids=grids, areas=card_areas(grids)), None, public_url=URL).html
    cover = said(page.split('class="sheet"')[0].split('class="contents"')[1]).split("\n")
    words = [each for each in cover if each and not each.startswith(">") and len(each) < 20]
    at = [words.index(each) for each in ("云山镇 · 桃园村", "第1网格", "第3网格", "云山镇 · 柳溪村", "第2网格", "第4网格")]
    assert at == sorted(at)
    assert words[words.index("第3网格") - 1] == "2", "numbers follow the order of the cards"


# What may not be on a card.


def test_phones_need_the_profile() -> None:
    facts = card_town(card_profile(public_fields={"grids": ("code", "duties", "supervision_phone")}))
    made = grid_cards(facts, None, public_url=URL)
    assert "138-0000" not in made.html
    assert "赵德明" in made.html
    assert notes(made) == [
        "The profile does not make phones of staff public, so none is printed; add phone to public_fields.staff to print them."
    ]
    assert "public_fields.staff" in made.notes[0].zh


def test_a_grids_own_columns_need_the_profile() -> None:
    spoken = {"duties": Text("代办事项", "Errands"), "supervision_phone": "12345"}
    facts = card_town(card_profile(public_fields={"grids": ("code",), "staff": ("phone",)}, cards=spoken))
    made = grid_cards(facts, None, public_url=URL)
    assert "0335-0000000" not in made.html
    assert DUTIES[0] not in made.html
    assert "12345" in made.html
    assert "代办事项" in made.html
    (note,) = notes(made)
    assert note.startswith("The grids have duties, supervision_phone, which the profile does not make public, so that is not")
    assert note.endswith("add it to public_fields.grids.")


def test_no_household_reaches_a_card() -> None:
    grids = card_grids()
    few = grid_cards(card_town(), None, public_url=URL).html
    others = homes(grids).iloc[[0, 0, 0]].assign(household_id=list("xyz"), persons=[901, 902, 903])
    moved = others.set_geometry(others.translate(3.25, 4.5))
    facts = card_town()
    again = grid_cards(type(facts)(**{**vars(facts), "households": moved, "known": {}}), None, public_url=URL).html
    assert few == again
    assert "CANARY" not in few


def test_only_the_roles_of_the_card_and_only_the_grids_own_people() -> None:
    rows = [
        ("1", "楼长甲", "building_leader", "grid", "G1"),
        ("2", "村长乙", "leader", "area", "V1"),
        ("3", "户长丙", "member", "households", "G1"),
        ("4", "组长丁", "leader", "grid", "G1"),
        ("4", "组长丁", "member", "grid", "G1"),
    ]
    staff = pd.DataFrame(rows, columns=["staff_id", "name", "role", "of_kind", "of_id"], dtype=object)
    made = grid_cards(card_town(staff=staff), ["G1"], public_url=URL)
    page = said(made.html)
    assert not [name for name in ("楼长甲", "村长乙", "户长丙") if name in page]
    assert page.count("组长丁") == 3, "once on each side that names people, and on the cover"
    assert "网格长、网格员" in page
    assert made.notes == ()


def test_hostile_texts_come_out_as_text() -> None:
    bad = list(HOSTILE[:6])
    grids = card_grids(name=bad, code=bad, duties=bad, supervision_phone=bad)
    places, staff = card_areas(grids), card_staff(grids, 3, names=tuple(HOSTILE[3:6]))
    streets, facilities = card_streets(), card_facilities(grids)
    facts = card_town(
        card_profile(name={"zh": HOSTILE[5], "en": HOSTILE[5]}),
        grids=grids,
        areas=places.assign(name=HOSTILE[5:8]),
        staff=staff.assign(phone=HOSTILE[7]),
        streets=streets.assign(name="{{7*7}}"),
        facilities=facilities.assign(name=HOSTILE[9]),
    )
    page = grid_cards(facts, None, public_url=URL, footnotes=[Text(HOSTILE[5], HOSTILE[5])]).html
    names = {tag for tag, _ in Words(page).elements}
    allowed = "html head meta title style body section header h1 h2 h3 p br ul li b span em i div figure small footer svg"
    assert names <= {*allowed.split(), "path", "rect", "circle", "g", "text"}
    assert page.count("<script") == 0
    text = said(page)
    assert all(words in text for words in bad)
    attributes = {key for _, given in Words(page).elements for key in given}
    assert not [key for key in attributes if key.startswith("on") or key in ("style", "src", "href", "srcset")]


def test_the_page_allows_nothing_but_its_own_style_sheet(cards: Cards) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", cards.html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [a["content"] for _, a in Words(cards.html).elements if "Security" in str(a.get("http-equiv"))]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style
    assert "@import" not in style
    assert re.sub(r'aria-label="https://grids.example.cn[^"]*"', "", cards.html).count("://") == 0


def test_the_same_place_gives_the_same_bytes(cards: Cards) -> None:
    assert grid_cards(card_town(), None, public_url=URL).html == cards.html


# Codes.


@pytest.mark.parametrize("grid_id", ["G1", "桃园村 1/2", "a?b#c&d", "100%", "G" * 60])
def test_codes_lead_to_the_grids_page(grid_id: str) -> None:
    grids = card_grids(grid_id=[grid_id, *"BCDEF"])
    made = grid_cards(card_town(grids=grids, areas=card_areas(card_grids())), [grid_id], public_url=f"{URL}/")
    encoded = {"G1": "G1", "桃园村 1/2": "%E6%A1%83%E5%9B%AD%E6%9D%91%201%2F2", "a?b#c&d": "a%3Fb%23c%26d", "100%": "100%25"}
    assert [decoded(code) for code in codes(made)] == [f"{URL}/grids/{encoded.get(grid_id, grid_id)}"] * 2


def test_without_an_address_there_is_no_code_and_the_notes_say_so() -> None:
    made = grid_cards(card_town(), None)
    assert codes(made) == []
    assert made.notes == (
        Text(
            "没有设置 GEOGRID_PUBLIC_URL，所以没有二维码；设为本服务的公开网址后重新生成。",
            "GEOGRID_PUBLIC_URL is not set, so there are no QR codes; set it to the public address of this service, then make "
            "them again.",
        ),
    )
    assert "GEOGRID_PUBLIC_URL" in said(made.html), "the cover says it too"


BAD_URLS = [
    "grids.example.cn",
    "javascript:alert(1)",
    "https://",
    "https://u:p@grids.example",
    "https://a.b/?x",
    "https://a.b/#x",
]


@pytest.mark.parametrize("url", [*BAD_URLS, "https://a b.cn", "https://a.cn/\n", "http://[::1"])
def test_an_address_that_leads_to_no_page_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        grid_cards(card_town(), None, public_url=url)
    assert str(caught.value).startswith(f"the public address {url!r} cannot be used: it must begin with http:// or https://")
    assert "GEOGRID_PUBLIC_URL" in caught.value.say("zh")


def test_a_code_too_fine_for_a_contact_card_stands_on_the_notice_only() -> None:
    grids = card_grids(grid_id=["桃" * 90, *"BCDEF"])
    facts = card_town(grids=grids, areas=card_areas(card_grids()))
    made = grid_cards(facts, ["桃" * 90, "B"], public_url=URL)
    fine, *others = codes(made)
    assert int(re.findall(r'viewBox="0 0 (\d+) ', fine)[0]) > FINEST
    assert decoded(fine) == f"{URL}/grids/{'%E6%A1%83' * 90}"
    assert [decoded(code) for code in others] == [f"{URL}/grids/B"] * 2
    assert [note.startswith("The addresses of 1 grids are long") for note in notes(made)] == [True]


def test_an_address_longer_than_any_code_is_told() -> None:
    grids = card_grids(grid_id=["桃" * 300, *"BCDEF"])
    made = grid_cards(card_town(grids=grids, areas=card_areas(card_grids())), ["桃" * 300], public_url=URL)
    assert codes(made) == []
    assert [note.split(" than")[0] for note in notes(made)] == ["The addresses of 1 grids are longer"]
    assert qr_code("x" * 3000) is None


# Which grids.


def test_asked_grids_come_once_in_the_order_asked() -> None:
    made = grid_cards(card_town(), ["G3", "G1", "G3"], public_url=URL)
    assert made.grids == 2
    sheets = made.html.split('class="sheet"')[1:]
    assert ["第3网格" in said(sheets[0]), "第 1 张，共 2 张" in said(sheets[0])] == [True, True]


def test_an_unknown_grid_is_refused() -> None:
    with pytest.raises(NotFoundError, match=r"no grid has the id 'G9'; known: G1, G2, G3, G4, G5, G6") as caught:
        grid_cards(card_town(), ["G1", "G9"])
    assert caught.value.say("zh") == "没有编号为“G9”的网格；已有：G1, G2, G3, G4, G5, G6"


@pytest.mark.parametrize(("facts", "asked"), [(card_town(), []), (card_town(grids=card_grids().iloc[:0], areas=None), None)])
def test_no_grid_at_all_is_refused(facts: Facts, asked: list[str] | None) -> None:
    with pytest.raises(InputError, match="there is no grid to make a card for"):
        grid_cards(facts, asked)


def project(**cells: Any) -> gpd.GeoDataFrame:
    shapes = [box(EAST + 100 * i, NORTH + 50, EAST + 100 * (i + 1), NORTH + 200) for i in range(2)]
    frame = {"grid_id": ["P1", "P2"], "name": ["安置一格", "安置二格"], "grid_set": "rehousing"}
    return gpd.GeoDataFrame({**frame, **cells}, geometry=shapes, crs=PAPER)


def test_grids_of_a_project_stand_beside_those_of_the_project() -> None:
    cadres = pd.DataFrame(
        [("C1", "冯干部", "cadre", "grid", "P1"), ("C2", "陈干部", "cadre", "grid", "P1")],
        columns=["staff_id", "name", "role", "of_kind", "of_id"],
        dtype=object,
    )
    facts = card_town(card_profile(cards={"roles": ["cadre"]}), projects=project(), staff=cadres)
    page = said(grid_cards(facts, ["P1"], public_url=URL).html)
    assert [word in page for word in ("安置一格", "安置二格", "冯干部", "陈干部", "云山镇 · 桃园村")] == [True] * 5
    assert "第1网格" not in page
    assert "安置" not in said(grid_cards(facts, None, public_url=URL).html), "standing grids are asked for by None"


def test_larger_grids_have_cards_too() -> None:
    large = {"id": "large", "zh": "大网格", "en": "large grid", "parent": "village", "of": "grids", "staff": ["leader"]}
    levels = [*[dict(level) for level in card_profile().levels[:2]], large]
    grids = card_grids(parent_id=["L1", "L1", "L2", "L2", "L2", "L2"])
    areas = card_areas(card_grids())
    own = gpd.GeoDataFrame(
        {"area_id": ["L1", "L2"], "name": ["东片", "西片"], "level": "大网格", "parent_id": ["V1", "V1"]},
        geometry=[box(EAST, NORTH, EAST + 800, NORTH + 300), box(EAST + 800, NORTH, EAST + 1200, NORTH + 300)],
        crs=PAPER,
    )
    facts = card_town(card_profile(levels=levels), grids=grids, areas=pd.concat([areas, own], ignore_index=True))
    made = grid_cards(facts, ["L1"], public_url=URL)
    page = said(made.html)
    assert [word in page for word in ("东片", "西片", "云山镇 · 桃园村", "暂缺")] == [True] * 4
    assert notes(made)[0] == "1 grids have no Grid leader, printed as vacant: 东片."


# What is missing is said.


def test_vacant_roles_are_printed_and_told() -> None:
    staff = card_staff(card_grids(), 3)
    made = grid_cards(card_town(staff=staff[(staff["role"] != "leader") | (staff["of_id"] != "G2")]), None, public_url=URL)
    told = Text("1 个网格没有网格长，印为“暂缺”：第2网格。", "1 grids have no Grid leader, printed as vacant: 第2网格.")
    assert made.notes == (told,)
    assert said(made.html).count("\n暂缺\n") == 2, "on the notice and on the contact card"


def test_what_was_not_given_is_told() -> None:
    facts = card_town(
        card_profile(public_fields={}), grids=card_grids().drop(columns=["duties", "supervision_phone", "code"]), staff=None
    )
    made = grid_cards(facts, None, public_url=URL)
    assert [note.split(",")[0].split(":")[0] for note in notes(made)] == [
        "No table of staff was given",
        "6 grids have no supervision phone",
        "6 grids have no duties",
    ]
    assert "第1网格, 第2网格, 第3网格, 第4网格, 第5网格 …" in notes(made)[1]


@pytest.mark.parametrize("shape", [None, Polygon()])
def test_a_grid_without_a_border_has_a_card_without_a_map(shape: Any) -> None:
    grids = card_grids().iloc[:2].reset_index(drop=True)
    grids = grids.set_geometry(gpd.GeoSeries([shape, grids.geometry[1]], crs=PAPER))
    made = grid_cards(card_town(grids=grids, areas=None, facilities=None, streets=None), None, public_url=URL)
    assert notes(made) == ["1 grids have no border, so no map: 第1网格."]
    assert "没有网格边界" in said(made.html)


def test_a_place_of_grids_alone() -> None:
    frame = gpd.GeoDataFrame({"grid_id": ["A"], "name": [None], "parent_id": [None]}, geometry=[box(0, 0, 5, 5)], crs=PAPER)
    facts = card_town(card_profile(), grids=frame, areas=None, facilities=None, streets=None, staff=None)
    made = grid_cards(facts, None)
    assert made.grids == 1
    assert "通用" in said(made.html), "the place's own name, where nothing lies above"


# How much a card holds.


def notice(**changes: Any) -> Notice:
    from maps.cardfacts import Notice as Made  # noqa: PLC0415 -- a name for types elsewhere in this file

    return Made(**{"grid_id": "A", "name": "甲", "peers": "", "shape": None, **changes})


def test_width_counts_latin_letters_as_about_half() -> None:
    assert width("网格，") == 3
    assert math.isclose(width("ab 1"), 4 * 0.56)
    assert [lines("网" * n, 10) for n in (0, 1, 10, 11, 19)] == [1, 1, 1, 2, 3]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_duties_stand_in_large_letters_and_leave_the_map_its_height(count: int) -> None:
    fit = fit_notice(notice(duties=DUTIES[:count], url=URL, people=(Person("甲", ("leader",), "1"),) * 5), [])
    assert (fit.duties, fit.size, fit.is_cut, fit.people) == (DUTIES[:count], "large", False, 5)
    assert fit.map_mm >= LEAST_MAP_MM


def test_duties_that_no_paper_holds_are_cut_and_told() -> None:
    grids = card_grids(duties=["巡查走访，" * 999, *["巡查。"] * 5])
    made = grid_cards(card_town(grids=grids), None, public_url=URL)
    assert [note.split(" and end")[0] for note in notes(made)] == [
        "1 notices cannot hold all duties or people",
        "1 contact cards cannot hold all duties or people (notices apart)",
    ]
    cut = [text for text in said(made.html).split("\n") if text.startswith("巡查走访")]
    assert len(cut) == 2
    assert all(text.endswith("…") and text[-2] != "，" and "巡查走访，".count(text[-2]) for text in cut)
    assert 300 < len(cut[0]) < 1500
    assert 100 < len(cut[1]) < len(cut[0])


def test_people_that_no_paper_holds_are_counted() -> None:
    staff = card_staff(card_grids().iloc[:1], 60)
    made = grid_cards(card_town(staff=staff), ["G1"], public_url=URL)
    page = said(made.html)
    shown = sum(page.count(f"138-0000-{i:04}") for i in range(60))
    left = sum(int(n) for n in re.findall(r"另有 (\d+) 人", page))
    assert shown + left == 2 * 60
    assert len(notes(made)) == 2


def test_a_contact_card_holds_five_people_with_phones_and_six_lines() -> None:
    five = tuple(Person(name, ("member",), "138-0000-0000") for name in NAMES)
    assert (fit_pocket(notice(people=five)).people, fit_pocket(notice(people=five)).is_cut) == (5, False)
    assert fit_pocket(notice(people=five * 2)).people == 5, "the sixth line says how many more there are"


# The map.


def large_map(facts: Facts, grid: str = "G1") -> str:
    """Return the map on a grid's notice."""
    page = grid_cards(facts, [grid], public_url=URL).html
    return str(re.findall(r"<figure>(.*?)</figure>", page, flags=re.DOTALL)[0])


def numbers(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?\d+) (-?\d+)", path)]


def path_of(picture: str, name: str) -> list[tuple[float, float]]:
    (found,) = [a["d"] for tag, a in Words(picture).elements if tag == "path" and a.get("class") == name]
    return numbers(str(found))


def test_the_map_is_true_to_scale_with_north_up() -> None:
    picture = large_map(card_town())
    corners = path_of(picture, "own")
    (left, right), (top, bottom) = ((min(column), max(column)) for column in (list(side) for side in zip(*corners, strict=True)))
    assert math.isclose((right - left) / (bottom - top), 400 / 300, rel_tol=0.01)
    (bar,) = [str(a["d"]) for _, a in Words(picture).elements if a.get("class") == "scale"]
    start, end = float(re.findall(r"M(\d+) ", bar)[0]), float(re.findall(r"H(\d+)V", bar)[0])
    assert "100 m" in said(picture)
    assert math.isclose((end - start) / 100, (right - left) / 400, rel_tol=0.02)
    view = [float(n) for n in re.findall(r'viewBox="0 0 (\d+) (\d+)"', picture)[0]]
    assert (left > 0, top > 0, right < view[0], bottom < view[1]) == (True,) * 4
    north = path_of(picture, "other")
    assert min(y for _, y in north) < top, "the neighbour to the north is drawn above"


def test_facilities_are_numbered_by_service_and_planned_ones_hollow() -> None:
    picture = large_map(card_town())
    discs = [a for tag, a in Words(picture).elements if tag == "circle"]
    assert [disc["fill"] for disc in discs] == ["#1d3f94", "#b0122b", "#ffffff", "#c8102e"]
    assert discs[2]["stroke"] == "#17642d"
    spots = [(float(str(d["cx"])), float(str(d["cy"]))) for d in discs]
    apart = min(math.dist(a, b) for i, a in enumerate(spots) for b in spots[:i])
    assert apart >= 46, "two at one door stand beside each other: two discs of 23 units"
    assert len([a for tag, a in Words(picture).elements if a.get("class") == "lead"]) == 1


def test_a_facility_elsewhere_is_not_on_the_card() -> None:
    town = card_town()
    assert town.facilities is not None
    other = town.facilities.iloc[:1].assign(name="邻村诊所").set_geometry([Point(EAST + 700, NORTH + 100)], crs=PAPER)
    facts = card_town(facilities=pd.concat([town.facilities, other], ignore_index=True))
    assert "邻村诊所" not in said(grid_cards(facts, ["G1"]).html)
    assert "邻村诊所" in said(grid_cards(facts, ["G2"]).html)


def test_more_facilities_than_the_legend_holds_are_counted() -> None:
    town = card_town()
    assert town.facilities is not None
    one = town.facilities.iloc[:1]
    many = pd.concat([one.assign(facility_id=f"F{i}", name=f"点{i:02}") for i in range(20)], ignore_index=True)
    page = said(grid_cards(card_town(facilities=many), ["G1"], public_url=URL).html)
    assert "另有 8 处设施" in page
    assert "点11" in page
    assert "点12" not in page


@pytest.mark.parametrize(
    "street",
    [
        LineString([(EAST - 5000, NORTH), (EAST - 4000, NORTH)]),
        LineString([(EAST, NORTH), (EAST, NORTH)]),
        LineString(),
        None,
        LineString([(EAST + 100, NORTH + 100), (EAST + 100.01, NORTH + 100)]),
    ],
)
def test_odd_streets_do_no_harm(street: Any) -> None:
    streets = gpd.GeoDataFrame({"road_id": ["R"], "name": ["某路"], "highway": [None]}, geometry=[street], crs=PAPER)
    assert "某路" not in said(grid_cards(card_town(streets=streets), ["G1"]).html)


def test_a_grid_of_two_parts_with_a_hole_is_drawn_whole() -> None:
    yard = box(EAST + 40, NORTH + 40, EAST + 60, NORTH + 60)
    shape = MultiPolygon([box(EAST, NORTH, EAST + 100, NORTH + 100) - yard, box(EAST + 200, NORTH, EAST + 300, NORTH + 100)])
    grids = gpd.GeoDataFrame({"grid_id": ["A"], "name": ["甲"], "parent_id": [None]}, geometry=[shape], crs=PAPER)
    picture = large_map(card_town(grids=grids, areas=None, facilities=None), "A")
    (own,) = [str(a["d"]) for _, a in Words(picture).elements if a.get("class") == "own"]
    assert (own.count("M"), own.count("Z")) == (3, 3)


def test_a_hundred_grids_take_seconds() -> None:
    grids = card_grids(10, 10)
    facts = card_town(
        grids=grids, areas=card_areas(grids), streets=card_streets(10, 10), facilities=card_facilities(grids), people=5
    )
    began = time.perf_counter()
    made = grid_cards(facts, None, public_url=URL)
    assert time.perf_counter() - began < 10
    assert (made.grids, len(Words(made.html).of_class("pockets"))) == (100, math.ceil(100 / PER_PAGE))
    assert len(made.html) < 10_000_000


def test_long_names_are_set_smaller() -> None:
    page = grid_cards(card_town(grids=card_grids(name=[LONG_NAME] * 6)), ["G1"], public_url=URL).html
    assert page.count('class="name small"') == 2
    assert isinstance(qr_code("x"), Html)


def test_names_codes_and_phones_that_no_card_holds_are_cut_and_told() -> None:
    grids = card_grids(name=["名" * 200, *"乙丙丁戊己"], code=["7" * 200, *"23456"], supervision_phone=["0" * 200, *"123456"[:5]])
    made = grid_cards(card_town(grids=grids, facilities=None), None, public_url=URL)
    (note,) = notes(made)
    assert note.startswith("Names, codes or supervision phones of 1 grids are too long")
    words = said(made.html).split("\n")
    assert [word for word in ("名" * 89 + "…", "7" * 69 + "…", "0" * 80 + "…") if not any(word in each for each in words)] == []
    assert "名" * 90 not in made.html
