"""Narrow defects go to somebody by stated rules, wide ones to nobody, and every square metre and household is accounted for."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid import rounds
from geogrid.boundaries import Boundaries, Tier, on_lattice
from geogrid.errors import InputError
from geogrid.mending import Rules
from geogrid.mendrecord import account_of, change_rows, outcomes
from geogrid.nesting import Key, storeys
from geogrid.repair import repair
from geogrid.rounds import Town, mended_in_rounds
from geogrid.topology import check_tiling
from tests.builders import CRS, X0, Y0, at, block, frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.repair import Repaired


def ring(*corners: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(X0 + x, Y0 + y) for x, y in corners])


def town(grids: Mapping[str, Any], areas: Mapping[str, Any] | None = None, **columns: Any) -> Boundaries:
    """Boundaries of polygons by id; columns of the grids as dicts by id."""
    rows = [
        {"grid_id": key, "name": key, "geometry": shape} | {name: values.get(key, "") for name, values in columns.items()}
        for key, shape in grids.items()
    ]
    lands = [{"area_id": key, "name": key, "geometry": shape} for key, shape in (areas or {}).items()]
    return Boundaries.of(frame(rows), frame(lands) if lands else None)


def said(result: Repaired) -> list[tuple[Any, ...]]:
    """Return kind, from, to, metres of width, square metres and rule of what was mended."""
    table = result.mended[["kind", "from_ids", "to_ids", "width_m", "area_m2", "rule"]].round(3)
    return list(table.itertuples(index=False, name=None))


def left(result: Repaired) -> list[tuple[Any, ...]]:
    table = result.left[["kind", "grid_ids", "area_id", "width_m", "area_m2"]].round(3)
    return list(table.itertuples(index=False, name=None))


def same_land(one: Any, other: Any) -> bool:
    return bool(shapely.symmetric_difference(one, other).area < 1e-3)


def wkb(boundaries: Boundaries) -> list[bytes]:
    values: list[Any] = [*boundaries.areas.values(), *boundaries.grids.values()]
    return [shapely.to_wkb(value.shape) for value in values]


def assert_balances(result: Repaired) -> None:
    account = result.account
    total = account["before_m2"] + account["taken_m2"] - account["given_m2"] + account["cut_m2"]
    assert np.allclose(total, account["after_m2"], rtol=0, atol=1e-6)
    assert account["cut_m2"].abs().max() < 0.01


VILLAGES = {"V1": block(0, 0, 100, 100), "V2": block(100, 0, 200, 100)}
NESTED = {"parent_id": {"W": "V1", "E": "V2"}}


def test_narrow_overlap_goes_to_the_longest_border() -> None:
    """N and S overlap by half a metre; the ring round the strip is 100.5 m on the side of S (its two ends included), 100 on N's.

    ::

        100 +-------+        +-------+
            |   N   |        |   N   |
         50 +=======+  50.5  +-------+ 50.5
            |   S   |        |   S   |
          0 +-------+        +-------+
    """
    result = repair(town({"S": block(0, 0, 100, 50.5), "N": block(0, 50, 100, 100)}))
    assert said(result) == [("overlap", ("N", "S"), ("N",), 0.5, 50.0, "border")]
    assert result.is_tiling
    assert result.left.empty
    assert_balances(result)
    assert result.account[["polygon_id", "before_m2", "taken_m2", "given_m2", "after_m2"]].round(3).to_numpy().tolist() == [
        ["N", 5000.0, 0.0, 0.0, 5000.0],
        ["S", 5050.0, 0.0, 50.0, 5000.0],
    ]
    assert result.summary.en == (
        "Mended 1 defects narrower than 1 m, 50.00 m² in all; 0 households are in another grid; no defects are left."
    )
    assert result.summary.zh == "修补了 1 处窄于 1 米的缺陷，共 50.00 平方米，0 户换了网格；已无缺陷。"


def test_overlap_goes_to_the_one_whose_parent_it_lies_in() -> None:
    """W reaches 0.4 m into V2, where E is: E keeps the strip, though its border with W is no longer than W's own."""
    result = repair(town({"W": block(0, 0, 100.4, 100), "E": block(100, 0, 200, 100)}, VILLAGES, **NESTED))
    assert said(result) == [("overlap", ("E", "W"), ("E",), 0.4, 40.0, "code")]
    assert same_land(result.boundaries.grids["E"].shape, VILLAGES["V2"])
    assert result.is_tiling


