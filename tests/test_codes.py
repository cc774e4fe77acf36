"""Codes of grids on paper-sized maps: the first numbering, later numbers, what is wrong with codes, and what came from what."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.boundaries import Boundaries, Grid
from geogrid.codes import (
    check_codes,
    code_scheme,
    findings_table,
    new_ids,
    next_codes,
    number_grids,
    reading_order,
    succession,
)
from geogrid.codescheme import GENERIC
from geogrid.errors import InputError
from tests.builders import CRS, block

if TYPE_CHECKING:
    from collections.abc import Mapping

TOWN = "990101100"
V1, V2 = f"{TOWN}001", f"{TOWN}002"
Box = tuple[float, float, float, float]


def town(grids: Mapping[str, Any], *, areas: list[dict[str, object]] | None = None) -> Boundaries:
    """Return boundaries of grids given as a box, or as a box and columns; two villages of a township unless areas are given."""
    rows = []
    for grid_id, given_ in grids.items():
        box, columns = given_ if isinstance(given_, list) else (given_, {})
        rows.append({"grid_id": grid_id, "name": grid_id, "parent_id": "A1", **columns, "geometry": block(*box)})
    known = areas if areas is not None else [area("T", "township", TOWN), area("A1", code=V1), area("A2", code=V2)]
    area_frame = gpd.GeoDataFrame(known, geometry="geometry", crs=CRS) if known else None
    return Boundaries.of(gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS), area_frame)


def area(area_id: str, level: str = "village", code: str = "", parent_id: str = "T") -> dict[str, object]:
    """Return a row of an area; where it lies does not matter here."""
    parent = "" if level == "township" else parent_id
    row = {"area_id": area_id, "name": f"{area_id}村", "level": level, "code": code, "parent_id": parent}
    return {**row, "geometry": block(0, 0, 1000, 1000)}


def numbers(boundaries: Boundaries, **options: Any) -> dict[str, int]:
    """Return the running number that each grid gets."""
    return {grid_id: int(code[-3:]) for grid_id, code in number_grids(boundaries, GENERIC, **options).items()}


def test_grids_are_numbered_as_a_page_is_read() -> None:
    """Blocks that do not lie exactly beside one another are still one row.

    ::

        300 +---+       +---+
            | d +---+---+ a |      d, b, e, a: one row, though b and e lie 10 m lower
        200 +---+ b | e +---+
            | c +---+---+ f |      then c, g, f
        100 +---+   g   +---+
                +-------+
    """
    boxes: dict[str, Box] = {
        "a": (300, 200, 400, 300),
        "b": (100, 190, 200, 290),
        "c": (0, 100, 100, 200),
        "d": (0, 200, 100, 300),
        "e": (200, 190, 300, 290),
        "f": (300, 100, 400, 200),
        "g": (100, 90, 300, 190),
    }
    assert numbers(town(boxes)) == {"d": 1, "b": 2, "e": 3, "a": 4, "c": 5, "g": 6, "f": 7}
    assert number_grids(town(boxes), GENERIC)["d"] == "990101100001001"


def test_stacked_grids_are_numbered_north_to_south() -> None:
    """The southern one lies farther west, yet the northern one comes first."""
    assert numbers(town({"south": (0, 0, 100, 40), "north": (30, 40, 130, 120)})) == {"north": 1, "south": 2}


def test_a_tall_grid_makes_one_row_of_all_beside_it() -> None:
    r"""Two small grids lie east of a tall one: west to east first, then the northern of the two.

    ::

        +---+---+
        |   | n |
        | w +---+
        |   | s |
        +---+---+
    """
    boxes: dict[str, Box] = {"s": (100, 0, 200, 100), "n": (100, 110, 200, 200), "w": (0, 0, 100, 420)}
    assert numbers(town(boxes)) == {"w": 1, "n": 2, "s": 3}


def test_each_village_begins_with_one() -> None:
    boundaries = town(
        {
            "a": [(0, 0, 100, 100), {"parent_id": "A2"}],
            "b": [(100, 0, 200, 100), {"parent_id": "A1"}],
            "c": [(200, 0, 300, 100), {"parent_id": "A2"}],
        }
    )
    assert number_grids(boundaries, GENERIC) == {"a": f"{V2}001", "b": f"{V1}001", "c": f"{V2}002"}


def test_grids_on_one_spot_go_by_id() -> None:
    boxes: dict[str, Box] = dict.fromkeys(("z", "k", "m"), (0, 0, 100, 100))
    assert numbers(town(boxes)) == {"k": 1, "m": 2, "z": 3}


def test_the_standing_set_comes_before_projects_and_larger_grids_before_smaller() -> None:
    boundaries = town(
        {
            "p": [(0, 0, 50, 100), {"grid_set": "黄金山头"}],
            "s1": [(0, 0, 50, 100), {"grid_set": "standing", "parent_id": "big"}],
            "s2": [(50, 0, 100, 100), {"parent_id": "big"}],
            "big": [(0, 0, 100, 100), {"grid_set": "standing"}],
        }
    )
    assert numbers(boundaries) == {"big": 1, "s1": 2, "s2": 3, "p": 4}


def test_valid_codes_stay_and_others_get_the_next_number() -> None:
    boundaries = town(
        {
            "kept": [(0, 0, 100, 100), {"code": f"{V1}005"}],
            "foreign": [(100, 0, 200, 100), {"code": f"{V2}001"}],
            "wrong": [(200, 0, 300, 100), {"code": "7"}],
            "twin": [(300, 0, 400, 100), {"code": f"{V1}005"}],
            "none": (400, 0, 500, 100),
        }
    )
    assert numbers(boundaries) == {"kept": 5, "foreign": 6, "wrong": 7, "twin": 8, "none": 9}
    assert numbers(boundaries, used={f"{V1}011", f"{V2}900"}) == {"kept": 5, "foreign": 12, "wrong": 13, "twin": 14, "none": 15}


def test_a_grid_without_a_village_with_a_code_is_left_out_and_named() -> None:
    boundaries = town(
        {
            "lost": [(0, 0, 100, 100), {"parent_id": ""}],
            "ring": [(100, 0, 200, 100), {"parent_id": "ring"}],
            "bare": [(200, 0, 300, 100), {"parent_id": "A3"}],
            "in_town": [(300, 0, 400, 100), {"parent_id": "T"}],
            "stated": [(400, 0, 500, 100), {"parent_id": "T", "code": f"{V2}009"}],
        },
        areas=[area("T", "township", TOWN), area("A3")],
    )
    assert number_grids(boundaries, GENERIC) == {"stated": f"{V2}009"}
    found = check_codes(boundaries, GENERIC)
    assert [(one.id, one.kind) for one in found] == [
        *(("A3", "missing"), ("bare", "missing"), ("in_town", "missing")),
        *(("lost", "missing"), ("lost", "no_area"), ("ring", "missing"), ("ring", "no_area")),
    ]
    assert found[1].remedy.en == "give its area a code first, then number it"
    assert (found[4].expected.zh, found[4].remedy.zh) == (
        "应属于一个区域（village），代码由该区域的代码和顺序号组成",
        "请填写上级编号 parent_id",
    )


def test_areas_may_call_their_levels_what_they_like() -> None:
    areas = [area("T", "镇", TOWN), area("Z", "片区", "Z1"), area("A1", "村（社区）", V1, "Z"), area("E", "小区", "", "A1")]
    boundaries = town({"g": [(0, 0, 100, 100), {"parent_id": "E"}]}, areas=areas)
    assert number_grids(boundaries, GENERIC) == {"g": f"{V1}001"}


def test_a_grid_may_share_the_id_of_its_village() -> None:
    boundaries = town({"A1": [(0, 0, 100, 100), {"parent_id": "A1"}]})
    assert number_grids(boundaries, GENERIC) == {"A1": f"{V1}001"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("FN-{village}-{sequence:2}", "FN-990101100001-01"), ("W{sequence:4}", "W0001")],
)
def test_places_have_patterns_of_their_own(pattern: str, expected: str) -> None:
    scheme = code_scheme(pattern, ["township", "village"])
    assert number_grids(town({"g": (0, 0, 100, 100)}), scheme) == {"g": expected}
    assert check_codes(town({"g": [(0, 0, 100, 100), {"code": expected}]}), scheme) == ()


def test_all_grids_as_one_need_no_area() -> None:
    scheme = code_scheme("W{sequence:4}", ["village"])
    boundaries = town({"g": [(0, 0, 9, 9), {"parent_id": ""}], "h": [(9, 0, 18, 9), {"parent_id": ""}]}, areas=[])
    assert number_grids(boundaries, scheme) == {"g": "W0001", "h": "W0002"}
    assert [(one.id, one.kind) for one in check_codes(boundaries, scheme)] == [("g", "missing"), ("h", "missing")]


def test_no_grids_no_codes() -> None:
    empty = Boundaries(gpd.GeoSeries(crs=CRS).crs, {})
    assert number_grids(empty, GENERIC) == {}
    assert check_codes(empty, GENERIC) == ()
    assert succession(empty, empty).empty
    assert reading_order([]) == []


def test_the_next_number_is_after_the_highest_and_only_then_a_gap() -> None:
    used = {f"{V1}002", f"{V1}998", f"{V2}999", "7"}
    assert next_codes(V1, used, GENERIC) == [f"{V1}999"]
    assert next_codes(V1, used, GENERIC, 3) == [f"{V1}999", f"{V1}001", f"{V1}003"]
    assert next_codes(V1, (), GENERIC, 2) == [f"{V1}001", f"{V1}002"]
    assert next_codes(V1, used, GENERIC, 0) == []


def test_a_village_out_of_numbers_is_named_with_the_remedy() -> None:
    used = {f"{V1}{number:03d}" for number in range(1, 999)}
    assert next_codes(V1, used, GENERIC) == [f"{V1}999"]
    with pytest.raises(InputError) as caught:
        next_codes(V1, used, GENERIC, 2, name="杨林村")
    assert str(caught.value) == (
        "area '杨林村' (990101100001) has 1 of the numbers 1 to 999 left and needs 2; no number is used twice. "
        "Get the area a new code, or give sequence more digits in the profile's code_pattern"
    )
    assert "区域“杨林村”（990101100001）的顺序号 1～999 只剩 1 个未用过，需要 2 个" in caught.value.say("zh")
    with pytest.raises(InputError, match="area 'A1村' \\(990101100001\\) has 0 of"):
        number_grids(town({"g": (0, 0, 9, 9)}), GENERIC, used=used | {f"{V1}999"})


def test_the_code_of_a_village_must_fit() -> None:
    with pytest.raises(
        InputError,
        match=r"the code '99010110000' of area '杨林村' cannot be part of a grid's \(15 digits: county 6.*\); correct the area's",
    ):
        next_codes("99010110000", (), GENERIC, name="杨林村")


@pytest.mark.parametrize(
    ("like", "taken", "expected"),
    [
        (["G07"], ["G01", "G21"], ["G22", "G23"]),
        (["G1", "G12"], [], ["G13", "G14"]),
        (["G98"], [], ["G99", "G100"]),
        (["A-1", "B-1", "B-2"], ["A-9"], ["B-3", "B-4"]),
        (["G07"], ["H99", "G07b", "xG50"], ["G08", "G09"]),
        (["河街第1网格"], ["河街第3网格"], ["河街第4网格", "河街第5网格"]),
        (["east"], ["east-2"], ["east-3", "east-4"]),
        ([], [], ["G1", "G2"]),
        ([], ["G1"], ["G2", "G3"]),
        ([f"{V1}003", f"{V1}001"], [f"{V1}007", f"{V2}050"], [f"{V1}008", f"{V1}009"]),
        ([f"{V1}003", f"{V2}001", f"{V2}002"], [], [f"{V2}003", f"{V2}004"]),
        ([f"{V1}003", "G1"], [], [f"{V1}004", f"{V1}005"]),
    ],
)
def test_new_ids_look_like_those_around_them(like: list[str], taken: list[str], expected: list[str]) -> None:
    assert new_ids(like, taken, 2, scheme=GENERIC) == expected


def test_ids_that_are_codes_end_with_the_village() -> None:
    with pytest.raises(InputError, match="has 0 of the numbers 1 to 9 left and needs 1"):
        new_ids(["V9"], [f"V{n}" for n in range(10)], 1, scheme=code_scheme("V{sequence:1}", []))


IDS = st.text("Gg0129-一", min_size=1, max_size=4)


@given(st.lists(IDS, max_size=6), st.sets(IDS, max_size=12), st.integers(0, 5))
def test_new_ids_were_never_anyones(like: list[str], taken: set[str], n: int) -> None:
    made = new_ids(like, taken, n)
    assert len(set(made)) == n
    assert not set(made) & {*like, *taken}


@given(st.sets(st.integers(1, 60)), st.integers(0, 40))
def test_next_codes_are_never_in_used(given_: set[int], n: int) -> None:
    scheme = code_scheme("{village:1}{sequence:2}", ["village"])
    used = {f"1{number:02d}" for number in given_}
    made = next_codes("1", used, scheme, n)
    assert len(set(made)) == n
    assert not used & set(made)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(corners: list[tuple[int, int]], random: Random) -> None:
    grids = [Grid(f"g{i}", "", shapely.box(x, y, x + 1 + i % 3, y + 1 + i % 2)) for i, (x, y) in enumerate(corners)]
    expected = [grid.grid_id for grid in reading_order(grids)]
    assert sorted(expected) == sorted(grid.grid_id for grid in grids)
    random.shuffle(grids)
    assert [grid.grid_id for grid in reading_order(grids)] == expected


def oracle_order(boxes: dict[str, Box]) -> list[str]:
    """Rows by hand: of those left, the northernmost middle opens a row down to its south edge."""
    left, order = dict(boxes), []
    while left:
        middle = {key: ((west + east) / 2, (south + north) / 2) for key, (west, south, east, north) in left.items()}
        opener = min(left, key=lambda key: (-middle[key][1], middle[key][0], key))
        row = [key for key in left if middle[key][1] >= left[opener][1]]
        order += sorted(row, key=lambda key: (middle[key][0], -middle[key][1], key))
        left = {key: box for key, box in left.items() if key not in row}
    return order


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 6)] * 2), min_size=1, max_size=10))
def test_the_order_is_that_of_an_obvious_oracle(given_: list[tuple[int, int, int, int]]) -> None:
    boxes = {f"g{i}": (float(x), float(y), float(x + w), float(y + h)) for i, (x, y, w, h) in enumerate(given_)}
    grids = [Grid(key, "", shapely.box(*box)) for key, box in boxes.items()]
    assert [grid.grid_id for grid in reading_order(grids)] == oracle_order(boxes)


def test_every_kind_of_wrong_code_is_found() -> None:
    boundaries = town(
        {
            "fine": [(0, 0, 9, 9), {"code": f"{V1}001"}],
            "long": [(0, 0, 9, 9), {"code": f"{V1}0012"}],
            "odd": [(0, 0, 9, 9), {"code": f"{V1}０02"}],
            "prefix": [(0, 0, 9, 9), {"code": f"{V2}001"}],
            "reused": [(0, 0, 9, 9), {"code": f"{V1}004"}],
            "twin": [(0, 0, 9, 9), {"code": f"{V1}001"}],
            "none": (0, 0, 9, 9),
        }
    )
    used = {f"{V1}001": "fine", f"{V1}004": "ended", f"{V1}009": "ended"}
    found = {(one.id, one.kind): one for one in check_codes(boundaries, GENERIC, used_before=used)}
    assert list(found) == [
        *(("fine", "duplicate"), ("long", "form"), ("none", "missing"), ("odd", "form"), ("prefix", "prefix")),
        *(("reused", "reused"), ("twin", "duplicate"), ("twin", "reused")),
    ]
    pattern = "15 digits: county 6, township 3, village 3, running number 3"
    assert {key[0]: one.expected.en for key, one in found.items()} == {
        "fine": "a code of its own; twin have it too",
        "long": f"{pattern}; '9901011000010012' has 16 characters",
        "none": f"a code: {pattern}",
        "odd": f"{pattern}; '990101100001０02' has 15 characters, '０' among them",
        "prefix": "a code under 990101100001, that of 'A1村'",
        "reused": "a code that nobody had before; it was that of ended",
        "twin": "a code that nobody had before; it was that of fine",
    }
    assert all(one.remedy.zh and one.remedy.en and one.expected.zh and one.table == "grids" for one in found.values())
    assert found["odd", "form"].expected.zh.endswith("“990101100001０02”有 15 个字符，其中有 '０'")
    table = findings_table(found.values())
    assert table.loc[1, ["table", "id", "kind", "value", "remedy_en"]].tolist() == [
        *("grids", "long", "form", f"{V1}0012", "correct the code, or remove it and number the grid anew"),
    ]


def test_codes_of_areas_are_checked_by_their_level() -> None:
    areas = [
        area("T", "township", TOWN),
        area("A1", code=f"{TOWN}1"),
        area("A2", code="990101200001"),
        area("A3", code=V1),
        area("A4", code=V1),
        area("A5"),
        area("Z", "zone", "Z1"),
        area("A6", code=V2, parent_id="Z"),
    ]
    boundaries = town({"g": [(0, 0, 9, 9), {"parent_id": "A6", "code": f"{V2}001"}]}, areas=areas)
    found = check_codes(boundaries, GENERIC)
    assert [(one.table, one.id, one.kind) for one in found] == [
        ("areas", key, kind)
        for key, kind in [("A1", "form"), ("A2", "prefix"), ("A3", "duplicate"), ("A4", "duplicate"), ("A5", "missing")]
    ]
    assert found[0].expected.en == "12 digits; '9901011001' has 10 characters"
    assert found[1].expected.zh == "应为“T村”的代码 990101100 之下的代码"
    assert found[4].remedy.en == "give the area its code from the list"


def test_the_township_speaks_for_a_village_without_a_code() -> None:
    boundaries = town({"g": [(0, 0, 9, 9), {"code": "990101200001001"}]}, areas=[area("T", "township", TOWN), area("A1")])
    assert [(one.id, one.kind, one.expected.en) for one in check_codes(boundaries, GENERIC)][1:] == [
        ("g", "prefix", "a code under 990101100, that of 'T村'")
    ]


def rows(before: Boundaries, after: Boundaries) -> list[tuple[str, str, str, float]]:
    """Return the succession without codes."""
    table = succession(before, after)
    return list(table[["from_id", "to_id", "kind", "area_m2"]].itertuples(index=False, name=None))


def test_a_grid_drawn_out_of_two_came_from_both() -> None:
    """B takes 40 m of a and 10 m of c; c also gives 10 m to a, which is nobody's birth."""
    before = town({"a": [(0, 0, 100, 100), {"code": f"{V1}001"}], "c": [(100, 0, 200, 100), {"code": f"{V1}002"}]})
    after = town(
        {
            "a": [(0, 0, 60, 100), {"code": f"{V1}001"}],
            "b": [(60, 0, 110, 100), {"code": f"{V1}003"}],
            "c": [(110, 0, 200, 100), {"code": f"{V1}002"}],
        }
    )
    assert rows(before, after) == [("a", "b", "split", 4000.0), ("c", "b", "split", 1000.0)]
    assert succession(before, after)[["from_code", "to_code"]].iloc[0].tolist() == [f"{V1}001", f"{V1}003"]
    assert rows(after, before) == [("b", "a", "merge", 4000.0), ("b", "c", "merge", 1000.0)]
    assert rows(before, before) == []


