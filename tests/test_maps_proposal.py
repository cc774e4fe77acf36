"""The page of a proposal: what it draws and says, and what it never holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pytest

from geogrid.errors import InputError
from geogrid.modes import MODES
from geogrid.words import Text
from maps.assets import fingerprint, static
from maps.packing import UNITS
from maps.proposal import SCRIPTS, Page, proposal_page
from maps.proposalbasis import AGAIN, PROOFS, ROWS, SETTINGS, STOPPED, VALUES, basis, said
from maps.proposaldivisions import classes
from maps.proposalscene import HUES, distance, hues, share, spread
from maps.proposalwords import FIGURES, KINDS, LABELS
from tests import proposal_pages as paper

OWN = ("proposal.js", "proposalmaps.js", "proposalcharts.js", "proposalpanel.js", "proposalpaper.js")


def content(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="geogrid-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


@pytest.fixture(scope="module")
def hostile() -> dict[str, str]:
    return {name: proposal_page(page) for name, page in paper.hostile().items()}


# What the page holds


def test_each_grid_has_the_class_of_its_number() -> None:
    data = content(proposal_page(paper.divisions()))
    today, then = (data["answers"][0]["sides"][s]["features"] for s in (0, 1))
    assert [row["label"][0] for row in data["classes"]] == ["<300", "300–359", "360–440", "441–500", ">500"]
    assert today["class"] == [4, 0, 2, 4]
    assert then["class"] == [3, 3, 2, 4]
    assert today["labels"] == ["700", "250", "400", "550"]
    assert today["said"][0] == [["700 户，比上限多 200", "700 households, 200 above the range"], ["2,100 人", "2,100 persons"]]
    assert then["said"][1][2] == ["转入 200 户，转出 0 户", "200 households in, 0 households out"]
    assert then["said"][2][-1] == list(LABELS["lockedSign"])


def begin(label: str) -> int:
    """Return the least number of a class that is labelled so."""
    return 0 if label[0] == "<" else int(label[1:]) + 1 if label[0] == ">" else int(label.split("–", maxsplit=1)[0])


@pytest.mark.parametrize(
    ("low", "high", "target", "expected"),
    [
        (300, 500, None, ["<300", "300–359", "360–440", "441–500", ">500"]),
        (300, None, None, ["<300", ">299"]),
        (None, 500, None, ["<501", ">500"]),
        (None, None, 220, ["<198", "198–242", ">242"]),
        (None, None, None, []),
        (300, 500, 310, ["<300", "300–320", "321–500", ">500"]),
        (3, 3, None, ["<3", "3", ">3"]),
    ],
)
def test_classes_follow_the_limits_that_there_are(
    low: int | None, high: int | None, target: int | None, expected: list[str]
) -> None:
    found = classes(paper.divisions(low=low, high=high, target=target))
    assert [row.label.en for _, row in found] == expected
    assert [start for start, _ in found] == sorted({start for start, _ in found})
    edge = [
        (0 if text[0] == "<" else int(text[1:]) + 1 if text[0] == ">" else int(text.split("–", maxsplit=1)[0]))
        for text in expected
    ]
    assert [start for start, _ in found] == edge, "each class begins where it says"


def test_grids_keep_their_own_colour_in_every_alternative() -> None:
    data = content(proposal_page(paper.divisions()))
    colours = [answer["sides"][1]["features"]["hue"] for answer in data["answers"]]
    assert colours == [data["answers"][0]["sides"][0]["features"]["hue"]] * 3
    squares = [paper.block(1000 * x, 1000 * x + 1000, 1000 * y, 1000 * y + 1000) for x in range(6) for y in range(6)]
    found = hues(gpd.GeoDataFrame(geometry=squares, crs=paper.CRS))
    for i, one in enumerate(squares):
        for j, other in enumerate(squares[:i]):
            assert found[i] != found[j] or not one.intersects(other)
    assert set(found) <= set(range(len(HUES)))
    assert spread(3, []) == [0, 1, 2]


def test_land_that_changes_hands_says_from_where_to_where() -> None:
    data = content(proposal_page(paper.divisions()))
    moved = data["answers"][0]["sides"][1]["moved"]
    assert moved["names"] == [["甲 → 乙", "甲 → 乙"]]
    assert moved["said"] == [[["200 户", "200 households"]]]
    assert data["answers"][0]["sides"][0]["moved"] is None


def test_the_farthest_out_of_range_comes_first_in_the_list() -> None:
    rows = content(proposal_page(paper.divisions()))["answers"][2]["lists"][0]["rows"]
    assert [(row["id"], row["bad"]) for row in rows] == [("G1", True), ("W1", True), ("G3", False), ("G2", False)]


def test_what_cannot_be_met_is_named_with_its_place_and_what_releases_it() -> None:
    troubles = content(proposal_page(paper.divisions()))["answers"][0]["troubles"]
    row = troubles["rows"][0]
    assert row["name"] == "西村"
    assert row["release"] == [["下限改为 275 户", "a range from 275"], ["上限改为 550 户", "a range to 550"]]
    west, south, east, north = row["box"]
    x, y = (value / UNITS for value in troubles["spots"][0])
    assert west < x < east
    assert south < y < north


def test_from_scratch_the_villages_stand_on_the_other_side() -> None:
    data = content(proposal_page(paper.scratch()))
    before = data["answers"][0]["sides"][0]
    assert before["features"] is None
    assert before["title"] == list(LABELS["noToday"])
    assert before["outlines"]["names"] == ["东村", "西村"]


def test_a_place_without_any_proposal_is_drawn_with_what_stops_it() -> None:
    data = content(proposal_page(paper.divisions(alternatives=[])))
    assert data["answers"][0]["name"] == list(LABELS["nothing"])
    assert data["answers"][0]["sides"][1]["withTroubles"]
    assert data["answers"][0]["sides"][1]["features"]["ids"] == ["G1", "G2", "G3", "W1"]
    well = content(proposal_page(paper.divisions(alternatives=[], troubles=[])))["answers"][0]
    assert (well["name"], well["sides"][1]["title"]) == (list(LABELS["unchanged"]), list(LABELS["proposal"]))
    bare = content(proposal_page(paper.divisions(alternatives=[], today=None)))
    assert bare["answers"][0]["sides"][1]["features"] is None


def test_the_trade_off_is_drawn_only_of_figures_that_differ() -> None:
    page = paper.divisions()
    assert content(proposal_page(page))["chart"]["axes"][0] == ["households_moved", "out_of_range"]
    same = replace(page, alternatives=[replace(each, figures={**each.figures, "out_of_range": 1}) for each in page.alternatives])
    assert content(proposal_page(same))["chart"]["axes"] == [["households_moved", "border_m"]]
    assert content(proposal_page(replace(page, alternatives=page.alternatives[:1])))["chart"]["axes"] == []


def test_figures_stand_in_the_order_of_their_rows_and_what_is_not_finite_is_not_known() -> None:
    page = paper.sites(figures={"gap": float("inf"), "sites": 2, "mean_minutes": None})
    assert content(proposal_page(page))["answers"][0]["figures"] == [["sites", 2.0], ["mean_minutes", None], ["gap", None]]


def test_sites_are_numbered_by_gain_and_say_what_each_brings() -> None:
    data = content(proposal_page(paper.sites()))
    sides = data["answers"][0]["sides"]
    assert sides[0]["features"]["class"] == [4, 0, 0, 0, 5, 0, 0, 0]
    assert sides[1]["features"]["class"] == [4, 4, 3, 4, 5, 0, 0, 2]
    candidates, existing, chosen = sides[1]["signs"]
    assert candidates["names"] == ["旧校舍", "仓库", "车站"]
    assert existing["names"] == ["镇卫生院"]
    assert (chosen["names"], chosen["numbers"]) == (["空地", "新村部"], [1, 2])
    assert [line[0] for line in chosen["said"][0][:2]] == ["新增 2,050 人", "去掉它会失去 2,050 人"]
    assert chosen["said"][1][1][1] == "without it 1,100 persons would be lost"
    listed, remains, newly = data["answers"][0]["lists"]
    assert listed["rows"][0]["said"][-1] == ["覆盖 3格 850、4格 700、2格 500", "covers 3格 850, 4格 700, 2格 500"]
    assert [row["id"] for row in remains["rows"]] == ["A6", "A7"]
    assert remains["note"] == ["900 人", "900 persons"]
    assert [row["id"] for row in newly["rows"]] == ["A8", "A3", "A4", "A2", "A7", "A1"]
    assert "500 人未覆盖：只有未选中的候选点能到" in [line[0] for line in sides[1]["features"]["said"][5]]
    assert data["chart"]["curve"]["points"][3] == [3, 5100.0, 5300.0, False]


def test_zones_are_spokes_from_their_centre_and_villages_in_none_are_told_apart() -> None:
    data = content(proposal_page(paper.zones()))
    side = data["answers"][0]["sides"][1]
    assert side["features"]["class"] == [0] * 10 + [1, 2]
    assert len(side["spokes"]) == 8, "a centre has none to itself"
    assert {spoke[4] for spoke in side["spokes"]} == set(side["features"]["hue"][:10])
    assert side["features"]["hue"][0] != side["features"]["hue"][2]
    zones, rest = data["answers"][0]["lists"]
    assert zones["rows"][0]["radius"] == pytest.approx(1414.2)
    assert zones["rows"][0]["said"][-1] == ["一村、二村、五村、六村、九村", "一村, 二村, 五村, 六村, 九村"]
    assert [row["name"] for row in rest["rows"]] == ["十一村"]
    assert side["features"]["said"][11][0][0].startswith("离最近的中心七村")
    assert data["answers"][0]["made"]["headline"][1] == "Proven the best possible; seed 7; same again: yes."
    points = content(proposal_page(paper.zones(as_points=True)))["answers"][0]["sides"][1]
    assert points["spokes"] == side["spokes"]
    today = content(proposal_page(paper.zones(today={"V1": "老区"})))["answers"][0]["sides"][0]["features"]
    assert (today["class"][:2], today["hue"][:2]) == ([0, 1], [0, -1])


def test_provenance_is_told_in_words() -> None:
    told = basis(paper.made("grids", proof="gap", gap=0.0123, stopped="time"))
    rows = {name.en: value.en for name, value in told["rows"]}
    assert rows["Proof"] == "not proven; at most 1.23% from the best"
    assert rows["Same again"] == AGAIN[False].en
    assert rows["Stopped"] == STOPPED["time"].en
    assert rows["Work done"] == "1,200 nodes"
    assert [(name.zh, value.zh) for name, value in told["settings"]] == [
        ("户数范围", "300、500"),
        ("范围", "V1"),
        ("own_key", "是"),
    ]
    assert told["inputs"] == [["households", "ab" * 6], ["grids", "cd" * 6]]
    assert basis(paper.made("grids", proof="gap"))["rows"][0][1] == PROOFS["found"]
    assert "不一定" in AGAIN[False].zh
    silent = {"kind": "grids", "seed": 7, "persons": [None, None], "plan": ""}
    assert basis(replace(paper.made("grids"), settings=silent))["settings"] == []
    assert said("walk") == MODES["walk"].name
    assert said(Text("甲", "A")) == ("甲", "A")
    assert said({"low": 3, "x": [1.5, None]}) == ("户数下限 3、x 1.5、不限", "Least households 3, x 1.5, no limit")


def test_columns_that_the_page_does_not_show_are_not_in_it() -> None:
    extra = {"household_id": "CANARY", "note": "CANARY"}
    division = replace(paper.divisions().alternatives[0], grids=paper.today().assign(**extra), provenance=paper.made("even"))
    location, zoned = paper.sites(), paper.zones()
    tables = {name: getattr(location, name).assign(**extra) for name in ("grids", "existing", "candidates")}
    answer = replace(zoned.answers[0], zones=zoned.answers[0].zones.assign(**extra))
    pages: list[Page] = [
        paper.divisions(alternatives=[division], today=paper.today().assign(**extra)),
        replace(location, **tables),
        replace(zoned, villages=zoned.villages.assign(**extra), answers=[answer]),
    ]
    for page in pages:
        assert "CANARY" not in proposal_page(page)


def test_shares_and_lengths_are_never_rounded_to_what_they_are_not() -> None:
    assert [share(part, 10_000) for part in (0, 1, 5000, 9999, 10_000)] == ["0%", "0.1%", "50.0%", "99.9%", "100%"]
    assert share(0, 0) == "—"
    assert [distance(metres).en for metres in (999.4, 1000.0, None)] == ["999 m", "1.00 km", "—"]


def test_what_is_wrong_with_a_page_is_named_all_at_once() -> None:
    page = paper.divisions()
    bare = page.alternatives[0].grids.drop(columns="households")
    worst = replace(page.alternatives[0], figures={"speed": 1}, grids=bare)
    wrong = replace(page, head=replace(page.head, kind="gird"), alternatives=[worst])
    with pytest.raises(InputError) as error:
        proposal_page(wrong)
    for part in ("'gird'", "grids, even, merge", "'speed'", "FIGURES", "grids plan-A", "households"):
        assert part in str(error.value)
    for empty in (replace(page, alternatives=[], today=None, areas=None), paper.zones(answers=[])):
        with pytest.raises(InputError, match="nothing to draw"):
            proposal_page(empty)
    with pytest.raises(InputError, match="candidate_id"):
        proposal_page(paper.sites(candidates=paper.sites().candidates.drop(columns="candidate_id")))


def test_the_same_proposal_gives_the_same_page_and_nothing_else_may_run(hostile: dict[str, str]) -> None:
    assert proposal_page(paper.divisions()) == proposal_page(paper.divisions())
    for page in hostile.values():
        for waking in ("{{7", "{%", "{#", "</script><script>w", "<!--", "<svg onload", "\u2028", "\u2029", "<img"):
            assert waking not in page
        assert not re.search(r"<(link|iframe|script src)", page)
        assert '<meta name="robots" content="noindex">' in page
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
        assert policy
        assert "default-src 'none'" in policy[1]
        assert "unsafe" not in policy[1]
        for tag in ("script", "style"):
            assert all(fingerprint(code) in policy[1] for code in re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL))


def test_every_label_that_the_scripts_ask_for_exists_in_both_languages() -> None:
    assert set(OWN) < set(SCRIPTS)
    scripts = "".join(static(name) for name in OWN)
    asked = set(re.findall(r'\bt\("(\w+)"', scripts)) | set(re.findall(r'data-t(?:-label)?="(\w+)"', static("proposal.html")))
    assert asked <= set(LABELS)
    rows = [LABELS, KINDS, ROWS, SETTINGS, VALUES, PROOFS, STOPPED, {key: row.label for key, row in FIGURES.items()}]
    for text in (text for table in rows for text in table.values()):
        assert text.zh
        assert text.en
        assert set(re.findall(r"\{\w+\}", text.zh)) == set(re.findall(r"\{\w+\}", text.en))