def test_code_names_the_parent_where_parent_id_is_missing() -> None:
    areas = frame(
        [
            {"area_id": "V1", "name": "西", "code": "360681001001", "geometry": VILLAGES["V1"]},
            {"area_id": "V2", "name": "东", "code": "360681001002", "geometry": VILLAGES["V2"]},
        ]
    )
    grids = frame(
        [
            {"grid_id": "A", "name": "西", "code": "360681001001001", "geometry": block(0, 0, 99.6, 100)},
            {"grid_id": "B", "name": "东", "code": "360681001002001", "geometry": block(99.6, 0, 200, 100)},
        ]
    )
    result = repair(Boundaries.of(grids, areas))
    assert said(result) == [("outside_parent", ("B",), ("A",), 0.4, 40.0, "code")]
    assert result.is_tiling


def test_narrow_hole_goes_to_the_neighbour_with_the_longest_border() -> None:
    """A strip of 0.8 m: N has 100 m of its border, S1 60 and S2 40.

    ::

        100 +---------------+
            |       N       |
       50.8 +---------------+
         50 +---------+-----+
            |   S1    | S2  |
          0 +---------+-----+
            0        60    100
    """
    grids = {"N": block(0, 50.8, 100, 100), "S1": block(0, 0, 60, 50), "S2": block(60, 0, 100, 50)}
    result = repair(town(grids, {"V": block(0, 0, 100, 100)}, parent_id=dict.fromkeys(grids, "V")))
    assert said(result) == [("hole", (), ("N",), 0.8, 80.0, "border")]
    assert result.is_tiling
    assert (X0 + 60, Y0) in result.boundaries.areas["V"].shape.exterior.coords
    assert_balances(result)


def test_equal_borders_go_to_the_smaller_id() -> None:
    grids = {"10": block(0, 50.8, 100, 100), "9": block(0, 0, 100, 50)}
    result = repair(town(grids, {"V": block(0, 0, 100, 100)}, parent_id=dict.fromkeys(grids, "V")))
    assert said(result) == [("hole", (), ("10",), 0.8, 80.0, "border")]


def test_hole_goes_to_a_grid_of_the_area_it_lies_in_though_another_has_more_border() -> None:
    """The strip between 99.5 and 100 lies in V1: W1 gets the 60 m beside it and W2 the other 40, E of V2 with 100 m nothing.

    ::

        +------+|+------+
        |  W2  |||      |
        +------+||  E   |
        |  W1  |||      |
        +------+|+------+
    """
    grids = {"W1": block(0, 0, 99.5, 60), "W2": block(0, 60, 99.5, 100), "E": VILLAGES["V2"]}
    result = repair(town(grids, VILLAGES, parent_id={"W1": "V1", "W2": "V1", "E": "V2"}))
    assert said(result) == [("hole", (), ("W1",), 0.5, 30.0, "border"), ("hole", (), ("W2",), 0.5, 20.0, "border")]
    assert result.is_tiling


def test_land_narrowly_outside_is_cut_off_and_the_area_keeps_its_line() -> None:
    result = repair(town({"W": block(-0.3, 0, 100, 100)}, {"V1": VILLAGES["V1"]}, parent_id={"W": "V1"}))
    assert said(result) == [("outside_parent", ("W",), (), 0.3, 30.0, "cut")]
    assert result.mended[["rule_zh", "rule_en"]].to_numpy().tolist() == [
        ["位于上级范围之外，已裁去", "outside the parent, cut off"]
    ]
    assert result.account.loc[1, ["given_m2", "after_m2"]].round(3).tolist() == [30.0, 10000.0]
    assert result.is_tiling