def test_kinds_of_succession_where_the_old_grid_ends() -> None:
    whole = town({"a": (0, 0, 200, 100)})
    halves = town({"b": (0, 0, 100, 100), "c": (100, 0, 200, 100)})
    others = town({"d": (0, 0, 50, 100), "e": (50, 0, 200, 100)})
    assert rows(whole, halves) == [("a", "b", "split", 10_000.0), ("a", "c", "split", 10_000.0)]
    assert rows(halves, whole) == [("b", "a", "merge", 10_000.0), ("c", "a", "merge", 10_000.0)]
    assert rows(whole, town({"z": (0, 0, 200, 100)})) == [("a", "z", "replace", 20_000.0)]
    assert rows(halves, others) == [("b", "d", "split", 5000.0), ("b", "e", "redraw", 5000.0), ("c", "e", "merge", 10_000.0)]


def test_pieces_under_a_square_metre_or_a_hundredth_are_left_out() -> None:
    """B is 100 m by 100 m: 0.9 m of it came from c, which is under 1 %; 1 m counts."""

    def drawn(metres: float) -> list[str]:
        before = town({"a": (0, 0, 200, 100), "c": (200, 0, 300, 100)})
        edge = 200 + metres
        after = town({"a": (0, 0, edge - 100, 100), "b": (edge - 100, 0, edge, 100), "c": (edge, 0, 300, 100)})
        return [str(one) for one in succession(before, after)["from_id"]]

    assert drawn(0.9) == ["a"]
    assert drawn(1.0) == ["a", "c"]
    tiny = town({"a": (0, 0, 99.5, 1), "b": (99.5, 0, 100, 1)})
    assert rows(town({"a": (0, 0, 100, 1)}), tiny) == []