def test_wide_overlap_keeps_both_claims_and_says_so() -> None:
    given = town({"W": block(0, 0, 102, 100), "E": block(100, 0, 200, 100)})
    result = repair(given)
    assert left(result) == [("overlap", ("E", "W"), "", 2.0, 200.0)]
    assert result.left[["table", "why_zh", "why_en"]].to_numpy().tolist() == [
        ["grids", "不窄于 1 米，由人决定", "1 m wide or more: a person decides"]
    ]
    assert not result.is_tiling
    assert result.mended.empty
    assert same_land(result.boundaries.grids["W"].shape, given.grids["W"].shape)
    assert same_land(result.boundaries.grids["E"].shape, given.grids["E"].shape)
    assert said(repair(given, width_m=3)) == [("overlap", ("E", "W"), ("E",), 2.0, 200.0, "border")]


def test_as_wide_as_the_width_is_wide() -> None:
    given = town({"W": block(0, 0, 101, 100), "E": block(100, 0, 200, 100)})
    assert left(repair(given)) == [("overlap", ("E", "W"), "", 1.0, 100.0)]
    assert repair(given, width_m=1.01).is_tiling


def test_wide_hole_is_nobodys_and_its_narrow_tail_is_mended() -> None:
    """A courtyard of 20 m, and from it a crack of half a metre along the border between W and E: cut off five widths away.

    ::

        100 +----------+----------+
            |        +---+        |      courtyard 90 to 110 by 40 to 60
            |   W    | . |   E    |      crack 99.5 to 100 from y = 60 to 100
            |        +---+        |
          0 +----------+----------+
    """
    yard, crack = block(90, 40, 110, 60), block(99.5, 60, 100, 100)
    west, east = block(0, 0, 100, 100) - yard - crack, block(100, 0, 200, 100) - yard
    result = repair(town({"W": west, "E": east}, {"V": block(0, 0, 200, 100)}, parent_id={"W": "V", "E": "V"}))
    ((kind, _, area, width, area_m2),) = left(result)
    assert (kind, area, width) == ("hole", "V", pytest.approx(20, abs=0.05))
    # The core of the courtyard ends 0.495 m before its border: the tail is cut 4.505 m beyond.
    assert area_m2 == pytest.approx(400 + 0.5 * 4.505, abs=0.1)
    ((_, _, to, _, mended_m2, rule),) = said(result)
    # Both have 35.5 m of its border, to a rounding of the arc that cuts it.
    assert to in {("E",), ("W",)}
    assert rule == "border"
    assert mended_m2 == pytest.approx(20 - 0.5 * 4.505, abs=0.1)
    again = repair(result.boundaries)
    assert wkb(again.boundaries) == wkb(result.boundaries)
    assert again.mended.empty


def test_stray_part_goes_to_its_neighbour() -> None:
    """A strip of W, 0.5 m by 60 m, lies on the far side of E; M and E of the same village share 60 m with it, F none.

    ::

        +---+-----+|----+
        | W |  E  || M  |
        +---+-----+|----+
    """
    strip = block(150, 20, 150.5, 80)
    grids = {
        "W": block(0, 0, 100, 100) | strip,
        "E": block(100, 0, 150, 100),
        "M": block(150, 0, 200, 100) - strip,
    }
    result = repair(town(grids))
    assert said(result) == [("multi_part", ("W",), ("M",), 0.5, 30.0, "border")]
    assert result.is_tiling


def test_large_part_cut_off_is_left() -> None:
    island = block(300, 0, 310, 10)
    result = repair(town({"W": block(0, 0, 100, 100) | island, "E": block(100, 0, 200, 100)}))
    assert left(result) == [("multi_part", ("W",), "", 10.0, 100.0)]
    assert result.mended.empty
    assert "a part of 100 m² or more" in result.left["why_en"][0]


def test_grid_that_would_vanish_is_left_to_a_person() -> None:
    """A lane of 0.6 m that is a grid of its own, drawn over W."""
    given = town({"W": block(0, 0, 100, 100), "L": block(50, 20, 50.6, 80)})
    result = repair(given)
    assert left(result) == [("sliver", ("L", "W"), "", 0.6, 36.0)]
    assert "would lose all its land" in result.left["why_en"][0]
    assert result.boundaries.grids["L"].shape.area == pytest.approx(36, abs=1e-3)


def test_outline_that_crosses_itself_is_mended_first() -> None:
    """A bow tie between two rectangles; what its two halves, which meet in a point, do not cover is two wide holes."""
    bow = ring((100, 0), (200, 100), (200, 0), (100, 100))
    result = repair(town({"W": block(0, 0, 100, 100), "B": bow}, {"V": block(0, 0, 200, 100)}))
    assert said(result) == [("invalid", ("B",), ("B",), pytest.approx(41.42, abs=0.1), 5000.0, "outline")]
    assert [row[0] for row in left(result)] == ["hole", "hole", "multi_part"]
    assert result.boundaries.grids["B"].shape.is_valid


def test_zigzag_of_400_vertices_does_not_hang() -> None:
    """Every one of 200 strokes of a pen crosses nearly every other: it cannot be mended, keeps what was given, and is named."""
    angle = np.arange(400) * 2.4
    pen = shapely.Polygon(np.column_stack([X0 + 50 + 50 * np.cos(angle), Y0 + 50 + 50 * np.sin(angle)]))
    given = town({"Z": pen, "E": block(100, 0, 200, 100), "F": block(199.6, 0, 300, 100)})
    start = time.perf_counter()
    result = repair(given)
    assert time.perf_counter() - start < 5
    assert [row[:2] for row in left(result)] == [("invalid", ("Z",))]
    assert result.left["why_en"].tolist() == ["its outline cannot be mended; draw it anew"]
    assert [row[0] for row in said(result)] == ["overlap"]
    assert shapely.to_wkb(result.boundaries.grids["Z"].shape) == shapely.to_wkb(given.grids["Z"].shape)


def test_crack_that_leads_out_is_closed() -> None:
    r"""Without areas the land is what the grids cover; a wedge of 0.6 m between them opens to the north.

    ::

        +-----\ /-----+  100
        |  W   V   E  |
        +------+------+  0
    """
    west = ring((0, 0), (100, 0), (100, 50), (99.7, 100), (0, 100))
    east = ring((100, 0), (200, 0), (200, 100), (100.3, 100), (99.9, 49), (100, 48))
    result = repair(town({"W": west, "E": east}))
    assert result.is_tiling
    together = shapely.union_all(result.boundaries.shapes)
    assert same_land(together, block(0, 0, 200, 100))


def test_notch_of_a_clean_tiling_stays() -> None:
    west = ring((0, 0), (100, 0), (100, 50), (99.7, 100), (0, 100))
    east = ring((100, 0), (200, 0), (200, 100), (100.3, 100), (100, 50))
    given = town({"W": west, "E": east})
    result = repair(given)
    assert wkb(result.boundaries) == wkb(given)
    assert result.summary.en == "The boundaries have no defects; nothing was changed."


def test_areas_are_mended_first_and_inside_the_outline() -> None:
    """V2 is drawn 0.4 m too far west and short of the county in the east; the grids follow the areas."""
    areas = {"V1": block(0, 0, 100, 100), "V2": block(99.6, 0, 199.5, 100)}
    county = frame([{"geometry": block(0, 0, 200, 100)}]).to_crs(4490)
    given = town({"W": block(0, 0, 100.2, 100), "E": block(100.2, 0, 199.8, 100)}, areas, **NESTED)
    result = repair(given, inside=county)
    assert result.is_tiling
    assert shapely.union_all(result.boundaries.shapes).area == pytest.approx(20_000, abs=0.01)
    for grid, area in (("W", "V1"), ("E", "V2")):
        assert same_land(result.boundaries.grids[grid].shape, result.boundaries.areas[area].shape)
    assert set(result.mended["table"]) == {"areas", "grids"}
    assert_balances(result)