def test_a_small_grid_swallowed_by_a_new_large_one_is_known() -> None:
    before = town({"a": (0, 0, 1000, 100), "s": (1000, 0, 1005, 100)})
    assert rows(before, town({"n": (0, 0, 1005, 100)})) == [("a", "n", "merge", 100_000.0), ("s", "n", "merge", 500.0)]


def test_only_grids_of_one_tiling_follow_each_other() -> None:
    before = town({"a": (0, 0, 100, 100)})
    after = town({"a": (0, 0, 100, 100), "p": [(0, 0, 50, 100), {"grid_set": "project"}]})
    assert rows(before, after) == []
    assert rows(after, before) == []


class Strip:
    """A village as a strip of grids, redrawn at random; codes and ids are given as a store would."""

    def __init__(self) -> None:
        self.edges = {"G1": (0.0, 400.0), "G2": (400.0, 1000.0)}
        self.codes: dict[str, str] = {}
        self.used: dict[str, str] = {}
        self.ids = set(self.edges)
        self.give()

    def boundaries(self) -> Boundaries:
        """Return the village as it is now."""
        boxes = {key: [(west, 0, east, 100), {"code": self.codes.get(key, "")}] for key, (west, east) in self.edges.items()}
        return town(boxes)

    def give(self) -> None:
        """Give codes to grids that have none, and write them down for ever."""
        self.codes = number_grids(self.boundaries(), GENERIC, used=self.used.keys())
        for grid_id, code in self.codes.items():
            self.used.setdefault(code, grid_id)

    def split(self, place: int) -> str:
        """Cut a grid; its eastern half is new."""
        key = sorted(self.edges)[place % len(self.edges)]
        (west, east), (fresh,) = self.edges[key], new_ids(list(self.edges), self.ids, 1)
        middle = (west + east) / 2
        self.edges |= {key: (west, middle), fresh: (middle, east)}
        self.ids.add(fresh)
        return fresh

    def merge(self, place: int) -> str:
        """Give a grid to its neighbour in the west."""
        in_order = sorted(self.edges, key=lambda key: self.edges[key])
        keep, gone = in_order[place % (len(in_order) - 1) :][:2]
        self.edges[keep] = (self.edges[keep][0], self.edges.pop(gone)[1])
        return gone


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50)), max_size=8))
def test_codes_stay_and_are_unique_over_time(steps: list[tuple[bool, int]]) -> None:
    strip = Strip()
    for is_split, place in steps:
        before, codes, met = strip.boundaries(), dict(strip.codes), set(strip.used)
        changed = strip.split(place) if is_split or len(strip.edges) == 1 else strip.merge(place)
        strip.give()
        after = strip.boundaries()
        assert check_codes(after, GENERIC, used_before=strip.used) == ()
        assert {key: strip.codes[key] for key in codes.keys() & strip.codes.keys()} == {
            key: code for key, code in codes.items() if key in strip.codes
        }
        assert not {strip.codes[key] for key in strip.codes.keys() - codes.keys()} & met
        table = succession(before, after)
        kind = "split" if changed in strip.edges else "merge"
        assert table["kind"].tolist() == [kind]
        assert table["to_id" if kind == "split" else "from_id"].tolist() == [changed]


def test_renumbering_changes_nothing() -> None:
    boundaries = town({"a": (0, 0, 100, 100), "b": (100, 0, 200, 100)})
    codes = number_grids(boundaries, GENERIC)
    coded = replace(boundaries, grids={key: replace(grid, code=codes[key]) for key, grid in boundaries.grids.items()})
    assert number_grids(coded, GENERIC, used=set(codes.values())) == codes
    assert all(not grid.code for grid in boundaries.grids.values())