def test_small_grids_follow_large_ones_and_other_tilings_do_not_matter() -> None:
    """Two large grids of two small ones each, and a project's single grid with a corner on the border of the village."""
    village = {"V": block(0, 0, 200, 100)}
    grids = {
        "L1": block(0, 0, 100, 100),
        "L2": block(99.7, 0, 200, 100),
        "S1": block(0, 0, 50, 100),
        "S2": block(50, 0, 100.1, 100),
        "S3": block(100.1, 0, 150.2, 100),
        "S4": block(150, 0, 200, 100),
        "P1": block(0, 0, 70, 100),
        "P2": block(70, 0, 200, 100),
    }
    columns = {
        "parent_id": {"L1": "V", "L2": "V", "S1": "L1", "S2": "L1", "S3": "L2", "S4": "L2", "P1": "V", "P2": "V"},
        "level": dict.fromkeys(["L1", "L2"], "large") | dict.fromkeys(["S1", "S2", "S3", "S4"], "small"),
        "grid_set": dict.fromkeys(["P1", "P2"], "flood"),
    }
    result = repair(town(grids, village, **columns))
    assert result.is_tiling
    assert [(proof.table, proof.grid_set, proof.level) for proof in result.proof] == [
        ("areas", "", ""),
        ("grids", "", "large"),
        ("grids", "flood", ""),
        ("grids", "", "small"),
    ]
    shapes = {key: grid.shape for key, grid in result.boundaries.grids.items()}
    assert same_land(shapes["S1"] | shapes["S2"], shapes["L1"])
    assert same_land(shapes["S3"] | shapes["S4"], shapes["L2"])
    corners = set(result.boundaries.areas["V"].shape.exterior.coords)
    assert {(X0 + 50, Y0), (X0 + 70, Y0)} <= corners
    # What the project's grids share with the village has the nodes of the others; inside they have nothing to do with them.
    assert (X0 + 50, Y0) in shapes["P1"].exterior.coords
    assert_balances(result)


def test_households_that_move_are_listed() -> None:
    """W and E overlap from 99.6 to 100, a hole from 199.5 to 200 lies between E and F: H2 was in both, H4 in none."""
    grids = {"E": block(99.6, 0, 199.5, 100), "F": block(200, 0, 300, 100), "W": block(0, 0, 100, 100)}
    given = town(grids, {"V": block(0, 0, 300, 100)}, parent_id=dict.fromkeys(grids, "V"))
    homes = frame(
        [
            {"household_id": name, "geometry": at(x, 50)}
            for name, x in {"H4": 199.7, "H2": 99.8, "H1": 50, "H3": 150, "H5": 250, "H6": 900}.items()
        ]
    ).to_crs(4490)
    result = repair(given, households=homes)
    assert result.moved.to_numpy().tolist() == [["H2", "", "", ("E", "W"), ("E",)], ["H4", "", "", (), ("E",)]]
    assert "2 households are in another grid" in result.summary.en


def test_land_that_a_plan_left_bare_is_not_counted_twice() -> None:
    given = town({"W": block(0, 0, 99.5, 100), "E": block(100, 0, 200, 100)}, {"V": block(0, 0, 200, 100)})
    bare = replace(given, unassigned={Tier("", ""): on_lattice([block(99.5, 0, 100, 100)])[0]})
    result = repair(bare)
    assert result.is_tiling
    assert result.boundaries.unassigned == {}
    wide = replace(
        town({"W": block(0, 0, 90, 100)}, {"V": block(0, 0, 100, 100)}), unassigned={Tier("", ""): block(90, 0, 100, 100)}
    )
    kept = repair(wide)
    assert kept.boundaries.unassigned == wide.unassigned
    assert left(kept) == [("hole", ("W",), "V", 10.0, 1000.0)]


def test_nothing_to_mend() -> None:
    given = town(
        {"W": ring((0, 0), (100, 0), (100, 100), (0, 100)), "E": ring((100, 0), (200, 0), (200, 100), (100, 100))},
        VILLAGES,
        **NESTED,
    )
    result = repair(given)
    assert wkb(result.boundaries) == wkb(given)
    assert result.boundaries.grids["W"].shape is given.grids["W"].shape
    assert result.mended.empty
    assert result.left.empty
    assert result.moved.empty
    assert result.is_tiling


def test_no_grids_and_one_grid() -> None:
    empty = gpd.GeoDataFrame({"grid_id": [], "name": []}, geometry=[], crs=CRS)
    none = repair(Boundaries.of(empty))
    assert none.is_tiling
    assert (len(none.mended), len(none.account), len(none.proof)) == (0, 0, 0)
    assert repair(town({"A": block(0, 0, 9, 9)})).is_tiling
    assert repair(Boundaries.of(empty, frame([{"area_id": "V", "name": "村", "geometry": block(0, 0, 9, 9)}]))).is_tiling


def test_grid_without_land_is_named() -> None:
    result = repair(town({"A": block(0, 0, 9, 9), "B": shapely.Polygon()}))
    assert [row[:2] for row in left(result)] == [("invalid", ("B",))]


@pytest.mark.parametrize(
    ("width_m", "defect_m", "stray_m2"), [(0, 0.01, 100), (0.5, 0.6, 100), (float("inf"), 0.01, 1), (1, 0.01, -1)]
)
def test_widths_that_make_no_sense(width_m: float, defect_m: float, stray_m2: float) -> None:
    with pytest.raises(InputError) as caught:
        repair(town({"A": block(0, 0, 9, 9)}), width_m=width_m, defect_width_m=defect_m, stray_m2=stray_m2)
    assert f"a width of {width_m} m" in str(caught.value)
    assert "应满足" in caught.value.say("zh")


def test_outline_without_polygons() -> None:
    line = frame([{"geometry": shapely.LineString([(X0, Y0), (X0 + 9, Y0)])}])
    with pytest.raises(InputError, match="the outline \\(inside\\) holds no polygon"):
        repair(town({"A": block(0, 0, 9, 9)}), inside=line)


def test_households_without_ids() -> None:
    with pytest.raises(InputError, match="household_id is empty in 1 rows"):
        repair(town({"A": block(0, 0, 9, 9)}), households=frame([{"household_id": "", "geometry": at(1, 1)}]))


def noisy_town(seed: int, columns: int, rows: int, noise_m: float) -> tuple[Boundaries, shapely.Polygon]:
    """Grids with curved borders in two villages, every vertex of every polygon (but those of the land) moved on its own."""
    rng = np.random.default_rng(seed)
    size, steps = 100.0, 6
    corners = rng.uniform(-25, 25, (columns + 1, rows + 1, 2))
    corners[[0, -1], :, 0] = corners[:, [0, -1], 1] = 0
    corners += np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij"), axis=-1) * size
    bends: dict[Any, Any] = {}

    def border(a: tuple[int, int], b: tuple[int, int]) -> Any:
        if (a, b) not in bends:
            start, end = corners[a], corners[b]
            share = np.linspace(0, 1, steps + 1)[:, None]
            edge = (a[0] == b[0] and a[0] in (0, columns)) or (a[1] == b[1] and a[1] in (0, rows))
            side = np.array([-(end - start)[1], (end - start)[0]]) / size
            bends[a, b] = start + share * (end - start) + (0 if edge else rng.uniform(-8, 8)) * np.sin(np.pi * share) * side
        return bends[a, b]

    shapes, parents = {}, {}
    for i in range(columns):
        for j in range(rows):
            sw, se, ne, nw = (i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)
            around = [border(sw, se)[:-1], border(se, ne)[:-1], border(nw, ne)[::-1][:-1], border(sw, nw)[::-1][:-1]]
            shapes[f"G{i}{j}"] = np.vstack(around) + np.array([X0, Y0])
            parents[f"G{i}{j}"] = "V1" if i < columns / 2 else "V2"
    whole = shapely.box(X0, Y0, X0 + columns * size, Y0 + rows * size)
    areas = {
        name: shapely.union_all([shapely.Polygon(shapes[k]) for k in shapes if parents[k] == name])
        for name in set(parents.values())
    }
    moved = {key: shapely.Polygon(xy + rng.uniform(-noise_m, noise_m, xy.shape) / np.sqrt(2)) for key, xy in shapes.items()}
    return town(moved, areas, parent_id=parents), whole


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 3), st.sampled_from([0.0001, 0.01, 0.2, 0.245]))
def test_noise_below_a_quarter_of_the_width_is_mended(seed: int, columns: int, rows: int, noise_m: float) -> None:
    given_, whole = noisy_town(seed, columns, rows, noise_m)
    inside = frame([{"geometry": whole}])
    result = repair(given_, inside=inside)
    assert result.left.empty
    assert result.is_tiling
    shapes = result.boundaries.shapes
    assert shapely.coverage_is_valid(shapes)
    assert check_tiling(result.boundaries.grid_frame, result.boundaries.area_frame).defects.empty
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, abs=0.01)
    for area in result.boundaries.areas:
        mine = [grid.shape for grid in result.boundaries.grids.values() if grid.parent_id == area]
        assert shapely.coverage_union_all(mine).equals(result.boundaries.areas[area].shape)
    assert_balances(result)
    again = repair(result.boundaries, inside=inside)
    assert wkb(again.boundaries) == wkb(result.boundaries)
    assert again.mended.empty


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(seed: int, random: Any) -> None:
    given_, _ = noisy_town(seed, 3, 2, 0.4)
    order = list(range(len(given_.grids)))
    random.shuffle(order)
    shuffled = Boundaries.of(given_.grid_frame.iloc[order], given_.area_frame.iloc[::-1])
    one, other = repair(given_), repair(shuffled)
    assert wkb(one.boundaries) == wkb(other.boundaries)
    assert said(one) == said(other)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6))
def test_wide_defects_are_left_and_the_second_time_changes_nothing(seed: int) -> None:
    """A grid moved by 3 m, the others by noise: the wide holes and overlaps round it stay, whatever is narrow goes."""
    given_, _ = noisy_town(seed, 3, 3, 0.2)
    middle = given_.grids["G11"]
    shifted = replace(middle, shape=on_lattice([shapely.transform(middle.shape, lambda xy: xy + 3.0)])[0])
    result = repair(replace(given_, grids={**given_.grids, "G11": shifted}))
    assert not result.left.empty
    narrow = result.left["width_m"] < 0.995
    assert set(result.left.loc[narrow, "why_en"]) <= {"beside a wider defect and left with it: a person decides"}
    assert set(result.left.loc[~narrow, "kind"]) <= {"hole", "overlap", "outside_parent"}
    assert_balances(result)
    again = repair(result.boundaries)
    assert wkb(again.boundaries) == wkb(result.boundaries)
    assert again.mended.empty


def assert_accounts(given_: Boundaries, result: Repaired) -> None:
    """Lay before over after, polygon by polygon: taken and given are as listed, and the rows of the list add up."""
    rows = [*result.mended.itertuples(), *result.dust.itertuples()]
    for line in result.account.itertuples():
        name, old, new = line.polygon_id, getattr(given_, line.table), getattr(result.boundaries, line.table)
        before, after = shapely.make_valid(old[name].shape, method="structure", keep_collapsed=False), new[name].shape
        assert (line.before_m2, line.after_m2) == (pytest.approx(before.area, abs=1e-6), pytest.approx(after.area, abs=1e-6))
        assert line.taken_m2 == pytest.approx(shapely.difference(after, before).area, abs=0.01)
        assert line.given_m2 == pytest.approx(shapely.difference(before, after).area, abs=0.01)
        mine = [row for row in rows if row.table == line.table and row.kind != "invalid"]
        listed = sum(row.area_m2 * ((name in row.to_ids) - (name in row.from_ids)) for row in mine)
        assert line.before_m2 + listed == pytest.approx(line.after_m2, abs=0.01)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.01, 0.2, 1.0]))
def test_account_is_what_an_overlay_of_before_and_after_says(seed: int, noise_m: float) -> None:
    given_, _ = noisy_town(seed, 3, 2, noise_m)
    assert_accounts(given_, repair(given_))


def test_several_passes_are_one_account() -> None:
    """What is narrower than 0.3 m is mended, then what is narrower than 1 m: together an overlay of first and last."""
    given_, _ = noisy_town(4, 3, 2, 0.3)
    first, second = (Rules(width_m, 100.0) for width_m in (0.3, 1.0))
    town_ = Town.of(given_, storeys(given_), None)
    passes, between = mended_in_rounds(town_, first)
    more, after = mended_in_rounds(town_._replace(valid=between), second)
    assert {each.storey.level for each in passes} & {each.storey.level for each in more}
    found = outcomes(town_.levels, [*passes, *more], town_.valid, after)
    account = account_of(found, town_.valid, after)
    for line in account.itertuples():
        old, new = town_.valid[Key(line.table, line.polygon_id)], after[Key(line.table, line.polygon_id)]
        assert line.taken_m2 == pytest.approx(shapely.difference(new, old).area, abs=0.01)
        assert line.given_m2 == pytest.approx(shapely.difference(old, new).area, abs=0.01)
        assert abs(line.cut_m2) < 0.01
    rows = change_rows(found, {}, given_.crs).mended
    assert rows["rule"].isin(["border", "code", "cut"]).all()
    assert (rows["from_ids"] != rows["to_ids"]).all()


def test_a_last_round_is_left_out_only_where_it_would_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        given_, _ = noisy_town(seed, 3, 3, 0.2)
        short = wkb(repair(given_).boundaries)
        with monkeypatch.context() as patch:
            patch.setattr(rounds, "_is_at_rest", lambda _shapes: False)
            assert wkb(repair(given_).boundaries) == short


def test_borders_at_rest_have_no_vertex_near_another() -> None:
    west, east = ring((0, 0), (100, 0), (100, 100), (0, 100)), ring((100, 0), (200, 0), (200, 100), (100, 100))
    tee, near = (ring((100, 0), (200, 0), (200, 100), (100, 100), (100 + off, 50)) for off in (0, 2e-6))
    assert rounds._is_at_rest([west, east, west | east])
    assert not rounds._is_at_rest([west, tee])
    assert not rounds._is_at_rest([west, near])


def test_dust_of_degrees_is_counted_apart() -> None:
    """Two true defects in a file in degrees, and borders that were rounded to 1e-10 of a degree on their own."""
    given_, _ = noisy_town(1, 4, 3, 0.0)
    rng = np.random.default_rng(0)
    shapes = {key: grid.shape for key, grid in given_.grids.items()}
    shapes["G11"] = shapely.union(shapes["G11"], shapely.intersection(shapes["G21"], shapely.buffer(shapes["G11"], 0.5)))
    shapes["G02"] = shapely.difference(shapes["G02"], shapely.buffer(shapes["G12"], 0.4))
    degrees = frame([{"geometry": shape} for shape in shapes.values()]).to_crs(4490).geometry
    rings = [shapely.get_coordinates(shape)[:-1] for shape in degrees]
    rough = [shapely.Polygon(xy + rng.uniform(-1e-10, 1e-10, xy.shape)) for xy in rings]
    closed = gpd.GeoSeries(rough, crs=4490).to_crs(CRS)
    spoilt = town(dict(zip(shapes, closed, strict=True)), parent_id={key: grid.parent_id for key, grid in given_.grids.items()})
    result = repair(spoilt)
    assert sorted(row[0] for row in said(result)) == ["hole", "overlap"]
    assert int(result.mended["pieces"].sum()) == 2
    assert int(result.dust["pieces"].sum()) > 10
    assert result.dust["width_m"].max() < 0.001
    assert "Mended 2 defects narrower than 1 m" in result.summary.en
    assert_accounts(spoilt, result)


def test_dust_alone_is_said_not_to_be_a_defect() -> None:
    """Half a millimetre of 100 m is 0.05 m²; a micrometre, nothing."""
    wide = repair(town({"W": block(0, 0, 100.0005, 100), "E": block(100, 0, 200, 100)}))
    assert wide.mended.empty
    assert wide.summary.en == (
        "There is no defect wider than 1 mm to mend; 2 polygons got the nodes of the borders beside them; "
        "besides, 1 pieces of dust narrower than 1 mm, 0.05 m² in all; there are no defects."
    )
    thin = repair(town({"W": block(0, 0, 100.00001, 100), "E": block(100, 0, 200, 100)}))
    assert "dust" not in thin.summary.en
    assert thin.account["cut_m2"].abs().max() < 0.01
